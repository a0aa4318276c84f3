/// The encodings that card data hides behind, made by hand, so that tests do not trust the decoders'
/// own tables.
package enum Encoder: String, CaseIterable, Sendable {
  case base64
  case base64url
  case base64Wrapped = "base64, wrapped"
  case base64InForm = "base64, in a form"
  case percent
  case percentPunctuation = "percent, digits plain"
  case percentTwice = "percent twice, digits plain"
  case entities = "entities"
  case entitiesHex = "entities, hexadecimal"
  case jsonEscapes = "json escapes"
  case sourceEscapes = "escapes of source code"
  case jsonPunctuation = "json escapes, words plain"
  case hex
  case hexUpper = "hex, upper case"
  case hexLines = "xxd -p"
  case xxd
  case xxdFours = "xxd -g 4"
  case hexdump
  case words = "hexdump of words"
  case spacedHex = "hex pairs with spaces"
  case colonHex = "hex pairs with colons"
  case listedHex = "xxd -i"
  case dashedHex = "hex pairs with dashes"
  case reversedWords = "xxd -e"
  case unnumberedWords = "od -An -x"
  case decimals = "numbers with commas"
  case decimalsApart = "numbers with commas and blanks"
  case decimalsInBlanks = "numbers with blanks"
  case octals = "hexdump -b"
  case octalWords = "od"
  case decimalWords = "hexdump -d"
  case decimalLongs = "od -td4"
  case bits = "xxd -b"
  case quotedPrintable = "quoted-printable"
  case softBreaks = "quoted-printable soft breaks"
  case quotedPunctuation = "quoted-printable punctuation"
  case ebcdic
  case arabicIndic = "Arabic-Indic digits"
  case persian = "Persian digits"
  case devanagari = "Devanagari digits"
  case ansi = "colour codes in values"

  /// The name the decoder has for it.
  package var name: String {
    switch self {
    case .base64, .base64url, .base64Wrapped, .base64InForm: "base64"
    case .percent, .percentPunctuation, .percentTwice: "percent"
    case .entities, .entitiesHex: "html-entities"
    case .jsonEscapes, .sourceEscapes, .jsonPunctuation: "json-escapes"
    case .hex, .hexUpper, .hexLines: "hex"
    case .xxd, .xxdFours, .hexdump, .words, .spacedHex, .colonHex, .listedHex, .dashedHex,
      .reversedWords, .unnumberedWords:
      "hex-dump"
    case .decimals, .decimalsApart, .decimalsInBlanks, .octals, .octalWords, .decimalWords,
      .decimalLongs, .bits:
      "byte-values"
    case .quotedPrintable, .softBreaks, .quotedPunctuation: "quoted-printable"
    case .ebcdic: "ebcdic"
    case .arabicIndic, .persian, .devanagari: "unicode-digits"
    case .ansi: "ansi-codes"
    }
  }

  /// Rows that show the bytes as text, too.
  package var isDump: Bool {
    switch self {
    case .xxd, .xxdFours, .hexdump, .reversedWords, .bits: true
    default: false
    }
  }

  /// Lines of a dump.
  package var hasRows: Bool {
    switch self {
    case .words, .unnumberedWords, .octals, .octalWords, .decimalWords, .decimalLongs: true
    default: isDump
    }
  }

  /// `text` in this encoding.
  package func encode(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    switch self {
    case .base64: return Encoder.base64(bytes)
    case .base64url:
      return Encoder.base64(bytes).filter { $0 != 0x3D }
        .map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 }
    case .base64Wrapped:
      return Array(Encoder.lines(Encoder.base64(bytes), 76).joined(separator: [0x0D, 0x0A]))
    case .base64InForm:
      return Encoder.base64(bytes).flatMap {
        $0 == 0x2B || $0 == 0x2F || $0 == 0x3D ? Encoder.percent($0) : [$0]
      }
    case .percent: return bytes.flatMap(Encoder.percent)
    case .percentPunctuation: return Encoder.punctuation(bytes, 0x25)
    case .percentTwice: return Encoder.punctuation(Encoder.punctuation(bytes, 0x25), 0x25)
    case .entities: return bytes.flatMap { Array("&#\($0);".utf8) }
    case .entitiesHex: return bytes.flatMap { Array("&#x".utf8) + Encoder.hex($0) + [0x3B] }
    case .jsonEscapes: return bytes.flatMap { Array("\\u00".utf8) + Encoder.hex($0) }
    case .sourceEscapes: return bytes.flatMap { Array("\\x".utf8) + Encoder.hex($0) }
    case .jsonPunctuation:
      return bytes.flatMap { byte -> [UInt8] in
        let isPlain = byte | 0x20 &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x20
        return isPlain ? [byte] : Array("\\u00".utf8) + Encoder.hex(byte)
      }
    case .hex: return bytes.flatMap { Encoder.hex($0) }
    case .hexUpper: return bytes.flatMap { Encoder.hex($0, upper: true) }
    case .hexLines:
      return (0..<(bytes.count + 29) / 30).flatMap { line in
        bytes.dropFirst(line * 30).prefix(30).flatMap { Encoder.hex($0) } + [0x0A]
      }
    case .xxd: return Encoder.dump(bytes, group: 2)
    case .xxdFours: return Encoder.dump(bytes, group: 4)
    case .hexdump: return Encoder.dump(bytes, group: 1)
    case .spacedHex:
      return Array(bytes.map { Encoder.hex($0, upper: true) }.joined(separator: [0x20]))
    case .words: return Encoder.words(bytes)
    case .colonHex:
      return Array(bytes.map { Encoder.hex($0, upper: false) }.joined(separator: [0x3A]))
    case .dashedHex: return Array(bytes.map { Encoder.hex($0) }.joined(separator: [0x2D]))
    case .decimals: return Encoder.list(bytes, ",")
    case .decimalsApart: return Encoder.list(bytes, ", ")
    case .decimalsInBlanks: return Encoder.list(bytes, " ")
    case .octals: return Encoder.rows(bytes, 1, 8, width: 3, gap: 1)
    case .octalWords: return Encoder.rows(bytes, 2, 8, width: 6, gap: 1)
    case .decimalWords: return Encoder.rows(bytes, 2, 10, width: 5, gap: 3)
    case .decimalLongs: return Encoder.rows(bytes, 4, 10, width: 11, gap: 0, filler: " ")
    case .unnumberedWords: return Encoder.rows(bytes, 2, 16, width: 4, gap: 1, hasOffsets: false)
    case .reversedWords:
      return Encoder.rows(bytes, 4, 16, width: 8, gap: 1, sign: ":", showsText: true)
    case .bits:
      return Encoder.rows(bytes, 1, 2, width: 8, gap: 1, count: 6, sign: ":", showsText: true)
    case .listedHex:
      let pairs = bytes.map { Array("0x".utf8) + Encoder.hex($0, upper: false) }
      return Array(
        stride(from: 0, to: pairs.count, by: 12).map {
          Array(pairs[$0..<min(pairs.count, $0 + 12)].joined(separator: Array(", ".utf8)))
        }.joined(separator: Array(",\n  ".utf8)))
    case .quotedPrintable:
      return bytes.flatMap {
        $0 == 0x3D || $0 > 0x7E ? [0x3D] + Encoder.hex($0, upper: true) : [$0]
      }
    case .softBreaks:
      var out: [UInt8] = []
      var column = 0
      for form in bytes.map({ $0 == 0x3D ? Array("=3D".utf8) : [$0] }) {
        if column + form.count > 11 {
          out += [0x3D, 0x0D, 0x0A]
          column = 0
        }
        out += form
        column += form.count
      }
      return out
    case .quotedPunctuation: return Encoder.punctuation(bytes, 0x3D)
    case .ebcdic: return bytes.map { Encoder.codePage1047[$0] ?? 0x6F }
    case .arabicIndic: return Encoder.digits(text, from: 0x0660)
    case .persian: return Encoder.digits(text, from: 0x06F0)
    case .devanagari: return Encoder.digits(text, from: 0x0966)
    case .ansi:
      // After every third digit, as highlighted matches are printed.
      var out: [UInt8] = []
      var run = 0
      for byte in bytes {
        out.append(byte)
        run = byte &- 0x30 < 10 ? run + 1 : 0
        if run == 3 || byte == 0x3A { out += Array("\u{1B}[1;31m".utf8) }
      }
      return out
    }
  }

  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    var at = 0
    while at < bytes.count {
      let group = bytes[at..<min(bytes.count, at + 3)]
      var bits = 0
      for i in 0..<3 { bits = bits << 8 | (i < group.count ? Int(group[at + i]) : 0) }
      for i in 0..<4 {
        out.append(i <= group.count ? letters[bits >> (18 - 6 * i) & 63] : 0x3D)
      }
      at += 3
    }
    return out
  }

  private static func lines(_ bytes: [UInt8], _ width: Int) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: bytes.count, by: width).map {
      bytes[$0..<min(bytes.count, $0 + width)]
    }
  }

  private static func hex(_ byte: UInt8, upper: Bool = false) -> [UInt8] {
    let digits = Array((upper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  private static func percent(_ byte: UInt8) -> [UInt8] { [0x25] + hex(byte, upper: true) }

  /// All but letters, digits and `_` as `sign` and two hex digits.
  private static func punctuation(_ bytes: [UInt8], _ sign: UInt8) -> [UInt8] {
    bytes.flatMap {
      $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || $0 == 0x5F
        ? [$0] : [sign] + hex($0, upper: true)
    }
  }

  private static func dump(_ bytes: [UInt8], group: Int) -> [UInt8] {
    var out: [UInt8] = []
    for at in stride(from: 0, to: bytes.count, by: 16) {
      let row = Array(bytes[at..<min(bytes.count, at + 16)])
      for shift in stride(from: 24, through: 0, by: -8) {
        out += hex(UInt8(truncatingIfNeeded: at >> shift))
      }
      out += Array((group == 1 ? "  " : ": ").utf8)
      for (i, byte) in row.enumerated() {
        out += hex(byte)
        if i % group == group - 1 { out.append(0x20) }
        if group == 1, i == 7 { out.append(0x20) }
      }
      out += [UInt8](repeating: 0x20, count: max(0, (16 - row.count) * 2) + 1)
      let text = row.map { $0 < 0x20 || $0 > 0x7E ? 0x2E : $0 }
      out += group == 1 ? [0x7C] + text + [0x7C, 0x0A] : text + [0x0A]
    }
    return out
  }

  private static func list(_ bytes: [UInt8], _ separator: String) -> [UInt8] {
    Array(("[" + bytes.map { String($0) }.joined(separator: separator) + "]").utf8)
  }

  /// Rows of numbers of `size` bytes, the last first, with offsets before them.
  private static func rows(
    _ bytes: [UInt8], _ size: Int, _ radix: Int, width: Int, gap: Int, count: Int = 16,
    filler: Character = "0", sign: String = "", hasOffsets: Bool = true, showsText: Bool = false
  ) -> [UInt8] {
    func padded(_ text: String, _ width: Int, _ filler: Character) -> String {
      String(repeating: filler, count: max(0, width - text.count)) + text
    }
    var out = ""
    for at in stride(from: 0, to: bytes.count, by: count) {
      let row = Array(bytes[at..<min(bytes.count, at + count)])
      if hasOffsets { out += padded(String(at, radix: 16), sign.isEmpty ? 7 : 8, "0") + sign }
      for start in stride(from: 0, to: row.count, by: size) {
        let value = (start..<min(row.count, start + size)).reversed()
          .reduce(0) { $0 << 8 | Int(row[$1]) }
        out +=
          String(repeating: " ", count: gap) + padded(String(value, radix: radix), width, filler)
      }
      if showsText {
        out +=
          "  " + String(decoding: row.map { $0 < 0x20 || $0 > 0x7E ? 0x2E : $0 }, as: UTF8.self)
      }
      out += "\n"
    }
    return Array(out.utf8)
  }

  /// As `hexdump` and `od -x` write it on nearly every machine: words of two bytes, the last first.
  private static func words(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for at in stride(from: 0, to: bytes.count, by: 16) {
      let offset = String(at, radix: 16)
      out += Array((String(repeating: "0", count: 7 - offset.count) + offset).utf8)
      for word in stride(from: at, to: min(bytes.count, at + 16), by: 2) {
        out += [0x20] + hex(word + 1 < bytes.count ? bytes[word + 1] : 0) + hex(bytes[word])
      }
      out.append(0x0A)
    }
    return out
  }

  /// Code page 1047, as far as the samples need it.
  private static let codePage1047: [UInt8: UInt8] = {
    var table: [UInt8: UInt8] = [:]
    func put(_ text: String, _ first: UInt8) {
      for (i, c) in text.utf8.enumerated() { table[c] = first + UInt8(i) }
    }
    put("abcdefghi", 0x81)
    put("jklmnopqr", 0x91)
    put("stuvwxyz", 0xA2)
    put("ABCDEFGHI", 0xC1)
    put("JKLMNOPQR", 0xD1)
    put("STUVWXYZ", 0xE2)
    put("0123456789", 0xF0)
    for (c, code) in [
      (" ", 0x40), ("-", 0x60), ("/", 0x61), ("=", 0x7E), (";", 0x5E), ("?", 0x6F), ("^", 0x5F),
      ("%", 0x6C), (":", 0x7A), ("\"", 0x7F), (",", 0x6B), (".", 0x4B), ("{", 0xC0), ("}", 0xD0),
      ("_", 0x6D), ("\n", 0x15), ("(", 0x4D), (")", 0x5D), ("'", 0x7D), ("#", 0x7B), ("[", 0xAD),
      ("]", 0xBD),
    ] as [(Character, UInt8)] {
      table[c.asciiValue ?? 0] = code
    }
    return table
  }()

  private static func digits(_ text: String, from zero: UInt32) -> [UInt8] {
    var out = ""
    for scalar in text.unicodeScalars {
      let value = scalar.value &- 0x30
      let other = value < 10 ? Unicode.Scalar(zero + value) : nil
      out.unicodeScalars.append(other ?? scalar)
    }
    return Array(out.utf8)
  }
}
