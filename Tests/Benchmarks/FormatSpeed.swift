import Core
import Foundation
import Reporting
import TestSupport

/// How many findings a second every format writes, to `/dev/null`.
enum FormatSpeed {
  static func run(count: Int) throws(BenchmarkError) {
    print("machine: \(Machine.text)")
    for format in Formats.all {
      let start = ContinuousClock.now
      do {
        try write(format, count)
      } catch {
        throw BenchmarkError("\(format.id): \(error)")
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let speed = Int(Double(count) / seconds)
      let name = format.id.padding(toLength: 20, withPad: " ", startingAt: 0)
      print("\(name)\(speed) findings/s, \(String(format: "%.2f", seconds)) s for \(count)")
    }
  }

  private static func write(_ format: Format, _ count: Int) throws {
    let writer = format.makeWriter(try Output(file: "/dev/null"), ReportOptions())
    let samples = SampleReport.small.findings
    try writer.begin(SampleReport.small.run)
    var coverage = Coverage(target: "logs")
    coverage.examined.files = count / 1000
    for number in 0..<count {
      var finding = samples[number % samples.count]
      finding.id = String(number, radix: 16)
      finding.location.path = "logs/service-\(number / 1000).log"
      finding.location.line = number % 1000 + 1
      try writer.finding(finding)
    }
    try writer.coverage(coverage)
    try writer.end(SampleReport.small.summary, SampleReport.small.run)
  }
}
