/// Everything the rule files say, decoded and checked; detection compiles its tables from it.
package struct RuleSet: Sendable {
  package var brands: [Brand]
  package var shapes: Shapes
  package var scoring: Scoring
  package var words: [WordList]
  package var identifiers: Identifiers
  package var testNumbers: [TestNumbers]
  package var secrets: [Secret]
  package var stripeIDs: [IDShape]
  /// The catalogue: one entry a rule, with its explanation and its texts.
  package var rules: [Rule]
  package var requirements: [Requirement]
  package var policy: TargetPolicy

  package init(
    brands: [Brand], shapes: Shapes, scoring: Scoring, words: [WordList], identifiers: Identifiers,
    testNumbers: [TestNumbers], secrets: [Secret], stripeIDs: [IDShape], rules: [Rule],
    requirements: [Requirement], policy: TargetPolicy
  ) {
    self.brands = brands
    self.shapes = shapes
    self.scoring = scoring
    self.words = words
    self.identifiers = identifiers
    self.testNumbers = testNumbers
    self.secrets = secrets
    self.stripeIDs = stripeIDs
    self.rules = rules
    self.requirements = requirements
    self.policy = policy
  }
}

/// A card brand with its issuer ranges (`rules/brands.json5`).
package struct Brand: Codable, Sendable {
  package var id: String
  package var name: String
  package var ranges: [IssuerRange]
  /// Issues no cards any more; an active brand wins over it.
  package var withdrawn: Bool?
  /// Digits of its verification code; 3 unless said.
  package var codeDigits: Int?

  /// Prefixes with the lengths that go with them.
  package struct IssuerRange: Codable, Sendable {
    /// `"4"`, `"51-55"`, `"222100-272099"`; both ends have the same number of digits.
    package var prefixes: [String]
    package var lengths: [Int]
    /// Points a bare number starts with, by what stands for it alone; 50 reports it by itself.
    package var base: Int
    /// A catch-all range loses against every other and does not count for the issuer rate.
    package var catchAll: Bool?
    /// Numbers that need not pass Luhn; off unless asked for and only beside a card word.
    package var withoutLuhn: Bool?
  }
}

