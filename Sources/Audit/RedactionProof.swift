import Core
import Detection
import Inputs
import Rules

/// A scan of what was redacted, as anybody will make it.
struct RedactionProof {
  /// How many findings it has.
  let count: Int
  /// Whether all of it was read.
  let isComplete: Bool
  /// Why not, in words.
  let detail: String

  init(
    of rawPath: [UInt8], _ detector: Detector, _ options: ScanOptions
  ) throws(RedactionError) {
    let counter = FindingCounter()
    let path = ForeignBytes.text(of: rawPath)
    do throws(RunError) {
      let source = try makeSource(target: path, options: InputOptions())
      let run = RunInfo(version: "", rules: "", started: "", threads: 1, targets: [path])
      let engine = Engine(detector: detector, catalogue: [], options: options)
      try engine.run([source], run: run, writer: counter) { "" }
    } catch {
      throw RedactionError(path, .unreadable(error.message))
    }
    count = counter.count
    isComplete = counter.isComplete
    detail = counter.missed?.detail ?? counter.missed?.reason.rawValue ?? ""
  }

  private final class FindingCounter: ReportWriter {
    var count = 0
    var isComplete = false
    var missed: Coverage.Entry?
    func begin(_ run: RunInfo) {}
    func finding(_ finding: Finding) { count += 1 }
    func coverage(_ coverage: Coverage) { missed = missed ?? coverage.notExamined.first }
    func end(_ summary: Summary, _ run: RunInfo) { isComplete = summary.complete }
  }
}
