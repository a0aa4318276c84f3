/// What the process answers with; part of the interface.
package enum ExitCode: Int32, Sendable {
  /// Nothing found, everything read.
  case clean = 0
  /// Findings at or above the threshold, or a policy that fails.
  case findings = 1
  /// Nothing found, but not everything was read.
  case incomplete = 2
  /// Disk, database, network or a bug.
  case failure = 3
  /// A mistyped command, flag or configuration.
  case usage = 64
  case interrupted = 130
  case terminated = 143
}
