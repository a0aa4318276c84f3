import Core

/// Goes through a dump in SQL and finds the cells whose column is named for a code: of
/// `INSERT INTO t (a, cvv) VALUES (1, '737'), (2, '123');` and of the lines below
/// `COPY t (a, cvv) FROM stdin;`.
///
/// Keeps its place from chunk to chunk, for a statement may be longer than any context. Statements
/// without such a column are skipped by lines.
struct SQLRows {
  /// What was found in a chunk.
  struct Cell {
    var range: Range<Int>
    var column: TableHeader.Column
  }

  private enum Mode { case seek, header, insert, copyStart, copy }

  private var mode = Mode.seek
  private var isLineStart = true
  private var isCopy = false
  private var header: [UInt8] = []
  private var depth = 0
  private var inQuotes = false
  /// Bytes of the next chunk that belong to a pair begun in this one.
  private var skip = 0
  private var cell = 0
  /// By the cell's index, where its column is named for a code.
  private var columns: [Int: TableHeader.Column] = [:]

  private static let headerBytesMax = 8192

  /// - Returns: `nil` unless the head is that of a dump.
  init?(head: [UInt8]) {
    guard SQLDump.isLikely(head: head) else { return nil }
  }

  /// - Parameters:
  ///   - owned: follows the range of the call before.
  ///   - body: gets every cell that begins in the range.
  mutating func read(
    _ bytes: Bytes, _ owned: Range<Int>, reader: LabelReader, _ body: (Cell) -> Void
  ) {
    var at = owned.lowerBound + skip
    while at < owned.upperBound {
      switch mode {
      case .seek: seek(bytes, &at, owned.upperBound)
      case .header: readHeader(bytes, &at, reader)
      case .insert: readInsert(bytes, &at, body)
      case .copyStart:
        if bytes[at] == 0x0A {
          mode = .copy
          cell = 0
          take(bytes, at + 1, body)
        }
        at += 1
      case .copy: readCopy(bytes, &at, body)
      }
    }
    skip = at - owned.upperBound
  }

  private mutating func seek(_ bytes: Bytes, _ at: inout Int, _ end: Int) {
    if isLineStart {
      isLineStart = false
      isCopy = bytes.hasFolded("copy ", at: at)
      if isCopy || bytes.hasFolded("insert ", at: at) || bytes.hasFolded("replace ", at: at) {
        mode = .header
        header.removeAll(keepingCapacity: true)
        depth = 0
        return
      }
    }
    while at < end, bytes.base[at] != 0x0A { at += 1 }
    guard at < end else { return }
    isLineStart = true
    at += 1
  }

  /// Up to `VALUES`, or to the semicolon of a `COPY`.
  private mutating func readHeader(_ bytes: Bytes, _ at: inout Int, _ reader: LabelReader) {
    let c = bytes[at]
    at += 1
    header.append(lower(c))
    if c == 0x28 { depth += 1 } else if c == 0x29 { depth -= 1 }
    if c == 0x3B || header.count > SQLRows.headerBytesMax {
      let isRows = c == 0x3B && isCopy && isFromInput
      if isRows { findColumns(reader) }
      mode = isRows && !columns.isEmpty ? .copyStart : .seek
      isLineStart = false
    } else if c | 0x20 == 0x73, depth == 0, !isCopy, header.suffix(6).elementsEqual("values".utf8) {
      findColumns(reader)
      mode = columns.isEmpty ? .seek : .insert
      inQuotes = false
    }
  }

  /// `FROM stdin`, options behind it or not.
  private var isFromInput: Bool {
    let word = Array("stdin".utf8)
    return header.indices.contains { header[$0...].starts(with: word) }
  }

  /// The names in the first parentheses.
  private mutating func findColumns(_ reader: LabelReader) {
    columns.removeAll()
    guard let open = header.firstIndex(of: 0x28),
      let close = header[open...].firstIndex(of: 0x29)
    else { return }
    header.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let bytes = Bytes(base: base, count: buffer.count)
      for (index, name) in InsertTuple.split(bytes, open + 1..<close).enumerated() {
        let name = InsertTuple.trimmed(bytes, name).map { bytes[$0] }
        if let column = TableHeader.column(name, reader), column.isCode { columns[index] = column }
      }
    }
  }

  private mutating func readInsert(_ bytes: Bytes, _ at: inout Int, _ body: (Cell) -> Void) {
    let c = bytes[at]
    at += 1
    if inQuotes {
      if c == 0x5C {
        at += 1
      } else if c == 0x27 {
        if bytes[at] == 0x27 { at += 1 } else { inQuotes = false }
      }
      return
    }
    switch c {
    case 0x27: inQuotes = true
    case 0x28:
      depth += 1
      if depth == 1 {
        cell = 0
        take(bytes, at, body)
      }
    case 0x29: depth -= 1
    case 0x2C where depth == 1:
      cell += 1
      take(bytes, at, body)
    case 0x3B where depth <= 0:
      mode = .seek
      isLineStart = false
    default: break
    }
  }

  private mutating func readCopy(_ bytes: Bytes, _ at: inout Int, _ body: (Cell) -> Void) {
    let c = bytes[at]
    if c == 0x5C, bytes[at + 1] == 0x2E, bytes[at - 1] == 0x0A {
      mode = .seek
      isLineStart = false
      return
    }
    at += 1
    if c == 0x0A {
      cell = 0
      take(bytes, at, body)
    } else if c == 0x09 {
      cell += 1
      take(bytes, at, body)
    }
  }

  /// Looks at the cell that begins at `start`, if its column is named for a code. It may end behind
  /// the range, within the context.
  private func take(_ bytes: Bytes, _ start: Int, _ body: (Cell) -> Void) {
    guard let column = columns[cell] else { return }
    var end = start
    while end - start < 48, end < bytes.count {
      let c = bytes[end]
      if c == 0x2C || c == 0x29 || c == 0x09 && mode == .copy || c == 0x0A && mode == .copy {
        break
      }
      end += 1
    }
    guard let range = CodeValue.range(bytes, start..<end),
      column.holds(CodeValue(bytes, range))
    else { return }
    body(Cell(range: range, column: column))
  }
}
