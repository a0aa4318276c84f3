import Foundation
import Glibc
import TestSupport
import Testing

/// The real binary against real servers.
@Suite struct ServerScanTests {
  private func expectNoSecret(_ outcome: Tool.Outcome, _ server: TestServer) {
    #expect(!outcome.out.contains(server.password))
    #expect(!outcome.err.contains(server.password))
    #expect(!outcome.out.contains("4242424242424242"))
    #expect(!outcome.err.contains("4242424242424242"))
  }

  /// Runs statements with the server's own client.
  private func psql(_ server: TestServer, _ sql: String) throws {
    let outcome = try Tool().run(
      [
        "-h", "127.0.0.1", "-p", String(server.port), "-U", server.user, "-d", "postgres", "-qc",
        sql,
      ], environment: ["PGPASSWORD": server.password], binary: "/usr/bin/psql")
    try #require(outcome.exit == 0, "\(outcome.err)")
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `a number in PostgreSQL is found with table, column and key, however the password comes`()
    throws
  {
    let server = try TestServer.postgreSQL()
    try psql(server, "CREATE TABLE IF NOT EXISTS e2e_cards (id int PRIMARY KEY, card_number text)")
    try psql(
      server, "INSERT INTO e2e_cards VALUES (7, '4242424242424242') ON CONFLICT DO NOTHING")
    let tool = try Tool()
    try tool.write(
      "127.0.0.1:\(server.port):*:\(server.user):\(server.password)\n", to: "pgpass")
    chmod(tool.directory.path + "/pgpass", 0o600)
    let account = "postgres://\(server.user)"
    let place = "@\(server.address)/postgres"
    let ways: [(String, [String: String])] = [
      (account + ":" + server.password + place, [:]),
      (account + place, ["PGPASSWORD": server.password]),
      (account + place, ["PGPASSFILE": tool.directory.path + "/pgpass"]),
    ]
    for (target, environment) in ways {
      let outcome = try tool.run(
        ["scan", target, "--tables", "public.e2e_*", "--format", "jsonl"], environment: environment)
      #expect(outcome.exit == 1, "\(outcome.err)")
      expectNoSecret(outcome, server)
      let finding = try #require(
        outcome.out.split(separator: "\n").first { $0.contains(#""type":"finding""#) })
      for piece in [
        #""target":"\#(account)\#(place)""#, #""table":"public.e2e_cards""#,
        #""field":"card_number""#, #""row":"id=7""#,
      ] { #expect(finding.contains(piece), "\(finding)") }
    }
    let report = try tool.run(
      ["scan", ways[0].0, "--tables", "public.e2e_*", "--report", "evidence"])
    #expect(report.exit == 1)
    expectNoSecret(report, server)
    let files = try FileManager.default.contentsOfDirectory(
      atPath: tool.directory.path + "/evidence")
    for file in files {
      let path = tool.directory.path + "/evidence/" + file
      guard let bytes = FileManager.default.contents(atPath: path) else { continue }
      #expect(!String(decoding: bytes, as: UTF8.self).contains(server.password), "\(file)")
    }
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `a wrong password is incomplete, not clean`() throws {
    let server = try TestServer.postgreSQL()
    let outcome = try Tool().run(
      ["scan", "postgres://\(server.user):wr0ng@\(server.address)/postgres"])
    #expect(outcome.exit == 2)
    #expect(outcome.out.contains("PGPASSWORD"))
    #expect(!outcome.out.contains("wr0ng"))
    #expect(!outcome.err.contains("wr0ng"))
  }

  @Test(.enabled(if: TestServer.hasMariaDB, "MariaDB is not installed"))
  func `a number in MariaDB is found, however the password comes`() throws {
    let server = try TestServer.mariaDB()
    let tool = try Tool()
    try tool.write(
      "[client]\nuser=\(server.user)\npassword=\(server.password)\n", to: "options.cnf")
    let address = server.address
    // `mysql.user` is there in every server; a name in it is no card.
    let ways: [(String, [String: String])] = [
      ("mariadb://\(server.user):\(server.password)@\(address)/mysql", [:]),
      ("mariadb://\(server.user)@\(address)/mysql", ["MYSQL_PWD": server.password]),
      ("mysql://\(address)/mysql?defaults-file=\(tool.directory.path)/options.cnf", [:]),
    ]
    for (target, environment) in ways {
      let outcome = try tool.run(
        ["scan", target, "--tables", "mysql.db", "--format", "json"], environment: environment)
      #expect(outcome.exit == 0, "\(outcome.out) \(outcome.err)")
      expectNoSecret(outcome, server)
      #expect(outcome.out.contains("\"name\":\"mysql.db\"") || outcome.out.contains("mysql.db"))
    }
    let sampled = try tool.run(
      ["scan", ways[0].0, "--tables", "mysql.db", "--sample", "5"])
    #expect(sampled.exit == 2)
    #expect(sampled.out.contains("sampled"))
  }

  @Test func `flags about tables ask for a server`() throws {
    let outcome = try Tool().run(["scan", ".", "--sample", "5"])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("--sample says nothing without"))
  }
}
