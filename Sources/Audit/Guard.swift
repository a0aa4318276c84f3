import Core
import Inputs

/// What a check of a repository is asked to do, and what came of it.
package final class GuardRun: @unchecked Sendable {
  // Unchecked because it is set up before a run, written by the one thread that writes reports, and
  // read after it.
  package let scope: GitScope
  package let settings: GuardSettings
  package let baseline: Baseline
  /// As `2026-12-31`.
  package let today: String
  package let allowances = InlineAllowances()
  fileprivate var exclusions: [GitExclusion] = []

  /// Findings that nothing speaks for; kept for `--update-baseline` only.
  package var keepsNew = false
  package fileprivate(set) var new: [Finding] = []
  /// Findings whose entry or comment did not count.
  package fileprivate(set) var expiredCount = 0
  package fileprivate(set) var withoutReasonCount = 0
  /// Findings that fail the check.
  package fileprivate(set) var kinds: Set<Finding.Kind> = []
  /// The baseline without what is gone.
  package fileprivate(set) var shrunk = Baseline()

  package init(scope: GitScope, settings: GuardSettings, baseline: Baseline, today: String) {
    self.scope = scope
    self.settings = settings
    self.baseline = baseline
    self.today = today
  }

  /// The source and the writer that a run is made of.
  package func makeSource(
    _ repository: GitRepository, options: InputOptions
  ) throws(GitError) -> any Source {
    exclusions = settings.exclusions(today: today) + options.excludes.map { GitExclusion($0) }
    return try makeGuardSource(
      repository, scope, exclusions: exclusions, isJudgedAlike: isJudgedAlike, options: options,
      watcher: allowances)
  }

  /// Whether the same holds for two paths: rules, what is read, and whether comments speak there.
  func isJudgedAlike(_ one: String, _ other: String) -> Bool {
    func holds(_ path: String) -> (rules: [GuardSettings.PathRule], isRead: Bool, isData: Bool) {
      (
        settings.rules(for: path, today: today),
        !exclusions.contains { $0.applies(to: Array(path.utf8)) }, InlineAllowances.isData(path)
      )
    }
    return holds(one) == holds(other)
  }

  /// Puts a filter before a report.
  package func makeWriter(
    _ next: any ReportWriter, _ repository: GitRepository
  ) -> any ReportWriter {
    GuardFilter(self, next, repository)
  }
}

/// Passes on what a change added, and says of each finding whether somebody spoke for it.
final class GuardFilter: ReportWriter {
  private let run: GuardRun
  private let next: any ReportWriter
  private let repository: GitRepository
  private let addedLines: GitAddedLines
  /// Asked for when the first finding waits.
  private var copies: GitCopies?
  private var matcher: BaselineMatcher
  private var waiting: [Finding] = []
  private var missed: [Coverage.Entry] = []
  private var totals = Summary()

  /// Findings that wait for one question about their lines.
  private static let waitingMax = 10_000
  /// As many when all of them are of one version of a file, which is judged as a whole.
  private static let waitingOfOneMax = 100_000

  init(_ run: GuardRun, _ next: any ReportWriter, _ repository: GitRepository) {
    self.run = run
    self.next = next
    self.repository = repository
    addedLines = GitAddedLines(repository, run.scope)
    matcher = BaselineMatcher(run.baseline, today: run.today)
  }

  func begin(_ info: RunInfo) throws(RunError) { try next.begin(info) }

  func finding(_ finding: Finding) throws(RunError) {
    if let last = waiting.last?.location, waiting.count >= GuardFilter.waitingMax {
      let place = finding.location
      let isOther = last.path != place.path || last.member != place.member
      if isOther || waiting.count >= GuardFilter.waitingOfOneMax { try flush() }
    }
    waiting.append(finding)
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    try flush()
    var coverage = coverage
    coverage.notExamined += missed
    coverage.notExaminedCount += missed.count
    totals.notExaminedCount += missed.count
    missed = []
    try next.coverage(coverage)
  }

  func end(_ summary: Summary, _ info: RunInfo) throws(RunError) {
    run.shrunk = matcher.shrunk { $0.isOfHistory == (run.scope == .history) }
    var summary = summary
    summary.findings = totals.findings
    summary.bySeverity = totals.bySeverity
    summary.byConfidence = totals.byConfidence
    summary.testNumbers = totals.testNumbers
    summary.testNumbersIgnored += totals.testNumbersIgnored
    summary.notExaminedCount += totals.notExaminedCount
    summary.complete = summary.notExaminedCount == 0
    try next.end(summary, info)
  }

