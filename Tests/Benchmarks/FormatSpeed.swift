import Core
import Foundation
import Reporting
import TestSupport

/// How many findings a second every format writes, to `/dev/null`, and whether a browser can show so many.
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
    try open(count)
  }

  /// How large the page is and how long a browser takes to open it, from its start to the whole
  /// document.
  private static func open(_ count: Int) throws(BenchmarkError) {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "unpan-bench-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let page = folder.appending(path: "page.html").path
      guard let html = Formats.named("html") else { return }
      try write(html, count, to: page)
      let bytes = try FileManager.default.attributesOfItem(atPath: page)[.size] as? Int ?? 0
      print("html                \(bytes) bytes for \(count) findings")
      var times: [Double] = []
      for round in 0..<3 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
          "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
          "--user-data-dir=\(folder.path)/profile-\(round)", "--dump-dom", "file://\(page)",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let start = ContinuousClock.now
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
          print("html                there is no chromium to open it")
          return
        }
        times.append((ContinuousClock.now - start) / .seconds(1))
      }
      print(
        "html                opened by chromium in \(String(format: "%.2f", times.min() ?? 0)) s")
    } catch {
      throw BenchmarkError("html: \(error)")
    }
  }

  private static func write(
    _ format: Format, _ count: Int, to path: String = "/dev/null"
  ) throws {
    let writer = format.makeWriter(try Output(file: path), ReportOptions())
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
