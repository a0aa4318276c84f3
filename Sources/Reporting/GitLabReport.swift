import Core

/// `--format gitlab`: a GitLab SAST report (schema 15.0.7), whose findings need not lie in a repository.
///
/// `raw_source_code_extract` is left out for good: it is meant to hold the line as it is.
final class GitLabReport: ReportWriter {
  private let output: Output
  private let rules: [String: RuleText]
  private var json = JSONText()
  private var words = FindingText()
  private var count = 0
  private var messages: [Coverage.Entry] = []
  private var notExaminedCount = 0

  private static let messagesMax = 1_000
  /// Bytes of a name in GitLab's schema; counted in bytes here, which is never more than asked.
  private static let nameMax = 255

  init(_ output: Output, _ options: ReportOptions) {
    self.output = output
    rules = Dictionary(options.rules.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func begin(_ run: RunInfo) throws(RunError) {
    try output.write("{\"version\":\"15.0.7\",\n\"vulnerabilities\":[")
  }

  func finding(_ finding: Finding) throws(RunError) {
    let sentence = words.sentence(finding)
    let location = finding.location
    let rule = rules[finding.rule]
    json.removeAll()
    json.raw(count == 0 ? "\n" : ",\n")
    json.object { json in
      json.member("id", finding.id)
      json.member(
        "name", TextLayout.cutEnd(FindingText.title(finding), to: GitLabReport.nameMax / 4))
      let position = FindingText.position(location)
      let place = FindingText.place(location) + (position.isEmpty ? "" : ", \(position)")
      json.member("description", "\(sentence) in \(place).")
      json.member("severity", GitLabReport.severity(finding.severity))
      json.member("solution", rule?.fix)
      if let suppression = finding.suppression {
        // The only flag the schema has; the description says who judged it and why.
        json.key("flags")
        json.object(elements: [suppression]) { json, suppression in
          json.member("type", "flagged-as-likely-false-positive")
          json.member("origin", "unpan")
          json.member("description", TextLayout.shown(Wording.text(of: suppression)))
        }
      }
      json.key("identifiers")
      json.object(elements: ["unpan_rule"] + finding.requirements) { json, identifier in
        let isRule = identifier == "unpan_rule"
        json.member("type", isRule ? identifier : "pci_dss")
        json.member("name", isRule ? "unpan rule \(finding.rule)" : "PCI DSS \(identifier)")
        json.member("value", isRule ? finding.rule : identifier)
      }
      json.key("location")
      json.object { json in
        json.member("file", FindingText.repositoryPath(location))
        let line = location.member == nil ? location.line : nil
        json.member("start_line", line)
        json.member("end_line", line)
        json.member("class", location.table.map(TextLayout.shown))
        json.member("method", location.field.map(TextLayout.shown))
      }
      json.key("tracking")
      json.object { json in
        json.member("type", "source")
        json.key("items")
        json.object(elements: [finding.id]) { json, id in
          json.member("file", FindingText.repositoryPath(location))
          json.key("signatures")
          // The id stands for the place; no text was hashed.
          json.object(elements: [id]) { json, id in
            json.member("algorithm", "hash")
            json.member("value", id)
          }
        }
      }
    }
    count += 1
    try output.write(json.bytes)
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    notExaminedCount += coverage.notExaminedCount
    messages += coverage.notExamined.prefix(GitLabReport.messagesMax - messages.count)
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    for offender in summary.policy.map(PolicyOffender.all) ?? [] { try write(offender) }
    json.removeAll()
    json.raw(count == 0 ? "],\n\"scan\":" : "\n],\n\"scan\":")
    json.object { json in
      for name in ["analyzer", "scanner"] as [StaticString] {
        json.key(name)
        json.object { json in
          json.member("id", "unpan")
          json.member("name", "unpan")
          json.member("version", run.version.isEmpty ? "unknown" : run.version)
          json.key("vendor")
          json.object { $0.member("name", "unpan") }
        }
      }
      json.member("type", "sast")
      json.member("start_time", ReportTime.withoutZone(run.started))
      json.member("end_time", ReportTime.withoutZone(run.finished ?? run.started))
      // Not a success unless all was read: an empty list would look clean.
      json.member("status", summary.complete ? "success" : "failure")
      json.key("messages")
      let level = summary.complete ? "info" : "warn"
      json.object(elements: texts(summary)) { json, text in
        json.member("level", level)
        json.member("value", text)
      }
    }
    json.raw("}\n")
    try output.write(json.bytes)
    try output.finish()
  }

  /// A column that a target-state policy does not let pass.
  private func write(_ offender: PolicyOffender) throws(RunError) {
    let location = offender.location
    json.removeAll()
    json.raw(count == 0 ? "\n" : ",\n")
    json.object { json in
      json.member("id", offender.fingerprint)
      json.member("name", "Target state: \(offender.word)")
      json.member("description", "\(FindingText.place(location)): \(offender.sentence).")
      json.member("severity", GitLabReport.severity(offender.severity))
      json.member("solution", PolicyOffender.ruleText.fix)
      json.key("identifiers")
      json.object(elements: [PolicyOffender.rule]) { json, rule in
        json.member("type", "unpan_rule")
        json.member("name", "unpan rule \(rule)")
        json.member("value", rule)
      }
      json.key("location")
      json.object { json in
        json.member("file", FindingText.repositoryPath(location))
        json.member("class", location.table.map(TextLayout.shown))
        json.member("method", location.field.map(TextLayout.shown))
      }
    }
    count += 1
    try output.write(json.bytes)
  }

  private func texts(_ summary: Summary) -> [String] {
    let verdict = Verdict(summary)
    var texts = ["\(verdict.headline); exit code \(summary.exitCode): \(verdict.meaning)"]
    texts += messages.map { entry in
      let detail = entry.detail.map { ": \(TextLayout.shown($0))" } ?? ""
      return "not examined: \(FindingText.name(entry.place)), \(Wording.reason(entry.reason))"
        + detail
    }
    let more = notExaminedCount - messages.count
    if more > 0 { texts.append("and \(Wording.count(more, "more place")) not examined") }
    return texts
  }

  private static func severity(_ severity: Severity) -> String {
    switch severity {
    case .critical: "Critical"
    case .high: "High"
    case .medium: "Medium"
    case .low: "Low"
    }
  }
}

extension JSONText {
  /// An array of objects.
  mutating func object<T>(elements: [T], _ body: (inout JSONText, T) -> Void) {
    array(elements) { json, element in json.object { body(&$0, element) } }
  }
}
