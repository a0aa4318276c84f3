import Core

/// The targets of the newer of two runs: what the older run found elsewhere may be there still.
struct ScannedTargets {
  private let names: Set<String>

  /// - Parameter targets: of a run, raw or read back; names are compared as results hold them, however
  ///   they were typed.
  init(_ targets: [String]) { names = Set(targets.map(ScannedTargets.name)) }

  /// What a target is compared by.
  static func name(_ target: String) -> String { NumberGuard.masked(PathSpelling.plain(target)) }

  func contain(_ finding: Finding) -> Bool {
    names.contains(ScannedTargets.name(finding.location.target))
  }

  /// Those of an older run's that are not here, each once.
  func missing(of targets: [String]) -> [String] {
    var missing: [String] = []
    for target in targets.map(NumberGuard.masked)
    where !names.contains(ScannedTargets.name(target)) && !missing.contains(target) {
      missing.append(target)
    }
    return missing
  }

  /// Whether files or folders of these targets were left out by choice that were not before; where the
  /// lists are cut, whether their number has grown.
  func leavesOutMore(_ after: [Coverage], than before: [Coverage]) -> Bool {
    let (after, before) = (after.filter(isOfThese), before.filter(isOfThese))
    if (after + before).contains(where: { $0.excluded.count < $0.excludedCount }) {
      func count(_ all: [Coverage]) -> Int { all.reduce(0) { $0 + $1.excludedCount } }
      return count(after) > count(before)
    }
    func chosen(_ all: [Coverage]) -> Set<String> {
      Set(
        all.flatMap(\.excluded).lazy
          .filter { [.excludedByPattern, .largerThanLimit].contains($0.reason) }
          .map { PathSpelling.plain($0.place) })
    }
    return !chosen(after).isSubset(of: chosen(before))
  }

  private func isOfThese(_ coverage: Coverage) -> Bool {
    names.contains(ScannedTargets.name(coverage.target))
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
