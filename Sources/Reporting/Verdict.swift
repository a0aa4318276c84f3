import Core

/// The last lines of a report: what came out, and what the exit code means.
struct Verdict {
  private let summary: Summary

  init(_ summary: Summary) { self.summary = summary }

  func lines(_ layout: TextLayout) -> [String] {
    [layout.styled(headline, style)]
      + layout.wrapped("exit code \(summary.exitCode): \(meaning)", indent: 0)
  }

  var isInterrupted: Bool {
    summary.exitCode == Int(ExitCode.interrupted.rawValue)
      || summary.exitCode == Int(ExitCode.terminated.rawValue)
  }

  /// For example `CARD DATA FOUND: 10 findings (2 critical, 8 high)`.
  var headline: String {
    let count = summary.findingCount
    if let policy = decidingPolicy { return PolicyText.headline(policy) }
    if count == 0, isInterrupted { return "STOPPED EARLY: NOTHING FOUND SO FAR" }
    if count == 0 {
      if !summary.complete { return "NOTHING FOUND, BUT NOT EVERYTHING WAS READ" }
      if !isReconciled { return "NOTHING FOUND, BUT THE MIGRATION DOES NOT ADD UP" }
      return isAccepted ? "NOTHING FOUND" : "NOTHING FOUND, BUT THE RUN DID NOT PASS"
    }
    let isSecretOnly = summary.findings["secret"] == count
    let mistakes = summary.findings["integration", default: 0]
    let isCodeOnly = mistakes > 0 && mistakes + summary.findings["secret", default: 0] == count
    var text =
      summary.suppressed == count
      ? "ONLY SUPPRESSED FINDINGS"
      : isSecretOnly
        ? "SECRETS FOUND"
        : isCodeOnly
          ? "INTEGRATION MISTAKES FOUND"
          : summary.testNumbers == count ? "ONLY TEST NUMBERS FOUND" : "CARD DATA FOUND"
    if isInterrupted {
      text += ", STOPPED EARLY"
    } else if !summary.complete {
      text += ", AND NOT EVERYTHING WAS READ"
    }
    let suppressed =
      summary.suppressed > 0 && summary.suppressed < count
      ? ", \(Wording.decimal(summary.suppressed)) of them suppressed" : ""
    return "\(text): \(Wording.count(count, "finding"))\(severities)\(suppressed)"
  }

  /// A run that failed is never green, whatever this text knows of.
  private var isAccepted: Bool { summary.exitCode == Int(ExitCode.clean.rawValue) }

  /// Whether a migration's records add up, where there was one.
  private var isReconciled: Bool { summary.migration.map(MigrationText.isGood) ?? true }

  /// The policy's verdict, unless something else went wrong and only it did not.
  private var decidingPolicy: PolicyResult? {
    guard let policy = summary.policy, !isInterrupted else { return nil }
    return policy.verdict == .passed && !isReconciled ? nil : policy
  }

  /// For example ` (3 critical, 50 high)`.
  private var severities: String {
    let parts = Severity.allCases.reversed().compactMap { severity in
      summary.bySeverity[severity.rawValue].flatMap { count in
        count > 0 ? "\(Wording.decimal(count)) \(severity.rawValue)" : nil
      }
    }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }

  private var style: TextLayout.Style {
    if summary.findingCount > max(summary.testNumbers, summary.suppressed) || !summary.complete {
      return .red
    }
    if let policy = summary.policy, policy.verdict != .passed { return .red }
    if !isReconciled { return .red }
    if summary.findingCount == 0, !isAccepted { return .red }
    return summary.findingCount > 0 ? .yellow : .green
  }

  private func meaning(_ policy: PolicyResult) -> String {
    switch policy.verdict {
    case .passed: "every column and every file was read and passes"
    case .unproven: "nothing forbidden was seen, but not everything could be proven"
    case .failed: "something is stored that the policy forbids"
    }
  }

  /// What the exit code says, in words.
  var meaning: String {
    if let policy = decidingPolicy { return meaning(policy) }
    let missed =
      Wording.count(summary.notExaminedCount, "place") + " not examined"
    switch Int32(summary.exitCode) {
    case ExitCode.clean.rawValue:
      let left = summary.findingCount > 0 ? "nothing at or above the threshold" : "nothing found"
      return summary.complete ? "\(left), everything read" : "\(left); \(missed), which was allowed"
    case ExitCode.findings.rawValue:
      let what = summary.findingCount == 0 && !isReconciled ? "records are open" : "findings"
      return summary.complete ? "\(what); everything was read" : "\(what); \(missed)"
    case ExitCode.incomplete.rawValue:
      return "coverage is incomplete (\(missed)), so this is no proof"
    case ExitCode.interrupted.rawValue, ExitCode.terminated.rawValue:
      return "stopped by a signal; what is not listed as examined was not read"
    default:
      return "failed"
    }
  }
}
