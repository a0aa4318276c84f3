/// Shapes around and in a number that say it is something else.
enum LookAlike {
  enum Verdict {
    case none
    /// Letters stand beside it, without telling what it is.
    case glued
    /// A minus sign stands before it, if no word for a card does.
    case signed
    /// Probably something else; costs points.
    case likely
    /// Part of something longer: no candidate at all.
    case inside
  }

  /// All digits the same, or counting up or down.
  static func isPattern(_ digits: UnsafePointer<UInt8>, count: Int) -> Bool {
    var same = true
    var up = true
    var down = true
    for i in 1..<count {
      let step = (Int(digits[i]) - Int(digits[i - 1]) + 10) % 10
      same = same && step == 0
      up = up && step == 1
      down = down && step == 9
    }
    return same || up || down
  }

  static func judge(_ bytes: Bytes, _ candidate: Candidate) -> Verdict {
    let start = candidate.range.lowerBound
    let end = candidate.range.upperBound
    let before = bytes[start - 1]
    let after = bytes[end]
    if isFraction(bytes, start: start, end: end) { return .inside }
    if isExponent(bytes, end) { return .inside }
    if before == 0x78 || before == 0x58, bytes[start - 2] == 0x30, !isWord(bytes[start - 3]) {
      return .inside  // 0x
    }
    if candidate.groupPoints != nil,
      isSVGPath(bytes, start: start, end: end) || isCutHexGroup(bytes, start: start, end: end)
    {
      return .likely
    }
    if candidate.groupPoints == nil || isWord(before) || isWord(after) {
      switch token(bytes, start: start, end: end, isGrouped: candidate.groupPoints != nil) {
      case .inside: return .inside
      case .glued: return isInUUID(bytes, candidate.range) ? .inside : .glued
      case .likely: return .likely
      case .none, .signed: break
      }
    }
    let dashed = dashedHex(bytes, candidate)
    if dashed != .none { return dashed }
    if candidate.groupPoints != nil, isHexRow(bytes, start: start, end: end) { return .likely }
    if before == 0x2D, candidate.groupPoints == nil {  // a sign, unless a dash or word precedes
      let c = bytes[start - 2]
      if c == 0 || isBlank(c) || c == 0x3D || c == 0x3A || c == 0x28 || c == 0x2C || c == 0x5B {
        if !(isBlank(c) && bytes[start - 3] != 0) { return .signed }
      }
    }
    // A phone number has up to 15 digits (E.164).
    if before == 0x2B, candidate.count <= 15, !isLetter(bytes[start - 2]) { return .likely }
    if isIBANTail(bytes, candidate) { return .likely }
    return .none
  }

  /// `0.4242...`, `4242...57.25`; `.0` and `.00` behind are how a number column prints.
  private static func isFraction(_ bytes: Bytes, start: Int, end: Int) -> Bool {
    let before = bytes[start - 1]
    if before == 0x2E {
      let c = bytes[start - 2]
      // Two dots and more lead to the number, or are a range.
      if isDigit(c) || !isName(c) && c != 0x20 && c != 0x2E { return true }
    }
    guard bytes[end] == 0x2E, isDigit(bytes[end + 1]) else { return false }
    var at = end + 1
    while bytes[at] == 0x30 { at += 1 }
    return isDigit(bytes[at]) || bytes[at] == 0x2E
  }

  private static func isExponent(_ bytes: Bytes, _ end: Int) -> Bool {
    guard bytes[end] | 0x20 == 0x65 else { return false }
    let c = bytes[end + 1]
    return isDigit(c) || (c == 0x2B || c == 0x2D) && isDigit(bytes[end + 2])
  }

