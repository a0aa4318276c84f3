import Foundation
import Testing

@testable import Migration

@Suite struct MatchTests {
  /// Without the plain shop's customer without a card.
  private func status(
    _ shop: Shop
  ) throws -> [String] {
    try shop.match().records.filter { $0.status != .withoutCard }.map {
      "\($0.table ?? "mapping") \($0.key ?? "-") \($0.status.rawValue) \($0.reason.rawValue)"
    }
  }

  @Test func `every record of the plain shop matches`() throws {
    let (counts, records) = try Shop().match()
    // Who needs no id is told all the same.
    #expect(records.map(\.reason) == [.noCard])
    #expect(records[0].table == "customers" && records[0].key == "3" && records[0].isUnlinked)
    #expect(counts.cards.total == 2 && counts.cards.linkable == 2)
    #expect(counts.customers.total == 3 && counts.customers.linkable == 2)
    #expect(counts.customers.needless == 1)
    #expect(counts.unlinked == 0)
  }

  @Test(arguments: [
    ("4242", "09", "2030", "Visa", nil),
    ("4243", "09", "2030", "Visa", "conflict last4-differs"),
    ("4242", "09", "2030", "MasterCard", "conflict brand-differs"),
    ("4242", "10", "2030", "Visa", "conflict expiry-differs"),
    ("4242", "09", "2030", "Cartes Bancaires", nil), ("4242", "09", "2030", "Unknown", nil),
  ])
  func `what differs between number and mapping is a conflict`(
    last4: String, month: String, year: String, brand: String, expected: String?
  ) throws {
    let shop = try Shop(
      mapping: [
        Shop.row("1", "10", "cus_abc123def456", "pm_2222222222", last4, month, year, brand),
        Shop.mapping[1],
      ])
    #expect(try status(shop) == (expected.map { ["cards 10 \($0)"] } ?? []))
  }

