/// Encodings that leave most of a text as it is: percent forms, character references, escapes of JSON
/// and of source code, quoted-printable and the colour codes of terminals.
extension Scanner {
  func scanEscapes(_ frame: borrowing Frame, _ region: CodedRegion) {
    let bytes = frame.bytes
    let kind = region.kind
    var at = max(0, region.range.lowerBound - kind.contextBytes)
    var high = min(bytes.count, region.range.upperBound + kind.contextBytes)
    if kind == .escapes {
      let context = TextEscapes.context(bytes, around: region.range)
      (at, high) = (max(at, context.lowerBound), min(high, context.upperBound))
    }
    guard at < high else { return }
    var view = View(capacity: high - at + 4, encoding: kind.encoding)
    while at < high {
      // No form is shorter than what it stands for.
      if let form = TextEscapes.form(kind, bytes, at) {
        if let code = form.code {
          if kind == .entities || kind == .escapes && form.width == 6 {
            view.append(codePoint: code, from: at)
          } else {
            view.append(UInt8(truncatingIfNeeded: code), from: at)
          }
        }
        at += form.width
        view.endOffset = max(view.endOffset, min(at, bytes.count))
      } else {
        view.append(bytes[at], from: at)
        at += 1
      }
    }
    let low = view.index(of: region.range.lowerBound)
    let end = view.index(of: region.range.upperBound)
    if low < end { scan(view, owned: low..<end, in: frame) }
  }
}

/// The forms of `TextEscapes` encodings, one at a time.
enum TextEscapes {
  /// The form that begins at `at`: what it stands for, or no code when it stands for nothing.
  static func form(_ kind: CodedKind, _ bytes: Bytes, _ at: Int) -> (code: UInt32?, width: Int)? {
    switch kind {
    case .percent:
      guard bytes[at] == 0x25 else { return nil }
      return pair(bytes, at + 1).map { ($0, 3) }
    case .entities: return bytes[at] == 0x26 ? entity(bytes, at) : nil
    case .escapes: return bytes[at] == 0x5C ? escape(bytes, at) : nil
    case .quotedPrintable:
      guard bytes[at] == 0x3D else { return nil }
      if let width = softBreak(bytes, at) { return (nil, width) }
      guard !isLower(bytes[at + 1]), !isLower(bytes[at + 2]) else { return nil }
      return pair(bytes, at + 1).map { ($0, 3) }
    case .ansiCodes:
      return bytes[at] == 0x1B ? ansiCode(bytes, at).map { (nil, $0) } : nil
    default: return nil
    }
  }

  /// What begins or ends at `at`, if it is worth decoding: a form of a digit, a form between a digit and
  /// more, or one between a name and its value.
  static func read(_ bytes: Bytes, _ at: Int, _ tables: HotTables) -> CodedKind? {
    switch bytes[at] {
    case 0x25:
      if bytes[at + 1] == 0x33, isDigit(bytes[at + 2]) { return .percent }
      if isDigit(bytes[at - 1]), isPercentSeparator(bytes, at) { return .percent }
      return isBeforeCode(bytes, at, tables) ? .percent : nil
    case 0x30 where bytes[at + 1] == 0x78:
      // Digits are what it is looked for.
      return bytes[at + 2] == 0x33 && HexText.isInList(bytes, at) ? .hexDump : nil
    case 0x30...0x39:
      return bytes[at + 1] == 0x25 && isPercentSeparator(bytes, at + 1) ? .percent : nil
    case 0x26: return isTellingEntity(bytes, at, tables) ? .entities : nil
    case 0x5C: return isTellingEscape(bytes, at, tables) ? .escapes : nil
    case 0x3D: return isTellingQuotedPrintable(bytes, at, tables) ? .quotedPrintable : nil
    case 0x1B: return isTellingCode(bytes, at, tables) ? .ansiCodes : nil
    default: return nil
    }
  }

