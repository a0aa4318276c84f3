import Core
import Foundation
import Reporting
import TestSupport
import Testing

@Suite struct TextReportTests {
  @Test func `the worst place comes first`() throws {
    let text = try rendered(.small, "text")
    let order = try [
      "CRITICAL", "table cards, column cvv", "HIGH", "logs/app.log", "TEST NUMBERS ONLY",
      "COVERAGE",
    ]
    .map { try #require(text.range(of: $0)?.lowerBound, "\($0)") }
    #expect(order == order.sorted())
  }

  @Test func `a file with many findings shows a few and counts the rest`() throws {
    let text = try rendered(.small, "text")
    #expect(text.contains("and 3 more"))
  }

  @Test func `an incomplete run says so loudly`() throws {
    let text = try rendered(.incomplete, "text")
    #expect(text.contains("NOTHING FOUND, BUT NOT EVERYTHING WAS READ"))
    #expect(text.contains("logs/payments.log"))
    #expect(text.contains("permission denied"))
  }

  @Test func `what is kept beside card numbers takes a line a table`() throws {
    var report = SampleReport.small
    func column(_ table: String, _ name: String, _ notes: String...) -> ColumnProfile {
      var profile = ColumnProfile(target: "shop.db", table: table, column: name, type: "TEXT")
      profile.notes = notes
      return profile
    }
    var columns = [
      column("cards", "exp_month", "expiry-beside-number:pan"),
      column("cards", "owner", "hash-shaped", "cardholder-beside-number:pan"),
      column("cards", "exp_year", "expiry-beside-number:pan"), column("cards", "note"),
    ]
    columns += (0..<20).map { column("t\($0)", "svc", "service-code-beside-number:n") }
    report.coverage[0].columns = columns
    let text = try rendered(report, "text")
    #expect(text.contains("KEPT BESIDE CARD NUMBERS"))
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      words.contains(
        "shop.db, table cards: expiry date (exp_month, exp_year), cardholder's name (owner) beside "
          + "column pan"))
    #expect(words.contains("shop.db, table t10: service code (svc) beside column n"))
    #expect(!words.contains("table t11") && words.contains("and 9 more tables"))
    #expect(try !rendered(.small, "text").contains("KEPT BESIDE"))
  }

  @Test func `brief is the verdict alone`() throws {
    var options = ReportOptions()
    options.isBrief = true
    let lines = try rendered(.small, "text", options).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("CARD DATA FOUND"))
    #expect(lines[1].hasPrefix("exit code 1"))
  }

  @Test func `colours are only there when asked for`() throws {
    var options = ReportOptions()
    #expect(try !rendered(.small, "text", options).contains("\u{1B}"))
    options.hasColor = true
    #expect(try rendered(.small, "text", options).contains("\u{1B}[1;31mCRITICAL"))
  }

  @Test func `any number of places fits, and the worst is still first`() throws {
    var report = SampleReport(name: "many", targets: ["."])
    var generator = SplitMix(seed: 7)
    var sample = try #require(SampleReport.small.findings.first)
    for number in 0..<5_000 {
      sample.location.path = "f\(number)"
      sample.severity =
        number == 4_321 ? .critical : [.low, .medium, .high].randomElement(using: &generator)!
      report.findings.append(sample)
    }
    report.sum(exitCode: .findings)
    let lines = try rendered(report, "text").split(separator: "\n")
    #expect(lines.count < 150)
    #expect(lines[0] == "CRITICAL")
    #expect(lines[1] == "  f4321")
    // 12 in detail, 20 in a line each.
    #expect(lines.contains { $0.contains("and 4,968 findings in other places") })
  }

  @Test func `a place shows one of each kind rather than three of one`() throws {
    var report = SampleReport(name: "kinds", targets: ["."])
    let card = try #require(SampleReport.small.findings.first)
    let code = try #require(SampleReport.small.findings.first { $0.kind == .cvv })
    for number in 1...9 {
      var finding = number % 4 == 0 ? card : code
      finding.location = Location(target: ".", path: "app.log", line: number, column: 1)
      report.findings.append(finding)
    }
    report.sum(exitCode: .findings)
    let text = try rendered(report, "text")
    #expect(text.contains("2 card numbers (visa 2), 7 verification codes"))
    #expect(text.contains("line 4:1"))
    #expect(text.contains("line 1:1"))
    #expect(text.contains("and 6 more"))
  }
}
