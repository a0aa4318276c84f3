import Detection

/// What the shop's column for the card number holds in one row, read the same way for every step.
enum LegacyNumber<Kept> {
  /// NULL, no text, or the 0 that a column which may not be NULL holds once it was scrubbed.
  case none
  case card(Kept)
  /// The last four of a number that was masked already, for example `************4242`.
  case masked(String)
  /// Something else, or digits of which some may have been lost when they were stored.
  case unreadable

  /// - Parameter keep: takes what is needed of the number.
  static func read(
    _ row: any LegacyRow, _ index: Int, _ detector: Detector, _ keep: (StoredNumber) -> Kept
  ) -> LegacyNumber {
    row.withText(index) { value in
      guard let content = detector.content(of: value) else { return .unreadable }
      if isNothing(content) { return .none }
      if !row.isRounded(index), let kept = detector.number(in: content, keep) {
        return .card(kept)
      }
      return visibleLast4(content).map { .masked($0) } ?? .unreadable
    } ?? .none
  }

  /// A 0 as the column's type writes it: `0.0`, zeros in front, blanks or zero bytes behind.
  private static func isNothing(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.allSatisfy { $0 == 0x30 || $0 == 0x2E || $0 == 0x20 || $0 == 0 }
  }

  private static func visibleLast4(_ bytes: UnsafeRawBufferPointer) -> String? {
    if let last4 = MaskedPlace.last4(ofBareNumber: bytes) { return last4 }
    let digits = bytes.suffix(4)
    guard bytes.count > 4, digits.count == 4, digits.allSatisfy({ $0 &- 0x30 < 10 }),
      bytes.contains(where: { $0 == 0x2A || $0 | 0x20 == 0x78 }),
      bytes.count(where: { $0 &- 0x30 < 10 }) <= 10
    else { return nil }
    return String(decoding: digits, as: UTF8.self)
  }
}
