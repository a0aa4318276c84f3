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
  package var examined = Coverage.Examined()
  package var excludedCount = 0
  package var notExaminedCount = 0
  package var complete = true
  package var exitCode = 0
  /// Whether only what a policy allows is stored; `nil` unless `unpan verify` asked.
  package var policy: PolicyResult?

  package init() {}

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