  /// Judges the letters and digits that stand directly beside the number.
  private static func token(_ bytes: Bytes, start: Int, end: Int, isGrouped: Bool) -> Verdict {
    var low = start
    if !TextEscapes.endsEscape(bytes, start) {
      while start - low < 64, isWord(bytes[low - 1]) { low -= 1 }
    }
    var high = end
    while high - end < 64, isWord(bytes[high]) { high += 1 }
    if low == start, high == end {
      if isBase64(bytes, low, high) { return .inside }
      // An id of digits alone; `card_` is what a column or a file of card numbers is named as well.
      return isStripeID(bytes, low) && !bytes.has("card_", at: low - 5) ? .likely : .none
    }
    // The letter may be the second byte of a character in Shift-JIS, Big5 or GBK.
    if low == start - 1, high == end, isLetter(bytes[low]), bytes[low - 1] >= 0x81,
      bytes[low - 1] != 0xFF
    {
      return .none
    }
    if low == start, isLiteralSuffix(bytes, end, high) { return .none }
    var letters = 0
    var hexLetters = 0
    var digits = 0
    for at in low..<start {
      let c = bytes[at]
      if isDigit(c) { digits += 1 } else { letters += 1 }
      if isHexLetter(c) { hexLetters += 1 }
    }
    for at in end..<high {
      let c = bytes[at]
      if isDigit(c) { digits += 1 } else { letters += 1 }
      if isHexLetter(c) { hexLetters += 1 }
    }
    if digits > 0, isWordWithDigits(bytes, low, start, end) { return .glued }
    if isStripeID(bytes, low) { return .inside }
    // Letters that are no hex digits tell a reference from a hash; base64 has them too.
    if digits > 0 {
      return hexLetters < letters && !isBase64(bytes, low, high) ? .likely : .inside
    }
    if hexLetters == letters, letters >= 3 || (low < start && high > end), !isGrouped {
      return isKnownHexWord(bytes, low, start, high == end) ? .glued : .inside
    }
    if isBase64(bytes, low, high) { return .inside }
    if isIBAN(bytes, low, start, end) { return .inside }
    // A single one may be what fills the last byte of packed digits up.
    if hexLetters == letters, letters > 1, !isGrouped,
      !isKnownHexWord(bytes, low, start, high == end)
    {
      return .likely
    }
    return .glued
  }

  /// What a number's type is told by in source code: `4L`, `4ul`, `4n`, `4u64`.
  private static func isLiteralSuffix(_ bytes: Bytes, _ end: Int, _ high: Int) -> Bool {
    literalSuffixes.contains { $0.utf8CodeUnitCount == high - end && bytes.hasFolded($0, at: end) }
  }

  private static let literalSuffixes: [StaticString] = [
    "l", "n", "u", "ll", "ul", "lu", "ull", "llu", "i64", "u64", "i128", "u128",
  ]

  /// A word after the number may go on with digits (`1111exp06`); in an id they interleave.
  private static func isWordWithDigits(_ bytes: Bytes, _ low: Int, _ start: Int, _ end: Int) -> Bool
  {
    for at in low..<start where isDigit(bytes[at]) { return false }
    var at = end
    var hasOtherLetter = false
    while isLetter(bytes[at]) {
      hasOtherLetter = hasOtherLetter || !isHexLetter(bytes[at])
      at += 1
    }
    return at - end >= 3 && hasOtherLetter
  }

  /// `pm_` and the like before letters and digits.
  private static func isStripeID(_ bytes: Bytes, _ low: Int) -> Bool {
    for prefix in stripePrefixes {
      let at = low - prefix.utf8CodeUnitCount
      if bytes.has(prefix, at: at), !isWord(bytes[at - 1]), bytes[at - 1] != 0x5F { return true }
    }
    return false
  }

  private static let stripePrefixes: [StaticString] = [
    "pm_", "cus_", "card_", "src_", "tok_", "pi_", "seti_", "ch_", "evt_", "ba_", "in_", "sub_",
    "gcus_", "cvctok_", "py_", "mandate_", "acct_", "req_", "price_", "prod_", "si_", "ii_", "txn_",
    "re_", "dp_", "po_", "tr_",
  ]

  /// `cc` is two hex letters and an abbreviation.
  private static func isKnownHexWord(
    _ bytes: Bytes, _ low: Int, _ start: Int, _ endsClean: Bool
  ) -> Bool {
    endsClean
      && (start - low == 2 && bytes.hasFolded("cc", at: low)
        || start - low == 1 && bytes[low] | 0x20 == 0x62)
  }

