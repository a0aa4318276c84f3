/// The cells of tables in a document, given with the name of their column where they mean nothing
/// without: three or four digits alone become `CVV=737`, and so do sixteen that end in a zero.
///
/// A cell's text is held until its end, unless it is longer than such a value or a name.
struct TableCells {
  /// One table; they lie in cells of each other.
  private struct Table {
    var names: [[UInt8]] = []
    /// The names are marked as such, not only words in the first row.
    var isMarked = false
    /// The cells of the row that is read.
    var row: [[UInt8]] = []
    var marks = 0
    /// A cell was begun and not ended.
    var isInCell = false
    /// Cells that a word stands before, once more: it may be their name instead.
    var again: [UInt8] = []
  }

  private var tables: [Table] = []
  private var held: [UInt8]?
  private var isMarked = false
  private var span = 1

  private static let heldMax = 64
  private static let depthMax = 32
  private static let columnsMax = 256

  var isInCell: Bool { tables.last?.isInCell ?? false }

  /// Gives text of the document, or holds it.
  mutating func put(_ bytes: some Collection<UInt8>, into text: inout [UInt8]) {
    guard held != nil else {
      text += bytes
      return
    }
    held! += bytes
    if held!.count > TableCells.heldMax { release(into: &text) }
  }

  private mutating func release(into text: inout [UInt8]) {
    if let held { text += held }
    held = nil
  }

  /// Ends what no end came of.
  mutating func finish(into text: inout [UInt8]) {
    if isInCell { endCell(into: &text) }
    endRow(into: &text)
  }

  mutating func beginTable(into text: inout [UInt8]) {
    release(into: &text)
    if tables.count < TableCells.depthMax { tables.append(Table()) }
  }

  mutating func endTable(into text: inout [UInt8]) {
    endRow(into: &text)
    _ = tables.popLast()
  }

  mutating func beginCell(isName: Bool = false, span: Int = 1, into text: inout [UInt8]) {
    release(into: &text)
    guard let last = tables.indices.last else { return }
    tables[last].isInCell = true
    held = []
    isMarked = isName
    widen(to: span)
  }

  /// The open cell lies in so many columns.
  mutating func widen(to count: Int) { span = max(1, min(count, TableCells.columnsMax)) }

  /// Columns that the row has nothing for.
  mutating func skip(_ count: Int) {
    guard let last = tables.indices.last, tables[last].row.count < TableCells.columnsMax else {
      return
    }
    tables[last].row += Array(repeating: [], count: max(1, min(count, TableCells.columnsMax)))
  }

  mutating func endCell(into text: inout [UInt8]) {
    guard let last = tables.indices.last, tables[last].isInCell else { return }
    tables[last].isInCell = false
    let cell = held ?? []
    held = nil
    let value = TableCells.plain(cell)
    name(cell, value, in: &tables[last], into: &text)
    if isMarked { tables[last].marks += span }
    guard tables[last].row.count < TableCells.columnsMax else { return }
    tables[last].row += Array(repeating: value, count: span)
    span = 1
    isMarked = false
  }

  /// The row that is read is one of names.
  mutating func markRow() {
    if let last = tables.indices.last { tables[last].marks = TableCells.columnsMax }
  }

  mutating func endRow(into text: inout [UInt8]) {
    release(into: &text)
    guard let last = tables.indices.last else { return }
    text += tables[last].again
    tables[last].again = []
    let row = tables[last].row
    let marks = tables[last].marks
    tables[last].row = []
    tables[last].marks = 0
    let areWords = row.allSatisfy { $0.isEmpty || TableCells.holdsLetter($0) }
    if !row.isEmpty, marks >= row.count {
      tables[last].names = row
      tables[last].isMarked = true
    } else if marks == 0, areWords, tables[last].names.count < 2,
      row.count > tables[last].names.count
    {
      tables[last].names = row
    }
  }

  private func name(
    _ cell: [UInt8], _ value: [UInt8], in table: inout Table, into text: inout [UInt8]
  ) {
    let column = table.row.count
    let before = table.row.last ?? []
    guard table.names.indices.contains(column), TableCells.needsName(value),
      let start = cell.firstIndex(of: value[0])
    else {
      text += cell
      return
    }
    let name = table.names[column] + [UInt8(ascii: "=")]
    if table.names[column].isEmpty {
      text += cell
    } else if table.isMarked || !TableCells.holdsLetter(before) {
      text += cell[..<start] + name + cell[start...]
    } else {
      text += cell
      table.again += [UInt8(ascii: "\t")] + name + value
    }
  }

  /// Three or four digits, which are no month and year; or a number that a spreadsheet may have cut.
  private static func needsName(_ value: [UInt8]) -> Bool {
    guard value.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
    if value.count == 16 { return value.last == 0x30 }
    guard value.count == 4 else { return value.count == 3 }
    let digits = value.map { Int($0 & 0x0F) }
    return !(1...12).contains(digits[0] * 10 + digits[1])
      || !(20...49).contains(digits[2] * 10 + digits[3])
  }

  private static func holdsLetter(_ bytes: [UInt8]) -> Bool {
    bytes.contains { (0x61...0x7A).contains($0 | 0x20) || $0 >= 0x80 }
  }

  /// A cell's text in one line, without blanks around it.
  private static func plain(_ cell: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for byte in cell {
      // A no-break space takes two bytes.
      if byte == 0xA0, out.last == 0xC2 {
        out[out.count - 1] = 0x20
      } else {
        out.append(max(byte, 0x20))
      }
    }
    while out.last == 0x20 || out.last == UInt8(ascii: ":") { out.removeLast() }
    return Array(out.drop { $0 == 0x20 })
  }
}
