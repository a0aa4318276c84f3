import CLI
import Core
import Foundation
import Testing

/// `scan --report DIR` and `report --check DIR` with the real binary.
@Suite struct BundleTests {
  private static let epoch = ["SOURCE_DATE_EPOCH": "1767323045"]

  /// A tool whose directory holds a small tree with two findings, and its bundle `evidence`.
  private static func scanned(
    _ flags: [String] = [], targets: [String] = ["tree"]
  ) throws -> (tool: Tool, outcome: Tool.Outcome) {
    let tool = try Tool()
    try tool.write("card=4242424242424242 cvv=123\n", to: "tree/app.log")
    try tool.write("nothing\n", to: "tree/other.log")
    let outcome = try tool.run(
      ["scan"] + targets + ["--report", "evidence"] + flags, environment: epoch)
    return (tool, outcome)
  }

  private static func names(_ tool: Tool, _ folder: String = "evidence") throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: tool.directory.appendingPathComponent(folder).path
    ).sorted()
  }

  private static func bytes(_ tool: Tool, _ name: String) throws -> Data {
    try Data(contentsOf: tool.directory.appendingPathComponent(name))
  }

  @Test func `a bundle passes its own check and that of sha256sum`() throws {
    let (tool, outcome) = try Self.scanned()
    #expect(outcome.exit == 1)
    #expect(outcome.out.contains("CARD DATA FOUND"))
    let names = try Self.names(tool)
    for name in [
      "MANIFEST.sha256", "audit.jsonl", "config.json", "coverage.json", "findings.jsonl",
      "report.html", "report.txt", "rules.json", "run.json",
    ] { #expect(names.contains(name), "\(name)") }
    let check = try tool.run(["report", "--check", "evidence"])
    #expect(check.exit == 0, "\(check.out)")
    #expect(check.out.contains("2 findings"))

    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sha256sum", "--check", "--strict", "--quiet", "MANIFEST.sha256"]
    process.currentDirectoryURL = tool.directory.appendingPathComponent("evidence")
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func `one byte changed in any file is noticed`() throws {
    let (tool, _) = try Self.scanned()
    for name in try Self.names(tool) {
      let url = tool.directory.appendingPathComponent("evidence/\(name)")
      let original = try Data(contentsOf: url)
      let places =
        name == "MANIFEST.sha256"
        ? Array(0..<original.count) : [0, original.count / 2, original.count - 1]
      for place in places where name != "MANIFEST.sha256" || place % 37 == 0 || place > 560 {
        var changed = original
        changed[place] ^= 0x20
        try changed.write(to: url)
        let check = try tool.run(["report", "--check", "evidence"])
        #expect(check.exit == 1, "\(name), byte \(place)")
      }
      try original.write(to: url)
    }
    #expect(try tool.run(["report", "--check", "evidence"]).exit == 0)
  }

  @Test func `a file added, taken out, or rewritten with its sum is noticed`() throws {
    let (tool, _) = try Self.scanned()
    let check = { try tool.run(["report", "--check", "evidence"]) }
    let folder = tool.directory.appendingPathComponent("evidence")

    try tool.write("x", to: "evidence/extra.txt")
    #expect(try check().out.contains("extra.txt: not in the manifest"))
    try FileManager.default.removeItem(at: folder.appendingPathComponent("extra.txt"))

    // A signature beside the manifest is none of its files.
    try tool.write("x", to: "evidence/MANIFEST.sha256.minisig")
    #expect(try check().exit == 0)

    // Somebody takes the findings out and makes a new sum: log and counts still tell.
    let findings = folder.appendingPathComponent("findings.jsonl")
    let original = try Data(contentsOf: findings)
    let manifest = folder.appendingPathComponent("MANIFEST.sha256")
    let sums = try String(contentsOf: manifest, encoding: .utf8)
    try Data().write(to: findings)
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let forged = sums.split(separator: "\n").map {
      $0.hasSuffix("  findings.jsonl") ? "\(empty)  findings.jsonl\n" : "\($0)\n"
    }
    try Data(forged.joined().utf8).write(to: manifest)
    let told = try check()
    #expect(told.exit == 1)
    #expect(told.out.contains("names another SHA-256 for findings.jsonl"))
    #expect(told.out.contains("but findings.jsonl has 0"))
    try original.write(to: findings)
    try Data(sums.utf8).write(to: manifest)

    try FileManager.default.removeItem(at: folder.appendingPathComponent("report.txt"))
    #expect(try check().out.contains("report.txt: missing"))
    #expect(try tool.run(["report", "--check", "tree"]).exit == 64)
    #expect(try tool.run(["report", "--check", "nowhere"]).exit == 64)
  }

  @Test func `the same input gives the same bytes whatever the thread count`() throws {
    let tool = try Tool()
    _ = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    for threads in ["1", "8"] {
      let outcome = try tool.run(
        ["scan", "shop", "--report", threads, "--threads", threads, "-q"], environment: Self.epoch)
      #expect(outcome.exit == 1)
    }
    // The command line and the threads are in run.json, and so in the two files that name its sum.
    let differing: Set = ["run.json", "audit.jsonl", "MANIFEST.sha256"]
    for name in try Self.names(tool, "1") where !differing.contains(name) {
      #expect(try Self.bytes(tool, "1/\(name)") == Self.bytes(tool, "8/\(name)"), "\(name)")
    }
  }

  @Test func `no file of the demo's bundle holds a planted number`() throws {
    let tool = try Tool()
    let manifest = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    let inventory = Tool.package.appendingPathComponent("reports/samples/inventory.json5").path
    let outcome = try tool.run([
      "verify", "shop", "--inventory", inventory, "--report", "evidence", "-q",
    ])
    #expect(outcome.exit == 1)
    for format in ["gitlab", "gitlab-codequality", "github", "json"] {
      _ = try tool.run([
        "report", "evidence", "--format", format, "-o", "evidence/extra.\(format)", "-q",
      ])
    }
    #expect(try Self.names(tool).count(where: { $0.hasPrefix("extra.") }) == 4)
    let numbers = Set(manifest.plants.filter { $0.last4 != nil }.map(\.value))
    #expect(numbers.count > 100)
    for name in try Self.names(tool) {
      let text = String(decoding: try Self.bytes(tool, "evidence/\(name)"), as: UTF8.self)
      let windows = digitWindows(of: text, lengths: Set(numbers.map(\.count)))
      #expect(windows.isDisjoint(with: numbers), "\(name)")
      for plant in manifest.plants where plant.kind == .secret || plant.kind == .pinBlock {
        #expect(!text.contains(plant.value), "\(name)")
      }
    }
  }

  @Test func `a page made from a bundle later shows its self-test and settings`() throws {
    let (tool, _) = try Self.scanned(["--exclude", "*.png"])
    let outcome = try tool.run(["report", "evidence", "--format", "html"])
    #expect(outcome.out.contains("Self-test passed."))
    #expect(outcome.out.contains("exclude: *.png"))
    try tool.write("{\"date\":7}", to: "evidence/selftest.json")
    #expect(try tool.run(["report", "evidence", "--format", "html"]).exit == 3)
  }

  @Test func `a scan of the demo's evidence finds nothing in it`() throws {
    let tool = try Tool()
    let demo = try tool.run(["demo", "shop", "--quiet"], environment: Self.epoch)
    try #require(demo.exit == 0, "\(demo.err)")
    let inventory = Tool.package.appendingPathComponent("reports/samples/inventory.json5").path
    let whole = try tool.run([
      "verify", "shop", "--inventory", inventory, "--previous", "shop/migration/before", "--report",
      "evidence", "--mask", "first6last4", "-q",
    ])
    #expect(whole.exit == 1)
    #expect(try Self.names(tool).contains("policy.json5"))
    // Also what scores low: our own counts beside the names of codes, and ids beside those of numbers.
    for bundle in ["evidence", "shop/migration/before", "shop/migration/after"] {
      let scan = try tool.run(["scan", bundle, "--min-confidence", "low"])
      #expect(scan.exit == 0, "\(bundle)\n\(scan.out)")
    }
  }

  @Test func `a directory with something inside is left alone`() throws {
    let tool = try Tool()
    try tool.write("card=4242424242424242\n", to: "tree/app.log")
    try tool.write("mine", to: "evidence/notes.txt")
    let outcome = try tool.run(["scan", "tree", "--report", "evidence"])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("not empty"))
    #expect(try Self.names(tool, "evidence") == ["notes.txt"])
    #expect(try Self.names(tool, ".") == ["evidence", "tree"])

    try tool.write("x", to: "file")
    #expect(try tool.run(["scan", "tree", "--report", "file"]).exit == 64)
    #expect(try tool.run(["scan", "tree", "--report", "no/such/place"]).exit == 3)
  }

  @Test func `a bundle in the tree that is scanned is no part of the scan`() throws {
    let (tool, outcome) = try Self.scanned(targets: ["."])
    #expect(outcome.exit == 1)
    #expect(outcome.out.contains("everything was read"))
    #expect(outcome.out.contains("excluded   1: own report 1"))
    #expect(try tool.run(["report", "--check", "evidence"]).exit == 0)
  }

  @Test func `times, threads and the command line are in run data only, the host when asked`()
    throws
  {
    let (tool, _) = try Self.scanned(["--threads", "3", "--exclude", "password=hunter2"])
    for name in try Self.names(tool) {
      let text = String(decoding: try Self.bytes(tool, "evidence/\(name)"), as: UTF8.self)
      let isResult = ["findings.jsonl", "coverage.json", "config.json", "rules.json"].contains(name)
      #expect(!(isResult && text.contains("2026-01-02")), "\(name)")
      let isRunData = ["run.json", "audit.jsonl", "report.html"].contains(name)
      #expect(!isRunData || text.contains("2026-01-02T03:04:05Z"), "\(name)")
      #expect(text.contains("\"--threads\"") == (name == "run.json"), "\(name)")
      #expect(!text.contains("\"host\""), "\(name)")
      if name == "run.json" { #expect(!text.contains("hunter2")) }
    }
    let (other, _) = try Self.scanned(["--report-host"])
    #expect(
      String(decoding: try Self.bytes(other, "evidence/run.json"), as: UTF8.self)
        .contains("\"host\":"))
    #expect(try other.run(["scan", "tree", "--report-host"]).exit == 64)
    let wrong = try other.run(["scan", "tree"], environment: ["SOURCE_DATE_EPOCH": "yesterday"])
    #expect(wrong.exit == 64)
  }

  @Test func `the rules are told with the hash of every file in use`() throws {
    let (tool, _) = try Self.scanned()
    struct Rules: Decodable {
      struct File: Decodable {
        var name: String
        var sha256: String
      }
      var files: [File]
    }
    let rules = try JSONDecoder().decode(
      Rules.self, from: Self.bytes(tool, "evidence/rules.json"))
    #expect(rules.files.count > 40)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sha256sum"] + rules.files.map(\.name)
    process.currentDirectoryURL = Tool.package.appendingPathComponent("rules")
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let expected = rules.files.map { "\($0.sha256)  \($0.name)\n" }.joined()
    #expect(String(decoding: data, as: UTF8.self) == expected)
  }
}
