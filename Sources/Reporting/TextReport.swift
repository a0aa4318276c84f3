import Core

/// `--format text`: a picture of the whole for people.
///
/// Written at the end, because the worst comes first: until then only bounded tallies are kept.
final class TextReport: ReportWriter {
  private let output: Output
  private let options: ReportOptions
  private let layout: TextLayout
  private var table = PlaceTable()
  private var requirements: [String: Set<Finding.Kind>] = [:]
  private var residueCount = 0
  private var coverage = CoverageTally()
  private var companions = CompanionTally()

  /// Places shown with their worst findings, and places shown in one line each.
  private static let detailedMax = 12
  private static let listedMax = 20

  init(_ output: Output, _ options: ReportOptions) {
    self.output = output
    self.options = options
    layout = TextLayout(width: options.width, hasColor: options.hasColor)
  }

  func begin(_ run: RunInfo) throws(RunError) {}

  func finding(_ finding: Finding) throws(RunError) {
    table.add(finding)
    for requirement in finding.requirements where requirements.count < 100 {
      requirements[requirement, default: []].insert(finding.kind)
    }
    if finding.reasons.contains("residue") { residueCount += 1 }
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    self.coverage.add(coverage)
    companions.add(coverage)
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    var lines: [String] = []
    if !options.isBrief {
      lines += places(summary)
      lines += companions.lines(layout)
      lines += next(summary)
      lines += coverage.lines(summary, layout)
      lines.append("")
      if let report = summary.inventory { lines += InventoryText(report: report).lines(layout) }
      if let report = summary.change {
        lines += ChangeText(report: report).lines(layout, isComplete: summary.complete)
      }
      if let report = summary.migration {
        lines += [layout.styled("MIGRATION", .bold)]
        lines += MigrationText.lines(report, layout) + [""]
      }
      if let policy = summary.policy { lines += PolicyText(policy, layout).lines }
    }
    lines += Verdict(summary).lines(layout)
    for line in lines { try output.write(line + "\n") }
    try output.finish()
  }

  // MARK: Places

  private func places(_ summary: Summary) -> [String] {
    let sorted = table.sorted
    var lines: [String] = []
    var severity: Severity?
    for tally in sorted.prefix(TextReport.detailedMax) {
      // One heading a severity; places with nothing but test numbers come last, under their own.
      let isTest = tally.testNumbers == tally.count
      let current = isTest ? nil : tally.severity
      if lines.isEmpty || current != severity {
        if !lines.isEmpty { lines.append("") }
        lines.append(heading(current))
        severity = current
      }
      lines += detail(tally)
    }
    let listed = sorted.dropFirst(TextReport.detailedMax).prefix(TextReport.listedMax)
    if !listed.isEmpty {
      lines += ["", layout.styled("MORE PLACES", .bold)]
      for tally in listed { lines.append(oneLine(tally)) }
    }
    let unlisted = sorted.dropFirst(TextReport.detailedMax + TextReport.listedMax)
    let count = unlisted.reduce(table.countElsewhere) { $0 + $1.count }
    if count > 0 {
      let others =
        table.countElsewhere > 0 ? "other places" : Wording.count(unlisted.count, "more place")
      lines += layout.wrapped(
        "and \(Wording.count(count, "finding")) in \(others); --format jsonl lists them all",
        indent: 2)
    }
    if !lines.isEmpty { lines.append("") }
    return lines
  }

  private func heading(_ severity: Severity?) -> String {
    switch severity {
    case .critical?: layout.styled("CRITICAL", .red)
    case .high?: layout.styled("HIGH", .red)
    case .medium?: layout.styled("MEDIUM", .yellow)
    case .low?: layout.styled("LOW", .yellow)
    case nil: layout.styled("TEST NUMBERS ONLY", .bold)
    }
  }

  private func detail(_ tally: PlaceTally) -> [String] {
    var lines = ["  " + layout.styled(name(tally.place, width: layout.width - 2), .bold)]
    lines += layout.wrapped(contents(tally), indent: 4)
    for sample in tally.samples { lines += self.sample(sample) }
    if tally.count > tally.samples.count {
      let more = "and \(Wording.decimal(tally.count - tally.samples.count)) more"
      lines.append("      " + layout.styled(more, .faint))
    }
    return lines
  }

  private func oneLine(_ tally: PlaceTally) -> String {
    let counts = kinds(tally)
    let width = max(20, layout.width - 4 - TextLayout.columns(counts))
    return "  " + TextLayout.padded(name(tally.place, width: width), to: width) + "  " + counts
  }

  private func name(_ place: PlaceTally.Place, width: Int) -> String {
    var tail = ""
    if let member = place.member { tail += "!" + TextLayout.shown(member) }
    if let table = place.table { tail += ", table " + TextLayout.shown(table) }
    if let column = place.column { tail += ", column " + TextLayout.shown(column) }
    // The tail tells the places of one file apart, so the path gives way first.
    tail = TextLayout.cutEnd(tail, to: width - min(width, 16))
    let path = TextLayout.cutStart(
      TextLayout.shown(place.path), to: width - TextLayout.columns(tail))
    return path + tail
  }

