/// Writes XML with its text escaped.
struct XMLText {
  private(set) var bytes: [UInt8] = []

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Markup as it is.
  mutating func raw(_ text: String) { bytes += Array(text.utf8) }

  /// An attribute with a space before it. Control characters must have been made visible before.
  mutating func attribute(_ name: StaticString, _ value: String) {
    bytes.append(UInt8(ascii: " "))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    raw("=\"")
    text(value)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Text between tags or in an attribute.
  mutating func text(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": raw("&amp;")
      case "<": raw("&lt;")
      case ">": raw("&gt;")
      case "\"": raw("&quot;")
      case "'": raw("&apos;")
      // No XML may hold these two, not even as references.
      case "\u{FFFE}": raw("\\u{FFFE}")
      case "\u{FFFF}": raw("\\u{FFFF}")
      default: bytes += Array(scalar.utf8)
      }
    }
  }
}
