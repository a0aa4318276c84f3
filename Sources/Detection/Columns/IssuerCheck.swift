import Rules

/// Whether digits could be a card number, for those who put numbers together from pieces.
extension Detector {
  /// The brand's id if the digits are of an issuer range, have a length that fits it and pass Luhn.
  ///
  /// - Parameter digits: ASCII digits.
  package func brand(ofNumber digits: UnsafeBufferPointer<UInt8>) -> String? {
    guard let base = digits.baseAddress, (12...19).contains(digits.count),
      let match = brands.match(base, count: digits.count), match.isNamed,
      Luhn.isValid(base, count: digits.count)
    else { return nil }
    return rules.brands[match.brand].id
  }

  /// The lengths that numbers may have that begin with these digits.
  ///
  /// - Parameters:
  ///   - prefix: six digits or more as one number.
  ///   - count: how many digits it has.
  package func lengths(ofPrefix prefix: UInt64, count: Int) -> [Int] {
    guard count >= 6 else { return [] }
    var digits = Array(String(prefix).utf8)
    digits = [UInt8](repeating: 0x30, count: max(0, count - digits.count)) + digits
    digits += [UInt8](repeating: 0x30, count: max(0, 19 - digits.count))
    return digits.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return [] }
      return (12...19).filter { length in
        brands.match(base, count: length).map { $0.isNamed && $0.base >= 30 } ?? false
      }
    }
  }

  /// Whether some processor publishes the number for testing.
  package func isTestNumber(_ number: UInt64) -> Bool { testNumbers.contains(number) }
}
