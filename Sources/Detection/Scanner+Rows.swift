import Core

/// Codes and PIN blocks of rows that hold no card number, by the names of their columns.
extension Scanner {
  /// The file's header, if it names the columns of the frame's lines.
  func header(of frame: borrowing Frame) -> TableHeader? {
    isText(frame) ? header : nil
  }

  /// What the columns' names tell of the cells of the file's own text.
  func scanRecords(_ frame: inout Frame) {
    guard header != nil || rows != nil else { return }
    codesInRows(&frame)
    pinBlocksInColumns(&frame)
    piecesInColumns(&frame)
  }

  /// PIN blocks below a header that names their column.
  func pinBlocksInColumns(_ frame: inout Frame) {
    guard let header, header.columns.contains(where: { $0.isPIN }) else { return }
    let bytes = frame.bytes
    var at = frame.owned.lowerBound
    while at > 0, frame.owned.lowerBound - at < 4000, bytes[at - 1] != 0x0A { at -= 1 }
    var index = 0
    var inQuotes = false
    var cell = at
    while at <= frame.owned.upperBound {
      let c = bytes[at]
      let endsLine = c == 0x0A || at == bytes.count
      if c == 0x22 {
        inQuotes.toggle()
      } else if c == header.delimiter && !inQuotes || endsLine {
        if index < header.columns.count, header.columns[index].isPIN,
          let range = CodeValue.range(bytes, cell..<at), range.count > 4,
          frame.owned.contains(range.lowerBound)
        {
          emitColumnCode(&frame, header.columns[index], range)
        }
        index = endsLine ? 0 : index + 1
        cell = at + 1
        inQuotes = false
      }
      at += 1
    }
  }

  /// Cells of a dump's rows, by the columns its statements name. Goes before the rest, which asks for
  /// the cells.
  func codesInRows(_ frame: inout Frame) {
    guard rows != nil else { return }
    var found: [SQLRows.Cell] = []
    rows?.read(frame.bytes, frame.owned, reader: detector.reader) { found.append($0) }
    for cell in found {
      if let column = cell.column { emitColumnCode(&frame, column, cell.range) }
    }
  }
}
