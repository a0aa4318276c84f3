import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

/// Against a real server, which the tests start; each test has a database of its own.
@Suite(.enabled(if: TestServer.hasMariaDB, "MariaDB is not installed; .ci/deps test installs it"))
struct MariaDBTests {
  /// A database for one test, dropped with it.
  final class Shop {
    let server: TestServer
    let name: String
    let boss: MySQLConnection

    init() throws {
      server = try TestServer.mariaDB()
      name = "t" + UUID().uuidString.filter { $0 != "-" }.lowercased()
      var settings = LibMariaDB.Settings()
      settings.host = "127.0.0.1"
      settings.port = server.port
      settings.user = server.user
      settings.password = server.password
      boss = try LibMariaDB().connect(settings)
      try boss.execute("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
      try boss.execute("USE \(name)")
    }

    func execute(_ statements: String...) throws {
      for statement in statements { try boss.execute(statement) }
    }

    func url(as user: String? = nil, _ query: String = "", scheme: String = "mariadb") -> String {
      let account = user.map { "\($0):pw" } ?? "\(server.user):\(server.password)"
      return "\(scheme)://\(account)@\(server.address)/\(name)" + (query.isEmpty ? "" : "?" + query)
    }

    func makeUser() throws -> String {
      let user = "u" + name.dropFirst(10)
      try execute("CREATE USER \(user)@'127.0.0.1' IDENTIFIED BY 'pw'")
      return user
    }

    deinit {
      do {
        try boss.execute("DROP DATABASE \(name)")
        try boss.execute("DROP USER IF EXISTS u\(name.dropFirst(10))@'127.0.0.1'")
      } catch { print("left behind: \(name)") }
    }
  }

  func values(_ walked: Walked, of table: String) -> [String] {
    walked.readings.flatMap(\.pieces).filter { $0.table == table && $0.ownedBytes.count >= 3 }
      .map { "\($0.rowKey ?? "-") \($0.column ?? "-") \($0.text)" }
  }

  func missed(_ walked: Walked) -> [Coverage.Entry] {
    walked.notExamined + walked.readings.flatMap(\.outcome.notExamined)
  }

