import Foundation
import Native
import TestSupport
import Testing

/// `selftest --target` on a server with the real binary: what it says, and what is left when it is
/// stopped.
@Suite(
  .enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed; .ci/deps test installs it"))
struct SelftestStopTests {
  /// A database whose server takes two seconds for every table that is made.
  private static func slowDatabase() throws -> (url: String, connection: PostgreSQLConnection) {
    let server = try TestServer.postgreSQL()
    let name = "s" + UUID().uuidString.filter { $0 != "-" }.lowercased()
    func connect(_ database: String) throws -> PostgreSQLConnection {
      try LibPQ().connect([
        "host": "127.0.0.1", "port": String(server.port), "user": server.user,
        "password": server.password, "dbname": database,
      ])
    }
    try connect("postgres").execute("CREATE DATABASE \(name)")
    let connection = try connect(name)
    try connection.execute(
      """
      CREATE FUNCTION wait() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(2); END $$;
      CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
        EXECUTE FUNCTION wait()
      """)
    return (
      "postgres://\(server.user):\(server.password)@\(server.address)/\(name)", connection
    )
  }

  private static func count(_ connection: PostgreSQLConnection, _ sql: String) throws -> String? {
    try connection.rows(sql).first?.first ?? nil
  }

  @Test func `a self-test that is stopped says what it made and leaves no table`() throws {
    let (url, connection) = try Self.slowDatabase()
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "unpan-stop-\(UUID().uuidString)")
    try Data().write(to: directory)
    defer { try? FileManager.default.removeItem(at: directory) }
    let process = Process()
    process.executableURL = Tool.binary
    process.arguments = ["selftest", "--target", url]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: directory)
    try process.run()
    // It is making the table: stop it there.
    var isMaking = false
    for _ in 0..<600 where !isMaking {
      usleep(20_000)
      isMaking =
        try Self.count(
          connection,
          "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            + "AND state = 'active' AND query LIKE 'CREATE TABLE%unpan_selftest%'") == "1"
    }
    try #require(isMaking)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    #expect(try Self.count(connection, "SELECT to_regclass('unpan_selftest')::text") == nil)
    let told = try String(contentsOf: directory, encoding: .utf8)
    let lines = told.split(separator: "\n")
    #expect(lines.first?.contains("a table unpan_selftest of") == true)
    #expect(lines.last?.contains("no table of it is left") == true)
    #expect(!told.contains("s3cret"))
  }
}
