/// The saved cards of one customer.
package struct SavedCards: Sendable {
  package var defaultMethod: String?
  package var methods: [StripeObjects.PaymentMethod]

  /// - Returns: `nil` when the customer was deleted.
  /// - Throws: `.missing` when there is none in this account and mode.
  package static func read(
    _ client: StripeClient, _ customer: String
  ) throws(StripeError) -> SavedCards? {
    var reader = CustomerReader(customer, wanted: [], mode: client.mode)
    while let call = reader.call {
      let result = try client.perform(call).result
      // Told with Stripe's words, not only as missing.
      if reader.step == .customer { _ = try result.get() }
      try reader.take(result)
    }
    switch reader.step {
    case .failed(let error): throw error
    case .deleted: return nil
    case .missing: throw StripeError(.missing)
    default:
      return SavedCards(
        defaultMethod: reader.defaultMethod ?? reader.defaultSource, methods: reader.saved)
    }
  }
}
