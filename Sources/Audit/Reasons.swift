import Core
import Detection
import Native

/// Takes card data and keys out of the words in which people say why something is put up with.
package final class Reasons {
  private let makeDetector: () throws(RunError) -> Detector
  private var detector: Detector?
  /// Words that were looked at, for comments that stand in many lines.
  private var known: [String: String] = [:]
  private static let knownMax = 1_000

  /// - Parameter detector: called once, when there are words to look at.
  package init(_ detector: @escaping () throws(RunError) -> Detector) { makeDetector = detector }

  /// The words with everything masked that a scan would find in them.
  package func redacted(_ words: String) throws(RunError) -> String {
    if let answer = known[words] { return answer }
    if detector == nil { detector = try makeDetector() }
    guard let detector else { preconditionFailure("it was made just now") }
    let redactor = Redactor(detector)
    var bytes: [UInt8] = []
    do throws(WriteFailure) {
      try Array(words.utf8).withUnsafeBufferPointer { text throws(WriteFailure) in
        try redactor.take(UnsafeRawBufferPointer(text), isLast: true) {
          part throws(WriteFailure) in bytes += part
        }
      }
    } catch {
      preconditionFailure("nothing is written")
    }
    let answer = NumberGuard.masked(String(decoding: bytes, as: UTF8.self))
    if known.count < Reasons.knownMax { known[words] = answer }
    return answer
  }
}

/// Passes a report on without the card data and keys that stand in reasons.
package final class ReasonFilter: ReportWriter {
  private let next: any ReportWriter
  private let reasons: Reasons
  /// Of a comment; what is behind it may be code.
  private static let commentLengthMax = 200

  package init(_ next: any ReportWriter, _ reasons: Reasons) {
    self.next = next
    self.reasons = reasons
  }

  package func begin(_ run: RunInfo) throws(RunError) { try next.begin(run) }

  package func finding(_ finding: Finding) throws(RunError) {
    var finding = finding
    if var suppression = finding.suppression {
      suppression.reason = try reasons.redacted(suppression.reason)
      if let owner = suppression.owner { suppression.owner = try reasons.redacted(owner) }
      if suppression.kind == .inSource {
        // Cut only now: half of a key or number would pass for none.
        suppression.reason = String(suppression.reason.prefix(ReasonFilter.commentLengthMax))
      }
      finding.suppression = suppression
    }
    try next.finding(finding)
  }

  package func item(_ item: ExaminedItem) throws(RunError) { try next.item(item) }

  package func coverage(_ coverage: Coverage) throws(RunError) {
    var coverage = coverage
    // Rules for paths say why there.
    for index in coverage.excluded.indices {
      let entry = coverage.excluded[index]
      guard entry.reason == .excludedByPattern, let detail = entry.detail else { continue }
      coverage.excluded[index].detail = try reasons.redacted(detail)
    }
    try next.coverage(coverage)
  }

  package func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    try next.end(summary, run)
  }
}
