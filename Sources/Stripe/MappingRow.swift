/// What a mapping file says about one card, as it is written there.
struct MappingRow {
  typealias Field = MappingFormat.Field

  var bytes: [UInt8] = []
  /// Where the row begins.
  var line = 1
  /// The same in bytes, for files whose lines do not tell.
  var byteOffset: Int?
  private var ranges = [Range<Int>](repeating: 0..<0, count: Field.allCases.count)

  /// Where a value is in `bytes`; empty when it is not there.
  subscript(field: Field) -> Range<Int> {
    @inline(__always) get { ranges[field.rawValue] }
    set { ranges[field.rawValue] = newValue }
  }

  /// - Returns: the value of up to four digits.
  func number(_ field: Field) -> Int? {
    let range = self[field]
    guard (1...4).contains(range.count) else { return nil }
    var value = 0
    for at in range {
      guard bytes[at] &- 0x30 < 10 else { return nil }
      value = value * 10 + Int(bytes[at] - 0x30)
    }
    return value
  }

  /// Whether a spreadsheet took the value for a large number: `1.23E+15`.
  func isScientific(_ field: Field) -> Bool {
    var rest = bytes[self[field]]
    func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    guard let sign = rest.lastIndex(of: 0x2B), sign > rest.startIndex, rest.last != 0x2B,
      bytes[sign - 1] | 0x20 == 0x65, rest[(sign + 1)...].allSatisfy(isDigit)
    else { return false }
    rest = rest[..<(sign - 1)]
    // Some countries write a comma.
    let mantissa = rest.dropFirst()
    return rest.first.map(isDigit) == true
      && (mantissa.isEmpty
        || (mantissa.first == 0x2E || mantissa.first == 0x2C)
          && mantissa.dropFirst().allSatisfy(isDigit))
  }

  /// Whether there is a byte that no text has, such as NUL, where programs end a text.
  func hasControl(_ field: Field) -> Bool {
    bytes[self[field]].contains { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
  }

  func isUTF8(_ field: Field) -> Bool {
    let range = self[field]
    guard range.contains(where: { bytes[$0] >= 0x80 }) else { return true }
    return String(validating: bytes[range], as: UTF8.self) != nil
  }
}
