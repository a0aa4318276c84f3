import Core

/// `--format json`: the objects of the lines format in one document, findings written as they come.
///
/// Coverage arrives target by target between findings, and goes into an array of its own behind them;
/// its bytes wait in memory, which `Limits.coverageEntriesMax` bounds per target.
final class JSONReport: ReportWriter {
  private let output: Output
  private var json = JSONText()
  private var findingCount = 0
  private var coverages: [[UInt8]] = []

  init(_ output: Output) { self.output = output }

  func begin(_ run: RunInfo) throws(RunError) {
    try output.write("{\"schema\":\"\(JSONText.schemaID)\",\n\"findings\":[")
  }

  func finding(_ finding: Finding) throws(RunError) {
    json.removeAll()
    json.raw(findingCount == 0 ? "\n" : ",\n")
    json.result(finding)
    findingCount += 1
    try output.write(json.bytes)
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    json.removeAll()
    json.result(coverage)
    coverages.append(json.bytes)
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    try output.write(findingCount == 0 ? "],\n\"coverage\":[" : "\n],\n\"coverage\":[")
    for (index, coverage) in coverages.enumerated() {
      try output.write(index == 0 ? "\n" : ",\n")
      try output.write(coverage)
    }
    try output.write(coverages.isEmpty ? "],\n" : "\n],\n")
    json.removeAll()
    json.raw("\"summary\":")
    json.result(summary, run: nil)
    json.raw(",\n\"run\":")
    try output.write(json.bytes)
    json.removeAll()
    json.run(run)
    json.raw("}\n")
    try output.write(json.bytes)
    try output.finish()
  }
}
