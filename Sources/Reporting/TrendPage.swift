import Core

/// A trend for people: a page and a comment.
struct TrendPage {
  private let trend: Trend
  private static let listedMax = 200
  private static let commentedMax = 20
  private static let runsMax = 500

  init(_ trend: Trend) { self.trend = trend }

  private var newest: Summary { trend.reports[trend.reports.count - 1].summary }
  private var lastStep: Trend.Step { trend.steps[trend.steps.count - 1] }

  private var headline: String {
    let new = lastStep.newCount
    if new > 0 { return "\(Wording.count(new, "new finding")) since the run before" }
    return trend.last.isComplete
      ? "Nothing new since the run before" : "Nothing new, but NOT complete"
  }

  private var counts: String { lastStep.counts }

  // MARK: Page

  func writeHTML(to output: Output, _ options: ReportOptions) throws {
    let (new, gone, notScanned) = try trend.changed(max: TrendPage.listedMax)
    let hasChanges = !new.isEmpty || !gone.isEmpty || !notScanned.isEmpty
    var html = HTMLText()
    HTMLPage.begin(&html, title: "\(headline) - unpan comparison")
    html.raw("<header>\n")
    html.element(
      "p", " class=\"kicker\"",
      "unpan comparison: \(Wording.count(trend.reports.count, "run")) of a scan for card data")
    let isGood =
      lastStep.newCount == 0 && trend.last.cautions.isEmpty && newest.findingCount == 0
      && newest.exitCode == Int(ExitCode.clean.rawValue)
    html.raw(
      lastStep.newCount > 0
        ? "<div class=\"verdict bad\">"
        : isGood ? "<div class=\"verdict good\">" : "<div class=\"verdict warn\">")
    html.element(
      "p", " class=\"mark\"",
      lastStep.newCount > 0 ? "Action needed" : isGood ? "Clean as far as examined" : "Check")
    html.element("h1", "", headline)
    html.raw("<ul>\n")
    html.element("li", "", "Between the last two runs: \(counts).")
    html.element("li", "", "Findings now: \(Wording.decimal(newest.findingCount)).")
    for caution in trend.last.cautions { html.element("li", "", caution) }
    html.raw("</ul>\n</div>\n<nav aria-label=\"Contents\"><ol>\n")
    html.raw("<li><a href=\"#runs\">Run by run</a></li>\n")
    if hasChanges {
      html.raw("<li><a href=\"#changes\">Between the last two runs</a></li>\n")
    }
    html.raw("</ol></nav>\n</header>\n<main id=\"main\">\n")
    writeRuns(&html)
    if hasChanges {
      html.section("changes", "Between the last two runs") { html in
        HTMLParts.writeList(&html, "New findings", new, of: lastStep.newCount)
        HTMLParts.writeList(&html, "Findings that are gone", gone, of: lastStep.goneCount)
        HTMLParts.writeList(
          &html, "Findings of targets that were not scanned again", notScanned,
          of: lastStep.notScannedCount)
      }
    }
    html.raw("</main>\n<footer>\n")
    html.element("p", "", "Made by unpan \(Version.text). Loads nothing and sends nothing.")
    html.raw("</footer>\n")
    HTMLPage.end(&html)
    try output.write(html.bytes)
    try output.finish()
  }

  private func writeRuns(_ html: inout HTMLText) {
    let largest = max(1, trend.reports.map(\.summary.findingCount).max() ?? 1)
    html.section("runs", "Run by run") { html in
      html.table(
        "Runs, in the order given", note: "A bar's length is the number of findings.",
        heads: [
          "Started", "Findings", .number("Amount"), "What", .number("New"), .number("Unchanged"),
          .number("Gone"), .number("Not scanned again"), "Read all",
        ], isSortable: false
      ) { html in
        for (index, report) in trend.reports.enumerated().suffix(TrendPage.runsMax) {
          html.element("tr") { html in
            html.element("th", " scope=\"row\" class=\"day\"") { $0.foreign(report.run.started) }
            html.element("td", " class=\"bar-cell\"") {
              TrendPage.bar(&$0, report.summary.findingCount, of: largest)
            }
            html.numberCell(report.summary.findingCount)
            html.element("td", " class=\"words\"", TrendPage.contents(report.summary))
            if index > 0 {
              let step = trend.steps[index - 1]
              for count in step.all { html.numberCell(count) }
            } else {
              for _ in 0..<4 { html.cell("") }
            }
            html.cell(report.summary.complete ? "yes" : "NO")
          }
          html.raw("\n")
        }
      }
    }
  }

  private static func bar(_ html: inout HTMLText, _ count: Int, of largest: Int) {
    html.raw(
      """
      <svg class="bar" viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">\
      <rect class="track" width="1000" height="20"/><rect class="pan" width="
      """)
    html.text(String(count == 0 ? 0 : max(8, count * 1000 / largest)))
    html.raw("\" height=\"20\"/></svg>")
  }

  private static func contents(_ summary: Summary) -> String {
    let parts = Finding.Kind.allCases.compactMap { kind in
      summary.findings[kind.rawValue].flatMap { $0 > 0 ? Wording.count($0, kind) : nil }
    }
    return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
  }

  // MARK: Comment

  func writeMarkdown(to output: Output) throws {
    let (new, gone, notScanned) = try trend.changed(max: TrendPage.commentedMax)
    var text = "## unpan: \(headline)\n\nBetween the last two runs: \(counts).\n"
    for caution in trend.last.ownCautions { text += "\n**\(caution)**\n" }
    text += MarkdownPage.notScanned(trend.last.notScannedTargets)
    text += "\n| Started | Findings | New | Unchanged | Gone | Not scanned again | Read all |\n"
    text += "| --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
    for (index, report) in trend.reports.enumerated().suffix(TrendPage.commentedMax) {
      let step = index > 0 ? trend.steps[index - 1] : nil
      let changes = step.map { $0.all.map { Wording.decimal($0) } } ?? ["", "", "", ""]
      text += "| \(MarkdownPage.code(report.run.started)) | "
      text += "\(Wording.decimal(report.summary.findingCount)) | "
      text += changes.joined(separator: " | ")
      text += " | \(report.summary.complete ? "yes" : "**NO**") |\n"
    }
    text += TrendPage.list("New", new, of: lastStep.newCount)
    text += TrendPage.list("Gone", gone, of: lastStep.goneCount)
    text += TrendPage.list("Not scanned again", notScanned, of: lastStep.notScannedCount)
    try output.write(text)
    try output.finish()
  }

  private static func list(_ title: String, _ findings: [Finding], of count: Int) -> String {
    guard !findings.isEmpty else { return "" }
    var text = "\n**\(title)**\n\n| Severity | Where | What |\n| --- | --- | --- |\n"
    for finding in findings {
      let position = FindingText.position(finding.location)
      let place = MarkdownPage.code(FindingText.place(finding.location), isShown: true)
      let at = position.isEmpty ? "" : " at \(MarkdownPage.code(position, isShown: true))"
      text += "| \(finding.severity.rawValue) | \(place)\(at) | "
      text += "\(MarkdownPage.code(Wording.value(of: finding))) |\n"
    }
    let more = count - findings.count
    return more > 0 ? text + "\nAnd \(Wording.decimal(more)) more.\n" : text
  }
}

extension Trend.Step {
  /// In the order of the columns.
  fileprivate var all: [Int] { [newCount, unchangedCount, goneCount, notScannedCount] }
}
