import Core
import Foundation
import Native
import TestSupport
import Testing

/// `unpan migrate` as a person types it.
@Suite struct MigrateTests {
  @Test func `the plain schema goes from init to verify unedited`() throws {
    let shop = try MigratedShop(rows: 300)
    let tool = shop.tool
    #expect(try tool.run(["scan", "sqlite:shop.db"]).exit == 1)
    let digest = try shop.plan()
    let dry = try tool.run(["migrate", "link", "--plan", "plan.json"])
    #expect(dry.exit == 0 && dry.out.contains("nothing was changed"))
    let link = try tool.run(["migrate", "link", "--plan", "plan.json", "--apply"])
    #expect(link.exit == 0, "\(link.err)")
    let other = try tool.run(
      ["migrate", "scrub", "--plan", "plan.json", "--confirm", "0", "--apply"])
    #expect(other.exit == 64 && other.err.contains("--confirm: is not the digest"), "\(other)")
    #expect(try shop.rows("SELECT count(number) FROM cards") == ["300"])
    let scrub = try tool.run(
      ["migrate", "scrub", "--plan", "plan.json", "--confirm", digest, "--apply"])
    #expect(scrub.exit == 0, "\(scrub.err)")
    let verify = try tool.run(
      ["migrate", "verify", "--config", "unpan-migration.json5", "--report", "reports/"])
    #expect(verify.exit == 0, "\(verify.err)")
    #expect(verify.err.contains("600 legacy records = 600 linked + 0 excepted"))
    #expect(try tool.run(["report", "--check", "reports"]).exit == 0)
    #expect(
      try shop.rows(
        """
        SELECT count(number), count(cvv), count(stripe_payment_method_id), count(brand),
          count(last4) FROM cards
        """) == ["0|0|300|300|300"])
    let status = try tool.run(["migrate", "status"])
    #expect(status.exit == 0 && status.out.contains("verified"))
    #expect(status.out.contains("begin  migrate init"))
    #expect(status.out.contains("end  scrub") && status.out.contains("stopped: confirmMismatch"))
    let late = try tool.run(["migrate", "rollback", "--plan", "plan.json", "--apply"])
    #expect(late.exit == 3 && late.err.contains("no way back"))
  }

  @Test func `link is undone by rollback`() throws {
    let shop = try MigratedShop(rows: 50)
    let before = try shop.rows("SELECT * FROM cards, customers")
    _ = try shop.plan()
    #expect(try shop.tool.run(["migrate", "link", "--plan", "plan.json", "--apply"]).exit == 0)
    let rollback = try shop.tool.run(["migrate", "rollback", "--plan", "plan.json", "--apply"])
    #expect(rollback.exit == 0 && rollback.out.contains("restored 100 rows"))
    #expect(try shop.rows("SELECT * FROM cards, customers") == before)
  }

  @Test func `no output, plan or ledger holds a number`() throws {
    let shop = try MigratedShop(rows: 40)
    var texts = ""
    _ = try shop.plan()
    for arguments in [
      ["migrate", "match", "--config", "unpan-migration.json5", "--output", "-"],
      ["migrate", "plan", "--config", "unpan-migration.json5", "--output", "plan.json"],
      ["migrate", "link", "--plan", "plan.json", "--apply"], ["migrate", "status"],
    ] {
      let outcome = try shop.tool.run(arguments)
      texts += outcome.out + outcome.err
    }
    for name in ["plan.json", "matches.jsonl", "unpan-ledger.db", "unpan-migration.json5"] {
      let url = shop.tool.directory.appendingPathComponent(name)
      texts += String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }
    for number in try shop.rows("SELECT number FROM cards") {
      #expect(!texts.contains(number))
    }
  }

  @Test(
    arguments: [
      (["migrate"], 64), (["migrate", "match"], 64), (["migrate", "link"], 64),
      (["migrate", "init", "sqlite:none.db", "--mapping", "m.csv"], 3),
      (["migrate", "match", "--config", "none.json5"], 64),
      (["migrate", "link", "--plan", "none.json"], 64), (["migrate", "status"], 3),
      (["migrate", "init", "oracle://x", "--mapping", "m.csv"], 64),
    ] as [([String], Int32)])
  func `a wrong command line says what is wrong`(arguments: [String], exit: Int32) throws {
    let outcome = try Tool().run(arguments)
    #expect(outcome.exit == exit, "\(outcome.err)")
    #expect(outcome.err.hasPrefix("unpan: "))
  }

  @Test func `who has no plan is told how to get one`() throws {
    let outcome = try Tool().run(["migrate", "link", "--plan", "none.json"])
    #expect(outcome.exit == 64 && outcome.err.contains("none.json"), "\(outcome)")
    #expect(outcome.err.contains("`unpan migrate plan --output FILE` writes one"), "\(outcome)")
    #expect(!outcome.err.contains("again"), "\(outcome)")
  }

  @Test(arguments: ["link", "rollback", "scrub"])
  func `a transaction that was cut short is undone by the command that is run again`(
    command: String
  ) throws {
    let shop = try MigratedShop(rows: 200)
    let digest = try shop.plan()
    if command != "link" {
      #expect(try shop.tool.run(["migrate", "link", "--plan", "plan.json", "--apply"]).exit == 0)
    }
    try shop.cutShort("UPDATE customers SET name = hex(randomblob(200))")
    let arguments =
      ["migrate", command, "--plan", "plan.json"]
      + (command == "scrub" ? ["--confirm", digest] : [])
    for reading in [["migrate", "verify", "--config", "unpan-migration.json5"], arguments] {
      let outcome = try shop.tool.run(reading)
      #expect(outcome.exit == 3 && outcome.err.contains("again with --apply"), "\(outcome)")
    }
    let outcome = try shop.tool.run(arguments + ["--apply"])
    #expect(outcome.exit == 0, "\(outcome)")
    #expect(try shop.rows("SELECT count(*) FROM customers WHERE name = 'C'") == ["200"])
  }

  @Test func `a shop whose customers are found nowhere is told at every step`() throws {
    let shop = try MigratedShop(rows: 3)
    try shop.execute("ALTER TABLE customers RENAME TO things")
    try shop.execute("ALTER TABLE things RENAME COLUMN email TO x")
    try shop.execute("UPDATE things SET id = id + 500")
    let made = try shop.tool.run(["migrate", "init", "sqlite:shop.db", "--output", "c.json5"])
    #expect(made.exit == 0 && made.err.contains("customer gets a cus_ id"), "\(made.err)")
    let warning = "links cards only, no customer gets a Stripe id"
    let plan = try shop.tool.run(
      ["migrate", "plan", "--config", "c.json5", "--output", "plan.json"])
    #expect(plan.exit == 0 && plan.err.contains(warning), "\(plan)")
    let link = try shop.tool.run(["migrate", "link", "--plan", "plan.json", "--apply"])
    #expect(link.exit == 0 && link.err.contains(warning), "\(link)")
    let intake = try shop.tool.run(
      ["migrate", "intake", "--config", "c.json5", "--customers", "--output", "list.csv"])
    #expect(intake.exit == 64 && intake.err.contains("migrate link --apply"), "\(intake.err)")
  }

  @Test func `every line of the mapping to look at is listed`() throws {
    let shop = try MigratedShop(rows: 8)
    let mapping = try String(contentsOfFile: shop.path("mapping.csv"), encoding: .utf8)
    try shop.tool.write(mapping.replacing(",2035,", with: ",2020,"), to: "mapping.csv")
    try shop.execute("UPDATE cards SET exp_year = 2020")
    _ = try shop.plan()
    let lines = try String(contentsOfFile: shop.path("matches.jsonl"), encoding: .utf8)
      .split(separator: "\n").filter { $0.contains("mapping-warning") }
    #expect(lines.count == 8)
    #expect(
      lines.last?.hasPrefix(
        #"{"type":"mapping-warning","mappingLine":9,"warning":"expired","what":"#) == true)
    // The same file is one of exceptions.
    let config = try String(contentsOfFile: shop.path("unpan-migration.json5"), encoding: .utf8)
    try shop.tool.write(
      config.replacing("exceptions: [],", with: "exceptionsFile: \"matches.jsonl\","),
      to: "excepted.json5")
    let listed = try shop.tool.run(
      ["migrate", "match", "--config", "unpan-migration.json5", "--output", "list.jsonl"])
    #expect(listed.err.contains("  list.jsonl lists all"), "\(listed.err)")
    let match = try shop.tool.run(["migrate", "match", "--config", "excepted.json5"])
    #expect(match.exit == 0 && match.out.contains("8 excepted"), "\(match)")
    #expect(match.err.contains("and 3 more: ") && match.err.contains("--output FILE lists all"))
  }

  @Test func `what no plan reaches is told by init and plan, and fails scrub and verify`() throws {
    let shop = try MigratedShop(rows: 2)
    try shop.execute(
      """
      CREATE TABLE old(id INTEGER PRIMARY KEY, pan TEXT DEFAULT '4000056655665556');
      CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, +note TEXT);
      INSERT INTO boxes VALUES (1, 0, 1, 'card 4111111111111111');
      """)
    let scan = try ResultLines(
      try shop.tool.run(["scan", "sqlite:shop.db", "--format", "jsonl"]).out)
    let schema = scan.findings.filter { $0.location.table == "sqlite_schema" }
    #expect(schema.map(\.location.row) == ["table old"] && schema.first?.last4 == "5556")
    #expect(scan.findings.count { $0.last4 == "5556" } == 1, "told once")
    let initial = try shop.tool.run(
      ["migrate", "init", "sqlite:shop.db", "--mapping", "mapping.csv", "--output", "c.json5"])
    #expect(initial.exit == 0 && initial.err.contains("some of them"), "\(initial)")
    let places = ["boxes_rowid.a0", "sqlite_schema.sql"]
    let config = try String(contentsOfFile: shop.path("c.json5"), encoding: .utf8)
    for place in places {
      #expect(initial.err.contains("left to you, and told in the file: \(place)"), "\(initial)")
      #expect(config.contains("// \(place): left to you"))
    }
    let plan = try shop.tool.run(
      ["migrate", "plan", "--config", "c.json5", "--output", "plan.json"])
    let stays = plan.out.components(separatedBy: "STAYS").last ?? ""
    for place in places { #expect(stays.contains("\(place): 1"), "\(plan)") }
    let digest = plan.out.components(separatedBy: "digest: ").last?.prefix(64) ?? ""
    #expect(try shop.tool.run(["migrate", "link", "--plan", "plan.json", "--apply"]).exit == 0)
    let scrub = try shop.tool.run(
      ["migrate", "scrub", "--plan", "plan.json", "--confirm", String(digest), "--apply"])
    #expect(scrub.exit == 1 && scrub.out.contains("table sqlite_schema: 1"), "\(scrub)")
    #expect(try shop.tool.run(["migrate", "verify", "--config", "c.json5"]).exit == 1)
  }

  @Test func `a value that is broken is told, and the proposal made all the same`() throws {
    let shop = try MigratedShop(rows: 2)
    // The head of a gzip stream and nothing behind it.
    try shop.execute(
      """
      CREATE TABLE files(id INTEGER PRIMARY KEY, body BLOB);
      INSERT INTO files VALUES (1, x'1f8b08000000000000034b4c4a4e494d4bcf0000');
      """)
    let outcome = try shop.tool.run(
      ["migrate", "init", "sqlite:shop.db", "--mapping", "mapping.csv", "--output", "c.json5"])
    #expect(outcome.exit == 2 && outcome.err.contains("files.body id=1"), "\(outcome)")
    #expect(
      try String(contentsOfFile: shop.path("c.json5"), encoding: .utf8).contains("cards"))
  }

  @Test func `ordinary values of a column are kept, or told as going`() throws {
    let shop = try MigratedShop(rows: 2)
    try shop.execute(
      """
      CREATE TABLE orders(id INTEGER PRIMARY KEY, extra INTEGER);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
        INSERT INTO orders SELECT i, i FROM n;
      INSERT INTO orders VALUES (1000, 4111111111111111);
      """)
    let digest = try shop.plan()
    let file = shop.path("unpan-migration.json5")
    let config = try String(contentsOfFile: file, encoding: .utf8)
    #expect(config.contains("999 of 1000 values are no card data"))
    #expect(config.contains("column: \"extra\", action: \"redact\""))
    try shop.tool.write(
      config.replacingOccurrences(
        of: "column: \"extra\", action: \"redact\"", with: "column: \"extra\", action: \"null\""),
      to: "whole.json5")
    let plan = try shop.tool.run(
      ["migrate", "plan", "--config", "whole.json5", "--output", "whole.json"])
    #expect(plan.exit == 0 && plan.out.contains("orders.extra: 999"), "\(plan)")
    #expect(!plan.out.contains("cards.number: "), "\(plan.out)")
    #expect(try shop.tool.run(["migrate", "link", "--plan", "plan.json", "--apply"]).exit == 0)
    let scrub = try shop.tool.run(
      ["migrate", "scrub", "--plan", "plan.json", "--confirm", digest, "--apply"])
    #expect(scrub.exit == 0, "\(scrub)")
    #expect(try shop.rows("SELECT count(extra), sum(extra) FROM orders") == ["999|499500"])
  }

  /// A signal that came before the program did is noticed as soon as it looks.
  @Test(arguments: [("SIGTERM", 143), ("SIGINT", 130)] as [(String, Int32)])
  func `what stopped a command is told by its exit code`(signal: String, exit: Int32) throws {
    let shop = try MigratedShop(rows: 2)
    _ = try shop.plan()
    let program = """
      import os, signal, sys
      signal.pthread_sigmask(signal.SIG_BLOCK, {signal.\(signal)})
      os.kill(os.getpid(), signal.\(signal))
      os.execv(sys.argv[1], sys.argv[1:])
      """
    for line in [
      "migrate init sqlite:shop.db --output other.json5",
      "migrate match --config unpan-migration.json5", "migrate link --plan plan.json --apply",
      "migrate verify --config unpan-migration.json5",
    ] {
      let outcome = try shop.tool.run(
        ["python3", "-c", program, Tool.binary.path] + line.split(separator: " ").map(String.init),
        binary: "/usr/bin/env")
      #expect(outcome.exit == exit, "\(line): \(outcome)")
      #expect(outcome.err.contains("stopped"), "\(line): \(outcome.err)")
    }
  }

  @Test(arguments: ["migrate", "stripe"])
  func `a group of commands explains itself`(group: String) throws {
    let help = try Tool().run([group, "--help"])
    #expect(help.exit == 0 && help.err.isEmpty)
    #expect(try help.out == Tool().run(["help", group]).out)
  }

  @Test func `a mapping that is not there is not taken into a configuration`() throws {
    let shop = try MigratedShop(rows: 2)
    let outcome = try shop.tool.run(["migrate", "init", "sqlite:shop.db", "--mapping", "nope.csv"])
    #expect(outcome.exit == 64 && outcome.err.contains("nope.csv"), "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: shop.path("unpan-migration.json5")))
    #expect(try shop.tool.run(["migrate", "init", "sqlite:shop.db"]).exit == 0)
  }

  @Test func `rows of the mapping that say the same are counted`() throws {
    let shop = try MigratedShop(rows: 2)
    let mapping = try String(contentsOfFile: shop.path("mapping.csv"), encoding: .utf8)
    try shop.tool.write(mapping + mapping.split(separator: "\n")[1] + "\n", to: "mapping.csv")
    _ = try shop.plan()
    let match = try shop.tool.run(["migrate", "match", "--config", "unpan-migration.json5"])
    #expect(match.out.contains("mapping: 2 rows, 0 of them in no record; 1 more say"))
    let lines = try String(contentsOfFile: shop.path("matches.jsonl"), encoding: .utf8)
    #expect(lines.contains(#""mappingRows":2,"mergedRows":1,"#))
  }

  @Test func `a card that was replaced after linking is told and kept`() throws {
    let shop = try MigratedShop(rows: 3)
    let digest = try shop.plan()
    #expect(try shop.tool.run(["migrate", "link", "--plan", "plan.json", "--apply"]).exit == 0)
    try shop.execute("UPDATE cards SET number = '5555555555554444' WHERE id = 2")
    for apply in [[], ["--apply"]] {
      let scrub = try shop.tool.run(
        ["migrate", "scrub", "--plan", "plan.json", "--confirm", digest] + apply)
      #expect(scrub.exit == 3)
      #expect(scrub.err.contains("cards 2: the row changed after it was linked; its card data was"))
      #expect(!scrub.err.contains("5555"))
    }
    #expect(try shop.rows("SELECT count(number), count(cvv) FROM cards") == ["3|3"])
  }

  @Test func `a corrected configuration is not written over`() throws {
    let shop = try MigratedShop(rows: 2)
    _ = try shop.plan()
    let again = try shop.tool.run(["migrate", "init", "sqlite:shop.db", "--mapping", "mapping.csv"])
    #expect(again.exit == 64 && again.err.contains("corrected by hand"))
  }

  @Test func `a full disk is told as one, and a reader that went away is not`() throws {
    let shop = try MigratedShop(rows: 2)
    _ = try shop.plan()
    try shop.execute(
      """
      WITH RECURSIVE r(r) AS (SELECT 10 UNION ALL SELECT r + 1 FROM r WHERE r < 2000)
      INSERT INTO cards(id, customer_id) SELECT r, 1 FROM r
      """)
    let match = ["migrate", "match", "--config", "unpan-migration.json5", "--output"]
    let full = try shop.tool.run(match + ["/dev/full"])
    #expect(full.exit == 3 && full.err.contains("No space left"), "\(full)")
    let closed = try shop.tool.run(
      ["-c", "\"$UNPAN\" \(match.joined(separator: " ")) - | head -1"],
      environment: ["UNPAN": Tool.binary.path], binary: "/bin/bash")
    #expect(closed.err.isEmpty && closed.out.hasPrefix("{"), "\(closed)")
  }

  @Test func `a mistyped key of the configuration is told with its line`() throws {
    let shop = try MigratedShop(rows: 2)
    try shop.tool.write("{\n  version: 1,\n  tragets: 'x',\n}\n", to: "wrong.json5")
    let outcome = try shop.tool.run(["migrate", "match", "--config", "wrong.json5"])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("line 3") && outcome.err.contains("tragets"))
  }
}