  private func kinds(_ tally: PlaceTally, withBrands: Bool = false) -> String {
    Finding.Kind.allCases.compactMap { kind in
      tally.byKind[kind].map { count in
        let brands = kind == .pan && withBrands ? brands(tally) : ""
        return Wording.count(count, kind) + brands
      }
    }.joined(separator: ", ")
  }

  /// For example ` (visa 8, mastercard 4)`; nothing for a single number, whose line tells.
  private func brands(_ tally: PlaceTally) -> String {
    let sorted = tally.byBrand.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    guard tally.count > 1, !sorted.isEmpty else { return "" }
    let words = sorted.map { "\($0.key) \(Wording.decimal($0.value))" }
    return " (\(words.joined(separator: ", ")))"
  }

  /// For example `12 card numbers (visa 8, amex 4); 3 published test numbers among them`.
  private func contents(_ tally: PlaceTally) -> String {
    let text = kinds(tally, withBrands: true)
    guard tally.testNumbers > 0, tally.testNumbers < tally.count else { return text }
    return text + "; \(Wording.count(tally.testNumbers, "published test number")) among them"
  }

  private func sample(_ finding: Finding) -> [String] {
    let location = finding.location
    var place = ""
    if let row = location.row {
      place = "row " + TextLayout.shown(row)
    } else if let line = location.line {
      place = "line \(line)" + (location.column.map { ":\($0)" } ?? "")
    } else if let offset = location.byteOffset {
      place = "byte \(offset)"
    }
    place = TextLayout.padded(TextLayout.cutEnd(place, to: 16), to: 16)
    let value = TextLayout.padded(TextLayout.shown(Wording.value(of: finding)), to: 28)
    let head = "      \(place)  \(value)  \(finding.confidence.rawValue)"
    let reasons = TextLayout.shown(Wording.reasons(of: finding))
    guard !reasons.isEmpty else { return [TextLayout.cutEnd(head, to: layout.width)] }
    let oneLine = "\(TextLayout.padded(head, to: 60))  \(reasons)"
    if TextLayout.columns(oneLine) <= layout.width { return [oneLine] }
    let why = TextLayout.cutEnd(reasons, to: layout.width - 24)
    return [
      TextLayout.cutEnd(head, to: layout.width),
      String(repeating: " ", count: 24) + layout.styled(why, .faint),
    ]
  }

  // MARK: What to do

  private func next(_ summary: Summary) -> [String] {
    guard summary.findingCount > 0 else { return [] }
    func has(_ kinds: Finding.Kind...) -> Bool {
      kinds.contains { summary.findings[$0.rawValue, default: 0] > 0 }
    }
    var advice: [String] = []
    if has(.track1, .track2, .cvv, .pinBlock) {
      advice.append(
        "Delete verification codes, tracks and PIN blocks first: they may not be kept after "
          + "authorisation, not even encrypted" + cited { $0.isSensitiveAuthenticationData } + ".")
    }
    if has(.pan, .splitPAN, .panHash) {
      advice.append(
        "Replace card numbers by Stripe ids (cus_, pm_) or delete them; until then make them "
          + "unreadable" + cited { [.pan, .splitPAN, .panHash].contains($0) } + ".")
    }
    if has(.secret) {
      advice.append(
        "Roll the keys in the Stripe dashboard, then remove them: a deleted line stays read.")
    }
    if has(.integration) {
      advice.append(
        "Mend the code: `unpan rules explain RULE` says why and how. What is right as it is takes a "
          + "comment, unpan:allow REASON.")
    }
    if residueCount > 0 {
      advice.append(
        "\(Wording.count(residueCount, "finding")) in raw pages of a database, in no row that was read: run VACUUM after "
          + "the rows are gone.")
    }
    if summary.testNumbers > 0 {
      let are =
        summary.testNumbers == 1 ? "is a published test number" : "are published test numbers"
      advice.append(
        "\(Wording.decimal(summary.testNumbers)) of \(Wording.decimal(summary.findingCount)) \(are); "
          + "--test-numbers ignore leaves them out.")
    }
    if !has(.integration) {
      advice.append(
        "Find where each place is written and stop it there, or it fills up again.")
    }
    var lines = [layout.styled("WHAT TO DO NEXT", .bold)]
    for sentence in advice {
      var wrapped = layout.wrapped(sentence, indent: 4)
      wrapped[0] = "  - " + wrapped[0].dropFirst(4)
      lines += wrapped
    }
    return lines + [""]
  }

  /// The requirements of the kinds that apply, for example ` (PCI DSS 3.3.1)`.
  private func cited(_ applies: (Finding.Kind) -> Bool) -> String {
    let ids = requirements.filter { $0.value.contains(where: applies) }.keys.sorted()
    return ids.isEmpty ? "" : " (PCI DSS \(ids.joined(separator: ", ")))"
  }
}
