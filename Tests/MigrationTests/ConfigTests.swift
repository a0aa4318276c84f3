import Testing

@testable import Migration

/// Configurations that make no sense.
@Suite struct ConfigTests {
  private func cause(_ change: (inout MigrationConfig) -> Void) throws -> String? {
    let shop = try Shop()
    change(&shop.config)
    try shop.write(try MigrationPlan.encode(shop.config, pretty: true), to: "config.json5")
    do {
      _ = try MigrationConfig.load(shop.path("config.json5"))
      return nil
    } catch {
      #expect(error.code == .configValue)
      return error.cause
    }
  }

  @Test func `two targets that are one column are refused`() throws {
    #expect(
      try cause { config in
        config.customers = .init(table: "cards", key: "customer_id", stripeCustomer: "Stripe_Id")
        config.cards.paymentMethod = "stripe_id"
      }
        == "cards.paymentMethod: expected a column of its own; customers.stripeCustomer names the same one"
    )
    #expect(
      try cause { $0.cards.last4 = "brand" }
        == "cards.last4: expected a column of its own; cards.brand names the same one")
    // The same name in another table is another column.
    #expect(try cause { $0.cards.paymentMethod = "stripe_customer_id" } == nil)
  }

  @Test func `a target that is read as something else is refused`() throws {
    for (change, words) in [
      (
        { $0.cards.paymentMethod = "number" },
        "cards.paymentMethod: expected a column of its own; cards.number"
      ),
      (
        { $0.cards.last4 = "exp_month" },
        "cards.last4: expected a column of its own; cards.expiryMonth"
      ),
      (
        { $0.cards.brand = "customer_id" },
        "cards.brand: expected a column of its own; cards.customer"
      ),
      (
        { $0.customers?.stripeCustomer = "id" },
        "customers.stripeCustomer: expected a column of its own; customers.key"
      ),
    ] as [((inout MigrationConfig) -> Void, String)] {
      #expect(try cause(change) == words + " names the same one")
    }
  }
}
