import Core

/// What one place (a file, a table's column) holds: counts and its worst few findings.
struct PlaceTally {
  var place: Place
  var count = 0
  var testNumbers = 0
  var severity = Severity.low
  var confidence = Confidence.low
  var byKind: [Finding.Kind: Int] = [:]
  /// Of card numbers only.
  var byBrand: [String: Int] = [:]
  /// The worst first; of equals the one that came first.
  var samples: [Finding] = []

  static let samplesMax = 3
  /// Brands counted by name in one place; the rules know fewer.
  private static let brandsMax = 64

  /// What people call a place.
  struct Place: Hashable {
    var path: String
    var member: String?
    var table: String?
    var column: String?

    init(_ location: Location) {
      path = location.path ?? location.target
      member = location.member
      table = location.table
      column = location.table == nil ? nil : location.field
    }
  }

  init(_ place: Place) { self.place = place }

  /// Worse is greater; a place with nothing but test numbers is less bad than any other.
  var rank: Int {
    let isReal = testNumbers < count ? 100 : 0
    return isReal + PlaceTally.order(severity) * 10 + PlaceTally.order(confidence)
  }

  mutating func add(_ finding: Finding) {
    count += 1
    testNumbers += finding.testNumber ? 1 : 0
    severity = max(severity, finding.severity)
    confidence = max(confidence, finding.confidence)
    byKind[finding.kind, default: 0] += 1
    if finding.kind == .pan, let brand = finding.brand,
      byBrand[brand] != nil || byBrand.count < PlaceTally.brandsMax
    {
      byBrand[brand, default: 0] += 1
    }
    keepIfTelling(finding)
  }

  /// Three of a kind tell less than one of each: a kind that is not shown yet takes the place of one
  /// that is shown twice.
  private mutating func keepIfTelling(_ finding: Finding) {
    let weight = PlaceTally.weight(finding)
    let isFull = samples.count == PlaceTally.samplesMax
    if isFull, PlaceTally.weight(samples.last!) >= weight,
      samples.contains(where: { $0.kind == finding.kind })
    {
      return
    }
    let index = samples.firstIndex { PlaceTally.weight($0) < weight } ?? samples.count
    samples.insert(finding, at: index)
    guard isFull else { return }
    let repeated = samples.lastIndex { sample in samples.count { $0.kind == sample.kind } > 1 }
    samples.remove(at: repeated ?? samples.count - 1)
  }

  private static func weight(_ finding: Finding) -> Int {
    (finding.testNumber ? 0 : 10_000) + order(finding.severity) * 1000 + finding.score
  }

  private static func order<T: CaseIterable & Equatable>(_ value: T) -> Int {
    var index = 0
    for other in T.allCases {
      if other == value { return index }
      index += 1
    }
    return index
  }
}

/// The places of a run. Bounded: past the bound the least bad place gives way to a worse one and only
/// its count stays.
struct PlaceTable {
  private(set) var places: [PlaceTally.Place: (index: Int, tally: PlaceTally)] = [:]
  /// Findings in places that gave way or found no room.
  private(set) var countElsewhere = 0
  private let placesMax: Int
  private var nextIndex = 0
  /// The rank of the least bad place when last looked; places only get worse.
  private var lowestRank = 0

  init(placesMax: Int = 2_000) { self.placesMax = placesMax }

  mutating func add(_ finding: Finding) {
    let place = PlaceTally.Place(finding.location)
    if places[place] == nil, places.count >= placesMax, !makeRoom(for: finding) {
      countElsewhere += 1
      return
    }
    if places[place] == nil {
      places[place] = (nextIndex, PlaceTally(place))
      nextIndex += 1
    }
    places[place]!.tally.add(finding)
  }

  /// The worst first, of equals the fuller one, then the one that came first.
  var sorted: [PlaceTally] {
    places.values.sorted {
      if $0.tally.rank != $1.tally.rank { return $0.tally.rank > $1.tally.rank }
      if $0.tally.count != $1.tally.count { return $0.tally.count > $1.tally.count }
      return $0.index < $1.index
    }.map(\.tally)
  }

  /// Drops the least bad place if the new one is worse.
  private mutating func makeRoom(for finding: Finding) -> Bool {
    var newcomer = PlaceTally(PlaceTally.Place(finding.location))
    newcomer.add(finding)
    guard newcomer.rank > lowestRank else { return false }
    // A walk over all places, but each either raises `lowestRank` or drops a place below the newcomer.
    let least = places.values.min { ($0.tally.rank, $1.index) < ($1.tally.rank, $0.index) }!
    lowestRank = least.tally.rank
    guard newcomer.rank > lowestRank else { return false }
    countElsewhere += least.tally.count
    places[least.tally.place] = nil
    return true
  }
}
