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

  package init() {}

  /// Results of versions that knew no suppressions have no count of them.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    findings = try values.decode([String: Int].self, forKey: .findings)
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

  package init(version: String, rules: String, started: String, threads: Int, targets: [String]) {
    self.version = version
    self.rules = rules
    self.started = started
    self.threads = threads
    self.targets = targets
  }
}
