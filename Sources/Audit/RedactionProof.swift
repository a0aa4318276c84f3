import Core
import Detection
import Inputs
import Rules

/// Scans what was redacted, as anybody will.
enum RedactionProof {
  /// How many findings a scan of the file has.
  static func count(
    in path: String, _ detector: Detector, _ options: ScanOptions
  ) throws(RedactionError) -> Int {
    let counter = FindingCounter()
    do throws(RunError) {
      let source = try makeSource(target: path, options: InputOptions())
      let run = RunInfo(version: "", rules: "", started: "", threads: 1, targets: [path])
      let engine = Engine(detector: detector, catalogue: [], options: options)
      try engine.run([source], run: run, writer: counter) { "" }
    } catch {
      throw RedactionError(path, .unreadable(error.message))
    }
    return counter.count
  }

  private final class FindingCounter: ReportWriter {
    var count = 0
    func begin(_ run: RunInfo) {}
    func finding(_ finding: Finding) { count += 1 }
    func coverage(_ coverage: Coverage) {}
    func end(_ summary: Summary, _ run: RunInfo) {}
  }
}
