import Core

/// `--format sarif`: SARIF 2.1.0 for code scanning pages and editors.
///
/// No snippets: the text around a finding is what must not be copied. Ids are the finding's own, so
/// that nobody needs a digest of the line. Columns count bytes in unpan and characters in SARIF, so a
/// region has the line and the byte, and the column is a property.
///
/// GitHub takes 25,000 results of a run. The worst are kept, in the order they were found: every
/// severity spools its first 25,000, and what fits is chosen at the end.
final class SARIFReport: ReportWriter {
  private let output: Output
  private let options: ReportOptions
  /// The rule of the target state, when a result names it. Last of all: the others have their numbers.
  private var lastRules: [RuleText] = []
  private var json = JSONText()
  private var words = FindingText()
  private var spool = Spool()
  private var entries: [Entry] = []
  private var countBySeverity = [Int](repeating: 0, count: Severity.allCases.count)
  private var ruleIndexes: [String: Int] = [:]
  /// Rules of findings that the catalogue does not have, as in a report of an older version.
  private var unknownRules: [String] = []
  private var notifications: [Coverage.Entry] = []
  private var notExaminedCount = 0

  /// <https://docs.github.com/code-security/code-scanning>, "SARIF results exceed limits".
  static let resultsMax = 25_000
  private static let notificationsMax = 1_000
  private static let unknownRulesMax = 1_000

  /// Where a result lies in the spool.
  private struct Entry {
    var severity: Int
    var offset: Int
    var count: Int
  }

  init(_ output: Output, _ options: ReportOptions) {
    self.output = output
    self.options = options
    for (index, rule) in options.rules.enumerated() { ruleIndexes[rule.id] = index }
  }

  func begin(_ run: RunInfo) throws(RunError) {}

  func finding(_ finding: Finding) throws(RunError) {
    guard isKept(finding.severity) else { return }
    json.removeAll()
    result(finding)
    try keep(finding.severity)
  }

  /// Counts a result, and says whether it can be among those that are written.
  private func isKept(_ severity: Severity) -> Bool {
    let rank = SARIFReport.rank(severity)
    countBySeverity[rank] += 1
    return countBySeverity[rank] <= SARIFReport.resultsMax
  }

  /// Puts the result that `json` holds aside.
  private func keep(_ severity: Severity) throws(RunError) {
    let severity = SARIFReport.rank(severity)
    entries.append(Entry(severity: severity, offset: spool.count, count: json.bytes.count))
    try spool.append(json.bytes)
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    notExaminedCount += coverage.notExaminedCount
    notifications += coverage.notExamined.prefix(
      SARIFReport.notificationsMax - notifications.count)
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    if let policy = summary.policy { try keepOffenders(policy) }
    try output.write(
      "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
        + "sarif-schema-2.1.0.json\",\n\"version\":\"2.1.0\",\n\"runs\":[{\"tool\":{\"driver\":")
    json.removeAll()
    driver(run)
    try output.write(json.bytes)
    // Every mask has at least three asterisks in a row.
    try output.write(
      "},\n\"columnKind\":\"utf16CodeUnits\",\n\"redactionTokens\":[\"***\"],\n\"results\":[")
    let keptCount = try writeResults()
    try output.write(keptCount == 0 ? "],\n\"invocations\":[" : "\n],\n\"invocations\":[")
    let totalCount = countBySeverity.reduce(0, +)
    json.removeAll()
    invocation(summary, run, keptCount: keptCount, totalCount: totalCount)
    json.raw("],\n\"properties\":")
    try output.write(json.bytes)
    json.removeAll()
    json.result(summary, run: nil)
    try output.write(json.bytes)
    try output.write("}]}\n")
    try output.finish()
    if keptCount < totalCount {
      options.tell(.leftOut(format: "sarif", kept: keptCount, total: totalCount))
    }
  }

  /// The worst that fit, in the order they came.
  private func writeResults() throws(RunError) -> Int {
    var room = [Int](repeating: 0, count: countBySeverity.count)
    var left = SARIFReport.resultsMax
    for severity in room.indices.reversed() {
      room[severity] = min(left, countBySeverity[severity])
      left -= room[severity]
    }
    var keptCount = 0
    for entry in entries where room[entry.severity] > 0 {
      room[entry.severity] -= 1
      try output.write(keptCount == 0 ? "\n" : ",\n")
      try output.write(spool.bytes(entry.offset..<entry.offset + entry.count))
      keptCount += 1
    }
    return keptCount
  }

  // MARK: Results