/// How digits may be grouped and what may stand between groups (`rules/shapes.json5`).
package struct Shapes: Codable, Sendable {
  package var groupings: [Grouping]
  package var separators: [Separator]

  /// How many bytes may stand between two groups: the widths that the number kernel asks for.
  package static let separatorWidths = 1...8

  package struct Grouping: Codable, Sendable {
    /// For example `[4, 4, 4, 4]`.
    package var groups: [Int]
    /// Added to the score; negative for unusual groupings.
    package var points: Int
  }

  package struct Separator: Codable, Sendable {
    /// For the reason, for example `space`.
    package var id: String
    /// The text between two groups; matched as UTF-8 bytes, `Shapes.separatorWidths` of them.
    package var text: String
    /// The same in encodings other than UTF-8, as bytes in hex, for example `["A0"]`.
    package var other: [String]?
    /// Added to the score.
    package var points: Int

    /// The bytes of `other`; empty ones for what is no hex.
    package var otherBytes: [[UInt8]] {
      (other ?? []).map { hex in
        let digits = hex.compactMap(\.hexDigitValue)
        guard digits.count == hex.count, hex.count.isMultiple(of: 2) else { return [] }
        return stride(from: 0, to: digits.count, by: 2).map {
          UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
      }
    }
  }
}

/// The points of each piece of evidence (`rules/scoring.json5`).
package struct Scoring: Codable, Sendable {
  /// For a label directly left of the number, a column or a header, by the word's weight.
  package var label: ByWeight
  /// For a word nearby; the larger of label and nearby counts.
  package var nearby: ByWeight
  /// The most that nearby words add beside a negative label.
  package var nearbyBesideNegativeMax: Int
  package var negativeLabel: Int
  package var lookAlike: Int
  package var glued: Int
  package var expiryBeside: Int
  package var codeBeside: Int
  package var brandBeside: Int
  package var testNumber: Int
  package var trailingZeros: Int
  package var oneMoreGroup: Int
  package var luhnRate: Int
  package var issuerRate: Int
  package var unionPayWithoutLuhn: Int

  package struct ByWeight: Codable, Sendable {
    package var strong: Int
    package var medium: Int
    package var weak: Int
  }
}

/// Context words of one language (`rules/words/<language>.json5`).
package struct WordList: Codable, Sendable {
  package var language: String
  /// Terms match only between non-letters; false for scripts without word boundaries.
  package var bounded: Bool
  package var pan: ByWeight?
  package var cvv: ByWeight?
  package var expiry: ByWeight?
  package var holder: ByWeight?
  package var track: ByWeight?
  package var pin: ByWeight?
  package var serviceCode: ByWeight?
  package var brand: ByWeight?
  /// Labels of numbers that are no cards; see also `rules/look-alikes.json5`.
  package var negative: [String]?

  /// Lower-case terms, tokens separated by one space.
  package struct ByWeight: Codable, Sendable {
    package var strong: [String]
    package var medium: [String]?
    package var weak: [String]?
    /// Stand for other things as well, and count only beside a word for cards or a card number.
    package var besideWord: [String]?
    /// The same, only beside a card number.
    package var besideNumber: [String]?

    /// All of them by the key that holds them.
    package var lists: [(key: String, terms: [String])] {
      [
        ("strong", strong), ("medium", medium ?? []), ("weak", weak ?? []),
        ("besideWord", besideWord ?? []), ("besideNumber", besideNumber ?? []),
      ]
    }
  }
}

/// Names of fields, columns and keys (`rules/identifiers.json5`), lower-case without separators.
package struct Identifiers: Codable, Sendable {
  package var pan: Names
  package var cvv: Names
  package var expiry: Names
  package var holder: Names
  package var track: Names
  package var pin: Names
  /// Expected after a migration; negative evidence for a PAN.
  package var safe: Names
  /// Keys that contain a code word but hold none, for example `cvv_result`.
  package var notCode: Names

  package struct Names: Codable, Sendable {
    /// The whole name, separators and case removed.
    package var exact: [String]
    /// A sequence of tokens anywhere in the name, separated by a space.
    package var contains: [String]
  }
}

/// Numbers of one brand that some processor publishes for testing (`rules/test-numbers.json5`).
package struct TestNumbers: Codable, Sendable {
  /// Who publishes them, for example `stripe`.
  package var source: String
  package var brand: String
  /// False for numbers whose check digit is wrong on purpose.
  package var luhn: Bool?
  package var numbers: [String]
}

/// A Stripe key or client secret (`rules/secrets.json5`).
package struct Secret: Codable, Sendable {
  package var id: String
  package var name: String
  /// What every one begins with, for example `sk_live_`.
  package var prefix: String?
  /// What stands in the middle, for example `_secret_`, after one of `heads` and an id.
  package var infix: String?
  package var heads: [String]?
  /// Characters after the prefix or infix: letters and digits, and these.
  package var alsoAllowed: String?
  package var lengthMin: Int
  package var lengthMax: Int
  package var severity: String
  /// Works against live data (false for test mode keys).
  package var live: Bool
}

/// The shape of an id (`rules/stripe-ids.json5`).
package struct IDShape: Codable, Sendable {
  package var id: String
  package var prefix: String
  package var lengthMin: Int
}

/// One rule of the catalogue (`rules/rules/<id>.json5` in spirit; one file a rule).
package struct Rule: Codable, Sendable {
  package var id: String
  package var title: String
  package var kind: String
  package var severity: String
  package var requirements: [String]
  /// What it looks for and how, for `unpan rules explain`.
  package var what: String
  package var why: String
  package var fix: String
  /// Texts it must find, and how often (1 unless said).
  package var match: [Example]
  /// Texts it must leave alone.
  package var noMatch: [Example]

  package struct Example: Codable, Sendable {
    package var text: String
    package var count: Int?
    package var note: String?
  }
}

/// A PCI DSS requirement number with our own words for it (`rules/requirements.json5`).
package struct Requirement: Codable, Sendable {
  package var id: String
  package var short: String

  package init(id: String, short: String) {
    self.id = id
    self.short = short
  }
}
