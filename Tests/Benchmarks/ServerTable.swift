import Glibc
import Native
import TestSupport

/// A running server with a table `t` of eight columns, made from a seed.
struct ServerTable {
  /// The server's name in the table of results.
  let title: String
  /// What the server's own client takes to print the table.
  let client: Command
  /// For `unpan scan`; the password is in the environment.
  let target: String

  private static let rowsPerStatement = 500

  /// Starts PostgreSQL and fills the table.
  static func postgreSQL(rows: Int, seed: UInt64) throws(BenchmarkError) -> ServerTable {
    do {
      let server = try TestServer.postgreSQL()
      setenv("PGPASSWORD", server.password, 1)
      let connection = try LibPQ().connect([
        "host": "127.0.0.1", "port": String(server.port), "user": server.user,
        "password": server.password, "dbname": "postgres",
      ])
      try fill(connection, rows: rows, seed: seed, timestamp: "timestamptz", ending: "")
      try connection.execute("VACUUM ANALYZE t")
      return ServerTable(
        title: "PostgreSQL",
        client: Command(
          title: "COPY", program: "psql",
          arguments: [
            "-h", "127.0.0.1", "-p", String(server.port), "-U", server.user, "-d", "postgres", "-c",
            "COPY (SELECT * FROM t) TO STDOUT",
          ]), target: "postgres://\(server.user)@\(server.address)/postgres")
    } catch { throw BenchmarkError("PostgreSQL: \(error)") }
  }

  /// Starts MariaDB and fills the table.
  static func mariaDB(rows: Int, seed: UInt64) throws(BenchmarkError) -> ServerTable {
    do {
      let server = try TestServer.mariaDB()
      setenv("MYSQL_PWD", server.password, 1)
      var settings = LibMariaDB.Settings()
      settings.host = "127.0.0.1"
      settings.port = server.port
      settings.user = server.user
      settings.password = server.password
      let connection = try LibMariaDB().connect(settings)
      try connection.execute("CREATE DATABASE bench")
      try connection.execute("USE bench")
      try fill(connection, rows: rows, seed: seed, timestamp: "datetime", ending: "ANALYZE TABLE t")
      return ServerTable(
        title: "MariaDB",
        client: Command(
          title: "mariadb -q", program: "mariadb",
          arguments: [
            "--no-defaults", "-h", "127.0.0.1", "-P", String(server.port), "-u", server.user, "-q",
            "--skip-column-names", "-e", "SELECT * FROM t", "bench",
          ]), target: "mariadb://\(server.user)@\(server.address)/bench")
    } catch { throw BenchmarkError("MariaDB: \(error)") }
  }

  private static func fill(
    _ connection: any ServerConnection, rows: Int, seed: UInt64, timestamp: String, ending: String
  ) throws(ServerError) {
    var random = SplitMix(seed: seed)
    try connection.execute(
      "CREATE TABLE t (id bigint PRIMARY KEY, email varchar(100), name varchar(100), amount int, "
        + "created \(timestamp), price numeric(12,2), state varchar(20), note text)")
    try connection.execute("BEGIN")
    var id = 0
    while id < rows {
      var values: [String] = []
      for _ in 0..<min(rowsPerStatement, rows - id) {
        id += 1
        values.append(row(id, &random))
      }
      try connection.execute("INSERT INTO t VALUES " + values.joined(separator: ","))
    }
    try connection.execute("COMMIT")
    if !ending.isEmpty { try connection.execute(ending) }
  }

  private static func row(_ id: Int, _ random: inout SplitMix) -> String {
    let draw = random.next()
    func pick(_ words: [String], _ shift: UInt64) -> String { words[Int(draw >> shift & 7)] }
    var note = pick(notes, 3)
    if id % 5000 == 2500 {
      note = "pls charge \(TestCards.number("4", 16, using: &random)) exp 11/27"
    }
    let (day, hour, second) = (1 + draw >> 8 % 28, draw >> 13 % 24, draw >> 18 % 60)
    let time =
      "2023-0\(1 + draw >> 24 % 9)-\(two(day)) \(two(hour)):\(two(second)):\(two(second))"
    return
      "(\(id),'\(pick(names, 0))\(draw >> 44)@example.com','\(pick(names, 0)) \(pick(names, 6))',"
      + "\(draw >> 20 & 0xFFFF),'\(time)',\(draw >> 30 & 0xFFF).\(two(second)),"
      + "'\(pick(states, 9))','\(note)')"
  }

  private static func two(_ number: UInt64) -> String { (number < 10 ? "0" : "") + "\(number)" }

  private static let names = [
    "ada", "bela", "carla", "dmitri", "edda", "femi", "greta", "hugo",
  ]
  private static let states = [
    "new", "paid", "packed", "shipped", "done", "returned", "refunded", "void",
  ]
  private static let notes = [
    "", "gift wrap", "leave at the door", "call before delivery, second floor", "invoice by post",
    "customer asked for a later date", "fragile", "refund goes to card ending 4242",
  ]
}
