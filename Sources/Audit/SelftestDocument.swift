/// Records written in one format and one encoding, with the places of what was planted.
struct SelftestDocument {
  /// How records are written.
  enum Format: String, CaseIterable {
    case plain = "plain text"
    case keyValue = "key=value"
    case json
    case jsonEscapes = "json escapes"
    /// XML in a string of JSON, as encoders write it that make text safe for HTML.
    case jsonHTMLSafe = "json html-safe"
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
    case base64, hex
    case percentDigits = "percent"
    case entities = "html entities"
    case quotedPrintable = "quoted-print"
    case ebcdic
    case arabicDigits = "arabic-indic"
    case devanagariDigits = "devanagari"
    case colourCodes = "colour codes"

    /// Encodings of a whole record, with the place of a value only known to be in it.
    var isOfRecord: Bool { self == .base64 || self == .hex }

    /// Whether the values are written otherwise than the text around them.
    var isOfValue: Bool {
      switch self {
      case .percentDigits, .entities, .arabicDigits, .devanagariDigits, .colourCodes: true
      default: isWide
      }
    }

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
    switch encoding {
    case .base64, .hex:
      // A whole record is encoded, so formats with a line for many records have none.
      return format == .json || format == .keyValue || format == .xml || format == .log
    case .percentDigits, .entities, .quotedPrintable, .ebcdic:
      guard format == .json || format == .keyValue || format == .log else { return false }
      // Digits are decoded around digits; a key or a PIN block is told by its letters.
      return kind != .secret && kind != .pinBlock
    case .colourCodes:
      guard format == .json || format == .keyValue || format == .log else { return false }
      return kind == nil || kind == .pan || kind == .groupedPAN || kind == .track2
    default: break
    }
    // A key whose every character takes twelve bytes is longer than what is decoded at a time.
    if format == .jsonEscapes, kind == .secret { return encoding == .utf8 }
    guard encoding.isOfValue else { return true }
    if format == .url || format == .jsonEscapes || format == .jsonHTMLSafe { return false }
    return kind == nil || kind == .pan || kind == .groupedPAN || kind == .track2
  }

  /// Whether detection is known not to find the kind in this form yet: none at the moment. A test fails
  /// when one is found after all, so that the list stays true.
  static func isKnownGap(
    _ kind: SelftestSamples.Kind, _ format: Format, _ encoding: Encoding
  ) -> Bool {
    false
  }

  private mutating func put(_ record: [SelftestSamples.Field], isLast: Bool) {
    let (start, between, end): (String, String, String) =
      switch format {
      case .plain: ("Hello,", " and", ", thank you.\n")
      case .keyValue: ("", " ", "\n")
      case .json, .jsonEscapes: ("{", ",", "}\n")
      case .jsonHTMLSafe: ("{\"request\":\"", "", "\"}\n")
      case .xml: ("<payment>", "", "</payment>\n")
      case .csv: ("", ",", "\n")
      case .sql: ("(", ", ", isLast ? ");\n" : "),\n")
      case .url: ("GET /pay?", "&", " HTTP/1.1\n")
      case .log: ("2026-01-02 03:04:05,678 INFO shop.pay [worker-2]", ",", "\n")
      }
    let first = bytes.count
    let firstPlant = plants.count
    put(start)
    for (index, field) in record.enumerated() {
      if index > 0 { put(between) }
      put(field)
    }
    if encoding.isOfRecord { encodeRecord(from: first, plants: firstPlant) }
    put(end)
  }

  /// Encodes what was put from `first` on as one text.
  private mutating func encodeRecord(from first: Int, plants firstPlant: Int) {
    let text = Array(bytes[first...])
    bytes.removeSubrange(first...)
    bytes += Array("body ".utf8)
    let start = bytes.count
    bytes +=
      encoding == .hex ? text.flatMap(SelftestDocument.hexPair) : SelftestDocument.base64(text)
    for index in firstPlant..<plants.count { plants[index].range = start..<bytes.count }
  }

