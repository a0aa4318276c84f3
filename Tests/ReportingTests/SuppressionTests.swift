import Core
import Foundation
import Reporting
import TestSupport
import Testing

/// Findings that somebody judged.
@Suite struct SuppressionTests {
  private static func judged(_ count: Int) -> SampleReport {
    var report = SampleReport.small
    for index in report.findings.indices.prefix(count) {
      report.findings[index].suppression = Suppression(
        kind: .external, reason: "a fixture", owner: "ann", expires: "2026-12-31")
    }
    report.summary = Summary()
    report.sum(exitCode: .findings)
    return report
  }

  @Test(arguments: Formats.all.map(\.id))
  func `every format tells the judgement`(format: String) throws {
    let text = try rendered(Self.judged(10), format)
    #expect(text.contains("a fixture") || text.lowercased().contains("suppressed"))
  }

  @Test func `an unjudged finding has no word of it`() throws {
    #expect(!(try rendered(.small, "jsonl").contains("suppress")))
    #expect(!(try rendered(.small, "sarif").contains("suppress")))
  }

  @Test func `code scanning gets it as a suppression with its reason`() throws {
    let data = Data(try rendered(Self.judged(1), "sarif").utf8)
    let log = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let run = try #require((log["runs"] as? [[String: Any]])?.first)
    let results = try #require(run["results"] as? [[String: Any]])
    let first = try #require((results[0]["suppressions"] as? [[String: Any]])?.first)
    #expect(first["kind"] as? String == "external")
    #expect(first["justification"] as? String == "a fixture")
    #expect(results[1]["suppressions"] == nil)
  }

  @Test func `it comes back from a saved result`() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "unpan-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data(try rendered(Self.judged(3), "jsonl").utf8).write(to: url)
    let saved = try SavedReport(path: url.path)
    var reasons: [String?] = []
    try saved.forEachFinding { reasons.append($0.suppression?.owner) }
    #expect(reasons.prefix(4) == ["ann", "ann", "ann", nil])
    #expect(saved.summary.suppressed == 3)
  }

  @Test func `a test report skips what is judged and fails for the rest`() throws {
    let all = try rendered(Self.judged(10), "junit")
    #expect(!all.contains("<failure"))
    #expect(all.contains("<skipped message=\"suppressed: "))
    #expect(try rendered(Self.judged(1), "junit").contains("<failure"))
  }
}
