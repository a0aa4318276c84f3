/// Numbers as text, without an allocation for those that can matter.
package enum NumberText {
  /// - Parameter scratch: at least 64 bytes; the text is at its front.
  static func write(
    _ value: Int64, _ scratch: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    write(value.magnitude, isNegative: value < 0, scratch)
  }

  static func write(
    _ value: UInt64, isNegative: Bool = false, _ scratch: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    var index = 32
    var rest = value
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      index -= 1
      scratch[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while rest > 0
    if isNegative {
      index -= 1
      scratch[index] = UInt8(ascii: "-")
    }
    return UnsafeRawBufferPointer(rebasing: scratch[index..<32])
  }

  /// An integral value below 2^63 as plain digits: a card number is often stored as REAL.
  /// - Parameter scratch: at least 64 bytes.
  package static func write(
    _ value: Double, _ scratch: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    if let whole = Int64(exactly: value) { return write(whole, scratch) }
    var text = value.description
    return text.withUTF8 { bytes in
      let count = min(bytes.count, scratch.count)
      scratch.copyBytes(from: bytes[..<count])
      return UnsafeRawBufferPointer(rebasing: scratch[..<count])
    }
  }
}
