import Foundation
import Testing

@testable import Migration

@Suite struct ScrubTests {
  @Test(arguments: ["DELETE", "TRUNCATE", "PERSIST", "WAL"])
  func `no file of the database holds a number afterwards`(journal: String) throws {
    let shop = try Shop(
      """
      PRAGMA journal_mode = \(journal);
      \(Shop.plain)
      CREATE INDEX by_number ON cards(number);
      INSERT INTO cards VALUES (30, 3, '4111111111111111', 1, 2030, '789');
      DELETE FROM cards WHERE id = 30;
      """)
    #expect(try !shop.holds("4242424242424242", "4111111111111111").isEmpty)
    let plan = try shop.plan()
    try shop.link(plan)
    #expect(try shop.scrub(plan) == .init(rows: 2, changed: 2, droppedColumns: 0))
    #expect(try shop.rows("SELECT number, cvv FROM cards") == ["NULL|NULL", "NULL|NULL"])
    #expect(
      try shop.holds("4242424242424242", "4111111111111111", "5555 5555 5555 4444").isEmpty)
    #expect(try shop.rows("SELECT last4 FROM cards") == ["4242", "4444"])
  }

  @Test func `scrub waits for complete linking or exceptions`() throws {
    let shop = try Shop(mapping: [Shop.mapping[1]])
    let plan = try shop.plan()
    #expect(code { try shop.scrub(plan) } == .nothingWritten)
    try shop.link(plan)
    #expect(code { try shop.scrub(plan) } == .incompleteLinking)
    // What was refused is in the ledger as well.
    var told: [String] = []
    try Ledger.read(shop.path("ledger.db")) { entry in
      let detail = Ledger.Detail.read(entry.detail)
      if detail?.command == "scrub" { told.append("\(entry.event) \(detail?.outcome ?? "-")") }
    }
    #expect(
      told == [
        "begin -", "end stopped: nothingWritten", "begin -", "end stopped: incompleteLinking",
      ])
    shop.config.exceptions = [
      .init(table: "cards", key: "10"), .init(table: "customers", key: "1"),
    ]
    let second = try shop.plan()
    try shop.link(second)
    #expect(code { try shop.run(second).checkScrub(confirmed: plan.digest) } == .confirmMismatch)
    try shop.scrub(second)
    #expect(try shop.rows("SELECT count(number) FROM cards") == ["0"])
    #expect(
      code { _ = try shop.run(second, isRollback: true).checkRollback() } == .scrubBegun)
  }

  @Test func `a row that came after linking stops the scrub and keeps its data`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.execute("INSERT INTO cards(id, customer_id, number) VALUES (5, 3, '4111111111111111')")
    #expect(throws: MigrationError(.unlinkedRow, "cards 5", count: 1)) { try shop.scrub(plan) }
    #expect(try shop.rows("SELECT count(number) FROM cards") == ["3"])
    #expect(try shop.run(plan, isRollback: true).checkRollback() == 4)
  }

  @Test(arguments: [
    ("cards SET number = '4000056655665556' WHERE id = 20", "cards 20", "last4-differs"),
    ("cards SET number = 'see the safe' WHERE id = 20", "cards 20", "number-is-no-card-number"),
    ("cards SET exp_year = 2035 WHERE id = 20", "cards 20", "expiry-differs"),
    ("cards SET customer_id = 1 WHERE id = 20", "cards 20", "card-of-another-customer"),
    (
      "cards SET stripe_payment_method_id = 'pm_2222222222' WHERE id = 20", "cards 20",
      "another-id-is-stored"
    ),
    ("cards SET last4 = NULL WHERE id = 20", "cards 20", "what link wrote is gone or another one"),
    (
      "cards SET brand = 'visa' WHERE id = 20", "cards 20", "what link wrote is gone or another one"
    ),
    (
      "customers SET stripe_customer_id = NULL WHERE id = 2", "customers 2",
      "what link wrote is gone or another one"
    ),
    (
      "customers SET stripe_customer_id = 'cus_other12345' WHERE id = 2", "customers 2",
      "another-id-is-stored"
    ),
  ])
  func `a row that changed after linking stops the scrub before anything is cleared`(
    change: String, place: String, cause: String
  ) throws {
    let shop = try Shop()
    shop.config.link.batchRows = 1
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.execute("UPDATE \(change)")
    let before = try shop.dump()
    let expected = MigrationError(.changedAfterLink, place, cause: cause, count: 1)
    #expect(throws: expected) { try shop.run(plan).checkRows() }
    #expect(throws: expected) { try shop.scrub(plan) }
    #expect(try shop.dump() == before)
    #expect(try shop.run(plan, isRollback: true).checkRollback() == 4)
  }

  @Test func `of a column of numbers only card numbers go`() throws {
    let shop = try Shop(
      Shop.plain + """
        CREATE TABLE orders(id INTEGER PRIMARY KEY, pan INTEGER, card_number INTEGER NOT NULL);
        INSERT INTO orders VALUES (1, 4111111111111111, 17), (2, 18, 4111111111111111),
          (3, NULL, 20261121);
        """)
    shop.config.scrub += [
      .init(table: "orders", column: "pan", action: .redact),
      .init(table: "orders", column: "card_number", action: .redact),
    ]
    let plan = try shop.plan()
    try shop.link(plan)
    _ = try shop.scrub(plan)
    #expect(try shop.rows("SELECT * FROM orders") == ["1|NULL|17", "2|18|0", "3|NULL|20261121"])
  }

  @Test func `a number may not become zero where no two rows may be the same`() throws {
    let shop = try Shop(
      Shop.plain + "CREATE TABLE o(id INTEGER PRIMARY KEY, n INTEGER UNIQUE NOT NULL);")
    shop.config.scrub.append(.init(table: "o", column: "n", action: .redact))
    #expect(throws: MigrationError(.maskedTwice, "o.n")) { try shop.plan() }
  }

  @Test func `a card replaced where the mapping has ids only is told by what link wrote`() throws {
    let header = "customer_id_old,source_id_old,customer_id_new,source_id_new"
    let shop = try Shop(
      """
      CREATE TABLE customers(id TEXT PRIMARY KEY);
      CREATE TABLE cards(id TEXT PRIMARY KEY, customer_id TEXT, number TEXT, cvv TEXT);
      INSERT INTO customers VALUES ('cus_oldoldold1');
      INSERT INTO cards VALUES ('card_oldoldold1', 'cus_oldoldold1', '4242424242424242', '123');
      """)
    shop.config.cards.expiryMonth = nil
    shop.config.cards.expiryYear = nil
    try shop.write(
      header + "\ncus_oldoldold1,card_oldoldold1,cus_oldoldold1,pm_2222222222\n",
      to: "mapping.csv")
    let plan = try shop.plan()
    try shop.link(plan)
    #expect(try shop.rows("SELECT last4 FROM cards") == ["4242"])
    try shop.execute("UPDATE cards SET number = '4000056655665556'")
    #expect(code { try shop.scrub(plan) } == .changedAfterLink)
    try shop.execute("UPDATE cards SET number = '4242424242424242'")
    #expect(try shop.scrub(plan).changed == 1)
  }

  @Test func `a card that is replaced while rows are scrubbed is kept`() throws {
    let shop = try Shop()
    shop.config.link.batchRows = 1
    let plan = try shop.plan()
    try shop.link(plan)
    let run = try shop.run(plan)
    run.progress = { step, rows in
      guard step == "scrub:cards", rows == 1 else { return }
      do {
        try shop.execute("UPDATE cards SET number = '4000056655665556' WHERE id = 20")
      } catch {
        Issue.record("\(error)")
      }
    }
    #expect(
      code { _ = try run.scrub(confirmed: plan.digest, ledger: shop.ledger()) }
        == .changedAfterLink)
    #expect(try shop.rows("SELECT number FROM cards") == ["NULL", "4000056655665556"])
  }

  @Test func `a card that is replaced before its column is dropped is kept`() throws {
    let shop = try Shop()
    shop.config.scrub[0].action = .drop
    let plan = try shop.plan()
    try shop.link(plan)
    var run: MigrationRun? = try shop.run(plan)
    run?.progress = { step, _ in
      guard step == "scrub:cards" else { return }
      do {
        try shop.execute("UPDATE cards SET number = '4000056655665556' WHERE id = 20")
      } catch {
        Issue.record("\(error)")
      }
    }
    #expect(
      code { _ = try run?.scrub(confirmed: plan.digest, ledger: shop.ledger()) }
        == .changedAfterLink)
    #expect(try shop.rows("SELECT number FROM cards WHERE id = 20") == ["4000056655665556"])
    run = nil
    try shop.execute("UPDATE cards SET number = '5555555555554444' WHERE id = 20")
    #expect(try shop.scrub(plan).droppedColumns == 1)
  }

  @Test(arguments: ["INTEGER", "TEXT"])
  func `a number that became zero leaves its record linked`(type: String) throws {
    let shop = try Shop(
      Shop.plain.replacing("number TEXT", with: "number \(type) NOT NULL")
        .replacing("5555 5555 5555 4444", with: "5555555555554444"))
    shop.config.scrub[0].action = .zero
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(
      try shop.rows("SELECT CAST(number AS INTEGER), last4 FROM cards") == [
        "0|4242", "0|4444",
      ])
    #expect(try shop.match().counts.cards.linked == 2)
    // One that was never linked has nothing to be told by.
    try shop.execute(
      "UPDATE cards SET stripe_payment_method_id = NULL, brand = NULL, last4 = NULL WHERE id = 10")
    #expect(try shop.match().records.map(\.reason) == [.nothingToCompare, .noCard])
  }

  @Test func `a number goes after its expiry was set to zero`() throws {
    let shop = try Shop()
    shop.config.scrub = [
      .init(table: "cards", column: "cvv", action: .null),
      .init(table: "cards", column: "exp_month", action: .zero),
      .init(table: "cards", column: "exp_year", action: .zero),
      .init(table: "cards", column: "number", action: .drop),
    ]
    let plan = try shop.plan()
    try shop.link(plan)
    #expect(try shop.scrub(plan).droppedColumns == 1)
    #expect(try shop.rows("SELECT exp_month, exp_year FROM cards") == ["0|0", "0|0"])
  }

  @Test func `indexes for full text of every kind lose their words, and the plan says how`() throws
  {
    let shop = try Shop(
      """
      \(Shop.plain)
      CREATE VIRTUAL TABLE a USING fts5(body, content = '');
      CREATE VIRTUAL TABLE b USING fts4(content="", body);
      CREATE VIRTUAL TABLE c USING fts3(body);
      CREATE VIRTUAL TABLE d USING fts5vocab(a, row);
      CREATE VIRTUAL TABLE e USING fts4aux(b);
      INSERT INTO a(rowid, body) VALUES (1, 'my card is 4012888888881881 thanks');
      INSERT INTO b(rowid, body) VALUES (1, 'my card is 4012888888881881 thanks');
      INSERT INTO c(rowid, body) VALUES (1, 'my card is 4012888888881881 thanks');
      """)
    shop.config.scrub.append(.init(table: "c", column: "body", action: .redact))
    let plan = try shop.plan()
    let clean = try #require(plan.scrub.last?.sql)
    for words in ["INTO \"a\"(\"a\") VALUES('delete-all')", "FROM \"b_segdir\"", "'rebuild'"] {
      #expect(clean.count { $0.contains(words) } == 1, "\(clean)")
    }
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(try shop.holds("4012888888881881") == [])
    #expect(
      try shop.rows("SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM e), body FROM c") == [
        "0|0|my card is ************1881 thanks"
      ])
    // The indexes take words again.
    try shop.execute(
      """
      INSERT INTO a(rowid, body) VALUES (2, 'again'); INSERT INTO b(rowid, body) VALUES (2, 'again')
      """)
    #expect(
      try shop.rows(
        "SELECT count(*) FROM a('again') UNION ALL SELECT count(*) FROM b WHERE b MATCH 'again'")
        == ["1", "1"])
  }

  @Test func `groups of a number are gone from indexes of pieces of words`() throws {
    let shop = try Shop(
      """
      \(Shop.plain)
      CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);
      CREATE VIRTUAL TABLE a USING fts5(body, tokenize = 'trigram');
      CREATE VIRTUAL TABLE b USING fts5(body, content = '', tokenize = 'trigram');
      CREATE VIRTUAL TABLE c USING fts5(body, content = '');
      CREATE VIRTUAL TABLE d USING fts5(body, content = 'notes', content_rowid = 'id');
      INSERT INTO notes VALUES (1, 'my card is 4012 8888 8888 1881 thanks');
      INSERT INTO a(rowid, body) SELECT id, body FROM notes;
      INSERT INTO b(rowid, body) SELECT id, body FROM notes;
      INSERT INTO c(rowid, body) SELECT id, body FROM notes;
      INSERT INTO d(d) VALUES ('rebuild');
      """)
    #expect(try shop.holds("4012", "8888") != [])
    shop.config.scrub += [
      .init(table: "notes", column: "body", action: .redact),
      .init(table: "a", column: "body", action: .redact),
    ]
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(try shop.holds("4012", "8888", "888", "401") == [])
    #expect(
      try shop.rows("SELECT count(*) FROM a('thanks') UNION ALL SELECT count(*) FROM d('thanks')")
        == ["1", "1"])
  }

  @Test func `an index that only the shop's own program can pack is told`() throws {
    let shop = try Shop(
      Shop.plain
        + "CREATE VIRTUAL TABLE mail USING fts4(body, compress=zip, uncompress=unzip);")
    let error = #expect(throws: MigrationError.self) { _ = try shop.plan() }
    #expect(error?.code == .rehearsalFailed && error?.cause?.contains("compress=") == true)
  }

  @Test func `what is left of an array of PostgreSQL is a mask, of JSON still JSON`() throws {
    let redactor = Redactor(Shop.detector)
    for (text, rest) in [
      ("{visa,4000056655665556}", "{visa,************5556}"),
      (#"{"a b",4000056655665556}"#, #"{"a b",************5556}"#),
      (#"{"pan": 1, "number": 4000056655665556}"#, #"{"pan": 1, "number": 9000000000005556}"#),
      ("[1, 4000056655665556]", "[1, 9000000000005556]"),
    ] {
      let found = Array(text.utf8).withUnsafeBytes { redactor.redacted($0, column: "numbers") }
      #expect(found.map { String(decoding: $0, as: UTF8.self) } == rest)
    }
  }

  @Test func `tables, views and triggers in another order are no other schema`() throws {
    let shop = try Shop(
      """
      CREATE VIRTUAL TABLE mail USING fts5(body);
      \(Shop.plain)
      CREATE TABLE orders(id INTEGER PRIMARY KEY, notes TEXT);
      CREATE TABLE log(line TEXT);
      CREATE TRIGGER a AFTER UPDATE ON cards BEGIN INSERT INTO log VALUES (OLD.number); END;
      CREATE VIEW billing AS SELECT id, last4 FROM (SELECT id, '' AS last4 FROM cards);
      CREATE TRIGGER b AFTER UPDATE ON orders BEGIN INSERT INTO log VALUES ('b'); END;
      """)
    shop.config.triggers = .suspend
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.execute("VACUUM")
    try shop.scrub(plan)
    // It ends with VACUUM too, and one that was stopped behind it goes on.
    try shop.scrub(plan)
    #expect(try shop.rows("SELECT count(number) FROM cards") == ["0"])
  }

  @Test func `columns are masked, emptied, zeroed and dropped as planned`() throws {
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY);
      CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT NOT NULL,
        exp_month INTEGER, exp_year INTEGER, cvv TEXT NOT NULL, pan INTEGER NOT NULL,
        track TEXT, last TEXT GENERATED ALWAYS AS (substr(number, -4)) VIRTUAL);
      CREATE INDEX by_track ON cards(track);
      INSERT INTO customers VALUES (1), (2);
      INSERT INTO cards VALUES (10, 1, '4242-4242-4242-4242', 9, 2030, '123', 4242424242424242, 'a'),
        (20, 2, '5555555555554444', 12, 2031, '456', 5555555555554444, 'b');
      """)
    shop.config.scrub = [
      .init(table: "cards", column: "number", action: .mask),
      .init(table: "cards", column: "cvv", action: .empty),
      .init(table: "cards", column: "pan", action: .zero),
      .init(table: "cards", column: "track", action: .drop),
    ]
    let plan = try shop.plan()
    try shop.link(plan)
    #expect(try shop.scrub(plan).droppedColumns == 1)
    #expect(
      try shop.rows("SELECT number, cvv, pan, last FROM cards") == [
        "************4242||0|4242", "************4444||0|4444",
      ])
    #expect(try shop.rows("SELECT name FROM pragma_index_list('cards')").isEmpty)
    // Again: nothing left to do, nothing goes wrong.
    #expect(try shop.scrub(plan).droppedColumns == 0)
  }

  @Test(arguments: [
    ("number TEXT NOT NULL", MigrationConfig.Action.null, MigrationError.Code.cannotBeNull),
    ("number TEXT CHECK(number IS NOT NULL)", .null, .rehearsalFailed),
    ("number TEXT CHECK(length(number) = 16 AND number NOT LIKE '%*%')", .mask, .rehearsalFailed),
    ("number INTEGER", .mask, .actionOfType),
    ("number TEXT UNIQUE", .mask, .maskedTwice), ("number TEXT UNIQUE", .drop, .rehearsalFailed),
  ])
  func `what the database would refuse is refused by the plan`(
    column: String, action: MigrationConfig.Action, expected: MigrationError.Code
  ) throws {
    let shop = try Shop(
      Shop.plain.replacingOccurrences(of: "number TEXT", with: column)
        .replacingOccurrences(of: "5555 5555 5555 4444", with: "5555555555554444"))
    shop.config.scrub = [.init(table: "cards", column: "number", action: action)]
    #expect(code { _ = try shop.plan() } == expected)
  }

  @Test func `a view keeps its column from being dropped, not from being cleared`() throws {
    let shop = try Shop(
      Shop.plain + "CREATE VIEW billing AS SELECT id, number FROM cards;")
    shop.config.scrub[0].action = .drop
    #expect(code { _ = try shop.plan() } == .rehearsalFailed)
    shop.config.scrub[0].action = .null
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(try shop.rows("SELECT count(number) FROM billing") == ["0"])
  }

  private static let audited = """
    \(Shop.plain)
    CREATE TABLE log(line TEXT);
    CREATE TRIGGER audit AFTER UPDATE ON cards BEGIN
      INSERT INTO log VALUES ('was ' || OLD.number); END;
    """

  @Test func `a trigger that would copy numbers does not fire and is there afterwards`() throws {
    let shop = try Shop(Self.audited)
    #expect(code { _ = try shop.plan() } == .triggersPresent)
    shop.config.triggers = .suspend
    let plan = try shop.plan()
    #expect(plan.suspendedTriggers == ["audit"])
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(try shop.rows("SELECT count(*) FROM log") == ["0"])
    #expect(try shop.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'") == ["audit"])
  }

  @Test func `texts lose their numbers and keep the rest, indexes for full text follow`() throws {
    let shop = try Shop(
      """
      \(Shop.plain)
      CREATE TABLE orders(id INTEGER PRIMARY KEY, notes TEXT, payload BLOB);
      CREATE VIRTUAL TABLE search USING fts5(notes, content='orders', content_rowid='id');
      CREATE VIRTUAL TABLE mail USING fts5(body);
      CREATE TRIGGER follow AFTER UPDATE ON orders BEGIN
        INSERT INTO search(search, rowid, notes) VALUES('delete', old.id, old.notes);
        INSERT INTO search(rowid, notes) VALUES (new.id, new.notes); END;
      INSERT INTO orders(id, notes, payload) VALUES
        (1, 'pls charge 4111 1111 1111 1111 exp 11/27, é', NULL), (2, 'gift wrap', NULL),
        (3, '{"number":4111111111111111,"zip":"10115"}', CAST('card=4111111111111111' AS BLOB));
      INSERT INTO search(rowid, notes) SELECT id, notes FROM orders;
      INSERT INTO mail(rowid, body) VALUES (1, 'my card is 4012888888881881 thanks');
      """)
    shop.config.triggers = .suspend
    shop.config.scrub += [
      .init(table: "orders", column: "notes", action: .redact),
      .init(table: "orders", column: "payload", action: .redact),
      .init(table: "mail", column: "body", action: .redact),
    ]
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(
      try shop.rows("SELECT notes FROM orders") == [
        "pls charge **** **** **** 1111 exp 11/27, é", "gift wrap",
        #"{"number":9000000000001111,"zip":"10115"}"#,
      ])
    #expect(
      try shop.rows("SELECT typeof(payload), CAST(payload AS TEXT) FROM orders WHERE id = 3") == [
        "blob|card=************1111"
      ])
    #expect(try shop.rows("SELECT body FROM mail") == ["my card is ************1881 thanks"])
    #expect(try shop.rows("SELECT rowid FROM search WHERE search MATCH 'gift'") == ["2"])
    #expect(try shop.rows("SELECT rowid FROM mail WHERE mail MATCH 'thanks'") == ["1"])
    // The index stores numbers as words of their own.
    #expect(try shop.holds("4111111111111111", "4012888888881881", "4111 1111").isEmpty)
    #expect(try shop.rows("SELECT count(*) FROM mail WHERE mail MATCH '4012888888881881'") == ["0"])
  }

  @Test func `tables without a declared key and without row ids are scrubbed too`() throws {
    let shop = try Shop(
      """
      \(Shop.plain)
      CREATE TABLE loose(line TEXT);
      INSERT INTO loose VALUES ('paid with 4111111111111111'), ('paid with 4111111111111111');
      CREATE TABLE pairs(a TEXT, b TEXT, c TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID;
      """)
    shop.config.scrub.append(.init(table: "loose", column: "line", action: .redact))
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(
      try shop.rows("SELECT line FROM loose")
        == Array(repeating: "paid with ************1111", count: 2))
    shop.config.scrub.append(.init(table: "pairs", column: "c", action: .redact))
    #expect(code { _ = try shop.plan() } == .keyOfManyColumns)
  }

  @Test func `no mark of how far it came keeps a key that was redacted`() throws {
    let shop = try Shop(
      """
      \(Shop.plain)
      CREATE TABLE memos(memo TEXT PRIMARY KEY, other TEXT);
      INSERT INTO memos VALUES ('x 4000056655665556', 'ok');
      """)
    shop.config.scrub.append(.init(table: "memos", column: "memo", action: .redact))
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    #expect(try shop.rows("SELECT memo FROM memos") == ["x ************5556"])
    let hex = "4000056655665556".utf8.map { String($0, radix: 16) }.joined()
    #expect(try shop.holds("4000056655665556", hex).isEmpty)
  }

  @Test func `the ledger is whole and a changed line is noticed`() throws {
    let shop = try Shop()
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    var events: [String] = []
    try Ledger.read(shop.path("ledger.db")) { events.append($0.event) }
    #expect(events.first == "begin" && events.last == "end")
    let mode = try FileManager.default.attributesOfItem(atPath: shop.path("ledger.db"))
    #expect(mode[.posixPermissions] as? Int == 0o600)
    #expect(events.filter { $0 == "batch" }.count == 3)
    let ledger = Shop.LedgerFile(shop.path("ledger.db"))
    try ledger.execute("UPDATE ledger SET detail = replace(detail, '2', '3') WHERE number = 3")
    #expect(code { try Ledger.read(shop.path("ledger.db")) { _ in } } == .ledgerDamaged)
    #expect(code { _ = try shop.ledger() } == .ledgerDamaged)
  }
}
