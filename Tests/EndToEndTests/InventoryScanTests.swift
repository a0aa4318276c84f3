import CLI
import Foundation
import Testing

/// `scan --inventory`, `--previous`, and what they do to the exit code.
@Suite struct InventoryScanTests {
  private static func inventory(_ stores: String...) -> String {
    "{ stores: [\(stores.joined(separator: ", "))] }"
  }

  @Test func `a listed store that no target holds makes the run incomplete`() throws {
    let tool = try Tool()
    try tool.write("nothing here\n", to: "logs/app.log")
    try tool.write(
      Self.inventory("{ id: 'logs', places: ['logs'] }", "{ id: 'tapes', places: ['tapes'] }"),
      to: "inventory.json5")
    let outcome = try tool.run(["scan", "logs", "--inventory", "inventory.json5"])
    #expect(outcome.exit == 2)
    #expect(outcome.out.contains("tapes: tapes"))
    #expect(outcome.out.contains("listed but not scanned"))
    let allowed = try tool.run(
      ["scan", "logs", "--inventory", "inventory.json5", "--allow-incomplete"])
    #expect(allowed.exit == 0)
    try tool.write(Self.inventory("{ id: 'logs', places: ['logs'] }"), to: "inventory.json5")
    #expect(try tool.run(["scan", "logs", "--inventory", "inventory.json5"]).exit == 0)
  }

  @Test func `a breach fails the run whatever the threshold is`() throws {
    let tool = try Tool()
    try tool.write("card=4242424242424242\n", to: "prod.log")
    try tool.write(
      Self.inventory("{ id: 'p', places: ['prod.log'], environment: 'production' }"),
      to: "inventory.json5")
    let arguments = ["scan", "prod.log", "--inventory", "inventory.json5", "--fail-on"]
    let breach = try tool.run(arguments + ["critical"])
    #expect(breach.exit == 1)
    #expect(breach.out.contains("published test numbers in production (PCI DSS 6.5.6)"))
    #expect(try tool.run(["scan", "prod.log", "--fail-on", "critical"]).exit == 0)
    #expect(try tool.run(arguments + ["never"]).exit == 0)
    try tool.write(
      Self.inventory("{ id: 'p', places: ['prod.log'], environment: 'test' }"),
      to: "inventory.json5")
    #expect(try tool.run(arguments + ["critical"]).exit == 0)
  }

  @Test func `a mistyped key gets the closest match`() throws {
    let tool = try Tool()
    try tool.write("{ stores: [\n{ id: 'a', place: ['x'] }] }", to: "inventory.json5")
    let outcome = try tool.run(["scan", ".", "--inventory", "inventory.json5"])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("inventory.json5:2:"))
    #expect(outcome.err.contains("did you mean places?"))
    #expect(try tool.run(["scan", ".", "--inventory", "missing.json5"]).exit == 64)
    #expect(try tool.run(["scan", ".", "--previous", "missing"]).exit == 3)
  }

  @Test func `a store is scanned when one of the shards scanned it`() throws {
    let tool = try Tool()
    for name in ["a", "b"] { try tool.write("nothing\n", to: "\(name)/x.log") }
    try tool.write(
      Self.inventory("{ id: 'a', places: ['a'] }", "{ id: 'b', places: ['b'] }"),
      to: "inventory.json5")
    for name in ["a", "b"] {
      let outcome = try tool.run([
        "scan", name, "--inventory", "inventory.json5", "--format", "jsonl", "-o",
        "\(name).jsonl",
      ])
      #expect(outcome.exit == 2)
    }
    let merged = try tool.run(["report", "a.jsonl", "b.jsonl"])
    #expect(merged.exit == 0, "\(merged.out)")
    #expect(merged.out.contains("2 stores listed, all scanned"))
    #expect(try tool.run(["report", "a.jsonl"]).exit == 2)
  }

  @Test func `our own bundle is clean, and a directory that later runs compare with`() throws {
    let tool = try Tool()
    _ = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    try tool.write(
      Self.inventory("{ id: 'db', places: ['shop/shop.db'] }"), to: "inventory.json5")
    let options = ["--inventory", "inventory.json5", "-q"]
    #expect(try tool.run(["scan", "shop", "--report", "one"] + options).exit == 1)
    let second = try tool.run(
      ["scan", "shop", "--report", "two", "--previous", "one"] + options)
    #expect(second.exit == 1)
    #expect(try tool.run(["report", "--check", "two"]).exit == 0)
    let report = try tool.run(["report", "two"])
    #expect(report.out.contains("0 new, "))
    #expect(report.out.contains("INVENTORY"))
    let scan = try tool.run(["scan", "two", "--format", "jsonl"])
    #expect(scan.exit == 0, "\(scan.out.prefix(600))")
  }
}
