// For `String._nfd`, which Foundation normalises with too; the whole of Foundation would be linked for it.
@_spi(_Unicode) import Swift

import Rules

/// What a name or word says about the value beside it.
struct Meaning: Sendable, Equatable {
  enum Category: UInt8, Sendable {
    case pan, cvv, expiry, holder, track, pin, serviceCode, brand, negative, safe, notCode
  }
  enum Weight: UInt8, Sendable, Comparable {
    case weak, medium, strong
    static func < (a: Weight, b: Weight) -> Bool { a.rawValue < b.rawValue }
  }
  /// What has to be near by for a word to count that stands for other things as well.
  enum Companion: UInt8, Sendable, Comparable {
    case none, word, number
    static func < (a: Companion, b: Companion) -> Bool { a.rawValue < b.rawValue }
  }

  var category: Category
  var weight: Weight
  /// Stands only between non-letters.
  var isBounded: Bool
  var companion = Companion.none
}

/// All context words and identifiers, looked up by their squeezed, folded hash.
struct Lexicon: Sendable {
  /// By hash; a word may mean several things, for example `pin` and `code`.
  private var meanings: [UInt64: [Meaning]] = [:]
  /// Bytes of the longest term in a script without word boundaries.
  private(set) var unboundedBytesMax = 0
  /// How every term that labels a code or PIN may end: a quick no for most values.
  private(set) var codeEndings: [NameEnding] = []
  /// Endings that mark a code name glued to a vendor's prefix, for example `xcvv`.
  let gluedCodeEndings: [[UInt8]]
  /// Names of codes, PINs and card numbers that count by themselves, folded, without what stands between
  /// their words.
  private(set) var labelTerms: [[UInt8]] = []

  init(_ rules: RuleSet) {
    gluedCodeEndings = ["cvv", "cvc", "cvv2", "cvc2", "ccvv"].map { Array($0.utf8) }
    meanings.reserveCapacity(4096)
    for list in rules.words {
      add(list.pan, .pan, list.bounded)
      add(list.cvv, .cvv, list.bounded)
      add(list.expiry, .expiry, list.bounded)
      add(list.holder, .holder, list.bounded)
      add(list.track, .track, list.bounded)
      add(list.pin, .pin, list.bounded)
      add(list.serviceCode, .serviceCode, list.bounded)
      add(list.brand, .brand, list.bounded)
      for term in list.negative ?? [] { add(term, .negative, .strong, list.bounded) }
    }
    add(rules.identifiers.pan, .pan)
    add(rules.identifiers.cvv, .cvv)
    add(rules.identifiers.expiry, .expiry)
    add(rules.identifiers.holder, .holder)
    add(rules.identifiers.track, .track)
    add(rules.identifiers.pin, .pin)
    add(rules.identifiers.safe, .safe)
    add(rules.identifiers.notCode, .notCode)
  }

  /// What the squeezed name means; empty when nothing is known of it.
  @inline(__always)
  func meanings(of hash: SqueezedHash) -> [Meaning] { meanings[hash.value] ?? [] }

  /// Whether a single word ends like a verification code's name, for example `umcvv2`.
  func endsLikeCode(_ word: ArraySlice<UInt8>) -> Bool {
    gluedCodeEndings.contains {
      word.count <= $0.count + 8 && word.suffix($0.count).elementsEqual($0)
    }
  }

  private mutating func add(
    _ words: WordList.ByWeight?, _ category: Meaning.Category, _ bounded: Bool
  ) {
    guard let words else { return }
    for term in words.strong { add(term, category, .strong, bounded) }
    for term in words.medium ?? [] { add(term, category, .medium, bounded) }
    for term in words.weak ?? [] { add(term, category, .weak, bounded) }
    for term in words.besideWord ?? [] { add(term, category, .medium, bounded, .word) }
    for term in words.besideNumber ?? [] { add(term, category, .medium, bounded, .number) }
  }

