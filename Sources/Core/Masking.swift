/// How much of a number the output may show.
package enum Mask: String, Sendable, CaseIterable {
  case last4
  case first6last4
}

/// What may leave the scanner of a card number: its length, last four and, when asked for, first six.
package struct MaskedPAN: Sendable, Hashable {
  package var length: Int
  package var last4: String
  package var bin: String?

  /// - Parameters:
  ///   - length: how many digits the number has.
  ///   - first6: the first six digits as one number.
  ///   - last4: the last four digits as one number.
  package init(length: Int, first6: Int, last4: Int, mask: Mask) {
    self.length = length
    self.last4 = MaskedPAN.padded(last4, to: 4)
    self.bin = mask == .first6last4 && length >= 12 ? MaskedPAN.padded(first6, to: 6) : nil
  }

  /// For example `************4242` or `424242******4242`.
  package var text: String {
    let head = bin ?? ""
    return head + String(repeating: "*", count: max(0, length - head.count - 4)) + last4
  }

  private static func padded(_ value: Int, to width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
