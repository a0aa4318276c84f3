import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

/// Against real servers that speak TLS with certificates of a throw-away authority.
@Suite struct ServerTLSTests {
  private func expectRefusal(_ walked: Walked, _ secrets: String...) {
    #expect(walked.readings.isEmpty)
    #expect(walked.notExamined.map(\.reason) == [.unreachable])
    let words = walked.notExamined.map { "\($0.place) \($0.detail ?? "")" }.joined()
    #expect(words.contains("authority"), "\(words)")
    for secret in secrets { #expect(!words.contains(secret)) }
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `PostgreSQL is read when its authority vouches for it, and only then`() throws {
    let server = try TestServer.postgreSQLWithTLS()
    let boss = try LibPQ().connect([
      "host": "127.0.0.1", "port": String(server.port), "user": server.user,
      "password": server.password, "dbname": "postgres", "sslmode": "verify-full",
      "sslrootcert": server.authority,
    ])
    #expect(
      try boss.rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [["t"]])
    try boss.execute(
      "CREATE TABLE IF NOT EXISTS tls_cards (n text); "
        + "INSERT INTO tls_cards VALUES ('4242424242424242')")
    let base = "postgres://\(server.user):\(server.password)@\(server.address)/postgres"
    let url = base + "?sslmode=verify-full&sslrootcert="
    let walked = try walk(url + server.authority)
    #expect(walked.notExamined.isEmpty)
    #expect(walked.readings.flatMap(\.pieces).contains { $0.text == "4242424242424242" })
    expectRefusal(try walk(url + server.stranger), server.password)
  }

  @Test(.enabled(if: TestServer.hasMariaDB, "MariaDB is not installed"))
  func `MariaDB is read when its authority vouches for it, and only then`() throws {
    let server = try TestServer.mariaDBWithTLS()
    let base = "mariadb://\(server.user):\(server.password)@\(server.address)/mysql"
    var options = InputOptions()
    options.tables = [Glob("mysql.db")]
    let url = base + "?ssl-mode=VERIFY_IDENTITY&ssl-ca="
    let walked = try walk(url + server.authority, options)
    #expect(walked.notExamined.isEmpty, "\(walked.notExamined)")
    expectRefusal(try walk(url + server.stranger, options), server.password)
  }
}
