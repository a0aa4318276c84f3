import Core
import Foundation
import Native

/// A database of one test on a real server, gone when this is.
package final class ServerDatabase {
  package let kind: Kind
  package let server: TestServer
  package let name: String
  private let connection: any ServerConnection

  package enum Kind: String, Sendable {
    case postgreSQL, mariaDB
  }

  /// The servers that are installed; in CI all of them.
  package static var kinds: [Kind] {
    (TestServer.hasPostgreSQL ? [.postgreSQL] : []) + (TestServer.hasMariaDB ? [.mariaDB] : [])
  }

  package init(_ kind: Kind) throws {
    self.kind = kind
    name = "unpan_" + UUID().uuidString.prefix(8).lowercased()
    server = try kind == .postgreSQL ? TestServer.postgreSQL() : TestServer.mariaDB()
    let maker = try ServerDatabase.connect(kind, server, nil)
    try maker.execute("CREATE DATABASE \(name)")
    connection = try ServerDatabase.connect(kind, server, name)
  }

  deinit {
    do {
      let maker = try ServerDatabase.connect(kind, server, nil)
      try maker.execute("DROP DATABASE \(name)" + (kind == .postgreSQL ? " WITH (FORCE)" : ""))
    } catch {
      print("left: \(name)")
    }
  }

  private static func connect(
    _ kind: Kind, _ server: TestServer, _ name: String?
  ) throws -> any ServerConnection {
    switch kind {
    case .postgreSQL:
      return try LibPQ().connect([
        "host": "127.0.0.1", "port": String(server.port), "user": server.user,
        "password": server.password, "dbname": name ?? "postgres",
      ])
    case .mariaDB:
      var settings = LibMariaDB.Settings()
      settings.host = "127.0.0.1"
      settings.port = server.port
      settings.user = server.user
      settings.password = server.password
      settings.database = name
      return try LibMariaDB().connect(settings)
    }
  }

  /// As a person types it, without a password.
  package var address: String { url(user: server.user) }

  /// With the password, as no file should have it.
  package var url: String { url(user: "\(server.user):\(server.password)") }

  package func url(user: String) -> String {
    (kind == .postgreSQL ? "postgres://" : "mariadb://") + "\(user)@\(server.address)/\(name)"
  }

  /// What gives the password to a client.
  package var environment: [String: String] {
    [kind == .postgreSQL ? "PGPASSWORD" : "MYSQL_PWD": server.password]
  }

  /// Runs statements as the shop's own program would, one after the other.
  package func execute(_ statements: String...) throws { try execute(statements) }

  package func execute(_ statements: [String]) throws {
    for sql in statements { try connection.execute(sql) }
  }

  /// Rows of a query, columns joined by bars.
  package func rows(_ sql: String) throws -> [String] {
    try connection.rows(sql).map { $0.map { $0 ?? "NULL" }.joined(separator: "|") }
  }

  /// The names of a table's columns.
  package func columns(of table: String) throws -> [String] {
    let schema = kind == .postgreSQL ? "current_schema()" : "database()"
    return try rows(
      """
      SELECT column_name FROM information_schema.columns
      WHERE table_schema = \(schema) AND table_name = '\(table)' ORDER BY ordinal_position
      """)
  }

  /// Which files of the database hold one of these texts, after all pages were written out.
  package func filesHolding(_ texts: [String]) throws -> [String] {
    let folder: String
    if kind == .postgreSQL {
      try connection.execute("CHECKPOINT")
      let number = try rows("SELECT oid FROM pg_database WHERE datname = '\(name)'").first ?? ""
      folder = server.folder + "/data/base/" + number
    } else {
      let tables = try rows("SHOW TABLES").map { "`\($0)`" }
      try connection.execute("FLUSH TABLES \(tables.joined(separator: ", ")) FOR EXPORT")
      folder = server.folder + "/data/" + name
    }
    var starts: [UInt64: [[UInt8]]] = [:]
    for text in texts where text.utf8.count >= 8 {
      let bytes = Array(text.utf8)
      starts[bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }, default: []].append(bytes)
    }
    var found: [String] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      guard let data = FileManager.default.contents(atPath: folder + "/" + file) else { continue }
      let holds = data.withUnsafeBytes { ServerDatabase.holds($0, starts) }
      if holds { found.append(file) }
    }
    if kind == .mariaDB { try connection.execute("UNLOCK TABLES") }
    return found
  }

  /// Files have megabytes and there may be hundreds of texts: they are told by their first eight bytes.
  private static func holds(_ data: UnsafeRawBufferPointer, _ texts: [UInt64: [[UInt8]]]) -> Bool {
    guard data.count >= 8 else { return false }
    for offset in 0...(data.count - 8) where data[offset] &- 0x30 < 10 {
      let start = data.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      for text in texts[start] ?? [] where data.dropFirst(offset).starts(with: text) { return true }
    }
    return false
  }
}
