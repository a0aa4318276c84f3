import Core

/// Goes through a dump in SQL and knows table, column and row of its cells: of
/// `INSERT INTO t (a, cvv) VALUES (1, '737'), (2, '123');`, with the columns of `CREATE TABLE` where
/// the statement names none, and of the lines below `COPY t (a, cvv) FROM stdin;`.
///
/// Keeps its place from chunk to chunk, for a statement may be longer than any context.
struct SQLRows {
  /// A cell that may hold a number, or whose column is named for a code.
  struct Cell {
    /// In the chunk; of one that goes on behind it, what lies within.
    var range: Range<Int>
    /// In `tables`.
    var table: Int
    /// 0-based.
    var index: Int
    var column: TableHeader.Column?
    /// 1-based, in the table.
    var row: Int
    /// The column holds a piece of a number.
    var isPiece: Bool
    /// Of the statement's columns.
    var beside: Evidence
  }

  private enum Mode { case seek, header, insert, copyStart, copy }
  private enum Kind { case insert, copy, create }

  /// Cells of the current chunk, in order.
  private(set) var cells: [Cell] = []
  private(set) var tables: [SQLStatement.Table] = []
  private var tableIndex: [[UInt8]: Int] = [:]

  private var mode = Mode.seek
  private var kind = Kind.insert
  private var isLineStart = true
  private var header: [UInt8] = []
  /// The header that `columns` are from.
  private var lastHeader: [UInt8] = []
  private var table = -1
  private var columns: [TableHeader.Column] = []
  /// See `TableHeader.Column.beside`.
  private var beside: Evidence = []
  /// By column, whether it holds a piece of a number; empty if none does.
  private var pieceColumns: [Bool] = []
  /// Whether any of `cells` is a piece of a number.
  private(set) var hasPieces = false
  private var depth = 0
  private var inQuotes = false
  /// A backslash escapes in strings: in MySQL, and in PostgreSQL's E strings.
  private var isMySQL = false
  private var hasEscapes = false
  /// Bytes of the next chunk that belong to a pair begun in this one.
  private var skip = 0
  private var index = 0
  /// Where the current cell begins, and whether it is told already.
  private var cellStart = -1
  private var isTold = false

  private static let headerBytesMax = 8192
  private static let createBytesMax = 64 << 10
  private static let tablesMax = 4096
  /// Shorter ones hold no card number.
  private static let cellBytesMin = 12

  /// - Returns: `nil` unless the head is that of a dump.
  init?(head: [UInt8]) {
    guard SQLDump.isLikely(head: head) else { return nil }
    isMySQL = SQLDump.isMySQL(head: head)
  }

  /// - Parameters:
  ///   - owned: follows the range of the call before.
  ///   - code: gets every cell with a code that begins in the range.
  mutating func read(
    _ bytes: Bytes, _ owned: Range<Int>, reader: LabelReader, code: (Cell) -> Void
  ) {
    cells.removeAll(keepingCapacity: true)
    hasPieces = false
    if cellStart >= 0 { cellStart = owned.lowerBound }
    var at = owned.lowerBound + skip
    while at < owned.upperBound {
      switch mode {
      case .seek: seek(bytes, &at, owned.upperBound)
      case .header: readHeader(bytes, &at, reader)
      case .insert: readInsert(bytes, &at, owned.upperBound, code)
      case .copyStart:
        at += 1
        if bytes[at - 1] == 0x0A {
          mode = .copy
          beginRow(bytes, at, code)
        }
      case .copy: readCopy(bytes, &at, owned.upperBound, code)
      }
    }
    skip = at - owned.upperBound
    // What goes on in the next chunk, for what begins in this one; told there again.
    if mode == .insert || mode == .copy, cellStart >= 0, cellStart < owned.upperBound, !isTold {
      note(cellStart..<owned.upperBound)
    }
  }

  /// The pieces of the last row that lie behind the chunk's range, within the context.
  func piecesBehind(_ bytes: Bytes, _ end: Int, reader: LabelReader) -> [Cell] {
    guard mode == .insert || mode == .copy, let last = cells.last, last.isPiece else { return [] }
    var ahead = self
    ahead.read(bytes, end..<min(bytes.count, end + 512), reader: reader) { _ in }
    return ahead.cells.filter { $0.isPiece && $0.row == last.row && $0.table == last.table }
  }

