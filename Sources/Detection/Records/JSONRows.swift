/// Rows of JSON that are arrays, below an array of their columns' names: `["id","cvv"]`, `[1,"737"]`; or of
/// what else is said of the columns: `[{"name":"id"},{"name":"cvv"}]`. Each value may have an object of its own,
/// as BigQuery writes it: `[{"v":"1"},{"v":"737"}]`.
struct JSONRows {
  private let columns: [TableHeader.Column]
  /// Whether any column is named for a code or a PIN.
  let hasCodes: Bool
  /// See `TableHeader.Column.beside`.
  let beside: Evidence

  /// Names stand in the file's first bytes.
  private static let columnsMax = 256
  private static let rowBytesMax = 2048

  /// - Returns: `nil` unless an array of names in the head has one of a code or a card number.
  init?(head: [UInt8], reader: LabelReader) {
    let start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let first = head[start...].first(where: { !RecordLayout.isSpace($0) }),
      first == 0x5B || first == 0x7B
    else { return nil }
    var at = start
    while let open = head[at...].firstIndex(of: 0x5B) {
      at = open + 1
      guard let names = JSONRows.names(head[at...]) else { continue }
      let columns = TableHeader.Column.settled(
        names.compactMap { TableHeader.column($0, reader) })
      if columns.contains(where: { $0.isCode || $0.isNumber }) {
        self.columns = columns
        hasCodes = columns.contains { $0.isCode }
        beside = TableHeader.Column.beside(columns)
        return
      }
    }
    return nil
  }

  /// The strings of an array that holds nothing else, two or more; or one of each of its objects.
  private static func names(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
    var names: [ArraySlice<UInt8>] = []
    var rest = text
    while names.count < columnsMax {
      rest = rest.drop { RecordLayout.isSpace($0) }
      guard let name = rest.first == 0x7B ? member(&rest) : string(&rest) else { return nil }
      names.append(name)
      rest = rest.drop { RecordLayout.isSpace($0) }
      guard let sign = rest.first else { return nil }
      rest = rest.dropFirst()
      if sign == 0x5D { return names.count > 1 ? names : nil }
      guard sign == 0x2C else { return nil }
    }
    return nil
  }

  /// Takes a string.
  private static func string(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard rest.first == 0x22 else { return nil }
    let text = rest.dropFirst()
    guard let end = text.prefix(65).firstIndex(where: { $0 == 0x22 || $0 == 0x5C }),
      text[end] == 0x22
    else { return nil }
    rest = text[(end + 1)...]
    return text[..<end]
  }

  /// Takes an object of plain values, of which one is the name of a column.
  private static func member(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var name: ArraySlice<UInt8>?
    for _ in 0..<membersMax {
      // Behind the brace or comma.
      rest = rest.dropFirst().drop { RecordLayout.isSpace($0) }
      guard let key = string(&rest) else { return nil }
      rest = rest.drop { RecordLayout.isSpace($0) }
      guard rest.first == 0x3A else { return nil }
      rest = rest.dropFirst().drop { RecordLayout.isSpace($0) }
      if rest.first == 0x22 {
        guard let value = string(&rest) else { return nil }
        if nameKeys.contains(where: { key.elementsEqual($0.utf8) }) { name = name ?? value }
        rest = rest.drop { RecordLayout.isSpace($0) }
      } else {
        rest = rest.drop { $0 != 0x2C && $0 != 0x7D && $0 != 0x7B && $0 != 0x5B }
      }
      guard let sign = rest.first, sign == 0x2C || sign == 0x7D else { return nil }
      if sign == 0x7D {
        rest = rest.dropFirst()
        return name
      }
    }
    return nil
  }

  private static let membersMax = 32
  /// What drivers of databases and grids of pages call it.
  private static let nameKeys = [
    "name", "field", "column", "columnName", "column_name", "key", "dataField", "label",
  ]

  /// The column of a value that is a whole item of a row.
  func column(of value: Range<Int>, in bytes: Bytes) -> TableHeader.Column? {
    var low = value.lowerBound
    var high = value.upperBound
    if bytes[low - 1] == 0x22, bytes[high] == 0x22 {
      low -= 1
      high += 1
    }
    let wrapper = wrapper(of: low..<high, in: bytes)
    let item = wrapper ?? low..<high
    let isWrapped = wrapper != nil
    guard let before = items(bytes, item.lowerBound - 1, by: -1, isWrapped: isWrapped),
      let behind = items(bytes, item.upperBound, by: 1, isWrapped: isWrapped),
      before + behind + 1 == columns.count
    else { return nil }
    return columns[before]
  }

  /// The object that holds nothing but the value.
  private func wrapper(of value: Range<Int>, in bytes: Bytes) -> Range<Int>? {
    var close = value.upperBound
    while RecordLayout.isSpace(bytes[close]), close - value.upperBound < JSONRows.gapMax {
      close += 1
    }
    guard bytes[close] == 0x7D else { return nil }
    var open = value.lowerBound
    while value.lowerBound - open < JSONRows.gapMax, bytes[open] != 0x7B {
      open -= 1
      if bytes[open] == 0x2C || bytes[open] == 0x5B || bytes[open] == 0 { return nil }
    }
    return bytes[open] == 0x7B ? open..<close + 1 : nil
  }

  private static let gapMax = 48

  /// How many items lie between a place and the row's end on one side; `nil` for what is no row of
  /// plain values, or of values that have each an object of their own.
  private func items(_ bytes: Bytes, _ start: Int, by step: Int, isWrapped: Bool) -> Int? {
    let isOn = step > 0
    var count = 0
    var depth = 0
    var at = start
    var inString = false
    while abs(at - start) < JSONRows.rowBytesMax, at >= 0, at < bytes.count {
      let c = bytes[at]
      if c == 0x22, !isEscaped(bytes, at) {
        inString.toggle()
      } else if !inString {
        switch c {
        case isOn ? 0x5D : 0x5B, isOn ? 0x7D : 0x7B:
          if depth == 0 { return c == 0x5B || c == 0x5D ? count : nil }
          depth -= 1
        case isOn ? 0x5B : 0x5D, isOn ? 0x7B : 0x7D:
          guard isWrapped, depth > 0 || c == (isOn ? 0x7B : 0x7D) else { return nil }
          depth += 1
        case 0x2C where depth == 0: count += 1
        case 0x3A where depth == 0: return nil
        default: break
        }
        // The value is all of its item.
        if count == 0, !RecordLayout.isSpace(c) { return nil }
      }
      at += step
    }
    return nil
  }

  private func isEscaped(_ bytes: Bytes, _ quote: Int) -> Bool {
    var at = quote
    while bytes[at - 1] == 0x5C { at -= 1 }
    return (quote - at) & 1 == 1
  }
}
