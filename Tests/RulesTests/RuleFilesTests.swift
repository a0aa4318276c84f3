import Core
import Foundation
import Rules
import Testing

/// The checkout this test was built from.
private let checkout = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Stripe's test cards, when the folder of facts lies beside the checkout.
private let stripeTestCards = checkout.deletingLastPathComponent()
  .appending(path: "shared/facts/stripe/test_cards.json")

@Suite struct RuleFilesTests {
  let rules: RuleSet

  init() throws { rules = try RuleSet.load() }

  @Test func `every rule file is embedded, byte for byte`() throws {
    let folder = checkout.appending(path: "rules")
    let walker = try #require(FileManager.default.enumerator(atPath: folder.path))
    let names = walker.compactMap { $0 as? String }.filter { $0.hasSuffix(".json5") }.sorted()
    let embedded = RuleFile.embedded
    #expect(embedded.map(\.name) == names)
    for file in embedded {
      #expect(try Data(contentsOf: folder.appending(path: file.name)) == file.bytes, "\(file.name)")
    }
  }

  @Test(arguments: RuleFile.embedded.map(\.name))
  func `every embedded file passes the checks a user's file gets`(name: String) throws {
    let file = try #require(RuleFile.embedded.first { $0.name == name })
    try RuleSet.check(file)
  }

  @Test func `all parts are there`() {
    #expect(rules.brands.count >= 35)
    #expect(rules.words.count == 29)
    #expect(rules.words.first { $0.language == "ja" }?.bounded == false)
    #expect(rules.words.first { $0.language == "en" }?.negative?.contains("imei") == true)
    #expect(rules.testNumbers.flatMap(\.numbers).count > 350)
    #expect(
      rules.rules.map(\.id).sorted() == [
        "cvv", "pan", "pan-hash", "pin-block", "secret", "split-pan", "track1", "track2",
      ])
    #expect(rules.shapes.separators.contains { Array($0.text.utf8) == [0xC2, 0xA0] })
    #expect(rules.scoring.label.strong == 45)
    #expect(!RuleSet.version.isEmpty)
  }

  @Test func `prefixes of one brand and width that share a length do not overlap`() throws {
    for brand in rules.brands {
      var seen: [(low: String, high: String, range: Brand.IssuerRange)] = []
      for range in brand.ranges where range.withoutLuhn != true {
        for prefix in range.prefixes {
          let (low, high) = try #require(Brand.IssuerRange.bounds(of: prefix))
          for other in seen
          where other.low.count == low.count && low <= other.high && other.low <= high
            && (range.catchAll ?? false) == (other.range.catchAll ?? false)
          {
            #expect(
              Set(range.lengths).isDisjoint(with: other.range.lengths), "\(brand.id) \(prefix)")
          }
          seen.append((low, high, range))
        }
      }
    }
  }

  @Test func `active brands do not claim the same prefix and length`() throws {
    var owners: [(low: String, high: String, lengths: Set<Int>, brand: String)] = []
    for brand in rules.brands where brand.withdrawn != true {
      for range in brand.ranges where range.withoutLuhn != true && range.catchAll != true {
        for prefix in range.prefixes {
          let (low, high) = try #require(Brand.IssuerRange.bounds(of: prefix))
          for other in owners
          where other.brand != brand.id && other.low.count == low.count && low <= other.high
            && other.low <= high
          {
            #expect(
              other.lengths.isDisjoint(with: range.lengths),
              "\(brand.id), \(other.brand): \(prefix)")
          }
          owners.append((low, high, Set(range.lengths), brand.id))
        }
      }
    }
  }

  @Test func `main brands report a bare number of the usual length`() throws {
    let usual = [
      "visa": 16, "mastercard": 16, "amex": 15, "diners": 14, "discover": 16, "jcb": 16,
      "unionpay": 16, "maestro": 16, "mir": 16, "elo": 16, "hipercard": 16, "troy": 16,
    ]
    for (id, length) in usual {
      let brand = try #require(rules.brands.first { $0.id == id })
      #expect(brand.ranges.contains { $0.lengths.contains(length) && $0.base >= 50 }, "\(id)")
    }
  }

  @Test func `every test number has the right check digit unless marked, and a known brand`() {
    let ids = Set(rules.brands.map(\.id))
    for test in rules.testNumbers {
      for number in test.numbers {
        #expect(
          TestNumbers.passesLuhn(number) == (test.luhn ?? true), "\(test.source), \(test.brand)")
      }
      #expect(ids.contains(test.brand))
    }
    #expect(rules.testNumbers.filter { $0.luhn == false }.map(\.numbers.count) == [1])
  }

  @Test func `every requirement a rule names is listed`() {
    let known = Set(rules.requirements.map(\.id))
    for rule in rules.rules {
      #expect(!rule.requirements.isEmpty && known.isSuperset(of: rule.requirements), "\(rule.id)")
    }
  }

  @Test func `explanations are whole sentences without line breaks`() {
    for rule in rules.rules {
      for text in [rule.what, rule.why, rule.fix] {
        #expect(!text.contains("\n") && !text.contains("  ") && text.hasSuffix("."), "\(rule.id)")
      }
    }
  }

  @Test func `a name is not both the code and no code`() {
    let names = rules.identifiers
    #expect(Set(names.cvv.exact).isDisjoint(with: names.notCode.exact))
    #expect(Set(names.pan.exact).isDisjoint(with: names.safe.exact))
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: stripeTestCards.path),
      "skipped: no ../shared/facts beside this checkout to compare with"))
  func `every published Stripe test card is in the list`() throws {
    struct Published: Decodable {
      struct Card: Decodable {
        var number: String
        var brand: String
      }
      var cards: [Card]
    }
    let published = try JSONDecoder().decode(
      Published.self, from: Data(contentsOf: stripeTestCards))
    #expect(published.cards.count > 100)
    let brands = Dictionary(
      uniqueKeysWithValues: rules.testNumbers.flatMap { group in
        group.numbers.map { ($0, group.brand) }
      })
    for (index, card) in published.cards.enumerated() {
      #expect(brands[card.number] == card.brand, "card \(index)")
    }
  }
}
