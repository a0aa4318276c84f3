/// Records written in one format and one encoding, with the places of what was planted.
struct SelftestDocument {
  /// How records are written.
  enum Format: String, CaseIterable {
    case plain = "plain text"
    case keyValue = "key=value"
    case json
    case jsonEscapes = "json escapes"
    case xml
    case csv = "csv header"
    case sql = "sql insert"
    case url = "url-encoded"
    case log = "log line"
  }

  /// How characters become bytes. The wide ones write the digits of values in full width.
  enum Encoding: String, CaseIterable {
    case utf8 = "utf-8"
    case utf16LittleMarked = "utf-16le mark"
    case utf16BigMarked = "utf-16be mark"
    case utf16Little = "utf-16le"
    case utf16Big = "utf-16be"
    case wideUTF8 = "wide utf-8"
    case wideGBK = "wide gbk"
    case wideShiftJIS = "wide shiftjis"

    var isWide: Bool {
      switch self {
      case .wideUTF8, .wideGBK, .wideShiftJIS: true
      default: false
      }
    }
  }

  private(set) var bytes: [UInt8] = []
  private(set) var plants: [(range: Range<Int>, sample: SelftestSamples.Sample)] = []
  private let format: Format
  private let encoding: Encoding

  init(_ records: [[SelftestSamples.Field]], _ format: Format, _ encoding: Encoding) {
    self.format = format
    self.encoding = encoding
    if [.utf16LittleMarked, .utf16BigMarked].contains(encoding) { put("\u{FEFF}") }
    let names = records.first?.map(\.name) ?? []
    if format == .csv { put(names.joined(separator: ",") + "\n") }
    if format == .sql { put("INSERT INTO payments (\(names.joined(separator: ", "))) VALUES\n") }
    for (index, record) in records.enumerated() {
      put(record, isLast: index == records.count - 1)
    }
  }

  /// Whether the tool claims to read such values: digits in full width are digits of a number, in text
  /// that is not encoded once more.
  static func isSupported(
    _ kind: SelftestSamples.Kind?, _ format: Format, _ encoding: Encoding
  ) -> Bool {
    guard encoding.isWide else { return true }
    if format == .url || format == .jsonEscapes { return false }
    return kind == nil || kind == .pan || kind == .groupedPAN || kind == .track2
  }

  /// Whether detection is known not to find the kind in this form yet. A test fails when one is found
  /// after all, so that the list stays true.
  static func isKnownGap(
    _ kind: SelftestSamples.Kind, _ format: Format, _ encoding: Encoding
  ) -> Bool {
    switch (kind, format) {
    // Found right behind its name or beside a number, not alone below its name or behind `is`.
    case (.pinBlock, .plain): true
    // Columns are told apart in bytes, in UTF-16 only around short numbers.
    case (.pinBlock, .csv), (.pinBlock, .sql), (.cvv, .sql): encoding != .utf8
    default: false
    }
  }

  private mutating func put(_ record: [SelftestSamples.Field], isLast: Bool) {
    let (start, between, end): (String, String, String) =
      switch format {
      case .plain: ("Hello,", " and", ", thank you.\n")
      case .keyValue: ("", " ", "\n")
      case .json, .jsonEscapes: ("{", ",", "}\n")
      case .xml: ("<payment>", "", "</payment>\n")
      case .csv: ("", ",", "\n")
      case .sql: ("(", ", ", isLast ? ");\n" : "),\n")
      case .url: ("GET /pay?", "&", " HTTP/1.1\n")
      case .log: ("2026-01-02 03:04:05,678 INFO shop.pay [worker-2]", ",", "\n")
      }
    put(start)
    for (index, field) in record.enumerated() {
      if index > 0 { put(between) }
      put(field)
    }
    put(end)
  }

  private mutating func put(_ field: SelftestSamples.Field) {
    let (before, after): (String, String) =
      switch format {
      case .plain: (" the \(field.name.replacing("_", with: " ")) is ", "")
      case .keyValue, .url: ("\(field.name)=", "")
      case .json, .jsonEscapes: ("\"\(field.name)\":\"", "\"")
      case .xml: ("<\(field.name)>", "</\(field.name)>")
      case .csv: ("", "")
      case .sql: ("'", "'")
      case .log: (" \(field.name): ", "")
      }
    put(before)
    let start = bytes.count
    put(spelled(field.value), isValue: field.sample != nil || field.isLookAlike)
    if let sample = field.sample { plants.append((start..<bytes.count, sample)) }
    put(after)
  }

  /// The value as the format has to write it.
  private func spelled(_ value: String) -> String {
    switch format {
    case .jsonEscapes:
      value.utf8.map { "\\u00" + SelftestDocument.hexadecimal($0) }.joined()
    case .url:
      value.utf8.map { byte in
        let scalar = Unicode.Scalar(byte)
        let isPlain = scalar.properties.isAlphabetic || (0x30...0x39).contains(byte)
        return isPlain || "-_.~*".unicodeScalars.contains(scalar)
          ? String(scalar) : "%" + SelftestDocument.hexadecimal(byte)
      }.joined()
    default: value
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }

  private mutating func put(_ text: String, isValue: Bool = false) {
    for unit in text.utf16 {
      let isWideDigit = isValue && encoding.isWide && (0x30...0x39).contains(unit)
      let low = UInt8(truncatingIfNeeded: unit)
      let high = UInt8(truncatingIfNeeded: unit >> 8)
      switch encoding {
      case .utf16Little, .utf16LittleMarked: bytes += [low, high]
      case .utf16Big, .utf16BigMarked: bytes += [high, low]
      case .wideUTF8 where isWideDigit: bytes += [0xEF, 0xBC, low + 0x60]
      case .wideGBK where isWideDigit: bytes += [0xA3, low + 0x80]
      case .wideShiftJIS where isWideDigit: bytes += [0x82, low + 0x1F]
      // Everything else the self-test writes is ASCII, which these have in common.
      default: bytes.append(low)
      }
    }
  }
}
