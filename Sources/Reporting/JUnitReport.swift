import Core

/// `--format junit`: JUnit XML, which every CI system shows.
///
/// A suite a target. In it a case for each file or column and rule with findings (failed), one for each
/// place that was not examined (an error), one for each that was excluded (skipped), and one called
/// `coverage` that only passes when everything was read. Held against a target-state policy, each store
/// is one suite more with a case for every column: passed, failed, or an error where nothing is proven.
/// The shape is one that both the Ant and the
/// Jenkins schema take; both want counts first, so the cases of a target wait in a spool.
final class JUnitReport: ReportWriter {
  private let output: Output
  private var words = FindingText()
  private var spool = Spool()
  private var xml = XMLText()
  private var suiteCount = 0
  private var cases = Counts()
  private var timestamp = ""
  private var place: PlaceTally.Place?
  private var groups: [GroupKey: Group] = [:]
  private var order: [GroupKey] = []

  /// Findings listed in one case.
  private static let linesMax = 20
  /// Columns times rules kept apart in one table at a time.
  private static let groupsMax = 256

  private struct Counts {
    var tests = 0
    var failures = 0
    var errors = 0
    var skipped = 0
  }

  private struct GroupKey: Hashable {
    var field: String?
    var rule: String
    /// Suppressed findings do not fail, so they are cases of their own.
    var isSuppressed: Bool
  }

  private struct Group {
    var first: Finding
    var severity: Severity
    var count = 0
    var lines: [String] = []
  }

  init(_ output: Output) { self.output = output }

  func begin(_ run: RunInfo) throws(RunError) {
    timestamp = ReportTime.withoutZone(run.started)
    try output.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")
  }

  func finding(_ finding: Finding) throws(RunError) {
    // A table's rows alternate between its columns, so the column is no part of the place here.
    var current = PlaceTally.Place(finding.location)
    current.column = nil
    if current != place || groups.count >= JUnitReport.groupsMax { try closePlace() }
    place = current
    let field = finding.location.table == nil ? nil : finding.location.field
    let key = GroupKey(
      field: field, rule: finding.rule, isSuppressed: finding.suppression != nil)
    if groups[key] == nil {
      order.append(key)
      groups[key] = Group(first: finding, severity: finding.severity)
    }
    groups[key]!.count += 1
    groups[key]!.severity = max(groups[key]!.severity, finding.severity)
    if groups[key]!.lines.count < JUnitReport.linesMax {
      let position = FindingText.position(finding.location)
      let sentence = words.sentence(finding)
      groups[key]!.lines.append(position.isEmpty ? sentence : "\(position): \(sentence)")
    }
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    try closePlace()
    for entry in coverage.notExamined {
      let reason = Wording.reason(entry.reason)
      try appendCase(FindingText.name(entry.place), reason) { xml in
        xml.raw("<error")
        xml.attribute("type", entry.reason.rawValue)
        xml.attribute("message", "not examined: \(reason)")
        xml.raw(">")
        xml.text(entry.detail.map(TextLayout.shown) ?? "")
        xml.raw("</error>")
      }
      cases.errors += 1
    }
    for entry in coverage.excluded {
      let reason = Wording.reason(entry.reason)
      try appendCase(FindingText.name(entry.place), reason) { xml in
        xml.raw("<skipped")
        xml.attribute("message", "excluded: \(reason)")
        xml.raw("/>")
      }
      cases.skipped += 1
    }
    try appendCase(FindingText.name(coverage.target), "coverage") { xml in
      guard !coverage.isComplete else { return }
      let missed = Wording.count(coverage.notExaminedCount, "place")
      xml.raw("<error type=\"incomplete\"")
      xml.attribute("message", "\(missed) not examined, so this is no proof")
      xml.raw("/>")
    }
    if !coverage.isComplete { cases.errors += 1 }
    try closeSuite(coverage.target, coverage)
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    try closePlace()
    // A run that was stopped may have findings of a target whose end never came.
    if cases.tests > 0 { try closeSuite("unfinished", nil) }
    for store in summary.policy?.stores ?? [] { try policySuite(store) }
    try output.write("</testsuites>\n")
    try output.finish()
  }

  // MARK: Policy

  private func policySuite(_ store: PolicyResult.Store) throws(RunError) {
    let name = FindingText.name(store.path ?? store.target)
    for column in store.columns {
      let place = "\(name), table \(FindingText.name(column.table))"
      let verdict: PolicyResult.Verdict =
        column.verdict.passes ? .passed : column.verdict == .forbidden ? .failed : .unproven
      try policyCase(
        place, "target state of column \(FindingText.name(column.column))", verdict,
        column.problems)
    }
    try policyCase(name, "target state", store.verdict, store.problems)
    try closeSuite("target state: \(name)", nil)
  }

