/// A record of the shop's database that was linked to Stripe: what it says, to be held against what
/// Stripe says.
package struct LinkedRecord: Sendable, Equatable {
  /// Where it is from: a line of a file, or a row's place in a query's answer.
  package var number: Int
  package var customer: String
  /// `nil` for a customer without a saved card.
  package var paymentMethod: String?
  /// As it is stored; see `CardBrand`.
  package var brand: String?
  package var last4: String?
  package var expiryMonth: Int?
  package var expiryYear: Int?
  /// Whether the shop marked it as the customer's default.
  package var isDefault: Bool

  package init(
    number: Int, customer: String, paymentMethod: String? = nil, brand: String? = nil,
    last4: String? = nil, expiryMonth: Int? = nil, expiryYear: Int? = nil, isDefault: Bool = false
  ) {
    self.number = number
    self.customer = customer
    self.paymentMethod = paymentMethod
    self.brand = brand
    self.last4 = last4
    self.expiryMonth = expiryMonth
    self.expiryYear = expiryYear
    self.isDefault = isDefault
  }
}
