import Glibc

/// The streams and the surroundings a command talks to; tests put their own in.
package struct Console: Sendable {
  /// Descriptor of the report's stream.
  package var output: Int32 = 1
  /// Descriptor of messages and progress.
  package var error: Int32 = 2
  package var variable: @Sendable (String) -> String? = { name in
    getenv(name).map { String(cString: $0) }
  }

  package init() {}

  func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// This machine's name.
  func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Columns of the terminal; 80 when it does not say.
  func columns(_ descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// `--color`, `NO_COLOR` (<https://no-color.org>) and the terminal, in this order.
  func hasColor(_ choice: String?, isTerminal: Bool) -> Bool {
    switch choice {
    case "always": return true
    case "never": return false
    default:
      guard variable("NO_COLOR")?.isEmpty ?? true, variable("TERM") != "dumb" else { return false }
      return isTerminal
    }
  }

  /// A message for the user; there is nobody to tell if standard error is gone.
  func tell(_ lines: [String]) { put(lines.map { $0 + "\n" }.joined()) }

  /// Text as it is on standard error.
  func put(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(error, $0.baseAddress!, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if errno != EINTR {
        return
      }
    }
  }
}
