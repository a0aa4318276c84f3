import Core

/// `--format github`: annotations for GitHub Actions, and the whole table in the step's summary.
///
/// GitHub shows ten annotations of a level a step and drops the rest without a word; so the worst ten
/// are written, and the last line counts what was left out.
final class GitHubReport: ReportWriter {
  private let output: Output
  private let summaryPath: String?
  private var page = MarkdownPage()
  private var words = FindingText()
  private var kept: [Level: [Finding]] = [:]
  private var firstMissed: Coverage.Entry?

  /// Annotations of one level in one step.
  static let annotationsMax = 10
  /// Of them for what keeps a policy from passing; findings keep the rest.
  private static let offendersMax = 4
  /// A step's summary may have 1 MiB, with whatever else the step wrote there.
  static let summaryBytesMax = 1_000_000

  private enum Level: String, CaseIterable {
    case error, warning, notice

    init(_ severity: Severity) {
      switch severity {
      case .critical, .high: self = .error
      case .medium: self = .warning
      case .low: self = .notice
      }
    }
  }

  init(_ output: Output, _ options: ReportOptions) {
    self.output = output
    summaryPath = options.stepSummaryPath
  }

  func begin(_ run: RunInfo) throws(RunError) {}

  func finding(_ finding: Finding) throws(RunError) {
    page.add(finding)
    keepIfWorst(finding)
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    page.add(coverage)
    if firstMissed == nil { firstMissed = coverage.notExamined.first }
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    var shownCount = 0
    // What was not examined, and what the target state is not, take the place of errors.
    let others =
      (summary.notExaminedCount > 0 ? [missed(summary)] : [])
      + (summary.policy.map(offenders) ?? [])
    for line in others { try output.write(line) }
    for level in Level.allCases {
      let max = GitHubReport.annotationsMax - (level == .error ? others.count : 0)
      for finding in (kept[level] ?? []).prefix(max) {
        try output.write(annotation(level, finding))
        shownCount += 1
      }
    }
    let verdict = Verdict(summary)
    try output.write(
      "unpan: \(verdict.headline); exit code \(summary.exitCode): \(verdict.meaning)\n")
    let left = summary.findingCount - shownCount
    if left > 0 {
      let rest = summaryPath == nil ? "--format jsonl lists them all" : "see the step's summary"
      try output.write("unpan: \(Wording.count(left, "finding")) without an annotation; \(rest)\n")
    }
    try output.finish()
    if let summaryPath {
      let file = try Output(appendingTo: summaryPath)
      try file.write(page.text(summary, bytesMax: GitHubReport.summaryBytesMax))
      try file.finish()
    }
  }

  // MARK: Annotations

  /// Keeps the worst of each level; of equals the one that came first.
  private func keepIfWorst(_ finding: Finding) {
    let level = finding.suppression == nil ? Level(finding.severity) : .notice
    let weight = GitHubReport.weight(finding)
    var worst = kept[level] ?? []
    let isFull = worst.count == GitHubReport.annotationsMax
    if isFull, let last = worst.last, GitHubReport.weight(last) >= weight { return }
    let index = worst.firstIndex { GitHubReport.weight($0) < weight } ?? worst.count
    worst.insert(finding, at: index)
    if isFull { worst.removeLast() }
    kept[level] = worst
  }

  private static func weight(_ finding: Finding) -> Int {
    (finding.severity == .critical ? 1000 : 0) + (finding.testNumber ? 0 : 500) + finding.score
  }

  private func annotation(_ level: Level, _ finding: Finding) -> String {
    let location = finding.location
    var properties = "file=\(GitHubReport.property(FindingText.repositoryPath(location)))"
    if location.member == nil, let line = location.line {
      properties += ",line=\(line)"
      if let column = location.column { properties += ",col=\(column)" }
    }
    properties += ",title=" + GitHubReport.property(FindingText.title(finding))
    var message = words.sentence(finding)
    if location.table != nil || location.member != nil {
      let position = FindingText.position(location)
      message += " in \(FindingText.place(location))" + (position.isEmpty ? "" : ", \(position)")
    }
    if !finding.requirements.isEmpty {
      message += "; PCI DSS " + TextLayout.shown(finding.requirements.joined(separator: ", "))
    }
    return "::\(level.rawValue) \(properties)::\(GitHubReport.data(message))\n"
  }

  private func missed(_ summary: Summary) -> String {
    var message = "\(Wording.count(summary.notExaminedCount, "place")) not examined"
    if let entry = firstMissed {
      let name = FindingText.name(entry.place)
      message += ", for example \(name): \(Wording.reason(entry.reason))"
    }
    return "::error title=Not everything was read::\(GitHubReport.data(message))\n"
  }

  /// The worst of what keeps a policy from passing, and how much of that there is.
  private func offenders(_ policy: PolicyResult) -> [String] {
    guard policy.verdict != .passed else { return [] }
    let message = GitHubReport.data(PolicyText.headlineInText(policy))
    var lines = ["::error title=Target state::\(message)\n"]
    for offender in PolicyOffender.all(policy).prefix(GitHubReport.offendersMax) {
      let file = GitHubReport.property(FindingText.repositoryPath(offender.location))
      let place = FindingText.place(offender.location)
      lines.append(
        "::error file=\(file),title=Target state::"
          + GitHubReport.data("\(place): \(offender.word), \(offender.reasons)") + "\n")
    }
    return lines
  }

  // MARK: Escaping

  /// The message of a command: per cent signs and ends of lines.
  /// <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>
  static func data(_ text: String) -> String { escaped(text, "%\r\n") }

  /// The value of a property: also what ends one.
  static func property(_ text: String) -> String { escaped(text, "%\r\n:,") }

  private static func escaped(_ text: String, _ special: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      if special.utf8.contains(byte) {
        out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      } else {
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
