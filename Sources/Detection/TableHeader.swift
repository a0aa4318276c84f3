/// The first line of a delimited file, when it names the columns of the lines below.
struct TableHeader: Sendable {
  var delimiter: UInt8
  /// The last byte of a line: a line feed, or in a file that has none the carriage return of old Macs.
  let newline: UInt8
  /// For each column: its name's place in the head and what it means.
  var columns: [Column]
  /// Whether any column is named for a code or a PIN.
  var hasCodes: Bool
  /// See `Column.beside`.
  var beside: Evidence
  /// Whether any column is named for an expiry.
  let hasExpiries: Bool
  /// Columns that hold a card number in pieces, with numbered names.
  var pieces: [Range<Int>]

  struct Column: Sendable {
    var name: String
    var hash: UInt64
    var meanings: [Meaning]
    /// Named as other things are as well, in a record whose other columns tell nothing of cards.
    var isDoubtful = false
  }

  /// - Returns: `nil` unless the first line is at least two short names without long digit runs, or the
  ///   name of a code alone, and the second line, if there is one, has as many cells. A title or
  ///   `sep=;` may stand before it.
  init?(head: [UInt8], reader: LabelReader) {
    let start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let newline: UInt8 = head.contains(0x0A) ? 0x0A : 0x0D
    var isFirst = !head[start...].starts(with: "sep=".utf8)
    var at = start
    // A title may stand above it, and lines may be drawn around it.
    for _ in 0..<TableHeader.linesMax {
      guard let end = head[at...].firstIndex(of: newline) else { return nil }
      if !TableHeader.isRule(head[at..<end]) {
        let isTitled = at > start
        if isFirst || isTitled, let header = TableHeader(head: head, from: at, newline, reader),
          !isTitled || header.hasCodes || header.columns.contains(where: { $0.isNumber })
        {
          self = header
          return
        }
        guard isFirst || !isTitled, end - at < 200 else { return nil }
        isFirst = false
      }
      at = end + 1
    }
    return nil
  }

  /// Lines to look at for the header.
  private static let linesMax = 4

  /// Whether a line is empty, or drawn: `+----+-----+`, `----+-----`.
  private static func isRule(_ line: ArraySlice<UInt8>) -> Bool {
    line.allSatisfy { isBlank($0) || "-+|=\r".utf8.contains($0) }
  }

  private init?(head: [UInt8], from start: Int, _ newline: UInt8, _ reader: LabelReader) {
    guard let end = TableHeader.lineEnd(head[start...], newline), end - start < 4000 else {
      return nil
    }
    let lineEnd = end > start && head[end - 1] == 0x0D ? end - 1 : end
    let line = head[start..<lineEnd]
    guard
      let delimiter = [0x2C, 0x3B, 0x09, 0x7C].map({ UInt8($0) }).max(by: { a, b in
        line.count { $0 == a } < line.count { $0 == b }
      })
    else { return nil }
    guard !TableHeader.holdsValue(line, delimiter, reader) else { return nil }
    var next = head[(end + 1)...]
    if let ruleEnd = next.firstIndex(of: newline), ruleEnd - end > 3,
      TableHeader.isRule(next[..<ruleEnd])
    {
      next = next[(ruleEnd + 1)...]
    }
    if !line.contains(delimiter) {
      let cell = next.prefix { $0 != newline }
      guard TableHeader.column(TableHeader.name(line), reader)?.isCode == true,
        TableHeader.isCode(cell)
      else { return nil }
    }
    if let secondEnd = TableHeader.end(next, newline) {
      let second = next[..<secondEnd]
      guard TableHeader.cells(second, delimiter) == TableHeader.cells(line, delimiter) else {
        return nil
      }
    } else if next.isEmpty {
      return nil
    }
    var columns: [Column] = []
    var cell = line.startIndex
    while cell <= line.endIndex {
      let stop = TableHeader.end(line[cell...], delimiter) ?? line.endIndex
      let name = TableHeader.name(line[cell..<stop])
      guard name.count <= 64, !TableHeader.hasDigitRun(name) else { return nil }
      guard let column = TableHeader.column(name, reader) else { return nil }
      columns.append(column)
      cell = stop + 1
    }
    guard columns.contains(where: { !$0.name.isEmpty }) else { return nil }
    self.delimiter = delimiter
    self.newline = newline
    self.columns = Column.settled(columns)
    hasCodes = columns.contains { $0.isCode }
    hasExpiries = columns.contains { $0.isExpiry }
    beside = Column.beside(columns)
    pieces = Pieces.series(columns.map { Array($0.name.utf8) }, reader)
  }

