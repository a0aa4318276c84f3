import Core

/// `--format html`: one page for people who did not run the scan.
///
/// Written at the end, because the verdict comes first. Until then only bounded tallies and the first
/// rows of each store are kept, so a million findings need no more than a few thousand; the page says
/// where the rest is.
final class HTMLReport: ReportWriter {
  private let output: Output
  private let options: ReportOptions
  private var stores = StoreTable()
  private var coverage = HTMLCoverage()
  private var columns = HTMLColumns()
  private var rules: [DataClass: Set<String>] = [:]
  private var requirements: [DataClass: Set<String>] = [:]

  /// Rules and requirements remembered for a class; the built-in ones are far fewer.
  private static let namesMax = 50
  private static let targetsMax = 100

  init(_ output: Output, _ options: ReportOptions) {
    self.output = output
    self.options = options
  }

  func begin(_ run: RunInfo) throws(RunError) {}

  func finding(_ finding: Finding) throws(RunError) {
    stores.add(finding, row: HTMLFindings.row)
    let dataClass = DataClass(finding)
    if rules[dataClass]?.contains(finding.rule) != true {
      HTMLReport.keep(finding.rule, in: &rules[dataClass, default: []])
    }
    for id in finding.requirements where requirements[dataClass]?.contains(id) != true {
      HTMLReport.keep(id, in: &requirements[dataClass, default: []])
    }
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    self.coverage.add(coverage)
    columns.add(coverage)
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    let sorted = stores.sorted
    let totals = stores.totals
    let verdict = HTMLVerdict(summary, totals)
    let findings = HTMLFindings(
      stores: sorted, totals: totals, countElsewhere: stores.countElsewhere, options: options,
      rules: rules, requirements: requirements, inventory: summary.inventory)
    let parts = HTMLParts(summary: summary)
    let hasCardData = sorted.contains { $0.counts.cardData > 0 }

    var html = HTMLText()
    HTMLPage.begin(&html, title: "\(verdict.headline) - unpan report")
    html.raw("<header>\n")
    html.element("p", " class=\"kicker\"", "unpan report: a scan for stored card data")
    verdict.write(to: &html, contents: HTMLReport.contents(summary))
    writeContents(&html, summary, hasFindings: totals.total > 0, hasCardData: hasCardData)
    html.raw("</header>\n<main id=\"main\">\n")
    writeRun(&html, run)
    if let policy = summary.policy { columns.writeTargetState(to: &html, policy) }
    parts.writeMigration(to: &html)
    parts.writeChange(to: &html)
    coverage.write(to: &html, summary)
    parts.writeInventory(to: &html)
    if totals.total > 0 {
      findings.writePicture(to: &html)
      findings.writeLists(to: &html)
    }
    columns.writeInventory(to: &html, summary.policy)
    if coverage.hasClasses { coverage.writeClasses(to: &html) }
    if hasCardData {
      findings.writeStorage(to: &html)
      findings.writeSheets(to: &html)
    }
    HTMLPapers(summary: summary, totals: totals, stores: sorted, options: options).write(to: &html)
    html.raw("</main>\n<footer>\n")
    html.element(
      "p", "", "Made by \(run.tool) \(run.version). Loads nothing and sends nothing.")
    html.raw("</footer>\n")
    HTMLPage.end(&html)
    try output.write(html.bytes)
    try output.finish()
  }

  private static func keep(_ name: String, in names: inout Set<String>) {
    if names.count < namesMax { names.insert(name) }
  }

  /// For example `41 verification codes, 12 card numbers (3 of all are published test numbers)`.
  private static func contents(_ summary: Summary) -> String {
    let parts = Finding.Kind.allCases.compactMap { kind in
      summary.findings[kind.rawValue].flatMap { $0 > 0 ? Wording.count($0, kind) : nil }
    }
    guard !parts.isEmpty else { return "" }
    let test =
      summary.testNumbers > 0
      ? "; \(Wording.count(summary.testNumbers, "published test number")) among them" : ""
    return parts.joined(separator: ", ") + test
  }

  private func writeContents(
    _ html: inout HTMLText, _ summary: Summary, hasFindings: Bool, hasCardData: Bool
  ) {
    let entries: [(StaticString, StaticString, Bool)] = [
      ("#run", "Who, what, when", true),
      ("#target-state", "Target state", summary.policy != nil),
      ("#migration", "Migration", summary.migration != nil),
      ("#change", "Change", summary.change != nil),
      ("#coverage", "Coverage", true), ("#inventory", "Inventory", summary.inventory != nil),
      ("#stores", "Stores", hasFindings), ("#findings", "Findings", hasFindings),
      ("#columns", "Columns", columns.count > 0),
      ("#rates", "Judged together", coverage.hasClasses),
      ("#storage", "Storage table", hasCardData),
      ("#incident", "Worksheets", hasCardData), ("#self-assessment", "Self-assessment", true),
      ("#method", "Method", true), ("#limits", "Limits", true), ("#sign-off", "Sign-off", true),
      ("#verify", "Verify", true),
    ]
    html.raw("<nav aria-label=\"Contents\"><ol>\n")
    for (anchor, title, isThere) in entries where isThere {
      html.raw("<li><a href=\"")
      html.raw(anchor)
      html.raw("\">")
      html.raw(title)
      html.raw("</a></li>\n")
    }
    html.raw("</ol></nav>\n")
  }

  private func writeRun(_ html: inout HTMLText, _ run: RunInfo) {
    html.section("run", "Who, what, when") { html in
      html.element("dl", " class=\"facts\"") { html in
        html.fact("Targets") { html in
          html.raw("<ul>")
          for target in run.targets.prefix(HTMLReport.targetsMax) {
            html.element("li") { html in html.element("code") { $0.foreign(target) } }
          }
          html.raw("</ul>")
          html.more(run.targets.count - HTMLReport.targetsMax, "targets", in: "coverage.json")
        }
        html.fact("Started") { $0.foreign(run.started) }
        if let finished = run.finished { html.fact("Finished") { $0.foreign(finished) } }
        html.fact("Tool", "\(run.tool) \(run.version)")
        html.fact("Rules") { html in
          html.text("version ")
          html.foreign(run.rules)
          if let hash = options.rulesHash {
            html.text("; rules.json has SHA-256 ")
            html.element("code", "", hash)
          }
        }
        if !options.settings.isEmpty {
          html.fact("Settings") { html in
            html.raw("<ul>")
            for setting in options.settings {
              html.element("li") { html in
                html.text("\(setting.name): ")
                html.foreign(setting.value.text)
              }
            }
            html.raw("</ul>")
          }
        }
        html.fact("Run by, machine", "see Sign-off")
      }
    }
  }
}
