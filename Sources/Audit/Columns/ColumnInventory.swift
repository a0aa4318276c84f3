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
  private var hints: [ColumnHints] = []
  /// `Tally`s and counts by class, column after column: one flat array, because arrays within arrays
  /// took a third of the time.
  private var tallies: [Int] = []
  private var rows: RowTracker
  /// Of the value that `take` left to `note`.
  private var hash: UInt64 = 0
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
    hints = part.columns.map { detector.hints(forColumn: $0) }
    tallies = [Int](repeating: 0, count: part.columns.count * Tally.stride)
    table = TableInventory(
      table: part.table ?? "", columns: part.columns, types: part.columnTypes, hints: hints)
    sketches = part.columns.map { _ in DistinctSketch() }
    classifier.begin(hints)
    rows.begin(detector.pieceGroups(ofColumns: part.columns), hints)
    lastColumn = Int.max
    lastRow = nil
    rowHasMethod = false
    rowHasCustomer = false
    hasIDs = false
    largeValue = nil
  }

  /// What is counted beside the classes.
  private enum Tally: Int, CaseIterable {
    case values, empty, cardShaped, passLuhn, live, test, hashShaped, namesSought, names

    static let stride = allCases.count + ValueClass.count
  }

  @inline(__always)
  private func count(_ tally: Tally, _ column: Int) {
    tallies[column &* Tally.stride &+ tally.rawValue] &+= 1
  }

  @inline(__always)
  private func place(_ kind: ValueClass, _ column: Int) -> Int {
    column &* Tally.stride &+ Tally.allCases.count &+ Int(kind.rawValue)
  }

  /// Counts a value that nobody needs to look at: met before, empty, or a short figure.
  ///
  /// - Returns: false when the value is to be scanned, and then handed to `note`.
  func take(_ chunk: Chunk, column: Int, of part: any Part) -> Bool {
    guard column < hints.count, chunk.startsFile else { return false }
    beginValue(column, of: part)
    count(.values, column)
    if chunk.bytes.isEmpty {
      count(.empty, column)
      return true
    }
    let glance = classifier.glance(at: chunk.bytes, column: column)
    hash = glance.hash
    guard let kind = glance.kind, chunk.endsFile, !rows.isWanted, !chunk.isIndex else {
      return false
    }
    let place = place(kind, column)
    if !glance.isKnown {
      // The first ones are examples.
      guard tallies[place] >= TableInventory.examplesMax else { return false }
      if hash <= sketches[column].threshold { sketches[column].insert(hash) }
    }
    tallies[place] &+= 1
    return true
  }

  /// Ends the row before when the value is of another one.
  @inline(__always)
  private func beginValue(_ column: Int, of part: any Part) {
    if column <= lastColumn {
      endRow()
      if hasIDs || rows.isWanted { lastRow = part.rowNumber }
    } else if hasIDs || rows.isWanted, let row = part.rowNumber, row != lastRow {
      endRow()
      lastRow = row
    }
    lastColumn = column
  }

  /// Counts a value that `take` did not take.
  ///
  /// - Parameters:
  ///   - hits: what the scanner found in it, `nil` for nothing.
  ///   - part: asked for the row's number and key where they matter.
  func note(_ chunk: Chunk, column: Int, hits: ArraySlice<Hit>?, of part: any Part) {
    guard column < hints.count else { return }
    if !chunk.startsFile {
      noteMore(column: column, hits: hits ?? [], of: part)
      return
    }
    if chunk.isIndex, hits == nil {
      // Its words were read as texts of their own; the rest of it are numbers of rows.
      if hash <= sketches[column].threshold { sketches[column].insert(hash) }
      tallies[place(.other, column)] &+= 1
      return
    }
    let value = classifier.classify(chunk.bytes, hash: hash, hints: hints[column])
    if value.hash <= sketches[column].threshold { sketches[column].insert(value.hash) }
    if value.isCardShaped, !(hits ?? []).contains(where: isLeftOut) {
      count(.cardShaped, column)
      if value.passesLuhn { count(.passLuhn, column) }
    }
    var kind: ValueClass? = value.kind
    if let hits { kind = judge(hits, value, column, of: part) }
    guard let kind else {
      trackRow(value, .pan, column, chunk, nil, of: part)
      return
    }
    note(value, kind, column, chunk, isFound: hits != nil, of: part)
  }

  private func note(
    _ value: ClassifiedValue, _ kind: ValueClass, _ column: Int, _ chunk: Chunk, isFound: Bool,
    of part: any Part
  ) {
    var kind = kind
    let isText = kind == .text || kind == .other
    let clues = isText && value.hashBytes == 0 ? classifier.clues(in: chunk.bytes) : nil
    if let clues, !clues.digits.isEmpty {
      // Nobody can tell that it is no hash of the number.
      kind = .opaque
      count(.hashShaped, column)
    }
    if !chunk.endsFile { largeValue = (column, kind) }
    let place = place(kind, column)
    tallies[place] &+= 1
    if tallies[place] <= TableInventory.examplesMax {
      table.columns[column].addExample(part.rowKey, of: kind)
    }
    if kind.isStripeID {
      hasIDs = true
      table.ids.insert(value.hash, column: column)
      if value.isLive { count(.live, column) }
      if value.isTest { count(.test, column) }
      if kind == .paymentMethodID { rowHasMethod = true }
      if kind == .customerID { rowHasCustomer = true }
    }
    if value.hashBytes > 0 { count(.hashShaped, column) }
    if hints[column].contains(.maybeHolder), chunk.endsFile { seekName(kind, column, chunk) }
    if rows.isWanted || value.hashBytes > 0 || clues != nil {
      trackRow(value, kind, column, chunk, clues, of: part)
    } else if kind == .text || kind == .other || kind == .brand, chunk.endsFile, !isFound {
      classifier.remember(kind, of: chunk.bytes, hash: value.hash, column: column)
    }
  }

  /// Looks whether a value is somebody's name; the first ones tell.
  private func seekName(_ kind: ValueClass, _ column: Int, _ chunk: Chunk) {
    guard tallies[column * Tally.stride + Tally.namesSought.rawValue] < TableInventory.namesMax
    else { return }
    count(.namesSought, column)
    if kind == .text, classifier.looksLikeName(chunk.bytes, hints: hints[column]) {
      count(.names, column)
    }
  }

  /// Ends the part.
  /// - Parameter rows: how many were read.
  func finish(rows count: Int) -> TableInventory {
    endRow()
    table.rows = count
    for index in table.columns.indices { takeTallies(index) }
    table.hashes = rows.hashes
    table.pieces = rows.pieces
    sketches = []
    rows.begin()
    return table
  }

  private func takeTallies(_ index: Int) {
    func tally(_ tally: Tally) -> Int { tallies[index * Tally.stride + tally.rawValue] }
    table.columns[index].distinct = sketches[index].result
    table.columns[index].values = tally(.values)
    table.columns[index].empty = tally(.empty)
    table.columns[index].cardShaped = tally(.cardShaped)
    table.columns[index].passLuhn = tally(.passLuhn)
    table.columns[index].live = tally(.live)
    table.columns[index].test = tally(.test)
    table.columns[index].hashShaped = tally(.hashShaped)
    table.columns[index].namesSought = tally(.namesSought)
    table.columns[index].names = tally(.names)
    table.columns[index].counts = ValueClass.allCases.map { tallies[place($0, index)] }
  }

  // MARK: - Numbers found

  /// What the scanner's hits make of a value: `nil` when its number's class has the last word, and
  /// the value's own class when none of them would be reported.
  private func judge(
    _ hits: ArraySlice<Hit>, _ value: ClassifiedValue, _ column: Int, of part: any Part
  ) -> ValueClass? {
    var best = value.kind
    var pendingKey: TableInventory.PendingKey?
    for hit in hits {
      guard counts(hit) else {
        if best == value.kind, pendingKey == nil, mayCount(hit) {
          pendingKey = TableInventory.PendingKey(classKey: hit.classKey, isDoubtful: true)
        }
        continue
      }
      switch hit.rule {
      case .track1, .track2: return .track
      case .pan where hit.evidence.needsClass:
        if best != .pan, pendingKey == nil {
          pendingKey = TableInventory.PendingKey(classKey: hit.classKey, isDoubtful: true)
        }
      case .pan:
        if isCertain(hit) {
          best = .pan
        } else if best != .pan {
          pendingKey = TableInventory.PendingKey(classKey: hit.classKey, isDoubtful: false)
        }
      case .cvv: if best != .pan { best = .code }
      case .pinBlock: if best != .pan { best = .pinBlock }
      case .splitPAN: break
      case .secret: if best != .pan { best = .secret }
      }
    }
    guard best != .pan, let key = pendingKey else { return best }
    let isKnown = table.columns[column].pending[key] != nil
    guard isKnown || table.columns[column].pending.count < TableInventory.pendingMax else {
      return key.isDoubtful ? best : .pan
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
      && !isLeftOut(hit)
  }

  private func isLeftOut(_ hit: Hit) -> Bool {
    options.testNumbers == .ignore && hit.evidence.contains(.testNumber)
  }

  /// Whether the hit will be told if its class turns out to be cards.
  private func mayCount(_ hit: Hit) -> Bool {
    guard hit.rule == .pan, hit.evidence.contains(.negativeLabel) else { return false }
    var raised = hit
    raised.score -= Int16(detector.rules.scoring.negativeLabel)
    return counts(raised)
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
    tallies[place(large.kind, column)] -= 1
    tallies[place(kind, column)] += 1
    table.columns[column].addExample(part.rowKey, of: kind)
    largeValue = (column, kind)
  }

  // MARK: - Rows

  private func trackRow(
    _ value: ClassifiedValue, _ kind: ValueClass, _ column: Int, _ chunk: Chunk,
    _ clues: TextClues?, of part: any Part
  ) {
    if let clues {
      rows.add(clues, column: column, bytes: chunk.bytes, rowKey: { part.rowKey })
      return
    }
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
