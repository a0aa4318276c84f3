import Core
import Foundation
import Reporting
import TestSupport
import Testing

/// Results read back from files.
@Suite struct SavedReportTests {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "unpan-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  private func save(_ text: String, _ name: String) throws -> String {
    let path = directory.appending(path: name).path
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  private func replayed(_ paths: [String], _ format: String) throws -> String {
    let output = Output(collecting: ())
    let writer = try #require(Formats.named(format)).makeWriter(output, ReportOptions())
    try MergedReport(paths.map { try SavedReport(path: $0) }).replay(to: writer)
    return String(decoding: output.collected, as: UTF8.self)
  }

  @Test(arguments: ["json", "jsonl"], Formats.all.map(\.id))
  func `a saved result gives what the run would have given`(saved: String, format: String) throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    for report in SampleReport.all + [.random(seed: 5)] {
      let path = try save(rendered(report, saved), "result")
      let difference = try replayed([path], format) == rendered(report, format)
      #expect(difference, "\(report.name)")
    }
  }

  @Test func `a document may be laid out in any way`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let text = try rendered(.small, "json")
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let sorted = try JSONSerialization.data(
      withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
    let path = try save(String(decoding: sorted, as: UTF8.self), "sorted.json")
    #expect(try replayed([path], "jsonl") == rendered(.small, "jsonl"))
  }

  @Test func `shards add up, in their order, and the worst exit code stands`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let paths = try [SampleReport.incomplete, .small, .empty].map {
      try save(rendered($0, "jsonl"), $0.name)
    }
    let merged = try MergedReport(paths.map { try SavedReport(path: $0) })
    #expect(merged.summary.findingCount == 10)
    #expect(merged.summary.notExaminedCount == 3)
    #expect(merged.summary.belowThreshold == 11)
    #expect(!merged.summary.complete)
    #expect(merged.summary.exitCode == 1)
    #expect(merged.summary.examined.bytes == 812 + 68_384 + 1_234_567)
    // Each has targets that another has too, and so is told by its file.
    #expect(
      merged.run.targets == [
        "incomplete:logs", "incomplete:shop.db", "small:logs", "small:shop.db", "empty:logs",
      ])
    let lines = try replayed(paths, "jsonl").split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("{\"type\":\"finding\"") } == 10)
    #expect(lines.count { $0.hasPrefix("{\"type\":\"coverage\"") } == 5)
    #expect(lines.last?.contains("\"findingCount\":10") == true)
  }

  @Test func `a result that was cut short or changed is refused`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let whole = try rendered(.small, "jsonl")
    let document = try rendered(.small, "json")
    let lines = whole.split(separator: "\n")
    let cases: [(String, String, SavedReportError.Reason)] = [
      ("no summary", lines.dropLast().joined(separator: "\n"), .cutShort),
      ("half a line", String(whole.dropLast(20)), .cutShort),
      ("half a document", String(document.dropLast(40)), .cutShort),
      ("empty", "", .cutShort),
      (
        "a finding less", lines.dropFirst().joined(separator: "\n"),
        .miscounted(expected: 10, actual: 9)
      ),
      (
        "no coverage",
        lines.filter { !$0.hasPrefix("{\"type\":\"coverage\"") }.joined(separator: "\n"),
        .otherCoverage
      ),
      (
        "coverage that counts less",
        whole.replacingOccurrences(
          of: "\"complete\":true,\"examined\":{\"files\":2",
          with: "\"complete\":true,\"examined\":{\"files\":1"),
        .otherCoverage
      ),
      ("two in one", whole + whole, .goesOn),
      ("text", "CARD DATA FOUND", .damaged),
      ("not a finding", "{\"type\":\"finding\"}\n" + whole, .miscounted(expected: 10, actual: 11)),
      ("other JSON", "{\"type\":\"thing\"}", .damaged),
      (
        "another schema",
        whole.replacingOccurrences(of: "schema:result:1", with: "schema:result:2"), .otherSchema
      ),
    ]
    for (name, text, reason) in cases {
      let path = try save(text, "result")
      let error = #expect(throws: SavedReportError.self, "\(name)") { try SavedReport(path: path) }
      #expect(error?.reason == reason, "\(name)")
    }
    let missing = #expect(throws: SavedReportError.self) { try SavedReport(path: "/not/there") }
    #expect(missing?.reason == .unreadable("No such file or directory"))
    let folder = #expect(throws: SavedReportError.self) { try SavedReport(path: directory.path) }
    #expect(folder?.reason == .notAFile)
  }

  /// A whole number put where unpan never writes one.
  @Test(arguments: [
    ("\"id\":\"a1\"", "\"id\":\"#\""), ("\"rule\":\"pan\"", "\"rule\":\"#\""),
    ("\"brand\":\"visa\"", "\"brand\":\"#\""), ("\"3.5.1\"", "\"#\""),
    ("\"last4\":\"4242\"", "\"last4\":\"#\""), ("\"last4\":\"4242\"", "\"last4\":\"42421\""),
    ("\"last4\":\"4242\"", "\"last4\":\"4242\",\"bin\":\"42424242\""),
    ("************4242", "#"), ("************4242", "4242-4242-4242-4242"),
    ("************4242", "4242424*****4242"),
  ])
  func `a changed result that holds a number is refused in every format`(
    was: String, put: String
  ) throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let number = "4242424242424242"
    let whole = try rendered(.small, "jsonl")
    let text = whole.replacingOccurrences(
      of: was, with: put.replacingOccurrences(of: "#", with: number))
    #expect(text != whole)
    let path = try save(text, "changed")
    for format in Formats.all.map(\.id) {
      let error = #expect(throws: SavedReportError.self, "\(format)") {
        try replayed([path], format)
      }
      #expect(error?.reason == .damaged)
    }
  }

  @Test func `an id with a number in it by chance is none`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let text = try rendered(.small, "jsonl").replacingOccurrences(
      of: "\"id\":\"a1\"", with: "\"id\":\"e378282246310005\"")
    let path = try save(text, "chance")
    #expect(try replayed([path], "jsonl") == text)
  }

  // MARK: Merging

  /// A verification of one store that found nothing.
  private func verified(
    _ target: String, _ verdict: PolicyResult.Verdict, _ name: String
  ) throws -> String {
    var report = SampleReport.migrated
    report.run.targets = [target]
    report.coverage[0].target = target
    report.summary.migration = nil
    report.summary.policy?.verdict = verdict
    report.summary.policy?.stores[0].target = target
    report.summary.policy?.stores[0].verdict = verdict
    if verdict != .passed {
      report.summary.policy?.stores[0].columns[0].verdict =
        verdict == .failed ? .forbidden : .unproven
      report.summary.policy?.stores[0].columns[0].problems = [.init(.malformedIDs, count: 1)]
    }
    report.summary.exitCode = report.summary.policy?.exitCode ?? 0
    return try save(rendered(report, "json"), name)
  }

  @Test func `a merge of verifications has the worst of their verdicts`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let paths = [
      try verified("a.db", .passed, "a"), try verified("b.db", .failed, "b"),
      try verified("c.db", .unproven, "c"),
    ]
    let merged = try MergedReport(paths.map { try SavedReport(path: $0) })
    #expect(merged.summary.policy?.verdict == .failed)
    #expect(merged.summary.policy?.policy == "built-in")
    #expect(merged.summary.policy?.stores.map(\.target) == ["a.db", "b.db", "c.db"])
    #expect(merged.summary.exitCode == 1)
    let page = try replayed(paths, "html")
    #expect(page.contains("class=\"verdict bad\"") && page.contains("Target state NOT reached"))
    #expect(try replayed(paths, "text").contains("TARGET STATE NOT REACHED in 1 of 3 stores"))
    #expect(try replayed(paths, "junit").contains("<failure type=\"target-state\""))
    let other = try MergedReport([paths[0], paths[2]].map { try SavedReport(path: $0) })
    #expect(other.summary.policy?.verdict == .unproven)
    #expect(other.summary.exitCode == 2)
  }

  @Test func `what was scanned without a policy proves nothing beside what passed one`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let passed = try verified("a.db", .passed, "a")
    let clean = try save(rendered(.empty, "json"), "clean")
    let found = try save(rendered(.small, "json"), "found")
    let merged = try MergedReport([passed, clean].map { try SavedReport(path: $0) })
    #expect(merged.summary.policy?.verdict == .unproven)
    #expect(merged.summary.exitCode == 2)
    #expect(try replayed([passed, clean], "text").contains("not held against a policy"))
    let worse = try MergedReport([passed, found].map { try SavedReport(path: $0) })
    #expect(worse.summary.policy?.verdict == .failed)
    #expect(worse.summary.exitCode == 1)
  }

  @Test func `two migrations are not merged, and no file is taken twice`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let first = try SavedReport(path: save(rendered(.migrated, "json"), "first"))
    let second = try SavedReport(path: save(rendered(.migrated, "json"), "second"))
    let error = #expect(throws: SavedReportError.self) { try MergedReport([first, second]) }
    #expect(error?.reason == .secondMigration(first: first.path))
    let twice = #expect(throws: SavedReportError.self) { try MergedReport([first, first]) }
    #expect(twice?.reason == .givenTwice)
    let url = URL(filePath: first.path)
    let other = url.deletingLastPathComponent().path + "/./" + url.lastPathComponent
    let again = try SavedReport(path: other)
    let spelled = #expect(throws: SavedReportError.self) { try MergedReport([first, again]) }
    #expect(spelled?.reason == .givenTwice)
  }

  @Test func `hosts with the same paths are told apart`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let paths = [
      try save(rendered(.small, "jsonl"), "web-1.jsonl"),
      try save(rendered(.small, "jsonl"), "web-2.jsonl"),
    ]
    let merged = try save(replayed(paths, "json"), "merged.json")
    let report = try SavedReport(path: merged)
    #expect(
      report.coverage.map(\.target) == [
        "web-1.jsonl:logs", "web-1.jsonl:shop.db", "web-2.jsonl:logs", "web-2.jsonl:shop.db",
      ])
    var ids: Set<String> = []
    var places: Set<String> = []
    try report.forEachFinding { finding in
      ids.insert(finding.id)
      places.insert(finding.location.path ?? "")
    }
    #expect(ids.count == 20)
    #expect(places.contains("web-1.jsonl:logs/app.log") && places.contains("web-2.jsonl:shop.db"))
    #expect(try Comparison(before: report, after: report).unchangedCount == 20)
    let text = try replayed(paths, "text")
    #expect(text.contains("web-1.jsonl:logs/app.log") && text.contains("web-2.jsonl:logs/app.log"))
  }

  @Test(arguments: [1, 2, 3])
  func `a run that failed is never green, whatever the page knows of`(exitCode: Int) throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    for var report in [SampleReport.empty, .migrated] {
      report.summary.exitCode = exitCode
      let page = try rendered(report, "html")
      #expect(!page.contains("class=\"verdict good\""))
    }
    var report = SampleReport.empty
    report.summary.exitCode = exitCode
    #expect(try rendered(report, "text").contains("NOTHING FOUND, BUT THE RUN DID NOT PASS"))
  }

  @Test func `every cut of a result is an error and never a report`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    for format in ["json", "jsonl"] {
      let text = Array(try rendered(.incomplete, format).utf8)
      // The last byte is the newline behind the whole.
      for length in stride(from: 0, to: text.count - 1, by: 7) {
        let path = try save(String(decoding: text[..<length], as: UTF8.self), "cut")
        #expect(throws: SavedReportError.self, "\(length)") { try SavedReport(path: path) }
      }
    }
  }

  @Test func `a comparison tells new, unchanged and gone by id`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    var before = SampleReport.small
    var after = SampleReport.small
    after.findings.removeFirst(2)
    before.findings.removeLast()
    before.summary = Summary()
    before.sum(exitCode: .findings)
    after.summary = Summary()
    after.sum(exitCode: .findings)
    let comparison = try Comparison(
      before: SavedReport(path: save(rendered(before, "jsonl"), "before")),
      after: SavedReport(path: save(rendered(after, "json"), "after")))
    #expect(comparison.newCount == 1)
    #expect(comparison.unchangedCount == 7)
    #expect(comparison.goneCount == 2)
    #expect(comparison.exitCode == .findings)
    var gone: [String] = []
    try comparison.forEachGone { gone.append($0.id) }
    #expect(gone == ["a1", "a2"])
    let output = Output(collecting: ())
    try comparison.writeJSON(to: output)
    let json = try #require(
      JSONSerialization.jsonObject(with: Data(output.collected)) as? [String: Any])
    #expect((json["new"] as? [[String: Any]])?.map { $0["id"] as? String } == ["d1"])
    #expect((json["gone"] as? [Any])?.count == 2)
    let page = Output(collecting: ())
    try comparison.writeText(to: page, ReportOptions())
    let text = String(decoding: page.collected, as: UTF8.self)
    #expect(text.contains("1 new, 7 unchanged, 2 gone"))
    for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test func `nothing new in an incomplete run is no proof`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let comparison = try Comparison(
      before: SavedReport(path: save(rendered(.small, "jsonl"), "before")),
      after: SavedReport(path: save(rendered(.incomplete, "jsonl"), "after")))
    #expect(comparison.goneCount == 10)
    #expect(comparison.exitCode == .incomplete)
  }
}
