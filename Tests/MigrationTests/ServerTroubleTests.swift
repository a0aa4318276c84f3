import Foundation
import Native
import TestSupport
import Testing

@testable import Migration

/// What goes wrong on servers: nothing half done, and the cause told.
@Suite(.enabled(if: !ServerShop.kinds.isEmpty, "no database server is installed"))
struct ServerTroubleTests {
  private static func triggers(_ kind: ServerDatabase.Kind) -> [String] {
    kind == .mariaDB
      ? [
        """
        CREATE TRIGGER burn BEFORE UPDATE ON cards FOR EACH ROW BEGIN
          IF NEW.id = 20 AND (SELECT armed FROM fuse) THEN KILL CONNECTION_ID(); END IF; END
        """
      ]
      : [
        """
        CREATE FUNCTION burn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.id = 20 AND (SELECT armed FROM fuse) THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
          END IF; RETURN NEW; END $$
        """,
        "CREATE TRIGGER burn BEFORE UPDATE ON cards FOR EACH ROW EXECUTE FUNCTION burn()",
      ]
  }

  @Test func `a connection that is lost without a word has no cause`() {
    let error = ServerMigrationTrouble.error(ServerError(isConnectionLost: true), at: "shop")
    #expect(error == MigrationError(.connectionLost, "shop"))
  }

  @Test(arguments: ServerShop.kinds)
  func `a connection lost inside a batch undoes the batch, and the same command goes on`(
    kind: ServerDatabase.Kind
  ) throws {
    let server = try ServerShop(
      kind,
      ServerShop.tables + ServerShop.rows + [
        "CREATE TABLE fuse(armed bool)", "INSERT INTO fuse VALUES (false)",
      ] + Self.triggers(kind))
    server.shop.config.triggers = .fire
    let plan = try server.shop.plan()
    try server.database.execute("UPDATE fuse SET armed = true")
    #expect(code { try server.shop.link(plan) } == .connectionLost)
    #expect(
      try server.database.rows("SELECT count(stripe_payment_method_id) FROM cards") == ["0"])
    try server.database.execute("UPDATE fuse SET armed = false")
    try server.shop.link(plan)
    try server.database.execute("UPDATE fuse SET armed = true")
    #expect(code { try server.shop.scrub(plan) } == .connectionLost)
    #expect(try server.database.rows("SELECT count(number) FROM cards") == ["2"])
    try server.database.execute("UPDATE fuse SET armed = false")
    try server.shop.scrub(plan)
    #expect(try server.database.rows("SELECT count(number), count(last4) FROM cards") == ["0|2"])
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `a database that is read only, or not this account's, is refused`() throws {
    let server = try ServerShop(.postgreSQL)
    let plan = try server.shop.plan()
    let before = try server.dump()
    let name = server.database.name
    try server.database.execute(
      "ALTER DATABASE \(name) SET default_transaction_read_only = on")
    #expect(code { try server.shop.link(plan) } == .readOnly)
    try server.database.execute("ALTER DATABASE \(name) RESET default_transaction_read_only")
    let reader = "reader_" + name
    try server.database.execute(
      "CREATE ROLE \(reader) LOGIN PASSWORD 'r3ader'",
      "GRANT SELECT ON ALL TABLES IN SCHEMA public TO \(reader)")
    server.shop.config.target = server.database.url(user: reader + ":r3ader")
    #expect(code { _ = try server.shop.plan() } == .notPermitted)
    #expect(try server.dump() == before)
    try server.database.execute("DROP OWNED BY \(reader)", "DROP ROLE \(reader)")
    #expect(code { _ = try server.shop.match() } == .notConnected)
  }

  @Test(.enabled(if: TestServer.hasPostgreSQL, "PostgreSQL is not installed"))
  func `a row that somebody changes in the middle of a batch is read again`() throws {
    let server = try ServerShop(.postgreSQL)
    let database = try PostgreSQLMigration(url: server.database.url, forWriting: true)
    var query = RowQuery(table: "cards", key: "id", columns: ["cvv"])
    query.limit = 10
    var rounds = 0
    try database.transaction { () throws(MigrationError) in
      rounds += 1
      var changes: [RowChange] = []
      try database.read(query) { (row) throws(MigrationError) in
        changes.append(RowChange(key: row.key, values: [row.value(0)]))
        return true
      }
      if rounds == 1 {
        do { try server.database.execute("UPDATE cards SET cvv = '999' WHERE id = 20") } catch {
          throw MigrationError(.databaseFailed, "the other writer")
        }
      }
      _ = try database.apply(RowUpdate(table: "cards", key: "id", columns: ["cvv"]), changes)
    }
    #expect(rounds == 2)
    #expect(try server.database.rows("SELECT cvv FROM cards ORDER BY id") == ["123", "999"])
  }

