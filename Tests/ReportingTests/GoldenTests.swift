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
  @Test(arguments: SampleReport.all.map(\.name), ["text", "json", "jsonl"])
  func `a report comes out as it always did`(name: String, format: String) throws {
    let report = try #require(SampleReport.all.first { $0.name == name })
    let actual = try rendered(report, format)
    let difference = try Golden.difference(actual, "\(name).\(format == "text" ? "txt" : format)")
    #expect(difference == nil, "\(difference ?? "")")
  }
}
