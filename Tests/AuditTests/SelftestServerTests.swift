import Core
import Foundation
import Native
import TestSupport
import Testing

@testable import Audit

/// The part of the self-test that goes through a database server, against real ones.
@Suite struct SelftestServerTests {
  /// A database of a server for one test.
  private struct Place {
    var url: String
    var connection: any ServerConnection
    /// Whether the self-test's table is in the database.
    var isTableThere: Bool {
      get throws {
        try connection.rows(
          "SELECT 1 FROM information_schema.tables WHERE table_name = 'unpan_selftest' "
            + "AND table_schema IN ('public', '\(name)')"
        ).isEmpty == false
      }
    }
    var name: String
  }

  private static func name() -> String {
    "s" + UUID().uuidString.filter { $0 != "-" }.lowercased()
  }

  private func postgreSQL() throws -> Place {
    let server = try TestServer.postgreSQL()
    let name = Self.name()
    func connect(_ database: String) throws -> PostgreSQLConnection {
      try LibPQ().connect([
        "host": "127.0.0.1", "port": String(server.port), "user": server.user,
        "password": server.password, "dbname": database,
      ])
    }
    try connect("postgres").execute("CREATE DATABASE \(name)")
    return Place(
      url: "postgres://\(server.user):\(server.password)@\(server.address)/\(name)",
      connection: try connect(name), name: name)
  }

  private func mariaDB() throws -> Place {
    let server = try TestServer.mariaDB()
    let name = Self.name()
    var settings = LibMariaDB.Settings()
    settings.host = "127.0.0.1"
    settings.port = server.port
    settings.user = server.user
    settings.password = server.password
    let connection = try LibMariaDB().connect(settings)
    try connection.execute("CREATE DATABASE \(name)")
    return Place(
      url: "mariadb://\(server.user):\(server.password)@\(server.address)/\(name)",
      connection: connection, name: name)
  }

  private func expectAllFound(in place: Place, system: String) throws {
    let cells = try SelftestTarget(target: place.url).run(detector)
    #expect(cells.count == SelftestReport.kinds.count + 1)
    for cell in cells {
      #expect(cell.missed == 0 && cell.falseFindings == 0, "\(cell)")
      #expect(cell.planted + cell.lookAlikes > 0)
      #expect(cell.encoding == system)
    }
    #expect(try !place.isTableThere)
  }

  private func expectLeftAlone(_ place: Place, table: String) throws {
    try place.connection.execute("CREATE TABLE \(table)(mine integer)")
    let error = #expect(throws: RunError.self) {
      _ = try SelftestTarget(target: place.url).run(detector)
    }
    #expect(error?.message.contains("already") == true)
    #expect(error?.subject.contains("s3cret") == false)
    #expect(try place.isTableThere)
  }

  @Test(
    .enabled(
      if: TestServer.hasPostgreSQL, "PostgreSQL is not installed; .ci/deps test installs it"))
  func `PostgreSQL: a table is made, everything in it found, and nothing left`() throws {
    let place = try postgreSQL()
    try place.connection.execute("CREATE TABLE orders(note text)")
    try place.connection.execute("INSERT INTO orders VALUES('card 4242424242424242')")
    try expectAllFound(in: place, system: "postgresql")
    // In a schema of its own, where a table of the same name in another is none of its business.
    try place.connection.execute(
      "CREATE TABLE public.unpan_selftest(number text); "
        + "INSERT INTO public.unpan_selftest VALUES('card 4242424242424242'); "
        + "CREATE SCHEMA \"a b\"; ALTER DATABASE \(place.name) SET search_path = \"a b\"")
    let cells = try SelftestTarget(target: place.url).run(detector)
    #expect(cells.allSatisfy { $0.missed == 0 && $0.falseFindings == 0 })
    #expect(try place.isTableThere, "that of the other schema")
  }

  @Test(
    .enabled(if: TestServer.hasMariaDB, "MariaDB is not installed; .ci/deps test installs it"))
  func `MariaDB: a table is made, everything in it found, and nothing left`() throws {
    let place = try mariaDB()
    try place.connection.execute("CREATE TABLE \(place.name).orders(note text)")
    try place.connection.execute(
      "INSERT INTO \(place.name).orders VALUES('card 4242424242424242')")
    try expectAllFound(in: place, system: "mariadb")
  }

  @Test(
    .enabled(
      if: TestServer.hasPostgreSQL, "PostgreSQL is not installed; .ci/deps test installs it"))
  func `PostgreSQL: a table of that name is never touched`() throws {
    try expectLeftAlone(try postgreSQL(), table: "unpan_selftest")
  }

  @Test(
    .enabled(if: TestServer.hasMariaDB, "MariaDB is not installed; .ci/deps test installs it"))
  func `MariaDB: a table of that name is never touched`() throws {
    let place = try mariaDB()
    try expectLeftAlone(place, table: "\(place.name).unpan_selftest")
  }

  @Test(
    .enabled(
      if: TestServer.hasPostgreSQL && TestServer.hasMariaDB,
      "PostgreSQL or MariaDB is not installed; .ci/deps test installs them"))
  func `an account that may not, or cannot log in, is told so without its password`() throws {
    for place in [try postgreSQL(), try mariaDB()] {
      let wrong = place.url.replacing("s3cret", with: "wr0ng")
      let error = #expect(throws: RunError.self) {
        _ = try SelftestTarget(target: wrong).run(detector)
      }
      #expect(error?.hint?.contains("password") == true)
      #expect(!"\(String(describing: error))".contains("wr0ng"))
    }
    let place = try mariaDB()
    let noDatabase = String(place.url.dropLast(place.name.count + 1))
    let error = #expect(throws: RunError.self) {
      _ = try SelftestTarget(target: noDatabase).run(detector)
    }
    #expect(error?.code == .usage)
  }

  /// The server refuses the last row, so the table is made and cannot be filled.
  @Test(
    .enabled(if: TestServer.hasMariaDB, "MariaDB is not installed; .ci/deps test installs it"))
  func `MariaDB: a table that cannot be filled is removed again`() throws {
    let place = try mariaDB()
    let user = "u" + place.name.dropFirst(8)
    try place.connection.execute("CREATE USER \(user)@'127.0.0.1' IDENTIFIED BY 'pw'")
    // It may make and drop a table and write nothing into it.
    try place.connection.execute(
      "GRANT CREATE, DROP, SELECT ON \(place.name).* TO \(user)@'127.0.0.1'")
    let host = try TestServer.mariaDB().address
    let error = #expect(throws: RunError.self) {
      _ = try SelftestTarget(target: "mariadb://\(user):pw@\(host)/\(place.name)").run(detector)
    }
    #expect(error?.message.contains("cannot be made") == true)
    #expect(try !place.isTableThere)
  }
}
