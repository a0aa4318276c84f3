import Core
import Detection
import Foundation
import Native
import Rules
import Stripe
import Testing

@testable import Migration

/// A legacy shop in a directory of its own: a database, a mapping file, a configuration.
final class Shop {
  let directory: URL
  var config: MigrationConfig
  static let detector: Detector = {
    do {
      return Detector(try RuleSet.load())
    } catch {
      preconditionFailure("the built-in rules load")
    }
  }()

  /// Two customers with a card each, and one without.
  static let plain = """
    CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, name TEXT);
    CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT,
      exp_month INTEGER, exp_year INTEGER, cvv TEXT);
    INSERT INTO customers VALUES (1, 'a@example.com', 'A'), (2, 'b@example.com', 'B'),
      (3, 'c@example.com', 'C');
    INSERT INTO cards VALUES (10, 1, '4242424242424242', 9, 2030, '123'),
      (20, 2, '5555 5555 5555 4444', 12, 2031, '456');
    """

  static let mapping = [
    row("1", "10", "cus_abc123def456", "pm_2222222222", "4242", "09", "2030", "Visa"),
    row("2", "20", "cus_abc123def457", "pm_3333333333", "4444", "12", "2031", "MasterCard"),
  ]

  static let header =
    "old_id,source_old_id,created_customer,source_new_id,card_fingerprint,card_last4,"
    + "card_exp_month,card_exp_year,card_brand"

  static func row(
    _ oldCustomer: String, _ oldCard: String, _ customer: String, _ method: String, _ last4: String,
    _ month: String, _ year: String, _ brand: String, fingerprint: String? = nil
  ) -> String {
    let print = fingerprint ?? "f" + String(repeating: "x", count: 10) + oldCustomer + oldCard
    return [oldCustomer, oldCard, customer, method, print, last4, month, year, brand]
      .joined(separator: ",")
  }

