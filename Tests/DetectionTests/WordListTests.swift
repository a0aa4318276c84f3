import Detection
import Foundation
import Rules
import TestSupport
import Testing

/// Every word of the rules, as people and programs write labels.
@Suite struct WordListTests {
  private static let rules: RuleSet = {
    do { return try RuleSet.load() } catch { preconditionFailure("rules: \(error)") }
  }()

  /// Behind a line, for the first bytes of a text are looked at more closely than others.
  private static let before = "Nothing in this line says what the next one is about, by design.\n"

  /// As it stands, in upper case, with marks of their own, without marks, and as a name in code.
  private static func spellings(_ word: String) -> Set<String> {
    let decomposed = word.decomposedStringWithCanonicalMapping
    // Without its hooks and dots, Vietnamese is English: `thẻ`, `the`.
    let marks = (0x300...0x36F).filter { $0 != 0x309 && $0 != 0x323 }.map { UInt32($0) }
    let bare = String(
      String.UnicodeScalarView(decomposed.unicodeScalars.filter { !marks.contains($0.value) }))
    return [
      word, word.uppercased(), decomposed, bare, bare.uppercased(),
      word.replacing(" ", with: "_"), word.replacing(" ", with: "-"),
    ]
  }

  /// Gives the spellings and forms of words in which a value is not found.
  private func misses(
    _ words: some Sequence<String>, value: String, isFound: (Hit) -> Bool
  ) -> [String] {
    let scanner = Detection.Scanner(detector)
    return words.flatMap { word in
      WordListTests.spellings(word).sorted().flatMap { label in
        ["\(label): \(value)\n", "{\"\(label)\":\"\(value)\"}\n"].filter { text in
          !scan(Array((WordListTests.before + text).utf8), using: scanner).contains(where: isFound)
        }.map { $0.replacing(value, with: "").debugDescription }
      }
    }
  }

  @Test func `every word for a code labels one however it is spelt`() {
    let lists = WordListTests.rules.words.compactMap(\.cvv)
    let names = WordListTests.rules.identifiers.cvv
    let words = Set(lists.flatMap { $0.strong + ($0.medium ?? []) } + names.exact + names.contains)
      .subtracting(lists.flatMap { ($0.besideWord ?? []) + ($0.besideNumber ?? []) })
    #expect(misses(words.sorted(), value: "737") { $0.rule == .cvv } == [])
  }

  @Test func `words that stand for other things too label a code beside what they ask for alone`() {
    let lists = WordListTests.rules.words.compactMap(\.cvv)
    let besideWord = lists.flatMap { $0.besideWord ?? [] }
    let besideNumber = lists.flatMap { $0.besideNumber ?? [] }
    #expect(!besideWord.isEmpty && !besideNumber.isEmpty)
    for word in besideWord + besideNumber {
      func isFound(_ text: String) -> Bool {
        scan(WordListTests.before + text).contains { $0.rule == .cvv }
      }
      #expect(!isFound("\(word): 737\n"), "\(word)")
      #expect(isFound("visa \(word): 737\n") == besideWord.contains(word), "\(word)")
      #expect(isFound("4242424242424242 \(word): 737\n"), "\(word)")
      #expect(!isFound("id,\(word)\n1,737\n"), "\(word)")
      #expect(scan("id,\(word)\n1,737\n").isEmpty, "\(word)")
      #expect(scan("card number,\(word)\nx,737\n").map(\.rule) == [.cvv], "\(word)")
      let name = word.replacing(" ", with: "_")
      #expect(scan("INSERT INTO t (id, \(name)) VALUES (1, '737');\n").isEmpty, "\(word)")
    }
  }

  @Test(arguments: [String.Encoding.windowsCP1252, .windowsCP1251])
  func `every word for a code labels one in the encoding of old programs`(
    encoding: String.Encoding
  ) {
    let lists = WordListTests.rules.words.compactMap(\.cvv)
    let words = Set(lists.flatMap { $0.strong }.filter { !$0.utf8.allSatisfy { $0 < 0x80 } })
    let scanner = Detection.Scanner(detector)
    var count = 0
    for word in words.sorted() {
      let line = "\(WordListTests.before)\(word): 737\n"
      guard let text = line.data(using: encoding) else { continue }
      count += 1
      #expect(scan(Array(text), using: scanner).map(\.rule) == [.cvv], "\(word)")
    }
    #expect(count > 5)
  }

  @Test func `words that only look like a card's without their marks are none`() {
    var random = SplitMix(seed: 7)
    let number = TestCards.number("453957", 16, using: &random)
    for text in ["the \(number)", "so the \(number)", "The: \(number)"] {
      let hits = scan(text)
      #expect(hits.count == 1)
      #expect(hits.allSatisfy { $0.evidence.isDisjoint(with: [.label, .field, .nearbyWord]) })
    }
  }

  @Test func `every word for a card number labels one however it is spelt`() {
    let lists = WordListTests.rules.words.compactMap(\.pan)
    let words = Set(lists.flatMap { $0.strong + ($0.medium ?? []) })
    var random = SplitMix(seed: 7)
    let number = TestCards.number("453957", 16, using: &random)
    let missed = misses(words.sorted(), value: number) {
      $0.rule == .pan && !$0.evidence.isDisjoint(with: [.label, .field])
    }
    #expect(missed == [])
  }
}
