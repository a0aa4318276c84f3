/// The first line of a delimited file, when it names the columns of the lines below.
struct TableHeader: Sendable {
  var delimiter: UInt8
  /// For each column: its name's place in the head and what it means.
  var columns: [Column]
  /// Whether any column is named for a code or a PIN.
  var hasCodes: Bool
  /// Whether the file is UTF-16, and so are the lines below.
  var isWide: Bool

  struct Column: Sendable {
    var name: String
    var hash: UInt64
    var meanings: [Meaning]
  }

  /// - Returns: `nil` unless the first line is at least two short names without long digit runs and
  ///   the second line, if there is one, has as many cells.
  init?(head raw: [UInt8], reader: LabelReader) {
    let decoded = TableHeader.decoded(raw)
    isWide = decoded != nil
    let head = decoded ?? raw
    var start = 0
    if head.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
    guard let end = head[start...].firstIndex(of: 0x0A), end - start < 4000 else { return nil }
    let lineEnd = end > start && head[end - 1] == 0x0D ? end - 1 : end
    let line = head[start..<lineEnd]
    guard
      let delimiter = [0x2C, 0x3B, 0x09, 0x7C].map({ UInt8($0) }).max(by: { a, b in
        line.count { $0 == a } < line.count { $0 == b }
      }), line.contains(delimiter)
    else { return nil }
    let next = head[(end + 1)...]
    let secondEnd = next.firstIndex(of: 0x0A)
    if let secondEnd {
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
      let stop = line[cell...].firstIndex(of: delimiter) ?? line.endIndex
      let name = line[cell..<stop].filter { $0 != 0x22 && $0 != 0x27 }
      guard name.count <= 64, !TableHeader.hasDigitRun(name) else { return nil }
      guard let column = TableHeader.column(name, reader) else { return nil }
      columns.append(column)
      cell = stop + 1
    }
    guard columns.contains(where: { !$0.name.isEmpty }) else { return nil }
    self.delimiter = delimiter
    self.columns = columns
    hasCodes = columns.contains { $0.isCode }
  }

  /// The column at `offset`, by counting delimiters outside quotes from the line's start.
  ///
  /// - Parameter startsLine: whether the first of `bytes` begins a line.
  func column(of offset: Int, in bytes: Bytes, startsLine: Bool = true) -> Column? {
    var start = offset
    let floor = max(0, offset - 4000)
    while start > floor, bytes[start - 1] != 0x0A { start -= 1 }
    guard start > 0 ? bytes[start - 1] == 0x0A : startsLine else { return nil }
    var index = 0
    var inQuotes = false
    for at in start..<offset {
      let c = bytes[at]
      if c == 0x22 { inQuotes.toggle() } else if c == delimiter, !inQuotes { index += 1 }
    }
    return index < columns.count ? columns[index] : nil
  }

  /// The head as UTF-8 when it is UTF-16, by its mark or because every other byte is NUL.
  private static func decoded(_ head: [UInt8]) -> [UInt8]? {
    guard head.count >= 8 else { return nil }
    let isMarkedBig = head[0] == 0xFE && head[1] == 0xFF
    let isMarkedLittle = head[0] == 0xFF && head[1] == 0xFE
    let isBig = isMarkedBig || head[0] == 0 && head[2] == 0 && head[1] != 0
    let isLittle = isMarkedLittle || head[1] == 0 && head[3] == 0 && head[0] != 0
    guard isBig != isLittle else { return nil }
    var units: [UInt16] = []
    for at in stride(from: isMarkedBig || isMarkedLittle ? 2 : 0, to: head.count - 1, by: 2) {
      let (a, b) = (UInt16(head[at]), UInt16(head[at + 1]))
      units.append(isBig ? a << 8 | b : b << 8 | a)
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
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

  /// Named for a verification code or a PIN.
  var isCode: Bool {
    meanings.contains { ($0.category == .cvv || $0.category == .pin) && $0.weight >= .medium }
  }
}
