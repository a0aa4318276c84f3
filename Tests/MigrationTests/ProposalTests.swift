import Core
import Foundation
import Stripe
import Testing

@testable import Migration

/// What `migrate init` proposes, and what its file may not hold.
@Suite struct ProposalTests {
  private static let odd = """
    CREATE TABLE users(id INTEGER PRIMARY KEY, mail TEXT, their_id TEXT);
    CREATE TABLE cards(id INTEGER PRIMARY KEY, user_id INTEGER, number TEXT, a TEXT, b TEXT,
      c TEXT, d TEXT, e BLOB);
    CREATE TABLE old(id INTEGER PRIMARY KEY, h TEXT);
    INSERT INTO cards VALUES (1, 1, '4242424242424242', 'visa', '4242', '11/30', 'pm_1', x'00');
    """

  private func profile(
    _ table: String, _ column: String, _ kind: ColumnProfile.Class, rows: Int = 10, count: Int = 10
  ) -> ColumnProfile {
    var profile = ColumnProfile(target: "t", table: table, column: column, type: "TEXT")
    profile.rows = rows
    profile.classes = [.init(kind: kind, count: count)]
    return profile
  }

  @Test func `columns with odd names are told by what is in them`() throws {
    let shop = try Shop(Self.odd)
    let proposal = try Proposal(
      target: shop.config.target, mapping: "m.csv", evidence: [],
      profiles: [
        profile("cards", "number", .pan), profile("cards", "a", .brand),
        profile("cards", "b", .last4), profile("cards", "c", .expiry),
        profile("cards", "d", .paymentMethodId), profile("cards", "e", .opaque),
        profile("users", "their_id", .customerId), profile("old", "h", .panHash),
        profile("users", "mail", .brand, count: 3),
      ])
    let cards = proposal.config.cards
    #expect(cards.number == "number" && cards.expiry == "c")
    #expect(cards.brand == "a" && cards.last4 == "b" && cards.paymentMethod == "d")
    #expect(proposal.config.customers?.stripeCustomer == "their_id")
    // A hash is no text to leave the rest of.
    #expect(
      proposal.config.scrub == [
        .init(table: "cards", column: "number", action: .null),
        .init(table: "old", column: "h", action: .null),
      ])
    #expect(proposal.notes.contains(.init("cards.e", .opaque)))
    #expect(proposal.notes.contains(.init("cards.a", .byContent)))
    #expect(proposal.config.intake?.customers == ["email": "mail"])
    let text = proposal.text { "\($0)" }
    #expect(text.contains("cards.e: opaque") && text.contains("email: \"mail\""))
    try shop.write(text, to: "proposed.json5")
    #expect(try MigrationConfig.load(shop.path("proposed.json5")) == filled(proposal.config))
  }

  @Test(arguments: ["cvv", "card_cvv", "card_cvc", "cc_cid", "cc_cvv", "security_code"])
  func `a column that is named for codes goes whole`(name: String) throws {
    let shop = try Shop(Shop.plain.replacing("cvv", with: name))
    try shop.propose(table: "cards", number: "number")
    #expect(
      shop.config.scrub == [
        .init(table: "cards", column: "number", action: .null),
        .init(table: "cards", column: name, action: .null),
      ])
  }

  @Test func `customers with cards in their own table get the column that is there`() throws {
    let shop = try Shop(
      """
      CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, card_number TEXT, cvv TEXT,
        stripe_id TEXT)
      """)
    try shop.propose(table: "users", number: "card_number")
    let config = shop.config
    #expect(config.customers == .init(table: "users", key: "id", stripeCustomer: "stripe_id"))
    #expect(config.cards.paymentMethod == "stripe_payment_method_id")
    #expect(config.intake?.customers == ["email": "email"])
  }

  @Test func `of a column of other values only what is found is to go`() throws {
    let shop = try Shop(
      Shop.plain + """
        CREATE TABLE orders(id INTEGER PRIMARY KEY, number INTEGER, extra INTEGER NOT NULL,
          code INTEGER NOT NULL UNIQUE, pan INTEGER);
        """)
    let proposal = try Proposal(
      target: shop.config.target, mapping: "m.csv", evidence: [],
      profiles: [
        profile("cards", "number", .pan), profile("orders", "number", .pan, rows: 1000, count: 1),
        profile("orders", "extra", .pan, rows: 1000, count: 1),
        profile("orders", "code", .pan, rows: 1000, count: 2), profile("orders", "pan", .pan),
      ])
    #expect(
      proposal.config.scrub.filter { $0.table == "orders" } == [
        .init(table: "orders", column: "number", action: .redact),
        .init(table: "orders", column: "extra", action: .redact),
        .init(table: "orders", column: "pan", action: .null),
      ])
    #expect(proposal.notes.contains(.init("orders.number", .mostlyOrdinary(999, of: 1000))))
    #expect(proposal.notes.contains(.init("orders.code", .ordinaryKey(998, of: 1000))))
    #expect(proposal.leftOut.map(\.store) == ["orders.code"])
    let text = proposal.text { "\($0)" }
    #expect(text.contains("mostlyOrdinary(999") && text.contains("orders.code: ordinaryKey(998"))
  }

  @Test func `what SQLite can neither empty nor drop is told and not proposed`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY);
      CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER,
        number TEXT UNIQUE NOT NULL, cvv TEXT);
      """)
    let proposal = try Proposal(
      target: shop.config.target, mapping: "m.csv", evidence: [],
      profiles: [profile("cards", "number", .pan)])
    #expect(proposal.config.scrub == [.init(table: "cards", column: "cvv", action: .null)])
    #expect(proposal.notes.contains(.init("cards.number", .fixed)))
    #expect(proposal.leftOut.map(\.store) == ["cards.number"])
  }

  @Test func `the first action that the table's constraints take is proposed`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY);
      CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER,
        number TEXT NOT NULL CHECK(length(number) = 16), exp_month INTEGER, exp_year INTEGER,
        cvv TEXT NOT NULL CHECK(length(cvv) = 3), cvc INTEGER NOT NULL CHECK(cvc BETWEEN 100 AND 999),
        csc TEXT CHECK(csc IS NOT NULL AND csc GLOB '[0-9]*'), cvn TEXT NOT NULL, cid TEXT,
        cvv2 INTEGER NOT NULL, CHECK(cvn GLOB\r
        '[0-9][0-9][0-9]'), CHECK(exp_year < 2031 OR cid GLOB '[0-9]*'));
      INSERT INTO customers VALUES (1), (2);
      INSERT INTO cards VALUES (10, 1, '4242424242424242', 9, 2030, '123', 123, '123', '123', 'x', 1),
        (20, 2, '5555555555554444', 12, 2031, '456', 456, '456', '456', '456', 1);
      """)
    let proposal = try Proposal(
      target: shop.config.target, mapping: shop.config.mapping.file, evidence: [],
      profiles: [profile("cards", "number", .pan)], detector: Shop.detector)
    #expect(
      proposal.config.scrub.map { "\($0.column) \($0.action.rawValue)" } == [
        "number mask", "cvv mask", "cvc drop", "csc zero", "cid null", "cvv2 zero",
      ])
    #expect(proposal.notes.contains(.init("cards.cvv", .notNull)))
    #expect(proposal.notes.contains(.init("cards.cvc", .constrained)))
    let left = proposal.notes.first { $0.place == "cards.cvn" }
    guard case .refused(let error)? = left?.kind else {
      Issue.record("\(proposal.notes)")
      return
    }
    #expect(error.code == .rehearsalFailed && error.cause?.contains("CHECK") == true)
    // Whatever line ends the reason has, the file can be read; and what it says can be done.
    let text = proposal.text { "\($0)" }
    try shop.write(text, to: "proposed.json5")
    shop.config = try MigrationConfig.load(shop.path("proposed.json5"))
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(
      try shop.rows("SELECT number, cvv, csc, cvn, cid, cvv2 FROM cards") == [
        "************4242|***|0|123|NULL|0", "************4444|***|0|456|NULL|0",
      ])
  }

  @Test func `a constraint on some rows keeps the plan from an action that breaks in one of them`()
    throws
  {
    let shop = try Shop(
      Shop.plain.replacingOccurrences(
        of: "cvv TEXT)", with: "cvv TEXT, CHECK(id < 20 OR cvv GLOB '[0-9]*'))"))
    shop.config.scrub = [.init(table: "cards", column: "cvv", action: .mask)]
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    // Codes become three stars, whatever a number would.
    try shop.execute("DELETE FROM cards WHERE id = 20")
    _ = try shop.plan()
  }

  @Test func `a number that is the key of its table is told, not proposed as one`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY);
      CREATE TABLE cards(number TEXT PRIMARY KEY, customer_id INTEGER, cvv TEXT);
      """)
    #expect(
      code {
        _ = try Proposal(
          target: shop.config.target, mapping: "m.csv", evidence: [],
          profiles: [profile("cards", "number", .pan)])
      } == .keyIsNumber)
  }

  @Test func `a key whose values look like card numbers is told whatever its name says`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY);
      CREATE TABLE cards(id TEXT PRIMARY KEY, customer_id INTEGER, cvv TEXT);
      """)
    var key = ColumnProfile(target: "t", table: "cards", column: "id", type: "TEXT")
    (key.rows, key.cardShaped, key.passLuhn) = (10, 10, 10)
    func proposal() throws -> Proposal {
      try Proposal(target: shop.config.target, mapping: "m.csv", evidence: [], profiles: [key])
    }
    #expect(code { _ = try proposal() } == .keyIsNumber)
    try shop.execute("ALTER TABLE cards ADD COLUMN number TEXT")
    #expect(try proposal().notes.contains(.init("cards.id", .numericKey)))
    key.passLuhn = 1
    #expect(try !proposal().notes.contains(.init("cards.id", .numericKey)))
  }

  @Test func `what is generated is not proposed to be written`() throws {
    let shop = try Shop(
      Shop.plain.replacingOccurrences(
        of: "cvv TEXT)", with: "cvv TEXT, last4 TEXT AS (substr(number, -4)))"))
    let proposal = try Proposal(
      target: shop.config.target, mapping: "m.csv", evidence: [],
      profiles: [profile("cards", "number", .pan), profile("cards", "last4", .last4)])
    #expect(proposal.config.cards.last4 == "stripe_last4")
    shop.config.cards.last4 = proposal.config.cards.last4
    try shop.link(try shop.plan())
    #expect(try shop.rows("SELECT stripe_last4 FROM cards") == ["4242", "4444"])
  }

  @Test func `texts of a unique column that would look the same are told before the plan`() throws {
    let shop = try Shop(
      Shop.plain + """
        CREATE TABLE orders(id INTEGER PRIMARY KEY, reference TEXT UNIQUE);
        INSERT INTO orders VALUES (1, 'of 4242424242424242'), (2, 'of 5555555555554444');
        """)
    shop.config.scrub.append(.init(table: "orders", column: "reference", action: .redact))
    _ = try shop.plan()
    try shop.execute("INSERT INTO orders VALUES (3, 'of ************4242')")
    #expect(code { _ = try shop.plan() } == .maskedTwice)
    var evidence = Proposal.Evidence(table: "orders", column: "reference")
    evidence.numbers = 2
    let proposal = try Proposal(
      target: shop.config.target, mapping: "m.csv", evidence: [evidence],
      profiles: [profile("cards", "number", .pan)], detector: Shop.detector)
    #expect(proposal.leftOut.map(\.store) == ["orders.reference"])
  }

  @Test func `what is left of a text is held against the constraints as well`() throws {
    let shop = try Shop(
      Shop.plain + """
        CREATE TABLE orders(id INTEGER PRIMARY KEY, line TEXT CHECK(length(line) > 8),
          reference TEXT NOT NULL CHECK(reference GLOB '[0-9]*'));
        INSERT INTO orders VALUES (1, 'it''s for Jane', '1001'),
          (2, 'Jane''s 4242424242424242', '4242424242424242');
        """)
    var evidence = Proposal.Evidence(table: "orders", column: "reference")
    evidence.numbers = 1
    var line = evidence
    line.column = "line"
    let proposal = try Proposal(
      target: shop.config.target, mapping: "m.csv", evidence: [evidence, line],
      profiles: [profile("cards", "number", .pan)], detector: Shop.detector)
    #expect(
      proposal.config.scrub.filter { $0.table == "orders" } == [
        .init(table: "orders", column: "line", action: .redact)
      ])
    #expect(proposal.leftOut.map(\.store) == ["orders.reference"])
    #expect(!proposal.text { "\($0)" }.contains("Jane"))
    shop.config.scrub.append(.init(table: "orders", column: "line", action: .redact))
    _ = try shop.plan()
    shop.config.scrub.append(.init(table: "orders", column: "reference", action: .redact))
    let error = #expect(throws: MigrationError.self) { _ = try shop.plan() }
    #expect(error?.code == .rehearsalFailed && error?.subject.contains("4242") == false)
  }

  @Test(arguments: [
    "CREATE TABLE \"old 4242424242424242\"(id INTEGER)",
    "CREATE TABLE old(\"4242 4242 4242 4242\" TEXT)",
    "CREATE INDEX by4242424242424242 ON customers(email)",
    "CREATE VIEW v4242424242424242 AS SELECT 1",
  ])
  func `a card number in a name has to go first`(sql: String) throws {
    let shop = try Shop(Shop.plain + sql)
    for step in [
      { _ = try Proposal(target: shop.config.target, mapping: "m.csv", evidence: []) },
      { _ = try shop.match() },
    ] {
      let error = #expect(throws: MigrationError.self) { try step() }
      #expect(error?.code == .nameHoldsNumber)
      #expect(error?.subject.contains("4242") == true && !"\(error!)".contains("42424"))
    }
  }

  @Test func `a search table of its own is proposed, and told when nothing removes it`() throws {
    let shop = try Shop(Shop.plain + "CREATE VIRTUAL TABLE mail USING fts5(subject, body);")
    func evidence(_ table: String, _ column: String) -> Proposal.Evidence {
      var found = Proposal.Evidence(table: table, column: column)
      found.numbers = 3
      return found
    }
    let number = evidence("cards", "number")
    for column in ["body", "c1", "c1body"] {
      let found = [number, evidence("mail_content", column)]
      let proposal = try Proposal(target: shop.config.target, mapping: "m.csv", evidence: found)
      #expect(proposal.config.scrub.contains(.init(table: "mail", column: "body", action: .redact)))
      #expect(proposal.leftOut.isEmpty)
      #expect(
        try shop.plan(found: found).notScrubbed == [
          .init(store: "mail_content.\(column)", count: 3)
        ])
    }
    let index = [number, evidence("mail_data", "block")]
    let proposal = try Proposal(target: shop.config.target, mapping: "m.csv", evidence: index)
    #expect(proposal.leftOut == [.init(store: "mail_data.block", count: 3)])
    shop.config.scrub.append(.init(table: "mail", column: "body", action: .redact))
    #expect(
      try shop.plan(found: index + [evidence("mail_content", "body")]).notScrubbed.isEmpty)
  }

  /// What the file says in so many words.
  private func filled(_ config: MigrationConfig) -> MigrationConfig {
    var config = config
    config.link.batchRows = MigrationConfig.Link.batchRowsDefault
    config.link.expired = true
    config.link.duplicates = true
    config.exceptions = []
    config.intake?.cards = [:]
    return config
  }

  @Test(arguments: [
    ("sqlite:shop.db", "sqlite:shop.db"),
    ("sqlite:a@b:c/d?password=x", "sqlite:a@b:c/d?password=x"),
    ("postgres://shop:secret@db/orders", "postgres://shop@db/orders"),
    (
      "postgres://shop@db:5432/orders?sslmode=require",
      "postgres://shop@db:5432/orders?sslmode=require"
    ),
    ("mysql://shop:a/b?c@d@db:3306/orders", "mysql://shop@db:3306/orders"),
    ("postgres://db/orders?user=u&password=secret", "postgres://db/orders?user=u"),
    ("postgres://db/orders?PASSWORD=secret", "postgres://db/orders"),
    ("mariadb://shop:@db/orders", "mariadb://shop@db/orders"),
    ("postgres://db:5432/orders", "postgres://db:5432/orders"),
  ])
  func `a password in a URL is found wherever it stands`(target: String, without: String) {
    #expect(TargetSecret.removed(from: target) == without)
    #expect(TargetSecret.isIn(target) == (target != without))
  }

  @Test func `a target is read as a scan reads it, and told when it means nothing`() throws {
    let shop = try Shop()
    let path = shop.config.target.dropFirst("sqlite:".count)
    #expect(try openMigrationDatabase("SQLite:\(path)").schema().tables.count == 2)
    for target in [
      "POSTGRES://u@h/x?sslmode=off", "postgresql://u@h:port/x", "postgres:x",
      "mariadb://u@h/x?ssl-mode=off",
    ] {
      #expect(code { _ = try openMigrationDatabase(target) } == .targetUnclear, "\(target)")
    }
    #expect(code { _ = try openMigrationDatabase("s3://bucket") } == .targetUnsupported)
  }

  @Test func `a configuration with a password is refused`() throws {
    let shop = try Shop()
    shop.config.target = "postgres://shop:secret@db/orders"
    try shop.write(try MigrationPlan.encode(shop.config, pretty: true), to: "secret.json5")
    #expect(code { _ = try MigrationConfig.load(shop.path("secret.json5")) } == .configValue)
  }

  @Test func `keys as long as card numbers are taken only when the configuration says so`() throws {
    let key = "4242424242424242"
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, name TEXT);
      CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT,
        exp_month INTEGER, exp_year INTEGER, cvv TEXT);
      INSERT INTO customers VALUES (\(key), 'a@example.com', 'A');
      INSERT INTO cards VALUES (10, \(key), '4242424242424242', 9, 2030, '123');
      """,
      mapping: [
        Shop.row(key, "10", "cus_abc123def456", "pm_2222222222", "4242", "09", "2030", "Visa")
      ])
    #expect(throws: MappingError.self) { try shop.match() }
    shop.config.mapping.longNumericKeys = true
    #expect(try shop.match().counts.cards.linkable == 1)
  }
}
