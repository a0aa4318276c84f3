/// Members between the same braces.
extension RecordMembers {
  private static let objectBytesMax = 160

  mutating func readBraces() {
    let value = wrapper() ?? number
    var depth = 0
    var at = value.lowerBound
    while at > floor, depth >= 0 {
      at -= 1
      depth += RecordMembers.step(bytes[at], opens: -1)
      if depth == 0 { noteMember(at) }
    }
    depth = 0
    at = value.upperBound
    while at < ceiling, depth >= 0 {
      if depth == 0 { noteMember(at) }
      depth += RecordMembers.step(bytes[at], opens: 1)
      at += 1
    }
  }

  private mutating func noteMember(_ at: Int) {
    if bytes[at] == 0x7B { noteObject(at) } else { note(at) }
  }

  /// Notes what an object says of the key that it is the value of: the month and the year of an expiry, or
  /// a value with its type.
  mutating func noteObject(_ open: Int) {
    guard let close = close(of: open) else { return }
    if isExpiry(reader.locate(bytes, value: open).range) { noteParts(open..<close) }
    if isSingle(open + 1..<close) { for at in open..<close { note(at, namedBefore: open) } }
  }

  /// Where the object ends that begins here, if it holds no other.
  private func close(of open: Int) -> Int? {
    var at = open + 1
    while at < min(ceiling, open + RecordMembers.objectBytesMax) {
      if bytes[at] == 0x7D { return at }
      if RecordMembers.step(bytes[at], opens: 1) != 0 { return nil }
      at += 1
    }
    return nil
  }

  /// The object that holds nothing but the number and its type: `{"S":"4242…"}`.
  private func wrapper() -> Range<Int>? {
    let low = max(floor, number.lowerBound - RecordMembers.objectBytesMax)
    let high = min(ceiling, number.upperBound + RecordMembers.objectBytesMax)
    var open = number.lowerBound
    while open > low, bytes[open - 1] != 0x7B, isSingle(open - 1..<open) { open -= 1 }
    var close = number.upperBound
    while close < high, bytes[close] != 0x7D, isSingle(close..<close + 1) { close += 1 }
    guard bytes[open - 1] == 0x7B, bytes[close] == 0x7D else { return nil }
    guard bytes[skipBack(open - 1) { RecordLayout.isSpace($0) } - 1] == 0x3A else { return nil }
    var key = open
    while RecordMembers.isQuote(bytes[key]) || RecordLayout.isSpace(bytes[key])
      || bytes[key] == 0x24
    {
      key += 1
    }
    var end = key
    while isName(bytes[end]) { end += 1 }
    return end > key && reader.saysNothing(bytes, key..<end) ? open - 1..<close + 1 : nil
  }

  /// Whether nothing here divides members or begins another level.
  private func isSingle(_ range: Range<Int>) -> Bool {
    range.allSatisfy { bytes[$0] != 0x2C && RecordMembers.step(bytes[$0], opens: 1) == 0 }
  }

  private static func step(_ c: UInt8, opens: Int) -> Int {
    switch c {
    case 0x7B, 0x5B: opens
    case 0x7D, 0x5D: -opens
    default: 0
    }
  }
}
