import Core

/// A page of Markdown about one run: the verdict, a table of places with the worst first, and what was
/// not examined. Grows while the run goes on, within bounds, and never fills more bytes than asked.
struct MarkdownPage {
  private var table = PlaceTable()
  private var missed: [Coverage.Entry] = []

  private static let missedMax = 1_000
  /// Columns a name may fill.
  private static let nameMax = 120
  /// What stands below the tables fits in here.
  private static let reservedBytes = 4 << 10

  mutating func add(_ finding: Finding) { table.add(finding) }

  mutating func add(_ coverage: Coverage) {
    missed += coverage.notExamined.prefix(MarkdownPage.missedMax - missed.count)
  }

  /// - Parameter bytesMax: at least 16 KiB; tables end early rather than pass it.
  func text(_ summary: Summary, bytesMax: Int) -> String {
    let verdict = Verdict(summary)
    var text =
      "## unpan: \(verdict.headline)\n\nExit code \(summary.exitCode): \(verdict.meaning).\n"
    appendPlaces(summary, &text, bytesMax: bytesMax - MarkdownPage.reservedBytes)
    appendMissed(summary, &text, bytesMax: bytesMax - MarkdownPage.reservedBytes)
    appendParts(summary, &text, bytesMax: bytesMax - MarkdownPage.reservedBytes)
    text += "\nExamined: \(MarkdownPage.examined(summary.examined))."
    if summary.excludedCount > 0 {
      text += " Excluded: \(Wording.count(summary.excludedCount, "place"))."
    }
    if summary.belowThreshold > 0 {
      let candidates = Wording.count(summary.belowThreshold, "candidate")
      text += " Below the threshold: \(candidates), counted and not listed."
    }
    if summary.testNumbers > 0 {
      let numbers = Wording.count(summary.testNumbers, "published test number")
      text += " Among the findings: \(numbers)."
    }
    return text + "\n"
  }

  // MARK: Tables

  private func appendPlaces(_ summary: Summary, _ text: inout String, bytesMax: Int) {
    guard summary.findingCount > 0 else { return }
    text +=
      "\n| Severity | Where | What | For example | PCI DSS |\n| --- | --- | --- | --- | --- |\n"
    var shownCount = 0
    // Half is left for what was not examined, which is worth as much.
    let limit = summary.complete ? bytesMax : bytesMax / 2
    for tally in table.sorted {
      let row = row(tally)
      if text.utf8.count + row.utf8.count > limit { break }
      text += row
      shownCount += tally.count
    }
    if shownCount < summary.findingCount {
      let rest = Wording.count(summary.findingCount - shownCount, "more finding")
      text += "\nAnd \(rest) in other places; `--format jsonl` lists them all.\n"
    }
  }

  private func row(_ tally: PlaceTally) -> String {
    let isTest = tally.testNumbers == tally.count
    let severity = isTest ? "test numbers only" : tally.severity.rawValue
    let kinds = Finding.Kind.allCases.compactMap { kind in
      tally.byKind[kind].map { Wording.count($0, kind) }
    }.joined(separator: ", ")
    let examples = tally.samples.map { sample in
      let position = FindingText.position(sample.location)
      let value = MarkdownPage.code(Wording.value(of: sample))
      return position.isEmpty ? value : "\(value) at \(MarkdownPage.code(position, isShown: true))"
    }.joined(separator: "<br>")
    let requirements = Set(tally.samples.flatMap(\.requirements)).sorted()
    let numbers = requirements.map { MarkdownPage.code($0) }.joined(separator: ", ")
    return
      "| \(severity) | \(MarkdownPage.place(tally.place)) | \(kinds) | \(examples) | \(numbers) |\n"
  }

  private func appendMissed(_ summary: Summary, _ text: inout String, bytesMax: Int) {
    guard summary.notExaminedCount > 0 else { return }
    let places = Wording.count(summary.notExaminedCount, "place")
    text += "\n**Not examined: \(places).**\n\n| Where | Why |\n| --- | --- |\n"
    var shownCount = 0
    for entry in missed {
      let detail = entry.detail.map { ": " + MarkdownPage.code($0) } ?? ""
      let reason = MarkdownPage.code(Wording.reason(entry.reason))
      let row = "| \(MarkdownPage.code(entry.place)) | \(reason)\(detail) |\n"
      if text.utf8.count + row.utf8.count > bytesMax { break }
      text += row
      shownCount += 1
    }
    if shownCount < summary.notExaminedCount {
      text += "\nAnd \(Wording.count(summary.notExaminedCount - shownCount, "more place")).\n"
    }
  }

