import TestSupport
import Testing

@testable import Migration

/// Whose cards they are, as `migrate init` finds out.
@Suite struct CustomerSearchTests {
  /// A shop with three customers, whose keys are also keys of other tables.
  private func propose(
    _ table: String, _ column: String, key: String = "id", isDeclared: Bool = false,
    more: String = ""
  ) throws -> Proposal {
    let reference = isDeclared ? "REFERENCES \(table)(\(key))" : ""
    let shop = try Shop(
      """
      CREATE TABLE brands(id INTEGER PRIMARY KEY, title TEXT);
      CREATE TABLE \(table)(\(key) INTEGER PRIMARY KEY, email TEXT, name TEXT);
      CREATE TABLE cards(id INTEGER PRIMARY KEY, \(column) INTEGER \(reference), number TEXT,
        exp_month INTEGER, exp_year INTEGER, cvv TEXT);
      CREATE TABLE sales(id INTEGER PRIMARY KEY, \(column) INTEGER, email TEXT);
      INSERT INTO brands VALUES (101, 'a'), (102, 'b'), (103, 'c'), (104, 'd');
      INSERT INTO \(table) VALUES (101, 'a@example.com', 'A'), (102, 'b@example.com', 'B'),
        (103, 'c@example.com', 'C');
      INSERT INTO cards VALUES (10, 101, '4242424242424242', 9, 2030, '123'),
        (20, 102, '5555555555554444', 12, 2031, '456');
      INSERT INTO sales VALUES (101, 101, 'a@example.com'), (102, 101, 'a@example.com');
      \(more)
      """)
    return try proposal(shop)
  }

