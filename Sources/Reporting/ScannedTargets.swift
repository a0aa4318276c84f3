import Core

/// The targets of the newer of two runs: what the older run found elsewhere may be there still.
struct ScannedTargets {
  private let names: Set<String>

  /// - Parameter targets: of a run, raw or read back; names are compared as results hold them.
  init(_ targets: [String]) { names = Set(targets.map(NumberGuard.masked)) }

  func contain(_ finding: Finding) -> Bool {
    names.contains(NumberGuard.masked(finding.location.target))
  }

  /// Those of an older run's that are not here, each once.
  func missing(of targets: [String]) -> [String] {
    var missing: [String] = []
    for target in targets.map(NumberGuard.masked)
    where !names.contains(target) && !missing.contains(target) { missing.append(target) }
    return missing
  }

  /// How many places were left out of these targets.
  func excludedCount(_ coverage: [Coverage]) -> Int {
    coverage.reduce(0) {
      $0 + (names.contains(NumberGuard.masked($1.target)) ? $1.excludedCount : 0)
    }
  }

  static let excludesMore =
    "More was left out than before: what is gone may only not have been read."

  /// For example `Not scanned again: logs; 3 findings of before may be there still.`
  static func sentence(_ targets: [String], _ count: Int) -> String {
    var names = targets.prefix(namedMax).map(FindingText.name).joined(separator: ", ")
    let more = targets.count - namedMax
    if more > 0 { names += " and \(Wording.decimal(more)) more" }
    guard count > 0 else { return "Not scanned again: \(names)." }
    return "Not scanned again: \(names); \(Wording.count(count, "finding")) of before may be there "
      + "still."
  }

  private static let namedMax = 20
}
