import Core
import Native

/// What a run of `unpan stripe` has learnt and done, in a file, so that it can be gone on with: reads
/// are not made twice, and every act is written before it is done.
///
/// Holds ids, brands and last digits; no key, no number of a card.
package final class StripeState {
  let database: Database
  private let path: String
  /// Of this file, at random; part of every idempotency key.
  package let id: String

  /// "unpt", in every state file's header: the tables have everyday names, which another program's
  /// database may have as well.
  private static let applicationID = 0x756E_7074
  private static let version = 2

  /// Opens the file, makes it when missing, for its owner only: it holds links that let whoever has
  /// them enter a card for a customer.
  /// - Parameter isDurable: whether what was written must outlast a power failure; for acts.
  /// - Throws: `.local` when it cannot be used, is another program's database, or another run uses it.
  package init(_ path: String, isDurable: Bool) throws(StripeError) {
    self.path = path
    do throws(SQLiteCode) {
      database = try Database.createPrivate(ForeignBytes.bytes(of: path))
      let tables = try StripeState.number("SELECT count(*) FROM sqlite_schema", database)
      let owner = try StripeState.number("PRAGMA application_id", database)
      // Nothing is written to a file before it is known to be ours.
      guard tables == 0 || owner == StripeState.applicationID else { throw .notADatabase }
      let version = try StripeState.number("PRAGMA user_version", database)
      guard version <= StripeState.version else { throw .schema }
      try database.execute(
        """
        PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;
        PRAGMA synchronous = \(isDurable ? "FULL" : "OFF"); PRAGMA temp_store = FILE;
        BEGIN EXCLUSIVE;
        CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS record(
          number INTEGER PRIMARY KEY, customer TEXT NOT NULL, payment_method TEXT, brand TEXT,
          last4 TEXT, exp_month INTEGER, exp_year INTEGER, is_default INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS record_customer ON record(customer);
        CREATE INDEX IF NOT EXISTS record_payment_method ON record(payment_method);
        CREATE TABLE IF NOT EXISTS customer(
          id TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'unread', default_method TEXT,
          default_source TEXT, reason TEXT, request TEXT, read INTEGER) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS partial(
          customer TEXT NOT NULL, number INTEGER NOT NULL, body TEXT,
          PRIMARY KEY(customer, number)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS problem(record INTEGER NOT NULL, what TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS problem_record ON problem(record);
        CREATE TABLE IF NOT EXISTS act(
          number INTEGER PRIMARY KEY, time TEXT NOT NULL, operation TEXT NOT NULL,
          subject TEXT NOT NULL, key TEXT NOT NULL, generation INTEGER NOT NULL,
          state TEXT NOT NULL, request TEXT, reason TEXT, result TEXT, expires INTEGER);
        CREATE INDEX IF NOT EXISTS act_subject ON act(operation, subject);
        \(version == 1 ? "ALTER TABLE customer ADD COLUMN read INTEGER;" : "")
        PRAGMA application_id = \(StripeState.applicationID);
        PRAGMA user_version = \(StripeState.version);
        """)
      var bytes: [UInt8] = []
      var random = SystemRandomNumberGenerator()
      for _ in 0..<16 { bytes.append(UInt8.random(in: 0...255, using: &random)) }
      let made = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      let insert = try database.prepare("INSERT OR IGNORE INTO meta VALUES ('id', ?)")
      try insert.bind(1, text: Array(made.utf8))
      guard insert.step() == .done else { throw SQLiteCode.failed }
      let select = try database.prepare("SELECT value FROM meta WHERE name = 'id'")
      guard select.step() == .row else { throw SQLiteCode.failed }
      id = String(decoding: select.currentRow.text(0), as: UTF8.self)
      select.reset()
      try database.execute("COMMIT")
    } catch {
      throw StripeState.failure(path, error)
    }
  }

  private static func number(
    _ sql: String, _ database: borrowing Database
  ) throws(SQLiteCode) -> Int {
    let statement = try database.prepare(sql)
    let code = statement.step()
    guard code == .row else { throw code }
    return Int(statement.currentRow.integer(0))
  }

  private static func failure(_ path: String, _ code: SQLiteCode) -> StripeError {
    let what =
      switch code.primary {
      case .busy, .locked: "another run is using it"
      case .notADatabase: "is no state file of unpan stripe; name another one with --state"
      case .schema: "a later version made this state file; name another one with --state"
      default: code.text
      }
    return StripeError(.local("\(path): \(what)"))
  }

  /// What a code of SQLite's about this file means.
  func failure(_ code: SQLiteCode) -> StripeError { StripeState.failure(path, code) }

  /// A value to bind or one that was read.
  enum Value {
    case text(String?)
    case number(Int?)

    var text: String? {
      if case .text(let text) = self { return text }
      return nil
    }

    var number: Int? {
      if case .number(let number) = self { return number }
      return nil
    }
  }

  /// Runs one statement.
  /// - Parameter row: gets each row, whose values are numbers or texts as they are stored.
  func run(
    _ sql: String, _ values: [Value] = [], row: ([Value]) throws(StripeError) -> Void = { _ in }
  ) throws(StripeError) {
    do {
      let statement = try database.prepare(sql)
      for (index, value) in values.enumerated() {
        switch value {
        case .text(let text?): try statement.bind(index + 1, text: Array(text.utf8))
        case .number(let number?): try statement.bind(index + 1, Int64(number))
        case .text(nil), .number(nil): break
        }
      }
      while true {
        let code = statement.step()
        if code == .done { return }
        guard code == .row else { throw code }
        let current = statement.currentRow
        let read = (0..<statement.columnCount).map { index -> Value in
          switch current.storage(index) {
          case .null: .text(nil)
          case .integer: .number(Int(current.integer(index)))
          default: .text(String(decoding: current.text(index), as: UTF8.self))
          }
        }
        try row(read)
      }
    } catch let error as StripeError {
      throw error
    } catch let error as SQLiteCode {
      throw failure(error)
    } catch {
      throw StripeError(.local(path))
    }
  }

  /// Runs `body` so that all of it is written or nothing.
  func transaction(_ body: () throws(StripeError) -> Void) throws(StripeError) {
    try run("BEGIN IMMEDIATE")
    do throws(StripeError) {
      try body()
      try run("COMMIT")
    } catch {
      rollBack()
      throw error
    }
  }

  /// Ends a transaction in which something failed.
  func rollBack() {
    // The first error is the one to tell. SQLite may have ended the transaction itself, on a full
    // disk for example; then there is nothing to roll back.
    do throws(SQLiteCode) {
      try database.execute("ROLLBACK")
    } catch {
      _ = error.text
    }
  }

  func meta(_ name: String) throws(StripeError) -> String? {
    var value: String?
    try run("SELECT value FROM meta WHERE name = ?", [.text(name)]) { value = $0[0].text }
    return value
  }

  func set(_ name: String, _ value: String?) throws(StripeError) {
    guard let value else { return try run("DELETE FROM meta WHERE name = ?", [.text(name)]) }
    try run("INSERT OR REPLACE INTO meta VALUES (?, ?)", [.text(name), .text(value)])
  }

  /// - Returns: the number in the first column of the only row.
  func count(_ sql: String, _ values: [Value] = []) throws(StripeError) -> Int {
    var count = 0
    try run(sql, values) { count = $0[0].number ?? 0 }
    return count
  }

  /// The account that this file was begun with, if it was.
  package func account() throws(StripeError) -> String? { try meta("account") }

  /// Keeps to the account and the mode that this file was begun with.
  /// - Throws: `.otherAccount` or `.local` when it was begun with other ones.
  package func confirm(account: String, mode: StripeId.Mode) throws(StripeError) {
    if let known = try meta("account"), known != account {
      throw StripeError(.otherAccount(actual: account, expected: known))
    }
    if let known = try meta("mode"), known != mode.rawValue {
      throw StripeError(
        .local(
          "\(path): is the state of \(known) mode, and the key is of \(mode.rawValue) mode; name "
            + "another one with --state"))
    }
    try set("account", account)
    try set("mode", mode.rawValue)
  }
}