  @Test func `values of every type are handed over as what they hold`() throws {
    let shop = try Shop()
    try shop.execute(
      """
      CREATE TABLE cards (id int PRIMARY KEY, t text, v varchar(30) CHARACTER SET latin1, c char(20),
        w varchar(30) CHARACTER SET utf16, n decimal(20,2), f double, b bigint unsigned, j json,
        bl blob, bi varbinary(40), lb longblob, lt longtext, e enum('visa 4111111111111111'),
        s set('a 4111111111111111','b'), nul text, hidden text INVISIBLE)
      """,
      """
      INSERT INTO cards (id, t, v, c, w, n, f, b, j, bl, bi, lb, lt, e, s, hidden) VALUES (1,
        '4242424242424242', 'é 4242424242424242', '4242424242424242', 'ü 4242424242424242',
        4242424242424242, 4242424242424242, 4242424242424242, '{"pan":4242424242424242}',
        '4242424242424242', x'00ff343234', '4242424242424242', '4242424242424242', 1, 3,
        'hidden 4242424242424242')
      """)
    let walked = try walk(shop.url())
    let found = values(walked, of: shop.name + ".cards")
    #expect(
      found.filter { !$0.hasPrefix("id=1 bi ") } == [
        "id=1 t 4242424242424242", "id=1 v é 4242424242424242", "id=1 c 4242424242424242",
        "id=1 w ü 4242424242424242", "id=1 n 4242424242424242", "id=1 f 4242424242424242",
        "id=1 b 4242424242424242", #"id=1 j {"pan":4242424242424242}"#,
        "id=1 bl 4242424242424242", "id=1 lb 4242424242424242", "id=1 lt 4242424242424242",
        "id=1 e visa 4111111111111111", "id=1 s a 4111111111111111,b",
        "id=1 hidden hidden 4242424242424242",
      ])
    #expect(found.count == 15)
    #expect(
      walked.readings.flatMap(\.outcome.tables) == [
        Coverage.Table(
          place: shop.url().replacing(":\(shop.server.password)", with: ""),
          name: shop.name + ".cards", rowsRead: 1, rowsInTable: 1),
        Coverage.Table(
          place: shop.url().replacing(":\(shop.server.password)", with: ""),
          name: "definitions", rowsRead: 3, rowsInTable: 3),
      ])
    #expect(missed(walked) == [])
  }

  @Test func `zeros that fill a number up are left out, and bits are numbers`() throws {
    let shop = try Shop()
    try shop.execute(
      """
      CREATE TABLE filled (id int zerofill PRIMARY KEY, b bigint(20) zerofill,
        s bigint(16) unsigned zerofill, n decimal(24,2) zerofill, e enum('007 zerofill'),
        w bit(64))
      """,
      """
      INSERT INTO filled VALUES
        (1, 4242424242424242, 378282246310005, 4242424242424242, 1, 4242424242424242)
      """)
    let found = values(try walk(shop.url()), of: shop.name + ".filled")
    let key = "id=0000000001 "
    #expect(
      found.map { $0.hasPrefix(key) ? String($0.dropFirst(key.count)) : $0 } == [
        "b 4242424242424242", "s 378282246310005", "n 4242424242424242", "e 007 zerofill",
        "w 4242424242424242",
      ])
  }

  @Test func `partitions are read once, views not, kept versions of rows are`() throws {
    let shop = try Shop()
    try shop.execute(
      "CREATE TABLE log (day int PRIMARY KEY, note text) PARTITION BY RANGE (day) "
        + "(PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20))",
      "INSERT INTO log VALUES (1, 'first'), (11, 'second')",
      "CREATE VIEW shown AS SELECT * FROM log",
      "CREATE TABLE kept (id int PRIMARY KEY, note text) WITH SYSTEM VERSIONING",
      "INSERT INTO kept VALUES (1, 'old value')", "UPDATE kept SET note = 'new value'",
      "CREATE SEQUENCE s", "CREATE TABLE nokey (note text)",
      "INSERT INTO nokey VALUES ('one'), ('two')",
      "CREATE TABLE isam (note text) ENGINE=MyISAM", "INSERT INTO isam VALUES ('of MyISAM')")
    let walked = try walk(shop.url(scheme: "mysql"))
    #expect(
      values(walked, of: shop.name + ".log") == ["day=1 note first", "day=11 note second"])
    #expect(
      Set(values(walked, of: shop.name + ".kept")) == [
        "id=1 note old value", "id=1 note new value",
      ])
    #expect(values(walked, of: shop.name + ".nokey") == ["row=1 note one", "row=2 note two"])
    #expect(values(walked, of: shop.name + ".isam") == ["row=1 note of MyISAM"])
    #expect(walked.readings.count == 5)
    #expect(missed(walked) == [])
  }

  @Test func `what definitions say is handed over with its name`() throws {
    let shop = try Shop()
    try shop.execute(
      """
      CREATE TABLE d (id int PRIMARY KEY COMMENT 'c 4242424242424242',
        p varchar(20) DEFAULT '4242424242424242', e enum('4242424242424242'),
        g varchar(20) AS (concat('4242424242424242', id)),
        CONSTRAINT k CHECK (p <> '4242424242424242'), KEY i (p) COMMENT '4242424242424242')
        COMMENT 't 4242424242424242'
      """,
      """
      CREATE TABLE parts (id varchar(20)) PARTITION BY LIST COLUMNS (id)
        (PARTITION one VALUES IN ('4242424242424242'))
      """,
      "CREATE VIEW v AS SELECT '4242424242424242' AS n",
      "CREATE TRIGGER g BEFORE INSERT ON d FOR EACH ROW SET NEW.p = '4242424242424242'",
      "CREATE FUNCTION f() RETURNS int COMMENT 'x' RETURN 4242424242424242",
      """
      CREATE EVENT e ON SCHEDULE AT '2037-01-01 00:00:00' COMMENT 'see 4242424242424242'
        DO SET @x = '4242424242424242'
      """)
    let walked = try walk(shop.url())
    let pieces = walked.readings.flatMap(\.pieces).filter { $0.table == "definitions" }
    let db = shop.name
    #expect(
      Set(pieces.filter { $0.text.contains("4242424242424242") }.compactMap(\.rowKey)) == [
        "comment on \(db).d.id", "default of \(db).d.p", "labels of \(db).d.e",
        "expression of \(db).d.g", "check \(db).k", "comment on index i of \(db).d",
        "comment on \(db).d", "partition one of \(db).parts", "view \(db).v", "trigger \(db).g",
        "function \(db).f", "event \(db).e", "comment on event \(db).e",
      ])
    #expect(missed(walked) == [])
    let user = try shop.makeUser()
    try shop.execute("GRANT SELECT ON \(db).* TO \(user)@'127.0.0.1'")
    let less = try walk(shop.url(as: user))
    #expect(
      missed(less).contains {
        $0.place.hasSuffix("definitions: view \(db).v") && $0.reason == .permissionDenied
      })
    for (walked, isHidden) in [(walked, false), (less, true)] {
      let excluded = walked.readings.flatMap(\.outcome.excluded)
      #expect(excluded.contains { $0.reason == .permissionDenied } == isHidden)
    }
  }

  @Test func `all tables are read as of one moment`() throws {
    let shop = try Shop()
    try shop.execute(
      "CREATE TABLE a (note text)", "CREATE TABLE b (note text)", "INSERT INTO b VALUES ('before')")
    let source = try makeSource(target: shop.url(), options: InputOptions())
    var texts: [String] = []
    while case .item(let item)? = source.next() {
      texts += read(item).pieces.map(\.text)
      try shop.execute("UPDATE b SET note = 'after'")
    }
    #expect(texts == ["before"])
  }

  @Test func `a server without a named database is read with all of them`() throws {
    let shop = try Shop()
    try shop.execute("CREATE TABLE t (note text)", "INSERT INTO t VALUES ('a note')")
    var options = InputOptions()
    options.tables = [Glob(shop.name + ".*"), Glob("mysql.column_stats")]
    let target =
      "mariadb://\(shop.server.user):\(shop.server.password)@\(shop.server.address)"
    let walked = try walk(target, options)
    #expect(values(walked, of: shop.name + ".t") == ["row=1 note a note"])
    #expect(walked.readings.contains { $0.outcome.tables.first?.name == "mysql.column_stats" })
    #expect(walked.reason("information_schema") == "system-data")
    #expect(missed(walked) == [])
  }

  @Test func `what the account may not read is told`() throws {
    let shop = try Shop()
    let user = try shop.makeUser()
    try shop.execute(
      "CREATE TABLE open (id int PRIMARY KEY, note text)", "INSERT INTO open VALUES (1, 'a note')",
      "CREATE TABLE half (id int PRIMARY KEY, note text, pan text)",
      "INSERT INTO half VALUES (1, 'a note', '4242424242424242')", "CREATE TABLE writable (n text)",
      "GRANT SELECT ON open TO \(user)@'127.0.0.1'",
      "GRANT SELECT (id, note), INSERT (pan) ON half TO \(user)@'127.0.0.1'",
      "GRANT INSERT ON writable TO \(user)@'127.0.0.1'")
    let walked = try walk(shop.url(as: user))
    #expect(values(walked, of: shop.name + ".open") == ["id=1 note a note"])
    #expect(values(walked, of: shop.name + ".half") == ["id=1 note a note"])
    #expect(
      missed(walked).map { "\($0.place.split(separator: ".").last ?? "") \($0.reason.rawValue)" }
        == [
          "1:\(shop.server.port)/\(shop.name): \(shop.name) permission-denied",
          "half permission-denied", "writable permission-denied",
        ])
  }

  @Test func `what the server does not show to the account is told, and only that`() throws {
    let shop = try Shop()
    let user = try shop.makeUser()
    let account = "\(user)@'127.0.0.1'"
    let role = "r" + shop.name.dropFirst(10)
    try shop.execute(
      "CREATE TABLE orders (n text)", "CREATE TABLE cards (pan text)",
      "CREATE TABLE cc (id int, n text)", "CREATE TABLE odd (id int, n text INVISIBLE)",
      "INSERT INTO cards VALUES ('4242424242424242')", "CREATE ROLE \(role)")
    defer { do { try shop.execute("DROP ROLE \(role)") } catch { print("left behind: \(role)") } }
    func told(
      tables: [String] = [], server: Bool = false, _ grants: String...
    ) throws -> [String] {
      try shop.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM \(account)")
      for grant in grants { try shop.execute(grant) }
      var options = InputOptions()
      options.tables = tables.map { Glob($0) }
      let url = server ? "mariadb://\(user):pw@\(shop.server.address)" : shop.url(as: user)
      return missed(try walk(url, options)).map { entry in
        let words = (entry.detail ?? "").contains("GRANT SELECT ON") ? " GRANT SELECT ON" : ""
        return entry.place.replacing(shop.name, with: "db").split(separator: "/").last
          .map { "\($0) \(entry.reason.rawValue)\(words)" } ?? ""
      }
    }
    let db = shop.name
    // A right to one table, or to single columns, and nothing that shows the others.
    #expect(
      try told("GRANT SELECT ON \(db).orders TO \(account)")
        == ["db: db permission-denied GRANT SELECT ON"])
    #expect(
      try told(
        "GRANT SELECT (id) ON \(db).cc TO \(account)",
        "GRANT SELECT (id) ON \(db).odd TO \(account)"
      ) == [
        "db: db permission-denied GRANT SELECT ON", "db: db.cc permission-denied",
        "db: db.odd permission-denied",
      ])
    // All that was asked for is there.
    let orders = "GRANT SELECT ON \(db).orders TO \(account)"
    #expect(try told(tables: [db + ".orders"], orders) == [])
    #expect(try told(tables: [db + ".cards"], orders) == ["db: db.cards missing"])
    #expect(try told(tables: [db + ".*"], orders) == ["db: db permission-denied GRANT SELECT ON"])
    // SELECT on all of it, wherever it comes from.
    #expect(try told("GRANT SELECT ON \(db).* TO \(account)") == [])
    #expect(try told("GRANT SELECT ON `\(db.dropLast(2))%`.* TO \(account)") == [])
    #expect(try told("GRANT SELECT ON *.* TO \(account)") == [])
    #expect(
      try told(
        "GRANT SELECT ON \(db).* TO \(role)", "GRANT \(role) TO \(account)",
        "SET DEFAULT ROLE \(role) FOR \(account)") == [])
    try shop.execute("REVOKE \(role) FROM \(account)")
    // A server of which it sees one database.
    let whole = try told(server: true, "GRANT SELECT ON \(db).* TO \(account)")
    #expect(whole.count == 1)
    #expect(whole.first?.hasSuffix("permission-denied GRANT SELECT ON") == true, "\(whole)")
    #expect(
      try told(tables: [db + ".*"], server: true, "GRANT SELECT ON \(db).* TO \(account)") == [])
  }

  @Test(arguments: ["f float", "b bit(8)", "a int, b float", "d double"])
  func `a large value is read when its key does not equal what the server writes of it`(
    key: String
  ) throws {
    let shop = try Shop()
    let names = key.split(separator: ",").map { $0.split(separator: " ")[0] }
    try shop.execute(
      "CREATE TABLE docs (\(key), body longtext, PRIMARY KEY (\(names.joined(separator: ", "))))",
      "INSERT INTO docs SELECT \(names.map { _ in "33.3" }.joined(separator: ", ")), "
        + "CONCAT(REPEAT('a', 5000000), ' 4242424242424242')")
    let walked = try walk(shop.url())
    let pieces = walked.readings.flatMap(\.pieces)
    let body = pieces.filter { $0.column == "body" }.flatMap(\.ownedBytes)
    #expect(body.count == 5_000_017)
    #expect(body.suffix(17).elementsEqual(" 4242424242424242".utf8))
    #expect(missed(walked) == [])
  }

  @Test func `a row that is not found again by its key is told`() throws {
    let shop = try Shop()
    // Too large to be held, so nobody knows the whole key.
    try shop.execute(
      "CREATE TABLE docs (k mediumtext, body text, PRIMARY KEY (k(20)))",
      "INSERT INTO docs VALUES (REPEAT('k', 5000000), '4242424242424242'), ('small', 'body')")
    let walked = try walk(shop.url())
    #expect(missed(walked).map(\.reason) == [.changed])
    #expect(missed(walked).first?.detail?.contains("not found again") == true)
    #expect(walked.readings.first?.outcome.tables.map(\.rowsRead) == [1])
    #expect(walked.readings.first?.outcome.tables.map(\.rowsInTable) == [2])
  }

  @Test func `TLS that an option file demands is demanded, files that are not there are refused`()
    throws
  {
    let shop = try Shop()
    let scratch = try Scratch()
    let account = "user=\(shop.server.user)\npassword=\(shop.server.password)\n"
    let base = "mariadb://\(shop.server.address)/\(shop.name)?defaults-file=\(scratch.path)"
    let demands = [
      "ssl-enforce=1", "ssl-ca=/ca", "ssl", "ssl = ON # always", "ssl-verify-server-cert",
      "ssl-verify-server-cert=1", "ssl_mode=REQUIRED", "[other]\n[client-server]\nssl",
      "!include \(scratch.path)/more", "!include \(scratch.path)/others\nssl",
    ]
    try scratch.write("more", "[client]\nssl\n")
    try scratch.write("others", "[mysql]\nx=1\n")
    for line in demands {
      try scratch.write("options", "[client]\n" + account + line + "\n")
      let walked = try walk(base + "/options")
      #expect(walked.notExamined.map(\.reason) == [.unreachable], "\(line)")
      #expect(walked.notExamined.first?.detail?.contains("TLS is required") == true, "\(line)")
    }
    for line in ["", "#ssl", "ssl=0", "ssl\nskip-ssl", "ssl-mode=PREFERRED", "[mysqld]\nssl"] {
      try scratch.write("options", "[client]\n" + account + line + "\n")
      let walked = try walk(base + "/options")
      #expect(walked.notExamined.map(\.detail) == [], "\(line)")
    }
    try scratch.write("options", "[client]\n" + account + "ssl\n")
    #expect(try walk(base + "/options&ssl-mode=DISABLED").notExamined == [])
    for option in ["defaults-file", "ssl-ca", "ssl-cert", "ssl-key"] {
      let error = #expect(throws: RunError.self) {
        try walk(shop.url(as: nil, "\(option)=\(scratch.path)/none"))
      }
      #expect(error?.code == .usage)
      #expect(error?.message.contains("/none") == true)
      #expect("\(String(describing: error))".contains(shop.server.password) == false)
    }
  }

  @Test func `a value too large to be held is read in pieces`() throws {
    let shop = try Shop()
    try shop.execute(
      "CREATE TABLE docs (k varchar(20) PRIMARY KEY, body longtext, scan longblob)",
      "INSERT INTO docs VALUES ('doc', CONCAT(REPEAT('ä', 10000000), ' 4242424242424242'), "
        + "CONCAT(REPEAT('b', 20000000), ' 4111111111111111')), ('small', 'body', 'scan')")
    let walked = try walk(shop.url())
    let pieces = walked.readings.flatMap(\.pieces)
    func whole(_ key: String, _ column: String) -> [UInt8] {
      pieces.filter { $0.rowKey == key && $0.column == column }.flatMap(\.ownedBytes)
    }
    #expect(whole("k=doc", "body").count == 20_000_017)
    #expect(whole("k=doc", "body").suffix(17).elementsEqual(" 4242424242424242".utf8))
    #expect(whole("k=doc", "scan").count == 20_000_017)
    #expect(whole("k=doc", "scan").suffix(17).elementsEqual(" 4111111111111111".utf8))
    #expect(whole("k=small", "body").elementsEqual("body".utf8))
    #expect(pieces.allSatisfy { $0.bytes.count <= 4 << 20 })
    #expect(missed(walked) == [])
  }

  @Test func `a value too large to be held is looked up once, whatever its characters`() throws {
    let shop = try Shop()
    // Pieces end inside characters.
    try shop.execute(
      "SET GLOBAL userstat = 1",
      "CREATE TABLE docs (id int PRIMARY KEY, a longtext, b longtext CHARACTER SET utf16, "
        + "c longtext CHARACTER SET latin1)",
      "INSERT INTO docs VALUES (1, CONCAT('x', REPEAT('€', 9000000), ' 4242424242424242'), NULL, NULL)",
      "INSERT INTO docs SELECT 2, NULL, a, NULL FROM docs",
      "INSERT INTO docs VALUES (3, NULL, NULL, "
        + "CONCAT(REPEAT(_latin1 x'78E9', 23000000), _latin1 ' 4242424242424242'))",
      "FLUSH TABLE_STATISTICS")
    let walked = try walk(shop.url())
    let pieces = walked.readings.flatMap(\.pieces)
    for (key, column) in [("id=1", "a"), ("id=2", "b"), ("id=3", "c")] {
      let whole = pieces.filter { $0.rowKey == key && $0.column == column }.flatMap(\.ownedBytes)
      #expect(whole.count == (column == "c" ? 69_000_017 : 27_000_018), "\(column)")
      let text = String(validating: whole, as: UTF8.self)
      #expect(text?.hasSuffix(column == "c" ? "xé 4242424242424242" : "€ 4242424242424242") == true)
    }
    #expect(missed(walked) == [])
    let looks = try shop.boss.rows(
      """
      SELECT rows_read FROM information_schema.table_statistics
      WHERE table_schema = '\(shop.name)' AND table_name = 'docs'
      """)
    let count = try #require(looks.first?.first.flatMap { $0 }.flatMap { Int($0) })
    #expect(count > 0 && count <= 20)
  }

  @Test func `a marker differs after every change, and there is none while one may be missed`()
    throws
  {
    let shop = try Shop()
    let other = try Shop()
    try shop.execute(
      "CREATE TABLE old (n text)", "INSERT INTO old VALUES ('x')", "CREATE TABLE east (n text)",
      "CREATE TABLE west (n text)", "INSERT INTO east VALUES ('x')",
      "INSERT INTO west VALUES ('y')",
      "CREATE TABLE log (n int) PARTITION BY HASH (n) PARTITIONS 2", "INSERT INTO log VALUES (1)",
      "CREATE TABLE aria (n int) ENGINE=Aria", "INSERT INTO aria VALUES (1)")
    usleep(1_200_000)
    // What it will change has the time of its beginning, as a change that is seen has.
    try other.execute("CREATE TABLE mine (n text)", "BEGIN", "INSERT INTO mine VALUES ('x')")
    try shop.execute("CREATE TABLE t (n text)", "INSERT INTO t VALUES ('x')")
    try other.execute("INSERT INTO \(shop.name).t VALUES ('late')")
    let open = try settled(shop, "old")
    usleep(2_200_000)
    #expect(try stamps(shop.url())["\(shop.name).t"] == nil)
    #expect(open["\(shop.name).log"] == nil && open["\(shop.name).aria"] == nil)
    try other.execute("COMMIT")
    let ended = try settled(shop, "t")
    #expect(ended["\(shop.name).old"] == open["\(shop.name).old"])
    // Loaded in the same second.
    try shop.execute("RENAME TABLE east TO x, west TO east, x TO west")
    let swapped = try stamps(shop.url())
    // Without a database in the target.
    let all = "mariadb://\(shop.server.user):\(shop.server.password)@\(shop.server.address)"
    #expect(try settled(shop, "t", at: all)["\(shop.name).t"] == ended["\(shop.name).t"])
    #expect(swapped["\(shop.name).east"] != ended["\(shop.name).east"])
    try shop.execute(
      "TRUNCATE old", "ALTER TABLE t ADD COLUMN d text DEFAULT 'x', ALGORITHM=INSTANT")
    let changed = try settled(shop, "t")
    #expect(changed["\(shop.name).old"] != ended["\(shop.name).old"])
    #expect(changed["\(shop.name).t"] != ended["\(shop.name).t"])
    let user = try shop.makeUser()
    try shop.execute("GRANT SELECT ON \(shop.name).* TO \(user)@'127.0.0.1'")
    #expect(try stamps(shop.url(as: user)) == [:])
    try shop.execute("GRANT PROCESS ON *.* TO \(user)@'127.0.0.1'")
    let granted = try settled(shop, "t", as: user)
    try shop.execute(
      "REVOKE SELECT ON \(shop.name).* FROM \(user)@'127.0.0.1'",
      "GRANT SELECT (n) ON t TO \(user)@'127.0.0.1'")
    let part = try settled(shop, "t", as: user)
    #expect(part["\(shop.name).t"] != granted["\(shop.name).t"])
  }

  /// The markers, once there is one of a table: not while other tests have transactions open.
  private func settled(
    _ shop: Shop, _ table: String, as user: String? = nil, at url: String? = nil
  ) throws -> [String: String] {
    for _ in 0..<120 {
      let found = try stamps(url ?? shop.url(as: user))
      if found["\(shop.name).\(table)"] != nil { return found }
      usleep(500_000)
    }
    Issue.record("no marker of \(table)")
    return [:]
  }

  @Test func `odd names, samples and patterns`() throws {
    let shop = try Shop()
    try shop.execute(
      "CREATE TABLE `ta``ble\n.ß` (`select` text, `ключ ?` int PRIMARY KEY)",
      "INSERT INTO `ta``ble\n.ß` VALUES ('one text', 1), ('two text', 2), ('three', 3)",
      "CREATE TABLE other (n text)")
    var options = InputOptions()
    options.excludes = [Glob("*.other")]
    options.rowsMax = 2
    let walked = try walk(shop.url(), options)
    #expect(
      values(walked, of: shop.name + ".ta`ble\n.ß") == [
        "ключ ?=1 select one text", "ключ ?=2 select two text",
      ])
    #expect(missed(walked).map(\.reason.rawValue) == ["sampled"])
    #expect(walked.reason("other") == "excluded-by-pattern")
  }

  @Test func `hundreds of tables are read`() throws {
    let shop = try Shop()
    let count = TestServer.isSoak ? 10_000 : 200
    for number in 1...count {
      try shop.execute(
        "CREATE TABLE t\(number) (n text) ENGINE=MyISAM", "INSERT INTO t\(number) VALUES ('a row')")
    }
    let walked = try walk(shop.url())
    #expect(walked.readings.filter { $0.outcome.examined.rows == 1 }.count == count)
    #expect(missed(walked) == [])
  }
}
