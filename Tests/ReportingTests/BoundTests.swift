import Core
import Foundation
import Reporting
import Synchronization
import TestSupport
import Testing

/// Takes the notes of a writer.
private final class Notes: Sendable {
  private let notes = Mutex<[ReportNote]>([])
  var all: [ReportNote] { notes.withLock { $0 } }
  func add(_ note: ReportNote) { notes.withLock { $0.append(note) } }
}

/// What formats do with more than they take.
@Suite struct BoundTests {
  private func many(_ count: Int) throws -> SampleReport {
    var report = SampleReport(name: "many", targets: ["."])
    var finding = try #require(SampleReport.small.findings.first)
    finding.location.target = "."
    for number in 0..<count {
      finding.id = "f\(number)"
      finding.location.path = "folder/file-\(number % 3_000).log"
      finding.location.line = number + 1
      finding.severity = number % 100 == 99 ? .critical : .low
      report.findings.append(finding)
    }
    report.coverage = [Coverage(target: ".")]
    report.sum(exitCode: .findings)
    return report
  }

  @Test func `SARIF keeps the worst 25,000 in their order, and tells it twice`() throws {
    let report = try many(30_000)
    let notes = Notes()
    var options = ReportOptions()
    options.tell = { notes.add($0) }
    let text = try rendered(report, "sarif", options)
    let log = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let run = try #require((log["runs"] as? [[String: Any]])?.first)
    let results = try #require(run["results"] as? [[String: Any]])
    #expect(results.count == 25_000)
    #expect(results.count { $0["level"] as? String == "error" } == 300)
    let lines = results.compactMap { result in
      (((result["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any])?[
        "region"] as? [String: Any])?["startLine"] as? Int
    }
    #expect(lines.count == 25_000)
    #expect(lines == lines.sorted())
    #expect(text.contains("25,000 of 30,000 findings"))
    #expect(notes.all == [.leftOut(format: "sarif", kept: 25_000, total: 30_000)])
  }

  @Test func `Markdown and the step's summary keep to what GitHub takes`() throws {
    let report = try many(20_000)
    let comment = try rendered(report, "markdown")
    #expect(comment.utf8.count <= 60_000)
    #expect(comment.contains("more findings in other places"))
    let path = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: path) }
    try Data("before\n".utf8).write(to: path)
    var options = ReportOptions()
    options.stepSummaryPath = path.path
    let annotations = try rendered(report, "github", options)
    #expect(annotations.split(separator: "\n").count == 22)
    #expect(
      annotations.hasSuffix("19,980 findings without an annotation; see the step's summary\n"))
    let summary = try String(contentsOf: path, encoding: .utf8)
    #expect(summary.hasPrefix("before\n## unpan: CARD DATA FOUND"))
    #expect(summary.utf8.count > 60_000)
    #expect(summary.utf8.count <= 1_000_010)
  }

  @Test func `JUnit keeps one case for a file and rule, whatever it holds`() throws {
    var report = try many(5_000)
    for index in report.findings.indices { report.findings[index].location.path = "one.log" }
    let text = try rendered(report, "junit")
    #expect(text.contains("tests=\"2\" failures=\"1\" errors=\"0\""))
    #expect(text.contains("and 4,980 more"))
  }

  @Test func `spooled bytes come back when they do not fit in memory`() throws {
    // More than the 4 MiB that wait in memory.
    let report = try many(22_000)
    let text = try rendered(report, "sarif")
    #expect(text.utf8.count > 8 << 20)
    let log = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(((log?["runs"] as? [[String: Any]])?.first?["results"] as? [Any])?.count == 22_000)
  }
}
