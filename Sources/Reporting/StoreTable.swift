import Core

/// What one store (a file, a member of a container, a table) holds: counts, and the first rows of each
/// class ready for the page.
struct StoreTally {
  var store: Store
  /// The order stores came in.
  var index: Int
  var counts = ClassCounts()
  /// Without test numbers.
  var byKind: [Finding.Kind: Int] = [:]
  var severity = Severity.low
  var highConfidence = 0
  /// Columns or keys, in the order they came, of card data only.
  var fields: [String] = []
  var hasMoreFields = false
  var residue = 0
  var rows = [Rows](repeating: Rows(), count: DataClass.allCases.count)

  private static let fieldsMax = 6

  /// A place that somebody answers for.
  struct Store: Hashable {
    var path: String
    var member: String?
    var table: String?

    init(_ location: Location) {
      path = location.path ?? location.target
      member = location.member
      table = location.table
    }

    /// Safe to show: `shop.db, table cards`.
    var name: String { HTMLText.shown(path) + (inside.map { ", \($0)" } ?? "") }

    /// What is inside the file, safe to show; `nil` for the file itself.
    var inside: String? {
      let parts = [
        member.map { "member \(HTMLText.shown($0))" }, table.map { "table \(HTMLText.shown($0))" },
      ].compactMap { $0 }
      return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
  }

  /// Rows of a table of the page.
  struct Rows {
    var count = 0
    var html: [UInt8] = []
  }

  init(_ store: Store, index: Int) {
    self.store = store
    self.index = index
  }

  /// The worst class first, of equals the severest.
  var rank: Int {
    let classRank = DataClass.allCases.first { counts[$0] > 0 }.map { 6 - $0.rawValue } ?? 0
    return classRank * 10 + Severity.allCases.firstIndex(of: severity)!
  }

  mutating func add(_ finding: Finding, _ dataClass: DataClass) {
    counts[dataClass] += 1
    if finding.confidence == .high { highConfidence += 1 }
    if finding.reasons.contains("residue") { residue += 1 }
    guard dataClass != .test else { return }
    severity = max(severity, finding.severity)
    byKind[finding.kind, default: 0] += 1
    guard let field = finding.location.field, !fields.contains(field) else { return }
    if fields.count < StoreTally.fieldsMax { fields.append(field) } else { hasMoreFields = true }
  }

  /// For example `12 card numbers, 3 verification codes`, with test numbers last.
  var contents: String {
    var parts = Finding.Kind.allCases.compactMap { kind in
      byKind[kind].map { Wording.count($0, kind) }
    }
    if counts[.test] > 0 { parts.append(Wording.count(counts[.test], "published test number")) }
    return parts.joined(separator: ", ")
  }
}

/// The stores of a run, bounded: past the bound the least bad gives way to a worse one and only its
/// count stays.
struct StoreTable {
  private var tallies: [StoreTally] = []
  private var indexes: [StoreTally.Store: Int] = [:]
  private var lastIndex: Int?
  private var nextOrder = 0
  private var lowestRank = 0
  /// Bytes of rows kept.
  private var rowBytes = 0
  private(set) var totals = ClassCounts()
  /// Findings in stores that gave way or found no room.
  private(set) var countElsewhere = 0

  static let storesMax = 1_500
  /// Rows of one class listed for one store.
  static let rowsMax = 25
  /// All rows of the page together.
  static let rowBytesMax = 4 << 20

  /// - Parameter row: makes the finding's row; only called when there is room for it.
  mutating func add(_ finding: Finding, row: (Finding) -> [UInt8]) {
    let dataClass = DataClass(finding)
    totals[dataClass] += 1
    guard let index = index(for: finding, dataClass) else {
      countElsewhere += 1
      return
    }
    tallies[index].add(finding, dataClass)
    let rows = tallies[index].rows[dataClass.rawValue]
    guard rows.count < StoreTable.rowsMax, rowBytes < StoreTable.rowBytesMax else { return }
    let html = row(finding)
    rowBytes += html.count
    tallies[index].rows[dataClass.rawValue].count += 1
    tallies[index].rows[dataClass.rawValue].html += html
  }

  /// The worst first, of equals the fuller one, then the one that came first.
  var sorted: [StoreTally] {
    tallies.sorted {
      if $0.rank != $1.rank { return $0.rank > $1.rank }
      if $0.counts.total != $1.counts.total { return $0.counts.total > $1.counts.total }
      return $0.index < $1.index
    }
  }

  private mutating func index(for finding: Finding, _ dataClass: DataClass) -> Int? {
    let store = StoreTally.Store(finding.location)
    // Findings come store by store.
    if let lastIndex, tallies[lastIndex].store == store { return lastIndex }
    if let known = indexes[store] {
      lastIndex = known
      return known
    }
    var place = tallies.count
    if place == StoreTable.storesMax {
      guard let freed = makeRoom(for: finding, dataClass) else { return nil }
      place = freed
      tallies[place] = StoreTally(store, index: nextOrder)
    } else {
      tallies.append(StoreTally(store, index: nextOrder))
    }
    nextOrder += 1
    indexes[store] = place
    lastIndex = place
    return place
  }

  /// The index of the least bad store, if the new one is worse; its rows and counts are dropped.
  private mutating func makeRoom(for finding: Finding, _ dataClass: DataClass) -> Int? {
    var newcomer = StoreTally(StoreTally.Store(finding.location), index: nextOrder)
    newcomer.add(finding, dataClass)
    guard newcomer.rank > lowestRank else { return nil }
    // Every walk over all stores raises `lowestRank` or drops a store below the newcomer.
    let least = tallies.indices.min {
      (tallies[$0].rank, -tallies[$0].index) < (tallies[$1].rank, -tallies[$1].index)
    }!
    lowestRank = tallies[least].rank
    guard newcomer.rank > lowestRank else { return nil }
    countElsewhere += tallies[least].counts.total
    rowBytes -= tallies[least].rows.reduce(0) { $0 + $1.html.count }
    indexes[tallies[least].store] = nil
    return least
  }
}