  /// The end of the first line, or of the last one that a name in quotes goes on in.
  private static func lineEnd(_ head: ArraySlice<UInt8>, _ newline: UInt8) -> Int? {
    guard let end = head.firstIndex(of: newline) else { return nil }
    let opens = head[..<end].count { $0 == 0x22 } & 1 == 1
    return opens ? self.end(head.prefix(nameLinesBytes), newline) ?? end : end
  }

  private static let nameLinesBytes = 1024

  /// A name without quotes, in one line, and without blanks around it.
  private static func name(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var name = cell.filter { $0 != 0x22 && $0 != 0x27 }.map { max($0, 0x20) }[...]
    while let c = name.first, isBlank(c) { name.removeFirst() }
    while let c = name.last, isBlank(c) { name.removeLast() }
    return name
  }

  /// Whether a line has what names of columns have not: they are shown, and a record is not.
  private static func holdsValue(
    _ line: ArraySlice<UInt8>, _ delimiter: UInt8, _ reader: LabelReader
  ) -> Bool {
    // Nearly all code and most logs.
    if zip(line, line.dropFirst()).contains(where: { $0 == 0x3D && isWord($1) }) { return true }
    return line.split(separator: delimiter).contains { cell in
      let name = name(cell)
      if name.first == 0x7B || name.first == 0x5B { return true }
      return zip(name, name.dropFirst()).contains { sign, next in
        sign == 0x3D || sign == 0x3A && (isBlank(next) || isDigit(next))
      } || holdsCode(Array(name), reader)
    }
  }

