import Core

/// What makes a run fail.
struct ExitPolicy: Sendable, Equatable {
  /// Findings from here on fail the run; `nil`: none does.
  var failOn: Severity? = .low
  var allowsIncomplete = false
  /// Published test numbers fail the run whatever their severity.
  var testNumbersFail = false

  func fails(_ finding: Finding) -> Bool {
    if finding.suppression != nil { return false }
    if finding.testNumber, testNumbersFail { return true }
    guard let failOn else { return false }
    return finding.severity >= failOn
  }

  /// Findings win over incompleteness; the summary states both.
  func exitCode(failing: Int, isComplete: Bool) -> ExitCode {
    if failing > 0 { return .findings }
    return isComplete || allowsIncomplete ? .clean : .incomplete
  }
}

/// Passes a report on and decides what the command answers with.
protocol JudgingWriter: ReportWriter {
  /// `nil` until the run has ended.
  var exitCode: Int32? { get }
}

/// Passes a report on and works out the exit code on the way.
final class ExitCodeWriter: JudgingWriter {
  private let next: any ReportWriter
  private let policy: ExitPolicy
  private var failingCount = 0
  private var suppressedCount = 0
  /// `nil` until the run has ended.
  private(set) var exitCode: Int32?

  init(_ next: any ReportWriter, _ policy: ExitPolicy) {
    self.next = next
    self.policy = policy
  }

  func begin(_ run: RunInfo) throws(RunError) { try next.begin(run) }

  func finding(_ finding: Finding) throws(RunError) {
    if policy.fails(finding) { failingCount += 1 }
    if finding.suppression != nil { suppressedCount += 1 }
    try next.finding(finding)
  }

  func coverage(_ coverage: Coverage) throws(RunError) { try next.coverage(coverage) }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    var summary = summary
    summary.suppressed = suppressedCount
    let interrupted = [ExitCode.interrupted, .terminated].map { Int($0.rawValue) }
    if !interrupted.contains(summary.exitCode) {
      // What speaks against the inventory is a policy that fails, however severe its findings are.
      let breaches = policy.failOn == nil ? 0 : summary.inventory?.breachCount ?? 0
      let isForbidden = policy.failOn != nil && summary.policy?.verdict == .failed
      let open = summary.migration?.isReconciled ?? true ? 0 : 1
      let stripe = summary.migration?.stripe
      let code = policy.exitCode(
        failing: failingCount + breaches + (isForbidden ? 1 : 0) + open
          + (stripe?.withProblems ?? 0),
        isComplete: summary.complete && summary.policy?.verdict != .unproven
          && stripe?.notExamined ?? 0 == 0 && summary.change?.isWhole ?? true)
      summary.exitCode = Int(code.rawValue)
    }
    try next.end(summary, run)
    exitCode = Int32(summary.exitCode)
  }
}
