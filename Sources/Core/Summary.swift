/// The last word of a run: totals and the verdict.
package struct Summary: Codable, Sendable, Equatable {
  /// Findings reported, by kind.
  package var findings: [String: Int] = [:]
  package var bySeverity: [String: Int] = [:]
  package var byConfidence: [String: Int] = [:]
  /// Findings below the reporting threshold: counted, not listed.
  package var belowThreshold = 0
  /// Published test numbers among the findings reported.
  package var testNumbers = 0
  /// Test numbers left out by `--test-numbers ignore`.
  package var testNumbersIgnored = 0
  /// Findings among those reported that fail no run, because somebody judged them.
  package var suppressed = 0
  package var examined = Coverage.Examined()
  package var excludedCount = 0
  package var notExaminedCount = 0
  package var complete = true
  package var exitCode = 0
  /// How the run compares with the inventory it was given.
  package var inventory: InventoryReport?
  /// What changed since the run it was compared with.
  package var change: ChangeReport?
  /// How the records of a migration add up.
  package var migration: MigrationReport?
  /// Whether only what a policy allows is stored; `nil` unless `unpan verify` asked.
  package var policy: PolicyResult?

  package init() {}

  /// Results of versions that knew no suppressions have no count of them.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let kinds = try values.decodeIfPresent([KindCount].self, forKey: .byKind) {
      findings = Dictionary(kinds.map { ($0.kind, $0.count) }, uniquingKeysWith: +)
    } else {
      findings = try values.decode([String: Int].self, forKey: .findings)
    }
    bySeverity = try values.decode([String: Int].self, forKey: .bySeverity)
    byConfidence = try values.decode([String: Int].self, forKey: .byConfidence)
    belowThreshold = try values.decode(Int.self, forKey: .belowThreshold)
    testNumbers = try values.decode(Int.self, forKey: .testNumbers)
    testNumbersIgnored = try values.decode(Int.self, forKey: .testNumbersIgnored)
    suppressed = try values.decodeIfPresent(Int.self, forKey: .suppressed) ?? 0
    examined = try values.decode(Coverage.Examined.self, forKey: .examined)
    excludedCount = try values.decode(Int.self, forKey: .excludedCount)
    notExaminedCount = try values.decode(Int.self, forKey: .notExaminedCount)
    complete = try values.decode(Bool.self, forKey: .complete)
    exitCode = try values.decode(Int.self, forKey: .exitCode)
    inventory = try values.decodeIfPresent(InventoryReport.self, forKey: .inventory)
    change = try values.decodeIfPresent(ChangeReport.self, forKey: .change)
    migration = try values.decodeIfPresent(MigrationReport.self, forKey: .migration)
    policy = try values.decodeIfPresent(PolicyResult.self, forKey: .policy)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    let kinds = findings.sorted { $0.key < $1.key }.map { KindCount(kind: $0.key, count: $0.value) }
    try values.encode(kinds, forKey: .byKind)
    try values.encode(bySeverity, forKey: .bySeverity)
    try values.encode(byConfidence, forKey: .byConfidence)
    try values.encode(belowThreshold, forKey: .belowThreshold)
    try values.encode(testNumbers, forKey: .testNumbers)
    try values.encode(testNumbersIgnored, forKey: .testNumbersIgnored)
    if suppressed > 0 { try values.encode(suppressed, forKey: .suppressed) }
    try values.encode(examined, forKey: .examined)
    try values.encode(excludedCount, forKey: .excludedCount)
    try values.encode(notExaminedCount, forKey: .notExaminedCount)
    try values.encode(complete, forKey: .complete)
    try values.encode(exitCode, forKey: .exitCode)
    try values.encodeIfPresent(inventory, forKey: .inventory)
    try values.encodeIfPresent(change, forKey: .change)
    try values.encodeIfPresent(migration, forKey: .migration)
    try values.encodeIfPresent(policy, forKey: .policy)
  }

  /// Counts by kind are a list: a key such as `cvv` with a number of three digits behind it is what a
  /// scan of this very file would report.
  private struct KindCount: Codable {
    var kind: String
    var count: Int
  }

  private enum CodingKeys: String, CodingKey {
    case byKind, findings, bySeverity, byConfidence, belowThreshold, testNumbers
    case testNumbersIgnored, suppressed, examined, excludedCount, notExaminedCount, complete
    case exitCode, inventory, change, migration, policy
  }

  package var findingCount: Int { findings.values.reduce(0, +) }
}

/// Who, when and with what: everything that differs between two runs over the same input.
package struct RunInfo: Codable, Sendable, Equatable {
  package var tool = "unpan"
  package var version: String
  /// SHA-256 is not ours to compute by hand; this is the rule set's own version text.
  package var rules: String
  package var started: String
  package var finished: String?
  package var threads: Int
  package var targets: [String]
  /// Findings below it are counted and not told; `nil` where a result does not say.
  package var minConfidence: Confidence?

  package init(version: String, rules: String, started: String, threads: Int, targets: [String]) {
    self.version = version
    self.rules = rules
    self.started = started
    self.threads = threads
    self.targets = targets
  }
}
