import Core
import Inputs

/// Compares a run with an inventory on its way to the report.
///
/// Stands first in line, because it needs every item. Stores that are listed and were not scanned
/// become coverage that is missing, so that no report can be taken for complete.
package final class InventoryAudit: ReportWriter {
  private let next: any ReportWriter
  private let patterns: [[StorePattern]]
  private var report: InventoryReport
  private var now: Int?
  /// Of the item whose findings are coming in.
  private var current: [Content: Int] = [:]

  /// What is counted apart at one place.
  private struct Content: Hashable {
    var kind: Finding.Kind
    var isTest: Bool
  }

  package init(_ inventory: Inventory, _ next: any ReportWriter) {
    self.next = next
    patterns = inventory.stores.map { $0.places.map(StorePattern.init) }
    report = InventoryReport(file: inventory.file)
    report.stores = inventory.stores.map(InventoryReport.StoreResult.init)
  }

  package func begin(_ run: RunInfo) throws(RunError) {
    now = CalendarDay.time(of: run.started)
    try next.begin(run)
  }

  package func finding(_ finding: Finding) throws(RunError) {
    // Secrets are no card data; what somebody judged is no breach.
    if finding.kind != .secret, finding.kind != .integration, finding.suppression == nil {
      current[Content(kind: finding.kind, isTest: finding.testNumber), default: 0] += 1
    }
    try next.finding(finding)
  }

  package func item(_ item: ExaminedItem) throws(RunError) {
    judge(item)
    current.removeAll(keepingCapacity: true)
    try next.item(item)
  }

  package func coverage(_ coverage: Coverage) throws(RunError) { try next.coverage(coverage) }

  package func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    report.breaches.sort { InventoryAudit.order($0.kind) < InventoryAudit.order($1.kind) }
    let missed = report.missedCoverage
    if !missed.isComplete { try next.coverage(missed) }
    var summary = summary
    summary.notExaminedCount += missed.notExaminedCount
    summary.complete = summary.complete && missed.isComplete
    summary.inventory = report
    try next.end(summary, run)
  }

  // MARK: One item

  private func judge(_ item: ExaminedItem) {
    let place = item.location.path ?? item.location.target
    let real = current.filter { !$0.key.isTest }.values.reduce(0, +)
    let test = current.filter(\.key.isTest).values.reduce(0, +)
    guard let index = index(of: item.location) else {
      report.unlistedCount += 1
      // A place with findings is named as a breach; of the others a few show what is missing.
      if real > 0 {
        add(.notListed, nil, place, real)
      } else if report.unlisted.count < InventoryReport.unlistedMax {
        report.unlisted.append(place)
      }
      return
    }
    let store = report.stores[index].store
    report.stores[index].places += 1
    report.stores[index].findings += real
    report.stores[index].testNumbers += test
    if real + test > 0, report.holdings.count < InventoryReport.holdingsMax {
      report.holdings.append(.init(place: place, store: store.id))
    }
    let day = item.modified.map(CalendarDay.text(of:))
    if real > 0, let day, day < report.stores[index].oldest ?? "9999" {
      report.stores[index].oldest = day
    }
    if store.environment == .test, real > 0 { add(.realInTest, store, place, real) }
    if store.environment == .production, test > 0, !store.expects.contains(Inventory.testNumber) {
      add(.testInProduction, store, place, test)
    }
    // In a test environment that is said once, of all of it.
    for kind in Finding.Kind.allCases
    where store.environment != .test && !store.expects.contains(kind.rawValue) {
      guard let count = current[Content(kind: kind, isTest: false)] else { continue }
      add(.unexpected, store, place, count, content: kind.rawValue)
    }
    if let days = store.retentionDays, let modified = item.modified, let now, real > 0,
      modified < now - days * CalendarDay.seconds
    {
      add(.tooOld, store, place, real, modified: day)
    }
  }

  private func add(
    _ kind: InventoryReport.Kind, _ store: Inventory.Store?, _ place: String, _ count: Int,
    content: String? = nil, modified: String? = nil
  ) {
    report.breachCount += 1
    guard report.breaches.count < InventoryReport.breachesMax else { return }
    report.breaches.append(
      .init(
        kind, store: store?.id, place: place, count: count, content: content, modified: modified))
  }

  private static func order(_ kind: InventoryReport.Kind) -> Int {
    InventoryReport.Kind.allCases.firstIndex(of: kind) ?? 0
  }

  private func index(of location: Location) -> Int? {
    let names = [location.path, location.target].compactMap { $0 }
    return patterns.firstIndex { $0.contains { pattern in names.contains(where: pattern.matches) } }
  }
}

/// One of a store's `places`: a path, a target or a pattern; a directory stands for all below it.
struct StorePattern {
  private let text: String
  private let glob: Glob
  private let isAbsolute: Bool

  init(_ text: String) {
    self.text = text
    isAbsolute = text.hasPrefix("/")
    glob = Glob(StorePattern.trimmed(text))
  }

  func matches(_ name: String) -> Bool {
    if name == text { return true }
    var path = Array(StorePattern.trimmed(name).utf8)[...]
    // A pattern takes the slash in front as its anchor; a path has it as its first byte.
    if isAbsolute {
      guard path.first == UInt8(ascii: "/") else { return false }
      path.removeFirst()
    }
    var isDirectory = false
    while !path.isEmpty {
      if glob.matches(path: path, isDirectory: isDirectory) { return true }
      guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return false }
      path = path[..<slash]
      isDirectory = true
    }
    return false
  }

  /// Without `./`, which says nothing.
  private static func trimmed(_ text: String) -> String {
    var rest = text[...]
    while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
    return String(rest)
  }
}
