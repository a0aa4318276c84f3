import Core
import Foundation
import Inputs
import Rules
import Testing

@testable import Lint

/// Keeps what a run tells.
private final class Kept: ReportWriter {
  var findings: [Finding] = []
  var coverage: [Coverage] = []
  var summary = Summary()

  func begin(_ run: RunInfo) throws(RunError) {}
  func finding(_ finding: Finding) throws(RunError) { findings.append(finding) }
  func coverage(_ coverage: Coverage) throws(RunError) { self.coverage.append(coverage) }
  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) { self.summary = summary }
}

@Suite final class RunTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "unpan-lint-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func write(_ text: String, _ name: String) throws { try write(Data(text.utf8), name) }

  private func write(_ data: Data, _ name: String) throws {
    let url = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  private func run(
    _ targets: [String]? = nil, threads: Int = 2, minConfidence: Confidence = .medium
  ) throws -> Kept {
    var input = InputOptions()
    input.excludes = LintRun.defaultExcludes.map { Glob($0) }
    var options = LintOptions()
    options.threads = threads
    options.minConfidence = minConfidence
    let kept = Kept()
    try LintRun(Linter(try LintRules.load()), options).run(
      try (targets ?? [folder.path]).map { try makeSource(target: $0, options: input) },
      run: RunInfo(version: "1", rules: "1", started: "", threads: 1, targets: [folder.path]),
      writer: kept, now: { "" })
    return kept
  }

  @Test func `a finding has its place, its rule and no text of the file`() throws {
    try write("const a = 1;\nlog();\n  console.log(cardNumber);\n", "src/a.js")
    let kept = try run()
    let finding = try #require(kept.findings.first)
    #expect(kept.findings.count == 1)
    #expect(finding.rule == "logged-card-data" && finding.kind == .integration)
    #expect(finding.location.path == folder.path + "/src/a.js")
    #expect(finding.location.line == 3 && finding.location.column == 3)
    #expect(finding.severity == .high && kept.summary.findings == ["integration": 1])
  }

  @Test func `a key is a secret and is not shown`() throws {
    try write("k = 'sk_live_" + "AbCdEfGhIjKlMnOpQrStUvWx'", "a.py")
    let finding = try #require(try run().findings.first)
    #expect(finding.kind == .secret && finding.severity == .critical)
    let json = String(decoding: try JSONEncoder().encode(finding), as: UTF8.self)
    #expect(!json.contains("AbCd"))
  }

  @Test func `what is allowed is told with its reason, without a reason it does not count`() throws
  {
    try write(
      """
      console.log(cardNumber); // unpan:allow a loyalty card
      // unpan:allow another one
      console.log(cardNumber);
      console.log(cardNumber); // unpan:allow
      x = 1; // unpan:allow not of the next line
      console.log(cardNumber);
      """, "a.js")
    let reasons = try run().findings.map { $0.suppression?.reason }
    #expect(reasons == ["a loyalty card", "another one", nil, nil])
  }

  @Test func `every file is examined or listed with its reason`() throws {
    try write("x = 1\n", "a.py")
    try write("png", "b.png")
    try write("console.log(cvv)", "node_modules/c.js")
    try write("console.log(cvv)", "d.min.js")
    let coverage = try #require(try run().coverage.first)
    #expect(coverage.examined.files == 1 && coverage.examined.bytes == 6)
    #expect(coverage.excludedCount == 3 && coverage.isComplete)
    #expect(
      Set(coverage.excluded.map(\.reason)) == [.notSourceCode, .excludedByPattern])
  }

  @Test func `a file too long to be code makes the run incomplete`() throws {
    try write(Data(repeating: 0x20, count: Limits.sourceBytesMax + 1), "a.js")
    let kept = try run()
    #expect(!kept.summary.complete && kept.summary.examined.files == 0)
  }

  @Test func `UTF-16 with a mark is read, broken text does no harm`() throws {
    let units = "\u{FEFF}Console.WriteLine(cardNumber);".utf16
    try write(Data(units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }), "a.cs")
    try write(Data([0xFF, 0xFE]), "b.js")
    try write(Data([0xC3, 0x28, 0x00, 0x27]), "c.js")
    #expect(try run().findings.map(\.rule) == ["logged-card-data"])
  }

  @Test func `order and ids are the same whatever the threads, and ids survive moved lines`() throws
  {
    for index in 0..<30 { try write("console.log(cvv);\nconsole.log(pan, cvv);", "f\(index).js") }
    let one = try run(threads: 1).findings
    #expect(one == (try run(threads: 4).findings) && one.count == 60)
    #expect(Set(one.map(\.id)).count == 60)
    for index in 0..<30 { try write("\n\n\nconsole.log(cvv);\nlog(cvv);", "f\(index).js") }
    #expect(try run().findings.map(\.id) == one.map(\.id))
  }

  @Test func `what another file of the target does counts`() throws {
    try write("stripe.paymentIntents.create({ amount: 1 }, { idempotencyKey: k });", "pay.js")
    #expect(try run().findings.map(\.rule) == ["no-webhook-handler"])
    try write("stripe.webhooks.constructEvent(body, signature, secret);", "hook.js")
    #expect(try run().findings.isEmpty)
  }

  @Test(arguments: ["tests/a.js", "a.test.js", "test_a.py", "spec/a_spec.rb", "a_test.go"])
  func `most rules leave tests alone`(path: String) throws {
    #expect(LintRun.isTest(path))
    try write("console.log(cvv)", path)
    #expect(try run().findings.isEmpty)
  }

  @Test func `folders above the target do not make tests of code`() throws {
    func own(_ path: String, of target: String) -> String {
      LintRun.pathOfOwn(Location(target: target, path: path))
    }
    #expect(!LintRun.isTest(own("testing/shop/a.js", of: "testing/shop")))
    #expect(LintRun.isTest(own("/srv/test/shop/spec/a.js", of: "/srv/test/shop/")))
    #expect(!LintRun.isTest(own("/srv/test/shop/a.js", of: "/srv/test/shop/a.js")))
    // A file that is named from the top of its tree, as hooks do.
    #expect(LintRun.isTest(own("tests/a.js", of: "tests/a.js")))
    #expect(LintRun.isTest(own("tests/a.js", of: ".")))
    for target in ["tests", "./tests", "tests/", "./tests/", "../tests"] {
      #expect(LintRun.isTest(own("\(target)/a.js", of: target)), "\(target)")
    }
    #expect(!LintRun.isTest(own("../a.js", of: "..")))
  }

  @Test func `however a target is spelled, its findings have the same ids`() throws {
    try write("console.log(cvv)", "src/a.js")
    let targets = ["/src", "/src/", "/./src", "/src/a.js"].map { folder.path + $0 }
    let ids = try targets.map { try run([$0]).findings.map(\.id) }
    #expect(ids[0].count == 1 && ids[0] == ids[1] && ids[0] == ids[2])
    #expect(ids[3].count == 1)
  }

  @Test func `a file that was named and is no source makes the run incomplete`() throws {
    try write("x = 1\n", "a.py")
    try write("card", "b.scala")
    let named = [folder.path + "/a.py", folder.path + "/b.scala"]
    let kept = try run(named)
    #expect(!kept.summary.complete && kept.summary.notExaminedCount == 1)
    #expect(try run([folder.path]).summary.complete)
  }

  @Test func `doubtful findings are counted when they are not asked for`() throws {
    try write("n = request.POST['card_number']", "a.py")
    let kept = try run(minConfidence: .high)
    #expect(kept.findings.isEmpty && kept.summary.belowThreshold == 1)
  }
}
