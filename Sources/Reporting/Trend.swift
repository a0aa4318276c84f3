import Core

/// Several runs over the same targets, in the order given: how the findings went from one to the next.
package struct Trend: Sendable {
  package let reports: [SavedReport]
  /// What changed from each run to the next; one fewer than there are runs.
  package let steps: [Step]

  /// What changed between two runs that follow each other.
  package struct Step: Sendable, Equatable {
    package var newCount: Int
    package var unchangedCount: Int
    package var goneCount: Int
    /// Findings of before in targets that were not scanned again.
    package var notScannedCount = 0

    /// For example `1 new, 40 unchanged, 2 gone`.
    var counts: String {
      let counts =
        "\(Wording.decimal(newCount)) new, \(Wording.decimal(unchangedCount)) unchanged, "
        + "\(Wording.decimal(goneCount)) gone"
      guard notScannedCount > 0 else { return counts }
      return counts + ", \(Wording.decimal(notScannedCount)) not scanned again"
    }
  }

  /// The formats that can show it.
  package static let formats = ["text", "json", "html", "markdown"]

  /// - Parameter reports: at least two.
  /// - Throws: `SavedReportError` when a file changed since it was opened.
  package init(_ reports: [SavedReport]) throws {
    precondition(reports.count > 1, "a trend needs two runs")
    var steps: [Step] = []
    var last = try Comparison(before: reports[0], after: reports[1])
    steps.append(Step(last))
    for index in reports.indices.dropFirst(2) {
      last = try Comparison(before: reports[index - 1], after: reports[index])
      steps.append(Step(last))
    }
    self.reports = reports
    self.steps = steps
    self.last = last
  }

  /// As the last two runs say: 1 when something is new, 2 when the newest run is incomplete or lacks a
  /// target of the one before.
  package var exitCode: ExitCode { last.exitCode }
  /// The two newest runs.
  let last: Comparison

  /// - Parameter format: one of `formats`.
  package func write(_ format: String, to output: Output, _ options: ReportOptions) throws {
    switch format {
    case "json": try reports.count == 2 ? last.writeJSON(to: output) : writeJSON(to: output)
    case "html": try TrendPage(self).writeHTML(to: output, options)
    case "markdown": try TrendPage(self).writeMarkdown(to: output)
    default:
      if reports.count > 2, !options.isBrief { try writeText(to: output, options) }
      try last.writeText(to: output, options)
    }
  }

  /// At most so many of the newest run's new findings, of those that are gone, and of those whose
  /// target was not scanned again.
  func changed(
    max: Int
  ) throws -> (new: [Finding], gone: [Finding], notScanned: [Finding]) {
    var new: [Finding] = []
    var gone: [Finding] = []
    var notScanned: [Finding] = []
    try last.forEachNew { if new.count < max { new.append($0) } }
    try last.forEachGone { if gone.count < max { gone.append($0) } }
    try last.forEachNotScanned { if notScanned.count < max { notScanned.append($0) } }
    return (new, gone, notScanned)
  }

  // MARK: Text

  private func writeText(to output: Output, _ options: ReportOptions) throws {
    let layout = TextLayout(width: options.width, hasColor: options.hasColor)
    func cells(_ texts: [String]) -> String {
      "  " + TextLayout.padded(TextLayout.cutEnd(texts[0], to: 22), to: 22)
        + texts.dropFirst().map {
          String(repeating: " ", count: max(1, 11 - TextLayout.columns($0))) + $0
        }.joined()
    }
    try output.write(layout.styled("RUNS", .bold) + "\n")
    try output.write(cells(["started", "findings", "new", "gone", "unscanned", "read all"]) + "\n")
    for (index, report) in reports.enumerated() {
      let step = index > 0 ? steps[index - 1] : nil
      let line = cells([
        TextLayout.shown(report.run.started), Wording.decimal(report.summary.findingCount),
        step.map { Wording.decimal($0.newCount) } ?? "-",
        step.map { Wording.decimal($0.goneCount) } ?? "-",
        step.map { Wording.decimal($0.notScannedCount) } ?? "-",
        report.summary.complete ? "yes" : "NO",
      ])
      try output.write(line + "\n")
    }
    try output.write("\n")
  }

  // MARK: JSON

  private func writeJSON(to output: Output) throws {
    var json = JSONText()
    json.raw("{\"schema\":\"urn:unpan:schema:trend:1\",\n\"runs\":[")
    for (index, report) in reports.enumerated() {
      json.raw(index == 0 ? "\n" : ",\n")
      json.beginsAnew()
      json.object { json in
        json.key("run")
        json.run(report.run)
        json.member("findingCount", report.summary.findingCount)
        json.kinds(report.summary.findings)
        json.member("testNumbers", report.summary.testNumbers)
        json.member("complete", report.summary.complete)
        guard index > 0 else { return }
        json.member("newCount", steps[index - 1].newCount)
        json.member("unchangedCount", steps[index - 1].unchangedCount)
        json.member("goneCount", steps[index - 1].goneCount)
        json.member("notScannedCount", steps[index - 1].notScannedCount)
      }
    }
    try output.write(json.bytes)
    try output.write("\n],\n")
    try output.write(last.notScannedMembers)
    try output.write("\"exitCode\":\(exitCode.rawValue)")
    try last.writeArray("new", output) { try last.forEachNew($0) }
    try last.writeArray("gone", output) { try last.forEachGone($0) }
    try last.writeArray("notScanned", output) { try last.forEachNotScanned($0) }
    try output.write("}\n")
    try output.finish()
  }
}

extension Trend.Step {
  init(_ comparison: Comparison) {
    self.init(
      newCount: comparison.newCount, unchangedCount: comparison.unchangedCount,
      goneCount: comparison.goneCount, notScannedCount: comparison.notScannedCount)
  }
}
