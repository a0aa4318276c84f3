import Foundation
import TestSupport
import Testing

/// What a command writes takes the place of nothing that it reads.
@Suite struct OutputsTests {
  private func contents(_ tool: Tool) throws -> [String: Data] {
    var found: [String: Data] = [:]
    let paths = FileManager.default.subpaths(atPath: tool.directory.path) ?? []
    for path in paths {
      let url = tool.directory.appendingPathComponent(path)
      if try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true { continue }
      found[path] = try Data(contentsOf: url)
    }
    return found
  }

  @Test func `in a tree that is scanned a report takes the place of an earlier one alone`() throws {
    let tool = try Tool()
    try tool.write("id,card\n1,4242424242424242\n", to: "shop/cards.csv")
    for format in [
      "text", "json", "jsonl", "html", "sarif", "junit", "gitlab", "gitlab-codequality", "csv",
      "markdown", "github",
    ] {
      let arguments = ["scan", "shop", "--format", format, "-o", "shop/report"]
      #expect(try tool.run(arguments).exit == 1, "\(format)")
      #expect(try tool.run(arguments).exit == 1, "\(format)")
    }
    // Names of ours in a file, and what looks like a report's lines, make none.
    let others = ["events.jsonl", "job.log", "ci.yml"]
    try tool.write("{\"type\":\"order\",\"id\":7}\n", to: "shop/events.jsonl")
    try tool.write("exit code 1: failed\ndone\n", to: "shop/job.log")
    try tool.write("script: unpan scan .\n", to: "shop/ci.yml")
    let before = try contents(tool)
    for other in others {
      #expect(try tool.run(["scan", "shop", "-o", "shop/\(other)"]).exit == 64, "\(other)")
      #expect(try contents(tool) == before, "\(other)")
    }
    for target in ["shop", ".", "shop/cards.csv"] {
      let outcome = try tool.run(["scan", target, "-o", "shop/cards.csv"])
      #expect(outcome.exit == 64 && outcome.err.contains("would be written over it"), "\(outcome)")
      #expect(try contents(tool) == before)
    }
  }

  @Test func `no output takes the place of an input`() throws {
    let shop = try MigratedShop(rows: 2)
    let tool = shop.tool
    _ = try shop.plan()
    try FileManager.default.createSymbolicLink(
      atPath: shop.path("link"), withDestinationPath: "shop.db")
    #expect(try tool.run(["scan", "mapping.csv", "--report", "bundle"]).exit == 0)
    let before = try contents(tool)
    let config = "--config unpan-migration.json5"
    for line in [
      "migrate match \(config) --output shop.db", "migrate match \(config) --output ./shop.db",
      "migrate match \(config) --output link", "migrate match \(config) --output mapping.csv",
      "migrate match \(config) --output shop.db-wal",
      "migrate match \(config) --output unpan-ledger.db",
      "migrate plan \(config) --output unpan-migration.json5",
      "migrate intake \(config) --customers --output shop.db",
      "migrate intake \(config) --customers --output new.csv --rejects ./new.csv",
      "migrate intake \(config) --customers --output new.csv --rejects shop.db",
      "migrate verify \(config) -o mapping.csv", "migrate verify \(config) --ledger shop.db",
      "migrate link --plan plan.json --apply --ledger shop.db",
      "migrate link --plan plan.json --apply --ledger mapping.csv",
      "stripe check --records mapping.csv -o unpan-stripe.db",
      "stripe check --records mapping.csv -o mapping.csv", "stripe check \(config) --state shop.db",
      "stripe sync --records mapping.csv --updated unpan-stripe.db",
      "scan mapping.csv --inventory matches.jsonl -o matches.jsonl",
      "scan mapping.csv --previous bundle -o bundle/findings.jsonl",
      "report matches.jsonl -o matches.jsonl", "report bundle -o bundle/findings.jsonl",
      "report bundle -o ./bundle/../bundle/MANIFEST.sha256", "scan bundle -o bundle/report.html",
    ] {
      let outcome = try tool.run(line.split(separator: " ").map(String.init))
      #expect(outcome.exit == 64, "\(line): \(outcome)")
      #expect(outcome.err.contains("would be written over it"), "\(line): \(outcome.err)")
      #expect(try contents(tool) == before, "\(line)")
    }
    // What takes the place of nothing is written.
    let other = try tool.run(
      "migrate match \(config) --output ./other.jsonl".split(separator: " ").map(String.init))
    #expect(other.exit == 0, "\(other)")
    // Where a report goes that nobody named a place for.
    let text = try String(contentsOfFile: shop.path("unpan-migration.json5"), encoding: .utf8)
    try tool.write(text, to: "plan.json")
    let plan = try tool.run(["migrate", "plan", "--config", "plan.json"])
    #expect(plan.exit == 64 && plan.err.contains("would be written over it"), "\(plan)")
    #expect(try String(contentsOfFile: shop.path("plan.json"), encoding: .utf8) == text)
  }
}