/// A shop with the plain schema whose ids are the mapping's old ids.
final class MigratedShop {
  let tool: Tool
  let rows: Int

  /// - Parameters:
  ///   - also: more of the schema.
  ///   - row: more SQL for each card, with its number.
  init(
    rows: Int, seed: UInt64 = 4, also: String = "", row: (_ number: String) -> String = { _ in "" }
  ) throws {
    tool = try Tool()
    self.rows = rows
    var random = SplitMix(seed: seed)
    let database = try Database.create(path("shop.db"))
    try database.execute(
      """
      PRAGMA secure_delete = OFF;
      CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, name TEXT);
      CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT,
        exp_month INTEGER, exp_year INTEGER, cvv TEXT);
      \(also)
      BEGIN
      """)
    var mapping =
      "old_id,source_old_id,created_customer,source_new_id,card_fingerprint,card_last4,"
      + "card_exp_month,card_exp_year,card_brand\n"
    for id in 1..<(rows + 1) {
      let number = TestCards.number("4539", 16, using: &random)
      let month = Int.random(in: 1...12, using: &random)
      try database.execute(
        """
        INSERT INTO customers VALUES (\(id), 'c\(id)@example.com', 'C');
        INSERT INTO cards VALUES (\(id), \(id), '\(number)', \(month), 2035, '\(100 + id % 900)');
        \(row(number))
        """)
      let suffix = String(1_000_000_000 + id)
      mapping +=
        "\(id),\(id),cus_abc\(suffix),pm_abc\(suffix),print\(suffix),\(number.suffix(4)),"
        + "\(month),2035,Visa\n"
    }
    try database.execute("COMMIT")
    try tool.write(mapping, to: "mapping.csv")
  }

