import Audit
import Core
import Foundation
import Reporting
import Testing

@testable import CLI

@Suite struct SelftestTests {
  /// Runs the real command with a file in the place of standard output.
  private func run(
    _ body: (CommandLineTool) throws -> Int32
  ) throws -> (code: Int32, out: String) {
    let file = FileManager.default.temporaryDirectory.appending(
      path: "unpan-selftest-\(UUID().uuidString)")
    #expect(FileManager.default.createFile(atPath: file.path, contents: nil))
    defer {
      do { try FileManager.default.removeItem(at: file) } catch { print("left behind: \(file)") }
    }
    let handle = try FileHandle(forWritingTo: file)
    var tool = Wiring.makeTool()
    tool.console.output = handle.fileDescriptor
    tool.console.variable = { $0 == "SOURCE_DATE_EPOCH" ? "1709164800" : nil }
    let code = try body(tool)
    try handle.close()
    return (code, try String(contentsOf: file, encoding: .utf8))
  }

  private func selftest(_ arguments: String...) throws -> (code: Int32, out: String) {
    try run { $0.run(["selftest"] + arguments) }
  }

  @Test func `the table fits and tells its date and the next`() throws {
    let (code, out) = try selftest()
    #expect(code == 0)
    #expect(out.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(out.contains("Date 2024-02-29T00:00:00Z, next due 2025-02-28"))
    #expect(out.contains("PASSED"))
  }

  @Test func `the JSON has a schema and the totals of its cells`() throws {
    let (code, out) = try selftest("--format", "json")
    #expect(code == 0)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(out.utf8)) as? [String: Any])
    #expect(json["schema"] as? String == "urn:unpan:schema:selftest:1")
    #expect(json["nextDue"] as? String == "2025-02-28")
    #expect(json["passed"] as? Bool == true)
    let cells = try #require(json["cells"] as? [[String: Any]])
    let totals = try #require(json["totals"] as? [String: Int])
    let found = cells.filter { $0["knownGap"] as? Bool == false }
      .reduce(0) { $0 + ($1["found"] as? Int ?? 0) }
    #expect(found > 0)
    #expect(totals["found"] == found)
    #expect(totals["planted"] == found)
    #expect(totals["missed"] == 0)
  }

  @Test(arguments: ["text", "json"])
  func `no planted number is in the output`(format: String) throws {
    let (_, out) = try selftest("--format", format)
    let numbers = Set(Selftest.numbers())
    #expect(numbers.count > 1000)
    // Every run of digits of the output, and all its digits in a row.
    let runs = out.split { !$0.isNumber }.map(String.init)
    #expect(runs.allSatisfy { !numbers.contains($0) && $0.count < 12 })
    #expect(!numbers.contains { out.contains($0) })
  }

  @Test func `a miss or a false finding exits with 1 and a gap does not`() throws {
    var report = SelftestReport()
    var cell = SelftestReport.Cell(format: "json", encoding: "utf-8", kind: "pan")
    cell.planted = 9
    cell.found = 9
    report.cells = [cell]
    var gap = cell
    gap.found = 0
    var missed = report
    missed.cells.append(gap)
    gap.isKnownGap = true
    var withGap = report
    withGap.cells.append(gap)
    var wrong = report
    wrong.cells[0].falseFindings = 1
    let arguments = ParsedArguments()
    for (report, expected) in [
      (report, 0), (missed, 1), (withGap, 0), (wrong, 1), (SelftestReport(), 1),
    ] as [(SelftestReport, Int32)] {
      let (code, out) = try run {
        try SelftestCommand(tool: $0).write(report, date: "2026-01-02T03:04:05Z", arguments)
      }
      #expect(code == expected)
      #expect(out.contains(expected == 0 ? "PASSED" : "FAILED"))
    }
  }

  @Test func `a format that was not tested is told and does not pass silently`() throws {
    var report = SelftestReport()
    var cell = SelftestReport.Cell(format: "json", encoding: "utf-8", kind: "pan")
    cell.planted = 9
    cell.found = 9
    var pdf = SelftestReport.Cell(format: "pdf", encoding: "paragraphs", kind: "pan")
    pdf.notTested = "poppler-utils"
    report.cells = [cell, pdf]
    let (code, out) = try run {
      try SelftestCommand(tool: $0).write(
        report, date: "2026-01-02T03:04:05Z", ParsedArguments())
    }
    #expect(code == 0)
    #expect(out.contains("not tested: poppler-utils is missing"))
    #expect(out.contains("PASSED for what was tested; 1 format NOT TESTED"))
    #expect(out.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func `an operand is refused`() throws {
    var tool = Wiring.makeTool()
    tool.console.error = -1
    #expect(tool.run(["selftest", "x"]) == ExitCode.usage.rawValue)
  }
}