  /// A finding, and where its file was read: at another place when this one has a copy of it.
  private struct Placed {
    var finding: Finding
    var readAt: Location
  }

  private func flush() throws(RunError) {
    guard !waiting.isEmpty else { return }
    let found = waiting
    waiting.removeAll(keepingCapacity: true)
    let changes = changes(of: found.lazy.map { GuardFilter.file(of: $0) })
    try settle(found.map { Placed(finding: $0, readAt: $0.location) }, changes)
    guard let changes else { return }
    var batch: [Placed] = []
    var start = 0
    while start < found.count {
      let file = GuardFilter.file(of: found[start])
      let end = found[start...].firstIndex { GuardFilter.file(of: $0) != file } ?? found.count
      for copy in copies(of: file, changes) {
        if batch.count >= GuardFilter.waitingMax { try settleCopies(&batch) }
        batch += found[start..<end].map { GuardFilter.placed($0, at: copy) }
      }
      start = end
    }
    try settleCopies(&batch)
  }

  private func settleCopies(_ batch: inout [Placed]) throws(RunError) {
    guard !batch.isEmpty else { return }
    try settle(batch, changes(of: batch.lazy.map { GuardFilter.file(of: $0.finding) }))
    batch.removeAll(keepingCapacity: true)
  }

  /// - Parameter changes: `nil` when all lines count.
  private func settle(
    _ placed: [Placed], _ changes: GitAddedLines.Changes?
  ) throws(RunError) {
    let findings = placed.map(\.finding)
    let isNew = findings.map { isAdded($0, changes) }
    // The baseline sees the whole file, so that it tells a line that moved from one that came.
    let answers = matcher.answers(for: findings, isNew: isNew)
    for (index, place) in placed.enumerated() where isNew[index] { try tell(place, answers[index]) }
  }

  /// The version of a file that a finding is in; `nil` for a message.
  private static func file(of finding: Finding) -> GitAddedLines.File? {
    guard let path = finding.location.path else { return nil }
    // Behind the commit may stand what is in a container.
    let commit = finding.location.member?.prefix { $0 != "!" }
    return GitAddedLines.File(commit: commit.map { String($0) }, path: path)
  }

  private static func placed(_ found: Finding, at copy: GitAddedLines.File) -> Placed {
    var finding = found
    let inside = found.location.member?.drop { $0 != "!" } ?? ""
    finding.location.path = copy.path
    finding.location.member = copy.commit.map { $0 + inside }
    finding.id = FindingMaker.id(ofCopy: found.id, at: finding.location)
    return Placed(finding: finding, readAt: found.location)
  }

  /// `nil` when all lines count.
  private func changes(
    of files: some Sequence<GitAddedLines.File?>
  ) -> GitAddedLines.Changes? {
    guard run.scope.isAboutAddedLines else { return nil }
    var commits: [String] = []
    for file in files {
      guard let commit = file?.commit, commits.last != commit else { continue }
      commits.append(commit)
    }
    do throws(GitError) {
      return try addedLines.changes(of: commits)
    } catch {
      // Better to tell what was there before than to hide what is new.
      miss("git could not compare the versions, so findings in old lines are told as well.")
      return nil
    }
  }

  private func copies(
    of file: GitAddedLines.File?, _ changes: GitAddedLines.Changes
  ) -> [GitAddedLines.File] {
    guard let file, let id = changes.ids[file] else { return [] }
    if copies == nil {
      do throws(GitError) {
        copies = try repository.copies(run.scope, exclusions: run.exclusions)
      } catch {
        miss("git could not list the commits again, so findings in copies of files are not told.")
        copies = GitCopies()
      }
    }
    return copies?.files(of: id) ?? []
  }

  private func miss(_ detail: String) {
    missed.append(Coverage.Entry(place: guardTarget, reason: .readError, detail: detail))
  }

