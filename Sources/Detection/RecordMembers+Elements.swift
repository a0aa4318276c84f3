/// Elements with the same parent, and attributes of the same element.
extension RecordMembers {
  private static let elementBytesMax = 160

  /// Of a number that is an element's text.
  mutating func readElements(behind end: Int) {
    readBack(from: end, depth: 1)
    readOn(from: number.upperBound, depth: 1)
  }

  /// Of a number that is an attribute's value.
  mutating func readAttributes(before end: Int) {
    var open = end
    while open > floor, bytes[open] != 0x3C, bytes[open] != 0x3E { open -= 1 }
    let (close, step) = tag(open)
    guard bytes[open] == 0x3C, step >= 0, close > number.upperBound else { return }
    // `<param name="number" value="4242…"/>` stands for an element of its own.
    let isPair = isValueAttribute(of: number.lowerBound)
    for at in open..<close { note(at) }
    if step > 0 { readOn(from: close, depth: 0) }
    if isPair {
      readBack(from: open, depth: 0)
      readOn(from: close, depth: step)
    }
  }

  /// - Parameter depth: of elements within the record.
  private mutating func readBack(from end: Int, depth: Int) {
    let own = depth == 1 ? end : -1
    var depth = depth
    var at = end
    while at > floor, depth >= 0 {
      at -= 1
      guard bytes[at] == 0x3E else {
        if depth == 1 { note(at) }
        continue
      }
      while at > floor, bytes[at] != 0x3C { at -= 1 }
      guard bytes[at] == 0x3C else { return }
      let (close, step) = tag(at)
      depth -= step
      // The number's own, or its parent's.
      if depth < 0 || close == own {
        for at in at..<close { note(at) }
      } else if depth == 0, step >= 0 {
        noteElement(at, close)
      }
    }
  }

  private mutating func readOn(from start: Int, depth: Int) {
    var depth = depth
    var at = start
    while at < ceiling {
      guard bytes[at] == 0x3C else {
        if depth == 1 { note(at) }
        at += 1
        continue
      }
      let (close, step) = tag(at)
      if depth == 0, step >= 0 { noteElement(at, close) }
      depth += step
      guard depth >= 0 else { return }
      at = max(close, at + 1)
    }
  }

  /// Notes what the tag of another of the record's elements says: the value of an element without text,
  /// month and year below the name of an expiry.
  private mutating func noteElement(_ open: Int, _ close: Int) {
    for at in open..<close where isDigit(bytes[at]) && isValueAttribute(of: at) { note(at) }
    let name = open + 1..<nameEnd(open)
    guard isExpiry(name) else { return }
    var end = close
    if bytes[close - 2] != 0x2F {
      while end < min(ceiling, close + RecordMembers.elementBytesMax), !isEnd(of: name, at: end) {
        end += 1
      }
    }
    noteParts(open..<end)
  }

  /// Whether a value is that of an attribute whose name only says that it is one.
  private func isValueAttribute(of value: Int) -> Bool {
    let sign = skipBack(value) { RecordMembers.isQuote($0) || RecordLayout.isSpace($0) }
    let end = skipBack(sign - 1) { RecordLayout.isSpace($0) }
    let start = skipBack(end) { isName($0) }
    return bytes[sign - 1] == 0x3D
      && ["value", "val", "v", "content"].contains { (word: StaticString) in
        word.utf8CodeUnitCount == end - start && bytes.hasFolded(word, at: start)
      }
  }

  private func nameEnd(_ open: Int) -> Int {
    var end = open + 1
    while isName(bytes[end]) || bytes[end] == 0x3A || bytes[end] == 0x2E { end += 1 }
    return end
  }

  private func isEnd(of name: Range<Int>, at place: Int) -> Bool {
    bytes[place] == 0x3C && bytes[place + 1] == 0x2F
      && name.allSatisfy { bytes[$0] == bytes[place + 2 + $0 - name.lowerBound] }
  }

  /// Where the tag ends that begins here, and one if it opens an element, minus one if it closes one.
  private func tag(_ open: Int) -> (end: Int, step: Int) {
    var end = open + 1
    while end < ceiling, bytes[end] != 0x3E, bytes[end] != 0x3C { end += 1 }
    let isClosed = bytes[end - 1] == 0x2F
    end += bytes[end] == 0x3E ? 1 : 0
    if bytes[open + 1] == 0x2F { return (end, -1) }
    guard isLetter(bytes[open + 1]) || bytes[open + 1] == 0x5F else { return (end, 0) }
    return (end, isClosed ? 0 : 1)
  }
}
