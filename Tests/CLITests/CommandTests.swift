import Core
import Foundation
import Reporting
import TestSupport
import Testing

@testable import CLI

/// An engine that tells a prepared report.
private struct ScriptedEngine: ScanEngine {
  var report: SampleReport
  var failure: RunError?

  func run(
    _ request: ScanRequest, writer: any ReportWriter, progress: ProgressCounters
  ) throws(RunError) {
    if let failure { throw failure }
    do {
      try report.write(to: writer)
    } catch let error as RunError {
      throw error
    } catch {
      preconditionFailure("writers throw run errors")
    }
  }
}

/// The exit code that `report` gives a result under a policy of its own.
@Suite struct ExitPolicyTests {
  private func code(
    _ policy: ExitPolicy, _ change: (inout Summary) -> Void
  ) throws -> Int32? {
    var report = SampleReport.migrated
    change(&report.summary)
    let format = try #require(Formats.named("text"))
    let judge = ExitCodeWriter(
      format.makeWriter(Output(collecting: ()), ReportOptions()), policy)
    try report.write(to: judge)
    return judge.exitCode
  }

  @Test func `a policy that failed fails, however few findings do`() throws {
    #expect(try code(ExitPolicy()) { _ in } == 0)
    #expect(try code(ExitPolicy()) { $0.policy?.verdict = .failed } == 1)
    #expect(
      try code(ExitPolicy(failOn: .critical, allowsIncomplete: true)) {
        $0.policy?.verdict = .failed
      } == 1)
    #expect(try code(ExitPolicy()) { $0.policy?.verdict = .unproven } == 2)
    #expect(
      try code(ExitPolicy(allowsIncomplete: true)) { $0.policy?.verdict = .unproven } == 0)
  }

  @Test func `what Stripe says otherwise fails, and what it was not asked proves nothing`() throws {
    var stripe = MigrationReport.StripeCheck(account: "acct", mode: "test")
    stripe.records = 2
    stripe.withProblems = 1
    #expect(try code(ExitPolicy(allowsIncomplete: true)) { $0.migration?.stripe = stripe } == 1)
    stripe.withProblems = 0
    stripe.notExamined = 1
    #expect(try code(ExitPolicy()) { $0.migration?.stripe = stripe } == 2)
  }
}

private struct ScriptedRules: RuleBook {
  func catalogue(directory: String?) throws(RunError) -> [RuleEntry] {
    if let directory {
      throw RunError(
        .usage, "\(directory)/brands.json5", "line 3: expected a number", hint: "mend it")
    }
    return [
      RuleEntry(
        id: "pan", title: "Card number", kind: "pan", severity: "high", requirements: ["3.5.1"],
        what: "Digits.", why: "Because.", fix: "Remove.", matchCount: 3, noMatchCount: 2),
      RuleEntry(
        id: "track2", title: "Magnetic track 2", kind: "track2", severity: "critical",
        requirements: [], what: "Digits.", why: "Because.", fix: "Remove.", matchCount: 1,
        noMatchCount: 1),
    ]
  }

  func evidence(directory: String?) throws(RunError) -> RuleEvidence {
    RuleEvidence(
      version: "1",
      texts: try catalogue(directory: directory).map {
        RuleText(
          id: $0.id, title: $0.title, severity: $0.severity, requirements: $0.requirements,
          what: $0.what, why: $0.why, fix: $0.fix)
      }, requirements: [],
      files: [EvidenceBundle.RuleFile(name: "brands.json5", bytes: [0x5B, 0x5D])])
  }

  func test(directory: String?) throws(RunError) -> [RuleTestResult] {
    [
      .init(rule: "pan", passed: 5, failures: []),
      .init(rule: "track2", passed: 1, failures: ["match 1: found 0, expected 1"]),
    ]
  }
}

@Suite struct CommandTests {
  private struct Result {
    var code: Int32
    var out: String
    var err: String
  }

  /// Runs the tool with files in the place of its streams.
  private func run(
    _ arguments: String..., report: SampleReport = .empty, failure: RunError? = nil
  ) throws -> Result {
    try run(arguments: arguments, report: report, failure: failure)
  }

