import Core
import Migration
import Native
import Stripe

/// The linked records of a migration's database, as its configuration names tables and columns.
struct DatabaseRecords {
  private let config: MigrationConfig
  private let path: String
  private let ids: StripeIds

  init(config path: String, _ ids: StripeIds) throws(MigrationError) {
    config = try MigrationConfig.load(path)
    self.path = path
    self.ids = ids
  }

  /// Reads the database once; rows without a customer at Stripe are left out.
  /// - Parameter body: gets each record; its number is the key of the card where keys are numbers.
  /// - Returns: a digest of what was read.
  func read(_ body: (LinkedRecord) throws -> Void) throws -> String {
    guard let customers = config.customers else {
      throw RunError(
        .usage, path, "the configuration names no table with the customers' ids",
        hint: "add `customers`, or give the records with --records")
    }
    let database = try openMigrationDatabase(config.target)
    let scratch = try Database.makeScratch()
    try scratch.execute(
      """
      CREATE TABLE customer(key TEXT PRIMARY KEY, id TEXT) WITHOUT ROWID;
      CREATE TABLE card(
        key, customer TEXT, method TEXT, brand TEXT, last4 TEXT, month TEXT, year TEXT, expiry TEXT)
      """)
    try copy(
      database,
      RowQuery(
        table: customers.table, key: customers.key, columns: [customers.stripeCustomer]),
      into: "INSERT OR IGNORE INTO customer VALUES (?, ?)", scratch)
    let cards = config.cards
    // Scrubbing may have dropped the expiry.
    let table = try database.schema().table(cards.table)
    func ifThere(_ name: String?) -> String? { name.flatMap { table?.column($0)?.name } }
    let named = [
      cards.customer, cards.paymentMethod, cards.brand, cards.last4, ifThere(cards.expiryMonth),
      ifThere(cards.expiryYear), ifThere(cards.expiry),
    ]
    let columns = named.compactMap { $0 }
    let places = named.map { $0 == nil ? "NULL" : "?" }.joined(separator: ", ")
    try copy(
      database, RowQuery(table: cards.table, key: cards.key, columns: columns),
      into: "INSERT INTO card VALUES (?, \(places))", scratch)
    return try join(scratch, body)
  }

  private func copy(
    _ database: any MigrationDatabase, _ query: RowQuery, into sql: String,
    _ scratch: borrowing Database
  ) throws {
    let insert = try scratch.prepare(sql)
    var failure: SQLiteCode?
    try database.read(query) { row in
      do throws(SQLiteCode) {
        insert.reset()
        if case .integer(let key) = row.key {
          try insert.bind(1, key)
        } else {
          try insert.bind(1, text: row.key.keyBytes ?? [])
        }
        for index in query.columns.indices {
          if let bytes = row.value(index).keyBytes {
            try insert.bind(index + 2, text: bytes)
          }
        }
        guard insert.step() == .done else { throw .failed }
        return true
      } catch {
        failure = error
        return false
      }
    }
    insert.reset()
    if let failure { throw failure }
  }

  private func join(
    _ scratch: borrowing Database, _ body: (LinkedRecord) throws -> Void
  ) throws -> String {
    let hasNumbers = try number(
      scratch, "SELECT count(*) = 0 FROM card WHERE typeof(key) <> 'integer'")
    let rows = try scratch.prepare(
      """
      SELECT \(hasNumbers ? "card.key" : "card.rowid"), id, method, brand, last4, month, year, expiry
      FROM card JOIN customer ON customer.key = CAST(card.customer AS TEXT)
      WHERE id IS NOT NULL AND id <> '' ORDER BY card.rowid
      """)
    let library = try LibCrypto()
    let digest = try LibCrypto.Digest(library)
    while true {
      let code = rows.step()
      if code == .done { break }
      guard code == .row else { throw code }
      let row = rows.currentRow
      func text(_ index: Int) -> String? {
        let text = String(decoding: row.text(index), as: UTF8.self)
        return text.isEmpty ? nil : text
      }
      func bytes(_ index: Int) -> [UInt8]? { text(index).map { Array($0.utf8) } }
      var record = LinkedRecord(
        number: Int(row.integer(0)), customer: text(1) ?? "", paymentMethod: text(2),
        brand: text(3), last4: text(4))
      if let expiry = LegacyCardReader.expiry(month: bytes(5), year: bytes(6), both: bytes(7)) {
        record.expiryMonth = expiry.month
        record.expiryYear = expiry.year
      }
      try check(record)
      try body(record)
      let line = [
        text(1), text(2), text(3), text(4), record.expiryMonth.map(String.init),
        record.expiryYear.map(String.init),
      ].map { $0 ?? "" }.joined(separator: "\t")
      let bytes = Array("\(record.number)\t\(line)\n".utf8)
      guard bytes.withUnsafeBytes({ digest.add($0) }) else { throw SQLiteCode.failed }
    }
    return try digest.finish()
  }

  /// What is sent to Stripe must be an id: the column may hold anything.
  private func check(_ record: LinkedRecord) throws(RunError) {
    func bad(_ column: String, _ what: String) -> RunError {
      RunError(
        .failure, path, "record \(record.number), \(column): \(what)",
        hint: "nothing was sent; is it the right column?")
    }
    guard ids.id(record.customer)?.kind == .customer else {
      throw bad(config.customers?.stripeCustomer ?? "", "is no id of a Stripe customer")
    }
    if let method = record.paymentMethod, ids.id(method)?.kind.isPaymentMethod != true {
      throw bad(config.cards.paymentMethod, "is no id of a Stripe payment method")
    }
    if let last4 = record.last4, last4.utf8.count != 4 {
      throw bad(config.cards.last4 ?? "", "is not four digits")
    }
    if let brand = record.brand, NumberGuard.masked(brand) != brand {
      throw bad(config.cards.brand ?? "", "holds a card number")
    }
  }

  private func number(_ scratch: borrowing Database, _ sql: String) throws -> Bool {
    let statement = try scratch.prepare(sql)
    guard statement.step() == .row else { throw SQLiteCode.failed }
    return statement.currentRow.integer(0) == 1
  }
}
