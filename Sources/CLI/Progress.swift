import Core
import Native
import Synchronization

/// Where a run stands at one moment; what the progress line is made from.
struct ProgressState: Equatable {
  var bytes = 0
  /// 0 while nothing is known.
  var expectedBytes = 0
  var files = 0
  var findings = 0
  var elapsedMilliseconds = 0

  /// Bytes a second, from the start on.
  var rate: Int {
    guard elapsedMilliseconds > 0 else { return 0 }
    return Int(Double(bytes) * 1000 / Double(elapsedMilliseconds))
  }

  /// `nil` while it would be a guess: in the first second, or when the size is not known.
  var secondsLeft: Int? {
    guard elapsedMilliseconds >= 1000, rate > 0, expectedBytes > bytes else { return nil }
    return (expectedBytes - bytes) / rate
  }

  /// Never more than 99 before the end: the last byte is not the last work.
  var percent: Int? {
    guard expectedBytes > 0 else { return nil }
    return min(99, Int(Double(bytes) * 100 / Double(expectedBytes)))
  }
}

/// Turns a state into one line that fits.
enum ProgressLine {
  /// For example `[#####-----]  51%  1.2 GB of 2.4 GB  310 MB/s  4s left  12 findings`. What does not
  /// fit is dropped, the least telling first.
  static func text(_ state: ProgressState, columns: Int) -> String {
    var parts: [(text: String, weight: Int)] = []
    // More than was expected comes from what tells no size, such as standard input.
    if let percent = state.percent, state.bytes <= state.expectedBytes {
      let full = percent / 10
      let bar = String(repeating: "#", count: full) + String(repeating: "-", count: 10 - full)
      parts.append(("[\(bar)]", 1))
      parts.append(("\(percent < 10 ? " " : "")\(percent)%", 6))
      parts.append(("\(size(state.bytes)) of \(size(state.expectedBytes))", 3))
    } else {
      parts.append((size(state.bytes), 6))
      parts.append((Plural.text(state.files, "file"), 1))
    }
    if state.rate > 0 { parts.append(("\(size(state.rate))/s", 2)) }
    if let left = state.secondsLeft { parts.append(("\(duration(left)) left", 4)) }
    parts.append((Plural.text(state.findings, "finding"), 5))
    // The last column stays free: some terminals wrap when it is filled.
    while parts.map(\.text.count).reduce(2 * (parts.count - 1), +) >= columns, parts.count > 1 {
      let least = parts.indices.min { parts[$0].weight < parts[$1].weight }!
      parts.remove(at: least)
    }
    return String(parts.map(\.text).joined(separator: "  ").prefix(max(0, columns - 1)))
  }

  static func size(_ bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["B", "kB", "MB", "GB", "TB"] {
      if value < 999.5 || unit == "TB" {
        let tenths = Int(value * 10 + 0.5)
        return value < 10 && unit != "B"
          ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\(Int(value + 0.5)) \(unit)"
      }
      value /= 1000
    }
    return "\(bytes) B"
  }

  static func duration(_ seconds: Int) -> String {
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m \(seconds % 60)s" }
    return "\(seconds / 3600)h \(seconds % 3600 / 60)m"
  }
}

/// Keeps the line on the terminal up to date, ten times a second at most, and clears it at the end.
final class Progress {
  private let console: Console
  private let ticker: Ticker
  private let hasDrawn = DrawnFlag()

  private final class DrawnFlag: Sendable {
    let value = Atomic<Bool>(false)
  }

  init(_ console: Console, _ counters: ProgressCounters) {
    self.console = console
    let start = ContinuousClock.now
    let hasDrawn = hasDrawn
    ticker = Ticker(everyMilliseconds: 100) {
      let state = ProgressState(
        bytes: counters.bytes.load(ordering: .relaxed),
        expectedBytes: counters.expectedBytes.load(ordering: .relaxed),
        files: counters.files.load(ordering: .relaxed),
        findings: counters.findings.load(ordering: .relaxed),
        elapsedMilliseconds: Int((ContinuousClock.now - start) / .milliseconds(1)))
      let line = ProgressLine.text(state, columns: console.columns(console.error))
      // Return, the line, and erase what an older and longer one left behind.
      console.put("\r\(line)\u{1B}[K")
      hasDrawn.value.store(true, ordering: .relaxed)
    }
  }

  /// Returns when the line is gone; later calls do nothing.
  func stop() {
    ticker.stop()
    if hasDrawn.value.exchange(false, ordering: .relaxed) { console.put("\r\u{1B}[K") }
  }
}
