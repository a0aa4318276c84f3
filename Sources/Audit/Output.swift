import Core
import Detection
import Inputs
import Native
import Synchronization

/// Writes finished items in order and keeps the totals. Used by one thread at a time, as the schedule
/// sees to; only `save` by several.
final class Output: @unchecked Sendable {
  // Unchecked because the schedule lets only one thread in (`isWriting`); `save` touches constants.
  private let targets: [String]
  private let writer: any ReportWriter
  private let maker: FindingMaker
  private let progress: ProgressCounters?
  /// What items are told from, when the run has one.
  let state: ScanState?
  private var totals = Summary()
  /// Of the target being written; its name comes with its end.
  private var coverage: Coverage

  init(
    targets: [String], writer: any ReportWriter, maker: FindingMaker, state: ScanState? = nil,
    progress: ProgressCounters?
  ) {
    self.targets = targets
    self.writer = writer
    self.maker = maker
    self.state = state
    self.progress = progress
    coverage = Output.coverage(state)
  }

  private static func coverage(_ state: ScanState?) -> Coverage {
    var coverage = Coverage(target: "")
    if state != nil { coverage.carriedOver = Coverage.CarriedOver() }
    return coverage
  }

  func write(
    _ entry: Schedule.Entry, spool: HitSpool, released: @escaping (Int) -> Void
  ) throws(RunError) {
    switch entry {
    case .item(let item): try write(item, spool: spool, released: released)
    case .excluded(let entry): coverage.exclude(entry)
    case .notExamined(let entry): coverage.miss(entry)
    case .endOfTarget(let target):
      coverage.target = targets[target]
      totals.examined += coverage.examined
      totals.excludedCount += coverage.excludedCount
      totals.notExaminedCount += coverage.notExaminedCount
      try writer.coverage(coverage)
      coverage = Output.coverage(state)
    }
  }

  /// Writes what is told of an item to the state, so that its turn may come later, or in another run.
  func save(
    _ item: ItemProgress, in state: ScanState, spool: HitSpool, released: @escaping (Int) -> Void
  ) throws(RunError) {
    let saved = try state.begin(item.item)
    let counter = Counter()
    var teller = ItemTeller(item, maker: maker, spool: spool, released: released) {
      (finding) throws(RunError) in
      try state.add(finding, number: counter.next(), to: saved)
    }
    var result = try teller.tellAll(of: item)
    result.findingCount = counter.next()
    // What changed while it was read, or so shortly before that nobody could tell, is read again.
    var stamp: String?
    if let before = item.stamp, result.isWhole, before.isSettled, item.endStamp == before {
      stamp = before.text
    }
    try state.finish(saved, result, stamp: stamp)
    item.saved = saved
  }

  private func write(
    _ item: ItemProgress, spool: HitSpool, released: @escaping (Int) -> Void
  ) throws(RunError) {
    let result: ItemTotals
    if let state, let saved = item.saved {
      result = try state.tell(saved) { (finding) throws(RunError) in try tell(finding) }
      if item.isCarriedOver {
        coverage.carriedOver?.take(result.coverage.examined, since: saved.since)
      } else if item.stamp == nil {
        coverage.carriedOver?.unmarked += 1
      }
    } else {
      var teller = ItemTeller(item, maker: maker, spool: spool, released: released) {
        (finding) throws(RunError) in try self.tell(finding)
      }
      result = try teller.tellAll(of: item)
    }
    coverage.take(result.coverage)
    totals.belowThreshold += result.belowThreshold
    totals.testNumbersIgnored += result.testNumbersIgnored
    try writer.item(
      ExaminedItem(
        location: result.location, modified: result.modified, isComplete: result.isComplete))
    progress?.files.add(1, ordering: .relaxed)
  }

  private func tell(_ finding: Finding) throws(RunError) {
    totals.findings[finding.kind.rawValue, default: 0] += 1
    totals.bySeverity[finding.severity.rawValue, default: 0] += 1
    totals.byConfidence[finding.confidence.rawValue, default: 0] += 1
    if finding.testNumber { totals.testNumbers += 1 }
    progress?.findings.add(1, ordering: .relaxed)
    try writer.finding(finding)
  }

  /// The totals; the exit code only when the run was stopped from outside.
  func summary() -> Summary {
    totals.complete = totals.notExaminedCount == 0
    switch Interruption.requested {
    case .interrupt: totals.exitCode = Int(ExitCode.interrupted.rawValue)
    case .terminate: totals.exitCode = Int(ExitCode.terminated.rawValue)
    case nil: break
    }
    return totals
  }
}

/// Counts on its own, in a closure that may not change what it is given.
private final class Counter {
  private var count = 0

  func next() -> Int {
    defer { count += 1 }
    return count
  }
}

extension Coverage {
  /// Adds an item's share.
  fileprivate mutating func take(_ share: Coverage) {
    examined += share.examined
    tables += share.tables
    excludedCount += share.excludedCount
    excluded += share.excluded.prefix(Limits.coverageEntriesMax - excluded.count)
    notExaminedCount += share.notExaminedCount
    notExamined += share.notExamined.prefix(Limits.coverageEntriesMax - notExamined.count)
    classes += share.classes.prefix(Limits.classReportsMax - classes.count)
    classesWithoutVerdict += share.classesWithoutVerdict
    columns += share.columns
  }

  /// Counts and, while there is room, lists what was left out.
  mutating func exclude(_ entry: Entry) {
    excludedCount += 1
    if excluded.count < Limits.coverageEntriesMax { excluded.append(entry) }
  }

  /// Counts and, while there is room, lists what was not read.
  mutating func miss(_ entry: Entry) {
    notExaminedCount += 1
    if notExamined.count < Limits.coverageEntriesMax { notExamined.append(entry) }
  }
}