  private func result(_ finding: Finding) {
    let ruleIndex = index(of: finding.rule)
    let message = SARIFReport.message(words.sentence(finding))
    let location = finding.location
    json.object { json in
      json.member("ruleId", finding.rule)
      json.member("ruleIndex", ruleIndex)
      json.member("level", SARIFReport.level(finding.severity))
      json.key("message")
      json.object { $0.member("text", message) }
      json.key("locations")
      json.array([location]) { $0.sarifLocation($1) }
      json.key("partialFingerprints")
      json.object { json in
        // GitHub's uploader would otherwise hash the line, and with it the number.
        json.member("primaryLocationLineHash", finding.id + ":1")
        json.member("unpanFinding/v1", finding.id)
      }
      json.member("rank", finding.score)
      if let suppression = finding.suppression {
        json.key("suppressions")
        json.array([suppression]) { $0.sarifSuppression($1) }
      }
      json.key("properties")
      json.object { json in
        json.member("severity", finding.severity.rawValue)
        json.member("confidence", finding.confidence.rawValue)
        json.member("testNumber", finding.testNumber)
        json.member("requirements", finding.requirements)
        json.member("line", location.member == nil ? nil : location.line)
        json.member("columnInBytes", location.column)
      }
    }
  }

  /// Columns that a target-state policy does not let pass are results as well.
  private func keepOffenders(_ policy: PolicyResult) throws(RunError) {
    let offenders = PolicyOffender.all(policy)
    guard !offenders.isEmpty else { return }
    lastRules = [PolicyOffender.ruleText]
    for offender in offenders where isKept(offender.severity) {
      json.removeAll()
      json.object { json in
        json.member("ruleId", PolicyOffender.rule)
        json.member("level", SARIFReport.level(offender.severity))
        json.key("message")
        json.object { $0.member("text", SARIFReport.message(offender.sentence)) }
        json.key("locations")
        json.array([offender.location]) { $0.sarifLocation($1) }
        json.key("partialFingerprints")
        json.object { json in
          json.member("primaryLocationLineHash", offender.fingerprint + ":1")
          json.member("unpanFinding/v1", offender.fingerprint)
        }
        json.key("properties")
        json.object { json in
          json.member("severity", offender.severity.rawValue)
          json.member("verdict", offender.isForbidden ? "forbidden" : "unproven")
        }
      }
      try keep(offender.severity)
    }
  }

  private func index(of rule: String) -> Int? {
    if let index = ruleIndexes[rule] { return index }
    guard unknownRules.count < SARIFReport.unknownRulesMax else { return nil }
    unknownRules.append(rule)
    ruleIndexes[rule] = options.rules.count + unknownRules.count - 1
    return ruleIndexes[rule]
  }

  // MARK: Rules

  private func driver(_ run: RunInfo) {
    json.object { json in
      json.member("name", run.tool)
      json.member("version", run.version)
      json.member("semanticVersion", run.version)
      json.key("rules")
      json.array(options.rules) { $0.sarifRule($1) }
      json.spliceIntoArray(unknownRules) { json, id in json.object { $0.member("id", id) } }
      json.spliceIntoArray(lastRules) { $0.sarifRule($1) }
    }
  }

  // MARK: Invocation

  private func invocation(_ summary: Summary, _ run: RunInfo, keptCount: Int, totalCount: Int) {
    // A run that read less than it should have still ran as it should; its notifications of level
    // `error` say that the results are incomplete, which is what SARIF means by that level.
    let failures = [ExitCode.failure, .interrupted, .terminated].map { Int($0.rawValue) }
    json.object { json in
      json.member("executionSuccessful", !failures.contains(summary.exitCode))
      json.member("exitCode", summary.exitCode)
      json.member("exitCodeDescription", Verdict(summary).meaning)
      json.member("startTimeUtc", run.started)
      json.member("endTimeUtc", run.finished)
      json.key("toolExecutionNotifications")
      json.array(notifications) { $0.sarifNotification($1) }
      var others: [(id: String, text: String)] = []
      if notExaminedCount > notifications.count {
        let more = Wording.count(notExaminedCount - notifications.count, "more place")
        others.append(("not-examined", "\(more) not examined; --format jsonl has the lists."))
      }
      if Verdict(summary).isInterrupted {
        others.append(("interrupted", "The run was stopped; what came later was not read."))
      }
      if keptCount < totalCount {
        let text =
          "\(Wording.decimal(keptCount)) of \(Wording.decimal(totalCount)) findings are in this "
          + "file, the worst first; --format jsonl has them all."
        others.append(("results-left-out", text))
      }
      json.spliceIntoArray(others) { json, other in
        json.sarifNotification(other.id, other.text, place: nil)
      }
    }
  }

  // MARK: Words

  private static func rank(_ severity: Severity) -> Int {
    switch severity {
    case .low: 0
    case .medium: 1
    case .high: 2
    case .critical: 3
    }
  }

  static func level(_ severity: Severity) -> String {
    switch severity {
    case .critical, .high: "error"
    case .medium: "warning"
    case .low: "note"
    }
  }

  /// In a message, brackets make links and braces are placeholders.
  static func message(_ text: String) -> String {
    guard text.utf8.contains(where: { "[]{}\\".utf8.contains($0) }) else { return text }
    var out = ""
    for character in text {
      switch character {
      case "[", "]", "\\": out += "\\\(character)"
      case "{", "}": out += "\(character)\(character)"
      default: out.append(character)
      }
    }
    return out
  }
}
