import Core
import Native

extension Interruption {
  /// What a command that was stopped answers with.
  static var exitCode: ExitCode { requested == .terminate ? .terminated : .interrupted }
}