  @Test(.enabled(if: TestServer.hasMariaDB, "MariaDB is not installed"))
  func `an account without rights, and an engine without transactions, are refused`() throws {
    let server = try ServerShop(.mariaDB)
    let shop = server.shop
    let before = try server.dump()
    let reader = "reader_" + server.database.name
    try server.database.execute(
      "CREATE USER \(reader)@'127.0.0.1' IDENTIFIED BY 'r3ader'",
      "GRANT SELECT ON \(server.database.name).* TO \(reader)@'127.0.0.1'")
    shop.config.target = server.database.url(user: reader + ":r3ader")
    #expect(code { _ = try shop.plan() } == .notPermitted)
    try server.database.execute("DROP USER \(reader)@'127.0.0.1'")
    shop.config.target = server.database.url
    #expect(try server.dump() == before)
    try server.database.execute(
      "CREATE TABLE log(id int PRIMARY KEY, line varchar(200)) ENGINE=Aria")
    shop.config.scrub.append(.init(table: "log", column: "line", action: .redact))
    #expect(code { _ = try shop.plan() } == .noTransactions)
    shop.config.target = "mariadb://" + server.database.server.address
    #expect(code { _ = try shop.match() } == .notConnected)
  }

  /// Makes the shop anew in the same database.
  private func refill(_ server: ServerShop) throws {
    for table in [
      "unpan_migration_progress", "unpan_migration_undo_cards", "unpan_migration_undo_customers",
      "cards", "customers",
    ] { try server.database.execute("DROP TABLE IF EXISTS \(table)") }
    try server.database.execute(ServerShop.tables + ServerShop.rows)
    try? FileManager.default.removeItem(atPath: server.shop.path("ledger.db"))
  }

  private func run(
    _ shop: Shop, _ plan: MigrationPlan, failingAt step: Int, isRollback: Bool = false,
    _ body: (MigrationRun) throws -> Void
  ) throws -> Bool {
    let base = try openMigrationDatabase(plan.config.target, forWriting: true)
    let database = FailingDatabase(base, failingAt: step)
    do {
      try body(try MigrationRun(plan, Shop.detector, database, isRollback: isRollback))
      return true
    } catch let error as MigrationError {
      guard error.code == .diskFull else { throw error }
      return false
    }
  }

  @Test(arguments: ServerShop.kinds)
  func `link, scrub and rollback go on after a failure at any step`(
    kind: ServerDatabase.Kind
  ) throws {
    let server = try ServerShop(kind)
    let shop = server.shop
    shop.config.scrub[1].action = .drop
    let plan = try shop.plan()
    let before = try server.dump()
    let columns =
      "SELECT stripe_payment_method_id, brand, last4, number FROM cards ORDER BY id"
    let expected = ["pm_2222222222|visa|4242|NULL", "pm_3333333333|mastercard|4444|NULL"]
    for step in 1...200 {
      try refill(server)
      let linked = try run(shop, plan, failingAt: step) { _ = try $0.link(ledger: shop.ledger()) }
      if !linked { try shop.link(plan) }
      let undone = try run(shop, plan, failingAt: step, isRollback: true) {
        _ = try $0.rollback(ledger: shop.ledger())
      }
      if !undone {
        // It may have come to its end without hearing of it.
        do {
          _ = try shop.run(plan, isRollback: true).rollback(ledger: shop.ledger())
        } catch let error as MigrationError {
          guard error.code == .nothingWritten else { throw error }
        }
      }
      #expect(try server.dump() == before, "step \(step)")
      try shop.link(plan)
      let scrubbed = try run(shop, plan, failingAt: step) {
        _ = try $0.scrub(confirmed: plan.digest, ledger: shop.ledger())
      }
      if !scrubbed { try shop.scrub(plan) }
      #expect(try server.database.rows(columns) == expected, "step \(step)")
      if linked, undone, scrubbed { return }
    }
    Issue.record("the steps do not end")
  }
}
