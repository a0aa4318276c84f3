/// Takes a run's results one by one: what the engine writes to and every report format is.
///
/// Called by one thread at a time, in the final order: `begin`, then per target its findings and its
/// coverage, then `end`.
package protocol ReportWriter: AnyObject {
  /// Called once, before anything else.
  /// - Throws: `RunError` when the output cannot be written; the run stops.
  func begin(_ run: RunInfo) throws(RunError)
  /// The next finding, in final order.
  func finding(_ finding: Finding) throws(RunError)
  /// Once per item, after its findings; most writers do not care. A writer that passes a report on
  /// need not pass this on: who wants items stands first in line.
  func item(_ item: ExaminedItem) throws(RunError)
  /// Once per target, after its findings.
  func coverage(_ coverage: Coverage) throws(RunError)
  /// Called once, at the end of every run that was not stopped by an error.
  /// - Parameter run: as in `begin`, now with the time the run ended.
  func end(_ summary: Summary, _ run: RunInfo) throws(RunError)
}

extension ReportWriter {
  package func item(_ item: ExaminedItem) throws(RunError) {}
}
