import Foundation
import Testing

@testable import Migration

@Suite struct LinkTests {
  @Test func `ids, brand and last four are written where they belong`() throws {
    let shop = try Shop()
    let outcome = try shop.link(try shop.plan())
    #expect(outcome == .init(cards: 2, customers: 2, wasDone: false))
    #expect(
      try shop.rows("SELECT id, stripe_payment_method_id, brand, last4 FROM cards") == [
        "10|pm_2222222222|visa|4242", "20|pm_3333333333|mastercard|4444",
      ])
    #expect(
      try shop.rows("SELECT id, stripe_customer_id FROM customers") == [
        "1|cus_abc123def456", "2|cus_abc123def457", "3|NULL",
      ])
  }

  @Test func `a table of customers with their cards gets both ids`() throws {
    let shop = try Shop(Shop.users.joined(separator: ";"), mapping: Shop.usersMapping)
    try shop.migrateUsers(shop.rows)
  }

  @Test func `a second link finds nothing to do`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    try shop.link(plan)
    let before = try shop.dump()
    #expect(try shop.link(plan).wasDone)
    #expect(try shop.dump() == before)
  }

  @Test func `rollback leaves the database as it was`() throws {
    let shop = try Shop()
    try shop.execute(
      """
      ALTER TABLE customers ADD COLUMN stripe_customer_id TEXT;
      UPDATE customers SET stripe_customer_id = 'cus_abc123def456' WHERE id = 1;
      """)
    let before = try shop.dump()
    let plan = try shop.plan()
    try shop.link(plan)
    let outcome = try shop.run(plan, isRollback: true).rollback(ledger: shop.ledger())
    #expect(outcome == .init(restored: 3, changedSince: 0))
    #expect(try shop.dump() == before)
  }

  @Test func `rollback leaves alone what somebody changed since`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.execute("UPDATE cards SET stripe_payment_method_id = 'pm_new' WHERE id = 10")
    let outcome = try shop.run(plan, isRollback: true).rollback(ledger: shop.ledger())
    #expect(outcome.changedSince == 1)
    #expect(
      try shop.rows("SELECT stripe_payment_method_id FROM cards") == ["pm_new", "NULL"])
  }

  @Test func `a row that changed after the plan is not linked and told`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    try shop.execute("UPDATE cards SET number = '4111111111111111' WHERE id = 10")
    #expect(code { try shop.link(plan) } == .rowsChanged)
    #expect(
      try shop.rows("SELECT stripe_payment_method_id FROM cards") == ["NULL", "pm_3333333333"])
    #expect(code { try shop.scrub(plan) } == .incompleteLinking)
    // A newer plan takes over, and its rollback undoes both.
    shop.config.exceptions = [.init(table: "cards", key: "10")]
    let second = try shop.plan()
    try shop.link(second)
    #expect(code { _ = try shop.run(plan, isRollback: true).checkRollback() } == .otherPlan)
    #expect(try shop.run(second, isRollback: true).rollback(ledger: shop.ledger()).restored == 3)
    #expect(try shop.rows("SELECT name FROM pragma_table_info('cards')").count == 6)
  }

  @Test func `the ledger counts the rows of a command that stopped`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    try shop.execute("UPDATE cards SET number = '4111111111111111' WHERE id = 10")
    #expect(code { try shop.link(plan) } == .rowsChanged)
    var last: Ledger.Detail?
    try Ledger.read(shop.path("ledger.db")) { last = Ledger.Detail.read($0.detail) }
    #expect(last?.outcome?.hasPrefix("stopped") == true && last?.rows == 3, "\(last as Any)")
  }

  @Test func `what changed after the plan is refused before anything is written`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    let before = try shop.dump()
    try shop.execute("ALTER TABLE cards ADD COLUMN note TEXT")
    #expect(code { try shop.link(plan) } == .schemaChanged)
    try shop.execute("ALTER TABLE cards DROP COLUMN note")
    let mapping = try String(contentsOfFile: shop.path("mapping.csv"), encoding: .utf8)
    try shop.write(mapping + "\n", to: "mapping.csv")
    #expect(code { try shop.link(plan) } == .mappingChanged)
    try shop.write(mapping, to: "mapping.csv")
    try shop.write("{}", to: "config.json5")
    #expect(code { try shop.link(plan) } == .configChanged)
    #expect(try shop.dump() == before)
  }

  @Test func `a plan that was touched is refused`() throws {
    let shop = try Shop()
    var plan = try shop.plan()
    try shop.write(plan.text(), to: "plan.json")
    #expect(try MigrationPlan.load(shop.path("plan.json")) == plan)
    plan.counts.cards.linkable = 1
    try shop.write(plan.text(), to: "plan.json")
    #expect(code { _ = try MigrationPlan.load(shop.path("plan.json")) } == .planChanged)
  }

  @Test func `two runs at once: the second refuses`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    let first = try shop.run(plan)
    #expect(code { _ = try shop.run(plan) } == .lockedByOther)
    _ = try first.link(ledger: shop.ledger())
  }

  @Test func `a column that is too short for ids is refused`() throws {
    let shop = try Shop()
    try shop.execute("ALTER TABLE cards ADD COLUMN stripe_payment_method_id VARCHAR(8)")
    #expect(code { _ = try shop.plan() } == .columnTooShort)
  }

  @Test(arguments: [
    ("STRING", false), ("Any", false), ("BOOLEAN", false), ("INTEGER", false), ("", true),
    ("TEXT", true), ("nvarchar(8)", true), ("BLOB", true),
  ])
  func `a column that loses leading zeros is refused`(type: String, isTaken: Bool) throws {
    let shop = try Shop()
    try shop.execute("ALTER TABLE cards ADD COLUMN last4 \(type)")
    if isTaken {
      _ = try shop.plan()
    } else {
      #expect(code { _ = try shop.plan() } == .columnNotWritable)
    }
  }

  @Test func `a column of a strict table keeps what it is given`() throws {
    let shop = try Shop()
    try shop.execute(
      """
      DROP TABLE cards;
      CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT,
        exp_month INTEGER, exp_year INTEGER, cvv TEXT, last4 ANY) STRICT;
      """)
    _ = try shop.plan()
  }

  @Test func `keys that are texts but not UTF-8 are linked as they are`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id TEXT PRIMARY KEY);
      CREATE TABLE cards(id TEXT PRIMARY KEY, customer_id TEXT, number TEXT, exp_month, exp_year,
        cvv);
      INSERT INTO customers VALUES (CAST(x'66FF' AS TEXT)), ('1');
      INSERT INTO cards VALUES (CAST(x'66FF' AS TEXT), CAST(x'66FF' AS TEXT), NULL, 1, 2, NULL),
        ('10', '1', '4242424242424242', 9, 2030, NULL);
      """, mapping: [Shop.mapping[0]])
    let (counts, records) = try shop.match()
    #expect(counts.cards.linkable == 1)
    #expect(records.first?.key == "f\\xFF")
    shop.config.exceptions = [
      .init(table: "cards", key: "f\\xFF"), .init(table: "customers", key: "f\\xFF"),
    ]
    try shop.link(try shop.plan())
    #expect(try shop.rows("SELECT count(*) FROM cards WHERE brand = 'visa'") == ["1"])
  }

  @Test func `a read-only database is refused`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    let file = shop.path("shop.db")
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
    // The superuser may write all the same.
    guard !FileManager.default.isWritableFile(atPath: file) else { return }
    #expect(code { try shop.link(plan) } == .readOnly)
  }

  @Test func `batches of one row give the same database`() throws {
    let one = try Shop()
    one.config.link.batchRows = 1
    try one.link(try one.plan())
    let many = try Shop()
    try many.link(try many.plan())
    let rows = "SELECT * FROM cards, customers"
    #expect(try one.rows(rows) == many.rows(rows))
  }
}
