/// A number of which only some digits are left: `424242******4242`, `XXXX-XXXX-XXXX-4242`.
struct MaskedShape {
  private(set) var head: UInt64 = 0
  private(set) var headCount = 0
  private(set) var tail: UInt64 = 0
  private(set) var tailCount = 0
  /// Digits and marks together; 0 when the marks do not stand for one digit each (`...4242`).
  private(set) var length = 0

  /// Whether such bytes can be a masked number at all.
  @inline(__always)
  static func mayBegin(_ kinds: ByteKinds) -> Bool {
    kinds.contains(.digit)
      && kinds.isSubset(of: [
        .digit, .lower, .upper, .dash, .space, .star, .dot, .high, .slash,
      ])
      && !kinds.isDisjoint(with: [.star, .lower, .upper, .dot, .high])
  }

  /// - Returns: `nil` unless digits, two marks or more and digits follow each other, with no more than
  ///   one space or dash between, and digits are left at one end.
  init?(_ p: UnsafePointer<UInt8>, _ n: Int) {
    var marks = 0
    var isLoose = false
    var gaps = 0
    var at = 0
    while at < n {
      let c = p[at]
      if isDigit(c) {
        if marks == 0 {
          head = head &* 10 &+ UInt64(c &- 0x30)
          headCount &+= 1
        } else {
          tail = tail &* 10 &+ UInt64(c &- 0x30)
          tailCount &+= 1
        }
        gaps = 0
        at &+= 1
        continue
      }
      if c == 0x20 || c == 0x2D {
        gaps &+= 1
        guard gaps <= 2 else { return nil }
        at &+= 1
        continue
      }
      let width = MaskedShape.markBytes(p, n, at)
      // Digits behind the mask end the number.
      guard width > 0, tailCount == 0 else { return nil }
      if c == 0x2E || width == 3 && p[at &+ 2] == 0xA6 { isLoose = true }
      marks &+= 1
      gaps = 0
      at &+= width
    }
    guard marks >= 2 || isLoose && marks >= 1, headCount + tailCount >= 3,
      headCount <= 12, tailCount <= 12
    else { return nil }
    let all = headCount + marks + tailCount
    guard all <= 19, isLoose || all >= 5 else { return nil }
    // Dots are found in versions and addresses too: only a row of them, and only before digits.
    if isLoose, marks < 2 && !(marks == 1 && p[0] > 0x7F) || isLoose && tailCount < 3 { return nil }
    length = isLoose || all < 12 ? 0 : all
  }

  /// The bytes of the mark at `at`; 0 for what is none: `* # x X .`, a bullet, a middle dot, an
  /// ellipsis.
  private static func markBytes(_ p: UnsafePointer<UInt8>, _ n: Int, _ at: Int) -> Int {
    switch p[at] {
    case 0x2A, 0x23, 0x78, 0x58, 0x2E: return 1
    case 0xC2 where at + 1 < n && p[at + 1] == 0xB7: return 2
    case 0xE2 where at + 2 < n && p[at + 1] == 0x80:
      return p[at + 2] == 0xA2 || p[at + 2] == 0xA6 || p[at + 2] == 0xA7 ? 3 : 0
    case 0xE2 where at + 2 < n && p[at + 1] == 0x97 && p[at + 2] == 0x8F: return 3
    default: return 0
    }
  }
}
