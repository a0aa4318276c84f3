import Core
import FoundationEssentials

/// A value of a key, an id or a small column. Card numbers never become one, with one exception: texts
/// that are redacted.
package enum SQLValue: Sendable, Hashable {
  case null
  case integer(Int64)
  case real(Double)
  /// As stored; need not be UTF-8.
  case text([UInt8])
  case blob([UInt8])

  package init(_ text: String?) {
    self = text.map { .text(Array($0.utf8)) } ?? .null
  }

  package var isNull: Bool { self == .null }

  /// A text's bytes, an integer's digits; `nil` for NULL. What a mapping file has for the same key.
  package var keyBytes: [UInt8]? {
    switch self {
    case .null: nil
    case .integer(let value): Array(String(value).utf8)
    case .real(let value):
      // A spreadsheet's 7.0 is the key 7.
      value == value.rounded() && abs(value) < 9e15
        ? Array(String(Int64(value)).utf8) : Array(String(value).utf8)
    case .text(let bytes), .blob(let bytes): bytes
    }
  }

  /// Whether it is this id, in a column of text or of bytes.
  package func holds(_ id: [UInt8]) -> Bool { keyBytes == id }

  /// For people and programs: other bytes than UTF-8 are escaped, a card number is masked.
  package var shown: String {
    guard let keyBytes else { return "NULL" }
    return NumberGuard.masked(Escaping.text(fromFileName: keyBytes))
  }

  /// As a text that `init(mark:)` reads back; for progress marks.
  var mark: String {
    switch self {
    case .null: "n"
    case .integer(let value): "i\(value)"
    case .real(let value): "r\(value)"
    case .text(let bytes): "t" + SQLValue.hex(bytes)
    case .blob(let bytes): "b" + SQLValue.hex(bytes)
    }
  }

  init?(mark: String) {
    let rest = mark.dropFirst()
    switch mark.first {
    case "n": self = .null
    case "i":
      guard let value = Int64(rest) else { return nil }
      self = .integer(value)
    case "r":
      guard let value = Double(rest) else { return nil }
      self = .real(value)
    case "t":
      guard let bytes = SQLValue.bytes(hex: rest) else { return nil }
      self = .text(bytes)
    case "b":
      guard let bytes = SQLValue.bytes(hex: rest) else { return nil }
      self = .blob(bytes)
    default: return nil
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count * 2)
    for byte in bytes { out += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: out, as: UTF8.self)
  }

  private static func bytes(hex: Substring) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var out: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      let pair = String(decoding: digits[index...index + 1], as: UTF8.self)
      guard let byte = UInt8(pair, radix: 16) else { return nil }
      out.append(byte)
    }
    return out
  }
}
