import Foundation
import TestSupport
import Testing

@testable import Migration

/// Linking on real servers.
@Suite(.enabled(if: !ServerShop.kinds.isEmpty, "no database server is installed"))
struct ServerLinkTests {
  @Test(arguments: ServerShop.kinds)
  func `ids, brand and last four are written where they belong`(
    kind: ServerDatabase.Kind
  ) throws {
    let server = try ServerShop(kind)
    let plan = try server.shop.plan()
    #expect(try server.shop.link(plan) == .init(cards: 2, customers: 2, wasDone: false))
    #expect(
      try server.database.rows(
        "SELECT id, stripe_payment_method_id, brand, last4 FROM cards ORDER BY id") == [
          "10|pm_2222222222|visa|4242", "20|pm_3333333333|mastercard|4444",
        ])
    #expect(
      try server.database.rows("SELECT id, stripe_customer_id FROM customers ORDER BY id") == [
        "1|cus_abc123def456", "2|cus_abc123def457", "3|NULL",
      ])
    let before = try server.dump()
    #expect(try server.shop.link(plan).wasDone)
    #expect(try server.dump() == before)
  }

  @Test(arguments: ServerShop.kinds)
  func `a table of customers with their cards gets both ids`(kind: ServerDatabase.Kind) throws {
    let server = try ServerShop(kind, Shop.users, mapping: Shop.usersMapping)
    try server.shop.migrateUsers(server.database.rows)
  }

  @Test(arguments: ServerShop.kinds)
  func `rollback leaves the database as it was`(kind: ServerDatabase.Kind) throws {
    let server = try ServerShop(kind)
    try server.database.execute(
      "ALTER TABLE customers ADD COLUMN stripe_customer_id varchar(60)",
      "UPDATE customers SET stripe_customer_id = 'cus_abc123def456' WHERE id = 1")
    let before = try server.dump()
    server.shop.config.link.batchRows = 1
    let plan = try server.shop.plan()
    try server.shop.link(plan)
    let outcome = try server.shop.run(plan, isRollback: true)
      .rollback(ledger: server.shop.ledger())
    #expect(outcome == .init(restored: 3, changedSince: 0))
    #expect(try server.dump() == before)
  }

  @Test(arguments: ServerShop.kinds)
  func `what changed after the plan is told and not linked`(kind: ServerDatabase.Kind) throws {
    let server = try ServerShop(kind)
    let shop = server.shop
    let plan = try shop.plan()
    try server.database.execute("UPDATE cards SET number = '4111111111111111' WHERE id = 10")
    #expect(code { try shop.link(plan) } == .rowsChanged)
    let ids = "SELECT stripe_payment_method_id FROM cards ORDER BY id"
    #expect(try server.database.rows(ids) == ["NULL", "pm_3333333333"])
    #expect(code { try shop.scrub(plan) } == .incompleteLinking)
    shop.config.exceptions = [.init(table: "cards", key: "10")]
    let second = try shop.plan()
    try shop.link(second)
    try server.database.execute(
      "UPDATE cards SET stripe_payment_method_id = 'pm_new' WHERE id = 20")
    let outcome = try shop.run(second, isRollback: true).rollback(ledger: shop.ledger())
    #expect(outcome == .init(restored: 2, changedSince: 1))
    #expect(try server.database.rows(ids) == ["NULL", "pm_new"])
    try server.database.execute("ALTER TABLE cards ADD COLUMN note varchar(9)")
    #expect(code { try shop.link(second) } == .schemaChanged)
  }

  @Test(arguments: ServerShop.kinds)
  func `two runs at once: the second refuses`(kind: ServerDatabase.Kind) throws {
    let server = try ServerShop(kind)
    let plan = try server.shop.plan()
    let first = try server.shop.run(plan)
    #expect(code { _ = try server.shop.run(plan) } == .lockedByOther)
    _ = try first.link(ledger: server.shop.ledger())
  }

  @Test(arguments: ServerShop.kinds)
  func `keys that cannot name one row, and columns that are too short, are refused`(
    kind: ServerDatabase.Kind
  ) throws {
    let server = try ServerShop(kind)
    let shop = server.shop
    try server.database.execute(
      "CREATE TABLE legacy(ref varchar(20), customer_id int, number varchar(40))",
      "INSERT INTO legacy VALUES (NULL, 1, NULL)")
    shop.config.cards = .init(
      table: "legacy", key: "ref", customer: "customer_id", paymentMethod: "pm")
    shop.config.scrub = []
    #expect(code { _ = try shop.match() } == .keyNull)
    try server.database.execute(
      "UPDATE legacy SET ref = 'a'", "INSERT INTO legacy VALUES ('a', 1, NULL)")
    #expect(code { _ = try shop.match() } == .keyNotUnique)
    try server.database.execute(
      "DELETE FROM legacy", "ALTER TABLE legacy ADD COLUMN pm varchar(8)")
    #expect(code { _ = try shop.plan() } == .columnTooShort)
  }

  @Test(arguments: ServerShop.kinds)
  func `keys of any text are linked, and a key without an index as well`(
    kind: ServerDatabase.Kind
  ) throws {
    let odd = #"a'b\c {"d"},NULL ü"#
    let server = try ServerShop(
      kind,
      [
        "CREATE TABLE customers(id varchar(40) PRIMARY KEY)",
        """
        CREATE TABLE cards(id varchar(40), customer_id varchar(40), number varchar(40),
          exp_month varchar(2), exp_year int)
        """, "INSERT INTO customers VALUES ('\(sql(odd, kind))')",
        "INSERT INTO cards VALUES ('\(sql(odd, kind))', '\(sql(odd, kind))', '4242424242424242', '09', 30)",
      ],
      mapping: [
        Shop.row(
          quoted(odd), quoted(odd), "cus_abc123def456", "pm_2222222222", "4242", "09", "2030",
          "Visa", fingerprint: "f123456789")
      ])
    server.shop.config.scrub.removeLast()
    let plan = try server.shop.plan()
    try server.shop.link(plan)
    #expect(
      try server.database.rows("SELECT stripe_payment_method_id, brand FROM cards") == [
        "pm_2222222222|visa"
      ])
    #expect(
      try server.database.rows("SELECT stripe_customer_id FROM customers") == ["cus_abc123def456"])
    try server.shop.scrub(plan)
    #expect(try server.database.rows("SELECT number, last4 FROM cards") == ["NULL|4242"])
  }

  private func sql(_ text: String, _ kind: ServerDatabase.Kind) -> String {
    let text = text.replacingOccurrences(of: "'", with: "''")
    return kind == .mariaDB ? text.replacingOccurrences(of: "\\", with: "\\\\") : text
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `tables of other schemas, identifiers and numbers of other types`() throws {
    let server = try ServerShop(
      .postgreSQL,
      [
        "CREATE SCHEMA \"Old Shop\"",
        "CREATE TABLE \"Old Shop\".\"Kunden\"(id uuid PRIMARY KEY)",
        """
        CREATE TABLE \"Old Shop\".cards(id char(12) UNIQUE NOT NULL, "customerId" uuid
          REFERENCES \"Old Shop\".\"Kunden\"(id), number numeric(20, 2), raw bytea, extra jsonb)
        """,
        "INSERT INTO \"Old Shop\".\"Kunden\" VALUES ('0a0b0c0d-0000-4000-8000-00000000000f')",
        """
        INSERT INTO "Old Shop".cards VALUES ('c1', '0a0b0c0d-0000-4000-8000-00000000000f',
          4242424242424242, 'pan=4242424242424242', '{"pan": 4242424242424242, "x": ["a\\"b"]}')
        """,
      ],
      mapping: [
        Shop.row(
          "0a0b0c0d-0000-4000-8000-00000000000f", "c1", "cus_abc123def456", "pm_2222222222", "4242",
          "09", "2030", "Visa")
      ])
    var cards = MigrationConfig.Cards(
      table: "Old Shop.cards", key: "id", customer: "customerId", paymentMethod: "pm")
    cards.number = "number"
    cards.brand = "brand"
    cards.last4 = "last4"
    let shop = server.shop
    shop.config.cards = cards
    shop.config.customers = .init(table: "Old Shop.Kunden", key: "id", stripeCustomer: "stripe")
    shop.config.scrub = [
      .init(table: "Old Shop.cards", column: "number", action: .drop),
      .init(table: "Old Shop.cards", column: "raw", action: .redact),
      .init(table: "Old Shop.cards", column: "extra", action: .redact),
    ]
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(
      try server.database.rows(
        """
        SELECT trim(id), convert_from(raw, 'UTF8'), extra, pm, brand, last4 FROM "Old Shop".cards
        """) == [
          "c1|pan=************4242|{\"x\": [\"a\\\"b\"], \"pan\": 9000000000004242}|pm_2222222222|visa|4242"
        ])
    #expect(
      try server.database.rows("SELECT stripe FROM \"Old Shop\".\"Kunden\"") == [
        "cus_abc123def456"
      ])
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `texts and keys that are not UTF-8 are kept as they are`() throws {
    let server = try ServerShop(
      .postgreSQL,
      [
        "CREATE TABLE customers(id text PRIMARY KEY)",
        "CREATE TABLE cards(id text PRIMARY KEY, customer_id text, number text, note text)",
        "INSERT INTO customers VALUES (E'f\\xFF'), ('1')",
        """
        INSERT INTO cards VALUES (E'f\\xFF', E'f\\xFF', NULL, E'caf\\xE9 4242424242424242'),
          ('10', '1', '4242424242424242', E'\\xFF')
        """,
      ], mapping: [Shop.mapping[0]],
      options: "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    let shop = server.shop
    shop.config.cards.expiryMonth = nil
    shop.config.cards.expiryYear = nil
    shop.config.link.batchRows = 1
    shop.config.scrub[1] = .init(table: "cards", column: "note", action: .redact)
    shop.config.exceptions = [
      .init(table: "cards", key: "f\\xFF"), .init(table: "customers", key: "f\\xFF"),
    ]
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(
      try server.database.rows(
        """
        SELECT encode(id::bytea, 'hex'), encode(note::bytea, 'hex'), number, last4 FROM cards
        ORDER BY id
        """) == [
          "3130|ff|NULL|4242", "66ff|636166e9202a2a2a2a2a2a2a2a2a2a2a2a34323432|NULL|NULL",
        ])
  }
}