  private func appendParts(_ summary: Summary, _ text: inout String, bytesMax: Int) {
    if let change = summary.change {
      text += "\nSince \(MarkdownPage.code(change.since)): \(ChangeText(report: change).counts).\n"
      text += MarkdownPage.notScanned(change.notScannedTargets)
    }
    if let migration = summary.migration {
      text += "\n**Migration**: \(MigrationText.sentence(migration)).\n"
    }
    if let policy = summary.policy { appendPolicy(policy, &text, bytesMax: bytesMax) }
    guard let report = summary.inventory else { return }
    let words = InventoryText(report: report)
    text +=
      "\n**Inventory** \(MarkdownPage.code(report.file)): \(words.stores); \(words.verdict).\n"
    guard !report.breaches.isEmpty else { return }
    text += "\n| Where | What | Findings | PCI DSS |\n| --- | --- | --- | --- |\n"
    var shownCount = 0
    for breach in report.breaches {
      let row =
        "| \(MarkdownPage.code(breach.place)) | \(words.words(breach)) | "
        + "\(Wording.decimal(breach.count)) | `\(breach.kind.requirement)` |\n"
      if text.utf8.count + row.utf8.count > bytesMax { break }
      text += row
      shownCount += 1
    }
    if shownCount < report.breachCount {
      let more = Wording.count(report.breachCount - shownCount, "more breach", "more breaches")
      text += "\nAnd \(more).\n"
    }
  }

  private func appendPolicy(_ policy: PolicyResult, _ text: inout String, bytesMax: Int) {
    text +=
      "\n**\(PolicyText.headlineInText(policy))** (policy \(MarkdownPage.code(policy.policy))).\n"
    let offenders = PolicyOffender.all(policy)
    guard !offenders.isEmpty else { return }
    text += "\n| Where | Target state | Why |\n| --- | --- | --- |\n"
    var shownCount = 0
    for offender in offenders {
      let place = MarkdownPage.place(PlaceTally.Place(offender.location))
      let why = MarkdownPage.code(offender.reasons, isShown: true)
      let row = "| \(place) | \(offender.word) | \(why) |\n"
      if text.utf8.count + row.utf8.count > bytesMax { break }
      text += row
      shownCount += 1
    }
    if shownCount < offenders.count {
      text += "\nAnd \(Wording.count(offenders.count - shownCount, "more place")).\n"
    }
  }

  // MARK: Words

  /// The targets of an earlier run that were not scanned again; empty when there is none.
  static func notScanned(_ targets: [String]) -> String {
    guard !targets.isEmpty else { return "" }
    let names = targets.prefix(20).map { code($0) }.joined(separator: ", ")
    let more = targets.count > 20 ? " and \(Wording.decimal(targets.count - 20)) more" : ""
    return "\n**Not scanned again**: \(names)\(more).\n"
  }

  private static func place(_ place: PlaceTally.Place) -> String {
    var text = code(place.path)
    if let member = place.member { text += ", member \(code(member))" }
    if let table = place.table { text += ", table \(code(table))" }
    if let column = place.column { text += ", column \(code(column))" }
    return text
  }

  private static func examined(_ examined: Coverage.Examined) -> String {
    var parts = [Wording.count(examined.files, "file"), Wording.bytes(examined.bytes)]
    if examined.tables > 0 { parts.append(Wording.count(examined.tables, "table")) }
    if examined.rows > 0 { parts.append(Wording.count(examined.rows, "row")) }
    if examined.objects > 0 { parts.append(Wording.count(examined.objects, "object")) }
    return parts.joined(separator: ", ")
  }

  /// A foreign text as a code span in a table: nothing in it is markup, a mention or a link.
  ///
  /// For example ``` ``a`b`` ``` for ``a`b``; a bar is escaped, which tables undo even in code.
  /// - Parameter isShown: whether it went through `TextLayout.shown` already.
  static func code(_ text: String, isShown: Bool = false) -> String {
    let shown = TextLayout.cutStart(isShown ? text : TextLayout.shown(text), to: nameMax)
    guard shown.contains(where: { $0 != " " }) else { return "(unnamed)" }
    var longest = 0
    var run = 0
    var body = ""
    // Scalar by scalar: a combining mark after a bar makes one character of the two.
    for scalar in shown.unicodeScalars {
      run = scalar == "`" ? run + 1 : 0
      longest = max(longest, run)
      if scalar == "|" { body += "\\" }
      body.unicodeScalars.append(scalar)
    }
    let fence = String(repeating: "`", count: longest + 1)
    let padding = longest > 0 ? " " : ""
    return fence + padding + body + padding + fence
  }
}
