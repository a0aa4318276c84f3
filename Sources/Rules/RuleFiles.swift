import FoundationEssentials
import RuleData

/// A rule file: one of the embedded ones or one from a user's `--rules DIR`.
package struct RuleFile: Sendable {
  /// Path below the rules folder, for example `words/en.json5`; decides what the file holds.
  package var name: String
  package var bytes: Data

  package init(name: String, bytes: Data) {
    self.name = name
    self.bytes = bytes
  }

  /// What the file holds; `nil` when no rule file has such a name.
  package var kind: Kind? { Kind(fileName: name) }

  /// The files in the binary, in the order of their names.
  package static var embedded: [RuleFile] {
    (0..<unpan_rule_file_count()).map { index in
      let file = unpan_rule_file_at(index)
      return RuleFile(
        name: String(cString: file.name), bytes: Data(bytes: file.bytes, count: file.count))
    }
  }

  /// What a rule file holds, told by its name.
  package enum Kind: Sendable, CaseIterable {
    case brands, shapes, scoring, identifiers, testNumbers, secrets, stripeIDs, requirements, policy
    /// Names that the checks of code share.
    case lintNames
    /// One file a language, named after it.
    case words
    /// One file a rule, named after its id.
    case catalogue
    /// One file a check of code, named after its id.
    case lint

    package init?(fileName: String) {
      guard let kind = Kind.allCases.first(where: { $0.matches(fileName) }) else { return nil }
      self = kind
    }

    /// The file's name; for kinds with many files what their names look like.
    package var fileName: String {
      switch self {
      case .brands: "brands.json5"
      case .shapes: "shapes.json5"
      case .scoring: "scoring.json5"
      case .identifiers: "identifiers.json5"
      case .testNumbers: "test-numbers.json5"
      case .secrets: "secrets.json5"
      case .stripeIDs: "stripe-ids.json5"
      case .requirements: "requirements.json5"
      case .policy: "policy.json5"
      case .words: "words/LANGUAGE.json5"
      case .catalogue: "catalogue/RULE.json5"
      case .lintNames: "lint-names.json5"
      case .lint: "lint/RULE.json5"
      }
    }

    /// Every key that may stand in such a file, at any depth; `nil` for any.
    package var keys: Set<String>? {
      switch self {
      case .brands:
        [
          "id", "name", "ranges", "withdrawn", "codeDigits", "prefixes", "lengths", "base",
          "catchAll", "withoutLuhn",
        ]
      case .shapes: ["groupings", "separators", "groups", "points", "id", "text", "other"]
      case .scoring:
        [
          "label", "nearby", "nearbyBesideNegativeMax", "negativeLabel", "lookAlike", "glued",
          "expiryBeside", "codeBeside", "brandBeside", "testNumber", "trailingZeros",
          "oneMoreGroup", "luhnRate", "issuerRate", "unionPayWithoutLuhn", "strong", "medium",
          "weak",
        ]
      case .identifiers:
        [
          "pan", "cvv", "expiry", "holder", "track", "pin", "safe", "notCode", "exact", "contains",
        ]
      case .testNumbers: ["source", "brand", "luhn", "numbers"]
      case .secrets:
        [
          "id", "name", "prefix", "infix", "heads", "alsoAllowed", "lengthMin", "lengthMax",
          "severity", "live",
        ]
      case .stripeIDs: ["id", "prefix", "lengthMin"]
      case .requirements: ["id", "short"]
      case .policy: ["allow", "failOn", "accept", "store", "table", "column", "reason"]
      case .words:
        [
          "language", "bounded", "pan", "cvv", "expiry", "holder", "track", "pin", "serviceCode",
          "brand", "negative", "strong", "medium", "weak", "besideWord", "besideNumber",
        ]
      case .catalogue:
        [
          "id", "title", "kind", "severity", "requirements", "what", "why", "fix", "match",
          "noMatch", "text", "count", "note",
        ]
      case .lintNames: nil
      case .lint:
        [
          "id", "title", "kind", "severity", "confidence", "requirements", "languages",
          "reference", "what", "why", "fix", "needs", "skipsTests", "once", "checks", "find",
          "where", "in", "any", "none", "bad", "good", "language", "text", "count", "note",
        ]
      }
    }

    private func matches(_ name: String) -> Bool {
      switch self {
      case .words, .catalogue, .lint:
        let folder = self == .words ? "words/" : self == .lint ? "lint/" : "catalogue/"
        guard name.hasPrefix(folder), name.hasSuffix(".json5") else { return false }
        let stem = name.dropFirst(folder.count).dropLast(6)
        return !stem.isEmpty && !stem.contains("/")
      default: return name == fileName
      }
    }
  }
}
