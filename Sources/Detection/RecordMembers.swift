/// What the other members of a number's record hold, in JSON, XML and YAML: its expiry and its code
/// stand beside a card number as they do in a row, on the same line or not.
///
/// Looks 512 bytes to each side, at members of the same depth only: those of an object within are of
/// that object, unless it only tells a value's type: `{"pan":{"S":"…"},"cvv":{"S":"…"}}`.
struct RecordMembers {
  private(set) var hasExpiry = false
  private(set) var hasCode = false
  /// Another member passes for a card number too.
  private var hasOtherNumber = false
  /// Another member is named for the card number: what else is there belongs to that one.
  private var isNamedElsewhere = false

  private let bytes: Bytes
  private let number: Range<Int>
  private let scanner: Scanner

  private static let reachBytes = 512

  /// - Parameter isNegative: whether the number's own name is that of an id.
  init(_ bytes: Bytes, number: Range<Int>, isNegative: Bool, _ scanner: Scanner) {
    self.bytes = bytes
    self.number = number
    self.scanner = scanner
    read()
    if isNamedElsewhere || isNegative && hasOtherNumber {
      hasExpiry = false
      hasCode = false
    }
  }

  private var floor: Int { max(0, number.lowerBound - RecordMembers.reachBytes) }
  private var ceiling: Int { min(bytes.count, number.upperBound + RecordMembers.reachBytes) }

  private mutating func read() {
    var at = skipBack(number.lowerBound) { RecordMembers.isQuote($0) || RecordLayout.isSpace($0) }
    guard at > floor else { return }
    if bytes[at - 1] == 0x3E { return readElements(before: at) }
    guard bytes[at - 1] == 0x3A else { return }
    at = skipBack(at - 1) { isBlank($0) }
    let isQuoted = RecordMembers.isQuote(bytes[at - 1])
    let key = skipBack(at) { isName($0) || RecordMembers.isQuote($0) || $0 == 0x2E }
    let before = skipBack(key) { isBlank($0) }
    if isQuoted || bytes[before - 1] == 0x7B || bytes[before - 1] == 0x2C {
      readBraces(wrappers: isWrapped(key..<at) ? 1 : 0)
    } else {
      readLines(key: key)
    }
  }

  /// Whether the key before the number tells its type, and the number's name stands before the object of
  /// that key.
  private func isWrapped(_ key: Range<Int>) -> Bool {
    var name = key
    while !name.isEmpty, RecordMembers.isQuote(bytes[name.upperBound - 1]) {
      name = name.lowerBound..<name.upperBound - 1
    }
    let open = skipBack(name.lowerBound) {
      RecordMembers.isQuote($0) || RecordLayout.isSpace($0) || $0 == 0x24
    }
    guard bytes[open - 1] == 0x7B, bytes[skipBack(open - 1) { isBlank($0) } - 1] == 0x3A else {
      return false
    }
    return scanner.detector.reader.saysNothing(bytes, name)
  }

  /// Members between the same braces.
  ///
  /// - Parameter wrappers: objects around the number that tell its type; those of the other members are
  ///   as deep as its own.
  private mutating func readBraces(wrappers: Int) {
    var depth = 0
    var at = number.lowerBound
    while at > floor, depth >= -wrappers {
      at -= 1
      depth += RecordMembers.step(bytes[at], opens: -1)
      if depth == 0 || depth == -wrappers { note(at) }
    }
    depth = 0
    at = number.upperBound
    while at < ceiling, depth >= -wrappers {
      depth += RecordMembers.step(bytes[at], opens: 1)
      if depth == 0 || depth == -wrappers { note(at) }
      at += 1
    }
  }

  private static func step(_ c: UInt8, opens: Int) -> Int {
    switch c {
    case 0x7B, 0x5B: opens
    case 0x7D, 0x5D: -opens
    default: 0
    }
  }