  /// The cell that `at` lies in.
  func cell(at offset: Int) -> Cell? {
    var low = 0
    var high = cells.count
    while low < high {
      let middle = (low + high) / 2
      if cells[middle].range.lowerBound <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0, cells[low - 1].range.contains(offset) else { return nil }
    return cells[low - 1]
  }

  func place(of cell: Cell) -> RecordPlace {
    let name = cell.column?.name ?? ""
    return RecordPlace(
      table: tables[cell.table].name,
      field: name.isEmpty ? nil : RecordPlace.name(name.utf8), row: cell.row)
  }

  // MARK: - Statements

  private mutating func seek(_ bytes: Bytes, _ at: inout Int, _ end: Int) {
    if isLineStart {
      isLineStart = false
      // A mark before the first statement.
      if bytes[at] == 0xEF, bytes[at + 1] == 0xBB, bytes[at + 2] == 0xBF { at += 3 }
      if let begun = SQLRows.statement(bytes, at) {
        kind = begun
        mode = .header
        header.removeAll(keepingCapacity: true)
        depth = 0
        inQuotes = false
        return
      }
    }
    while at < end, bytes.base[at] != 0x0A { at += 1 }
    guard at < end else { return }
    isLineStart = true
    at += 1
  }

  private static func statement(_ bytes: Bytes, _ at: Int) -> Kind? {
    switch bytes[at] | 0x20 {
    case 0x63:
      if bytes.hasFolded("copy ", at: at) { return .copy }
      let isTable =
        bytes.hasFolded("create table ", at: at)
        || bytes.hasFolded("create unlogged table ", at: at)
        || bytes.hasFolded("create temporary table ", at: at)
      return isTable ? .create : nil
    case 0x69: return bytes.hasFolded("insert ", at: at) ? .insert : nil
    case 0x72: return bytes.hasFolded("replace ", at: at) ? .insert : nil
    default: return nil
    }
  }

  /// Up to `VALUES`, or to the semicolon of a `COPY` or `CREATE`.
  private mutating func readHeader(_ bytes: Bytes, _ at: inout Int, _ reader: LabelReader) {
    let c = bytes[at]
    at += 1
    header.append(c)
    if kind == .create, inQuotes || c == 0x27 {
      if c == 0x27 { inQuotes.toggle() }
      if header.count > SQLRows.createBytesMax { leave() }
      return
    }
    if c == 0x28 { depth += 1 } else if c == 0x29 { depth -= 1 }
    let bytesMax = kind == .create ? SQLRows.createBytesMax : SQLRows.headerBytesMax
    if c == 0x3B || header.count > bytesMax {
      let isWhole = c == 0x3B
      if isWhole, kind == .create { takeCreate(reader) }
      let isRows = isWhole && kind == .copy && isFromInput
      leave()
      if isRows, takeHeader(reader) { mode = .copyStart }
    } else if c | 0x20 == 0x73, depth == 0, kind == .insert, endsWithValues {
      mode = takeHeader(reader) ? .insert : .seek
      inQuotes = false
      cellStart = -1
    }
  }

  private mutating func leave() {
    mode = .seek
    isLineStart = false
    cellStart = -1
  }

  private var endsWithValues: Bool {
    guard header.count > 7, !isName(header[header.count - 7]) else { return false }
    return header.suffix(6).elementsEqual("values".utf8) { lower($0) == $1 }
  }

  /// `FROM stdin`, options behind it or not.
  private var isFromInput: Bool {
    let word = Array("stdin".utf8)
    return header.indices.contains {
      header[$0] | 0x20 == word[0]
        && header[$0...].prefix(5).elementsEqual(word) { $0 | 0x20 == $1 }
    }
  }

  private mutating func takeCreate(_ reader: LabelReader) {
    guard let statement = SQLStatement(create: header), let index = table(statement.table) else {
      return
    }
    tables[index].columns = statement.columns.map { SQLRows.column($0, reader) }
    lastHeader.removeAll()
  }

  /// - Returns: whether rows may follow.
  private mutating func takeHeader(_ reader: LabelReader) -> Bool {
    if header == lastHeader { return true }
    guard let statement = SQLStatement(rows: header), let index = table(statement.table) else {
      return false
    }
    table = index
    columns = TableHeader.Column.settled(
      statement.columns.isEmpty
        ? tables[index].columns : statement.columns.map { SQLRows.column($0, reader) })
    beside = TableHeader.Column.beside(columns)
    pieceColumns = []
    for series in Pieces.series(columns.map { Array($0.name.utf8) }, reader) {
      if pieceColumns.isEmpty { pieceColumns = Array(repeating: false, count: columns.count) }
      for column in series { pieceColumns[column] = true }
    }
    lastHeader = header
    isMySQL = isMySQL || header.contains(0x60)
    return true
  }

  private static func column(_ name: [UInt8], _ reader: LabelReader) -> TableHeader.Column {
    TableHeader.column(name, reader) ?? TableHeader.Column(name: "", hash: 0, meanings: [])
  }

  private mutating func table(_ name: [UInt8]) -> Int? {
    if let index = tableIndex[name] { return index }
    guard tables.count < SQLRows.tablesMax else { return nil }
    tableIndex[name] = tables.count
    tables.append(
      SQLStatement.Table(name: RecordPlace.name(name), hash: Scanner.textDigest(name)))
    return tables.count - 1
  }

  // MARK: - Rows

  private mutating func readInsert(
    _ bytes: Bytes, _ at: inout Int, _ end: Int, _ code: (Cell) -> Void
  ) {
    let base = bytes.base
    while at < end {
      if inQuotes {
        while at < end, base[at] != 0x27, base[at] != 0x5C { at += 1 }
        guard at < end else { return }
        let c = base[at]
        at += 1
        if c == 0x5C {
          if hasEscapes { at += 1 }
        } else if bytes[at] == 0x27 {
          at += 1
        } else {
          inQuotes = false
        }
        continue
      }
      let c = base[at]
      at += 1
      switch c {
      case 0x27:
        inQuotes = true
        hasEscapes = isMySQL || bytes[at - 2] | 0x20 == 0x65 && !isWord(bytes[at - 3])
      case 0x28:
        depth += 1
        if depth == 1 { beginRow(bytes, at, code) }
      case 0x29:
        depth -= 1
        if depth == 0 { endCell(at - 1) }
      case 0x2C where depth == 1:
        endCell(at - 1)
        index += 1
        beginCell(bytes, at, code)
      case 0x3B where depth <= 0:
        leave()
        return
      case 0x0A where depth <= 0 && SQLRows.statement(bytes, at) != nil:
        // The one before has no semicolon.
        leave()
        isLineStart = true
        return
      default: break
      }
    }
  }

  private mutating func readCopy(
    _ bytes: Bytes, _ at: inout Int, _ end: Int, _ code: (Cell) -> Void
  ) {
    let base = bytes.base
    while at < end {
      let c = base[at]
      if c == 0x5C, bytes[at + 1] == 0x2E, bytes[at - 1] == 0x0A {
        // The row that was begun is none.
        tables[table].rows -= 1
        leave()
        return
      }
      at += 1
      if c == 0x0A {
        endCell(at - 1)
        beginRow(bytes, at, code)
      } else if c == 0x09 {
        endCell(at - 1)
        index += 1
        beginCell(bytes, at, code)
      }
    }
  }

  private mutating func beginRow(_ bytes: Bytes, _ start: Int, _ code: (Cell) -> Void) {
    tables[table].rows += 1
    index = 0
    beginCell(bytes, start, code)
  }

  /// Looks at the cell that begins at `start`, if its column is named for a code. It may end behind
  /// the range, within the context.
  private mutating func beginCell(_ bytes: Bytes, _ start: Int, _ code: (Cell) -> Void) {
    cellStart = start
    isTold = false
    guard index < columns.count, columns[index].isCode else { return }
    var end = start
    while end - start < 48, end < bytes.count {
      let c = bytes[end]
      if c == 0x2C || c == 0x29 || c == 0x09 && mode == .copy || c == 0x0A && mode == .copy {
        break
      }
      end += 1
    }
    guard let range = CodeValue.range(bytes, value(bytes, start..<end)),
      columns[index].holds(CodeValue(bytes, range))
    else { return }
    isTold = true
    note(start..<end)
    var cell = cells[cells.count - 1]
    cell.range = range
    code(cell)
  }

  /// What is cast in `CAST(N'737' AS char(3))`.
  private func value(_ bytes: Bytes, _ cell: Range<Int>) -> Range<Int> {
    var start = cell.lowerBound
    while start < cell.upperBound, isBlank(bytes[start]) { start += 1 }
    guard mode == .insert, bytes.hasFolded("cast(", at: start) else { return cell }
    start += 5
    var end = start
    while end < cell.upperBound, !bytes.hasFolded(" as ", at: end) { end += 1 }
    return min(start, end)..<end
  }

  private mutating func endCell(_ end: Int) {
    if cellStart >= 0, !isTold, end - cellStart >= SQLRows.cellBytesMin || isPiece {
      note(cellStart..<end)
    }
    cellStart = -1
  }

  private var isPiece: Bool { index < pieceColumns.count && pieceColumns[index] }

  private mutating func note(_ range: Range<Int>) {
    hasPieces = hasPieces || isPiece
    cells.append(
      Cell(
        range: range, table: table, index: index,
        column: index < columns.count ? columns[index] : nil, row: tables[table].rows,
        isPiece: isPiece, beside: beside))
  }
}
