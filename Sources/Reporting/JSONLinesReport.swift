import Core

/// `--format jsonl`: one object a line, written as it comes; the summary, with the run's data inside,
/// closes the stream.
final class JSONLinesReport: ReportWriter {
  private let output: Output
  private var json = JSONText()

  init(_ output: Output) { self.output = output }

  func begin(_ run: RunInfo) throws(RunError) {}

  func finding(_ finding: Finding) throws(RunError) {
    json.removeAll()
    json.result(finding)
    try writeLine()
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    json.removeAll()
    json.result(coverage)
    try writeLine()
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    json.removeAll()
    json.result(summary, run: run)
    try writeLine()
    try output.finish()
  }

  private func writeLine() throws(RunError) {
    json.raw("\n")
    try output.write(json.bytes)
  }
}