  init(_ sql: String = Shop.plain, mapping: [String] = Shop.mapping) throws {
    directory = FileManager.default.temporaryDirectory.appending(
      path: "unpan-migration-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let path = directory.path
    var cards = MigrationConfig.Cards(
      table: "cards", key: "id", customer: "customer_id", paymentMethod: "stripe_payment_method_id")
    cards.number = "number"
    cards.expiryMonth = "exp_month"
    cards.expiryYear = "exp_year"
    cards.brand = "brand"
    cards.last4 = "last4"
    config = MigrationConfig(
      target: "sqlite:\(path)/shop.db", mapping: .init(file: path + "/mapping.csv"), cards: cards)
    config.customers = .init(
      table: "customers", key: "id", stripeCustomer: "stripe_customer_id")
    config.scrub = [
      .init(table: "cards", column: "number", action: .null),
      .init(table: "cards", column: "cvv", action: .null),
    ]
    try write(([Shop.header] + mapping).joined(separator: "\n") + "\n", to: "mapping.csv")
    let database = try Database.create(path + "/shop.db")
    // Debian's SQLite overwrites what it deletes; most others do not.
    try database.execute("PRAGMA secure_delete = OFF")
    try database.execute(sql)
  }

  deinit {
    do { try FileManager.default.removeItem(at: directory) } catch { print("left: \(directory)") }
  }

  func path(_ name: String) -> String { directory.appending(path: name).path }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: directory.appending(path: name))
  }

  /// Runs SQL as the shop's own program would.
  func execute(_ sql: String) throws {
    let database = try Database.openForWriting(Array(path("shop.db").utf8))
    try database.execute(sql)
  }

  /// Rows of a query, columns joined by bars.
  func rows(_ sql: String) throws -> [String] {
    let database = try Database.openForWriting(Array(path("shop.db").utf8))
    let statement = try database.prepare(sql)
    var rows: [String] = []
    while try statement.advance() {
      let row = statement.currentRow
      rows.append(
        (0..<statement.columnCount).map {
          row.storage($0) == .null ? "NULL" : String(decoding: row.text($0), as: UTF8.self)
        }.joined(separator: "|"))
    }
    return rows
  }

  /// Everything in the database, schema included, for comparison.
  func dump() throws -> [String] {
    var all: [String] = []
    for name in try rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
      let columns = try rows("SELECT name, type FROM pragma_table_info('\(name)')")
      all += [name] + columns + (try rows("SELECT * FROM \"\(name)\""))
    }
    return all
  }

  // MARK: - Steps

  var month: MappingOptions.Month { .init(year: 2026, month: 11) }

  func match() throws -> (counts: MatchCounts, records: [MatchRecord]) {
    var records: [MatchRecord] = []
    let counts = try Match(config, detector: Shop.detector, month: month).run { records.append($0) }
    return (counts, records)
  }

  func plan(found: [Proposal.Evidence] = []) throws -> MigrationPlan {
    let text = try MigrationPlan.encode(config, pretty: true)
    try write(text, to: "config.json5")
    let match = try Match(config, detector: Shop.detector, month: month)
    return try Planner(match).plan(
      counts: try match.run { _ in }, configPath: path("config.json5"), asOf: "2026-11",
      findingsBefore: [], found: found)
  }

  func run(_ plan: MigrationPlan, isRollback: Bool = false) throws -> MigrationRun {
    try MigrationRun(plan, detector: Shop.detector, writes: true, isRollback: isRollback)
  }

  func ledger() throws -> Ledger { try Ledger(path("ledger.db")) { "2026-11-21T00:00:00Z" } }

  @discardableResult
  func link(_ plan: MigrationPlan) throws -> MigrationRun.LinkOutcome {
    try run(plan).link(ledger: ledger())
  }

  @discardableResult
  func scrub(_ plan: MigrationPlan) throws -> MigrationRun.ScrubOutcome {
    try run(plan).scrub(confirmed: plan.digest, ledger: ledger())
  }

  /// Takes the configuration that is proposed for a table of cards.
  func propose(table: String, number: String) throws {
    var evidence = Proposal.Evidence(table: table, column: number)
    evidence.numbers = 2
    let target = config.target
    config =
      try Proposal(
        target: target, mapping: config.mapping.file, evidence: [evidence],
        detector: Shop.detector
      ).config
    // A proposal leaves the password out.
    config.target = target
  }

  /// Cards in the customers' own table, and their mapping.
  static let users = [
    """
    CREATE TABLE users(id int PRIMARY KEY, email varchar(80), card_number varchar(40),
      exp_month int, exp_year int, cvv varchar(4))
    """,
    """
    INSERT INTO users VALUES (1, 'a@example.com', '4242424242424242', 9, 2030, '123'),
      (2, 'b@example.com', '5555 5555 5555 4444', 12, 2031, '456')
    """,
  ]
  static let usersMapping = [
    row("1", "1", "cus_abc123def456", "pm_2222222222", "4242", "09", "2030", "Visa"),
    row("2", "2", "cus_abc123def457", "pm_3333333333", "4444", "12", "2031", "MasterCard"),
  ]

  /// Goes from a proposal to scrub, with a rollback on the way.
  /// - Parameter rows: asks the database.
  func migrateUsers(_ rows: (String) throws -> [String]) throws {
    let ids = "SELECT stripe_customer_id, stripe_payment_method_id FROM users ORDER BY id"
    try propose(table: "users", number: "card_number")
    let plan = try plan()
    #expect(try link(plan) == .init(cards: 2, customers: 2, wasDone: false))
    #expect(
      try rows(ids) == ["cus_abc123def456|pm_2222222222", "cus_abc123def457|pm_3333333333"])
    #expect(try run(plan, isRollback: true).rollback(ledger: ledger()).restored == 4)
    #expect(try match().counts.cards.linked == 0)
    try link(plan)
    try scrub(plan)
    #expect(try rows("SELECT count(card_number), count(cvv) FROM users") == ["0|0"])
    let counts = try match().counts
    #expect(counts.cards.linked == 2 && counts.customers.linked == 2)
    #expect(counts.cards.open == 0 && counts.customers.open == 0)
  }

  /// Whether any file of the database holds one of these texts.
  func holds(_ texts: String...) throws -> [String] {
    var found: [String] = []
    for suffix in ["", "-wal", "-journal", "-shm"] {
      let file = path("shop.db" + suffix)
      guard FileManager.default.fileExists(atPath: file) else { continue }
      let data = try Data(contentsOf: URL(filePath: file))
      for text in texts where data.firstRange(of: Data(text.utf8)) != nil {
        found.append("\(text.suffix(4)) in shop.db\(suffix)")
      }
    }
    return found
  }
}

/// The code of the error that `body` throws.
func code(_ body: () throws -> Void) -> MigrationError.Code? {
  do {
    try body()
    return nil
  } catch let error as MigrationError {
    return error.code
  } catch {
    Issue.record("\(error)")
    return nil
  }
}

extension Shop {
  /// A ledger in the hands of somebody who should not have it.
  struct LedgerFile {
    private let path: String

    init(_ path: String) { self.path = path }

    func execute(_ sql: String) throws {
      let database = try Database.openForWriting(Array(path.utf8))
      try database.execute(sql)
    }
  }
}
