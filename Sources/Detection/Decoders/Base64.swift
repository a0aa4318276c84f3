/// Text in base64 and base64url (RFC 4648), in one line or wrapped, with `+` and `/` as they are or in
/// percent forms.
extension Scanner {
  /// Bytes around the letters that are left as they are, for the name before them.
  static let plainContext = 256

  func scanBase64(_ frame: borrowing Frame, _ region: CodedRegion) {
    let bytes = frame.bytes
    let context = CodedKind.base64.contextBytes
    let floor = max(0, min(region.range.lowerBound, region.anchor) - context)
    // Back to where a group of four begins that is far enough, or to the first letter.
    var start = region.anchor
    var group = start
    var letters = 0
    while start > floor, let before = Base64.previous(bytes, start) {
      start = before
      letters += 1
      if letters & 3 == 0 { group = start }
    }
    let isWhole = start > floor
    let ceiling = min(bytes.count, max(region.range.upperBound, region.anchor) + context)
    let plain = isWhole ? max(0, start - Scanner.plainContext)..<start : start..<start
    var view = View(
      capacity: plain.count + (ceiling - group) + Scanner.plainContext, encoding: .base64)
    for at in plain { view.append(bytes[at], from: at) }
    let first = view.count
    var at = group
    var bits: UInt32 = 0
    var held = 0
    var begin = group
    while at < ceiling, let letter = Base64.next(bytes, at) {
      if letter.value >= 0 {
        bits = bits << 6 | UInt32(letter.value)
        held += 6
        if held >= 8 {
          held -= 8
          view.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)), from: begin)
          begin = held > 0 ? at : at + letter.width
        }
      }
      at += letter.width
      if held == 0 { begin = at }
    }
    view.endOffset = max(view.endOffset, min(at, bytes.count))
    let last = view.count
    if at < ceiling {
      for i in at..<min(bytes.count, at + Scanner.plainContext) {
        view.append(bytes[i], from: i)
      }
    }
    let low = max(first, view.index(of: region.range.lowerBound))
    let high = min(last, view.index(of: region.range.upperBound))
    if low < high { scan(view, owned: low..<high, in: frame) }
  }
}

/// The letters of base64.
enum Base64 {
  static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The six bits a letter stands for, of either alphabet; 64 for none.
  @inline(__always)
  static func value(_ c: UInt8) -> UInt8 {
    if isUpper(c) { return c - 0x41 }
    if isLower(c) { return c - 0x47 }
    if isDigit(c) { return c + 4 }
    if c == 0x2B || c == 0x2D { return 62 }
    return c == 0x2F || c == 0x5F ? 63 : 64
  }

  /// Whether the 16 letters up to the group at `last` are more than a word: of both cases or with
  /// digits among them.
  static func isText(_ bytes: Bytes, _ last: Int) -> Bool {
    var upper = 0
    var lower = 0
    var digits = 0
    for at in last - 12..<last + 4 {
      let c = bytes[at]
      if isUpper(c) {
        upper += 1
      } else if isLower(c) {
        lower += 1
      } else if isDigit(c) {
        digits += 1
      } else if value(c) == 64 {
        // Letters may be missing at the end.
        if at < last + 2 || !isEnd(c) { return false }
      }
    }
    return upper > 0 && lower + digits > 0
  }

  private static func isEnd(_ c: UInt8) -> Bool {
    !isWord(c) || c >= 0x80
  }

  /// The letter at `at`, or what may stand between letters (a negative value); `nil` for the end.
  static func next(_ bytes: Bytes, _ at: Int) -> (value: Int, width: Int)? {
    let c = bytes[at]
    let value = value(c)
    if value < 64 { return (Int(value), 1) }
    switch c {
    case 0x0D, 0x0A:
      // A wrapped line, indented or not; nothing else may follow.
      var end = at + 1
      while end - at < 64, bytes[end] == 0x0A || bytes[end] == 0x0D || isBlank(bytes[end]) {
        end += 1
      }
      return Base64.value(bytes[end]) < 64 && isWrapped(bytes, at) ? (-1, end - at) : nil
    case 0x5C:
      let next = bytes[at + 1]
      if next == 0x2F { return (63, 2) }
      return next == 0x6E || next == 0x72 ? (-1, 2) : nil
    case 0x25:
      if bytes[at + 1] == 0x32 {
        if bytes[at + 2] | 0x20 == 0x62 { return (62, 3) }
        if bytes[at + 2] | 0x20 == 0x66 { return (63, 3) }
      }
      return nil
    default: return nil
    }
  }

  /// Whether the line that ends at `end` is full of letters: at least four times four.
  private static func isWrapped(_ bytes: Bytes, _ end: Int) -> Bool {
    for at in end - 16..<end where value(bytes[at]) == 64 { return false }
    return true
  }

  /// Where the letter before `at` begins, past what may stand between.
  static func previous(_ bytes: Bytes, _ at: Int) -> Int? {
    var end = at
    if bytes[end - 1] == 0x0A || isBlank(bytes[end - 1]) {
      while at - end < 64,
        bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D || isBlank(bytes[end - 1])
      {
        end -= 1
      }
      guard bytes[end] == 0x0A || bytes[end] == 0x0D, isWrapped(bytes, end) else { return nil }
      return end - 1
    }
    var steps = 0
    while steps < 2, bytes[end - 2] == 0x5C, bytes[end - 1] == 0x6E || bytes[end - 1] == 0x72 {
      end -= 2
      steps += 1
    }
    let c = bytes[end - 1]
    if c | 0x20 == 0x62 || c | 0x20 == 0x66, bytes[end - 2] == 0x32, bytes[end - 3] == 0x25 {
      return end - 3
    }
    guard value(c) < 64 else { return nil }
    return c == 0x2F && bytes[end - 2] == 0x5C ? end - 2 : end - 1
  }

  /// Whether groups of four begin at both places, with nothing but letters between.
  static func isInPhase(_ bytes: Bytes, _ first: Int, _ second: Int) -> Bool {
    var at = first
    var letters = 0
    while at < second, let letter = next(bytes, at) {
      if letter.value >= 0 { letters += 1 }
      at += letter.width
    }
    return at == second && letters & 3 == 0
  }
}