  private func proposal(_ shop: Shop) throws -> Proposal {
    var evidence = Proposal.Evidence(table: "cards", column: "number")
    evidence.numbers = 2
    let proposal = try Proposal(
      target: shop.config.target, mapping: "m.csv", evidence: [evidence], detector: Shop.detector)
    #expect(proposal.config.cards.table == "cards" && proposal.config.cards.number == "number")
    #expect(
      proposal.config.scrub == [
        .init(table: "cards", column: "number", action: .null),
        .init(table: "cards", column: "cvv", action: .null),
      ])
    return proposal
  }

  @Test(arguments: [
    "users", "clients", "members", "accounts", "people", "contacts", "subscribers", "donors",
    "profiles", "wp_users", "tbl_users", "companies", "shop_customers", "patrons", "kunden",
    "Kontakte",
  ])
  func `the table whose keys a customer's column holds is the customers'`(table: String) throws {
    let config = try propose(table, "customer_id").config
    #expect(config.cards.customer == "customer_id")
    #expect(config.customers?.table == table && config.customers?.key == "id")
    #expect(config.intake?.customers == ["email": "email", "name": "name"])
  }

  @Test(arguments: [
    "client_id", "user_id", "client", "user", "cust_id", "cust_no", "custno", "customer_ref",
    "acct_id", "member_ref", "owner_id", "id_customer", "id_cliente", "uid", "kunde_id",
    "kundennr", "customerNo", "AccountId", "buyer",
  ])
  func `a column is taken for a customer's by its name and its values`(column: String) throws {
    let config = try propose("customers", column).config
    #expect(config.cards.customer == column)
    #expect(config.customers?.table == "customers")
  }

  @Test(arguments: [
    ("people", "person_id"), ("kunden", "kunde_id"), ("donors", "donor_id"),
    ("subscribers", "reader"), ("patients", "customer_id"), ("people", "x"),
    ("customers", "holder_ref"),
  ])
  func `a declared foreign key decides, whatever the names`(table: String, column: String) throws {
    let proposal = try propose(table, column, key: "nr", isDeclared: true)
    #expect(proposal.config.cards.customer == column)
    #expect(proposal.config.customers?.table == table && proposal.config.customers?.key == "nr")
  }

  @Test func `a foreign key to a list of something else does not come before a customer`() throws {
    let shop = try Shop(
      Shop.plain + """
        CREATE TABLE brands(id INTEGER PRIMARY KEY, title TEXT);
        INSERT INTO brands VALUES (1, 'a'), (2, 'b');
        ALTER TABLE cards ADD COLUMN brand_id INTEGER REFERENCES brands(id);
        UPDATE cards SET brand_id = 1;
        """)
    let config = try proposal(shop).config
    #expect(config.cards.customer == "customer_id" && config.customers?.table == "customers")
  }

  @Test func `another key of the customers is taken where the cards have that one`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY, cust_no TEXT UNIQUE, email TEXT);
      CREATE TABLE cards(id INTEGER PRIMARY KEY, cust_no TEXT, number TEXT, exp_month INTEGER,
        exp_year INTEGER, cvv TEXT);
      INSERT INTO customers VALUES (1, 'A-1', 'a@example.com'), (2, 'A-2', 'b@example.com');
      INSERT INTO cards VALUES (10, 'A-2', '4242424242424242', 9, 2030, '123');
      """)
    let config = try proposal(shop).config
    #expect(config.cards.customer == "cust_no")
    #expect(config.customers?.table == "customers" && config.customers?.key == "cust_no")
  }

  @Test func `where several fit the others are told`() throws {
    let proposal = try propose(
      "users", "user_id",
      more: """
        CREATE TABLE members(id INTEGER PRIMARY KEY, email TEXT);
        INSERT INTO members VALUES (101, 'a'), (102, 'b');
        """)
    #expect(proposal.config.customers?.table == "users")
    #expect(
      proposal.notes.contains(.init("cards.customer", .alsoPossible("user_id to members.id"))))
    let text = proposal.text { "\($0)" }
    #expect(text.contains("    // alsoPossible(\"user_id to members.id\")\n    customer: "))
  }

  @Test func `values that no table has as keys leave the cards without customers, and say so`()
    throws
  {
    let shop = try Shop(
      Shop.plain.replacing("CREATE TABLE customers(", with: "CREATE TABLE staff(")
        .replacing("INTO customers VALUES (1,", with: "INTO staff VALUES (7,"))
    let proposal = try proposal(shop)
    #expect(proposal.config.cards.customer == "customer_id")
    #expect(proposal.config.customers == nil)
    #expect(proposal.notes.contains(.init("customers", .noCustomers)))
    let text = proposal.text { "\($0)" }
    #expect(text.contains("// noCustomers") && text.contains("// customers: {table:"))
    try shop.write(text, to: "proposed.json5")
    #expect(try MigrationConfig.load(shop.path("proposed.json5")).customers == nil)
  }

  @Test func `cards that nothing tells the customer of are proposed to be scrubbed all the same`()
    throws
  {
    let shop = try Shop(Shop.plain.replacing("customer_id", with: "parent"))
    let proposal = try proposal(shop)
    #expect(proposal.config.cards.customer.isEmpty && proposal.config.customers == nil)
    #expect(proposal.notes.contains(.init("customers", .noCustomerColumn)))
    try shop.write(proposal.text { "\($0)" }, to: "proposed.json5")
    // Nothing goes on before a person filled it in.
    let error = #expect(throws: MigrationError.self) {
      _ = try MigrationConfig.load(shop.path("proposed.json5"))
    }
    #expect(error?.code == .configValue && error?.cause?.contains("cards.customer") == true)
  }

  @Test(arguments: ["customer_name", "user_agent", "account_type", "client_ip"])
  func `what is told of a customer is not its key`(column: String) throws {
    #expect(try propose("staff", column).config.cards.customer.isEmpty)
  }

  @Test func `a day on which cards expire is their expiry, and none is told`() throws {
    let date = try Shop(
      Shop.plain.replacing("exp_month INTEGER, exp_year INTEGER", with: "expires DATE, x TEXT"))
    #expect(try proposal(date).config.cards.expiry == "expires")
    let none = try Shop(
      Shop.plain.replacing("exp_month INTEGER, exp_year INTEGER", with: "a TEXT, b TEXT"))
    #expect(try proposal(none).notes.contains(.init("cards.expiry", .noExpiry)))
  }

  @Test(
    .enabled(if: !ServerShop.kinds.isEmpty, "no database server is installed"),
    arguments: ServerShop.kinds)
  func `a server is asked as well, and what it does not compare is no key`(
    kind: ServerDatabase.Kind
  ) throws {
    let isPostgreSQL = kind == .postgreSQL
    let server = try ServerShop(
      kind,
      [
        "CREATE TABLE users(id \(isPostgreSQL ? "uuid" : "varchar(40) COLLATE utf8mb4_bin") PRIMARY KEY, "
          + "email varchar(80))",
        "CREATE TABLE members(id varchar(40) PRIMARY KEY, email varchar(80))",
        "CREATE TABLE brands(id varchar(40) PRIMARY KEY, title varchar(80))",
        """
        CREATE TABLE cards(id int PRIMARY KEY, customer_id varchar(40), number varchar(40),
          exp_month int, exp_year int, cvv varchar(4))
        """,
        "INSERT INTO members VALUES ('m-1', 'a@example.com'), ('m-2', 'b@example.com')",
        "INSERT INTO brands VALUES ('m-1', 'a'), ('m-2', 'b')",
        "INSERT INTO cards VALUES (10, 'm-2', '4242424242424242', 9, 2030, '123')",
      ])
    let config = try proposal(server.shop).config
    #expect(config.cards.customer == "customer_id" && config.customers?.table == "members")
    try server.database.execute("DELETE FROM members")
    #expect(try proposal(server.shop).config.customers == nil)
  }
}
