import Core
import Detection
import Inputs
import Native
import Rules
import Synchronization

/// Runs a scan: hands parts to workers, judges each item as a whole, writes findings in a stable order.
package final class Engine: Sendable {
  private let detector: Detector
  private let options: ScanOptions
  private let maker: FindingMaker
  private let progress: ProgressCounters?
  private let state: ScanState?

  /// - Parameter state: what earlier runs have read, kept up by this one.
  package init(
    detector: Detector, catalogue: [Rule], options: ScanOptions, progress: ProgressCounters? = nil,
    state: ScanState? = nil
  ) {
    self.detector = detector
    self.options = options
    self.state = state
    self.progress = progress
    maker = FindingMaker(detector: detector, catalogue: catalogue, options: options)
  }

  /// Scans the sources one after another.
  ///
  /// - Parameters:
  ///   - census: the same sources once more, walked ahead to forecast the bytes for the progress line;
  ///     empty when nobody watches.
  ///   - now: the time as text, asked for once more at the end.
  /// - Throws: when the report cannot be written or the spool cannot be used.
  package func run(
    _ sources: [any Source], census: [any Source] = [], run: RunInfo, writer: any ReportWriter,
    now: () -> String
  ) throws(RunError) {
    try writer.begin(run)
    let schedule = Schedule(
      sources: sources,
      output: Output(
        targets: sources.map(\.target), writer: writer, maker: maker, state: state,
        progress: progress))
    let detector = detector
    let progress = progress
    let options = options
    let threads = options.threads
    runWorkers(threads + (census.isEmpty ? 0 : 1)) { index in
      if index < threads {
        Worker(detector: detector, options: options, schedule: schedule, progress: progress).run()
      } else if let progress {
        Engine.forecast(census, progress, schedule)
      }
    }
    let summary = try schedule.finish()
    try state?.end(targets: sources.map(\.target), isWhole: Interruption.requested == nil)
    var run = run
    run.finished = now()
    try writer.end(summary, run)
  }
}

extension Engine {
  /// Walks the sources without opening anything and adds up what there is to read.
  fileprivate static func forecast(
    _ sources: [any Source], _ progress: ProgressCounters, _ schedule: Schedule
  ) {
    for source in sources {
      while !schedule.isDone, let event = source.next() {
        if case .item(let item) = event {
          progress.expectedBytes.add(item.expectedBytes, ordering: .relaxed)
        }
      }
    }
  }
}

/// One thread's share of the work.
private final class Worker {
  private let scanner: Scanner
  private let schedule: Schedule
  private let buffer = WorkBuffer()
  private let progress: ProgressCounters?
  /// Digests of the numbers told in the current table or document.
  private var known: Set<UInt64> = []
  /// Codes told in the current document.
  private var codeCount = 0
  private let inventory: ColumnInventory
  /// Reads what is in values that are containers, while this one stands at the value.
  private lazy var inner = Worker(
    detector: detector, options: options, schedule: schedule, progress: progress)
  private let detector: Detector
  private let options: ScanOptions
  private static let batchHitsMax = 16_384
  /// Numbers kept of a document or a database in a container; beyond it some are told twice.
  private static let knownMax = 1_000_000

  init(
    detector: Detector, options: ScanOptions, schedule: Schedule, progress: ProgressCounters?
  ) {
    self.detector = detector
    self.options = options
    scanner = Scanner(detector)
    scanner.tellsPlaces = true
    inventory = ColumnInventory(detector, options)
    self.schedule = schedule
    self.progress = progress
  }

  func run() {
    while true {
      switch schedule.next() {
      case .open(let item): open(item)
      case .part(let item, let index, let part): read(item, index, part)
      case .finish(let item): schedule.finished(item)
      case .write: schedule.writeReady()
      case .stop: return
      }
    }
  }

  /// Opens the item, unless an earlier run has read it as it is now.
  private func open(_ item: ItemProgress) {
    if let saves = schedule.saves {
      item.stamp = item.item.stamp()
      do throws(RunError) {
        if let stamp = item.stamp,
          let saved = try saves.find(item.item, stamp: stamp.text)
        {
          // Nothing was opened; what was kept for opening is let go.
          _ = item.item.close()
          item.saved = saved
          item.isCarriedOver = true
          progress?.expectedBytes.subtract(item.item.expectedBytes, ordering: .relaxed)
          schedule.carried(item, nil)
          return
        }
      } catch {
        schedule.carried(item, error)
        return
      }
    }
    schedule.opened(item, openError(item))
  }

  private func openError(_ item: ItemProgress) -> InputError? {
    do throws(InputError) {
      try item.item.open()
      return nil
    } catch {
      return error
    }
  }

