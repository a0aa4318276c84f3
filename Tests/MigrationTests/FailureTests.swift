import Foundation
import Testing

@testable import Migration

/// Every change that link, scrub and rollback ask for fails once; the same command then goes on.
@Suite struct FailureTests {
  private func makeShop() throws -> Shop {
    let shop = try Shop(
      """
      \(Shop.plain)
      CREATE TABLE log(line TEXT);
      CREATE TRIGGER audit AFTER UPDATE ON cards BEGIN INSERT INTO log VALUES (OLD.number); END;
      """)
    shop.config.link.batchRows = 1
    shop.config.triggers = .suspend
    shop.config.scrub[1].action = .drop
    return shop
  }

  private func run(
    _ shop: Shop, _ plan: MigrationPlan, failingAt left: Int, isRollback: Bool = false,
    _ body: (MigrationRun) throws -> Void
  ) throws -> Bool {
    let base = try openMigrationDatabase(plan.config.target, forWriting: true)
    let database = FailingDatabase(base, failingAt: left)
    do {
      try body(try MigrationRun(plan, Shop.detector, database, isRollback: isRollback))
      return true
    } catch let error as MigrationError {
      guard error.code == .diskFull else { throw error }
      return false
    }
  }

  /// No card is scrubbed that is not linked, and no trigger is lost.
  private func check(_ shop: Shop) throws {
    if try shop.rows("SELECT name FROM pragma_table_info('cards')").contains("brand") {
      let lost = "SELECT count(*) FROM cards WHERE number IS NULL AND brand IS NULL"
      #expect(try shop.rows(lost) == ["0"])
    }
    #expect(try shop.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'") == ["audit"])
    #expect(try shop.rows("SELECT count(*) FROM log") == ["0"])
    try Ledger.read(shop.path("ledger.db")) { _ in }
  }

  @Test func `link and scrub go on after a failure at any step`() throws {
    let whole = try makeShop()
    let wholePlan = try whole.plan()
    try whole.link(wholePlan)
    try whole.scrub(wholePlan)
    let expected = try whole.rows("SELECT * FROM cards, customers")
    for step in 1...400 {
      let shop = try makeShop()
      let plan = try shop.plan()
      let linked = try run(shop, plan, failingAt: step) { _ = try $0.link(ledger: shop.ledger()) }
      if !linked {
        try check(shop)
        try shop.link(plan)
      }
      let scrubbed = try run(shop, plan, failingAt: step) {
        _ = try $0.scrub(confirmed: plan.digest, ledger: shop.ledger())
      }
      if !scrubbed {
        try check(shop)
        try shop.scrub(plan)
      }
      try check(shop)
      #expect(try shop.rows("SELECT * FROM cards, customers") == expected, "step \(step)")
      #expect(try shop.holds("4242424242424242", "5555 5555 5555 4444").isEmpty, "step \(step)")
      if linked, scrubbed { return }
    }
    Issue.record("the steps do not end")
  }

  @Test func `the constraint that refuses a change is named, a trigger's words are not repeated`()
    throws
  {
    func refusal(_ sql: String) throws -> MigrationError {
      let shop = try Shop(
        Shop.plain.replacingOccurrences(
          of: "cvv TEXT", with: "cvv TEXT, brand TEXT CONSTRAINT known CHECK(brand <> 'visa')"
        )
        .replacingOccurrences(of: "'123')", with: "'123', NULL)")
        .replacingOccurrences(of: "'456')", with: "'456', NULL)") + sql)
      shop.config.triggers = .fire
      let plan = try shop.plan()
      let error = #expect(throws: MigrationError.self) { try shop.link(plan) }
      return try #require(error)
    }
    let check = try refusal("")
    #expect(check.code == .rejected && check.cause?.contains("known") == true)
    let trigger = try refusal(
      """
      CREATE TRIGGER no BEFORE UPDATE OF brand ON cards BEGIN SELECT RAISE(ABORT, 'not 4242 please'); END;
      """)
    #expect(trigger.code == .rejected && trigger.cause?.contains("please") == false)
  }

  @Test func `rollback goes on after a failure at any step`() throws {
    for step in 1...400 {
      let shop = try makeShop()
      let before = try shop.dump()
      let plan = try shop.plan()
      try shop.link(plan)
      let isDone = try run(shop, plan, failingAt: step, isRollback: true) {
        _ = try $0.rollback(ledger: shop.ledger())
      }
      if !isDone {
        // It may have come to its end without hearing of it.
        do {
          _ = try shop.run(plan, isRollback: true).rollback(ledger: shop.ledger())
        } catch let error as MigrationError {
          guard error.code == .nothingWritten else { throw error }
        }
      }
      #expect(try shop.dump() == before, "step \(step)")
      if isDone { return }
    }
    Issue.record("the steps do not end")
  }
}
