import Core
import Detection
import Inputs
import Rules

/// Takes the values of tables as the scanner sees them and counts what they are: one worker's own.
final class ColumnInventory {
  private let detector: Detector
  private let classifier: ValueClassifier
  private let options: ScanOptions
  private var table = TableInventory(table: "", columns: [], types: [], hints: [])
  private var sketches: [DistinctSketch] = []
  private var rows: RowTracker
  private var lastColumn = Int.max
  private var lastRow: Int?
  private var rowHasMethod = false
  private var rowHasCustomer = false
  private var hasIDs = false
  /// The value that comes in pieces, and what it was counted as.
  private var largeValue: (column: Int, kind: ValueClass)?

  init(_ detector: Detector, _ options: ScanOptions) {
    self.detector = detector
    self.options = options
    classifier = ValueClassifier(detector)
    rows = RowTracker(detector)
  }

  /// Starts a part of a table.
  func begin(_ part: any Part) {
    let hints = part.columns.map { detector.hints(forColumn: $0) }
    table = TableInventory(
      table: part.table ?? "", columns: part.columns, types: part.columnTypes, hints: hints)
    sketches = part.columns.map { _ in DistinctSketch() }
    rows.begin()
    lastColumn = Int.max
    lastRow = nil
    rowHasMethod = false
    rowHasCustomer = false
    hasIDs = false
    largeValue = nil
  }

  /// Counts a value.
  ///
  /// - Parameters:
  ///   - hits: what the scanner found in it.
  ///   - part: asked for the row's number and key where they matter.
  func note(_ chunk: Chunk, column: Int, hits: ArraySlice<Hit>, of part: any Part) {
    guard column < table.columns.count else { return }
    if !chunk.startsFile {
      noteMore(column: column, hits: hits, of: part)
      return
    }
    if column <= lastColumn {
      endRow()
      if hasIDs || rows.isWanted { lastRow = part.rowNumber }
    } else if hasIDs || rows.isWanted, let row = part.rowNumber, row != lastRow {
      endRow()
      lastRow = row
    }
    lastColumn = column
    table.columns[column].values += 1
    if chunk.bytes.isEmpty {
      table.columns[column].empty += 1
      return
    }
    let value = classifier.classify(chunk.bytes, hints: table.columns[column].hints)
    if value.hash <= sketches[column].threshold { sketches[column].insert(value.hash) }
    if value.isCardShaped {
      table.columns[column].cardShaped += 1
      if value.passesLuhn { table.columns[column].passLuhn += 1 }
    }
    var kind: ValueClass? = value.kind
    if !hits.isEmpty {
      kind = judge(hits, value, column, of: part)
    }
    guard let kind else {
      trackRow(value, .pan, column, chunk, of: part)
      return
    }
    if !chunk.endsFile { largeValue = (column, kind) }
    let index = Int(kind.rawValue)
    let count = table.columns[column].counts[index]
    table.columns[column].counts[index] = count &+ 1
    if count < TableInventory.examplesMax {
      table.columns[column].addExample(part.rowKey, of: kind)
    }
    if kind.isStripeID {
      hasIDs = true
      if value.isLive { table.columns[column].live += 1 }
      if value.isTest { table.columns[column].test += 1 }
      if kind == .paymentMethodID { rowHasMethod = true }
      if kind == .customerID { rowHasCustomer = true }
    }
    if value.hashBytes > 0 { table.columns[column].hashShaped += 1 }
    if rows.isWanted || value.hashBytes > 0 { trackRow(value, kind, column, chunk, of: part) }
  }

  /// Ends the part.
  /// - Parameter rows: how many were read.
  func finish(rows count: Int) -> TableInventory {
    endRow()
    table.rows = count
    for index in table.columns.indices { table.columns[index].distinct = sketches[index].result }
    table.hashes = rows.hashes
    table.pieces = rows.pieces
    sketches = []
    rows.begin()
    return table
  }

  // MARK: - Numbers found

  /// What the scanner's hits make of a value: `nil` when its number's class has the last word, and
  /// the value's own class when none of them would be reported.
  private func judge(
    _ hits: ArraySlice<Hit>, _ value: ClassifiedValue, _ column: Int, of part: any Part
  ) -> ValueClass? {
    var best = value.kind
    var pendingKey: UInt64?
    for hit in hits where counts(hit) {
      switch hit.rule {
      case .track1, .track2: return .track
      case .pan:
        if isCertain(hit) { best = .pan } else if best != .pan { pendingKey = hit.classKey }
      case .cvv: if best != .pan { best = .code }
      case .pinBlock: if best != .pan { best = .pinBlock }
      case .secret: if best != .pan { best = .secret }
      }
    }
    guard best != .pan, let key = pendingKey else { return best }
    let isKnown = table.columns[column].pending[key] != nil
    guard isKnown || table.columns[column].pending.count < TableInventory.pendingMax else {
      return .pan
    }
    var pending = table.columns[column].pending[key] ?? TableInventory.Pending()
    if value.isDigits { pending.numbers += 1 } else { pending.texts += 1 }
    if pending.examples.count < TableInventory.examplesMax, let row = part.rowKey {
      pending.examples.append(row)
    }
    table.columns[column].pending[key] = pending
    return nil
  }

  /// Whether the hit will be told if its class does not lower it.
  private func counts(_ hit: Hit) -> Bool {
    Confidence(score: Int(hit.score)) >= options.minConfidence
      && !(options.testNumbers == .ignore && hit.evidence.contains(.testNumber))
  }

  /// Whether no class can lower the hit below what is told.
  private func isCertain(_ hit: Hit) -> Bool {
    let scoring = detector.rules.scoring
    let worst = Int(hit.score) + min(scoring.luhnRate, scoring.issuerRate)
    return !hit.evidence.isDisjoint(with: Evidence.exemptsFromRates)
      || Confidence(score: max(0, worst)) >= options.minConfidence
  }

  /// A further piece of a large value: only what was found in it can change what the value is.
  private func noteMore(column: Int, hits: ArraySlice<Hit>, of part: any Part) {
    guard let large = largeValue, large.column == column, large.kind != .pan,
      large.kind != .track, hits.contains(where: counts)
    else { return }
    let isTrack = hits.contains { ($0.rule == .track1 || $0.rule == .track2) && counts($0) }
    let isNumber = hits.contains { $0.rule == .pan && counts($0) }
    let kind: ValueClass = isTrack ? .track : isNumber ? .pan : .code
    table.columns[column].counts[Int(large.kind.rawValue)] -= 1
    table.columns[column].counts[Int(kind.rawValue)] += 1
    table.columns[column].addExample(part.rowKey, of: kind)
    largeValue = (column, kind)
  }

  // MARK: - Rows

  private func trackRow(
    _ value: ClassifiedValue, _ kind: ValueClass, _ column: Int, _ chunk: Chunk, of part: any Part
  ) {
    rows.add(
      value, kind, column: column, bytes: chunk.bytes,
      isWhole: chunk.endsFile, rowKey: { part.rowKey })
  }

  private func endRow() {
    if rowHasMethod, !rowHasCustomer { table.rowsWithoutCustomer += 1 }
    rowHasMethod = false
    rowHasCustomer = false
    rows.endRow()
  }
}
