/// The bytes of one hit and what stands around them.
package struct MaskedPlace {
  private let all: UnsafeRawBufferPointer
  private let range: Range<Int>
  private let isJSON: Bool
  private let filler: Filler

  /// What stands in the place of a digit, in each of the forms a digit may have.
  package struct Filler: Sendable {
    let byte: UInt8
    let escape: [UInt8]
    let fullWidth: [UInt8]
    let shiftJIS: [UInt8]

    /// `X`, for text whose shape must stay.
    package static let letter = Filler(
      byte: UInt8(ascii: "X"), escape: Array("\\u0058".utf8), fullWidth: [0xEF, 0xBC, 0xB8],
      shiftJIS: [0x82, 0x77])
    /// `*`, for text that people read.
    package static let star = Filler(
      byte: UInt8(ascii: "*"), escape: Array("\\u002A".utf8), fullWidth: [0xEF, 0xBC, 0x8A],
      shiftJIS: [0x81, 0x96])
  }

  /// - Parameters:
  ///   - all: the bytes with what stands around the hit.
  ///   - isJSON: whether the document is one, whatever its line begins with.
  package init(
    _ all: UnsafeRawBufferPointer, _ range: Range<Int>, isJSON: Bool, filler: Filler = .letter
  ) {
    self.all = all
    self.range = range
    self.isJSON = isJSON
    self.filler = filler
  }

  /// Where the character ends whose first byte a hit in wide text ends with.
  package static func wholeCharacter(
    _ all: UnsafeRawBufferPointer, endingAt end: Int, _ hit: Hit
  ) -> Int {
    guard end > 0, end <= all.count else { return end }
    switch all[end - 1] {
    case 0x00 where hit.encodings == .utf16be, 0x82 where hit.encodings == .fullWidth:
      return end + 1
    case 0xEF where hit.encodings == .fullWidth: return end + 2
    default: return end
    }
  }

  /// What stands there instead: stars or letters, and the last four digits of a number.
  /// - Parameter keepsLast4: whether those may stay.
  package func masked(_ hit: Hit, keepsLast4: Bool = true) -> [UInt8] {
    let keepsLast4 = keepsLast4 && hit.rule == .pan && hit.encodings.keepsDigits
    if hit.encodings.isEmpty, let bare = bareSyntax {
      return keepsLast4 && isPlainRun ? bareNumber() : Array(bare.utf8)
    }
    var out = Array(all[range])
    let marks = digitPlaces(out)
    if keepsLast4 {
      for mark in marks.dropLast(4) { mark.overwrite(&out) }
    } else {
      // Nothing of it stays but the bytes that make up wide text.
      for i in out.indices where out[i] > 0x20 && out[i] < 0x80 { out[i] = filler.byte }
      for mark in marks where mark.length > 1 { mark.overwrite(&out) }
    }
    return out
  }

  /// A digit in one of the forms that detection reads.
  private struct Mark {
    var at: Int
    var length: Int
    var text: [UInt8]

    func overwrite(_ bytes: inout [UInt8]) {
      for i in 0..<length { bytes[at + i] = text[i] }
    }
  }

  private func digitPlaces(_ bytes: [UInt8]) -> [Mark] {
    var marks: [Mark] = []
    var at = 0
    func has(_ i: Int, _ range: ClosedRange<UInt8>) -> Bool {
      i < bytes.count && range.contains(bytes[i])
    }
    let escape = Array("\\u003".utf8)
    while at < bytes.count {
      if has(at, 0x30...0x39) {
        marks.append(Mark(at: at, length: 1, text: [filler.byte]))
      } else if bytes[at...].starts(with: escape), has(at + 5, 0x30...0x39) {
        marks.append(Mark(at: at, length: 6, text: filler.escape))
      } else if has(at, 0xEF...0xEF), has(at + 1, 0xBC...0xBC), has(at + 2, 0x90...0x99) {
        marks.append(Mark(at: at, length: 3, text: filler.fullWidth))
      } else if has(at, 0x82...0x82), has(at + 1, 0x4F...0x58) {
        marks.append(Mark(at: at, length: 2, text: filler.shiftJIS))
      }
      at += marks.last.map { $0.at == at ? $0.length : 1 } ?? 1
    }
    return marks
  }

  private var isPlainRun: Bool { all[range].allSatisfy { (0x30...0x39).contains($0) } }

  /// A number of the same length with the same last four digits that begins like no card and fails
  /// Luhn.
  private func bareNumber() -> [UInt8] {
    var out = Array(all[range])
    guard out.count > 4 else { return out }
    for i in 1..<(out.count - 4) { out[i] = 0x30 }
    for first in [UInt8(ascii: "9"), UInt8(ascii: "8")] {
      out[0] = first
      if !out.withUnsafeBufferPointer({ Luhn.isValid($0.baseAddress!, count: $0.count) }) { break }
    }
    return out
  }

  /// What nothing is called where the place is a bare number of JSON or SQL; `nil` elsewhere.
  private var bareSyntax: String? {
    guard isPlainRun else { return nil }
    var before = range.lowerBound - 1
    while before >= 0, isBlankOrBreak(all[before]) { before -= 1 }
    var after = range.upperBound
    while after < all.count, isBlankOrBreak(all[after]) { after += 1 }
    guard before >= 0 else { return nil }
    let left = all[before]
    let right = after < all.count ? all[after] : 0x0A
    let isInJSON = isJSON || lineBegins(with: ["{", "["])
    let isKeyed = left == 0x3A && before > 0 && all[before - 1] == 0x22
    if [0x2C, 0x7D, 0x5D, 0x0A].contains(right),
      isKeyed || isInJSON && (left == 0x2C || left == 0x5B)
    {
      return "null"
    }
    if left == 0x28 || left == 0x2C, right == 0x29 || right == 0x2C,
      lineBegins(with: ["(", "INSERT ", "insert ", "VALUES", "values"])
    {
      return "NULL"
    }
    return nil
  }

  private func lineBegins(with texts: [String]) -> Bool {
    var low = range.lowerBound
    while low > 0, all[low - 1] != 0x0A { low -= 1 }
    while low < range.lowerBound, isBlankOrBreak(all[low]) { low += 1 }
    return texts.contains { all[low...].starts(with: $0.utf8) }
  }
}

/// Space, tab, or an end of line.
package func isBlankOrBreak(_ c: UInt8) -> Bool {
  c == 0x20 || c == 0x09 || c == 0x0D || c == 0x0A
}