  /// Whether digits that end at `at` go on behind a colour code or a soft line break.
  static func goesOn(_ bytes: Bytes, _ at: Int) -> Bool {
    switch bytes[at] {
    case 0x1B: ansiCode(bytes, at).map { isDigit(bytes[at + $0]) } ?? false
    case 0x3D: softBreak(bytes, at).map { isDigit(bytes[at + $0]) } ?? false
    default: false
    }
  }

  /// Whether the letters and digits right before `at` end a percent form, an escape of a character, a
  /// colour code or a character of GB 18030: they are not joined to what begins at `at`.
  static func endsEscape(_ bytes: Bytes, _ at: Int) -> Bool {
    let last = bytes[at - 1]
    if endsGB18030(bytes, at) { return true }
    guard isHex(last) || last == 0x6D || last == 0x6E || last == 0x72 || last == 0x74 else {
      return false
    }
    if bytes[at - 2] == 0x5C { return last == 0x6E || last == 0x72 || last == 0x74 }
    if bytes[at - 3] == 0x25, pair(bytes, at - 2) != nil { return true }
    if escape(bytes, at - 4)?.width == 4 || escape(bytes, at - 6)?.width == 6 { return true }
    guard last == 0x6D else { return false }
    var code = at - 2
    while at - code < 16, isDigit(bytes[code]) || bytes[code] == 0x3B { code -= 1 }
    return bytes[code] == 0x5B && bytes[code - 1] == 0x1B
  }

  /// Whether a character of GB 18030 with four bytes ends at `at`: two of them are digits of ASCII.
  private static func endsGB18030(_ bytes: Bytes, _ at: Int) -> Bool {
    func isLead(_ c: UInt8) -> Bool { c >= 0x81 && c <= 0xFE }
    return isDigit(bytes[at - 1]) && isLead(bytes[at - 2]) && isDigit(bytes[at - 3])
      && isLead(bytes[at - 4])
  }

  /// Where a percent form, an escape or a character of GB 18030 ends whose last digits are the first of
  /// the run that begins at `start`; `nil` if none does, and for a form of a digit: that is the
  /// number's own.
  @inline(__always)
  static func end(_ bytes: Bytes, over start: Int) -> Int? {
    if bytes[start - 1] >= 0x81 { return endsGB18030(bytes, start + 1) ? start + 1 : nil }
    let before = bytes[start - 1] | 0x20
    guard before == 0x25 || before == 0x75 || before == 0x78 || isHexLetter(before) else {
      return nil
    }
    return formEnd(bytes, over: start)
  }

  private static func formEnd(_ bytes: Bytes, over start: Int) -> Int? {
    for width in 1...4 {
      let end = start + width
      guard isDigit(bytes[end - 1]) else { return nil }
      var code = bytes[end - 3] == 0x25 ? pair(bytes, end - 2) : nil
      for length in [4, 6] where code == nil {
        if let form = escape(bytes, end - length), form.width == length { code = form.code }
      }
      if let code { return (0x30...0x39).contains(code) ? nil : end }
    }
    return nil
  }

  private static func pair(_ bytes: Bytes, _ at: Int) -> UInt32? {
    guard isHex(bytes[at]), isHex(bytes[at + 1]) else { return nil }
    return UInt32(hexValue(bytes[at]) << 4 | hexValue(bytes[at + 1]))
  }

  // MARK: - Percent forms