  private func read(_ item: ItemProgress, _ index: Int, _ part: any Part) {
    if let series = part as? any PartSeries {
      read(series, of: item, index)
      return
    }
    scanner.beginPart(
      head: part.head ?? item.item.head, columns: part.columns, startsFile: index == 0)
    known.removeAll()
    var (result, failure) = scan(part, of: item, countsProgress: true)
    result.labels = scanner.labels
    if part.table != nil { failure = tellLive(of: item) ?? failure }
    schedule.submit(item, index, result, classes: scanner.classes, failure: failure)
  }

  /// Hands over the digests of live numbers.
  private func tellLive(of item: ItemProgress) -> RunError? {
    defer { known.removeAll(keepingCapacity: true) }
    do throws(RunError) {
      try item.live.insert(known)
      return nil
    } catch {
      return error
    }
  }

  /// Reads the members of a container, each judged on its own.
  private func read(_ series: any PartSeries, of item: ItemProgress, _ index: Int) {
    var whole = PartResult(member: series.member)
    var consumed = 0
    let failure = readMembers(of: series, item, rowKey: nil) { part, result in
      whole.outcome += result.outcome
      result.outcome = PartOutcome()
      if let table = result.inventory {
        result.inventory = nil
        whole.add(MemberTable(member: part.member, table: table, classes: scanner.classes.summary))
      }
      whole.members += result.members
      whole.tables += result.tables
      result.members = []
      result.tables = []
      if !result.batches.isEmpty {
        result.labels = scanner.labels
        result.classes = scanner.classes.summary
        whole.members.append(result)
      }
      let now = series.consumedBytes
      progress?.bytes.add(now - consumed, ordering: .relaxed)
      consumed = now
      return nil
    }
    whole.settleTables()
    whole.outcome += series.finish()
    schedule.submit(
      item, index, whole, classes: ClassTable(), failure: failure)
  }

  /// Reads what is in a value that is a container.
  private func open(
    _ series: any PartSeries, of part: any Part, column: Int, _ item: ItemProgress,
    _ found: inout OpenedValues
  ) -> RunError? {
    let place = OpenedValues.Place(
      table: part.table ?? "", columns: part.columns, column: column, rowKey: part.rowKey ?? "",
      member: part.member, encoding: part.encoding)
    let worker = inner
    // What only repeats a row is told once.
    let failure = worker.readMembers(
      of: series, item, rowKey: place.rowKey, known: known
    ) { _, result in
      found.add(
        result, from: place, labels: worker.scanner.labels, classes: worker.scanner.classes)
      return nil
    }
    found.take(series.finish())
    return failure
  }

  /// Reads members one after another, each judged on its own.
  ///
  /// - Parameters:
  ///   - rowKey: of the row that all of them lie in.
  ///   - before: digests of numbers told already.
  ///   - take: gets what each gave, while the scanner still has its classes.
  private func readMembers(
    of series: any PartSeries, _ item: ItemProgress, rowKey: String?,
    known before: Set<UInt64> = [], _ take: (any Part, inout PartResult) -> RunError?
  ) -> RunError? {
    var failure: RunError?
    var group = 0
    known = before
    while failure == nil, let part = series.nextMember() {
      // What has no group may lie between parts of one: an attachment between two texts of a mail.
      if part.group != 0, part.group != group {
        known.removeAll()
        codeCount = 0
        group = part.group
      }
      scanner.beginPart(head: part.head ?? [], columns: part.columns, startsFile: true)
      var (result, error) = scan(part, of: item, countsProgress: false, rowKey: rowKey)
      failure = error ?? take(part, &result)
    }
    return failure
  }