  func path(_ name: String) -> String { tool.directory.appendingPathComponent(name).path }

  /// Runs init, match and plan.
  /// - Returns: the digest.
  func plan(batchRows: Int? = nil) throws -> String {
    let initial = try tool.run(
      [
        "migrate", "init", "sqlite:shop.db", "--mapping", "mapping.csv", "--output",
        "unpan-migration.json5",
      ])
    #expect(initial.exit == 0, "\(initial.err)")
    if let batchRows {
      let file = path("unpan-migration.json5")
      let text = try String(contentsOfFile: file, encoding: .utf8)
      try tool.write(
        text.replacingOccurrences(of: "batchRows: 50000", with: "batchRows: \(batchRows)"),
        to: "unpan-migration.json5")
    }
    let match = try tool.run(
      ["migrate", "match", "--config", "unpan-migration.json5", "--output", "matches.jsonl"])
    #expect(match.exit == 0, "\(match.out)\(match.err)")
    let plan = try tool.run(
      ["migrate", "plan", "--config", "unpan-migration.json5", "--output", "plan.json"])
    #expect(plan.exit == 0, "\(plan.err)")
    let line = try #require(plan.out.split(separator: "\n").last)
    #expect(line.hasPrefix("digest: "))
    return String(line.dropFirst("digest: ".count))
  }

