import Core
import Foundation
import Native
import TestSupport
import Testing

/// Containers in columns of bytes of real servers.
@Suite struct ServerValueTests {
  private static let line = "card=4111111111111111 exp 11/29\n"
  private let name = "t" + UUID().uuidString.filter { $0 != "-" }.lowercased()

  private var packed: String {
    StoredDeflate.gzip(Array(Self.line.utf8)).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  private func places(_ target: String) throws -> [String] {
    let result = try ContainerFixtures.scan(path: target, threads: 2)
    #expect(result.reasons.isEmpty)
    return result.findings.map { finding in
      let place = finding.location
      return "\(place.table ?? "-").\(place.field ?? "-") \(place.row ?? "-") "
        + "line \(place.line ?? 0) \(finding.encoding.joined()) \(finding.last4 ?? "-")"
    }
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `a value of bytea is opened, and a large object`() throws {
    let server = try TestServer.postgreSQL()
    func connect(_ database: String) throws -> PostgreSQLConnection {
      try LibPQ().connect([
        "host": "127.0.0.1", "port": String(server.port), "user": server.user,
        "password": server.password, "dbname": database,
      ])
    }
    let admin = try connect("postgres")
    try admin.execute("CREATE DATABASE \(name)")
    defer {
      do { try admin.execute("DROP DATABASE \(name) WITH (FORCE)") } catch {
        print("left: \(name)")
      }
    }
    try connect(name).execute(
      """
      CREATE TABLE logs(id int PRIMARY KEY, body bytea, note text);
      INSERT INTO logs VALUES (7, '\\x\(packed)', 'x'), (8, '\\x00', 'x');
      SELECT lo_from_bytea(700001, '\\x\(packed)')
      """)
    let target = "postgres://\(server.user):\(server.password)@\(server.address)/\(name)"
    #expect(
      try places(target) == [
        "public.logs.body id=7 line 1 gzip 1111",
        "pg_catalog.pg_largeobject.data loid=700001 line 1 gzip 1111",
      ])
    // Not held, so not opened.
    try connect(name).execute(
      "SELECT lo_unlink(700001); "
        + "SELECT lo_from_bytea(700002, '\\x\(packed)' || convert_to(repeat('x', 5000000), 'UTF8'))"
    )
    let result = try ContainerFixtures.scan(path: target, threads: 2)
    #expect(result.findings.map(\.encoding) == [["gzip"], []])
    #expect(result.reasons == ["over-limit"])
  }

  @Test(.enabled(if: TestServer.hasMariaDB, "MariaDB is not installed"))
  func `a value of BLOB is opened, and what COMPRESS made`() throws {
    let server = try TestServer.mariaDB()
    var settings = LibMariaDB.Settings()
    settings.host = "127.0.0.1"
    settings.port = server.port
    settings.user = server.user
    settings.password = server.password
    let boss = try LibMariaDB().connect(settings)
    try boss.execute("CREATE DATABASE \(name)")
    defer { do { try boss.execute("DROP DATABASE \(name)") } catch { print("left: \(name)") } }
    try boss.execute("USE \(name)")
    try boss.execute("CREATE TABLE logs(id int PRIMARY KEY, body MEDIUMBLOB, note text)")
    try boss.execute(
      "INSERT INTO logs VALUES (7, x'\(packed)', 'x'), (8, COMPRESS('\(Self.line)'), 'x')")
    let target = "mariadb://\(server.user):\(server.password)@\(server.address)/\(name)"
    #expect(
      try places(target) == [
        "\(name).logs.body id=7 line 1 gzip 1111", "\(name).logs.body id=8 line 1 zlib 1111",
      ])
  }
}