  private func isAdded(_ finding: Finding, _ changes: GitAddedLines.Changes?) -> Bool {
    guard let file = GuardFilter.file(of: finding), let added = changes?.lines[file] else {
      return true
    }
    if let oldPath = changes?.oldPaths[file], !run.isJudgedAlike(oldPath, file.path) { return true }
    // A line without an offset is one of text that was made of the file, as what is in a container is.
    guard finding.location.member == file.commit, let line = finding.location.line,
      finding.location.byteOffset != nil
    else { return !added.isEmpty }
    // A number that goes on in further lines is new with any of them.
    return added.overlaps(line...max(line, finding.endLine ?? line))
  }

  private func tell(_ placed: Placed, _ answer: BaselineMatcher.Answer) throws(RunError) {
    var finding = placed.finding
    let rules = finding.location.path.map { run.settings.rules(for: $0, today: run.today) } ?? []
    if finding.testNumber, rules.contains(where: { $0.effect == .ignoreTestNumbers }) {
      totals.testNumbersIgnored += 1
      return
    }
    switch answer {
    case .suppressed(let suppression): finding.suppression = suppression
    case .expired: run.expiredCount += 1
    case .unknown: break
    }
    if finding.suppression == nil {
      switch run.allowances.answer(for: finding, readAt: placed.readAt) {
      case .allowed(let reason):
        finding.suppression = Suppression(kind: .inSource, reason: reason)
      case .lacksReason: run.withoutReasonCount += 1
      case .none: break
      }
    }
    if finding.suppression == nil, !finding.kind.isSensitiveAuthenticationData {
      let rule = rules.first { rule in
        if case .allow(let kinds) = rule.effect { kinds.contains(finding.kind) } else { false }
      }
      if let rule {
        finding.suppression = Suppression(
          kind: .external, reason: rule.reason, owner: rule.owner, expires: rule.expires)
      }
    }
    if finding.suppression == nil {
      run.kinds.insert(finding.kind)
      if run.keepsNew { run.new.append(finding) }
    }
    totals.findings[finding.kind.rawValue, default: 0] += 1
    totals.bySeverity[finding.severity.rawValue, default: 0] += 1
    totals.byConfidence[finding.confidence.rawValue, default: 0] += 1
    if finding.testNumber { totals.testNumbers += 1 }
    try next.finding(finding)
  }
}

/// Marks the findings of any scan that a baseline has.
package final class BaselineFilter: ReportWriter {
  private let next: any ReportWriter
  private var matcher: BaselineMatcher
  /// Findings whose entry does not hold any more.
  package private(set) var expiredCount = 0

  package init(_ next: any ReportWriter, _ baseline: Baseline, today: String) {
    self.next = next
    matcher = BaselineMatcher(baseline, today: today)
  }

  package func begin(_ run: RunInfo) throws(RunError) { try next.begin(run) }

  package func finding(_ finding: Finding) throws(RunError) {
    var finding = finding
    switch matcher.answer(for: finding) {
    case .suppressed(let suppression): finding.suppression = suppression
    case .expired: expiredCount += 1
    case .unknown: break
    }
    try next.finding(finding)
  }

  package func item(_ item: ExaminedItem) throws(RunError) { try next.item(item) }

  package func coverage(_ coverage: Coverage) throws(RunError) { try next.coverage(coverage) }

  package func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    try next.end(summary, run)
  }
}

/// Takes a report, shows nothing of it, and tells what a baseline would have to hold.
package final class BaselineReview: ReportWriter {
  private var matcher: BaselineMatcher
  /// Findings that nothing speaks for.
  package private(set) var new: [Finding] = []
  package private(set) var isComplete = false
  /// Why not, where it is not; the first few.
  package private(set) var notExamined: [Coverage.Entry] = []

  package init(_ baseline: Baseline, today: String) {
    matcher = BaselineMatcher(baseline, today: today)
  }

  /// The baseline without what is gone.
  package var shrunk: Baseline { matcher.shrunk() }

  package func begin(_ run: RunInfo) {}

  package func finding(_ finding: Finding) {
    // What has a comment in its line needs no entry.
    guard finding.suppression == nil else { return }
    if case .suppressed = matcher.answer(for: finding) { return }
    new.append(finding)
  }

  package func coverage(_ coverage: Coverage) { notExamined += coverage.notExamined.prefix(3) }
  package func end(_ summary: Summary, _ run: RunInfo) { isComplete = summary.complete }
}

extension GuardRun: Equatable {
  /// Two runs are never the same.
  package static func == (a: GuardRun, b: GuardRun) -> Bool { a === b }
}
