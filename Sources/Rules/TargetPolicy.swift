import Core
import FoundationEssentials

/// What `unpan verify` lets stay (`rules/policy.json5`, or a user's file).
package struct TargetPolicy: Codable, Sendable, Equatable {
  /// Classes of values, as `ColumnProfile.Class` spells them.
  package var allow: [String]
  /// What is wrong with ids and fails a store, as `PolicyResult.Problem.Kind` spells it.
  package var failOn: [String]
  /// Columns that pass although nobody can tell what they hold.
  package var accept: [Accepted]?

  package init(allow: [String], failOn: [String], accept: [Accepted]? = nil) {
    self.allow = allow
    self.failOn = failOn
    self.accept = accept
  }

  /// Columns by name, where a star stands for anything.
  package struct Accepted: Codable, Sendable, Equatable {
    /// The database's path or address; any when left out.
    package var store: String?
    package var table: String
    package var column: String
    /// Why, for whoever reads the policy later.
    package var reason: String

    package init(store: String? = nil, table: String, column: String, reason: String) {
      self.store = store
      self.table = table
      self.column = column
      self.reason = reason
    }
  }

  /// Classes that a policy may allow.
  package static let allowable = [
    "stripe-customer", "stripe-payment-method", "stripe-card", "stripe-source", "stripe-intent",
    "stripe-other", "brand", "last4", "expiry", "bin", "truncated", "opaque",
  ]
  /// What a policy may fail on.
  package static let problems = ["malformed-ids", "mixed-modes", "duplicate-ids", "orphaned-ids"]

  private static let hint =
    "rules/policy.json5 of unpan's sources is the built-in policy, to begin with"

  /// Reads a user's policy.
  /// - Throws: `RuleError` when it cannot be read, decoded or believed.
  package static func load(file path: String) throws(RuleError) -> TargetPolicy {
    try read(file: path).policy
  }

  /// As `load`, with the file as it was read, for the evidence.
  package static func read(
    file path: String
  ) throws(RuleError) -> (policy: TargetPolicy, bytes: [UInt8]) {
    do throws(RuleError) {
      let file = try SettingsFile(path: path, keys: RuleFile.Kind.policy.keys)
      let policy = try file.decode(TargetPolicy.self) { policy in
        RuleCheck().policy(policy).map { SettingsFile.Problem($0.path, $0.expected) }
      }
      return (policy, file.bytes)
    } catch {
      var error = error
      error.hint = hint
      throw error
    }
  }
}

extension RuleCheck {
  func policy(_ policy: TargetPolicy) -> Problem? {
    for (index, word) in policy.allow.enumerated() where !TargetPolicy.allowable.contains(word) {
      return Problem(
        "allow[\(index)]", "one of " + TargetPolicy.allowable.joined(separator: ", "))
    }
    for (index, word) in policy.failOn.enumerated() where !TargetPolicy.problems.contains(word) {
      return Problem(
        "failOn[\(index)]", "one of " + TargetPolicy.problems.joined(separator: ", "))
    }
    for (index, accepted) in (policy.accept ?? []).enumerated() {
      if accepted.table.isEmpty || accepted.column.isEmpty {
        return Problem("accept[\(index)]", "the names of a table and a column, or stars")
      }
      if accepted.reason.isEmpty { return Problem("accept[\(index)].reason", "a reason") }
    }
    return nil
  }
}
