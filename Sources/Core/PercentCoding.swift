/// Percent forms of URLs and forms (RFC 3986, 2.1).
package enum PercentCoding {
  /// The bytes that a text stands for. What is no whole form stays as it is.
  ///
  /// - Parameter plusIsBlank: as forms write blanks.
  package static func decoded(
    _ text: some StringProtocol, plusIsBlank: Bool = false
  ) -> [UInt8] {
    var out: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let pair = rest.prefix(2)
      if byte == UInt8(ascii: "%"), pair.count == 2, let high = hexValue(pair.first!),
        let low = hexValue(pair.last!)
      {
        out.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        out.append(plusIsBlank && byte == UInt8(ascii: "+") ? 0x20 : byte)
      }
    }
    return out
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x57
    default: nil
    }
  }
}
