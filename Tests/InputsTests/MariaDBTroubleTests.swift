import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

/// What goes wrong with a server, and how it is told.
extension MariaDBTests {
  @Test func `a server that does not let us in is told with the cure, without the password`() throws
  {
    let shop = try Shop()
    let address = shop.server.address
    let cases: [(String, String, String)] = [
      ("mysql://boss:wr0ng-pw@\(address)/mysql", "authentication-failed", "MYSQL_PWD"),
      ("mysql://boss:wr0ng-pw@no-such-host.invalid/x", "unreachable", "No address is known"),
      ("mysql://boss:wr0ng-pw@127.0.0.1:1/x", "unreachable", "whether the server runs"),
      (shop.url(as: nil, "ssl-mode=REQUIRED"), "unreachable", "TLS is required"),
      ("mysql://boss:\(shop.server.password)@\(address)/nowhere", "missing", "Check the name"),
    ]
    for (target, reason, words) in cases {
      let walked = try walk(target)
      let entry = try #require(walked.notExamined.first)
      #expect(entry.reason.rawValue == reason, "\(entry)")
      #expect(entry.detail?.contains(words) == true, "\(entry)")
      #expect(!"\(entry)".contains("wr0ng-pw"), "\(entry)")
      #expect(!"\(entry)".contains(shop.server.password), "\(entry)")
    }
    #expect(throws: RunError.self) { try walk("mysql://boss@\(address)/x?nonsense=1") }
  }

  @Test func `a table dropped or altered during the scan is told, the rest is read`() throws {
    let shop = try Shop()
    try shop.execute(
      "CREATE TABLE a (n text)", "CREATE TABLE b (n text)", "CREATE TABLE c (n text)",
      "INSERT INTO a VALUES ('in a')", "INSERT INTO c VALUES ('in c')",
      "CREATE TABLE d (n text)", "INSERT INTO d VALUES ('in d')")
    let source = try makeSource(target: shop.url(), options: InputOptions())
    var items: [any Item] = []
    while case .item(let item)? = source.next() { items.append(item) }
    try shop.execute("DROP TABLE b", "ALTER TABLE c ADD COLUMN m int, FORCE")
    let readings = items.map { read($0) }
    #expect(readings.flatMap(\.reasons) == ["vanished", "changed-while-reading"])
    #expect(readings.flatMap(\.pieces).map(\.text) == ["in a", "in d"])
  }

  @Test func `a connection lost half-way is told, the other tables are read`() throws {
    let shop = try Shop()
    try shop.execute(
      "CREATE TABLE a (id int PRIMARY KEY, n text)", "CREATE TABLE b (n text)",
      "INSERT INTO b VALUES ('in b')",
      "INSERT INTO a SELECT seq, REPEAT('x', 500) FROM seq_1_to_60000")
    let source = try makeSource(target: shop.url(), options: InputOptions())
    var items: [any Item] = []
    while case .item(let item)? = source.next() { items.append(item) }
    try items[0].open()
    let part = try #require(items[0].nextPart())
    var count = 0
    let outcome = part.read(into: WorkBuffer()) { _ in
      count += 1
      if count == 100 {
        do {
          let list = try shop.boss.rows(
            "SELECT id FROM information_schema.processlist WHERE db = '\(shop.name)' "
              + "AND id <> CONNECTION_ID()")
          for row in list { try shop.boss.execute("KILL \(row[0] ?? "")") }
        } catch { Issue.record("\(error)") }
      }
      return true
    }
    #expect(outcome.notExamined.map(\.reason) == [.connectionLost])
    #expect(count < 120_000)
    let second = read(items[1])
    #expect(second.pieces.map(\.text) == ["in b"])
    #expect(second.outcome.notExamined.map(\.reason) == [.connectionLost])
  }

  @Test
  func `a server that does not come back is told as a lost connection, and asked once a table`()
    throws
  {
    let shop = try Shop()
    let user = try shop.makeUser()
    try shop.execute(
      "CREATE TABLE a (n text)", "CREATE TABLE b (n text)", "CREATE TABLE c (n text)",
      "GRANT SELECT ON \(shop.name).* TO \(user)@'127.0.0.1'")
    let source = try makeSource(target: shop.url(as: user), options: InputOptions())
    var items: [any Item] = []
    while case .item(let item)? = source.next() { items.append(item) }
    let list = try shop.boss.rows(
      "SELECT id FROM information_schema.processlist WHERE user = '\(user)'")
    try shop.execute("DROP USER \(user)@'127.0.0.1'")
    for row in list { try shop.boss.execute("KILL \(row[0] ?? "")") }
    for item in items where item.tableName?.hasPrefix(shop.name) == true {
      let entry = try #require(read(item).outcome.notExamined.first)
      #expect(entry.reason == .connectionLost)
      #expect(entry.detail?.contains("Scan it again with --tables") == true)
    }
  }

  @Test func `a server of another kind is told as one`() throws {
    let address = try Shop().server.address
    let entry = try #require(walk("postgres://boss:wr0ng-pw@\(address)/x").notExamined.first)
    #expect(entry.detail == "What answers there is no server of this kind. Check host and port.")
    let other = ServerTrouble.connecting("t", ServerError(number: 2007))
    #expect(other.detail == entry.detail)
  }

  @Test(arguments: [0, 99_999])
  func `a port that is none is told`(_ port: Int) throws {
    let error = #expect(throws: RunError.self) {
      try makeSource(target: "mariadb://boss:wr0ng-pw@h:\(port)/x", options: .init())
    }
    #expect(error?.message == "the port is no number from 1 to 65535")
  }

  @Test(arguments: [
    ("ssl-mode=DISABLED&sslmode=VERIFY_CA", "the URL says sslmode twice"),
    ("user=a&ssl-mode=REQUIRED&SSL-MODE=DISABLED", "the URL says ssl-mode twice"),
    ("password=wr0ng-pw&nonsense=wr0ng-pw", "an option of the URL is not known"),
  ])
  func `options of a URL that cannot be meant are refused`(
    _ query: String, _ message: String
  ) throws {
    let error = #expect(throws: RunError.self) {
      try makeSource(target: "mariadb://boss:wr0ng-pw@h/x?\(query)", options: .init())
    }
    #expect(error?.code == .usage && error?.message == message, "\(String(describing: error))")
    #expect(!"\(error!)".contains("wr0ng-pw"))
  }

  @Test func `a statement that takes too long is told`() throws {
    let shop = try Shop()
    let user = try shop.makeUser()
    try shop.execute(
      "CREATE TABLE a (n text)", "INSERT INTO a SELECT REPEAT('x', 500) FROM seq_1_to_60000",
      "GRANT SELECT ON \(shop.name).* TO \(user)@'127.0.0.1' WITH MAX_STATEMENT_TIME 2")
    var waited = false
    let source = try makeSource(target: shop.url(as: user), options: InputOptions())
    guard case .item(let item)? = source.next() else {
      Issue.record("no item")
      return
    }
    try item.open()
    let outcome = try #require(item.nextPart()).read(into: WorkBuffer()) { _ in
      if !waited { usleep(3_500_000) }
      waited = true
      return true
    }
    #expect(outcome.notExamined.map(\.reason) == [.timeLimit], "\(outcome.notExamined)")
  }
}
