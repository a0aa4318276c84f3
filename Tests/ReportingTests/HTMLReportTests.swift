import Core
import Foundation
import Native
import Rules
import TestSupport
import Testing

@testable import Reporting

@Suite struct HTMLReportTests {
  /// Words of two rules, as the built-in ones have them in kind.
  static var options: ReportOptions {
    var options = ReportOptions()
    options.rules = [
      RuleText(
        id: "cvv", title: "Verification code", severity: "critical", requirements: ["3.3.1.2"],
        what: "Labelled codes.", why: "It may not be kept.", fix: "Delete <it> & stop writing it."),
      RuleText(
        id: "pan", title: "Card number", severity: "high", requirements: ["3.5.1"],
        what: "Digits.", why: "Anybody can use it.", fix: "Replace it by an id."),
    ]
    options.requirements = [Requirement(id: "3.5.1", short: "Make numbers unreadable")]
    options.settings = [
      ReportSetting("targets", .texts(["logs", "shop.db"])),
      ReportSetting("min-confidence", .text("medium")),
    ]
    return options
  }

  /// The page without style and script, which have tests of their own.
  private static func body(_ page: String) throws -> String {
    let start = try #require(page.range(of: "<body>"))
    let end = try #require(page.range(of: "<script>"))
    return String(page[start.lowerBound..<end.lowerBound])
  }

  @Test(arguments: SampleReport.all.map(\.name))
  func `the page comes out as it always did`(name: String) throws {
    let report = try #require(SampleReport.all.first { $0.name == name })
    let page = try Self.body(rendered(report, "html", Self.options))
    let difference = try Golden.difference(page, "\(name).html")
    #expect(difference == nil, "\(difference ?? "")")
  }

  @Test func `the policy names the hashes of style and script`() throws {
    let library = try LibCrypto()
    for (bytes, told) in [
      (HTMLPage.style, HTMLPage.styleHash), (HTMLPage.script, HTMLPage.scriptHash),
    ] {
      let hex = Array(try library.sha256(bytes).utf8)
      let hash = Data(
        stride(from: 0, to: 64, by: 2).map {
          UInt8(String(decoding: hex[$0..<$0 + 2], as: UTF8.self), radix: 16)!
        })
      #expect(hash.base64EncodedString() == "\(told)", "HTMLPage.swift has another one")
    }
    #expect(try HTMLPage.style == Array(Repository.text("reports/html/report.css").utf8))
    #expect(try HTMLPage.script == Array(Repository.text("reports/html/report.js").utf8))
  }

  @Test(arguments: [
    (SampleReport.empty, "Nothing found, scan complete", "good"),
    (SampleReport.incomplete, "Nothing found, but the scan is NOT complete", "warn"),
    (SampleReport.small, "Sensitive authentication data found", "bad"),
    (interrupted, "Nothing found, but the scan was STOPPED EARLY", "warn"),
    (numbers(testNumber: false, isComplete: true), "Card data found", "bad"),
    (
      numbers(testNumber: false, isComplete: false),
      "Card data found, and the scan is NOT complete",
      "bad"
    ),
    (numbers(testNumber: true, isComplete: true), "Only published test numbers found", "warn"),
  ])
  func `the verdict is in words, and green only when nothing was found and all was read`(
    report: SampleReport, headline: String, style: String
  ) throws {
    let page = try rendered(report, "html")
    #expect(page.contains("<h1>\(headline)</h1>"))
    #expect(page.contains("<div class=\"verdict \(style)\">"))
  }

  private static var interrupted: SampleReport {
    var report = SampleReport.empty
    report.summary.exitCode = Int(ExitCode.interrupted.rawValue)
    return report
  }

  private static func numbers(testNumber: Bool, isComplete: Bool) -> SampleReport {
    var report = isComplete ? SampleReport.empty : .incomplete
    report.findings = SampleReport.small.findings.filter {
      $0.kind == .pan && $0.testNumber == testNumber
    }
    report.summary = Summary()
    report.sum(exitCode: .findings)
    return report
  }