  /// A percent form behind a digit that may be in a number or end one; `%20` is a separator as it is.
  private static func isPercentSeparator(_ bytes: Bytes, _ at: Int) -> Bool {
    guard let code = pair(bytes, at + 1) else { return false }
    switch code {
    // The caret, semicolon, equals sign and question mark of tracks; dash, dot, tab, plus; a percent
    // sign that is encoded itself; characters of UTF-8.
    case 0x2D, 0x2E, 0x2B, 0x09, 0x5E, 0x3B, 0x3D, 0x3F, 0x44, 0x64: return true
    case 0x20:
      // The digits of a percent form before the number would be its own.
      var start = at
      while at - start < 20, isDigit(bytes[start - 1]) { start -= 1 }
      return bytes[start - 1] == 0x25 && at - start > 2
    // Addresses are full of dates and ids with slashes.
    case 0x2F: return [-4, -3, -2, 3, 4, 5].allSatisfy { isDigit(bytes[at + $0]) }
    case 0x25: return isHex(bytes[at + 3])
    case 0xC2, 0xE2: return bytes[at + 3] == 0x25
    default: return false
    }
  }

  /// A form whose second digit would be the first of a code behind it.
  private static func isBeforeCode(_ bytes: Bytes, _ at: Int, _ tables: HotTables) -> Bool {
    // The form may be encoded once more, and its digits stand before the number's.
    if bytes.has("%25", at: at), pair(bytes, at + 3) != nil, isDigit(bytes[at + 5]) { return true }
    var end = at + 3
    while end - at < 8, isDigit(bytes[end]) { end += 1 }
    guard (6...7).contains(end - at), !isLetter(bytes[end]) else { return false }
    // Back over further forms to a name.
    var name = at
    while at - name < 24, bytes[name - 3] == 0x25, pair(bytes, name - 2) != nil { name -= 3 }
    return mayEndLabel(bytes, name, tables)
  }

  // MARK: - Escapes

  /// `\u003c` of JSON, and `\x3c` as source code and some servers' logs have it.
  static func escape(_ bytes: Bytes, _ at: Int) -> (code: UInt32?, width: Int)? {
    guard bytes[at] == 0x5C else { return nil }
    switch bytes[at + 1] {
    case 0x75:
      guard let high = pair(bytes, at + 2), let low = pair(bytes, at + 4) else { return nil }
      return (high << 8 | low, 6)
    case 0x78: return pair(bytes, at + 2).map { ($0, 4) }
    default: return nil
    }
  }

  /// What holds 320 characters on each side of a range: all of `contextBytes` where every one is escaped,
  /// and little where few are, as in JSON whose text is not English.
  static func context(_ bytes: Bytes, around range: Range<Int>) -> Range<Int> {
    var low = range.lowerBound
    var high = range.upperBound
    for _ in 0..<320 {
      let width = [6, 4].first { escape(bytes, low - $0)?.width == $0 }
      low = max(0, low - (width ?? 1))
      high = min(bytes.count, high + (escape(bytes, high)?.width ?? 1))
    }
    return low..<max(low, high)
  }

  /// An escaped digit or letter of ASCII, which nobody has to escape; a sign between digits, or before a
  /// number, a code or a PIN block with other signs between; a letter before a number, or before a code
  /// that it may name. Letters of most languages are escaped, and digits behind them are many.
  private static func isTellingEscape(_ bytes: Bytes, _ at: Int, _ tables: HotTables) -> Bool {
    guard let form = escape(bytes, at), let code = form.code else { return false }
    if code < 0x80, isWord(UInt8(truncatingIfNeeded: code)) { return true }
    var next = at + form.width
    let isSign =
      code <= 0xB7 || (0x2000...0x206F).contains(code) || code == 0x2212 || code == 0x3000
      || (0xFEFF...0xFF1F).contains(code)
    if isSign, isDigit(bytes[at - 1]), isDigit(bytes[next]) { return true }
    for _ in 0..<8 {
      let c = bytes[next]
      if isHex(c) {
        var digits = 0
        while digits < 12, isDigit(bytes[next + digits]) { digits += 1 }
        if digits < 3 || digits > 4 {
          return digits == 12 || (0..<16).allSatisfy { isHex(bytes[next + $0]) }
        }
        let isGrouped = digits == 4 && (5..<9).allSatisfy { isDigit(bytes[next + $0]) }
        return isSign || isGrouped
          || tables.mayEndCodeLabel(
            UInt8(0xE0 | code >> 12 & 0x0F), UInt8(0x80 | code >> 6 & 0x3F),
            UInt8(0x80 | code & 0x3F))
      }
      if let more = escape(bytes, next) {
        next += more.width
      } else if c == 0x5C && (bytes[next + 1] == 0x6E || bytes[next + 1] == 0x74) {
        next += 2
      } else if isLetter(c) || c == 0 || c == 0x0A {
        return false
      } else {
        next += 1
      }
    }
    return false
  }

