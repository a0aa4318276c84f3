import Foundation
import Native
import TestSupport
import Testing

/// `unpan stripe check` on the database of a migration.
@Suite struct StripeDatabaseTests {
  @Test func `a check reads what the configuration names`() throws {
    let tool = try Tool()
    let server = try StripeServer()
    defer { server.stop() }
    for number in 1...2 {
      server.add(customer: "cus_shop000\(number)", default: "pm_shop000\(number)")
      server.add(StripeServer.Method("pm_shop000\(number)", of: "cus_shop000\(number)"))
    }
    let database = try Database.create(tool.directory.path + "/shop.db")
    try database.execute(
      """
      CREATE TABLE users(id INTEGER PRIMARY KEY, stripe_customer TEXT);
      CREATE TABLE cards(
        id INTEGER PRIMARY KEY, user_id INTEGER, payment_method TEXT, brand TEXT, last4 TEXT,
        month INTEGER, year INTEGER);
      INSERT INTO users VALUES (7, 'cus_shop0001'), (8, 'cus_shop0002'), (9, NULL);
      INSERT INTO cards VALUES
        (70, 7, 'pm_shop0001', 'visa', '4242', 11, 34),
        (80, 8, 'pm_shop0002', 'visa', '1111', 12, 34), (90, 9, NULL, NULL, NULL, 1, 2034)
      """)
    try tool.write(
      """
      {
        version: 1, target: "sqlite:shop.db", mapping: {file: "mapping.csv"},
        customers: {table: "users", key: "id", stripeCustomer: "stripe_customer"},
        cards: {
          table: "cards", key: "id", customer: "user_id", paymentMethod: "payment_method",
          brand: "brand", last4: "last4", expiryMonth: "month", expiryYear: "year",
          expiry: "dropped",
        },
        link: {}, scrub: [],
      }
      """, to: "unpan-migration.json5")
    let outcome = try tool.run(
      [
        "stripe", "check", "--config", "unpan-migration.json5", "--api-base", server.url,
        "--rate", "1000",
      ], environment: ["STRIPE_API_KEY": StripeServer.key])
    #expect(outcome.exit == 1, "\(outcome)")
    #expect(outcome.out.contains("record 80  cus_shop0002  pm_shop0002  visa 1111  last4-differs"))
    #expect(outcome.out.contains("2 records: 1 as Stripe says"), "\(outcome)")
    #expect(outcome.out.contains("1 expiry-differs"), "\(outcome)")
  }
}
