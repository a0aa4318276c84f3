/// Names that a pair of members gives a value: `{"name":"cvc","value":"737"}`, as forms, request
/// archives and settings are written, and `{"cvc":{"value":"737"}}`.
extension LabelReader {
  private static let keyWords: [StaticString] = [
    "name", "key", "id", "field", "label", "param", "parameter", "attribute", "property",
  ]
  private static let nameBytesMax = 40
  private static let blanksMax = 40

  /// - Parameters:
  ///   - valueName: where the word `value` begins that stands before the value.
  ///   - value: where the value begins.
  ///   - depth: how many objects are between the word and the value.
  /// - Returns: where the name is; quotes and backslashes before quotes are not part of it.
  func pairedKey(
    _ bytes: Bytes, valueName: Int, value: Int, depth: Int, floor: Int
  ) -> Range<Int>? {
    var at = valueName
    // `$numberInt`, `#text`, `@value`.
    if [0x24, 0x23, 0x40].contains(bytes[at - 1]) { at -= 1 }
    guard skipQuote(bytes, &at) else { return nil }
    skipBlanks(bytes, &at, floor: floor)
    switch bytes[at - 1] {
    case 0x2C:  // ,
      at -= 1
      skipBlanks(bytes, &at, floor: floor)
      return nameOfPair(bytes, endingAt: at, floor: floor)
    case 0x7B:  // {
      at -= 1
      skipBlanks(bytes, &at, floor: floor)
      if bytes[at - 1] == 0x3A {
        at -= 1
        skipBlanks(bytes, &at, floor: floor)
        return quotedText(bytes, endingAt: at, floor: floor)
      }
      return nameBehind(bytes, value: value, depth: depth)
    default: return nil
    }
  }

  /// `"name":"cvc"`, read from its end.
  private func nameOfPair(_ bytes: Bytes, endingAt end: Int, floor: Int) -> Range<Int>? {
    guard let name = quotedText(bytes, endingAt: end, floor: floor) else { return nil }
    var at = name.lowerBound
    guard skipQuote(bytes, &at) else { return nil }
    skipBlanks(bytes, &at, floor: floor)
    guard bytes[at - 1] == 0x3A else { return nil }
    at -= 1
    skipBlanks(bytes, &at, floor: floor)
    guard let word = quotedText(bytes, endingAt: at, floor: floor), isKeyWord(bytes, word) else {
      return nil
    }
    return name
  }

  /// `,"name":"cvc"` behind the value, or behind the objects it is wrapped in.
  private func nameBehind(_ bytes: Bytes, value: Int, depth: Int) -> Range<Int>? {
    var at = value
    while isWord(bytes[at]), at - value < 24 { at += 1 }
    skipQuoteForward(bytes, &at)
    skipBlanksForward(bytes, &at)
    for _ in 0..<depth {
      guard bytes[at] == 0x7D else { return nil }
      at += 1
      skipBlanksForward(bytes, &at)
    }
    guard bytes[at] == 0x2C else { return nil }
    at += 1
    skipBlanksForward(bytes, &at)
    guard let word = quotedText(bytes, startingAt: at), isKeyWord(bytes, word) else { return nil }
    at = word.upperBound
    skipQuoteForward(bytes, &at)
    skipBlanksForward(bytes, &at)
    guard bytes[at] == 0x3A else { return nil }
    at += 1
    skipBlanksForward(bytes, &at)
    return quotedText(bytes, startingAt: at)
  }

  private func isKeyWord(_ bytes: Bytes, _ word: Range<Int>) -> Bool {
    LabelReader.keyWords.contains {
      $0.utf8CodeUnitCount == word.count && bytes.hasFolded($0, at: word.lowerBound)
    }
  }

  /// The text between the quote that ends at `end` and the one before it.
  private func quotedText(_ bytes: Bytes, endingAt end: Int, floor: Int) -> Range<Int>? {
    var stop = end
    guard skipQuote(bytes, &stop) else { return nil }
    var start = stop
    while start > floor, stop - start < LabelReader.nameBytesMax, isNameText(bytes[start - 1]) {
      start -= 1
    }
    return start < stop && isQuote(bytes[start - 1]) ? start..<stop : nil
  }

  private func quotedText(_ bytes: Bytes, startingAt first: Int) -> Range<Int>? {
    var start = first
    skipQuoteForward(bytes, &start)
    guard start > first else { return nil }
    var stop = start
    while stop - start < LabelReader.nameBytesMax, isNameText(bytes[stop]) { stop += 1 }
    return stop > start && (isQuote(bytes[stop]) || bytes[stop] == 0x5C) ? start..<stop : nil
  }

  private func isNameText(_ c: UInt8) -> Bool {
    isName(c) || c == 0x20 || c == 0x2E || c == 0x5B || c == 0x5D
  }

  private func isQuote(_ c: UInt8) -> Bool { c == 0x22 || c == 0x27 }

  private func skipQuote(_ bytes: Bytes, _ at: inout Int) -> Bool {
    guard isQuote(bytes[at - 1]) else { return false }
    at -= 1
    while bytes[at - 1] == 0x5C { at -= 1 }
    return true
  }

  private func skipQuoteForward(_ bytes: Bytes, _ at: inout Int) {
    var next = at
    while bytes[next] == 0x5C { next += 1 }
    if isQuote(bytes[next]) { at = next + 1 }
  }

  private func skipBlanks(_ bytes: Bytes, _ at: inout Int, floor: Int) {
    let low = max(floor, at - LabelReader.blanksMax)
    while at > low, isSpace(bytes[at - 1]) { at -= 1 }
  }

  private func skipBlanksForward(_ bytes: Bytes, _ at: inout Int) {
    let high = at + LabelReader.blanksMax
    while at < high, isSpace(bytes[at]) { at += 1 }
  }

  private func isSpace(_ c: UInt8) -> Bool { isBlank(c) || c == 0x0A || c == 0x0D }
}
