import Core

/// Tells the targets of one part of a merge from those of the others: two hosts that were scanned with
/// the same paths have the same targets, the same places and, made from them, the same ids.
struct PartName: Sendable {
  /// The part's file; with its folders where another part's is called the same.
  private let name: String

  /// - Returns: a name for each part of which another has a target too.
  static func of(_ parts: [SavedReport]) -> [PartName?] {
    let files = parts.map { String($0.path.split(separator: "/").last ?? "") }
    return parts.indices.map { index in
      let targets = parts[index].targetNames
      let isShared = parts.indices.contains {
        $0 != index && !targets.isDisjoint(with: parts[$0].targetNames)
      }
      guard isShared else { return nil }
      let isOnly = files.count { $0 == files[index] } == 1
      return PartName(name: isOnly ? files[index] : parts[index].path)
    }
  }

  /// For example `web-1.jsonl:/var/log`.
  func renamed(_ place: String) -> String { "\(name):\(place)" }

  func renamed(_ finding: Finding) -> Finding {
    var finding = finding
    finding.location.target = renamed(finding.location.target)
    finding.location.path = finding.location.path.map(renamed)
    // An id of its own, and the same one in every merge of files that are called so; with a letter in
    // front, as all ids have, so that none is a number.
    let hash = Comparison.key("\(name)\u{0}\(finding.id)")
    finding.id = String(hash | 0xE000_0000_0000_0000, radix: 16)
    return finding
  }

  func renamed(_ coverage: Coverage) -> Coverage {
    var coverage = coverage
    coverage.target = renamed(coverage.target)
    for index in coverage.excluded.indices {
      coverage.excluded[index].place = renamed(coverage.excluded[index].place)
    }
    for index in coverage.notExamined.indices {
      coverage.notExamined[index].place = renamed(coverage.notExamined[index].place)
    }
    for index in coverage.tables.indices {
      coverage.tables[index].place = renamed(coverage.tables[index].place)
    }
    for index in coverage.classes.indices {
      coverage.classes[index].place = renamed(coverage.classes[index].place)
    }
    for index in coverage.columns.indices {
      coverage.columns[index].target = renamed(coverage.columns[index].target)
      coverage.columns[index].path = coverage.columns[index].path.map(renamed)
    }
    return coverage
  }

  func renamed(_ policy: PolicyResult) -> PolicyResult {
    var policy = policy
    for index in policy.stores.indices {
      policy.stores[index].target = renamed(policy.stores[index].target)
      policy.stores[index].path = policy.stores[index].path.map(renamed)
    }
    return policy
  }

  func renamed(_ report: InventoryReport) -> InventoryReport {
    var report = report
    for index in report.breaches.indices {
      report.breaches[index].place = renamed(report.breaches[index].place)
    }
    for index in report.holdings.indices {
      report.holdings[index].place = renamed(report.holdings[index].place)
    }
    report.unlisted = report.unlisted.map(renamed)
    return report
  }
}

/// Passes the findings and the coverage of one part on under the part's name.
final class RenamingWriter: ReportWriter {
  private let next: any ReportWriter
  private let name: PartName

  init(_ next: any ReportWriter, _ name: PartName) {
    self.next = next
    self.name = name
  }

  func begin(_ run: RunInfo) throws(RunError) { try next.begin(run) }
  func finding(_ finding: Finding) throws(RunError) { try next.finding(name.renamed(finding)) }
  func coverage(_ coverage: Coverage) throws(RunError) {
    try next.coverage(name.renamed(coverage))
  }
  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) { try next.end(summary, run) }
}
