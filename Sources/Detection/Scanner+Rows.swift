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
    while at > 0, frame.owned.lowerBound - at < 4000, bytes[at - 1] != header.newline { at -= 1 }
    var cell = at
    while at <= frame.owned.upperBound {
      if at == bytes.count || bytes[at] == header.delimiter || bytes[at] == header.newline {
        if let range = CodeValue.range(bytes, cell..<at), range.count > 4,
          frame.owned.contains(range.lowerBound),
          let column = header.column(
            of: range.lowerBound, in: bytes, startsLine: startsLine(frame)), column.isPIN
        {
          emitColumnCode(&frame, column, range)
        }
        cell = at + 1
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
