import Core
import Glibc

/// The time reports tell: the machine's, or `SOURCE_DATE_EPOCH` where that is set, so that the same
/// run gives the same bytes (<https://reproducible-builds.org/specs/source-date-epoch/>).
struct Clock {
  private let fixed: time_t?

  /// - Throws: `RunError` when the variable is no number of seconds.
  init(variable: String?) throws(RunError) {
    guard let variable, !variable.isEmpty else {
      fixed = nil
      return
    }
    // Up to the year 9999, so that the text keeps its width.
    guard let seconds = Int(variable), (0...253_402_300_799).contains(seconds) else {
      throw RunError(
        .usage, "SOURCE_DATE_EPOCH", "the variable is no number of seconds since 1970",
        hint: "unset it, or set it as `date +%s` prints")
    }
    fixed = seconds
  }

  /// In UTC, to the second: `2026-01-02T03:04:05Z`.
  func now() -> String { Clock.text(fixed ?? time(nil)) }

  /// - Parameter seconds: since 1970.
  static func text(_ seconds: time_t) -> String {
    var seconds = seconds
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
