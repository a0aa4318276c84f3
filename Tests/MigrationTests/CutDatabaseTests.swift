import Foundation
import Native
import Testing

@testable import Migration

/// A SQLite file that was cut inside its last page, which SQLite itself does not notice.
@Suite struct CutDatabaseTests {
  private func makeShop() throws -> Shop {
    let shop = try Shop()
    try shop.execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
      INSERT INTO customers SELECT i, 'a' || i || '@example.com', 'A' FROM n
      """)
    return shop
  }

  private func cut(_ shop: Shop) throws {
    let file = URL(filePath: shop.path("shop.db"))
    try Data(contentsOf: file).dropLast(2_048).write(to: file)
  }

  private func refuses(_ shop: Shop, _ body: () throws -> Void) throws {
    let before = try Data(contentsOf: URL(filePath: shop.path("shop.db")))
    #expect(code(body) == .cutShort)
    #expect(try Data(contentsOf: URL(filePath: shop.path("shop.db"))) == before)
  }

  @Test func `every step refuses it and leaves it as it is`() throws {
    let shop = try makeShop()
    let plan = try shop.plan()
    try cut(shop)
    try refuses(shop) { _ = try shop.match() }
    try refuses(shop) { _ = try shop.plan() }
    try refuses(shop) { try shop.propose(table: "cards", number: "number") }
    try refuses(shop) { _ = try Intake(shop.config, detector: Shop.detector) }
    try refuses(shop) { try shop.link(plan) }
  }

  @Test func `scrub and rollback refuse it`() throws {
    let shop = try makeShop()
    let plan = try shop.plan()
    try shop.link(plan)
    try cut(shop)
    try refuses(shop) { try shop.scrub(plan) }
    try refuses(shop) { _ = try shop.run(plan, isRollback: true) }
  }

  @Test func `a log that holds what is missing makes it whole`() throws {
    let shop = try makeShop()
    let writer = try Database.openForWriting(Array(shop.path("shop.db").utf8))
    try writer.execute("PRAGMA journal_mode = WAL")
    try writer.execute("PRAGMA wal_autocheckpoint = 0")
    try writer.execute("UPDATE customers SET name = 'B'")
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(
        atPath: shop.path("shop.db" + suffix), toPath: shop.path("copy.db" + suffix))
    }
    try writer.execute("SELECT 1")
    shop.config.target = "sqlite:" + shop.path("copy.db")
    let file = URL(filePath: shop.path("copy.db"))
    try Data(contentsOf: file).dropLast(2_048).write(to: file)
    #expect(try shop.match().counts.customers.total == 304)
    try FileManager.default.removeItem(atPath: shop.path("copy.db-wal"))
    #expect(code { _ = try shop.match() } == .cutShort)
  }
}