  private mutating func put(_ field: SelftestSamples.Field) {
    let (before, after): (String, String) =
      switch format {
      case .plain: (" the \(field.name.replacing("_", with: " ")) is ", "")
      case .keyValue, .url: ("\(field.name)=", "")
      case .json, .jsonEscapes: ("\"\(field.name)\":\"", "\"")
      case .jsonHTMLSafe: ("\\u003c\(field.name)\\u003e", "\\u003c/\(field.name)\\u003e")
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
    case .jsonHTMLSafe: value.replacing("=", with: "\\u003d")
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
    if isValue, encoding == .quotedPrintable { bytes += Array("=\r\n".utf8) }
    for unit in text.utf16 {
      let isDigit = isValue && (0x30...0x39).contains(unit)
      let isWideDigit = isValue && encoding.isWide && (0x30...0x39).contains(unit)
      let low = UInt8(truncatingIfNeeded: unit)
      let high = UInt8(truncatingIfNeeded: unit >> 8)
      switch encoding {
      case .utf16Little, .utf16LittleMarked: bytes += [low, high]
      case .utf16Big, .utf16BigMarked: bytes += [high, low]
      case .wideUTF8 where isWideDigit: bytes += [0xEF, 0xBC, low + 0x60]
      case .wideGBK where isWideDigit: bytes += [0xA3, low + 0x80]
      case .wideShiftJIS where isWideDigit: bytes += [0x82, low + 0x1F]
      case .percentDigits where isDigit: bytes += Array("%3\(low & 0x0F)".utf8)
      case .entities where isDigit: bytes += Array("&#\(low);".utf8)
      case .quotedPrintable where low == 0x3D: bytes += Array("=3D".utf8)
      case .ebcdic: bytes.append(SelftestDocument.ebcdic(low))
      case .arabicDigits where isDigit: bytes += [0xD9, low + 0x70]
      case .devanagariDigits where isDigit: bytes += [0xE0, 0xA5, low + 0x76]
      case .colourCodes where isDigit && low == 0x35:
        bytes += Array("\u{1B}[1m5\u{1B}[0m".utf8)
      // Everything else the self-test writes is ASCII, which these have in common.
      default: bytes.append(low)
      }
    }
  }

  private static func hexPair(_ byte: UInt8) -> [UInt8] {
    Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
  }

  static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    for at in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - at)
      let bits = (0..<3).reduce(0) { $0 << 8 | ($1 < count ? Int(bytes[at + $1]) : 0) }
      for i in 0..<4 { out.append(i <= count ? letters[bits >> (18 - 6 * i) & 63] : 0x3D) }
    }
    return out
  }

  /// Code page 1047.
  private static func ebcdic(_ c: UInt8) -> UInt8 {
    switch c {
    case 0x30...0x39: return c + 0xC0
    case 0x41...0x49: return c + 0x80
    case 0x4A...0x52: return c + 0x87
    case 0x53...0x5A: return c + 0x8F
    case 0x61...0x69: return c + 0x20
    case 0x6A...0x72: return c + 0x27
    case 0x73...0x7A: return c + 0x2F
    default:
      let marks: [UInt8: UInt8] = [
        0x0A: 0x15, 0x20: 0x40, 0x22: 0x7F, 0x25: 0x6C, 0x2A: 0x5C, 0x2C: 0x6B, 0x2D: 0x60,
        0x2E: 0x4B, 0x2F: 0x61, 0x3A: 0x7A, 0x3B: 0x5E, 0x3D: 0x7E, 0x3F: 0x6F, 0x5B: 0xAD,
        0x5D: 0xBD, 0x5E: 0x5F, 0x5F: 0x6D, 0x7B: 0xC0, 0x7D: 0xD0,
      ]
      return marks[c] ?? 0x6F
    }
  }
}