  // MARK: - Character references

  private static func isTellingEntity(_ bytes: Bytes, _ at: Int, _ tables: HotTables) -> Bool {
    guard let (code, width) = entity(bytes, at), let code else { return false }
    if code >= 0x30, code <= 0x39 { return true }
    // Between a name and a code.
    if code < 0x40, (0..<3).allSatisfy({ isDigit(bytes[at + width + $0]) }) {
      return isDigit(bytes[at - 1]) || mayEndLabel(bytes, at, tables)
    }
    // A separator between digits, maybe a dash with blanks around it.
    let isSpaced = bytes[at - 1] == 0x20 && bytes[at + width] == 0x20
    let (before, next) = isSpaced ? (at - 2, at + width + 1) : (at - 1, at + width)
    return isDigit(bytes[before]) && (isDigit(bytes[next]) || bytes[next] == 0x26)
  }

  private static func entity(_ bytes: Bytes, _ at: Int) -> (code: UInt32?, width: Int)? {
    if bytes[at + 1] == 0x23 {
      var code: UInt32 = 0
      let isHexForm = bytes[at + 2] | 0x20 == 0x78
      let start = at + (isHexForm ? 3 : 2)
      var end = start
      while end - start < 7, isHexForm ? isHex(bytes[end]) : isDigit(bytes[end]) {
        code = code &* (isHexForm ? 16 : 10) &+ UInt32(hexValue(bytes[end]))
        end += 1
      }
      guard end > start, code > 0, code < 0x10000 else { return nil }
      return (code, end - at + (bytes[end] == 0x3B ? 1 : 0))
    }
    for (name, code) in names where bytes.has(name, at: at + 1) {
      return (code, name.utf8CodeUnitCount + 1)
    }
    return nil
  }

  private static let names: [(StaticString, UInt32)] = [
    ("quot;", 0x22), ("apos;", 0x27), ("amp;", 0x26), ("nbsp;", 0xA0), ("lt;", 0x3C),
    ("gt;", 0x3E), ("ensp;", 0x20), ("emsp;", 0x20), ("thinsp;", 0x2009), ("equals;", 0x3D),
    ("colon;", 0x3A), ("semi;", 0x3B), ("hyphen;", 0x2D), ("dash;", 0x2D), ("num;", 0x23),
  ]

  // MARK: - Quoted-printable (RFC 2045)

  private static func softBreak(_ bytes: Bytes, _ at: Int) -> Int? {
    if bytes[at + 1] == 0x0A { return 2 }
    return bytes[at + 1] == 0x0D && bytes[at + 2] == 0x0A ? 3 : nil
  }

  /// A form of punctuation or a digit.
  private static func isPrintableForm(_ bytes: Bytes, _ at: Int) -> Bool {
    bytes[at] == 0x3D && bytes[at + 1] & 0xFE == 0x32 && form(.quotedPrintable, bytes, at) != nil
  }

  /// Whether the form at `at` is followed by a group of digits and another form. A single one stands in
  /// many a URL: `order2=2026`.
  private static func isBeforeGroup(_ bytes: Bytes, _ at: Int) -> Bool {
    guard isDigit(bytes[at - 1]) else { return false }
    var next = at + 3
    while next - at < 11, isDigit(bytes[next]) { next += 1 }
    return next > at + 3 && isPrintableForm(bytes, next) && isDigit(bytes[next + 3])
  }

