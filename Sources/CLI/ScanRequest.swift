import Audit
import Core
import Native

/// What the user asked `scan` to do, checked but not yet tied to an engine.
package struct ScanRequest: Sendable, Equatable {
  package var targets: [String] = []
  /// What the report calls standard input.
  package var label: String?
  package var excludes: [String] = []
  package var maxFileBytes: Int?
  /// Patterns of tables of servers; all when empty.
  package var tables: [String] = []
  /// Rows to read of each table of a server; all when `nil`.
  package var rowsMax: Int?
  /// Every version of the objects of S3.
  package var readsVersions = false
  /// Where S3 is, if not at Amazon.
  package var endpoint: String?
  /// How far archives and the like are opened.
  package var containers = ContainerLimits()
  /// The file that keeps what was read from run to run.
  package var state: String?
  /// Where the run writes its report, which is no part of what it looks at.
  package var reportFiles: [FileStatus.Identity] = []
  /// `nil`: as many as there are processors.
  package var threads: Int?
  package var rulesDirectory: String?
  /// Numbers of issuers without a check digit count beside a card word.
  package var findsWithoutLuhn = false
  package var minConfidence = Confidence.medium
  package var mask = Mask.last4
  package var testNumbers = ScanOptions.TestNumbers.report

  /// The repository is checked for what changed, instead of scanning targets.
  package var guarding: GuardRun?

  /// Nobody wants to hear how it goes.
  package var isQuiet = false

  /// Somebody watches the progress line.
  package var forecasts = false

  package init() {}
}

/// Runs scans: the seam between the command line and the engine.
package protocol ScanEngine: Sendable {
  /// Scans all targets and tells the writer everything, ending with `end` unless it throws.
  ///
  /// The summary's exit code is worked out by the caller; the engine only sets it to say that the run
  /// was interrupted (130, 143).
  func run(
    _ request: ScanRequest, writer: any ReportWriter, progress: ProgressCounters
  ) throws(RunError)
}
