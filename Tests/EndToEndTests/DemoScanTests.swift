import CLI
import Core
import Foundation
import Testing

/// A scan of the demo shop finds what was planted there, nothing else, and gives none of it away.
@Suite struct DemoScanTests {
  @Test func `a scan finds everything planted and nothing else`() throws {
    let tool = try Tool()
    let manifest = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    let outcome = try tool.run(["scan", "shop", "--format", "jsonl"])
    #expect(outcome.exit == 1)
    let findings = try ResultLines(outcome.out).findings
    let found = Set(findings.map(Key.init(finding:)))
    let planted = Set(manifest.plants.map(Key.init(plant:)))
    let missed = planted.subtracting(found).sorted()
    let surplus = found.subtracting(planted).sorted()
    #expect(missed.isEmpty, "\(missed.count) of \(planted.count): \(missed.prefix(10))")
    #expect(surplus.isEmpty, "\(surplus.count): \(surplus.prefix(10))")
    // The dump's rows begin on its eighth line.
    let dump = findings.map(\.location).filter { $0.path?.hasSuffix("customers.sql") == true }
    #expect(!dump.isEmpty)
    for place in dump {
      #expect(place.table == "customers_old" && place.field?.hasPrefix("c") == true)
      #expect(place.row == place.line.map { String($0 - 7) })
    }
  }

  @Test(arguments: [
    ["--format", "text"], ["--format", "json"], ["--format", "jsonl"],
    ["--format", "jsonl", "--min-confidence", "low"], ["--mask", "first6last4"],
    ["--format", "jsonl", "--mask", "first6last4"],
  ])
  func `no output holds a planted number`(flags: [String]) throws {
    let tool = try Tool()
    let manifest = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    let outcome = try tool.run(["scan", "shop"] + flags)
    #expect(outcome.exit == 1)
    let numbers = Set(manifest.plants.filter { $0.last4 != nil }.map(\.value))
    let windows = digitWindows(of: outcome.out + outcome.err, lengths: Set(numbers.map(\.count)))
    #expect(windows.isDisjoint(with: numbers))
    for plant in manifest.plants where plant.kind == .secret || plant.kind == .pinBlock {
      #expect(!outcome.out.contains(plant.value) && !outcome.err.contains(plant.value))
    }
  }

  @Test func `the same shop gives the same bytes whatever the thread count`() throws {
    let tool = try Tool()
    _ = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    let findings = try ["1", "2", "4"].map { threads in
      try tool.run(["scan", "shop", "--format", "jsonl", "--threads", threads]).out
        .split(separator: "\n").filter { $0.contains("\"type\":\"finding\"") }
    }
    #expect(!findings[0].isEmpty)
    #expect(findings[0] == findings[1])
    #expect(findings[0] == findings[2])
  }

  @Test func `the demo makes a shop and reports what it leaks`() throws {
    let tool = try Tool()
    let outcome = try tool.run(["demo", "shop"])
    #expect(outcome.exit == 0)
    #expect(outcome.out.contains("shop.db"))
    let made = tool.directory.appendingPathComponent("shop/logs/checkout.log").path
    #expect(FileManager.default.fileExists(atPath: made))
  }

  @Test func `the demo leaves a directory alone that is not its own`() throws {
    let tool = try Tool()
    try tool.write("mine", to: "shop/notes.txt")
    let outcome = try tool.run(["demo", "shop"])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("shop"))
  }
}

/// A place with a kind and a brand's last digits: what plants and findings are compared by.
private struct Key: Hashable, Comparable, CustomStringConvertible {
  var description: String

  init(plant: DemoManifest.Plant) {
    let place = plant.place
    description = Key.text(
      place.path, place.line, place.table, place.field, place.row, plant.kind, plant.last4)
  }

  init(finding: Finding) {
    let place = finding.location
    // Paths are told as reached from the target, which is the shop's directory. Lines mean nothing
    // in a database's pages, and a field there is only known with its table. In files the line tells.
    var path = place.path ?? place.target
    if let range = path.range(of: "shop/") { path = String(path[range.upperBound...]) }
    let isDatabase = path == "shop.db"
    description = Key.text(
      path, isDatabase ? nil : place.line, isDatabase ? place.table : nil,
      isDatabase && place.table != nil ? place.field : nil, isDatabase ? place.row : nil,
      finding.kind,
      [.pan, .track1, .track2].contains(finding.kind) ? finding.last4 : nil)
  }

  private static func text(
    _ path: String, _ line: Int?, _ table: String?, _ field: String?, _ row: String?,
    _ kind: Finding.Kind, _ last4: String?
  ) -> String {
    let place = [path, line.map(String.init), table, field, row].compactMap { $0 }
    return (place + [kind.rawValue] + (last4.map { [$0] } ?? [])).joined(separator: " ")
  }

  static func < (a: Key, b: Key) -> Bool { a.description < b.description }
}