  private static func isTellingQuotedPrintable(
    _ bytes: Bytes, _ at: Int, _ tables: HotTables
  ) -> Bool {
    guard let width = softBreak(bytes, at) else {
      guard isPrintableForm(bytes, at) else { return false }
      if isPrintableForm(bytes, at + 3) || isPrintableForm(bytes, at - 3) { return true }
      if isBeforeGroup(bytes, at) { return true }
      // An equals sign before a value.
      guard bytes[at + 1] == 0x33, bytes[at + 2] == 0x44 else { return false }
      return (3...6).contains { isDigit(bytes[at + $0]) }
    }
    guard bytes[at - 1] != 0x3D else { return false }
    func isNear(_ c: UInt8) -> Bool { isDigit(c) || c == 0x20 || c == 0x2D || c == 0x3D }
    let before = isDigit(bytes[at - 1]) || isNear(bytes[at - 1]) && isDigit(bytes[at - 2])
    let next = at + width
    if before, isDigit(bytes[next]) || isNear(bytes[next]) && isDigit(bytes[next + 1]) {
      return true
    }
    // A name and its code on two lines, or a name that is cut itself: lines are filled up to 76.
    var line = at
    while at - line < 80, line > 0, bytes[line - 1] != 0x0A { line -= 1 }
    if (60...76).contains(at - line) { return true }
    return isDigit(bytes[next]) && isDigit(bytes[next + 2]) && mayEndLabel(bytes, at, tables)
  }

  // MARK: - Colour codes (ECMA-48)

  private static func ansiCode(_ bytes: Bytes, _ at: Int) -> Int? {
    guard bytes[at + 1] == 0x5B else { return nil }
    var end = at + 2
    while end - at < 24, isDigit(bytes[end]) || bytes[end] == 0x3B || bytes[end] == 0x3F {
      end += 1
    }
    return isLetter(bytes[end]) ? end + 1 - at : nil
  }

  /// A code inside a number, or between what may name a verification code and three digits.
  private static func isTellingCode(_ bytes: Bytes, _ at: Int, _ tables: HotTables) -> Bool {
    guard let width = ansiCode(bytes, at) else { return false }
    var next = at + width
    while next - at < 64, let more = bytes[next] == 0x1B ? ansiCode(bytes, next) : nil {
      next += more
    }
    if isDigit(bytes[at - 1])
      || (bytes[at - 1] == 0x20 || bytes[at - 1] == 0x2D) && isDigit(bytes[at - 2])
    {
      let gap = bytes[next] == 0x20 || bytes[next] == 0x2D ? 1 : 0
      if isDigit(bytes[next + gap]) { return true }
      // Behind a number, before the separator of a track.
      if bytes[next] == 0x3D || bytes[next] | 0x20 == 0x64, isDigit(bytes[next + 1]) { return true }
    }
    var value = next
    while value - next < 6, !isWord(bytes[value]), bytes[value] != 0, bytes[value] != 0x0A {
      if let more = bytes[value] == 0x1B ? ansiCode(bytes, value) : nil {
        value += more
      } else {
        value += 1
      }
    }
    guard isDigit(bytes[value]), isDigit(bytes[value + 1]), isDigit(bytes[value + 2]) else {
      return false
    }
    return mayEndLabel(bytes, at, tables)
  }

  /// Whether a word ends before `at` that may end a name for a code.
  private static func mayEndLabel(_ bytes: Bytes, _ at: Int, _ tables: HotTables) -> Bool {
    var end = at
    while at - end < 8, end > 0, !isWord(bytes[end - 1]), bytes[end - 1] < 0x80,
      bytes[end - 1] != 0x0A
    {
      end -= 1
    }
    return tables.mayEndCodeLabel(
      lower(bytes[end - 3]), lower(bytes[end - 2]), lower(bytes[end - 1]))
  }
}
