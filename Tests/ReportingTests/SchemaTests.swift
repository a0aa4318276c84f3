import Core
import Foundation
import Reporting
import TestSupport
import Testing

/// Validates with Python's jsonschema, the reference everybody can get.
private enum Validator {
  static func run(_ arguments: [String], input: String = "") throws -> (code: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    // `make test` says where it put a Python that has the module.
    let python = ProcessInfo.processInfo.environment["UNPAN_PYTHON"] ?? "python3"
    process.arguments = [python] + arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stdout
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let text = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  /// Missing is a reason to skip on a developer's machine, and a failure in CI.
  static let isUsable: Bool = {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    guard let result = try? run(["-c", "from jsonschema import Draft202012Validator"]) else {
      return false
    }
    return result.code == 0
  }()

  static let script = """
    import json, sys
    from jsonschema import Draft202012Validator
    schema = json.load(open(sys.argv[1]))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for text in sys.stdin.read().splitlines():
        for error in validator.iter_errors(json.loads(text)):
            print("/".join(map(str, error.absolute_path)), error.message[:300])
            sys.exit(1)
    """

  static func errors(
    in text: String, schema: String = "result"
  ) throws -> String? {
    let schema = Repository.root.appending(path: "reports/schema/\(schema).schema.json").path
    let result = try run(["-c", script, schema], input: text)
    return result.code == 0 ? nil : result.text
  }
}

@Suite(
  .enabled(if: Validator.isUsable, "Python's jsonschema is not installed (python3-jsonschema)"))
struct SchemaTests {
  @Test func `every line keeps to the schema`() throws {
    for report in SampleReport.all + [.hostile] {
      let errors = try Validator.errors(in: rendered(report, "jsonl"))
      #expect(errors == nil, "\(report.name): \(errors ?? "")")
    }
  }

  @Test func `a comparison and a trend keep to their schema`() throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    var reports: [SavedReport] = []
    for (index, report) in [SampleReport.small, .incomplete, .full].enumerated() {
      let url = directory.appending(path: "\(index)")
      try Data(rendered(report, "json").utf8).write(to: url)
      reports.append(try SavedReport(path: url.path))
    }
    func written(_ trend: Trend) throws -> String {
      let output = Output(collecting: ())
      try trend.write("json", to: output, ReportOptions())
      return String(decoding: output.collected, as: UTF8.self).split(separator: "\n").joined()
    }
    let two = try Validator.errors(
      in: written(Trend([reports[0], reports[1]])), schema: "comparison")
    #expect(two == nil, "\(two ?? "")")
    let more = try Validator.errors(in: written(Trend(reports)), schema: "comparison")
    #expect(more == nil, "\(more ?? "")")
  }

  @Test func `a self-test keeps to its schema`() throws {
    var report = SelftestReport()
    report.cells = [.init(format: "json", encoding: "utf-8", kind: "pan")]
    report.cells.append(.init(format: "pdf", encoding: "paragraphs", kind: "pan"))
    report.cells[1].notTested = "poppler-utils"
    let output = Output(collecting: ())
    try SelftestTable(report, date: "2026-01-02T03:04:05Z").writeJSON(to: output)
    let text = String(decoding: output.collected, as: UTF8.self).split(separator: "\n").joined()
    let errors = try Validator.errors(in: text, schema: "selftest")
    #expect(errors == nil, "\(errors ?? "")")
  }

  @Test func `the document keeps to the schema`() throws {
    for report in SampleReport.all + [.hostile] {
      let document = try rendered(report, "json").split(separator: "\n").joined()
      let errors = try Validator.errors(in: document)
      #expect(errors == nil, "\(report.name): \(errors ?? "")")
    }
  }

  @Test func `the schema refuses what would leak or surprise`() throws {
    let lines = try rendered(.small, "jsonl").split(separator: "\n")
    let good = String(try #require(lines.first))
    let digits = String(repeating: "4", count: 7)
    for bad in [
      good.replacingOccurrences(of: "************4242", with: digits),
      good.replacingOccurrences(of: "\"kind\":\"pan\"", with: "\"kind\":\"pan\",\"number\":\"1\""),
      good.replacingOccurrences(of: "\"target\":\"logs\",", with: ""),
    ] {
      #expect(bad != good)
      #expect(try Validator.errors(in: bad) != nil, "\(bad)")
    }
  }
}