  /// Whether a code or a PIN block stands behind its name.
  private static func holdsCode(_ cell: [UInt8], _ reader: LabelReader) -> Bool {
    cell.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return false }
      let bytes = Bytes(base: base, count: buffer.count)
      var at = 0
      while at < buffer.count {
        var end = at
        while isWord(bytes[end]) || bytes[end] == 0x5F { end += 1 }
        if CodeValue.range(bytes, at..<end) != nil {
          let meanings = reader.meanings(bytes, reader.locate(bytes, value: at).range)
          if meanings.contains(where: { [.cvv, .pin].contains($0.category) }) { return true }
        }
        at = end + 1
      }
      return false
    }
  }

  private static func isCode(_ cell: ArraySlice<UInt8>) -> Bool {
    Array(cell).withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { base in
        let bytes = Bytes(base: base, count: buffer.count)
        return CodeValue.range(bytes, 0..<bytes.count) != nil
      } ?? false
    }
  }

  /// The column at `offset`, by counting delimiters outside quotes from the line's start.
  ///
  /// - Parameter startsLine: whether the first of `bytes` begins a line.
  func column(of offset: Int, in bytes: Bytes, startsLine: Bool = true) -> Column? {
    guard let start = recordStart(of: offset, in: bytes, startsLine: startsLine) else { return nil }
    return column(from: start, to: offset, in: bytes)
  }

  /// The cells of the record that holds `offset`, each with its column.
  func cells(
    around offset: Int, in bytes: Bytes, startsLine: Bool
  ) -> [(column: Column, range: Range<Int>)] {
    guard let start = recordStart(of: offset, in: bytes, startsLine: startsLine) else { return [] }
    let stop = min(bytes.count, start + 2 * TableHeader.recordBytesMax)
    var cells: [(column: Column, range: Range<Int>)] = []
    _ = cell(from: start, to: stop, in: bytes) { index, range in
      if index < columns.count { cells.append((columns[index], range)) }
    }
    return cells
  }

  private func recordStart(of offset: Int, in bytes: Bytes, startsLine: Bool) -> Int? {
    var start = offset
    let floor = max(0, offset - TableHeader.recordBytesMax)
    while start > floor, bytes[start - 1] != newline { start -= 1 }
    start = recordStart(start, before: offset, floor: floor, in: bytes)
    return (start > 0 ? bytes[start - 1] == newline : startsLine) ? start : nil
  }

  /// The column at `offset` of the record that begins at `start`.
  func column(from start: Int, to offset: Int, in bytes: Bytes) -> Column? {
    let index = cell(from: start, to: offset, in: bytes).index
    return index < columns.count ? columns[index] : nil
  }

  /// Which cell of the record that begins at `start` the place is in; where the record ends before the
  /// place, its last cell and that end.
  ///
  /// A quote opens a cell where it begins it, and closes it where the cell ends.
  ///
  /// - Parameter ended: gets every cell that ends before the place.
  private func cell(
    from start: Int, to offset: Int, in bytes: Bytes,
    ended: (_ index: Int, _ range: Range<Int>) -> Void = { _, _ in }
  ) -> (index: Int, end: Int?) {
    var index = 0
    var inQuotes = false
    var cell = start
    var at = start
    while at < offset {
      let c = bytes[at]
      if c == 0x22 {
        if !inQuotes {
          inQuotes = at == cell
        } else if bytes[at + 1] == 0x22 {
          at += 1
        } else if isEdge(bytes[at + 1]) {
          inQuotes = false
        }
      } else if !inQuotes, c == newline {
        ended(index, cell..<at)
        return (index, at)
      } else if c == delimiter, !inQuotes {
        ended(index, cell..<at)
        index += 1
        cell = at + 1
      }
      at += 1
    }
    guard at >= bytes.count, !inQuotes else { return (index, nil) }
    ended(index, cell..<at)
    return (index, at)
  }

  /// Whether a cell may end before this byte, or begin behind it.
  func isEdge(_ c: UInt8) -> Bool { c == delimiter || c == 0x0A || c == 0x0D || c == 0 }

  /// Whether a value is all that its cell holds, but for quotes and blanks.
  func isCell(_ value: Range<Int>, in bytes: Bytes) -> Bool {
    func isCellEdge(_ c: UInt8) -> Bool { isEdge(c) || c == 0x22 || c == 0x27 }
    var before = value.lowerBound - 1
    while value.lowerBound - before < 16, bytes[before] == 0x20 { before -= 1 }
    // A column of numbers with gaps in it is written as fractions: 737.0.
    var after = value.upperBound + (bytes.has(".0", at: value.upperBound) ? 2 : 0)
    while after - value.upperBound < 16, bytes[after] == 0x20 { after += 1 }
    return isCellEdge(bytes[before]) && isCellEdge(bytes[after])
  }

  /// Where the record begins that holds `offset`, whose line begins at `line`: further back, if the line
  /// begins inside quotes.
  private func recordStart(_ line: Int, before offset: Int, floor: Int, in bytes: Bytes) -> Int {
    var start = line
    for _ in 0..<TableHeader.cellLinesMax {
      guard mayCloseCell(start, before: offset, in: bytes) else { break }
      var open = start - 1
      while open > floor, bytes[open] != 0x22 || !isEdge(bytes[open - 1]) { open -= 1 }
      guard open > floor, bytes[open] == 0x22 else { break }
      start = open
      while start > floor, bytes[start - 1] != newline { start -= 1 }
      if isRecord(start, around: offset, in: bytes) { return start }
    }
    // A quote at the line's start may open a cell as well as close one: cells are counted.
    return isRecord(line, around: offset, in: bytes) ? line : start
  }

  /// Whether a line holds quotes of which the first does not plainly open a cell.
  private func mayCloseCell(_ line: Int, before offset: Int, in bytes: Bytes) -> Bool {
    var quote = line
    while quote < offset, bytes[quote] != 0x22 { quote += 1 }
    guard quote < offset else { return false }
    let mayOpen = quote == line || isEdge(bytes[quote - 1])
    return !mayOpen || isEdge(bytes[quote + 1]) || bytes[quote + 1] == 0x22
  }

  /// Whether what begins there has as many cells as there are columns, and ends behind the place.
  private func isRecord(_ start: Int, around offset: Int, in bytes: Bytes) -> Bool {
    let stop = min(bytes.count, start + 2 * TableHeader.recordBytesMax)
    let last = cell(from: start, to: stop, in: bytes)
    return last.index + 1 == columns.count && (last.end ?? 0) > offset
  }

  private static let cellLinesMax = 8
  private static let recordBytesMax = 4000

  /// The first such byte outside quotes: the end of a record, or of a cell.
  private static func end(_ text: ArraySlice<UInt8>, _ sign: UInt8) -> Int? {
    var inQuotes = false
    for (index, c) in zip(text.indices, text) {
      if c == 0x22 { inQuotes.toggle() } else if c == sign, !inQuotes { return index }
    }
    return nil
  }

  private static func cells(_ line: ArraySlice<UInt8>, _ delimiter: UInt8) -> Int {
    var count = 1
    var inQuotes = false
    for c in line {
      if c == 0x22 { inQuotes.toggle() } else if c == delimiter, !inQuotes { count += 1 }
    }
    return count
  }

  static func column(_ name: some Collection<UInt8>, _ reader: LabelReader) -> Column? {
    let array = Array(name)
    return array.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Column(name: "", hash: 0, meanings: []) }
      let bytes = Bytes(base: base, count: buffer.count)
      return Column(
        name: String(decoding: array, as: UTF8.self),
        hash: reader.squeeze(bytes, 0..<bytes.count).value,
        meanings: reader.meanings(bytes, 0..<bytes.count))
    }
  }

  private static func hasDigitRun(_ name: some Sequence<UInt8>) -> Bool {
    var run = 0
    for c in name {
      run = isDigit(c) ? run + 1 : 0
      if run >= 5 { return true }
    }
    return false
  }
}

