import Core

/// What the newer of two runs looked at and for: what the older one found elsewhere may be there still.
struct ScannedTargets {
  private let names: Set<String>
  private let minConfidence: Confidence?
  /// What was left out by choice, by target and place.
  private var excluded: Set<[String]> = []
  private var hidesWeak = false
  private var hidesTestNumbers = false

  /// - Parameters:
  ///   - run: raw or read back; targets are compared as results hold them, however they were typed.
  ///   - coverage: of that run; without it everything in its targets counts as looked at.
  ///   - summary: of that run; without it everything counts as told.
  init(_ run: RunInfo, _ coverage: [Coverage] = [], _ summary: Summary? = nil) {
    names = Set(run.targets.map(ScannedTargets.name))
    minConfidence = run.minConfidence
    for coverage in coverage {
      let target = ScannedTargets.name(coverage.target)
      for entry in coverage.excluded where ScannedTargets.isChosen(entry) {
        excluded.insert([target, ScannedTargets.name(entry.place)])
      }
    }
    hidesWeak = summary?.belowThreshold ?? 0 > 0
    hidesTestNumbers = summary?.testNumbersIgnored ?? 0 > 0
  }

  /// What a target is compared by.
  static func name(_ target: String) -> String { NumberGuard.masked(PathSpelling.plain(target)) }

  /// Whether the run would have told an earlier run's finding if it were there still.
  func wouldTell(_ finding: Finding) -> Bool { contain(finding) && !leavesOut(finding) }

  private func contain(_ finding: Finding) -> Bool {
    names.contains(ScannedTargets.name(finding.location.target))
  }

  /// Whether the finding is in a target of the run, which would not tell it.
  func leavesOut(_ finding: Finding) -> Bool {
    guard contain(finding) else { return false }
    if hidesTestNumbers, finding.testNumber { return true }
    if hidesWeak, let minConfidence, finding.confidence < minConfidence { return true }
    return isLeftOut(finding.location, ScannedTargets.name(finding.location.target))
  }

  /// By its file, a folder above it, its table, or its member in a history.
  private func isLeftOut(_ location: Location, _ target: String) -> Bool {
    guard !excluded.isEmpty else { return false }
    let path = ScannedTargets.name(location.path ?? location.target)
    var places = [path]
    if let member = location.member { places.append("\(path)!\(member)") }
    if let table = location.table { places += [table, "\(path): \(table)"] }
    for (at, byte) in zip(path.indices, path) where byte == "/" {
      places.append(String(path[..<at]))
    }
    return places.contains { excluded.contains([target, $0]) }
  }

  private static func isChosen(_ entry: Coverage.Entry) -> Bool {
    [.excludedByPattern, .largerThanLimit].contains(entry.reason)
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
          .filter(ScannedTargets.isChosen)
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

  /// What a run says whose settings hide what was found before, in targets of both.
  static let leftOut =
    "Not looked for again: findings of before that this run leaves out by --exclude, --max-file-size, "
    + "--min-confidence or --test-numbers may be there still."

  private static let namedMax = 20
}