  /// Elements with the same parent.
  private mutating func readElements(before end: Int) {
    var at = end
    // The number's own element is the first that opens.
    var depth = 1
    while at > floor, depth >= 0 {
      at -= 1
      if bytes[at] == 0x3C { depth -= tagStep(at) }
      if depth == 1 { note(at) }
    }
    depth = 1
    at = number.upperBound
    while at < ceiling, depth >= 0 {
      if bytes[at] == 0x3C { depth += tagStep(at) }
      if depth == 1 { note(at) }
      at += 1
    }
  }

  /// One for a tag that opens an element, minus one for one that closes it.
  private func tagStep(_ open: Int) -> Int {
    if bytes[open + 1] == 0x2F { return -1 }
    guard isLetter(bytes[open + 1]) || bytes[open + 1] == 0x5F else { return 0 }
    var end = open + 1
    while end < ceiling, bytes[end] != 0x3E, bytes[end] != 0x3C { end += 1 }
    return bytes[end - 1] == 0x2F ? 0 : 1
  }

  /// Lines as far indented as the key's own; a dash begins a record, an empty line ends it.
  private mutating func readLines(key: Int) {
    let own = skipBack(key) { $0 != 0x0A }
    guard own > floor || own == 0, let line = indent(own), line.key == key else { return }
    let depth = key - own
    var start = own
    var isFirst = line.isItem
    while !isFirst, start > floor {
      start = skipBack(start - 1) { $0 != 0x0A }
      guard let line = indent(start), line.key - start >= depth else { break }
      guard line.key - start == depth else { continue }
      noteLine(line.key)
      isFirst = line.isItem
    }
    var at = number.upperBound
    while true {
      while at < ceiling, bytes[at] != 0x0A { at += 1 }
      at += 1
      guard at < ceiling, let line = indent(at), line.key - at >= depth,
        !(line.isItem && line.key - at == depth)
      else { return }
      if line.key - at == depth { noteLine(line.key) }
    }
  }

  /// Where the text of a line begins behind blanks and the dash of an item; `nil` for an empty line.
  private func indent(_ line: Int) -> (key: Int, isItem: Bool)? {
    var at = line
    while bytes[at] == 0x20 { at += 1 }
    let isItem = bytes[at] == 0x2D && bytes[at + 1] == 0x20
    if isItem { at += 1 }
    while bytes[at] == 0x20 { at += 1 }
    return bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0 ? nil : (at, isItem)
  }

  private mutating func noteLine(_ key: Int) {
    var at = key
    while at < ceiling, bytes[at] != 0x0A, bytes[at] != 0x3A { at += 1 }
    while at < ceiling, bytes[at] != 0x0A, !isDigit(bytes[at]) { at += 1 }
    note(at)
  }

  /// Notes what the value says that begins here, if one does.
  private mutating func note(_ at: Int) {
    let before = bytes[at - 1]
    guard isDigit(bytes[at]), !number.contains(at),
      RecordMembers.isQuote(before) || RecordLayout.isSpace(before) || before == 0x3A
        || before == 0x3E
    else { return }
    let reader = scanner.detector.reader
    let label = reader.locate(bytes, value: at)
    let meanings = reader.meanings(bytes, label.range)
    var end = at
    while isDigit(bytes[end]), end - at < 20 { end += 1 }
    if (13...19).contains(end - at), Luhn.isValid(bytes.base + at, count: end - at) {
      hasOtherNumber = true
    }
    for meaning in meanings where meaning.weight >= .medium {
      switch meaning.category {
      case .pan, .track: isNamedElsewhere = true
      case .expiry:
        hasExpiry =
          hasExpiry
          || scanner.isExpiry(bytes, at: at) {
            bytes.hasFolded($0, at: label.range.upperBound - $0.utf8CodeUnitCount)
          }
      case .cvv:
        let isOther = meanings.contains { $0.category == .notCode || $0.category == .safe }
        hasCode = hasCode || !isOther && (3...4).contains(end - at) && !isWord(bytes[end])
      default: break
      }
    }
  }

  private func skipBack(_ start: Int, over isSkipped: (UInt8) -> Bool) -> Int {
    var at = start
    while at > floor, isSkipped(bytes[at - 1]) { at -= 1 }
    return at
  }

  private static func isQuote(_ c: UInt8) -> Bool { c == 0x22 || c == 0x27 || c == 0x5C }
}
