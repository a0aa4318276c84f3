/// The values of one row in an `INSERT INTO t (a, b) VALUES (1, 2)`.
enum InsertTuple {
  private static let reachBytes = 2048
  private static let columnsMax = 128

  /// A value and the column it is put into.
  struct Cell {
    var range: Range<Int>
    var column: TableHeader.Column
  }

  /// The cells beside a value that hold a code or a PIN block and whose column is named for it.
  static func codeCells(
    _ bytes: Bytes, around value: Range<Int>, reader: LabelReader
  ) -> [Cell] {
    guard let open = tupleStart(bytes, value.lowerBound), let list = columnList(bytes, open) else {
      return []
    }
    let names = split(bytes, list)
    guard let close = tupleEnd(bytes, open), value.upperBound <= close else { return [] }
    let cells = split(bytes, open + 1..<close)
    guard cells.count == names.count else { return [] }
    var found: [Cell] = []
    for (name, cell) in zip(names, cells) {
      guard let range = CodeValue.range(bytes, cell) else { continue }
      let column = TableHeader.column(trimmed(bytes, name).map { bytes[$0] }, reader)
      if let column, column.holds(CodeValue(bytes, range)) {
        found.append(Cell(range: range, column: column))
      }
    }
    return found
  }

  /// The parenthesis that opens the row, outside quotes.
  private static func tupleStart(_ bytes: Bytes, _ from: Int) -> Int? {
    var at = from - 1
    let floor = max(0, from - 1024)
    while at >= floor {
      if bytes[at] == 0x28 { return at }
      if bytes[at] == 0x0A || bytes[at] == 0x7B || bytes[at] == 0x3E { return nil }
      at -= 1
    }
    return nil
  }

  private static func tupleEnd(_ bytes: Bytes, _ open: Int) -> Int? {
    var at = open + 1
    var inQuotes = false
    while at < bytes.count, at - open < reachBytes {
      if bytes[at] == 0x27 { inQuotes.toggle() } else if bytes[at] == 0x29, !inQuotes { return at }
      at += 1
    }
    return nil
  }

  /// The names between the table and `VALUES`, as far back as the row's context reaches.
  private static func columnList(_ bytes: Bytes, _ open: Int) -> Range<Int>? {
    var at = open - 6
    let floor = max(0, open - reachBytes)
    while at >= floor, !bytes.hasFolded("values", at: at) { at -= 1 }
    guard at >= floor else { return nil }
    var close = at - 1
    while close > floor, isBlank(bytes[close]) || bytes[close] == 0x0A { close -= 1 }
    guard bytes[close] == 0x29 else { return nil }
    var start = close - 1
    while start > floor, bytes[start] != 0x28 { start -= 1 }
    return bytes[start] == 0x28 ? start + 1..<close : nil
  }

  static func split(_ bytes: Bytes, _ range: Range<Int>) -> [Range<Int>] {
    var cells: [Range<Int>] = []
    var start = range.lowerBound
    var inQuotes = false
    for at in range {
      if bytes[at] == 0x27 {
        inQuotes.toggle()
      } else if bytes[at] == 0x2C, !inQuotes, cells.count < columnsMax {
        cells.append(start..<at)
        start = at + 1
      }
    }
    cells.append(start..<range.upperBound)
    return cells
  }

  static func trimmed(_ bytes: Bytes, _ range: Range<Int>) -> Range<Int> {
    var low = range.lowerBound
    var high = range.upperBound
    func isTrim(_ c: UInt8) -> Bool {
      isBlank(c) || c == 0x27 || c == 0x22 || c == 0x60 || c == 0x0A
    }
    while low < high, isTrim(bytes[low]) { low += 1 }
    while high > low, isTrim(bytes[high - 1]) { high -= 1 }
    return low..<high
  }
}
