import Foundation
import TestSupport
import Testing

@testable import Migration

/// Scrubbing on real servers.
@Suite(.enabled(if: !ServerShop.kinds.isEmpty, "no database server is installed"))
struct ServerScrubTests {
  private static let numbers = ["4242424242424242", "5555 5555 5555 4444", "5555555555554444"]

  @Test(arguments: ServerShop.kinds)
  func `numbers are gone from rows and files`(kind: ServerDatabase.Kind) throws {
    let server = try ServerShop(kind)
    let shop = server.shop
    try server.database.execute(
      "CREATE INDEX by_number ON cards(number)",
      "CREATE TABLE notes(id int PRIMARY KEY, body text)",
      "INSERT INTO notes VALUES (1, 'charge 4242424242424242 exp 11/27'), (2, 'nothing here')")
    #expect(!(try server.database.filesHolding(Self.numbers)).isEmpty)
    shop.config.scrub.append(.init(table: "notes", column: "body", action: .redact))
    shop.config.link.batchRows = 1
    let plan = try shop.plan()
    #expect(code { try shop.scrub(plan) } == .nothingWritten)
    try shop.link(plan)
    let outcome = try shop.scrub(plan)
    #expect(outcome == .init(rows: 4, changed: 3, droppedColumns: 0))
    #expect(
      try server.database.rows("SELECT number, cvv, last4 FROM cards ORDER BY id") == [
        "NULL|NULL|4242", "NULL|NULL|4444",
      ])
    #expect(
      try server.database.rows("SELECT body FROM notes ORDER BY id") == [
        "charge ************4242 exp 11/27", "nothing here",
      ])
    #expect(try server.database.filesHolding(Self.numbers) == [])
    #expect(code { _ = try shop.run(plan, isRollback: true).checkRollback() } == .scrubBegun)
    // A second time there is nothing to do.
    #expect(try shop.scrub(plan).changed == 3)
  }

  @Test(arguments: ServerShop.kinds)
  func `a number that became zero leaves its record linked`(kind: ServerDatabase.Kind) throws {
    let tables = (ServerShop.tables + ServerShop.rows).map {
      $0.replacing("number varchar(40)", with: "number bigint NOT NULL")
        .replacing("5555 5555 5555 4444", with: "5555555555554444")
    }
    let server = try ServerShop(kind, tables)
    let shop = server.shop
    shop.config.scrub[0].action = .zero
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(
      try server.database.rows("SELECT number, last4 FROM cards ORDER BY id") == [
        "0|4242", "0|4444",
      ])
    #expect(try shop.match().counts.cards.linked == 2)
  }

  @Test(arguments: ServerShop.kinds)
  func `a card that was replaced after linking is kept`(kind: ServerDatabase.Kind) throws {
    let server = try ServerShop(kind)
    let shop = server.shop
    shop.config.scrub[0].action = .drop
    let plan = try shop.plan()
    try shop.link(plan)
    try server.database.execute("UPDATE cards SET number = '4000056655665556' WHERE id = 20")
    #expect(code { try shop.scrub(plan) } == .changedAfterLink)
    #expect(try server.database.rows("SELECT count(number), count(cvv) FROM cards") == ["2|2"])
    try server.database.execute("UPDATE cards SET number = '5555555555554444' WHERE id = 20")
    #expect(try shop.scrub(plan).droppedColumns == 1)
  }

  @Test(arguments: ServerShop.kinds)
  func `masks are tried as long as they will be, and what is left of a text`(
    kind: ServerDatabase.Kind
  ) throws {
    let server = try ServerShop(kind)
    let shop = server.shop
    let notNull =
      kind == .postgreSQL ? "ALTER COLUMN cvv SET NOT NULL" : "MODIFY cvv varchar(4) NOT NULL"
    try server.database.execute(
      "ALTER TABLE cards \(notNull)",
      "ALTER TABLE cards ADD CONSTRAINT three CHECK (length(cvv) = 3)",
      """
      CREATE TABLE orders(id int PRIMARY KEY, reference varchar(40) NOT NULL,
        CONSTRAINT plain CHECK (reference LIKE '1%' OR reference LIKE '4%'))
      """,
      "INSERT INTO orders VALUES (1, '1001'), (2, '4242424242424242')")
    let before = try server.dump()
    var number = Proposal.Evidence(table: "cards", column: "number")
    number.numbers = 2
    let proposal = try Proposal(
      target: shop.config.target, mapping: "m.csv", evidence: [number], detector: Shop.detector)
    #expect(
      proposal.config.scrub == [
        .init(table: "cards", column: "number", action: .null),
        .init(table: "cards", column: "cvv", action: .mask),
      ])
    shop.config.scrub = proposal.config.scrub
    shop.config.scrub.append(.init(table: "orders", column: "reference", action: .redact))
    let error = #expect(throws: MigrationError.self) { _ = try shop.plan() }
    #expect(error?.code == .rehearsalFailed && error?.subject.contains("4242") == false)
    #expect(try server.dump() == before)
    shop.config.scrub.removeLast()
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(try server.database.rows("SELECT DISTINCT number, cvv FROM cards") == ["NULL|***"])
  }

  @Test(arguments: ServerShop.kinds)
  func `what the schema forbids is refused when the plan is made`(
    kind: ServerDatabase.Kind
  ) throws {
    let server = try ServerShop(kind)
    let shop = server.shop
    let before = try server.dump()
    try server.database.execute(
      "ALTER TABLE cards ADD CONSTRAINT whole CHECK (number IS NULL OR length(number) > 15)",
      "ALTER TABLE cards ADD CONSTRAINT has_code CHECK (cvv IS NOT NULL)")
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    shop.config.scrub[1].action = .mask
    shop.config.scrub[0].action = .empty
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    shop.config.scrub[0].action = .mask
    let plan = try shop.plan()
    try server.database.execute(
      "ALTER TABLE cards DROP CONSTRAINT whole", "ALTER TABLE cards DROP CONSTRAINT has_code")
    #expect(try server.dump() == before)
    #expect(code { try shop.link(plan) } == .schemaChanged)
    try server.database.execute("CREATE UNIQUE INDEX once ON cards(number)")
    #expect(code { _ = try shop.plan() } == .maskedTwice)
    shop.config.scrub[0].action = .drop
    let second = try shop.plan()
    try shop.link(second)
    #expect(try shop.scrub(second).droppedColumns == 1)
    #expect(
      try server.database.rows("SELECT cvv, last4 FROM cards ORDER BY id") == [
        "***|4242", "***|4444",
      ])
    #expect(!(try server.database.columns(of: "cards").contains("number")))
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `triggers, views, generated columns and partitions of PostgreSQL`() throws {
    let server = try ServerShop(
      .postgreSQL,
      [
        ServerShop.tables[0],
        """
        CREATE TABLE cards(id int PRIMARY KEY, customer_id int REFERENCES customers(id),
          number text NOT NULL, exp_month int, exp_year int, cvv text,
          tail text GENERATED ALWAYS AS (right(number, 4)) STORED) PARTITION BY RANGE (id)
        """, "CREATE TABLE cards_a PARTITION OF cards FOR VALUES FROM (0) TO (15)",
        "CREATE TABLE cards_b PARTITION OF cards FOR VALUES FROM (15) TO (99)",
      ] + ServerShop.rows + [
        "CREATE TABLE audit(id int, old text)",
        """
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO audit VALUES (OLD.id, OLD.number); RETURN NEW; END $$
        """,
        "CREATE TRIGGER note AFTER UPDATE ON cards FOR EACH ROW EXECUTE FUNCTION note()",
        "CREATE MATERIALIZED VIEW copies AS SELECT id, number FROM cards",
        "CREATE MATERIALIZED VIEW copies_of_copies AS SELECT * FROM copies",
      ])
    let shop = server.shop
    shop.config.scrub = [
      .init(table: "cards", column: "number", action: .mask),
      .init(table: "cards", column: "cvv", action: .null),
    ]
    #expect(code { _ = try shop.plan() } == .triggersPresent)
    shop.config.triggers = .suspend
    shop.config.scrub[0].action = .drop
    // Two views and a generated column are made from it.
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    shop.config.scrub[0].action = .mask
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(try server.database.rows("SELECT count(*) FROM audit") == ["0"])
    #expect(
      try server.database.rows(
        "SELECT number, tail FROM copies_of_copies JOIN cards USING (id, number) ORDER BY id") == [
          "************4242|4242", "************4444|4444",
        ])
    #expect(try server.database.filesHolding(Self.numbers) == [])
    try server.database.execute("UPDATE cards SET cvv = '1' WHERE id = 10")
    #expect(try server.database.rows("SELECT count(*) FROM audit") == ["1"])
  }

  @Test(.enabled(if: TestServer.hasMariaDB, "MariaDB is not installed"))
  func `triggers, views, generated columns and foreign keys of MariaDB`() throws {
    let server = try ServerShop(
      .mariaDB,
      [
        ServerShop.tables[0],
        """
        CREATE TABLE cards(id int PRIMARY KEY, customer_id int REFERENCES customers(id),
          number varchar(40) NOT NULL, exp_month int, exp_year int, cvv varchar(4),
          note varchar(80) CHARACTER SET latin1,
          extra longtext CHECK (json_valid(extra)), kind enum('a', 'b') NOT NULL DEFAULT 'a',
          tail varchar(4) GENERATED ALWAYS AS (right(number, 4)) STORED,
          KEY (customer_id, number), UNIQUE (tail, number))
        """,
      ]
        + ServerShop.rows.map {
          $0.replacingOccurrences(
            of: "INTO cards", with: "INTO cards(id, customer_id, number, exp_month, exp_year, cvv)")
        } + [
          "UPDATE cards SET extra = '{\"pan\": 4242424242424242}', note = 'café 4242424242424242' WHERE id = 10",
          "CREATE TABLE audit(id int PRIMARY KEY AUTO_INCREMENT, old varchar(40))",
          """
          CREATE TRIGGER note AFTER UPDATE ON cards FOR EACH ROW
            INSERT INTO audit(old) VALUES (OLD.number)
          """, "CREATE VIEW numbers AS SELECT c.number AS n FROM cards c",
        ])
    let shop = server.shop
    shop.config.scrub = [
      .init(table: "cards", column: "number", action: .drop),
      .init(table: "cards", column: "cvv", action: .null),
      .init(table: "cards", column: "extra", action: .redact),
      .init(table: "cards", column: "note", action: .redact),
      .init(table: "audit", column: "old", action: .mask),
    ]
    shop.config.triggers = .suspend
    #expect(code { _ = try shop.plan() } == .triggersPresent)
    shop.config.triggers = .fire
    // The view, then the generated column are made from it.
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    try server.database.execute("DROP VIEW numbers")
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    try server.database.execute("ALTER TABLE cards DROP INDEX tail, DROP COLUMN tail")
    shop.config.scrub[1] = .init(table: "cards", column: "customer_id", action: .drop)
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    shop.config.scrub[1] = .init(table: "cards", column: "cvv", action: .null)
    let plan = try shop.plan()
    try shop.link(plan)
    #expect(!(try server.database.filesHolding(Self.numbers)).isEmpty)
    try shop.scrub(plan)
    #expect(
      try server.database.rows("SELECT extra, note, kind, cvv, last4 FROM cards ORDER BY id") == [
        "{\"pan\": 9000000000004242}|café ************4242|a|NULL|4242", "NULL|NULL|a|NULL|4444",
      ])
    // What the trigger copied while the cards were changed went behind them.
    let audit = try server.database.rows("SELECT DISTINCT old FROM audit ORDER BY old")
    #expect(audit == ["************4242", "************4444"])
    #expect(try server.database.filesHolding(Self.numbers) == [])
  }

  @Test(.enabled(if: TestServer.hasMariaDB, "MariaDB is not installed"))
  func `indexes for full text and partitions of MariaDB are rehearsed and scrubbed`() throws {
    let server = try ServerShop(
      .mariaDB,
      [
        ServerShop.tables[0],
        """
        CREATE TABLE cards(id int NOT NULL, customer_id int, number varchar(40),
          exp_month int, exp_year int, cvv varchar(4), PRIMARY KEY (id))
          PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (15) COMMENT = 'x',
            PARTITION b VALUES LESS THAN MAXVALUE)
        """,
      ] + ServerShop.rows + [
        """
        CREATE TABLE notes(id int PRIMARY KEY, customer_id int, title char(1), body longtext,
          old varchar(40), place point NOT NULL, CONSTRAINT short CHECK (length(title) < 2),
          FULLTEXT KEY `by (all)` (title, body), FULLTEXT KEY (old), SPATIAL KEY (place),
          FOREIGN KEY (customer_id) REFERENCES customers(id)) ROW_FORMAT=COMPRESSED COMMENT ') x'
        """,
        "CREATE TABLE parts(id int, code int) PARTITION BY HASH (code) PARTITIONS 2",
        """
        INSERT INTO notes VALUES (1, 1, 'a', 'charge 4242424242424242 now', '4242424242424242',
          point(1, 1))
        """,
      ])
    let shop = server.shop
    shop.config.scrub += [
      .init(table: "notes", column: "body", action: .redact),
      .init(table: "notes", column: "old", action: .drop),
    ]
    let before = try server.dump()
    shop.config.scrub.append(.init(table: "parts", column: "code", action: .drop))
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    shop.config.scrub.removeLast()
    let plan = try shop.plan()
    #expect(try server.dump() == before)
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(try server.database.rows("SELECT body FROM notes") == ["charge ************4242 now"])
    #expect(
      try server.database.rows(
        "SELECT count(*) FROM notes WHERE match(title, body) against ('charge')") == ["1"])
    #expect(try server.database.filesHolding(Self.numbers) == [])
  }

  @Test(.enabled(if: TestServer.hasMariaDB, "MariaDB is not installed"))
  func `a rehearsal that fails says what the server said`() throws {
    let server = try ServerShop(.mariaDB)
    try server.database.execute(
      "ALTER TABLE cards ADD COLUMN tail varchar(4) AS (right(number, 4))")
    server.shop.config.scrub[0].action = .drop
    let error = #expect(throws: MigrationError.self) { _ = try server.shop.plan() }
    #expect(error?.code == .rehearsalFailed && error?.cause?.contains("number") == true)
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `what partitions hold counts for their table, and no inherited column is dropped`() throws {
    let server = try ServerShop(
      .postgreSQL,
      ServerShop.tables + ServerShop.rows + [
        "CREATE TABLE log(id int PRIMARY KEY, line text) PARTITION BY RANGE (id)",
        "CREATE TABLE log_a PARTITION OF log FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id)",
        "CREATE TABLE log_b PARTITION OF log_a FOR VALUES FROM (0) TO (9)",
        "CREATE TABLE base(code bigint NOT NULL)",
        "CREATE TABLE child(id int PRIMARY KEY, UNIQUE (code)) INHERITS (base)",
      ])
    func found(_ table: String, _ column: String) -> Proposal.Evidence {
      var evidence = Proposal.Evidence(table: table, column: column)
      evidence.numbers = 3
      return evidence
    }
    let evidence = [
      found("public.cards", "number"), found("public.log_b", "line"), found("public.child", "code"),
      found("definitions", "text"), found("pg_catalog.pg_largeobject", "data"),
      found("pg_catalog.pg_statistic", "stavalues1"),
    ]
    let proposal = try Proposal(
      target: server.shop.config.target, mapping: "m.csv", evidence: evidence,
      detector: Shop.detector)
    #expect(proposal.config.scrub.contains(.init(table: "log", column: "line", action: .redact)))
    #expect(
      proposal.leftOut.map(\.store) == [
        "child.code", "definitions.text", "pg_catalog.pg_largeobject.data",
      ])
    #expect(proposal.notes.contains(.init("definitions.text", .unreached)))
    #expect(
      try server.shop.plan(found: evidence).notScrubbed.map(\.store) == [
        "log.line", "child.code", "definitions.text", "pg_catalog.pg_largeobject.data",
      ])
  }

  @Test(arguments: ServerShop.kinds)
  func `a column with a CHECK is proposed with the word that nothing was tried`(
    kind: ServerDatabase.Kind
  ) throws {
    let server = try ServerShop(kind)
    try server.database.execute("ALTER TABLE cards ADD CONSTRAINT k CHECK (length(number) > 1)")
    var number = Proposal.Evidence(table: "cards", column: "number")
    number.numbers = 2
    let proposal = try Proposal(
      target: server.shop.config.target, mapping: "m.csv", evidence: [number],
      detector: Shop.detector)
    #expect(proposal.notes.contains(.init("cards.number", .untried)))
  }

  @Test(arguments: ServerShop.kinds)
  func `nobody writes to a table between the last look and the end of its column`(
    kind: ServerDatabase.Kind
  ) throws {
    let server = try ServerShop(kind)
    let waits = kind == .mariaDB ? "SET lock_wait_timeout = 1" : "SET lock_timeout = '500ms'"
    try server.database.execute(waits)
    let update = "UPDATE cards SET number = '4000056655665556' WHERE id = 20"
    let database = try openMigrationDatabase(server.shop.config.target, forWriting: true)
    try database.transaction { () throws(MigrationError) in
      try database.keepWritersOut(of: "cards")
      #expect(throws: (any Error).self) { try server.database.execute(update) }
      try database.execute("ALTER TABLE cards DROP COLUMN cvv")
    }
    try server.database.execute(update)
  }
}