  /// Part of a longer run of base64 letters, with `+`, `/` or `=` in it.
  private static func isBase64(_ bytes: Bytes, _ low: Int, _ high: Int) -> Bool {
    let left = bytes[low - 1]
    let right = bytes[high]
    guard left == 0x2B || left == 0x2F || right == 0x2B || right == 0x2F else { return false }
    var upper = 0
    var lower = 0
    var at = low - 1
    while low - at < 40, isWord(bytes[at]) || bytes[at] == 0x2B || bytes[at] == 0x2F {
      if isUpper(bytes[at]) { upper += 1 } else if isLower(bytes[at]) { lower += 1 }
      at -= 1
    }
    at = high
    while at - high < 40, isWord(bytes[at]) || bytes[at] == 0x2B || bytes[at] == 0x2F {
      if isUpper(bytes[at]) { upper += 1 } else if isLower(bytes[at]) { lower += 1 }
      at += 1
    }
    return upper >= 4 && lower >= 4
  }

  /// Hex groups joined by dashes: a UUID or the like. Its groups have up to twelve digits, so a longer
  /// plain number is no part of one.
  private static func dashedHex(_ bytes: Bytes, _ candidate: Candidate) -> Verdict {
    let start = candidate.range.lowerBound
    let end = candidate.range.upperBound
    let isLong = candidate.groupPoints == nil && candidate.count > 12
    var isOneMore = false
    if bytes[start - 1] == 0x2D, hexRun(bytes, endingAt: start - 1) >= 4 {
      let group = start - 1 - hexRun(bytes, endingAt: start - 1)
      if hasHexLetter(bytes, group, start - 1) { return isLong ? .likely : .inside }
      isOneMore = bytes[group - 1] == 0x2D && !isDate(bytes, group..<start - 1)
    }
    if bytes[end] == 0x2D {
      var at = end + 1
      while at - end < 16, isHex(bytes[at]) { at += 1 }
      let count = at - end - 1
      if count >= 4, !isLetter(bytes[at]), hasHexLetter(bytes, end + 1, at) {
        return isLong ? .likely : .inside
      }
      isOneMore =
        isOneMore
        || count >= 4 && (bytes[at] == 0x2D || count >= 8) && !isDate(bytes, end + 1..<at)
    }
    return isOneMore && !isLong ? .likely : .none
  }

  /// Whether four groups of four are the end of a UUID's first group and the three behind it, or those and the
  /// beginning of its last (RFC 9562, section 4).
  private static func isInUUID(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    guard range.count == 19 else { return false }
    return [4, 9].contains { offset in
      let first = range.lowerBound - offset
      return !isWord(bytes[first - 1]) && !isWord(bytes[first + 36])
        && (0..<36).allSatisfy { at in
          let isDash = at == 8 || at == 13 || at == 18 || at == 23
          return isDash ? bytes[first + at] == 0x2D : isHex(bytes[first + at])
        }
    }
  }

  /// A year, a month and a year, or a date without signs.
  private static func isDate(_ bytes: Bytes, _ group: Range<Int>) -> Bool {
    let at = group.lowerBound
    let two = Int(bytes[at] & 0x0F) * 10 + Int(bytes[at + 1] & 0x0F)
    switch group.count {
    case 4: return (1...12).contains(two) || two == 19 || two == 20
    case 8: return two == 19 || two == 20
    default: return false
    }
  }

  /// Groups of four hex digits before or after, some with letters: a row of code points or a dump. A
  /// group of letters alone may be a word.
  private static func isHexRow(_ bytes: Bytes, start: Int, end: Int) -> Bool {
    func isGroup(_ low: Int) -> Bool {
      (low..<low + 4).allSatisfy { isHex(bytes[$0]) } && hasHexLetter(bytes, low, low + 4)
    }
    func hasDigit(_ low: Int) -> Bool { (low..<low + 4).contains { isDigit(bytes[$0]) } }
    let isBefore = isBlank(bytes[start - 1]) && isGroup(start - 5) && !isWord(bytes[start - 6])
    let isAfter = isBlank(bytes[end]) && isGroup(end + 1) && !isWord(bytes[end + 5])
    return isBefore && (isAfter || hasDigit(start - 5)) || isAfter && hasDigit(end + 1)
  }

