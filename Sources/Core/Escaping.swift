/// Makes foreign text (paths, table names) safe to show: control characters, bidirectional marks,
/// line separators and bytes that are not UTF-8 become visible escapes.
package enum Escaping {
  /// - Returns: for example `a\n.log` for a name with a newline, `caf\xE9` for a Latin-1 name,
  ///   also when that was escaped by `text(fromFileName:)` before.
  package static func visible(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    let scalars = text.unicodeScalars
    for index in scalars.indices {
      let scalar = scalars[index]
      switch scalar.value {
      case 0x5C where isEscapedByte(scalars[index...]): out += "\\"
      case 0x0A: out += "\\n"
      case 0x0D: out += "\\r"
      case 0x09: out += "\\t"
      case 0x5C: out += "\\\\"
      case 0..<0x20, 0x7F: out += "\\x" + hex(scalar.value, 2)
      case 0xDC80...0xDCFF: out += "\\x" + hex(scalar.value & 0xFF, 2)
      case _ where isInvisible(scalar): out += "\\u{" + hex(scalar.value, 4) + "}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// `\x80` to `\xFF`, as `text(fromFileName:)` writes them.
  private static func isEscapedByte(_ text: Substring.UnicodeScalarView) -> Bool {
    let digits = text.dropFirst().prefix(3).map(\.value)
    guard digits.count == 3, digits[0] == 0x78 else { return false }
    return (0x38...0x39).contains(digits[1]) && isUpperHex(digits[2])
      || (0x41...0x46).contains(digits[1]) && isUpperHex(digits[2])
  }

  private static func isUpperHex(_ c: UInt32) -> Bool {
    (0x30...0x39).contains(c) || (0x41...0x46).contains(c)
  }

  /// Whether a character hides, moves or reorders what is around it: controls, bidirectional marks,
  /// line separators, zero-width characters, tags.
  package static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E,
      0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
      true
    default: false
    }
  }

  /// Turns a file name's bytes into text that JSON can carry: valid UTF-8 as it is, every other byte
  /// as `\xE9`.
  package static func text(fromFileName bytes: some Sequence<UInt8>) -> String {
    let array = Array(bytes)
    if let valid = String(validating: array, as: UTF8.self) { return valid }
    var out = ""
    var rest = array[...]
    while let first = rest.first {
      let width = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1
      let piece = rest.prefix(width)
      if let valid = String(validating: piece, as: UTF8.self) {
        out += valid
        rest = rest.dropFirst(width)
      } else {
        out += "\\x" + hex(UInt32(first), 2)
        rest = rest.dropFirst()
      }
    }
    return out
  }

  private static func hex(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
