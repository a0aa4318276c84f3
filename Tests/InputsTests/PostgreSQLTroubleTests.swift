import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

@Suite(
  .enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed; .ci/deps test installs it"))
struct PostgreSQLTroubleTests {
  private func only(_ target: String) throws -> Coverage.Entry {
    let walked = try walk(target)
    #expect(walked.readings.isEmpty)
    #expect(walked.notExamined.count == 1)
    return try #require(walked.notExamined.first)
  }

  /// All items, opened by the caller later.
  private func items(_ target: String) throws -> [any Item] {
    var options = InputOptions()
    options.tables = [Glob("public.*")]
    let source = try makeSource(target: target, options: options)
    var items: [any Item] = []
    while let event = source.next() { if case .item(let item) = event { items.append(item) } }
    return items
  }

  @Test func `a server that does not let us in is told with the cure, without the password`() throws
  {
    let shop = try PostgreSQLTests.Shop()
    let address = shop.server.address
    let cases: [(String, String, String)] = [
      ("postgres://boss:wr0ng-pw@\(address)/postgres", "authentication-failed", "PGPASSWORD"),
      ("postgres://nobody:wr0ng-pw@\(address)/postgres", "authentication-failed", "PGPASSWORD"),
      ("postgres://boss:wr0ng-pw@no-such-host.invalid/x", "unreachable", "No address is known"),
      ("postgres://boss:wr0ng-pw@127.0.0.1:1/x", "unreachable", "whether the server runs"),
      (shop.url(as: nil, "sslmode=require"), "unreachable", "TLS is required"),
      ("postgres://boss:\(shop.server.password)@\(address)/nowhere", "missing", "Check the name"),
    ]
    for (target, reason, words) in cases {
      let entry = try only(target)
      #expect(entry.reason.rawValue == reason, "\(entry)")
      #expect(entry.detail?.contains(words) == true, "\(entry)")
      #expect(!"\(entry)".contains("wr0ng-pw"), "\(entry)")
      #expect(!"\(entry)".contains(shop.server.password), "\(entry)")
    }
  }

  @Test(arguments: ["postgres", "postgresql", "PostgreSQL"])
  func `a TLS mode that means nothing is refused with those that do`(scheme: String) throws {
    let error = #expect(throws: RunError.self) {
      try makeSource(target: "\(scheme)://boss:wr0ng-pw@h/x?sslmode=verify_full", options: .init())
    }
    #expect(error?.code == .usage && error?.message == "sslmode is not known")
    #expect(error?.hint?.contains("verify-full") == true && !"\(error!)".contains("wr0ng-pw"))
    let entry = ServerTrouble.connecting("t", .init(message: #"invalid sslmode value: "x""#))
    #expect(entry.detail?.contains("PGSSLMODE") == true)
  }

  /// What libpq says, and what the cure speaks of.
  @Test(arguments: [
    (#"definition of service "shop" not found"#, "PGSERVICE"),
    (#"server certificate for "db" does not match host name "10.0.0.1""#, "another name"),
    (#"FATAL:  role "nobody" does not exist"#, "no account"),
    (#"FATAL:  database "nothing" does not exist"#, "no database"),
    (#"could not translate host name "ss@db" to address"#, "%40"),
    (#"could not translate host name "db" to address"#, "Check its name in the target."),
  ])
  func `a cure is of what went wrong`(_ message: String, _ cure: String) throws {
    let entry = ServerTrouble.connecting("t", .init(message: message))
    let detail = try #require(entry.detail)
    #expect(detail.contains(cure) && !detail.contains("nobody") && !detail.contains("ss@"))
  }

  /// The query, what is said of it, and of what the hint tells.
  @Test(arguments: [
    ("sslmode=disable&sslmode=verify-full", "the URL says sslmode twice", "Leave one"),
    ("ssl=true&sslmode=disable", "the URL says sslmode twice", "Leave one"),
    ("user=a&application_name=x&user=b", "the URL says user twice", "Leave one"),
    ("nonsense=1", "the option 'nonsense' of the URL is not known", "sslmode"),
    ("SSLMODE=require", "the option 'SSLMODE' of the URL is not known", "lower case: sslmode"),
    ("SSLMODE=", "the option 'SSLMODE' of the URL is not known", "lower case: sslmode"),
    ("password=wr0ng-pw&more-wr0ng-pw", "an option of the URL is not known", "sslmode"),
    ("application_name=%zz", "libpq does not understand the URL", "%25"),
    ("sslmode", "libpq does not understand the URL", "%25"),
  ])
  func `options of a URL that cannot be meant are refused`(
    _ query: String, _ message: String, _ hint: String
  ) throws {
    let error = #expect(throws: RunError.self) {
      try makeSource(target: "postgres://boss:wr0ng-pw@h/x?\(query)", options: .init())
    }
    #expect(error?.code == .usage && error?.message == message, "\(String(describing: error))")
    #expect(error?.hint?.contains(hint) == true, "\(String(describing: error))")
    #expect(!"\(error!)".contains("wr0ng-pw"))
  }

  @Test func `what is wrong with every share of a table is told once`() throws {
    let shop = try PostgreSQLTests.Shop()
    try shop.boss.execute(
      """
      CREATE TABLE big (id int PRIMARY KEY, filler text);
      INSERT INTO big SELECT g, repeat('x', 1000) || g FROM generate_series(1, 80000) g
      """)
    let big = try #require(items(shop.url()).first)
    try big.open()
    var parts: [any Part] = []
    while let part = big.nextPart() { parts.append(part) }
    #expect(parts.count > 1)
    try shop.boss.execute("DROP TABLE big")
    let missed = parts.flatMap { $0.read(into: WorkBuffer()) { _ in true }.notExamined }
    #expect(missed.map(\.reason) == [.vanished])
  }

  @Test func `a table that is dropped or emptied during the scan is told, the rest is read`() throws
  {
    let shop = try PostgreSQLTests.Shop()
    try shop.boss.execute(
      """
      CREATE TABLE a (n text); CREATE TABLE b (n text); CREATE TABLE c (n text);
      CREATE TABLE d (n text); INSERT INTO a VALUES ('in a'); INSERT INTO b VALUES ('in b');
      INSERT INTO c VALUES ('in c'); INSERT INTO d VALUES ('in d')
      """)
    let all = try items(shop.url())
    try shop.boss.execute("DROP TABLE b; TRUNCATE c; ALTER TABLE d ADD COLUMN later int")
    var reasons: [String] = []
    var texts: [String] = []
    for item in all {
      let reading = read(item)
      reasons += reading.reasons
      texts += reading.pieces.filter { $0.table?.hasPrefix("public.") == true }.map(\.text)
    }
    #expect(reasons == ["vanished", "changed-while-reading"])
    #expect(texts == ["in a", "in d"])
  }

  @Test func `a connection lost half-way is made again in the same snapshot`() throws {
    let shop = try PostgreSQLTests.Shop()
    try shop.boss.execute(
      "CREATE TABLE t (id int PRIMARY KEY, n text); "
        + "INSERT INTO t SELECT g, repeat('x', 500) || g FROM generate_series(1, 20000) g")
    let item = try #require(items(shop.url()).first)
    try item.open()
    let part = try #require(item.nextPart())
    var rows: Set<String> = []
    var count = 0
    let outcome = part.read(into: WorkBuffer()) { chunk in
      if case .column(1) = chunk.field {
        rows.insert(part.rowKey ?? "")
        count += 1
        if count == 5000 {
          do {
            try shop.boss.execute("DELETE FROM t WHERE id > 19000")
            try shop.boss.execute(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' "
                + "AND datname = current_database() AND pid <> pg_backend_pid()")
          } catch { Issue.record("\(error)") }
        }
      }
      return true
    }
    #expect(rows.count == 20000)
    #expect(count == 20000)
    #expect(outcome.notExamined == [])
    #expect(item.close().tables.first?.rowsInTable == 20000)
  }

  @Test func `when all connections are lost the table is told and the others are read`() throws {
    let shop = try PostgreSQLTests.Shop()
    try shop.boss.execute(
      """
      CREATE TABLE a (n text); CREATE TABLE b (n text); INSERT INTO b VALUES ('in b');
      INSERT INTO a SELECT repeat('x', 4000) || g FROM generate_series(1, 20000) g
      """)
    let all = try items(shop.url())
    var count = 0
    try all[0].open()
    let part = try #require(all[0].nextPart())
    let outcome = part.read(into: WorkBuffer()) { _ in
      count += 1
      if count == 1000 {
        do {
          try shop.boss.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
              + "WHERE datname = current_database() AND pid <> pg_backend_pid()")
        } catch { Issue.record("\(error)") }
      }
      return true
    }
    // There is more of it than sockets hold, so that the reader notices.
    #expect(outcome.notExamined.map(\.reason) == [.connectionLost])
    #expect(outcome.notExamined.first?.detail?.contains("--tables 'public.a'") == true)
    #expect(all[0].close().notExamined.map(\.reason) == [.connectionLost])
    let second = read(all[1])
    #expect(second.pieces.map(\.text) == ["in b"])
    #expect(second.outcome.notExamined == [])
  }

  @Test func `a list of large objects that is refused is told once`() throws {
    let shop = try PostgreSQLTests.Shop()
    try shop.boss.execute("SELECT lo_from_bytea(700001, 'a text')")
    var options = InputOptions()
    options.tables = [Glob("pg_catalog.pg_largeobject")]
    let item = try firstServerItem(
      shop.url(as: nil, "options=-c%20lock_timeout%3D100ms"), options)
    try shop.boss.execute("SET lock_timeout = '5s'")
    try shop.boss.execute("BEGIN; LOCK TABLE pg_largeobject_metadata IN ACCESS EXCLUSIVE MODE")
    let reading = read(item)
    try shop.boss.execute("ROLLBACK")
    #expect(reading.reasons == ["locked"])
    #expect(reading.outcome.tables.map(\.rowsInTable) == [nil])
  }

  @Test func `a statement that takes too long and a locked table are told`() throws {
    let shop = try PostgreSQLTests.Shop()
    try shop.boss.execute(
      """
      CREATE TABLE slow (n text);
      INSERT INTO slow SELECT repeat('x', 500) || g FROM generate_series(1, 60000) g
      """)
    let slow = try items(shop.url(as: nil, "options=-c%20statement_timeout%3D2s"))
    var waited = false
    let reading = { () -> PartOutcome in
      do {
        try slow[0].open()
        let part = try #require(slow[0].nextPart())
        return part.read(into: WorkBuffer()) { _ in
          if !waited { usleep(3_500_000) }
          waited = true
          return true
        }
      } catch {
        Issue.record("\(error)")
        return PartOutcome()
      }
    }()
    #expect(reading.notExamined.map(\.reason) == [.timeLimit])
    #expect(reading.notExamined.first?.detail?.contains("statement_timeout") == true)
    let locked = try items(shop.url(as: nil, "options=-c%20lock_timeout%3D100ms"))
    try shop.boss.execute("BEGIN; LOCK TABLE slow")
    #expect(read(locked[0]).reasons.first == "locked")
    try shop.boss.execute("ROLLBACK")
  }
}