  private mutating func add(_ names: Identifiers.Names, _ category: Meaning.Category) {
    for name in names.exact { add(name, category, .strong, true) }
    for name in names.contains { add(name, category, .strong, true) }
  }

  private mutating func add(
    _ term: String, _ category: Meaning.Category, _ weight: Meaning.Weight, _ bounded: Bool,
    _ companion: Meaning.Companion = .none
  ) {
    let meaning = Meaning(
      category: category, weight: weight, isBounded: bounded, companion: companion)
    add(Array(term.utf8), meaning)
    if let other = Lexicon.otherSpelling(term) { add(other, meaning) }
  }

  private mutating func add(_ term: [UInt8], _ meaning: Meaning) {
    var hash = SqueezedHash()
    Lexicon.fold(term, into: &hash)
    if !meaning.isBounded { unboundedBytesMax = max(unboundedBytesMax, term.count) }
    let isCode = meaning.category == .cvv || meaning.category == .pin
    if meaning.weight >= .medium, isCode || meaning.category == .pan {
      var folded = FoldedText()
      Lexicon.fold(term, into: &folded)
      labelTerms.append(folded.bytes)
    }
    if isCode {
      for joiner in Lexicon.joiners {
        var ending = NameEnding()
        Lexicon.fold(term, joiner: joiner, into: &ending)
        codeEndings.append(ending)
      }
    }
    var list = meanings[hash.value] ?? []
    if let index = list.firstIndex(where: { $0.category == meaning.category }) {
      list[index].weight = max(list[index].weight, meaning.weight)
      list[index].companion = max(list[index].companion, meaning.companion)
    } else {
      list.append(meaning)
    }
    meanings[hash.value] = list
  }

  /// What may stand between the words of a name.
  private static let joiners: [UInt8?] = [nil, 0x20, 0x5F, 0x2D, 0x2E]

  /// The term in Windows-1251 where it is Cyrillic, and decomposed where folding does not make both forms
  /// one: Arabic, scripts of India, kana and Hangul.
  private static func otherSpelling(_ term: String) -> [UInt8]? {
    // Most are of the alphabets that end before U+0400; and this is part of every start.
    guard term.utf8.contains(where: { $0 >= 0xD0 }) else { return nil }
    let scalars = term.unicodeScalars
    if scalars.allSatisfy({ $0.value < 0x492 }) { return scalars.map { windows1251($0.value) } }
    let isComposed = scalars.contains { scalar in
      switch scalar.value {
      case 0x600..<0x1100, 0x3040..<0x3100, 0xAC00..<0xD7A4: true
      default: false
      }
    }
    return isComposed ? term._nfd.flatMap { UTF8.encode($0)! } : nil
  }

  /// Of a letter in lower case; from U+0430 to U+044F they lie in the order of Unicode.
  private static func windows1251(_ value: UInt32) -> UInt8 {
    switch value {
    case ..<0x80: UInt8(value)
    case 0x451: 0xB8  // ё
    case 0x454: 0xBA  // є
    case 0x456: 0xB3  // і
    case 0x457: 0xBF  // ї
    case 0x491: 0xB4  // ґ
    default: UInt8(truncatingIfNeeded: value &- 0x350)
    }
  }

  /// - Parameter joiner: stands between words, and before a digit that ends one.
  private static func fold(
    _ term: [UInt8], joiner: UInt8? = nil, into folded: inout some FoldedBytes
  ) {
    term.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let bytes = Bytes(base: base, count: buffer.count)
      var offset = 0
      while offset < bytes.count {
        let c = bytes[offset]
        if c < 0x80, !isWord(c) {
          offset += 1
          continue
        }
        let before = bytes[offset - 1]
        let isJoined = before < 0x80 && !isWord(before) || isLetter(before) && isDigit(c)
        if let joiner, offset > 0, isJoined { folded.add(joiner) }
        offset += Folding.fold(bytes, at: offset, into: &folded)
      }
    }
  }
}
