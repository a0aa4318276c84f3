import Core
import Foundation
import Rules
import Testing

@testable import Audit

/// Takes what the comparison passes on.
private final class InventoryCollector: ReportWriter {
  var coverage: [Coverage] = []
  var summary: Summary?
  func begin(_ run: RunInfo) throws(RunError) {}
  func finding(_ finding: Finding) throws(RunError) {}
  func coverage(_ coverage: Coverage) throws(RunError) { self.coverage.append(coverage) }
  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) { self.summary = summary }
}

@Suite struct InventoryTests {
  private static let stores = [
    Inventory.Store(
      id: "shop", places: ["sqlite:shop.db", "srv/shop"], environment: .production,
      retentionDays: 30, expects: ["pan"]),
    Inventory.Store(id: "staging", places: ["staging/**/*.log"], environment: .test),
    Inventory.Store(id: "tapes", places: ["/mnt/tapes"]),
  ]

  private static func finding(
    _ path: String, _ kind: Finding.Kind = .pan, test: Bool = false, suppressed: Bool = false
  ) -> Finding {
    Finding(
      id: "x", rule: kind.rawValue, kind: kind, confidence: .high, score: 90, testNumber: test,
      severity: .high, location: Location(target: ".", path: path),
      suppression: suppressed ? Suppression(kind: .external, reason: "x") : nil)
  }

