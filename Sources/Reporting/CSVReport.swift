import Core

/// `--format csv`: a table for spreadsheets, in the columns assessors ask for.
///
/// One row a finding, one a place that was not examined, and the verdict last. Nothing in a cell can
/// run: a cell that a spreadsheet could take for a formula begins with an apostrophe.
final class CSVReport: ReportWriter {
  private let output: Output
  private var row: [UInt8] = []
  private var words = FindingText()

  static let header = [
    "Record", "Data store", "File or database", "Member", "Table", "Column or field", "Row", "Line",
    "Byte offset", "Data element", "Brand", "Shown as", "Digits", "Protection",
    "Access logging (to fill in)", "Severity", "Confidence", "Score", "Test number", "Why",
    "PCI DSS", "Rule", "Finding id",
  ]

  init(_ output: Output) { self.output = output }

  func begin(_ run: RunInfo) throws(RunError) {
    for name in CSVReport.header { cell(name) }
    try endRow()
  }

  func finding(_ finding: Finding) throws(RunError) {
    let location = finding.location
    cell("finding")
    cell(foreign: location.target)
    cell(foreign: location.path)
    cell(foreign: location.member)
    cell(foreign: location.table)
    cell(foreign: location.field)
    cell(foreign: location.row)
    cell(location.line)
    cell(location.byteOffset)
    cell(Wording.title(finding.kind))
    cell(foreign: finding.brand)
    cell(foreign: finding.masked)
    cell(finding.length)
    protection(finding)
    cell("")
    cell(finding.severity.rawValue)
    cell(finding.confidence.rawValue)
    cell(finding.score)
    cell(finding.testNumber ? "yes" : "no")
    cell(words.reasons(of: finding))
    requirements(finding)
    cell(foreign: finding.rule)
    cell(foreign: finding.id)
    try endRow()
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    for entry in coverage.notExamined {
      let reason = Wording.reason(entry.reason)
      let why = entry.detail.map { "\(reason): \(TextLayout.shown($0))" } ?? reason
      try note("not examined", target: coverage.target, place: entry.place, why)
    }
    let more = coverage.notExaminedCount - coverage.notExamined.count
    if more > 0 {
      try note(
        "not examined", target: coverage.target, place: nil,
        "and \(Wording.count(more, "more place"))")
    }
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    if let report = summary.inventory {
      let text = InventoryText(report: report)
      for breach in report.breaches {
        try note(
          "inventory", target: breach.store, place: breach.place,
          "\(text.words(breach)) (PCI DSS \(breach.kind.requirement))")
      }
      try note(
        "inventory", target: nil, place: report.file, "\(text.stores); \(text.verdict)")
    }
    if let policy = summary.policy { try write(policy) }
    if let migration = summary.migration {
      try note("migration", target: nil, place: nil, MigrationText.sentence(migration))
      for open in migration.open {
        try note(
          "open exception", target: nil, place: open.record,
          "\(TextLayout.shown(open.state)): \(TextLayout.shown(open.reason))")
      }
    }
    if let change = summary.change {
      let counts = ChangeText(report: change).counts
      try note(
        "change", target: nil, place: nil, "since \(TextLayout.shown(change.since)): \(counts)")
    }
    let verdict = Verdict(summary)
    try note(
      "result", target: nil, place: nil,
      "\(verdict.headline); exit code \(summary.exitCode): \(verdict.meaning)")
    try output.finish()
  }

  private func write(_ policy: PolicyResult) throws(RunError) {
    for offender in PolicyOffender.all(policy) {
      let place = offender.location
      try note(
        "target state", target: place.target, place: place.path, table: place.table,
        column: place.field, "\(offender.word): \(offender.reasons)")
    }
    try note(
      "target state", target: nil, place: policy.policy, PolicyText.headlineInText(policy))
  }

  /// A row that is no finding: its text stands in the column `Why`.
  private func note(
    _ record: String, target: String?, place: String?, table: String? = nil,
    column: String? = nil, _ why: String
  ) throws(RunError) {
    for name in CSVReport.header {
      switch name {
      case "Record": cell(record)
      case "Data store": cell(foreign: target)
      case "File or database": cell(foreign: place)
      case "Table": cell(foreign: table)
      case "Column or field": cell(foreign: column)
      case "Why": cell(why)
      default: cell("")
      }
    }
    try endRow()
  }

  // MARK: Cells

  private func protection(_ finding: Finding) {
    if finding.kind == .panHash { return cell("hashed") }
    if finding.encoding.isEmpty { return cell("none, readable") }
    cell("none, encoded: " + TextLayout.shown(finding.encoding.joined(separator: ", ")))
  }

  /// Named, because a spreadsheet reads `3.5.1` as a date.
  private func requirements(_ finding: Finding) {
    cell(
      finding.requirements.isEmpty
        ? "" : "PCI DSS " + TextLayout.shown(finding.requirements.joined(separator: ", ")))
  }

  private func endRow() throws(RunError) {
    row[row.count - 1] = UInt8(ascii: "\n")
    try output.write(row)
    row.removeAll(keepingCapacity: true)
  }

  private func cell(_ number: Int?) { cell(number.map { String($0) } ?? "") }

  private func cell(foreign text: String?) {
    guard let text else { return cell("") }
    cell(CSVReport.isPlain(text) ? NumberGuard.masked(text) : TextLayout.shown(text))
  }

  /// Our own words, or text that is safe to show; followed by a comma.
  private func cell(_ text: String) {
    let isFormula = CSVReport.couldBeFormula(text)
    var needsQuotes = isFormula
    for byte in text.utf8
    where byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ";") {
      needsQuotes = true
    }
    if needsQuotes { row.append(UInt8(ascii: "\"")) }
    if isFormula { row.append(UInt8(ascii: "'")) }
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") { row.append(byte) }
      row.append(byte)
    }
    if needsQuotes { row.append(UInt8(ascii: "\"")) }
    row.append(UInt8(ascii: ","))
  }

  /// Whether every byte is printable ASCII and stands for itself, so that nothing has to be shown.
  private static func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }
  }

  /// Whether a spreadsheet could calculate with it: it begins with `=`, `+`, `-` or `@` (also in full
  /// width), after any spaces, or with a tab or carriage return.
  static func couldBeFormula(_ text: String) -> Bool {
    guard let first = text.utf8.first(where: { $0 != 0x20 }) else { return false }
    switch first {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D:
      return true
    case 0x80...:
      let scalar = text.unicodeScalars.first { !$0.properties.isWhitespace }
      return scalar.map { "＝＋－＠−".unicodeScalars.contains($0) } ?? false
    default: return false
    }
  }
}
