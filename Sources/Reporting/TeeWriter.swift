import Core

/// Tells several writers the same report in one pass, each in turn.
package final class TeeWriter: ReportWriter {
  private let writers: [any ReportWriter]

  package init(_ writers: [any ReportWriter]) { self.writers = writers }

  package func begin(_ run: RunInfo) throws(RunError) {
    for writer in writers { try writer.begin(run) }
  }

  package func finding(_ finding: Finding) throws(RunError) {
    for writer in writers { try writer.finding(finding) }
  }

  package func coverage(_ coverage: Coverage) throws(RunError) {
    for writer in writers { try writer.coverage(coverage) }
  }

  package func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    for writer in writers { try writer.end(summary, run) }
  }
}
