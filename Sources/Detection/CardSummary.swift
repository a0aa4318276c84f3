import Rules

/// What may be kept of a card number: its brand and last four digits.
package struct CardSummary: Sendable, Equatable {
  /// As the rules spell it, for example `visa`.
  package var brand: String
  package var last4: String
  /// Numbers of this range carry further brands: co-badged cards, ranges that two networks share.
  package var mayBeOtherBrand: Bool
}

extension Detector {
  /// What may be kept of a value that is one card number and nothing else.
  ///
  /// Separators between the digits do not matter. The digits are gone when this returns.
  /// - Returns: `nil` when the value is no card number: other characters, no issuer's range or length,
  ///   or a wrong check digit.
  package func summary(of value: UnsafeRawBufferPointer) -> CardSummary? {
    guard value.count <= 64 else { return nil }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      digits.initialize(repeating: 0)
      defer { digits.update(repeating: 0) }
      var count = 0
      for byte in value {
        switch byte {
        case 0x30...0x39:
          guard count < 19 else { return nil }
          digits[count] = byte
          count += 1
        case 0x20, 0x2D, 0x2E, 0x2F, 0x5F, 0x09, 0x0A, 0x0D: continue
        default: return nil
        }
      }
      guard count >= 12, let base = UnsafePointer(digits.baseAddress),
        let match = brands.match(base, count: count),
        match.withoutLuhn || Luhn.isValid(base, count: count)
      else { return nil }
      return CardSummary(
        brand: rules.brands[match.brand].id,
        last4: String(decoding: digits[(count - 4)..<count], as: UTF8.self),
        mayBeOtherBrand: match.alsoOthers || !match.isNamed)
    }
  }
}