  /// Leaves database and journal as a program does that is killed in a transaction.
  func cutShort(_ sql: String) throws {
    let database = try Database.openForWriting(Array(path("shop.db").utf8))
    try database.execute("PRAGMA cache_size = 1; BEGIN; \(sql)")
    for suffix in ["", "-journal"] {
      try FileManager.default.copyItem(
        atPath: path("shop.db" + suffix), toPath: path("cut.db" + suffix))
    }
    try database.execute("ROLLBACK")
    try FileManager.default.removeItem(atPath: path("shop.db"))
    for suffix in ["", "-journal"] {
      try FileManager.default.moveItem(
        atPath: path("cut.db" + suffix), toPath: path("shop.db" + suffix))
    }
  }

  /// Runs SQL as the shop's own program would.
  func execute(_ sql: String) throws {
    let database = try Database.openForWriting(Array(path("shop.db").utf8))
    try database.execute(sql)
  }

  /// Rows of a query, columns joined by bars.
  func rows(_ sql: String) throws -> [String] {
    let database = try Database.openForWriting(Array(path("shop.db").utf8))
    let statement = try database.prepare(sql)
    var rows: [String] = []
    while statement.step() == .row {
      let row = statement.currentRow
      rows.append(
        (0..<statement.columnCount).map { String(decoding: row.text($0), as: UTF8.self) }
          .joined(separator: "|"))
    }
    return rows
  }
}
