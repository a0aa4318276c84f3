import Core
import Reporting
import TestSupport
import Testing

/// What a format makes of a report.
func rendered(
  _ report: SampleReport, _ format: String, _ options: ReportOptions = ReportOptions()
) throws -> String {
  let output = Output(collecting: ())
  let format = try #require(Formats.named(format))
  try report.write(to: format.makeWriter(output, options))
  return String(decoding: output.collected, as: UTF8.self)
}

@Suite struct GoldenTests {
  private static let fileNames = [
    "text": "txt", "sarif": "sarif", "junit": "junit.xml", "gitlab": "gitlab.json",
    "gitlab-codequality": "codequality.json", "markdown": "md", "github": "github.txt",
  ]

  // The page is compared without its style and script; see HTMLReportTests.
  @Test(arguments: SampleReport.all.map(\.name), Formats.all.map(\.id).filter { $0 != "html" })
  func `a report comes out as it always did`(name: String, format: String) throws {
    let report = try #require(SampleReport.all.first { $0.name == name })
    var options = ReportOptions()
    options.rules = SampleReport.rules
    let actual = try rendered(report, format, options)
    let fileName = "\(name).\(Self.fileNames[format] ?? format)"
    let difference = try Golden.difference(actual, fileName)
    #expect(difference == nil, "\(difference ?? "")")
  }
}
