import Native
import TestSupport
import Testing

/// Writing with parameters and transactions, on both servers by the same words.
@Suite struct ServerConnectionTests {
  private func connect(_ kind: String) throws -> any ServerConnection {
    if kind == "postgres" {
      let server = try TestServer.postgreSQL()
      return try LibPQ().connect([
        "host": "127.0.0.1", "port": String(server.port), "user": server.user,
        "password": server.password, "dbname": "postgres",
      ])
    }
    let server = try TestServer.mariaDB()
    var settings = LibMariaDB.Settings()
    settings.host = "127.0.0.1"
    settings.port = server.port
    settings.user = server.user
    settings.password = server.password
    settings.database = "mysql"
    return try LibMariaDB().connect(settings)
  }

  private static var kinds: [String] {
    (TestServer.hasPostgreSQL ? ["postgres"] : []) + (TestServer.hasMariaDB ? ["mariadb"] : [])
  }

  @Test(arguments: kinds)
  func `values are written by parameters and come back as they were`(kind: String) throws {
    let connection = try connect(kind)
    let blob = kind == "postgres" ? "bytea" : "blob"
    try connection.execute("CREATE TEMPORARY TABLE w (id bigint, t varchar(200), b \(blob))")
    let marks = (1...3).map { connection.placeholder($0) }.joined(separator: ", ")
    let text = "ü'; DROP TABLE w; -- \\ \"?$1 \u{0}".filter { $0 != "\u{0}" }
    let count = try connection.execute(
      "INSERT INTO w VALUES (\(marks))", [.integer(-7), .text(text), .bytes([0, 255, 39, 92])])
    #expect(count == 1)
    try connection.execute("INSERT INTO w VALUES (\(marks))", [.integer(8), .null, .null])
    var seen = 0
    try connection.query(
      "SELECT t, b, id FROM w WHERE id < \(connection.placeholder(1)) ORDER BY id", [.integer(100)]
    ) { row in
      seen += 1
      if seen == 1 {
        #expect(row.text(0) == text)
        #expect(row.integer(2) == -7)
        if kind == "mariadb" { #expect(row[1].map { Array($0) } == [0, 255, 39, 92]) }
      } else {
        #expect(row[0] == nil)
        #expect(row[1] == nil)
      }
      return true
    }
    #expect(seen == 2)
    let changed = try connection.execute(
      "UPDATE w SET t = \(connection.placeholder(1)) WHERE id > -100", [.text("x")])
    #expect(changed == 2)
    #expect(try connection.execute("DELETE FROM w WHERE id = 99") == 0)
  }

  @Test(arguments: kinds)
  func `a transaction that throws leaves nothing behind`(kind: String) throws {
    let connection = try connect(kind)
    try connection.execute("CREATE TEMPORARY TABLE w (id int PRIMARY KEY)")
    try connection.transaction { () throws(ServerError) in
      _ = try connection.execute("INSERT INTO w VALUES (1)")
    }
    let error = #expect(throws: ServerError.self) {
      try connection.transaction { () throws(ServerError) in
        try connection.execute("INSERT INTO w VALUES (2)")
        try connection.execute("INSERT INTO w VALUES (1)")
      }
    }
    #expect(error?.sqlState.hasPrefix("23") == true)
    #expect(error?.number == (kind == "mariadb" ? 1062 : 0))
    #expect(error?.isConnectionLost == false)
    #expect(try connection.rows("SELECT id FROM w") == [["1"]])
  }

  @Test(arguments: kinds)
  func `a query can be left early and the connection goes on`(kind: String) throws {
    let connection = try connect(kind)
    try connection.execute("CREATE TEMPORARY TABLE w (id int)")
    for number in 1...50 { try connection.execute("INSERT INTO w VALUES (\(number))") }
    var seen = 0
    try connection.query("SELECT id FROM w ORDER BY id") { _ in
      seen += 1
      return seen < 3
    }
    #expect(seen == 3)
    #expect(try connection.rows("SELECT count(*) FROM w") == [["50"]])
    #expect(throws: ServerError.self) { try connection.execute("SELECT nonsense") }
    #expect(try connection.rows("SELECT 1") == [["1"]])
  }
}
