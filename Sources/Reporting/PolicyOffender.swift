import Core

/// A column, or a store as a whole, that keeps a target-state policy from passing: one entry of the
/// formats that list what is wrong.
struct PolicyOffender {
  var store: PolicyResult.Store
  /// `nil` for the store itself.
  var column: PolicyResult.Column?
  var isForbidden: Bool
  var problems: [PolicyResult.Problem]

  /// What every format calls the check.
  static let rule = "target-state"
  /// What a code scanning page says about it.
  static let ruleText = RuleText(
    id: rule, title: "Target state", severity: "high", requirements: ["3.2.1"],
    what: "A column that holds what the target-state policy does not allow, or of which nobody can "
      + "tell what it holds.",
    why: "After a migration only identifiers of the payment provider, brand, last four digits and "
      + "expiry may be left; everything else is account data that was forgotten, or may be.",
    fix:
      "Remove the values, or name the column in the policy with the reason why it may stay; then "
      + "run unpan verify again.")

  /// Columns that do not pass, the forbidden ones first, each in the order of the run; then what speaks
  /// against a store beside its columns. Findings and unread places of a store are left out: they are
  /// told as such.
  static func all(_ policy: PolicyResult) -> [PolicyOffender] {
    var forbidden: [PolicyOffender] = []
    var unproven: [PolicyOffender] = []
    for store in policy.stores {
      for column in store.columns where !column.verdict.passes {
        let isForbidden = column.verdict == .forbidden
        let offender = PolicyOffender(
          store: store, column: column, isForbidden: isForbidden, problems: column.problems)
        if isForbidden { forbidden.append(offender) } else { unproven.append(offender) }
      }
      let others = store.problems.filter { $0.kind != .finding && $0.kind != .notRead }
      guard !others.isEmpty else { continue }
      let isFailed = store.verdict == .failed
      let offender = PolicyOffender(
        store: store, column: nil, isForbidden: isFailed, problems: others)
      if isFailed { forbidden.append(offender) } else { unproven.append(offender) }
    }
    return forbidden + unproven
  }

  /// Where it is; the field is the column.
  var location: Location {
    Location(
      target: store.target, path: store.path, table: column?.table, field: column?.column)
  }

  /// `forbidden` or `not proven`.
  var word: String { isForbidden ? "forbidden" : "not proven" }

  /// What speaks against it, safe to show.
  var reasons: String { problems.map(PolicyText.sentence).joined(separator: "; ") }

  /// For example `Target state: forbidden, 2 card numbers found: id=7, id=9`.
  var sentence: String {
    reasons.isEmpty ? "Target state: \(word)" : "Target state: \(word), \(reasons)"
  }

  var severity: Severity { isForbidden ? .high : .medium }

  /// Stable from run to run: made of the names, in which card numbers are masked.
  var fingerprint: String {
    PlaceHash.text(
      [store.target, store.path ?? "", column?.table ?? "", column?.column ?? ""],
      prefix: "target-state-")
  }
}

/// FNV-1a over names, for entries that are about a place and have no id of their own.
enum PlaceHash {
  static func text(_ names: [String], prefix: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for text in names {
      for byte in NumberGuard.masked(text).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    return prefix + String(hash, radix: 16)
  }
}