  private func policyCase(
    _ place: String, _ name: String, _ verdict: PolicyResult.Verdict,
    _ problems: [PolicyResult.Problem]
  ) throws(RunError) {
    let sentences = problems.prefix(JUnitReport.linesMax).map(PolicyText.sentence)
    try appendCase(place, name) { xml in
      switch verdict {
      case .passed: return
      case .failed: xml.raw("<failure type=\"target-state\"")
      case .unproven: xml.raw("<error type=\"not-proven\"")
      }
      xml.attribute(
        "message", verdict == .failed ? "not what the policy allows" : "not proven")
      xml.raw(">")
      for sentence in sentences {
        xml.raw("\n")
        xml.text(sentence)
      }
      xml.raw(verdict == .failed ? "\n</failure>" : "\n</error>")
    }
    switch verdict {
    case .passed: break
    case .failed: cases.failures += 1
    case .unproven: cases.errors += 1
    }
  }

  // MARK: Cases

  /// Turns what was gathered of one file or table into cases.
  private func closePlace() throws(RunError) {
    for key in order {
      guard let group = groups[key] else { continue }
      // The count first: a number behind the name of a code would be taken for one.
      let findings = Wording.count(group.count, group.first.kind)
      try appendCase(FindingText.place(group.first.location), FindingText.name(key.rule)) { xml in
        if key.isSuppressed {
          xml.raw("<skipped")
          xml.attribute(
            "message",
            "suppressed: \(findings), \(group.lines[0])")
          xml.raw("/>")
          return
        }
        xml.raw("<failure")
        xml.attribute("type", group.severity.rawValue)
        xml.attribute("message", findings)
        xml.raw(">")
        for line in group.lines {
          xml.raw("\n")
          xml.text(line)
        }
        let more = group.count - group.lines.count
        if more > 0 { xml.raw("\nand \(Wording.decimal(more)) more") }
        xml.raw("\n</failure>")
      }
      if key.isSuppressed { cases.skipped += 1 } else { cases.failures += 1 }
    }
    groups.removeAll(keepingCapacity: true)
    order.removeAll(keepingCapacity: true)
    place = nil
  }

  private func appendCase(
    _ place: String, _ name: String, _ body: (inout XMLText) -> Void
  ) throws(RunError) {
    xml.removeAll()
    xml.raw("    <testcase")
    xml.attribute("classname", place)
    xml.attribute("name", name)
    xml.raw(" time=\"0\">")
    body(&xml)
    xml.raw("</testcase>\n")
    cases.tests += 1
    try spool.append(xml.bytes)
  }

  private func closeSuite(_ target: String, _ coverage: Coverage?) throws(RunError) {
    xml.removeAll()
    xml.raw("  <testsuite id=\"\(suiteCount)\" package=\"unpan\"")
    xml.attribute("name", FindingText.name(target))
    xml.attribute("timestamp", timestamp)
    xml.raw(" hostname=\"localhost\" tests=\"\(cases.tests)\" failures=\"\(cases.failures)\"")
    xml.raw(" errors=\"\(cases.errors)\" skipped=\"\(cases.skipped)\" time=\"0\">\n")
    xml.raw("    <properties>\n")
    if let coverage {
      property("examined.files", coverage.examined.files)
      property("examined.bytes", coverage.examined.bytes)
      property("examined.tables", coverage.examined.tables)
      property("examined.rows", coverage.examined.rows)
      property("examined.objects", coverage.examined.objects)
      property("excluded", coverage.excludedCount)
      property("notExamined", coverage.notExaminedCount)
    }
    xml.raw("    </properties>\n")
    try output.write(xml.bytes)
    try spool.move(to: output)
    try output.write("    <system-out/>\n    <system-err/>\n  </testsuite>\n")
    suiteCount += 1
    cases = Counts()
  }

  private func property(_ name: String, _ value: Int) {
    xml.raw("      <property name=\"\(name)\" value=\"\(value)\"/>\n")
  }
}

/// Times as formats without zones want them.
enum ReportTime {
  /// `2026-01-02T03:04:05` of `2026-01-02T03:04:05Z`; the epoch for a text that is no such time.
  static func withoutZone(_ text: String) -> String {
    let shape = "0000-00-00T00:00:00"
    let head = text.prefix(shape.utf8.count)
    let fits =
      head.utf8.count == shape.utf8.count
      && zip(head.utf8, shape.utf8).allSatisfy { byte, wanted in
        wanted == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == wanted
      }
    return fits ? String(head) : "1970-01-01T00:00:00"
  }
}