  /// Whether the first or the last group is one of four hex digits without its letters: `4242 4242 4242
  /// 4242 504F`.
  private static func isCutHexGroup(_ bytes: Bytes, start: Int, end: Int) -> Bool {
    func isFour(_ at: Int) -> Bool {
      var low = at
      while at - low < 5, isHex(bytes[low - 1]) { low -= 1 }
      var high = at
      while high - low < 5, isHex(bytes[high]) { high += 1 }
      return high - low == 4 && !isWord(bytes[low - 1]) && !isWord(bytes[high])
    }
    return isHexLetter(bytes[start - 1]) && isFour(start)
      || isHexLetter(bytes[end]) && isFour(end)
  }

  /// `M4242 4242 4242 4242L`: coordinates between the commands of a path in SVG. Only with a command
  /// on both sides: a single letter may well stand before a card number.
  private static func isSVGPath(_ bytes: Bytes, start: Int, end: Int) -> Bool {
    func isCommand(_ c: UInt8) -> Bool {
      switch c | 0x20 {
      case 0x61, 0x63, 0x68, 0x6C, 0x6D, 0x71, 0x73, 0x74, 0x76, 0x7A: true  // achlmqstvz
      default: false
      }
    }
    func isEdge(_ c: UInt8) -> Bool { !isName(c) || isDigit(c) }
    var before = start - 1
    while start - before < 40, isDigit(bytes[before]) || isCoordinateGlue(bytes[before]) {
      before -= 1
    }
    guard isCommand(bytes[before]), isEdge(bytes[before - 1]) || isCommand(bytes[before - 1]) else {
      return false
    }
    var after = end
    while after - end < 40, isDigit(bytes[after]) || isCoordinateGlue(bytes[after]) { after += 1 }
    let next = bytes[after + 1]
    return isCommand(bytes[after])
      && (isEdge(next) || isCommand(next) && !isLetter(bytes[after + 2]))
  }

  private static func isCoordinateGlue(_ c: UInt8) -> Bool {
    c == 0x20 || c == 0x2C || c == 0x2D || c == 0x2E
  }

  private static func hexRun(_ bytes: Bytes, endingAt end: Int) -> Int {
    var at = end
    while end - at < 16, isHex(bytes[at - 1]) { at -= 1 }
    return isWord(bytes[at - 1]) ? 0 : end - at
  }

  private static func hasHexLetter(_ bytes: Bytes, _ low: Int, _ high: Int) -> Bool {
    (low..<high).contains { isHexLetter(bytes[$0]) }
  }

  /// Two capitals and digits that satisfy ISO 13616.
  private static func isIBAN(_ bytes: Bytes, _ low: Int, _ start: Int, _ end: Int) -> Bool {
    guard start - low == 2, isUpper(bytes[low]), isUpper(bytes[low + 1]) else { return false }
    return isIBAN(bytes, country: low, start + 2..<end)
  }

  /// `DK50 0040 ...`: an IBAN's first group stands before. So does many a name before a plain number.
  private static func isIBANTail(_ bytes: Bytes, _ candidate: Candidate) -> Bool {
    let start = candidate.range.lowerBound
    return bytes[start - 1] == 0x20 && isDigit(bytes[start - 2]) && isDigit(bytes[start - 3])
      && isUpper(bytes[start - 4]) && isUpper(bytes[start - 5]) && !isWord(bytes[start - 6])
      && (candidate.groupPoints != nil || isIBAN(bytes, country: start - 5, candidate.range))
  }

  /// Mod 97 is 1 of the digits, the country's two letters and the two check digits behind them.
  private static func isIBAN(_ bytes: Bytes, country: Int, _ digits: Range<Int>) -> Bool {
    var rest = 0
    for at in digits { rest = (rest * 10 + Int(bytes[at] & 0x0F)) % 97 }
    for at in country..<country + 2 { rest = (rest * 100 + Int(bytes[at]) - 55) % 97 }
    for at in country + 2..<country + 4 { rest = (rest * 10 + Int(bytes[at] & 0x0F)) % 97 }
    return rest == 1
  }
}
