import Core

/// `--format gitlab-codequality`: what GitLab shows beside the lines of a merge request.
///
/// The format has no place for what was not examined, so that each such place is an issue of its own:
/// an empty list means that everything was read. Nor has it one for judgements: what somebody judged is
/// of severity `info`, and the description says who and why.
final class CodeQualityReport: ReportWriter {
  private let output: Output
  private var json = JSONText()
  private var words = FindingText()
  private var count = 0

  init(_ output: Output) { self.output = output }

  func begin(_ run: RunInfo) throws(RunError) { try output.write("[") }

  func finding(_ finding: Finding) throws(RunError) {
    let location = finding.location
    var description = words.sentence(finding)
    // The path and the line stand beside it; what they cannot say is said here.
    let place = FindingText.place(location)
    if location.table != nil || location.member != nil {
      let position = FindingText.position(location)
      description += " in \(place)" + (position.isEmpty ? "" : ", \(position)")
    }
    try issue(
      description, check: finding.rule, fingerprint: finding.id,
      severity: finding.suppression == nil
        ? CodeQualityReport.severity(finding.severity) : "info",
      path: location.path ?? location.target,
      line: location.member == nil ? location.line ?? 1 : 1)
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    for entry in coverage.notExamined {
      let detail = entry.detail.map { ": \(TextLayout.shown($0))" } ?? ""
      let reason = Wording.reason(entry.reason)
      try issue(
        "Not examined: \(reason)\(detail)", check: "coverage",
        fingerprint: CodeQualityReport.fingerprint(coverage.target, entry), severity: "major",
        path: entry.place, line: 1)
    }
    let more = coverage.notExaminedCount - coverage.notExamined.count
    if more > 0 {
      try issue(
        "Not examined: \(Wording.count(more, "more place"))", check: "coverage",
        fingerprint: CodeQualityReport.fingerprint(
          coverage.target, .init(place: "", reason: .init(rawValue: "more"))), severity: "major",
        path: coverage.target, line: 1)
    }
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    for offender in summary.policy.map(PolicyOffender.all) ?? [] {
      let location = offender.location
      try issue(
        "\(offender.sentence) in \(FindingText.place(location))", check: PolicyOffender.rule,
        fingerprint: offender.fingerprint,
        severity: CodeQualityReport.severity(offender.severity),
        path: location.path ?? location.target, line: 1)
    }
    try output.write(count == 0 ? "]\n" : "\n]\n")
    try output.finish()
  }

  private func issue(
    _ description: String, check: String, fingerprint: String, severity: String, path: String,
    line: Int
  ) throws(RunError) {
    json.removeAll()
    json.raw(count == 0 ? "\n" : ",\n")
    json.object { json in
      json.member("type", "issue")
      json.member("check_name", check)
      json.member("description", description)
      json.member("categories", ["Security"])
      json.member("severity", severity)
      json.member("fingerprint", fingerprint)
      json.key("location")
      json.object { json in
        json.member("path", CodeQualityReport.relative(path))
        json.key("lines")
        json.object { $0.member("begin", line) }
      }
    }
    count += 1
    try output.write(json.bytes)
  }

  /// GitLab takes paths below the repository only; an absolute one loses its first slash.
  private static func relative(_ path: String) -> String {
    var rest = path[...]
    while rest.hasPrefix("/") || rest.hasPrefix("./") { rest = rest.dropFirst() }
    return FindingText.name(String(rest))
  }

  private static func fingerprint(_ target: String, _ entry: Coverage.Entry) -> String {
    PlaceHash.text([target, entry.place, entry.reason.rawValue], prefix: "coverage-")
  }

  private static func severity(_ severity: Severity) -> String {
    switch severity {
    case .critical: "blocker"
    case .high: "critical"
    case .medium: "major"
    case .low: "minor"
    }
  }
}
