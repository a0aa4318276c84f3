import Core
import Foundation
import TestSupport
import Testing

@testable import Reporting

/// Several runs over the same targets.
@Suite struct TrendTests {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "unpan-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  /// The small report with the findings of these ids only.
  private func run(_ ids: [String], day: Int, _ name: String = UUID().uuidString) throws
    -> SavedReport
  {
    var report = SampleReport.small
    report.findings = report.findings.filter { ids.contains($0.id) }
    report.summary = Summary()
    report.run.started = "2026-01-0\(day)T00:00:00Z"
    report.sum(exitCode: .findings)
    let url = directory.appending(path: name)
    try Data(rendered(report, "jsonl").utf8).write(to: url)
    return try SavedReport(path: url.path)
  }

  private func written(_ trend: Trend, _ format: String) throws -> String {
    let output = Output(collecting: ())
    try trend.write(format, to: output, ReportOptions())
    return String(decoding: output.collected, as: UTF8.self)
  }

  private func trend() throws -> Trend {
    try Trend([
      run(["a1", "a2", "a3"], day: 1), run(["a1", "c1"], day: 2), run(["a1", "c1", "d1"], day: 3),
    ])
  }

  @Test func `each step says what is new, unchanged and gone`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    #expect(
      try trend().steps.map { [$0.newCount, $0.unchangedCount, $0.goneCount] }
        == [[1, 1, 2], [1, 2, 0]])
    #expect(try trend().exitCode == .findings)
    #expect(try Trend([run(["a1"], day: 1), run(["a1"], day: 2)]).exitCode == .clean)
  }

  @Test(arguments: Trend.formats)
  func `every format tells every run and the new findings`(format: String) throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let text = try written(trend(), format)
    for day in 1...3 { #expect(text.contains("2026-01-0\(day)T00:00:00Z")) }
    #expect(text.contains("************4444") || text.contains("mastercard"))
    if format == "html" { #expect(try HTMLReader.problems(in: text) == "") }
  }

  @Test func `two runs as JSON keep the schema of a comparison, more have that of a trend`() throws
  {
    defer { try? FileManager.default.removeItem(at: directory) }
    let two = try Trend([run(["a1"], day: 1), run(["a2"], day: 2)])
    func schema(_ trend: Trend) throws -> String? {
      let data = Data(try written(trend, "json").utf8)
      let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
      return object?["schema"] as? String
    }
    #expect(try schema(two) == "urn:unpan:schema:comparison:1")
    #expect(try schema(trend()) == "urn:unpan:schema:trend:1")
  }

  /// The small report of `logs` alone, with so much left out.
  private func runOfLogs(excluded: Int, day: Int) throws -> SavedReport {
    var report = SampleReport.small
    report.run.targets = ["logs"]
    report.findings = report.findings.filter { $0.id == "a1" }
    report.coverage.removeLast()
    report.coverage[0].excludedCount = excluded
    report.summary = Summary()
    report.run.started = "2026-01-0\(day)T00:00:00Z"
    report.sum(exitCode: .findings)
    let url = directory.appending(path: UUID().uuidString)
    try Data(rendered(report, "json").utf8).write(to: url)
    return try SavedReport(path: url.path)
  }

  @Test func `a target is the same however it was typed`() {
    let run = RunInfo(
      version: "", rules: "", started: "", threads: 1, targets: ["./logs", "sqlite:shop.db"])
    let targets = ScannedTargets(run)
    #expect(targets.missing(of: ["logs/", "logs", "sqlite:./shop.db"]) == [])
    #expect(targets.missing(of: ["./log", "../logs", "/logs"]) == ["./log", "../logs", "/logs"])
  }

  @Test(arguments: Trend.formats)
  func `what was not scanned again is not gone`(format: String) throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let before = try run(["a1", "a2", "c1", "c2"], day: 1)
    let trend = try Trend([before, runOfLogs(excluded: 1, day: 2)])
    let step = try #require(trend.steps.first)
    #expect(step.newCount == 0 && step.unchangedCount == 1)
    #expect(step.goneCount == 1 && step.notScannedCount == 2)
    #expect(trend.exitCode == .incomplete)
    let text = try written(trend, format)
    if format == "json" {
      let json = try #require(
        JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      #expect(json["notScannedCount"] as? Int == 2 && json["goneCount"] as? Int == 1)
      #expect(json["notScannedTargets"] as? [String] == ["shop.db"])
      func ids(_ name: String) -> [String?]? {
        (json[name] as? [[String: Any]])?.map { $0["id"] as? String }
      }
      #expect(ids("notScanned") == ["c1", "c2"])
      #expect(ids("gone") == ["a2"])
    } else {
      #expect(text.contains("1 gone, 2 not scanned again"))
      #expect(text.contains("Not scanned again") && text.contains("shop.db"))
      #expect(!text.contains("class=\"verdict good\""))
    }
    let three = try written(Trend([before, before, runOfLogs(excluded: 1, day: 2)]), format)
    #expect(three.contains("shop.db"))
    if format == "text" {
      for line in three.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
  }

  @Test(arguments: ["text", "html", "markdown"])
  func `a run that left more out says that what is gone may not have been read`(
    format: String
  ) throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let sentence = "what is gone may only not have been read"
    let more = try Trend([runOfLogs(excluded: 1, day: 1), runOfLogs(excluded: 2, day: 2)])
    #expect(
      try written(more, format).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        .contains(sentence))
    #expect(more.exitCode == .clean)
    let same = try Trend([runOfLogs(excluded: 2, day: 1), runOfLogs(excluded: 2, day: 2)])
    #expect(try !written(same, format).contains(sentence))
  }

  @Test func `a run tells on its way what it did not scan again`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let before = try run(["a1", "c1", "c2"], day: 1)
    var report = SampleReport.small
    report.run.targets = ["logs"]
    report.findings = []
    report.coverage.removeLast()
    report.coverage[0].excludedCount = 7
    report.summary = Summary()
    report.sum(exitCode: .clean)
    func told(_ format: String) throws -> String {
      let output = Output(collecting: ())
      let writer = try #require(Formats.named(format)).makeWriter(output, ReportOptions())
      try report.write(to: ChangeWriter(since: before, writer))
      return String(decoding: output.collected, as: UTF8.self)
    }
    let url = directory.appending(path: "after.json")
    try Data(told("json").utf8).write(to: url)
    let change = try #require(try SavedReport(path: url.path).summary.change)
    #expect(change.goneCount == 1 && change.notScannedCount == 2 && change.excludesMore)
    #expect(change.notScannedTargets == ["shop.db"])
    #expect(change.gone.map(\.id) == ["a1"])
    for format in ["text", "html", "markdown", "csv"] {
      #expect(try told(format).contains("1 gone, 2 not scanned again"), "\(format)")
    }
    #expect(try told("markdown").contains("**Not scanned again**: `shop.db`"))
  }

  @Test func `a run tells on its way what changed since an earlier one`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let before = try run(["a1", "a2"], day: 1)
    var report = SampleReport.small
    report.findings = report.findings.filter { ["a1", "c1"].contains($0.id) }
    report.summary = Summary()
    report.sum(exitCode: .findings)
    let output = Output(collecting: ())
    let format = try #require(Formats.named("json"))
    try report.write(
      to: ChangeWriter(since: before, format.makeWriter(output, ReportOptions())))
    let url = directory.appending(path: "after.json")
    try Data(output.collected).write(to: url)
    let change = try #require(try SavedReport(path: url.path).summary.change)
    #expect(change.since == "2026-01-01T00:00:00Z")
    #expect(change.newCount == 1 && change.unchangedCount == 1 && change.goneCount == 1)
    #expect(change.new.map(\.id) == ["c1"])
    #expect(change.gone.map(\.id) == ["a2"])
  }
}
