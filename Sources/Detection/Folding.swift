/// Text made comparable: lower case, Latin letters without marks, full-width forms as ASCII.
///
/// Works on UTF-8 bytes and never fails: bytes that are no letters it knows pass through.
enum Folding {
  /// Appends the folded form of the character at `offset` and returns how many bytes it took.
  @inline(__always)
  static func fold(_ bytes: Bytes, at offset: Int, into hash: inout SqueezedHash) -> Int {
    let c = bytes[offset]
    if c < 0x80 {
      hash.add(lower(c))
      return 1
    }
    let d = bytes[offset + 1]
    if c == 0xC3, d >= 0x80 {
      // U+00C0 to U+00FF: a letter with a mark is its letter, sharp s is ss.
      let base = latin1[Int(d & 0x3F)]
      if base == 0x21 {
        hash.add(0x73)
        hash.add(0x73)
      } else if base != 0 {
        hash.add(base)
      } else {
        hash.add(c)
        hash.add(d)
      }
      return 2
    }
    if (c == 0xC4 || c == 0xC5) && d >= 0x80 {
      let base = latinExtended[Int(c & 1) * 64 + Int(d & 0x3F)]
      if base != 0 {
        hash.add(base)
      } else {
        hash.add(c)
        hash.add(d)
      }
      return 2
    }
    if c == 0xD0, d >= 0x90, d <= 0x9F {  // А to П
      hash.add(0xD0)
      hash.add(d + 0x20)
      return 2
    }
    if c == 0xD0, d >= 0xA0, d <= 0xAF {  // Р to Я
      hash.add(0xD1)
      hash.add(d - 0x20)
      return 2
    }
    if c == 0xCE, d >= 0x91, d <= 0x9F {  // Α to Ο
      hash.add(0xCE)
      hash.add(d + 0x20)
      return 2
    }
    if c == 0xCE, d >= 0xA0, d <= 0xA9 {  // Π to Ω
      hash.add(0xCF)
      hash.add(d - 0x20)
      return 2
    }
    if c == 0xEF, d == 0xBC || d == 0xBD {
      // Full-width forms U+FF01 to U+FF5E stand for U+0021 to U+007E.
      let e = bytes[offset + 2]
      let code = (Int(d & 0x3F) << 6 | Int(e & 0x3F)) - 0xF01 + 0x21
      if code >= 0x21, code <= 0x7E {
        hash.add(lower(UInt8(code)))
        return 3
      }
    }
    let width = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 1
    for i in 0..<width { hash.add(bytes[offset + i]) }
    return width
  }

  /// Base letters for U+00C0 to U+00FF; `!` stands for ss, 0 for "no letter".
  private static let latin1: [UInt8] = Array(
    "aaaaaaaceeeeiiiidnooooo\0ouuuuyt!aaaaaaaceeeeiiiidnooooo\0ouuuuyty".utf8)

  /// Base letters for U+0100 to U+017F.
  private static let latinExtended: [UInt8] = Array(
    ("aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii\0\0jjkkkllllll\0"
      + "\0llnnnnnn\0nnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs").utf8)
}

/// A running hash over a name with its separators left out, so that `card_number`, `cardNumber` and
/// `Card number` are one. FNV-1a, 64 bits; only ever over words, never over digits of a candidate.
struct SqueezedHash: Hashable, Sendable {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  @inline(__always)
  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
}
