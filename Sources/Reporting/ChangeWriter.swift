import Core

/// Compares a run with an earlier one on its way to the report.
///
/// Holds 16 bytes or so a finding of both runs; the earlier findings that are gone are read again at
/// the end.
package final class ChangeWriter: ReportWriter {
  private let previous: SavedReport
  private let next: any ReportWriter
  private var idsBefore: Set<UInt64> = []
  private var idsNow: Set<UInt64> = []
  private var report: ChangeReport
  private var coverages: [Coverage] = []

  /// - Throws: `SavedReportError` when the earlier result cannot be read to its end.
  package init(
    since previous: SavedReport, _ next: any ReportWriter
  ) throws(SavedReportError) {
    self.previous = previous
    self.next = next
    report = ChangeReport(
      since: previous.run.started, wasComplete: previous.summary.complete)
    var ids: Set<UInt64> = []
    try previous.eachFinding { ids.insert(Comparison.key($0.id)) }
    idsBefore = ids
  }

  package func begin(_ run: RunInfo) throws(RunError) { try next.begin(run) }

  package func finding(_ finding: Finding) throws(RunError) {
    let key = Comparison.key(finding.id)
    if idsNow.insert(key).inserted {
      if idsBefore.contains(key) {
        report.unchangedCount += 1
      } else {
        report.newCount += 1
        if report.new.count < ChangeReport.listedMax { report.new.append(finding) }
      }
    }
    try next.finding(finding)
  }

  package func item(_ item: ExaminedItem) throws(RunError) { try next.item(item) }

  package func coverage(_ coverage: Coverage) throws(RunError) {
    coverages.append(coverage)
    try next.coverage(coverage)
  }

  package func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    let targets = ScannedTargets(run, coverages, summary)
    var lost: Set<UInt64> = []
    do throws(SavedReportError) {
      try previous.eachFinding { finding in
        let key = Comparison.key(finding.id)
        guard !idsNow.contains(key) else { return }
        if !targets.wouldTell(finding) {
          lost.insert(key)
          report.leavesOut = report.leavesOut || targets.leavesOut(finding)
        } else if report.gone.count < ChangeReport.listedMax {
          report.gone.append(finding)
        }
      }
    } catch {
      throw RunError(
        .failure, previous.path, "the earlier result changed while the scan ran",
        hint: "keep results in a place where nothing writes")
    }
    report.notScannedCount = lost.count
    report.notScannedTargets = targets.missing(of: previous.run.targets)
    report.excludesMore = targets.leavesOutMore(coverages, than: previous.coverage)
    report.goneCount = idsBefore.count - report.unchangedCount - lost.count
    var summary = summary
    summary.change = report
    try next.end(summary, run)
  }
}
