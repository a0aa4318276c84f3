import Synchronization

/// What workers have done so far; they add, the progress line reads.
///
/// The counters are independent: a reader may see the bytes of a file before its count.
package final class ProgressCounters: Sendable {
  /// Bytes read.
  package let bytes = Atomic<Int>(0)
  /// Bytes known to be ahead or done; grows while trees are walked, 0 when nothing is known.
  package let expectedBytes = Atomic<Int>(0)
  /// Files and databases read to their end.
  package let files = Atomic<Int>(0)
  /// Findings that will be reported.
  package let findings = Atomic<Int>(0)

  package init() {}
}
