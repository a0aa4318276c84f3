import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

/// Against a real server, which the tests start; each test has a database of its own.
@Suite(
  .enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed; .ci/deps test installs it"))
struct PostgreSQLTests {
  /// A database for one test, dropped with it.
  final class Shop {
    let server: TestServer
    let name: String
    let boss: PostgreSQLConnection

    init(encoding: String = "UTF8") throws {
      server = try TestServer.postgreSQL()
      name = "t" + UUID().uuidString.filter { $0 != "-" }.lowercased()
      let admin = try Shop.connect(server, "postgres")
      try admin.execute(
        "CREATE DATABASE \(name) ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C' "
          + "TEMPLATE template0")
      boss = try Shop.connect(server, name)
    }

    static func connect(_ server: TestServer, _ database: String) throws -> PostgreSQLConnection {
      try LibPQ().connect([
        "host": "127.0.0.1", "port": String(server.port), "user": server.user,
        "password": server.password, "dbname": database,
      ])
    }

    /// The database as `user`, who may log in with the password `pw`.
    func url(as user: String? = nil, _ query: String = "") -> String {
      let account = user.map { "\($0):pw" } ?? "\(server.user):\(server.password)"
      return "postgres://\(account)@\(server.address)/\(name)" + (query.isEmpty ? "" : "?" + query)
    }

    func makeUser(_ grants: String) throws -> String {
      let user = "u" + name.dropFirst()
      try boss.execute(
        "CREATE ROLE \(user) LOGIN PASSWORD 'pw'; " + grants.replacing("$", with: user))
      return user
    }

    deinit {
      do {
        let admin = try Shop.connect(server, "postgres")
        try admin.execute("DROP DATABASE \(name) WITH (FORCE)")
        try admin.execute("DROP ROLE IF EXISTS u\(name.dropFirst())")
      } catch { print("left behind: \(name)") }
    }
  }

  /// `key column value` of each chunk of a table, small numbers left out.
  private func values(_ walked: Walked, of table: String) -> [String] {
    walked.readings.flatMap(\.pieces).filter { $0.table == table && $0.ownedBytes.count >= 3 }
      .map { "\($0.rowKey ?? "-") \($0.column ?? "-") \($0.text)" }
  }

  private func missed(_ walked: Walked) -> [Coverage.Entry] {
    walked.notExamined + walked.readings.flatMap(\.outcome.notExamined)
  }

  @Test func `values of every type are handed over as what they hold`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE EXTENSION hstore;
      CREATE DOMAIN pan AS text; CREATE DOMAIN raw AS bytea;
      CREATE TYPE brand AS ENUM ('visa 4111111111111111');
      CREATE TYPE pair AS (a text, b bigint);
      CREATE TABLE cards (id int PRIMARY KEY, t text, v varchar(30), c char(20), n numeric(20,2),
        f float8, b bigint, j json, jb jsonb, a text[], by bytea, bya bytea[], e brand, x xml,
        h hstore, d pan, r raw, p pair, nul text, odd text);
      INSERT INTO cards VALUES (1, '4242424242424242', '4242 4242 4242 4242', '4242424242424242',
        4242424242424242, 4242424242424242, 4242424242424242, '{"pan":"4242424242424242"}',
        '{"pan":4242424242424242}', ARRAY['a','4242424242424242'], '4242424242424242',
        ARRAY['4242424242424242'::bytea], 'visa 4111111111111111', '<pan>4242424242424242</pan>',
        'pan=>4242424242424242', '4242424242424242', '4242424242424242',
        ROW('x', 4242424242424242), NULL, E'a\\tb\\nc\\\\d\\\\N')
      """)
    let walked = try walk(shop.url())
    #expect(
      values(walked, of: "public.cards") == [
        "id=1 t 4242424242424242", "id=1 v 4242 4242 4242 4242", "id=1 c 4242424242424242    ",
        "id=1 n 4242424242424242", "id=1 f 4242424242424242", "id=1 b 4242424242424242",
        #"id=1 j {"pan":"4242424242424242"}"#, #"id=1 jb {"pan": 4242424242424242}"#,
        "id=1 a {a,4242424242424242}", "id=1 by 4242424242424242", "id=1 bya 4242424242424242",
        "id=1 e visa 4111111111111111", "id=1 x <pan>4242424242424242</pan>",
        #"id=1 h "pan"=>"4242424242424242""#, "id=1 d 4242424242424242",
        "id=1 r 4242424242424242", "id=1 p (x,4242424242424242)", "id=1 odd a\tb\nc\\d\\N",
      ])
    let reading = try #require(walked.readings.first { $0.pieces.first?.table == "public.cards" })
    #expect(
      reading.outcome.tables == [
        Coverage.Table(
          place: shop.url().replacing(":\(shop.server.password)", with: ""), name: "public.cards",
          rowsRead: 1, rowsInTable: 1)
      ])
    #expect(missed(walked) == [])
  }

  @Test func `what definitions say is handed over with its name`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE TYPE label AS ENUM ('4242424242424242');
      CREATE DOMAIN pan AS text DEFAULT '4242424242424242' CHECK (VALUE <> '4242424242424242');
      CREATE TABLE d (id int PRIMARY KEY, p text DEFAULT '4242424242424242' CHECK (p <> ''),
        q text CONSTRAINT k CHECK (q <> '4242424242424242'));
      CREATE TABLE parts (id text) PARTITION BY LIST (id);
      CREATE TABLE one PARTITION OF parts FOR VALUES IN ('4242424242424242');
      COMMENT ON TABLE d IS 't 4242424242424242'; COMMENT ON COLUMN d.p IS 'c 4242424242424242';
      COMMENT ON SCHEMA public IS 's 4242424242424242';
      CREATE INDEX i ON d (p) WHERE q = '4242424242424242';
      CREATE VIEW v AS SELECT '4242424242424242' AS n;
      CREATE FUNCTION f(a text = '4242424242424242') RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.p := '4242424242424242'; RETURN NEW; END $$;
      CREATE TRIGGER g BEFORE INSERT ON d FOR EACH ROW WHEN (NEW.p = '4242424242424242')
        EXECUTE FUNCTION g();
      CREATE RULE r AS ON DELETE TO d DO ALSO SELECT '4242424242424242';
      CREATE POLICY o ON d USING (p <> '4242424242424242');
      CREATE AGGREGATE a(text) (SFUNC = textcat, STYPE = text, INITCOND = '4242424242424242');
      """)
    let walked = try walk(shop.url())
    let pieces = walked.readings.flatMap(\.pieces).filter { $0.table == "definitions" }
    let told = pieces.filter { $0.text.contains("4242424242424242") }.compactMap(\.rowKey)
    let wanted = [
      "label of type label", "default of type pan", "constraint pan_check",
      "default value for column p of table d", "constraint k on table d",
      "bounds of table one", "comment on table d", "comment on column p of table d",
      "comment on schema public", "index i", "view v", "function f(text)", "function g()",
      "trigger g on table d", "rule r on table d", "policy o on table d",
      "initial value of function a(text)",
    ]
    for name in wanted { #expect(told.contains { $0.hasPrefix(name) }, "\(name): \(told)") }
    #expect(told.count == wanted.count, "\(told)")
    #expect(missed(walked) == [])
    let coverage = walked.readings.flatMap(\.outcome.tables).first { $0.name == "definitions" }
    #expect(coverage?.rowsRead == pieces.count && coverage?.rowsInTable == pieces.count)
  }

  @Test func `money is read as the number it is`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE DOMAIN price AS money;
      CREATE TABLE paid (id int PRIMARY KEY, m money, d price, a money[], none money);
      INSERT INTO paid VALUES (1, 4242424242424242, 4242424242424242,
        ARRAY[4242424242424242::money, 12.5::money], NULL), (2, 12.5, 12, NULL, NULL)
      """)
    let walked = try walk(shop.url())
    #expect(
      values(walked, of: "public.paid") == [
        "id=1 m 4242424242424242", "id=1 d 4242424242424242",
        "id=1 a {4242424242424242.00,12.50}", "id=2 m 12.50",
      ])
    #expect(missed(walked) == [])
  }

  @Test func `floats in arrays are read as the numbers they are`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE DOMAIN floats AS float8[];
      CREATE TABLE f (id int PRIMARY KEY, a float8[], d floats);
      INSERT INTO f VALUES (1, '{4242424242424242,0.5,NULL,NaN,1e300}', '{{4242424242424242},{7}}'),
        (2, '{}', NULL)
      """)
    let walked = try walk(shop.url())
    #expect(
      values(walked, of: "public.f") == [
        "id=1 a {4242424242424242,0.5,NaN,1e+300}", "id=1 d {4242424242424242,7}",
      ])
    #expect(missed(walked) == [])
  }

  @Test func `the target is named without its password`() throws {
    let shop = try Shop()
    let source = try makeSource(
      target: shop.url(as: nil, "password=other&connect_timeout=5"), options: InputOptions())
    #expect(
      source.target == "postgres://boss@\(shop.server.address)/\(shop.name)?connect_timeout=5")
  }

  @Test func `partitions and children are read once, views not, materialised views are`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE TABLE log (day int, note text) PARTITION BY RANGE (day);
      CREATE TABLE log1 PARTITION OF log FOR VALUES FROM (0) TO (10);
      CREATE TABLE log2 PARTITION OF log FOR VALUES FROM (10) TO (20) PARTITION BY LIST (day);
      CREATE TABLE log2a PARTITION OF log2 DEFAULT;
      INSERT INTO log VALUES (1, 'first'), (11, 'second');
      CREATE TABLE parent (note text); CREATE TABLE child () INHERITS (parent);
      INSERT INTO parent VALUES ('of the parent'); INSERT INTO child VALUES ('of the child');
      CREATE VIEW shown AS SELECT * FROM parent;
      CREATE MATERIALIZED VIEW kept AS SELECT 'materialised' AS note;
      CREATE MATERIALIZED VIEW never AS SELECT 'x' AS note WITH NO DATA;
      CREATE UNLOGGED TABLE fast (note text); INSERT INTO fast VALUES ('unlogged')
      """)
    let walked = try walk(shop.url())
    #expect(
      walked.readings.flatMap(\.pieces).map { "\($0.table ?? "") \($0.rowKey ?? "") \($0.text)" }
        .filter { $0.hasPrefix("public.") && $0.split(separator: " ").last!.count > 2 } == [
          "public.child ctid=(0,1) of the child", "public.fast ctid=(0,1) unlogged",
          "public.kept ctid=(0,1) materialised", "public.log1 ctid=(0,1) first",
          "public.log2a ctid=(0,1) second", "public.parent ctid=(0,1) of the parent",
        ])
    #expect(missed(walked) == [])
  }

  @Test func `partitions behind a grant on their table alone are read through it`() throws {
    let shop = try Shop()
    let user = try shop.makeUser(
      """
      CREATE TABLE log (day int PRIMARY KEY, note text) PARTITION BY RANGE (day);
      CREATE TABLE log1 PARTITION OF log FOR VALUES FROM (0) TO (10);
      CREATE TABLE log2 PARTITION OF log FOR VALUES FROM (10) TO (20);
      INSERT INTO log VALUES (1, 'first'), (11, 'second'); GRANT SELECT ON log TO $
      """)
    let walked = try walk(shop.url(as: user))
    #expect(values(walked, of: "public.log") == ["day=1 note first", "day=11 note second"])
    #expect(missed(walked) == [])
  }

  @Test func `large objects are read`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      SELECT lo_from_bytea(700001, '4242424242424242');
      SELECT lo_from_bytea(700002, decode(repeat('61', 3000000), 'hex') || ' 4111111111111111')
      """)
    let walked = try walk(shop.url())
    let pieces = walked.readings.flatMap(\.pieces).filter {
      $0.table == "pg_catalog.pg_largeobject"
    }
    #expect(pieces.first?.rowKey == "loid=700001")
    #expect(pieces.first?.text == "4242424242424242")
    #expect(pieces.last?.text.hasSuffix("a 4111111111111111") == true)
    #expect(pieces.map(\.ownedBytes.count).reduce(0, +) == 16 + 3_000_017)
    #expect(missed(walked) == [])
  }

  @Test func `what the account may not read is told`() throws {
    let shop = try Shop()
    let user = try shop.makeUser(
      """
      CREATE TABLE open (id int PRIMARY KEY, note text); INSERT INTO open VALUES (1, 'open note');
      CREATE TABLE closed (note text); CREATE TABLE half (id int, note text, pan text);
      INSERT INTO half VALUES (1, 'half note', '4242424242424242');
      CREATE TABLE policed (note text); ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
      CREATE SCHEMA hidden; CREATE TABLE hidden.t (note text); GRANT SELECT ON hidden.t TO $;
      CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE far (note text) SERVER files OPTIONS (filename '/etc/hostname');
      GRANT SELECT ON open, policed, far TO $; GRANT SELECT (id, note) ON half TO $;
      SELECT lo_from_bytea(700001, 'not yours')
      """)
    let walked = try walk(shop.url(as: user))
    let told = missed(walked).map {
      "\($0.place.split(separator: " ", maxSplits: 1)[1]) \($0.reason.rawValue)"
    }.sorted()
    #expect(
      told == [
        "hidden.t permission-denied", "pg_catalog.pg_largeobject loid=700001 permission-denied",
        "public.closed permission-denied", "public.far foreign-table",
        "public.half permission-denied", "public.policed permission-denied",
      ])
    #expect(values(walked, of: "public.open") == ["id=1 note open note"])
    #expect(values(walked, of: "public.half") == ["- note half note"])
    let half = try #require(missed(walked).first { $0.place.hasSuffix("half") })
    #expect(
      half.detail == "The account may not read the columns pan. Grant it SELECT on the table.")
  }

  @Test func `large objects that cannot be listed are told, the tables are read`() throws {
    let shop = try Shop()
    try shop.boss.execute("SELECT lo_from_bytea(700001, '4242424242424242')")
    let user = try shop.makeUser(
      "CREATE TABLE t (n text); INSERT INTO t VALUES ('a note'); GRANT SELECT ON t TO $; "
        + "REVOKE SELECT ON pg_catalog.pg_largeobject_metadata FROM PUBLIC")
    let walked = try walk(shop.url(as: user))
    #expect(values(walked, of: "public.t") == ["ctid=(0,1) n a note"])
    #expect(missed(walked).map(\.reason) == [.permissionDenied])
    #expect(walked.reason("pg_catalog.pg_largeobject") == "permission-denied")
  }

  @Test func `a table of several shares is read once, by whatever connections`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE TABLE big (id int PRIMARY KEY, filler text);
      INSERT INTO big SELECT g, repeat('x', 1000) || g FROM generate_series(1, 80000) g
      """)
    var options = InputOptions()
    options.tables = [Glob("public.*")]
    let big = try firstServerItem(shop.url(), options)
    try big.open()
    var parts: [any Part] = []
    while let part = big.nextPart() { parts.append(part) }
    #expect(parts.count > 1)
    // Written after the snapshot: not seen by any of them.
    try shop.boss.execute("INSERT INTO big VALUES (90000, 'later'); DELETE FROM big WHERE id < 10")
    var keys: Set<String> = []
    var rows = 0
    for part in parts.reversed() {
      let outcome = part.read(into: WorkBuffer()) { _ in
        keys.insert(part.rowKey ?? "")
        return true
      }
      #expect(outcome.notExamined == [])
      rows += outcome.examined.rows
    }
    #expect(rows == 80000)
    #expect(keys.count == 80000)
    #expect(big.close().tables.first?.rowsInTable == 80000)
  }

  @Test func `a value too large to be held is read in pieces`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE TABLE docs (id int PRIMARY KEY, body text, scan bytea, j jsonb);
      ALTER TABLE docs ALTER scan SET STORAGE EXTERNAL;
      INSERT INTO docs VALUES (1, repeat('ä', 10000000) || ' 4242424242424242',
        convert_to(repeat('b', 20000000) || ' 4111111111111111', 'UTF8'), '{"k": "small"}'),
        (2, 'small body', 'small scan', NULL)
      """)
    let walked = try walk(shop.url())
    let pieces = walked.readings.flatMap(\.pieces).filter { $0.table == "public.docs" }
    func whole(_ key: String, _ column: String) -> [UInt8] {
      pieces.filter { $0.rowKey == key && $0.column == column }.flatMap(\.ownedBytes)
    }
    #expect(whole("id=1", "body").count == 20_000_017)
    #expect(whole("id=1", "body").suffix(17).elementsEqual(" 4242424242424242".utf8))
    #expect(whole("id=1", "scan").count == 20_000_017)
    #expect(whole("id=1", "scan").suffix(17).elementsEqual(" 4111111111111111".utf8))
    #expect(whole("id=2", "body").elementsEqual("small body".utf8))
    #expect(pieces.allSatisfy { $0.bytes.count <= 4 << 20 })
    #expect(missed(walked) == [])
  }

  @Test func `patterns choose tables and a sample is never complete`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE SCHEMA old; CREATE TABLE old.cards (note text); CREATE TABLE cards (note text);
      CREATE TABLE orders (note text);
      INSERT INTO cards SELECT 'note ' || g FROM generate_series(1, 10) g
      """)
    var options = InputOptions()
    options.tables = [Glob("*.cards")]
    options.excludes = [Glob("old.*")]
    options.rowsMax = 4
    let walked = try walk(shop.url(), options)
    #expect(walked.readings.map { $0.outcome.tables[0].name } == ["public.cards"])
    #expect(walked.readings[0].outcome.tables[0].rowsRead == 4)
    #expect(walked.readings[0].outcome.tables[0].rowsInTable == nil)
    #expect(missed(walked).map(\.reason.rawValue) == ["sampled"])
    #expect(walked.reason("old.cards") == "excluded-by-pattern")
    #expect(walked.reason("public.orders") == "excluded-by-pattern")
  }

  @Test func `a pattern that no table matches is told`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      "CREATE TABLE log (day int) PARTITION BY RANGE (day); CREATE TABLE cards (n text); "
        + "CREATE TABLE log1 PARTITION OF log FOR VALUES FROM (0) TO (10)")
    func told(_ patterns: String...) throws -> [String] {
      var options = InputOptions()
      options.tables = patterns.map { Glob($0) }
      return missed(try walk(shop.url(), options)).map {
        "\($0.place.split(separator: " ").last ?? "") \($0.reason.rawValue)"
      }
    }
    #expect(try told("pubic.*") == ["pubic.* missing"])
    #expect(try told("public.cards", "public.logs") == ["public.logs missing"])
    #expect(try told("public.log") == ["public.log missing"])
    #expect(try told("public.log*", "*.cards", "pg_catalog.pg_largeobject") == [])
  }

  @Test func `odd names are read and told`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      #"""
      CREATE SCHEMA "a ""b"""; CREATE TABLE "a ""b"""."ta
      ble.ß" ("select" text, "ключ $1" int PRIMARY KEY);
      INSERT INTO "a ""b"""."ta
      ble.ß" VALUES ('some text', 7)
      """#)
    let walked = try walk(shop.url())
    #expect(
      values(walked, of: "a \"b\".ta\nble.ß") == ["ключ $1=7 select some text"])
    #expect(missed(walked) == [])
  }

  @Test func `a key that may be a card number is masked`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      "CREATE TABLE t (pan text PRIMARY KEY, n text); INSERT INTO t VALUES ('4242 4242 4242 4242','abc')"
    )
    #expect(try values(walk(shop.url()), of: "public.t").last == "pan=**** **** **** 4242 n abc")
  }

  @Test func `text that is not of the declared encoding is read as bytes`() throws {
    let shop = try Shop(encoding: "SQL_ASCII")
    try shop.boss.execute("SET client_encoding = 'SQL_ASCII'")
    try shop.boss.execute(
      "CREATE TABLE t (n text)")
    try shop.boss.execute("INSERT INTO t VALUES (E'caf\\xe9 4242424242424242')")
    let latin = try Shop(encoding: "EUC_JP")
    try latin.boss.execute("SET client_encoding = 'EUC_JP'")
    // A character of EUC_JP that UTF-8 has no place for.
    try latin.boss.execute(
      "CREATE TABLE t (n text); INSERT INTO t VALUES ('first 4111111111111111'), "
        + "(E'\\xfe\\xfe 4242424242424242')")
    #expect(
      try values(walk(shop.url()), of: "public.t").last?.hasSuffix(" 4242424242424242") == true)
    let walked = try walk(latin.url())
    let found = values(walked, of: "public.t")
    #expect(found.count == 2)
    #expect(found.last?.hasSuffix(" 4242424242424242") == true)
    #expect(missed(walked) == [])
  }

  @Test func `names that are not UTF-8 are told as such, the rest is read`() throws {
    let shop = try Shop(encoding: "SQL_ASCII")
    try shop.boss.execute(
      #"""
      DO $$ BEGIN
        EXECUTE E'CREATE TABLE "caf\xe9" (n text)';
        EXECUTE E'CREATE TABLE t (n text, "stra\xdfe" text)';
        EXECUTE 'INSERT INTO t VALUES (''a note'', ''a street'')';
        EXECUTE E'CREATE SCHEMA "d\xe9p"';
        EXECUTE E'CREATE TABLE "d\xe9p".u (n text)';
      END $$
      """#)
    let walked = try walk(shop.url())
    #expect(values(walked, of: "public.t") == ["ctid=(0,1) n a note"])
    #expect(missed(walked).map(\.reason) == [.unsupported, .unsupported, .unsupported])
    #expect(missed(walked).allSatisfy { $0.detail?.contains("not UTF-8") == true })
    for place in [#"d\xE9p.u"#, #"public.caf\xE9"#, "public.t"] {
      #expect(walked.reason(place) == "unsupported", "\(place)")
    }
  }

  @Test func `short and empty values are handed over, NULL is not, each row with its number`()
    throws
  {
    let shop = try Shop()
    try shop.boss.execute(
      "CREATE TABLE t (a text, b int); INSERT INTO t VALUES ('', 7), (NULL, NULL), ('x', NULL)")
    var options = InputOptions()
    options.tables = [Glob("public.*")]
    let item = try firstServerItem(shop.url(), options)
    try item.open()
    let part = try #require(item.nextPart())
    #expect(part.columnTypes == ["text", "integer"])
    var seen: [String] = []
    _ = part.read(into: WorkBuffer()) { chunk in
      seen.append("\(part.rowNumber ?? -1) \(String(decoding: chunk.bytes, as: UTF8.self))")
      return true
    }
    #expect(seen == ["0 ", "0 7", "2 x"])
  }

  @Test func `a marker differs after every change that shows, and no other`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE TYPE mood AS ENUM ('good');
      CREATE TABLE t (id int PRIMARY KEY, n text, m mood); CREATE TABLE other (n text);
      INSERT INTO t VALUES (1, 'one'), (2, 'two');
      SELECT lo_from_bytea(0, 'large')
      """)
    var last = try stamps(shop.url())
    #expect(last["public.t"] != nil && last[LargeObjectsName.text] != nil)
    for sql in [
      "INSERT INTO t VALUES (3, 'three')", "UPDATE t SET n = n WHERE id = 1",
      "DELETE FROM t WHERE id = 2", "ALTER TABLE t ADD COLUMN d text DEFAULT 'x'",
      "ALTER TABLE t DROP COLUMN d; ALTER TABLE t ADD COLUMN d text DEFAULT 'y'",
      "ALTER TABLE t RENAME COLUMN n TO note", "ALTER TABLE t DROP CONSTRAINT t_pkey",
      "ALTER TYPE mood RENAME VALUE 'good' TO 'bad'", "TRUNCATE t",
      "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, n text, m mood)",
    ] {
      try shop.boss.execute(sql)
      let now = try stamps(shop.url())
      #expect(now["public.t"] != nil && now["public.t"] != last["public.t"], "\(sql)")
      if !sql.contains("mood") { #expect(now["public.other"] == last["public.other"], "\(sql)") }
      #expect(now[LargeObjectsName.text] == last[LargeObjectsName.text] || sql.contains("mood"))
      last = now
    }
    // Of a transaction that was undone or is not ended nothing shows; a lock is no change.
    try shop.boss.execute("BEGIN; INSERT INTO t VALUES (9, 'nine'); ROLLBACK")
    try shop.boss.execute("BEGIN; SELECT * FROM other FOR UPDATE; INSERT INTO t VALUES (5, 'five')")
    #expect(try stamps(shop.url())["public.t"] == last["public.t"])
    try shop.boss.execute("COMMIT")
    #expect(try stamps(shop.url())["public.t"] != last["public.t"])
    let objects = try shop.boss.rows("SELECT oid FROM pg_largeobject_metadata")
    let object = try #require(objects.first?.first ?? nil)
    try shop.boss.execute("SELECT lo_put(\(object), 0, 'other')")
    #expect(try stamps(shop.url())[LargeObjectsName.text] != last[LargeObjectsName.text])
  }

  /// As the tool names them.
  private enum LargeObjectsName { static let text = "pg_catalog.pg_largeobject" }

  @Test func `where not all is shown there is no marker`() throws {
    let shop = try Shop()
    let user = try shop.makeUser(
      """
      CREATE TABLE whole (n text); CREATE TABLE part (n text, hidden text);
      CREATE TABLE guarded (n text); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
      CREATE TABLE log (day int) PARTITION BY RANGE (day);
      CREATE TABLE log1 PARTITION OF log DEFAULT; SELECT lo_from_bytea(0, 'large');
      GRANT SELECT ON whole, guarded, log TO $; GRANT SELECT (n) ON part TO $
      """)
    #expect(try stamps(shop.url(as: user)).keys.sorted() == ["public.whole"])
  }

  @Test func `columns that show names or fields of other types have no marker`() throws {
    let shop = try Shop()
    try shop.boss.execute(
      """
      CREATE TYPE pair AS (a text, b int); CREATE DOMAIN pairs AS pair[];
      CREATE DOMAIN code AS text; CREATE TYPE pairrange AS RANGE (subtype = pair);
      CREATE TYPE coderange AS RANGE (subtype = code);
      CREATE TABLE plain (a text[], b code, c int4range, d coderange, e name, f numeric, g jsonb);
      CREATE TABLE composed (p pair); CREATE TABLE composeds (p pairs);
      CREATE TABLE ranged (p pairrange); CREATE TABLE rowed (p pg_class);
      CREATE TABLE named (r regclass); CREATE TABLE nameds (r regtype[]); INSERT INTO composed VALUES (('x', 1))
      """)
    #expect(try stamps(shop.url()).keys.filter { $0.hasPrefix("public.") } == ["public.plain"])
    // What such a column shows changes, and no row does.
    try shop.boss.execute("ALTER TYPE pair ADD ATTRIBUTE c text; INSERT INTO plain(b) VALUES ('x')")
    #expect(try stamps(shop.url()).keys.filter { $0.hasPrefix("public.") } == ["public.plain"])
  }

  @Test func `a value too large to be held is unpacked once`() throws {
    let shop = try Shop()
    let bytes = 24 << 20
    try shop.boss.execute(
      """
      CREATE TABLE docs (id int PRIMARY KEY, packed bytea, plain bytea, body text);
      ALTER TABLE docs ALTER plain SET STORAGE EXTERNAL;
      INSERT INTO docs SELECT 1, v, NULL, NULL
        FROM (SELECT convert_to(repeat('a', \(bytes)) || ' 4242424242424242', 'UTF8') AS v) s;
      INSERT INTO docs SELECT 2, NULL, packed, NULL FROM docs;
      INSERT INTO docs VALUES (3, NULL, NULL, repeat('xä€', \(bytes / 6)) || ' 4242424242424242');
      SELECT pg_stat_reset()
      """)
    let walked = try walk(shop.url())
    let pieces = walked.readings.flatMap(\.pieces)
    for (key, column) in [("id=1", "packed"), ("id=2", "plain"), ("id=3", "body")] {
      let whole = pieces.filter { $0.rowKey == key && $0.column == column }.flatMap(\.ownedBytes)
      #expect(whole.count == (column == "body" ? bytes / 6 * 6 : bytes) + 17, "\(column)")
      #expect(whole.suffix(17).elementsEqual(" 4242424242424242".utf8), "\(column)")
    }
    #expect(missed(walked) == [])
    // How often the table was looked into, once the connections that did have said so.
    var looks = 0
    for _ in 0..<100 where looks == 0 {
      usleep(100_000)
      let rows = try shop.boss.rows(
        """
        SELECT heap_blks_hit + heap_blks_read FROM pg_statio_user_tables WHERE relname = 'docs'
        """)
      looks = rows.first?.first?.flatMap { Int($0) } ?? 0
    }
    #expect(looks > 0 && looks < 12)
  }

  @Test func `hundreds of tables are read`() throws {
    let shop = try Shop()
    let count = TestServer.isSoak ? 10_000 : 300
    try shop.boss.execute(
      """
      CREATE PROCEDURE make(n int) LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..n LOOP
        EXECUTE format('CREATE TABLE t%s (n text)', i);
        EXECUTE format('INSERT INTO t%s VALUES (''row of %s'')', i, i);
        COMMIT;
      END LOOP; END $$
      """)
    try shop.boss.execute("CALL make(\(count))")
    let walked = try walk(shop.url())
    #expect(walked.readings.filter { $0.outcome.examined.rows == 1 }.count == count)
    #expect(missed(walked) == [])
  }
}
