import Core
import Detection
import Inputs
import Native
import Synchronization

/// Writes finished items in order and keeps the totals. Used by one thread at a time, as the schedule
/// sees to.
final class Output: @unchecked Sendable {
  // Unchecked because the schedule lets only one thread in (`isWriting`).
  private let targets: [String]
  private let writer: any ReportWriter
  private let maker: FindingMaker
  private let options: ScanOptions
  private let progress: ProgressCounters?
  private var totals = Summary()
  /// Of the target being written; its name comes with its end.
  private var coverage = Coverage(target: "")
  /// Opened when the first hash is to be tried.
  private var library: Result<LibCrypto, RunError>?

  init(
    targets: [String], writer: any ReportWriter, maker: FindingMaker, options: ScanOptions,
    progress: ProgressCounters?
  ) {
    self.targets = targets
    self.writer = writer
    self.maker = maker
    self.options = options
    self.progress = progress
  }

  func write(
    _ entry: Schedule.Entry, spool: HitSpool, released: (Int) -> Void
  ) throws(RunError) {
    switch entry {
    case .item(let item): try write(item, spool: spool, released: released)
    case .excluded(let entry): exclude(entry)
    case .notExamined(let entry): miss(entry)
    case .endOfTarget(let target):
      coverage.target = targets[target]
      totals.examined += coverage.examined
      totals.excludedCount += coverage.excludedCount
      totals.notExaminedCount += coverage.notExaminedCount
      try writer.coverage(coverage)
      coverage = Coverage(target: "")
    }
  }

  private func write(
    _ item: ItemProgress, spool: HitSpool, released: (Int) -> Void
  ) throws(RunError) {
    let location = item.item.location
    var place = Place(location: location, classes: item.classes)
    var isComplete = true
    for case var part? in item.parts {
      for member in part.members {
        var inner = Place(location: location, classes: member.classes ?? ClassTable())
        try write(member, at: &inner, live: item.live, spool: spool, released: released)
        report(inner, member: member.member)
      }
      part.members = []
      for table in part.tables {
        var inner = location
        inner.member = table.member
        try tell([table.table], at: inner, classes: table.classes)
      }
      part.tables = []
      try write(part, at: &place, live: item.live, spool: spool, released: released)
      take(part.outcome)
      isComplete = isComplete && part.outcome.notExamined.isEmpty
    }
    try tell(item.tables, at: location, classes: item.classes)
    item.releaseTables()
    take(item.outcome)
    report(place, member: nil)
    try writer.item(
      ExaminedItem(
        location: location, modified: item.outcome.modified,
        isComplete: isComplete && item.outcome.notExamined.isEmpty))
    progress?.files.add(1, ordering: .relaxed)
    item.parts = []
  }

  /// Where writing is in a file or a member of one.
  private struct Place {
    var location: Location
    var classes: ClassTable
    var firstLine = 0
    var firstRecord = 0
    var lineOffset = 0
    var carried = CarriedHits()
    /// How many findings each class lowered.
    var lowered: [UInt64: Int] = [:]

    init(location: Location, classes: ClassTable) {
      self.location = location
      self.classes = classes
    }
  }

  private func write(
    _ part: PartResult, at place: inout Place, live: LiveDigests?, spool: HitSpool,
    released: (Int) -> Void
  ) throws(RunError) {
    var part = part
    if !place.carried.isEmpty { part.labels.merge(place.carried.labels) { own, _ in own } }
    if part.batches.isEmpty { part.batches = [HitBatch()] }
    for batch in part.batches {
      var whole: HitBatch
      if let range = batch.spooled { whole = try spool.read(range) } else { whole = batch }
      released(batch.hits.count)
      if part.table == nil {
        place.carried.mend(&whole, of: part, lineOffset: place.lineOffset)
      }
      var explained: Set<UInt64> = []
      if part.isPages || part.isDerived && part.table != nil, let live {
        explained = try live.known(among: Set(whole.hits.lazy.map(\.digest).filter { $0 != 0 }))
      }
      for hit in whole.hits {
        if explained.contains(hit.digest) { continue }
        var hit = hit
        if maker.judge(&hit, in: place.classes) { place.lowered[hit.classKey, default: 0] += 1 }
        let rowKey =
          hit.row >= 0 && Int(hit.row) < whole.rowKeys.count ? whole.rowKeys[Int(hit.row)] : nil
        var record = hit.place >= 0 ? whole.places[Int(hit.place)] : nil
        if let row = record?.row { record?.row = place.firstRecord + row }
        try tell(
          hit, place.location, part, rowKey: rowKey, record: record, firstLine: place.firstLine,
          lineOffset: place.lineOffset, classes: place.classes)
      }
    }
    place.firstLine += part.newlines
    place.firstRecord += part.records
    if part.lineOffset >= 0 { place.lineOffset = part.lineOffset }
  }

