/// One spelling for the ways in which a target or a path can be written: `./logs`, `logs/` and `logs`.
package enum PathSpelling {
  /// - Parameter text: a target as it was typed, or a path; addresses (`s3://…`) stay as they are.
  /// - Returns: without `.` and empty steps; `..` stays, because what it leads to depends on links.
  package static func plain(_ text: String) -> String {
    if isPlain(text) || isAddress(text) { return text }
    for scheme in ["sqlite:", "git:"] where text.lowercased().hasPrefix(scheme) {
      return scheme + plain(String(text.dropFirst(scheme.count)))
    }
    let steps = text.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    if text.hasPrefix("/") { return "/" + steps }
    return steps.isEmpty && !text.isEmpty ? "." : steps
  }

  /// Whether the text names a server and not a file.
  package static func isAddress(_ text: String) -> Bool {
    var last: (UInt8, UInt8) = (0, 0)
    for byte in text.utf8 {
      if byte == 0x2F, last == (0x3A, 0x2F) { return true }
      last = (last.1, byte)
    }
    return false
  }

  /// Whether nothing can be left out; no for some texts of which it is true. Asked for every finding, so
  /// without a string being made (that took a quarter of a scan with two million findings).
  private static func isPlain(_ text: String) -> Bool {
    var opensStep = true
    var hasCapital = false
    var last: UInt8 = 0x3A
    for byte in text.utf8 {
      switch byte {
      case 0x2E where opensStep: return false
      // The root may stand at the start, and behind a scheme.
      case 0x2F where opensStep && last != 0x3A: return false
      case 0x3A where hasCapital: return false
      case 0x41...0x5A: hasCapital = true
      default: break
      }
      opensStep = byte == 0x2F || byte == 0x3A
      last = byte
    }
    return !opensStep
  }
}