  @Test func `what is missing on either side is told`() throws {
    let shop = try Shop(
      mapping: [
        Shop.mapping[1],
        Shop.row("9", "90", "cus_abc123def459", "pm_9999999999", "1111", "01", "2030", "Visa"),
      ])
    #expect(
      try status(shop) == [
        "cards 10 missing-in-mapping customer-not-in-mapping",
        "customers 1 missing-in-mapping customer-not-in-mapping",
        "mapping 90 only-in-mapping not-in-database",
      ])
    #expect(try shop.match().counts.unlinked == 2)
  }

  @Test func `a customer without a card who is in no record is told`() throws {
    func without(_ customer: String) -> String {
      Shop.row(customer, "", "cus_abc123def46\(customer)", "", "", "", "", "", fingerprint: "")
    }
    // The third has a record, the others have none.
    for mapping in [
      Shop.mapping + [without("3"), without("8"), without("9")],
      [without("9"), without("3"), without("8")] + Shop.mapping.reversed(),
    ] {
      let shop = try Shop(mapping: mapping)
      let (counts, records) = try shop.match()
      #expect(counts.onlyInMapping == 2 && counts.unlinked == 0)
      #expect(records.map(\.reason) == [.notInDatabase, .notInDatabase])
      #expect(Set(records.compactMap(\.customer)) == ["8", "9"])
    }
  }

  @Test func `an expired card and a card held twice are linked and told`() throws {
    let shop = try Shop(
      """
      \(Shop.plain)
      UPDATE cards SET exp_year = 2020 WHERE id = 20;
      INSERT INTO cards VALUES (11, 1, '4242424242424242', 9, 2030, NULL);
      """,
      mapping: [
        Shop.row(
          "1", "10", "cus_abc123def456", "pm_2222222222", "4242", "09", "2030", "Visa",
          fingerprint: "same"),
        Shop.row(
          "1", "11", "cus_abc123def456", "pm_2222222223", "4242", "09", "2030", "Visa",
          fingerprint: "same"),
        Shop.row("2", "20", "cus_abc123def457", "pm_3333333333", "4444", "12", "2020", "visa")
          .replacingOccurrences(of: "visa", with: "MasterCard"),
      ])
    #expect(
      try status(shop) == [
        "cards 10 duplicate same-fingerprint", "cards 11 duplicate same-fingerprint",
        "cards 20 expired expired",
      ])
    #expect(try shop.match().counts.cards.linkable == 3)
    shop.config.link.expired = false
    #expect(try shop.match().counts.cards.unlinked == 1)
  }

  @Test func `cards without keys are told by their looks and never by guessing`() throws {
    let shop = try Shop(
      """
      \(Shop.plain)
      INSERT INTO cards VALUES (21, 2, '4111111111111111', 1, 2030, NULL),
        (22, 2, '4000056655665556', 1, 2030, NULL), (23, 2, '4000056655665556', 1, 2030, NULL);
      """,
      mapping: [
        Shop.row("1", "a", "cus_abc123def456", "pm_2222222222", "4242", "09", "2030", "Visa"),
        Shop.row("2", "b", "cus_abc123def457", "pm_3333333333", "4444", "12", "2031", "MasterCard"),
        Shop.row("2", "c", "cus_abc123def457", "pm_3333333334", "1111", "01", "2030", "Visa"),
        Shop.row("2", "d", "cus_abc123def457", "pm_3333333335", "1111", "01", "2030", "Visa"),
        Shop.row("2", "e", "cus_abc123def457", "pm_3333333336", "5556", "01", "2030", "Visa"),
      ])
    shop.config.mapping.matchBy = .attributes
    let found = try status(shop).filter { $0.hasPrefix("cards") }
    #expect(
      found == [
        "cards 21 ambiguous several-candidates",
        "cards 22 ambiguous several-records-for-one-mapping-row",
        "cards 23 ambiguous several-records-for-one-mapping-row",
      ])
  }

  @Test func `a row of the mapping that a record is told with belongs to that record`() throws {
    // Both rows of card 10's customer could be the card; card 20 stands under another customer.
    let shop = try Shop(
      mapping: [
        Shop.row("1", "", "cus_abc123def456", "pm_2222222222", "4242", "09", "2030", "Visa"),
        Shop.row("1", "", "cus_abc123def456", "pm_2222222223", "4242", "09", "2030", "Visa"),
        Shop.row(
          "9", "20", "cus_abc123def459", "pm_3333333333", "4444", "12", "2031", "MasterCard"),
        Shop.row("9", "90", "cus_abc123def459", "pm_9999999999", "1111", "01", "2030", "Visa"),
      ])
    #expect(
      try status(shop) == [
        "cards 10 ambiguous several-candidates", "cards 20 conflict card-of-another-customer",
        "customers 2 missing-in-mapping customer-not-in-mapping",
        "mapping 90 only-in-mapping not-in-database",
      ])
    let (counts, records) = try shop.match()
    #expect(records[1].mappingLine == 4 && counts.onlyInMapping == 1)
    #expect(counts.cards.unlinked == 2)
  }

  @Test func `what is no card number is told as unreadable`() throws {
    let shop = try Shop(
      """
      \(Shop.plain)
      UPDATE cards SET number = 'on file' WHERE id = 10;
      UPDATE cards SET number = '************4444' WHERE id = 20;
      """)
    #expect(try status(shop) == ["cards 10 unreadable number-is-no-card-number"])
  }

  @Test func `another id that is stored already is a conflict`() throws {
    let shop = try Shop()
    try shop.execute(
      """
      ALTER TABLE customers ADD COLUMN stripe_customer_id TEXT;
      UPDATE customers SET stripe_customer_id = 'cus_other00000000' WHERE id = 2;
      """)
    #expect(try status(shop) == ["customers 2 conflict another-id-is-stored"])
  }

  @Test func `exceptions are counted and close what is open`() throws {
    let shop = try Shop(mapping: [Shop.mapping[1]])
    shop.config.exceptions = [.init(table: "cards", key: "10", why: "closed")]
    // Who needs no id needs no exception.
    try shop.write(
      """
      {"type":"match","table":"customers","key":"1"}
      {"type":"match","status":"customer-without-card","table":"customers","key":"3"}

      """, to: "accepted.jsonl")
    shop.config.exceptionsFile = shop.path("accepted.jsonl")
    let counts = try shop.match().counts
    #expect(counts.unlinked == 0 && counts.customers.needless == 1)
    #expect(counts.cards.excepted == 1 && counts.customers.excepted == 1)
  }

  @Test func `an exception does not cover the id of a card that was replaced`() throws {
    let shop = try Shop()
    shop.config.exceptions = [.init(table: "cards", key: "10", why: "closed")]
    try shop.execute(
      """
      ALTER TABLE cards ADD COLUMN stripe_payment_method_id TEXT;
      UPDATE cards SET stripe_payment_method_id = 'pm_2222222222' WHERE id = 10;
      """)
    #expect(try shop.match().counts.cards.excepted == 1)
    try shop.execute("UPDATE cards SET number = '4111111111111111' WHERE id = 10")
    #expect(try status(shop) == ["cards 10 conflict id-of-another-card-is-stored"])
    let counts = try shop.match().counts
    #expect(counts.unlinked == 1 && counts.cards.excepted == 0)
    try shop.execute("UPDATE cards SET stripe_payment_method_id = NULL WHERE id = 10")
    #expect(try shop.match().counts.cards.excepted == 1)
  }

  @Test func `a customer's row without a card asks for none`() throws {
    let without = Shop.row("3", "", "cus_abc123def458", "", "", "", "", "", fingerprint: "")
    let other = Shop.row(
      "3", "33", "cus_abc123def458", "pm_4444444444", "1111", "01", "2030", "Visa")
    for (more, told) in [
      ([], []), ([without], []), ([other], ["mapping 33 only-in-mapping not-in-database"]),
    ] {
      let shop = try Shop(
        Shop.users.joined(separator: ";") + ";INSERT INTO users(id) VALUES (3)",
        mapping: Shop.usersMapping + more)
      try shop.propose(table: "users", number: "card_number")
      #expect(try status(shop) == told)
      let counts = try shop.match().counts
      #expect(counts.unlinked == 0 && counts.cards.needless == 1)
      #expect(counts.customers.linkable == (more.isEmpty ? 2 : 3))
      let plan = try shop.plan()
      try shop.link(plan)
      try shop.scrub(plan)
      #expect(try shop.match().counts.cards.open == 0)
    }
  }

  @Test func `a customer's row whose card is missing is told once`() throws {
    let shop = try Shop(Shop.users.joined(separator: ";"), mapping: [Shop.usersMapping[1]])
    try shop.propose(table: "users", number: "card_number")
    let told = ["users 1 missing-in-mapping customer-not-in-mapping"]
    #expect(try status(shop) == told)
    #expect(try shop.match().counts.unlinked == 1)
    shop.config.exceptions = [.init(table: "users", key: "1")]
    #expect(try status(shop) == told)
    let counts = try shop.match().counts
    #expect(counts.unlinked == 0 && counts.cards.excepted == 1 && counts.customers.excepted == 0)
  }

  @Test func `a bank account is no match for a card`() throws {
    let shop = try Shop(
      mapping: [
        Shop.row("1", "10", "cus_abc123def456", "ba_2222222222", "4242", "09", "2030", "Unknown"),
        Shop.mapping[1],
      ])
    #expect(try status(shop) == ["cards 10 conflict bank-account-for-a-card"])
    #expect(try shop.match().counts.unlinked == 1)
  }

  @Test func `no record shows a number`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id TEXT PRIMARY KEY, email TEXT);
      CREATE TABLE cards(id TEXT PRIMARY KEY, customer_id TEXT, number TEXT, exp_month INTEGER,
        exp_year INTEGER, cvv TEXT);
      INSERT INTO cards VALUES ('4242424242424242', '4111111111111111', '4242424242424242', 1, 2, '');
      """)
    let record = try #require(try shop.match().records.first)
    #expect(record.key == "************4242" && record.customer == "************1111")
  }

  @Test func `keys that are NULL or not unique are refused`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY);
      CREATE TABLE cards(id INTEGER, customer_id INTEGER, number TEXT, exp_month, exp_year, cvv);
      INSERT INTO cards(id, customer_id) VALUES (1, 1), (1, 2);
      """)
    #expect(code { _ = try shop.match() } == .keyNotUnique)
    try shop.execute("UPDATE cards SET id = NULL WHERE customer_id = 2")
    #expect(code { _ = try shop.match() } == .keyNull)
  }
}
