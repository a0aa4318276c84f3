import Core
import Detection
import Inputs
import Native

/// Everything that is told of one item but its findings.
struct ItemTotals: Codable, Sendable {
  /// The item's share of its target's coverage.
  var coverage = Coverage(target: "")
  var belowThreshold = 0
  var testNumbersIgnored = 0
  var location: Location
  var modified: Int?
  var isComplete = true
  /// How many findings there are; set where they are kept.
  var findingCount = 0

  /// Whether nothing is left to read.
  var isWhole: Bool { isComplete && coverage.isComplete }
}

/// Judges an item that was read to its end and tells its findings, in order: one for each item.
struct ItemTeller {
  private let maker: FindingMaker
  private let options: ScanOptions
  private let spool: HitSpool
  /// Told of hits that are in memory no more.
  private let released: (Int) -> Void
  private let tell: (Finding) throws(RunError) -> Void
  private var totals: ItemTotals
  /// Opened when the first hash is to be tried.
  private var library: Result<LibCrypto, RunError>?

  /// - Parameter tell: takes each finding.
  init(
    _ item: ItemProgress, maker: FindingMaker, spool: HitSpool,
    released: @escaping (Int) -> Void, tell: @escaping (Finding) throws(RunError) -> Void
  ) {
    self.maker = maker
    options = maker.options
    self.spool = spool
    self.released = released
    self.tell = tell
    totals = ItemTotals(location: item.item.location)
  }

  /// Tells all findings and lets go of what was kept for them.
  /// - Returns: what else there is to say of the item.
  mutating func tellAll(of item: ItemProgress) throws(RunError) -> ItemTotals {
    let location = item.item.location
    var place = Place(location: location, classes: item.classes)
    var isComplete = true
    for case var part? in item.parts {
      for member in part.members {
        var inner = Place(location: location, classes: member.classes ?? ClassTable())
        try write(member, at: &inner, live: item.live)
        report(inner, member: member.member)
      }
      part.members = []
      for table in part.tables {
        var inner = location
        inner.member = table.member
        try judge([table.table], at: inner, classes: table.classes)
      }
      part.tables = []
      try write(part, at: &place, live: item.live)
      take(part.outcome)
      isComplete = isComplete && part.outcome.notExamined.isEmpty
    }
    try judge(item.tables, at: location, classes: item.classes)
    item.releaseTables()
    take(item.outcome)
    report(place, member: nil)
    totals.modified = item.outcome.modified
    totals.isComplete = isComplete && item.outcome.notExamined.isEmpty
    item.parts = []
    return totals
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
      // Its counts are asked for with every finding.
      self.classes = classes.summary
    }
  }

  private mutating func write(
    _ part: PartResult, at place: inout Place, live: LiveDigests?
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
          hit.row >= 0 && Int(hit.row) < whole.rowKeys.count ? whole.rowKeys[Int(hit.row)] : ""
        var record = hit.place >= 0 ? whole.places[Int(hit.place)] : nil
        if let row = record?.row { record?.row = place.firstRecord + row }
        try judge(
          hit, place.location, part, rowKey: rowKey.isEmpty ? nil : rowKey, record: record,
          firstLine: place.firstLine,
          lineOffset: place.lineOffset, classes: place.classes)
      }
    }
    place.firstLine += part.newlines
    place.firstRecord += part.records
    if part.lineOffset >= 0 { place.lineOffset = part.lineOffset }
  }

  private mutating func judge(
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

  /// Tells what the columns of a database hold, and what only several columns together show.
  private mutating func judge(
    _ tables: [TableInventory], at location: Location, classes: ClassTable
  ) throws(RunError) {
    guard !tables.isEmpty else { return }
    if library == nil, tables.contains(where: { !$0.hashes.isEmpty }) {
      library = Result { () throws(RunError) in try LibCrypto() }
    }
    let judge = TableJudge(detector: maker.detector, maker: maker, library: library)
    for table in tables {
      let verdict = judge.judge(table, at: location, in: classes)
      totals.coverage.columns += verdict.profiles
      for entry in verdict.notExamined { totals.coverage.miss(entry) }
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

  private mutating func take(_ outcome: PartOutcome) {
    totals.coverage.examined += outcome.examined
    totals.coverage.tables += outcome.tables
    totals.coverage.notExaminedCount += outcome.notExaminedUnlisted
    for entry in outcome.excluded { totals.coverage.exclude(entry) }
    for entry in outcome.notExamined {
      // Parts of one file that were stopped say so once.
      if entry.reason == .interrupted, let last = totals.coverage.notExamined.last,
        last.reason == .interrupted, last.place == entry.place
      {
        continue
      }
      totals.coverage.miss(entry)
    }
  }

  /// Tells the classes whose numbers were lowered, by label and length.
  private mutating func report(_ judged: Place, member: String?) {
    if judged.classes.isFull { totals.coverage.classesWithoutVerdict += 1 }
    let file = judged.location.path ?? judged.location.target
    let place = member.map { file + "!" + $0 } ?? file
    let reports = judged.lowered.compactMap { key, count -> Coverage.ClassReport? in
      guard let entry = judged.classes.entries[key] else { return nil }
      return Coverage.ClassReport(
        place: place, label: entry.label, length: entry.length, distinct: entry.distinct,
        passLuhn: entry.passLuhn, namedIssuer: entry.namedIssuer, lowered: count)
    }
    let room = Limits.classReportsMax - totals.coverage.classes.count
    // A column may have two classes of one length: whole numbers, and those filled up to it.
    totals.coverage.classes += reports.sorted {
      ($0.label, $0.length, $0.distinct, $0.passLuhn) < (
        $1.label, $1.length, $1.distinct, $1.passLuhn
      )
    }.prefix(room)
  }
}