  private func tell(
    _ hit: Hit, _ location: Location, _ part: PartResult, rowKey: String?, record: RecordPlace?,
    firstLine: Int, lineOffset: Int, classes: ClassTable
  ) throws(RunError) {
    guard Confidence(score: Int(hit.score)) >= options.minConfidence else {
      totals.belowThreshold += 1
      return
    }
    let isTest = hit.evidence.contains(.testNumber)
    if isTest, options.testNumbers == .ignore {
      totals.testNumbersIgnored += 1
      return
    }
    let finding = maker.finding(
      hit, at: location, part: part, rowKey: rowKey, record: record, firstLine: firstLine,
      lineOffset: lineOffset, classes: classes)
    try tell(finding)
  }

  private func tell(_ finding: Finding) throws(RunError) {
    totals.findings[finding.kind.rawValue, default: 0] += 1
    totals.bySeverity[finding.severity.rawValue, default: 0] += 1
    totals.byConfidence[finding.confidence.rawValue, default: 0] += 1
    if finding.testNumber { totals.testNumbers += 1 }
    progress?.findings.add(1, ordering: .relaxed)
    try writer.finding(finding)
  }

  /// Tells what the columns of a database hold, and what only several columns together show.
  private func tell(
    _ tables: [TableInventory], at location: Location, classes: ClassTable
  ) throws(RunError) {
    guard !tables.isEmpty else { return }
    if library == nil, tables.contains(where: { !$0.hashes.isEmpty }) {
      library = Result { () throws(RunError) in try LibCrypto() }
    }
    let judge = TableJudge(detector: maker.detector, maker: maker, library: library)
    for table in tables {
      let verdict = judge.judge(table, at: location, in: classes)
      coverage.columns += verdict.profiles
      for entry in verdict.notExamined { miss(entry) }
      for finding in verdict.findings {
        if finding.testNumber, options.testNumbers == .ignore {
          totals.testNumbersIgnored += 1
        } else {
          try tell(finding)
        }
      }
    }
  }

  // MARK: - Coverage

  private func take(_ outcome: PartOutcome) {
    coverage.examined += outcome.examined
    coverage.tables += outcome.tables
    coverage.notExaminedCount += outcome.notExaminedUnlisted
    for entry in outcome.excluded { exclude(entry) }
    for entry in outcome.notExamined {
      // Parts of one file that were stopped say so once.
      if entry.reason == .interrupted, let last = coverage.notExamined.last,
        last.reason == .interrupted, last.place == entry.place
      {
        continue
      }
      miss(entry)
    }
  }

  private func exclude(_ entry: Coverage.Entry) {
    coverage.excludedCount += 1
    if coverage.excluded.count < Limits.coverageEntriesMax { coverage.excluded.append(entry) }
  }

  private func miss(_ entry: Coverage.Entry) {
    coverage.notExaminedCount += 1
    if coverage.notExamined.count < Limits.coverageEntriesMax { coverage.notExamined.append(entry) }
  }

  /// Tells the classes whose numbers were lowered, by label and length.
  private func report(_ judged: Place, member: String?) {
    if judged.classes.isFull { coverage.classesWithoutVerdict += 1 }
    let file = judged.location.path ?? judged.location.target
    let place = member.map { file + "!" + $0 } ?? file
    let reports = judged.lowered.compactMap { key, count -> Coverage.ClassReport? in
      guard let entry = judged.classes.entries[key] else { return nil }
      return Coverage.ClassReport(
        place: place, label: entry.label, length: entry.length, distinct: entry.distinct,
        passLuhn: entry.passLuhn, namedIssuer: entry.namedIssuer, lowered: count)
    }
    let room = Limits.classReportsMax - coverage.classes.count
    coverage.classes += reports.sorted { ($0.label, $0.length) < ($1.label, $1.length) }.prefix(
      room)
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
