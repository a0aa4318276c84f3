/// Digits of other scripts: full-width ones (U+FF10 to U+FF19) in UTF-8, GBK and Shift-JIS, and in UTF-8
/// Arabic-Indic, Persian, Devanagari and further ones of South Asia.
extension Scanner {
  /// A number with wide digits begins within this many bytes of three of them in a row.
  private static let wideReachBytes = 64

  func scanFullWidth(_ frame: borrowing Frame, within window: Range<Int>) {
    let bytes = frame.bytes
    var first = -1
    var last = -1
    var at = max(0, window.lowerBound - Scanner.wideReachBytes)
    let stop = min(bytes.count, window.upperBound + Scanner.wideReachBytes)
    while true {
      at = nextWideDigit(bytes.base, from: at, to: stop)
      guard at < stop else { break }
      if let one = FullWidth.digit(bytes, at),
        let two = FullWidth.digit(bytes, at + one.width),
        FullWidth.digit(bytes, at + one.width + two.width) != nil
      {
        if first < 0 { first = at }
        last = at
      }
      at += 1
    }
    guard first >= 0 else { return }
    let low = max(window.lowerBound, first - Scanner.wideReachBytes)
    let end = min(window.upperBound, last + Scanner.wideReachBytes)
    guard low < end else { return }
    let high = min(bytes.count, end + Scanner.viewContext)
    var from = max(0, low - Scanner.viewContext)
    while from < low, bytes[from] & 0xC0 == 0x80 { from += 1 }
    var view = View(
      capacity: high - from, encoding: FullWidth.isOther(bytes, first) ? .unicodeDigits : .fullWidth
    )
    while from < high {
      if let digit = FullWidth.digit(bytes, from) {
        view.append(digit.value, from: from)
        from += digit.width
        view.endOffset = from
      } else if bytes[from] == 0xEF, bytes[from + 1] == 0xBC, bytes[from + 2] == 0x8D {
        view.append(0x2D, from: from)  // full-width hyphen
        from += 3
      } else if bytes[from] == 0xE3, bytes[from + 1] == 0x80, bytes[from + 2] == 0x80 {
        view.append(0x20, from: from)  // ideographic space
        from += 3
      } else if FullWidth.isSecondByte(bytes, from) {
        view.append(bytes[from] | 0x80, from: from)  // no letter that stands beside the number
        from += 1
      } else {
        view.append(bytes[from], from: from)
        from += 1
      }
    }
    scan(view, owned: view.index(of: low)..<view.index(of: end), in: frame)
  }
}

/// The wide forms of ASCII digits.
enum FullWidth {
  static func digit(_ bytes: Bytes, _ at: Int) -> (value: UInt8, width: Int)? {
    let a = bytes[at]
    let b = bytes[at + 1]
    if a == 0xEF, b == 0xBC {
      let c = bytes[at + 2]
      return c >= 0x90 && c <= 0x99 ? (c - 0x60, 3) : nil
    }
    if a == 0xA3, b >= 0xB0, b <= 0xB9 { return (b - 0x80, 2) }  // GBK
    if a == 0x82, b >= 0x4F, b <= 0x58 { return (b - 0x1F, 2) }  // Shift-JIS
    // U+0660 to U+0669 and U+06F0 to U+06F9.
    if a == 0xD9, b >= 0xA0, b <= 0xA9 { return (b - 0x70, 2) }
    if a == 0xDB, b >= 0xB0, b <= 0xB9 { return (b - 0x80, 2) }
    if a == 0xE0 { return indic(b, bytes[at + 2]).map { ($0, 3) } }
    return nil
  }

  /// Whether a letter before a digit of two bytes is the second byte of a character itself.
  static func isSecondByte(_ bytes: Bytes, _ at: Int) -> Bool {
    guard isLetter(bytes[at]), bytes[at - 1] >= 0x81, bytes[at - 1] != 0xFF,
      bytes[at + 1] == 0x82 || bytes[at + 1] == 0xA3
    else { return false }
    return digit(bytes, at + 1) != nil
  }

  /// Devanagari, Bengali, Gurmukhi and Gujarati (U+0966, U+09E6, U+0A66, U+0AE6 and on), and Thai.
  private static func indic(_ b: UInt8, _ c: UInt8) -> UInt8? {
    switch b {
    case 0xA5, 0xA7, 0xA9, 0xAB: c >= 0xA6 && c <= 0xAF ? c - 0x76 : nil
    case 0xB9: c >= 0x90 && c <= 0x99 ? c - 0x60 : nil
    default: nil
    }
  }

  /// Whether the digit at `at` is no full-width one.
  static func isOther(_ bytes: Bytes, _ at: Int) -> Bool {
    bytes[at] == 0xD9 || bytes[at] == 0xDB || bytes[at] == 0xE0
  }
}
