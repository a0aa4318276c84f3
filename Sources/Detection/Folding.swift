/// Text made comparable: lower case, letters without marks, full-width forms as ASCII.
///
/// Works on UTF-8 bytes and never fails: bytes above ASCII that are no UTF-8 are read as Latin-1, and
/// what is no letter it knows passes through.
enum Folding {
  /// Appends the folded form of the character at `offset` and returns how many bytes it took.
  @inline(__always)
  static func fold(_ bytes: Bytes, at offset: Int, into folded: inout some FoldedBytes) -> Int {
    let c = bytes[offset]
    if c < 0x80 {
      folded.add(lower(c))
      return 1
    }
    let d = bytes[offset + 1]
    if (0xC2...0xD1).contains(c), d & 0xC0 == 0x80 {
      add(bases[Int(c & 0x1F) << 6 | Int(d & 0x3F)], into: &folded)
      return 2
    }
    if c == 0xE1, d >= 0xB8, d <= 0xBB, bytes[offset + 2] & 0xC0 == 0x80 {
      add(vietnamese[Int(d & 0x03) << 6 | Int(bytes[offset + 2] & 0x3F)], into: &folded)
      return 3
    }
    if c == 0xEF, d == 0xBC || d == 0xBD {
      // Full-width forms U+FF01 to U+FF5E stand for U+0021 to U+007E.
      let e = bytes[offset + 2]
      let code = (Int(d & 0x3F) << 6 | Int(e & 0x3F)) - 0xF01 + 0x21
      if code >= 0x21, code <= 0x7E {
        folded.add(lower(UInt8(code)))
        return 3
      }
    }
    let width = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1
    for i in 1..<width where bytes[offset + i] & 0xC0 != 0x80 {
      add(bases[Int(c)], into: &folded)
      return 1
    }
    for i in 0..<width { folded.add(bytes[offset + i]) }
    return width
  }

  /// Adds a letter below U+0800: nothing for 0, twice an s for `!`, a mark that is kept for `~`, a letter
  /// that has one for a capital.
  @inline(__always)
  private static func add(_ base: UInt16, into folded: inout some FoldedBytes) {
    switch base {
    case 0: break
    case 0x21:
      folded.add(0x73)
      folded.add(0x73)
    case 0x7E: folded.add(keptMark)
    case 0x41...0x5A:
      folded.add(UInt8(base) | 0x20)
      folded.add(keptMark)
    case ..<0x80: folded.add(UInt8(base))
    default:
      folded.add(UInt8(0xC0 | base >> 6))
      folded.add(UInt8(0x80 | base & 0x3F))
    }
  }

  /// A hook above or a dot below. They are kept, for few languages but Vietnamese have them, and its
  /// words for card and card number would be `the` and `so the`.
  private static let keptMark: UInt8 = 0xCC

  /// The letter without case and marks for U+0000 to U+047F, made from Unicode's decompositions;
  /// combining marks, U+0300 to U+036F, are none at all.
  private static let bases: [UInt16] = {
    var bases = (0..<0x480).map { UInt16($0) }
    for (start, letters) in letters {
      for (index, letter) in letters.unicodeScalars.enumerated() {
        bases[start + index] = UInt16(letter.value)
      }
    }
    for mark in 0x300...0x36F { bases[mark] = mark == 0x309 || mark == 0x323 ? 0x7E : 0 }
    return bases
  }()

  /// Lower case without marks from a code point on.
  private static let letters: [(start: Int, letters: String)] = [
    (0xC0, "aaaaaaaceeeeiiiidnooooo×ouuuuyt!aaaaaaaceeeeiiiidnooooo÷ouuuuyty"),
    (
      0x100,
      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiĳĳjjkkkllllllŀŀ"
        + "llnnnnnnŉnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
    ),
    (0x1A0, "oo"), (0x1AF, "uu"), (0x218, "sstt"),
    (
      0x388,
      "εηι\u{38B}ο\u{38D}υωιαβγδεζηθικλμνξοπρ\u{3A2}στυφχψωιυαεηιυ"
        + "αβγδεζηθικλμνξοπρσστυφχψωιυουω"
    ),
    (0x386, "α"),
    (
      0x400,
      "ееђгєѕііјљњћкиуџабвгдежзииклмнопрстуфхцчшщъыьэюя"
        + "абвгдежзииклмнопрстуфхцчшщъыьэюяееђгєѕііјљњћкиуџ"
    ),
  ]

  /// The same for U+1E00 to U+1EFF, where most letters of Vietnamese are.
  private static let vietnamese: [UInt16] =
    ("aabbBBbbccddDDddddddeeeeeeeeeeffgghhHHhhhhhhiiiikkKKkkLLLLllllmm"
    + "mmMMnnNNnnnnoooooooopppprrRRRRrrssSSssssSSttTTttttuuuuuuuuuuvvVV"
    + "wwwwwwwwWWxxxxyyzzZZzzhtwyasss!dAAAAaaaaAAaaAAaaaaAAaaAAEEEEeeee"
    + "eeEEeeEEIIIIOOOOooooOOooOOooooOOooOOUUUUuuuuUUuuUUyyYYYYyyllvvyy").utf16.map { $0 }
}

/// What folded text is added to, byte by byte.
protocol FoldedBytes {
  mutating func add(_ byte: UInt8)
}

/// A running hash over a name with its separators left out, so that `card_number`, `cardNumber` and
/// `Card number` are one. FNV-1a, 64 bits; only ever over words, never over digits of a candidate.
struct SqueezedHash: FoldedBytes, Hashable, Sendable {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  @inline(__always)
  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
}

/// Folded text as it is.
struct FoldedText: FoldedBytes {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ byte: UInt8) { bytes.append(byte) }
}

/// The last three bytes of a name, 0 where it has fewer.
struct NameEnding: FoldedBytes, Sendable {
  private(set) var first: UInt8 = 0
  private(set) var second: UInt8 = 0
  private(set) var third: UInt8 = 0

  init() {}

  init(_ text: some Sequence<UInt8>) {
    for byte in text { add(byte) }
  }

  mutating func add(_ byte: UInt8) { (first, second, third) = (second, third, byte) }
}
