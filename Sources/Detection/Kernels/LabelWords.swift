/// How names end that a code, or the first piece of a number, may stand behind: the second quick no.
///
/// Three letters let through `customer 4321`, `shipping 123` and `[started] 200`, and looking a label up
/// costs a hundred times what this does. Looks at the last six letters and digits of a name, whatever
/// stands between its words.
///
/// Immutable once made; whoever makes it calls `free`.
struct LabelWords {
  /// 65,536 bits, by hash: what is not there is no such ending, what is there nearly always is one.
  private let bits: UnsafeMutablePointer<UInt64>

  private enum Kind: UInt32 {
    /// Of six letters, wherever they stand.
    case ending = 0x11
    /// A whole name of up to six letters that may stand inside another word: `xcvv`.
    case glued = 0x22
    /// The same, at a word's start; and words between a name and its value.
    case word = 0x33
    /// `is`, `was` and their like: what stands before them counts.
    case verb = 0x44
  }

  private static let lettersMax = 6
  private static let reachBytes = 32
  /// Between the words of a name.
  private static let gapMax = 3
  private static let verbs = ["is", "as", "was", "es", "ist", "est", "are"]
  /// Behind names and before their values.
  private static let between = [
    "field", "nbr", "quot", "private", "protected", "equals", "back", "the", "on", "to",
  ]

  /// - Parameter lexicon: has the names.
  init(_ lexicon: Lexicon) {
    bits = .allocate(capacity: 1024)
    bits.initialize(repeating: 0, count: 1024)
    for term in lexicon.labelTerms { add(term) }
    for ending in lexicon.gluedCodeEndings { add(ending, .glued) }
    for word in LabelReader.typeWords + LabelWords.between { add(Array(word.utf8)) }
    for verb in LabelWords.verbs { add(Array(verb.utf8), .verb) }
    for name in Pieces.names {
      for index in ["", "0", "1"] { add(Array((name + index).utf8)) }
    }
  }

  func free() { bits.deallocate() }

  /// Whether a name may end at `end`, behind a letter or digit.
  func mayEndName(_ bytes: Bytes, _ end: Int) -> Bool {
    let p = bytes.base
    let floor = max(0, end &- LabelWords.reachBytes)
    var at = end
    var hash = LabelWords.seed
    var count = 0
    while count < LabelWords.lettersMax {
      var gap = 0
      while at > floor, !isWord(p[at &- 1]) {
        let c = p[at &- 1]
        // Letters of other alphabets, and escapes.
        if c >= 0x80 || c == 0x5C || c == 0x25 { return true }
        gap &+= 1
        if gap > LabelWords.gapMax || c == 0x0A { return false }
        at &-= 1
      }
      guard at > floor else { return floor > 0 }
      at &-= 1
      hash = LabelWords.step(hash, lower(p[at]))
      count &+= 1
      if has(hash, .glued) { return true }
      guard begins(bytes, at) else { continue }
      if has(hash, .word) { return true }
      if has(hash, .verb) {
        var before = at
        while before > floor, isBlank(p[before &- 1]) { before &-= 1 }
        if before > floor, p[before &- 1] >= 0x80 || mayEndName(bytes, before) { return true }
      }
    }
    return has(hash, .ending)
  }

  /// Whether a word begins here: behind a sign, at a hump, behind digits, or behind an escape, whose letters
  /// are none of the word's: `\ncode`, `%3Acode`.
  private func begins(_ bytes: Bytes, _ at: Int) -> Bool {
    guard at > 2 else { return true }
    let p = bytes.base
    let c = p[at]
    let before = p[at &- 1]
    guard isWord(before) else { return true }
    if isUpper(c) { return isLower(before) || isDigit(before) || isLower(p[at &+ 1]) }
    return isLetter(c) && isDigit(before) || p[at &- 2] == 0x5C || p[at &- 3] == 0x25
      || before == 0x6D && isDigit(p[at &- 2])
  }

  private static let seed: UInt32 = 0x811C_9DC5

  @inline(__always)
  private static func step(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
    (hash ^ UInt32(byte)) &* 0x0100_0193
  }

  @inline(__always)
  private static func index(_ hash: UInt32, _ kind: Kind) -> Int {
    Int(((hash ^ kind.rawValue) &* 0x9E37_79B1) &>> 16)
  }

  @inline(__always)
  private func has(_ hash: UInt32, _ kind: Kind) -> Bool {
    let index = LabelWords.index(hash, kind)
    return bits[index &>> 6] & (1 &<< UInt64(index & 63)) != 0
  }

  private func add(_ term: [UInt8]) {
    add(term.suffix(LabelWords.lettersMax), term.count < LabelWords.lettersMax ? .word : .ending)
  }

  /// - Parameter word: beyond ASCII nothing is asked, and it need not be here.
  private func add(_ word: some BidirectionalCollection<UInt8>, _ kind: Kind) {
    let hash = word.reversed().reduce(LabelWords.seed) { LabelWords.step($0, $1) }
    let index = LabelWords.index(hash, kind)
    bits[index >> 6] |= 1 << UInt64(index & 63)
  }
}