extension TableHeader.Column {
  /// What the columns of a record say of a number in one of them whose own name says nothing: codes,
  /// expiries and holders stand beside card numbers. Nothing, if a column is named for the number.
  static func beside(_ columns: [TableHeader.Column]) -> Evidence {
    var evidence: Evidence = []
    for meaning in columns.lazy.flatMap(\.meanings) where meaning.weight >= .medium {
      switch meaning.category {
      case .pan, .track: return []
      case .cvv: evidence.insert(.code)
      case .expiry, .holder: evidence.insert(.nearbyWord)
      default: break
      }
    }
    return evidence
  }

  /// Named for an expiry.
  var isExpiry: Bool { meanings.contains { $0.category == .expiry && $0.weight >= .medium } }

  /// Named for a card number.
  var isNumber: Bool { meanings.contains { $0.category == .pan && $0.weight >= .medium } }

  /// Named for a PIN.
  var isPIN: Bool {
    meanings.contains { $0.category == .pin && $0.weight >= .medium }
  }

  /// Whether a value of that shape is what the name says.
  func holds(_ value: CodeValue) -> Bool {
    switch value {
    case .digits: isCode
    case .pinBlock: isPIN
    }
  }

  /// The columns of a record, each with what the others make of its name.
  ///
  /// `cid` and `pin` name other ids and places as well; what a PIN belongs to need not be a card.
  static func settled(_ columns: [TableHeader.Column]) -> [TableHeader.Column] {
    let isCard = columns.contains { $0.isTelling }
    return columns.map { column in
      var column = column
      column.isDoubtful = column.meanings.contains {
        $0.companion > .none && (columns.count == 1 || $0.category == .cvv && !isCard)
      }
      return column
    }
  }

  /// Named for what only cards have.
  private var isTelling: Bool {
    meanings.contains { meaning in
      switch meaning.category {
      case .pan, .holder, .track, .cvv: meaning.weight == .strong && meaning.companion == .none
      default: false
      }
    }
  }

  /// Named for a verification code or a PIN.
  var isCode: Bool {
    meanings.contains { ($0.category == .cvv || $0.category == .pin) && $0.weight >= .medium }
  }
}