  @Test func `what is scanned stays text`() throws {
    for report in SampleReport.all + [.hostile] + (1...4).map({ SampleReport.random(seed: $0) }) {
      let page = try rendered(report, "html", Self.options)
      let problems = try HTMLReader.problems(in: page)
      #expect(problems == "", "\(report.name)")
    }
  }

  @Test func `the reader of these tests sees what must not be there`() throws {
    for bad in [
      "<img src=x>", "<script>alert(1)</script>", "<p onclick=\"x\">", "<p style=\"x\">",
      "<a href=\"https://example.com\">", "<link rel=stylesheet href=\"x.css\">", "<p></div>",
    ] {
      var page = try rendered(.empty, "html")
      page.insert(contentsOf: bad, at: try #require(page.range(of: "<main")).lowerBound)
      #expect(try HTMLReader.problems(in: page) != "", "\(bad)")
    }
  }

  @Test(arguments: [true, false])
  func `many findings give a page of bounded size`(inOneStore: Bool) throws {
    var report = SampleReport.small
    let output = Output(collecting: ())
    let writer = HTMLReport(output, Self.options)
    try writer.begin(report.run)
    let long = String(repeating: "\u{202E}<字>", count: 120)
    let count = 200_000
    var finding = report.findings[0]
    finding.reasons = ["luhn", "field:\(long)"]
    for number in 0..<count {
      finding.location.line = number
      if number % (inOneStore ? count : 10) == 0 { finding.location.path = "\(number)/\(long)" }
      try writer.finding(finding)
    }
    // One severe finding at the end is listed however much came before.
    finding.kind = .cvv
    finding.severity = .critical
    finding.location.path = "the-last"
    try writer.finding(finding)
    report.summary.findings = ["pan": count, "cvv": 1]
    try writer.end(report.summary, report.run)
    #expect(output.collected.count < 10_000_000, "\(output.collected.count) bytes")
    let page = String(decoding: output.collected, as: UTF8.self)
    #expect(page.contains("the-last"))
    #expect(page.contains("200,000"))
    #expect(page.contains("see findings.jsonl"))
  }
}

/// Reads a page with an HTML parser that is not ours.
enum HTMLReader {
  /// - Returns: what is wrong, a line each; empty when nothing is.
  static func problems(in page: String) throws -> String {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "unpan-html-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let file = directory.appending(path: "page.html")
    try Data(page.utf8).write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program, file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    return process.terminationStatus == 0 ? text : "the reader failed\n\(text)"
  }

  private static let program = """
    import sys
    from html.parser import HTMLParser
    tags = set('''html head meta title style body div a header p h1 h2 h3 h4 ul ol li nav main section dl
      dt dd table caption thead tbody tr th td span strong code pre details summary article svg rect
      footer script'''.split())
    attributes = set('''lang charset http-equiv content name class href id aria-labelledby aria-label
      aria-hidden tabindex role scope data-sort open viewbox preserveaspectratio width height x'''.split())
    empty = {'meta', 'rect'}
    class Reader(HTMLParser):
      def __init__(self):
        super().__init__()
        self.stack, self.counts, self.ids, self.anchors = [], {}, set(), []
      def handle_starttag(self, tag, attrs):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag not in tags: print('element', tag)
        for name, value in attrs:
          if name not in attributes: print('attribute', name, 'of', tag)
          if name == 'id':
            if value in self.ids: print('id twice')
            self.ids.add(value)
          if name == 'href':
            if not value.startswith('#'): print('link to', value[:20])
            self.anchors.append(value[1:])
        if tag not in empty: self.stack.append(tag)
      def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in empty: self.stack.pop()
      def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag: print('unexpected end of', tag)
    reader = Reader()
    reader.feed(open(sys.argv[1], encoding='utf-8').read())
    reader.close()
    for tag in ('html', 'head', 'title', 'style', 'script', 'main', 'nav', 'header', 'footer', 'h1'):
      if reader.counts.get(tag) != 1: print(tag, reader.counts.get(tag), 'times')
    if reader.counts.get('table', 0) != reader.counts.get('caption', 0): print('table without caption')
    for anchor in reader.anchors:
      if anchor not in reader.ids: print('link to nothing:', anchor)
    if reader.stack: print('open:', reader.stack)
    """
}