  /// Reads a part whose scanner is ready for it.
  private func scan(
    _ part: any Part, of item: ItemProgress, countsProgress: Bool, rowKey: String? = nil
  ) -> (PartResult, RunError?) {
    var result = PartResult(table: part.table, member: part.member, columns: part.columns)
    result.encoding = part.encoding
    result.isText = part.isText
    var rowKeys: [String] = []
    var found = OpenedValues()
    var failure: RunError?
    let isTable = part.table != nil
    let keepsKnown = part.group != 0 || part.isDerived || isTable && countsProgress
    result.isDerived = part.isDerived
    // A sheet declares no columns: what its columns hold is not told column by column.
    let keepsInventory = isTable && !part.columnTypes.isEmpty
    if keepsInventory { inventory.begin(part) }
    var bytes = 0
    var told = 0
    var isInterrupted = false
    result.outcome = part.read(into: buffer) { chunk in
      let before = scanner.hits.count
      switch chunk.field {
      case .column(let column) where chunk.isContainer && part.opened != nil:
        if let series = part.opened,
          let error = open(series, of: part, column: column, item, &found)
        {
          failure = error
        }
        if keepsInventory, !inventory.take(chunk, column: column, of: part) {
          inventory.note(chunk, column: column, hits: nil, of: part)
        }
      case .column(let column) where keepsInventory:
        if !inventory.take(chunk, column: column, of: part) {
          scanner.scan(chunk)
          let hits = scanner.hits.count > before ? scanner.hits[before...] : nil
          inventory.note(chunk, column: column, hits: hits, of: part)
        }
      case .pages:
        scanner.scan(chunk)
        result.isPages = true
      case .none, .column: scanner.scan(chunk)
      }
      if !isTable { result.end = chunk.byteOffset + chunk.owned.upperBound }
      if scanner.hits.count > before {
        if isTable {
          scanner.setRow(Int32(rowKeys.count), from: before)
          rowKeys.append(part.rowKey ?? "")
        } else if let rowKey {
          if rowKeys.isEmpty { rowKeys.append(rowKey) }
          scanner.setRow(0, from: before)
        }
        if keepsKnown { note(from: before, of: part, isPages: result.isPages) }
        if part.group == 0, isTable, countsProgress, known.count >= Worker.batchHitsMax {
          failure = tellLive(of: item)
        }
        if scanner.hits.count >= Worker.batchHitsMax {
          failure = flush(&result, &rowKeys, spools: true) ?? failure
        }
      }
      bytes += chunk.owned.count
      if countsProgress, bytes >= 1 << 20 {
        progress?.bytes.add(bytes, ordering: .relaxed)
        told += bytes
        bytes = 0
      }
      // Tables look themselves from time to time, and few of their values take long.
      if !keepsInventory || chunk.owned.count >= Limits.contextBytes {
        isInterrupted = Interruption.requested != nil
      }
      return failure == nil && !isInterrupted
    }
    result.outcome += found.outcome
    result.members = found.results
    result.tables = found.tables
    if isInterrupted {
      let place = item.item.location.path ?? item.item.location.target
      result.outcome.notExamined.append(Coverage.Entry(place: place, reason: .interrupted))
    }
    if countsProgress {
      // A database's live pages count as read although their rows were handed over instead.
      bytes = max(bytes, result.outcome.examined.bytes - told)
      progress?.bytes.add(bytes, ordering: .relaxed)
    }
    failure = flush(&result, &rowKeys, spools: false) ?? failure
    if keepsInventory {
      result.inventory = inventory.finish(rows: result.outcome.examined.rows)
    }
    result.newlines = scanner.newlines
    result.records = scanner.records
    result.lineOffset = scanner.lineOffset
    return (result, failure)
  }

  /// A track says more than its number does: it is not told by that.
  private static func key(of hit: Hit) -> UInt64 {
    hit.rule == .track1 || hit.rule == .track2 ? hit.digest ^ 0x9E37_79B9_7F4A_7C15 : hit.digest
  }

  /// Remembers the numbers of a document, and drops what a part says again in other words.
  private func note(from index: Int, of part: any Part, isPages: Bool) {
    if part.isDerived {
      scanner.dropHits(from: index) { hit in
        if hit.digest != 0 { return known.contains(Worker.key(of: hit)) }
        // Codes have nothing to be told apart by: as many as were told are the same ones.
        codeCount -= 1
        return codeCount >= 0
      }
    } else if isPages {
      scanner.dropHits(from: index) { $0.digest != 0 && known.contains($0.digest) }
    } else {
      for hit in scanner.hits[index...] {
        if hit.digest == 0 {
          codeCount += 1
        } else if known.count < Worker.knownMax {
          known.insert(hit.digest)
          known.insert(Worker.key(of: hit))
        }
      }
    }
  }

  /// Moves the scanner's hits to the result, in memory while there is room.
  private func flush(_ result: inout PartResult, _ rowKeys: inout [String], spools: Bool)
    -> RunError?
  {
    scanner.finishBatch()
    guard !scanner.hits.isEmpty else { return nil }
    var batch = HitBatch(hits: scanner.hits, rowKeys: rowKeys, places: scanner.places)
    var failure: RunError?
    if spools || schedule.isShortOfMemory {
      do throws(RunError) {
        batch = HitBatch(spooled: try schedule.spool.append(batch))
      } catch {
        failure = error
      }
    }
    schedule.account(batch.hits.count)
    result.batches.append(batch)
    rowKeys.removeAll(keepingCapacity: true)
    scanner.clearHits()
    return failure
  }
}
