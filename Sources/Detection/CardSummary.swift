/// What may be kept of a card number: its brand and last four digits.
package struct CardSummary: Sendable, Equatable {
  /// As the rules spell it, for example `visa`.
  package var brand: String
  package var last4: String
  /// Numbers of this range carry further brands: co-badged cards, ranges that two networks share.
  package var mayBeOtherBrand: Bool
}
