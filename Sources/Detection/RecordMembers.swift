/// What the other members of a number's record hold, in JSON, XML and YAML: its expiry and its code
/// stand beside a card number as they do in a row, on the same line or not.
///
/// Looks 512 bytes to each side, at members of the same depth only: those of an object within are of
/// that object, save the month and the year of an expiry, and a value with its type
/// (`{"number":{"S":"4242…"}}`).
struct RecordMembers {
  private(set) var hasExpiry = false
  private(set) var hasCode = false
  /// Another member passes for a card number too.
  private var hasOtherNumber = false
  /// Another member is named for the card number: what else is there belongs to that one.
  private var isNamedElsewhere = false

  let bytes: Bytes
  let number: Range<Int>
  private let scanner: Scanner
  var reader: LabelReader { scanner.detector.reader }

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

  var floor: Int { max(0, number.lowerBound - RecordMembers.reachBytes) }
  var ceiling: Int { min(bytes.count, number.upperBound + RecordMembers.reachBytes) }

  private mutating func read() {
    var at = skipBack(number.lowerBound) { RecordMembers.isQuote($0) || RecordLayout.isSpace($0) }
    guard at > floor else { return }
    if bytes[at - 1] == 0x3E { return readElements(behind: at) }
    if bytes[at - 1] == 0x3D { return readAttributes(before: at) }
    guard bytes[at - 1] == 0x3A else { return }
    at = skipBack(at - 1) { isBlank($0) }
    let isQuoted = RecordMembers.isQuote(bytes[at - 1])
    let key = skipBack(at) { isName($0) || RecordMembers.isQuote($0) || $0 == 0x2E }
    let before = skipBack(key) { isBlank($0) }
    if isQuoted || bytes[before - 1] == 0x7B || bytes[before - 1] == 0x2C {
      readBraces()
    } else {
      readLines(key: key)
    }
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
    let value = at
    while at < ceiling, bytes[at] != 0x0A, bytes[at] != 0x7B, !isDigit(bytes[at]) { at += 1 }
    switch bytes[at] {
    case 0x7B: noteObject(at)
    case 0x0A where isExpiry(key..<value):
      // What belongs to a key with nothing behind it is indented further.
      let line = skipBack(key) { $0 != 0x0A }
      var end = at + 1
      while end < ceiling, let next = indent(end), next.key - end > key - line {
        while end < ceiling, bytes[end] != 0x0A { end += 1 }
        end += 1
      }
      noteParts(at..<min(end, ceiling))
    default: note(at)
    }
  }

  // MARK: - Values

  /// Notes what the value says that begins here, if one does.
  ///
  /// - Parameter open: takes no notice of a value that is not named before this place.
  mutating func note(_ at: Int, namedBefore open: Int = .max) {
    guard isDigit(bytes[at]), beginsValue(at), !number.contains(at) else { return }
    let label = reader.locate(bytes, value: at)
    guard label.range.upperBound <= open else { return }
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
        hasExpiry = hasExpiry || scanner.expiry(bytes, at: at) != nil || isPart(at, label.range)
      case .cvv:
        let isOther = meanings.contains { $0.category == .notCode || $0.category == .safe }
        hasCode = hasCode || !isOther && (3...4).contains(end - at) && !isWord(bytes[end])
      default: break
      }
    }
  }

  /// Whether digits that stand here are the first of a value.
  private func beginsValue(_ at: Int) -> Bool {
    let before = bytes[at - 1]
    return RecordMembers.isQuote(before) || RecordLayout.isSpace(before) || before == 0x3A
      || before == 0x3E
  }

  /// Whether a name says that it is an expiry's.
  func isExpiry(_ name: Range<Int>) -> Bool {
    reader.meanings(bytes, name).contains { $0.category == .expiry && $0.weight >= .medium }
  }

  /// Notes the month and the year of an expiry whose members these are.
  mutating func noteParts(_ members: Range<Int>) {
    for at in members where isDigit(bytes[at]) && beginsValue(at) {
      if isPart(at, reader.locate(bytes, value: at).range) { hasExpiry = true }
    }
  }

  /// Whether a month or a year stands here, by the name's last word, or its last letter alone.
  private func isPart(_ at: Int, _ name: Range<Int>) -> Bool {
    scanner.isExpiryPart(bytes, at: at) { word in
      if bytes.hasFolded(word, at: name.upperBound - word.utf8CodeUnitCount) { return true }
      let letter = name.upperBound - 1
      return lower(bytes[letter]) == word.utf8Start[0]
        && reader.isWordStart(bytes, letter, floor: name.lowerBound)
    }
  }

  func skipBack(_ start: Int, over isSkipped: (UInt8) -> Bool) -> Int {
    var at = start
    while at > floor, isSkipped(bytes[at - 1]) { at -= 1 }
    return at
  }

  static func isQuote(_ c: UInt8) -> Bool { c == 0x22 || c == 0x27 || c == 0x5C }
}
