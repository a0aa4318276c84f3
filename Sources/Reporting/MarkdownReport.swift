import Core

/// `--format markdown`: a comment for a pull request, within what GitHub and GitLab take for one.
final class MarkdownReport: ReportWriter {
  private let output: Output
  private var page = MarkdownPage()

  /// A comment on GitHub has at most 65,536 characters; bytes are never fewer than those.
  static let bytesMax = 60_000

  init(_ output: Output) { self.output = output }

  func begin(_ run: RunInfo) throws(RunError) {}
  func finding(_ finding: Finding) throws(RunError) { page.add(finding) }
  func coverage(_ coverage: Coverage) throws(RunError) { page.add(coverage) }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    try output.write(page.text(summary, bytesMax: MarkdownReport.bytesMax))
    try output.finish()
  }
}
