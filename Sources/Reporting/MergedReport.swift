import Core

/// Several saved results as one: the shards of a run over many hosts or folders.
package struct MergedReport: Sendable {
  package let parts: [SavedReport]
  /// What each part's targets are told apart by; `nil` where no other part has one of them.
  private let names: [PartName?]

  /// - Parameter parts: at least one.
  /// - Throws: `SavedReportError` for a file that is given twice, and when more than one part tells of
  ///   a migration: the records of two do not add up as those of one.
  package init(_ parts: [SavedReport]) throws(SavedReportError) {
    precondition(!parts.isEmpty, "a merge needs something to merge")
    if let twice = parts.indices.first(where: { parts[..<$0].contains(where: parts[$0].isSame) }) {
      throw SavedReportError(parts[twice].path, .givenTwice)
    }
    let migrated = parts.filter { $0.summary.migration != nil }
    if migrated.count > 1 {
      throw SavedReportError(migrated[1].path, .secondMigration(first: migrated[0].path))
    }
    self.parts = parts
    names = PartName.of(parts)
  }

  /// Who and when: versions that differ are all named, the times span all parts.
  package var run: RunInfo {
    guard parts.count > 1 else { return parts[0].run }
    let runs = parts.map(\.run)
    func all(_ texts: [String]) -> String {
      var unique: [String] = []
      for text in texts where !unique.contains(text) { unique.append(text) }
      return unique.joined(separator: ", ")
    }
    var run = RunInfo(
      version: all(runs.map(\.version)), rules: all(runs.map(\.rules)),
      started: runs.map(\.started).min() ?? "", threads: runs.map(\.threads).max() ?? 1,
      targets: zip(names, runs).flatMap { name, run in
        run.targets.map { name?.renamed($0) ?? $0 }
      })
    run.tool = all(runs.map(\.tool))
    run.finished = runs.compactMap(\.finished).max()
    // The merge lists from there on what every part does.
    run.minConfidence = runs.compactMap(\.minConfidence).max()
    return run
  }

  /// Totals over all parts. One part's summary is passed on as it is.
  package var summary: Summary {
    guard parts.count > 1 else { return parts[0].summary }
    var sum = Summary()
    for part in parts.map({ MergedReport.withoutInventory($0.summary) }) {
      sum.findings.merge(part.findings, uniquingKeysWith: +)
      sum.bySeverity.merge(part.bySeverity, uniquingKeysWith: +)
      sum.byConfidence.merge(part.byConfidence, uniquingKeysWith: +)
      sum.belowThreshold += part.belowThreshold
      sum.testNumbers += part.testNumbers
      sum.testNumbersIgnored += part.testNumbersIgnored
      sum.suppressed += part.suppressed
      sum.examined += part.examined
      sum.excludedCount += part.excludedCount
      sum.notExaminedCount += part.notExaminedCount
      sum.complete = sum.complete && part.complete
      if MergedReport.badness(part.exitCode) > MergedReport.badness(sum.exitCode) {
        sum.exitCode = part.exitCode
      }
    }
    sum.inventory = mergedInventory
    sum.migration = parts.compactMap(\.summary.migration).first
    if parts.contains(where: { $0.summary.policy != nil }) {
      sum.policy = PolicyResult.merged(
        zip(names, parts).map { name, part in
          let policy = part.summary.policy ?? MergedReport.unjudged(part)
          return name?.renamed(policy) ?? policy
        })
    }
    if let policy = sum.policy, policy.verdict != .passed,
      MergedReport.badness(sum.exitCode) < MergedReport.badness(policy.exitCode)
    {
      sum.exitCode = policy.exitCode
    }
    if let missed = missedCoverage {
      sum.notExaminedCount += missed.notExaminedCount
      sum.complete = false
      if sum.exitCode == Int(ExitCode.clean.rawValue) {
        sum.exitCode = Int(ExitCode.incomplete.rawValue)
      }
    }
    return sum
  }

  /// What a part that no policy was asked about adds to the verdict of those that were.
  private static func unjudged(_ part: SavedReport) -> PolicyResult {
    var store = PolicyResult.Store(target: part.run.targets.joined(separator: ", "))
    store.verdict = part.summary.findingCount > 0 ? .failed : .unproven
    store.problems = part.summary.findings.sorted { $0.key < $1.key }.filter { $0.value > 0 }.map {
      PolicyResult.Problem(.finding, subject: $0.key, count: $0.value)
    }
    store.problems.append(PolicyResult.Problem(.noPolicy))
    var policy = PolicyResult(policy: "")
    policy.verdict = store.verdict
    policy.stores = [store]
    return policy
  }

  private var mergedInventory: InventoryReport? {
    InventoryReport.merged(
      zip(names, parts).compactMap { name, part in
        part.summary.inventory.map { name?.renamed($0) ?? $0 }
      })
  }

  /// What the inventory of the shards lists and none of them scanned.
  private var missedCoverage: Coverage? {
    let coverage = mergedInventory?.missedCoverage
    return coverage?.isComplete == false ? coverage : nil
  }

  /// As if one part had been scanned without the inventory: what it did not scan another may have.
  private static func withoutInventory(_ summary: Summary) -> Summary {
    guard let missed = summary.inventory?.missedCoverage.notExaminedCount, missed > 0 else {
      return summary
    }
    var summary = summary
    summary.notExaminedCount -= missed
    summary.complete = summary.notExaminedCount == 0
    if summary.complete, summary.exitCode == Int(ExitCode.incomplete.rawValue) {
      summary.exitCode = Int(ExitCode.clean.rawValue)
    }
    return summary
  }

  /// Tells a writer everything, part by part.
  /// - Throws: `SavedReportError` for a part that changed meanwhile, `RunError` from the writer.
  package func replay(to writer: any ReportWriter) throws {
    try writer.begin(run)
    for (name, part) in zip(names, parts) {
      try part.replay(
        to: name.map { RenamingWriter(writer, $0) } ?? writer, withInventory: parts.count == 1)
    }
    if parts.count > 1, let missedCoverage { try writer.coverage(missedCoverage) }
    try writer.end(summary, run)
  }

  /// Findings win over incompleteness, an interruption over both, a failure over all.
  private static func badness(_ exitCode: Int) -> Int {
    switch Int32(exitCode) {
    case ExitCode.clean.rawValue: 0
    case ExitCode.incomplete.rawValue: 1
    case ExitCode.findings.rawValue: 2
    case ExitCode.interrupted.rawValue, ExitCode.terminated.rawValue: 3
    default: 4
    }
  }
}
