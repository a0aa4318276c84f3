/// One place where card data or a secret lies, as the outside sees it.
///
/// Holds no digit of a number beyond brand and last four, unless the run asked for `first6last4`.
/// The JSON form is the contract of `reports/schema/result.schema.json`.
package struct Finding: Codable, Sendable, Hashable {
  /// Built from rule, target and place, never from the number; stable from run to run.
  package var id: String
  /// The rule that found it, as `unpan rules explain` knows it.
  package var rule: String
  package var kind: Kind
  /// The brand's id, for example `visa`; `nil` where a kind has none.
  package var brand: String?
  package var last4: String?
  /// The first six digits; only with `--mask first6last4`.
  package var bin: String?
  /// How many digits the number has; for a code, how many digits the code has.
  package var length: Int?
  package var masked: String?
  package var confidence: Confidence
  /// 0 to 100.
  package var score: Int
  package var testNumber: Bool
  /// Why the score is what it is, most telling first, for example `iin:visa` or `field:card_number`.
  package var reasons: [String]
  /// The chain of decodings the number was found behind, outermost first; empty for plain text.
  package var encoding: [String]
  /// Numbers of the PCI DSS requirements it touches.
  package var requirements: [String]
  package var severity: Severity
  package var location: Location
  /// Set when somebody judged it and it fails no run; left out of the JSON when `nil`.
  package var suppression: Suppression?
  /// The line it ends in, where that is another than it begins in. No part of the output.
  package var endLine: Int?

  private enum CodingKeys: String, CodingKey {
    case id, rule, kind, brand, last4, bin, length, masked, confidence, score, testNumber, reasons
    case encoding, requirements, severity, location, suppression
  }

  package init(
    id: String, rule: String, kind: Kind, brand: String? = nil, last4: String? = nil,
    bin: String? = nil, length: Int? = nil, masked: String? = nil, confidence: Confidence,
    score: Int, testNumber: Bool = false, reasons: [String] = [], encoding: [String] = [],
    requirements: [String] = [], severity: Severity, location: Location,
    suppression: Suppression? = nil
  ) {
    self.id = id
    self.rule = rule
    self.kind = kind
    self.brand = brand
    self.last4 = last4
    self.bin = bin
    self.length = length
    self.masked = masked
    self.confidence = confidence
    self.score = score
    self.testNumber = testNumber
    self.reasons = reasons
    self.encoding = encoding
    self.requirements = requirements
    self.severity = severity
    self.location = location
    self.suppression = suppression
  }

  /// What was found.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    case pan, track1, track2, cvv
    case pinBlock = "pin_block"
    case panHash = "pan_hash"
    case splitPAN = "split_pan"
    case secret
    /// A mistake in code that takes payments.
    case integration

    /// Whether PCI DSS calls it sensitive authentication data, which may not be kept at all.
    package var isSensitiveAuthenticationData: Bool {
      switch self {
      case .track1, .track2, .cvv, .pinBlock: true
      case .pan, .panHash, .splitPAN, .secret, .integration: false
      }
    }
  }
}

/// How sure the detector is: high from 80 points, medium from 50, low below.
package enum Confidence: String, Codable, Sendable, CaseIterable, Comparable {
  case low, medium, high

  package init(score: Int) {
    self = score >= 80 ? .high : score >= 50 ? .medium : .low
  }

  private var rank: Int { self == .high ? 2 : self == .medium ? 1 : 0 }
  package static func < (a: Confidence, b: Confidence) -> Bool { a.rank < b.rank }
}

/// How bad a finding is if it is true.
package enum Severity: String, Codable, Sendable, CaseIterable, Comparable {
  case low, medium, high, critical

  private var rank: Int { Severity.allCases.firstIndex(of: self)! }
  package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}