  private func run(
    arguments: [String], report: SampleReport = .empty, failure: RunError? = nil
  ) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let handles = try ["out", "err"].map { name in
      let url = directory.appending(path: name)
      try Data().write(to: url)
      return try FileHandle(forWritingTo: url)
    }
    var console = Console()
    console.output = handles[0].fileDescriptor
    console.error = handles[1].fileDescriptor
    console.variable = { _ in nil }
    let tool = CommandLineTool(
      engine: ScriptedEngine(report: report, failure: failure), rules: ScriptedRules(),
      console: console)
    let code = tool.run(arguments)
    return Result(
      code: code,
      out: try String(contentsOf: directory.appending(path: "out"), encoding: .utf8),
      err: try String(contentsOf: directory.appending(path: "err"), encoding: .utf8))
  }

  @Test func `no arguments is a short help and a usage error`() throws {
    let result = try run()
    #expect(result.code == 64)
    #expect(result.out.isEmpty)
    #expect(result.err.contains("unpan scan TARGET"))
  }

  @Test func `the version is one line`() throws {
    #expect(try run("--version").out == "unpan \(Version.text)\n")
  }

  @Test(arguments: Commands.all.map(\.name))
  func `every command explains itself within 80 columns`(name: String) throws {
    let command = try #require(Commands.named(name))
    let help = try run(name, "--help")
    #expect(help.code == 0)
    #expect(help.out == (try run("help", name).out))
    for flag in command.flags { #expect(help.out.contains("--\(flag.name)")) }
    for line in help.out.split(separator: "\n") where !line.hasPrefix("  unpan ") {
      #expect(line.count <= 80, "\(line)")
    }
  }

  @Test func `a mistyped command gets the closest match`() throws {
    let result = try run("sacn", ".")
    #expect(result.code == 64)
    #expect(result.err == "unpan: there is no command 'sacn'\n  did you mean `unpan scan`?\n")
  }

  @Test func `a flag without a command gets the help there is`() throws {
    let result = try run("-x")
    #expect(result.code == 64)
    #expect(result.err == "unpan: unpan has no flag '-x'\n  `unpan --help` lists the flags\n")
  }

  @Test func `a scan without a target shows an example`() throws {
    let result = try run("scan")
    #expect(result.code == 64)
    #expect(result.err.contains("for example `unpan scan /var/log shop.db`"))
    #expect(result.err.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func `what the user typed is quoted safely`() throws {
    let result = try run("scan", "--\u{1B}[2J\n4111111111111111")
    #expect(result.code == 64)
    #expect(!result.err.contains("\u{1B}"))
    #expect(!result.err.contains("4111111111111111"))
  }

  @Test(arguments: [("empty", 0), ("incomplete", 2), ("small", 1)] as [(String, Int32)])
  func `the exit code tells the outcome`(name: String, code: Int32) throws {
    let report = try #require(SampleReport.all.first { $0.name == name })
    let result = try run("scan", ".", report: report)
    #expect(result.code == code)
    #expect(result.out.contains("exit code \(code)"))
    #expect(result.err.isEmpty)
  }

  @Test func `the flags move the exit code`() throws {
    #expect(try run("scan", ".", "--allow-incomplete", report: .incomplete).code == 0)
    #expect(try run("scan", ".", "--fail-on", "never", report: .small).code == 0)
    #expect(try run("scan", ".", "--fail-on", "critical", report: .small).code == 1)
    var tests = SampleReport.small
    tests.findings = tests.findings.filter(\.testNumber)
    tests.summary = Summary()
    tests.sum(exitCode: .clean)
    #expect(try run("scan", ".", report: tests).code == 1)
    #expect(try run("scan", ".", "--fail-on=medium", report: tests).code == 0)
    #expect(
      try run("scan", ".", "--fail-on=medium", "--test-numbers=fail", report: tests).code == 1)
    var judged = SampleReport.small
    for index in judged.findings.indices {
      judged.findings[index].suppression = Suppression(kind: .inSource, reason: "a fixture")
    }
    #expect(try run("scan", ".", report: judged).code == 0)
    judged.findings[0].suppression = nil
    #expect(try run("scan", ".", report: judged).code == 1)
    var stopped = SampleReport.small
    stopped.summary.exitCode = 130
    #expect(try run("scan", ".", report: stopped).code == 130)
  }

  @Test func `a failure is told in words with what to do`() throws {
    let result = try run(
      "scan", ".", failure: RunError(.failure, "a\u{1B}b", "it broke", hint: "mend it"))
    #expect(result.code == 3)
    #expect(result.err == "unpan: a\\x1Bb: it broke\n  mend it\n")
    #expect(result.out.isEmpty)
  }

  @Test func `a report goes to the file and says so`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "unpan-\(UUID().uuidString)")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let result = try run("scan", ".", "-o", path, "--format=jsonl", report: .small)
    #expect(result.code == 1)
    #expect(result.out.isEmpty)
    #expect(result.err == "unpan: report written to \(path)\n")
    let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
    #expect(text.split(separator: "\n").last?.hasPrefix("{\"type\":\"summary\"") == true)
  }

  @Test func `rules are listed, explained and tested`() throws {
    #expect(try run("rules", "list").out == "pan     Card number\ntrack2  Magnetic track 2\n")
    #expect(try run("rules", "explain", "pan").out.hasPrefix("pan: Card number\n"))
    let mistyped = try run("rules", "explain", "trck2")
    #expect(mistyped.code == 64)
    #expect(mistyped.err.contains("did you mean track2?"))
    let tested = try run("rules", "test")
    #expect(tested.code == 1)
    #expect(
      tested.out == "track2\n  match 1: found 0, expected 1\n2 rules: 6 texts as expected, 1 not\n")
    let broken = try run("rules", "list", "--rules", "mine")
    #expect(broken.code == 64)
    #expect(broken.err.contains("mine/brands.json5: line 3"))
  }

  @Test func `quiet says the verdict alone`() throws {
    let result = try run("scan", "-q", ".", report: .small)
    #expect(result.out.split(separator: "\n").count == 2)
  }

  @Test func `a saved result is shown in another format and answers as the run did`() throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let saved = directory.appending(path: "result.jsonl").path
    #expect(
      try run("scan", ".", "--format", "jsonl", "-q", "-o", saved, report: .small).code == 1)
    let direct = try run("scan", ".", "--format", "sarif", report: .small)
    let shown = try run("report", saved, "--format", "sarif")
    #expect(shown.out == direct.out)
    #expect(shown.out.contains("\"help\":{\"text\":\"Digits."))
    #expect(shown.code == 1)
    #expect(try run("report", saved, "--fail-on", "never").code == 0)
    let same = try run("report", "--compare", saved, saved)
    #expect(same.code == 0)
    #expect(same.out.contains("0 new, 10 unchanged, 0 gone"))
    let missing = try run("report", "not-there.jsonl")
    #expect(missing.code == 3)
    #expect(missing.err.contains("not-there.jsonl: cannot be read: No such file or directory"))
    for wrong in [
      ["report"], ["report", "--compare", saved],
      ["report", "--compare", saved, saved, "--format", "csv"],
    ] {
      #expect(try run(arguments: wrong).code == 64, "\(wrong)")
    }
  }

  @Test func `several results are shards or runs, by their targets and times`() throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    func saved(_ name: String, _ targets: [String], _ started: String) throws -> String {
      var report = SampleReport.small
      report.run.targets = targets
      report.run.started = started
      for index in report.coverage.indices {
        report.coverage[index].target = targets[min(index, targets.count - 1)]
      }
      for index in report.findings.indices {
        let isFirst = report.findings[index].location.target == "logs"
        report.findings[index].location.target = isFirst ? targets[0] : targets[targets.count - 1]
      }
      let path = directory.appending(path: name).path
      _ = try run("scan", ".", "--format", "jsonl", "-q", "-o", path, report: report)
      return path
    }
    let monday = try saved("monday", ["a"], "2026-01-05T00:00:00Z")
    let friday = try saved("friday", ["a"], "2026-01-09T00:00:00Z")
    let other = try saved("other", ["b"], "2026-01-05T00:00:00Z")
    let both = try saved("both", ["a", "b"], "2026-01-06T00:00:00Z")
    // By time, whatever the order.
    let compared = try run("report", friday, monday)
    #expect(compared.code == 0)
    #expect(compared.out.contains("0 new, 10 unchanged, 0 gone"))
    #expect(compared.err.contains("--merge"))
    #expect(try run("report", friday, monday, "-q").err.isEmpty)
    #expect(try run("report", monday, other).out.contains("20 findings"))
    #expect(try run("report", "--merge", monday, friday).out.contains("20 findings"))
    #expect(try run("report", "--compare", monday, other).out.contains("unchanged"))
    #expect(try run("report", monday, friday, "--format", "html").out.contains("Run by run"))
    for wrong in [[monday, both], [monday, monday], [monday, friday, "--format", "sarif"]] {
      let result = try run(arguments: ["report"] + wrong)
      #expect(result.code == 64)
      #expect(result.err.contains("--merge"))
    }
  }

  @Test func `colours follow the flag, then NO_COLOR, then the terminal`() {
    var console = Console()
    console.variable = { $0 == "NO_COLOR" ? "1" : nil }
    #expect(console.hasColor("always", isTerminal: false))
    #expect(!console.hasColor("never", isTerminal: true))
    #expect(!console.hasColor(nil, isTerminal: true))
    console.variable = { _ in nil }
    #expect(console.hasColor("auto", isTerminal: true))
    #expect(!console.hasColor("auto", isTerminal: false))
  }
}