  /// Runs findings, item by item in the order of their paths, past the inventory.
  private static func compare(
    _ items: [(path: String, findings: [Finding], modified: String?)]
  ) throws -> (InventoryReport, InventoryCollector) {
    let collector = InventoryCollector()
    let audit = InventoryAudit(Inventory(file: "inventory.json5", stores: stores), collector)
    let run = RunInfo(
      version: "1", rules: "1", started: "2026-03-01T12:00:00Z", threads: 1, targets: ["."])
    try audit.begin(run)
    for item in items {
      for finding in item.findings { try audit.finding(finding) }
      try audit.item(
        ExaminedItem(
          location: Location(target: ".", path: item.path),
          modified: item.modified.flatMap(CalendarDay.time(of:))))
    }
    try audit.coverage(Coverage(target: "."))
    try audit.end(Summary(), run)
    return (try #require(collector.summary?.inventory), collector)
  }

  @Test func `a listed store that was not scanned is coverage that is missing`() throws {
    let (report, collector) = try Self.compare([
      ("./srv/shop/a.csv", [], nil), ("staging/x/y/app.log", [], nil),
    ])
    #expect(report.notScanned.map(\.store.id) == ["tapes"])
    #expect(report.breachCount == 0)
    #expect(collector.coverage.last?.notExamined.first?.reason == .notScanned)
    #expect(collector.summary?.complete == false)
    #expect(collector.summary?.notExaminedCount == 1)
  }

  @Test func `a run that scans every store is complete`() throws {
    let (report, collector) = try Self.compare([
      ("srv/shop/a.csv", [], nil), ("staging/app.log", [], nil), ("/mnt/tapes/1/2/3.tar", [], nil),
    ])
    #expect(report.notScanned.isEmpty)
    #expect(collector.summary?.complete == true)
    #expect(collector.coverage.count == 1)
  }

  @Test func `every breach has its kind and its requirement`() throws {
    let (report, _) = try Self.compare([
      ("srv/shop/a.csv", [Self.finding("a"), Self.finding("a", .cvv)], "2026-02-25"),
      ("srv/shop/old.csv", [Self.finding("o")], "2026-01-01"),
      ("srv/shop/t.csv", [Self.finding("t", test: true)], nil),
      ("staging/app.log", [Self.finding("s"), Self.finding("s", .cvv)], nil),
      ("elsewhere.txt", [Self.finding("e")], nil), ("clean.txt", [], nil),
    ])
    let told = report.breaches.map { "\($0.kind.rawValue) \($0.place) \($0.count)" }
    #expect(
      told == [
        "not-listed elsewhere.txt 1", "real-in-test staging/app.log 2",
        "unexpected-content srv/shop/a.csv 1", "older-than-retention srv/shop/old.csv 1",
        "test-in-production srv/shop/t.csv 1",
      ])
    #expect(
      report.breaches.map(\.kind.requirement) == ["12.10.7", "6.5.5", "3.2.1", "3.2.1", "6.5.6"])
    #expect(report.unlistedCount == 2)
    #expect(report.unlisted == ["clean.txt"])
    #expect(report.stores[0].oldest == "2026-01-01")
    #expect(report.store(holding: "srv/shop/a.csv")?.id == "shop")
  }

  @Test func `what is expected, judged, a secret or a test number in a test is no breach`() throws {
    let (report, _) = try Self.compare([
      ("srv/shop/a.csv", [Self.finding("a"), Self.finding("a", .cvv, suppressed: true)], nil),
      ("staging/a.log", [Self.finding("s", test: true), Self.finding("s", .secret)], nil),
      ("notes.txt", [Self.finding("n", .secret)], nil),
    ])
    #expect(report.breachCount == 0, "\(report.breaches)")
  }

  @Test(arguments: [
    ("srv/shop", "srv/shop/a/b.csv", true), ("srv/shop", "other/srv/shop/b.csv", false),
    ("srv/shop", "srv/shopping/b.csv", false), ("/srv", "/srv/a", true), ("/srv", "srv/a", false),
    ("*.log", "a/b.log", true), ("./a", "a", true), ("a/*.db", "a/b/c.db", false),
    ("postgres://db.example.com/shop", "postgres://db.example.com/shop", true),
  ])
  func `a place is a path, a target or a pattern`(pattern: String, name: String, matches: Bool) {
    #expect(StorePattern(pattern).matches(name) == matches)
  }

  private static func load(_ text: String) throws -> Inventory {
    let url = FileManager.default.temporaryDirectory.appending(path: "unpan-\(UUID().uuidString)")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try InventoryFile.load(url.path)
  }

  @Test func `a file has stores with everything or with little`() throws {
    let inventory = try Self.load(
      """
      { // JSON5
        schema: 'urn:unpan:schema:inventory:1',
        stores: [{ id: "a", places: ["x"], environment: "test", retentionDays: 90,
          expects: ["pan", "test-number"], owner: "o", purpose: "p", protection: "q",
          accessLogging: "r" }, { id: "b", places: ["y", "z"] }],
      }
      """)
    #expect(inventory.stores.map(\.id) == ["a", "b"])
    #expect(inventory.stores[0].environment == .test)
    #expect(inventory.stores[1].expects.isEmpty)
  }

  @Test(arguments: [
    ("{ stores: [{ id: 'a', place: ['x'] }] }", 1, "stores[0].place"),
    ("{\nstores: [{ id: 'a',\n places: [], }] }", 3, "stores[0].places"),
    ("{ stores: [] }", 1, "stores"),
    ("{ stores: [{ id: 'a', places: ['x'] },\n { id: 'a', places: ['y'] }] }", 2, "stores[1].id"),
    ("{ stores: [{ id: 'a', places: ['x'], environment: 'prod' }] }", 1, "stores[0].environment"),
    ("{ stores: [{ id: 'a', places: ['x'], expects: ['card'] }] }", 1, "stores[0].expects[0]"),
    ("{ stores: [{ id: 'a', places: ['x'], retentionDays: -1 }] }", 1, "stores[0].retentionDays"),
    ("{ stores: [{ id: 'a', places: 'x' }] }", 1, "stores[0].places"),
    ("{ stores: [", 1, ""),
  ])
  func `what is wrong is told with its line`(text: String, line: Int, keyPath: String) throws {
    let error = #expect(throws: RuleError.self) { _ = try Self.load(text) }
    #expect(error?.line == line)
    #expect(keyPath.isEmpty || error?.keyPath == keyPath)
  }

  @Test func `a mistyped key knows what it could have been`() throws {
    let error = #expect(throws: RuleError.self) {
      _ = try Self.load("{ stores: [{ id: 'a', places: ['x'], enviroment: 'test' }] }")
    }
    #expect(error?.keyPath.hasSuffix("enviroment") == true)
    #expect(error?.known.contains("environment") == true)
  }
}
