import Core

/// What a scan is asked to do.
package struct ScanOptions: Sendable {
  package var threads = 1
  package var minConfidence = Confidence.medium
  package var mask = Mask.last4
  package var testNumbers = TestNumbers.report

  package init() {}

  /// What is done with published test numbers. Which findings fail a run is the caller's business.
  package enum TestNumbers: String, Sendable, CaseIterable {
    /// Told like every other number, marked as test numbers.
    case report
    /// Counted, not listed, and never a reason to fail.
    case ignore
    /// A reason to fail whatever the severity threshold is.
    case fail
  }
}
