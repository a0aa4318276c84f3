import Core
import Foundation
import Reporting
import TestSupport
import Testing

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
