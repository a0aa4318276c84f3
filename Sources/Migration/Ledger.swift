import Core
import FoundationEssentials
import Native

/// What happened in a migration: lines that are only ever added, each chained to the one before it by
/// SHA-256. Every act is written before it is done.
///
/// Holds places, counts and digests; never a number of a card.
package final class Ledger {
  private let database: Database
  private let path: String
  private let crypto: LibCrypto
  private let now: () -> String

  /// One line.
  package struct Entry: Sendable, Equatable {
    package var number: Int
    package var time: String
    /// A fixed word, for example `link-batch`.
    package var event: String
    /// A JSON object.
    package var detail: String
    package var hash: String
  }

  /// What the chain starts from.
  private static let start = String(repeating: "0", count: 64)

  /// Opens the ledger, makes it when missing, and checks every line of it.
  /// - Throws: `.ledgerDamaged` with the line that does not follow from the one before.
  package init(_ path: String, now: @escaping () -> String) throws(MigrationError) {
    self.path = path
    self.now = now
    do throws(RunError) {
      crypto = try LibCrypto()
    } catch {
      throw MigrationError(.ledgerUnusable, path, cause: error.message)
    }
    do throws(SQLiteCode) {
      do throws(SQLiteCode) {
        database = try Database.openForWriting(ForeignBytes.bytes(of: path))
      } catch {
        database = try Database.createPrivate(ForeignBytes.bytes(of: path))
      }
      try database.execute(
        """
        CREATE TABLE IF NOT EXISTS ledger(
          number INTEGER PRIMARY KEY, time TEXT NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL,
          hash TEXT NOT NULL)
        """)
    } catch {
      throw Ledger.error(error, path)
    }
    _ = try Ledger.check(database, path, crypto) { _ in }
  }

  /// Reads a ledger that must be there, without changing a line of it.
  /// - Parameter body: gets each line, in order.
  package static func read(
    _ path: String, _ body: (Entry) -> Void
  ) throws(MigrationError) {
    let crypto: LibCrypto
    let database: Database
    do throws(RunError) {
      crypto = try LibCrypto()
    } catch {
      throw MigrationError(.ledgerUnusable, path, cause: error.message)
    }
    do throws(SQLiteCode) {
      do throws(SQLiteCode) {
        // What a killed run left of a line has to be undone first.
        database = try Database.openForWriting(ForeignBytes.bytes(of: path))
      } catch {
        database = try Database.open(ForeignBytes.bytes(of: path), .shared)
      }
    } catch {
      throw Ledger.error(error, path)
    }
    _ = try check(database, path, crypto, body)
  }

  private static func check(
    _ database: borrowing Database, _ path: String, _ crypto: LibCrypto, _ body: (Entry) -> Void
  ) throws(MigrationError) -> (number: Int, hash: String) {
    var last = (number: 0, hash: start)
    do {
      let statement = try database.prepare(
        "SELECT number, time, event, detail, hash FROM ledger ORDER BY number")
      while try statement.advance() {
        let row = statement.currentRow
        func text(_ index: Int) -> String { String(decoding: row.text(index), as: UTF8.self) }
        var entry = Entry(
          number: Int(row.integer(0)), time: text(1), event: text(2), detail: text(3), hash: "")
        entry.hash = try hash(entry, after: last.hash, crypto)
        guard entry.number == last.number + 1, entry.hash == text(4) else {
          throw MigrationError(.ledgerDamaged, path, line: last.number + 1)
        }
        last = (entry.number, entry.hash)
        body(entry)
      }
    } catch let error as MigrationError {
      throw error
    } catch let error as SQLiteCode {
      throw Ledger.error(error, path)
    } catch {
      throw MigrationError(.ledgerUnusable, path)
    }
    return last
  }

  /// Adds a line; it is on the disk when this returns.
  ///
  /// Another command may have added lines since this one began: the chain goes on from the last.
  package func append(_ event: String, _ detail: Detail) throws(MigrationError) {
    do {
      try database.execute("BEGIN IMMEDIATE")
      let tail = try database.prepare(
        "SELECT number, hash FROM ledger ORDER BY number DESC LIMIT 1")
      var last = (number: 0, hash: Ledger.start)
      if try tail.advance() {
        let row = tail.currentRow
        last = (Int(row.integer(0)), String(decoding: row.text(1), as: UTF8.self))
      }
      tail.reset()
      var entry = Entry(
        number: last.number + 1, time: now(), event: event, detail: try detail.text(), hash: "")
      entry.hash = try Ledger.hash(entry, after: last.hash, crypto)
      let statement = try database.prepare("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)")
      try statement.bind(1, Int64(entry.number))
      for (index, text) in [entry.time, entry.event, entry.detail, entry.hash].enumerated() {
        try statement.bind(index + 2, text: Array(text.utf8))
      }
      _ = try statement.advance()
      statement.reset()
      try database.execute("COMMIT")
    } catch let error as SQLiteCode {
      throw Ledger.error(error, path)
    } catch {
      throw MigrationError(.ledgerUnusable, path)
    }
  }

  private static func error(_ code: SQLiteCode, _ path: String) -> MigrationError {
    // With another ledger the evidence would lie in two.
    MigrationError(code.isDiskFull ? .diskFull : .ledgerUnusable, path, cause: code.text)
  }

  private static func hash(
    _ entry: Entry, after previous: String, _ crypto: LibCrypto
  ) throws(RunError) -> String {
    let text = [previous, String(entry.number), entry.time, entry.event, entry.detail]
    return try crypto.sha256(Array(text.joined(separator: "\n").utf8))
  }

  /// What a line tells; fields that make no sense for an event are left out.
  package struct Detail: Codable, Sendable, Equatable {
    package var command: String?
    package var plan: String?
    package var target: String?
    package var step: String?
    package var batch: Int?
    /// The last key of the batch before, as shown.
    package var after: String?
    package var rows: Int?
    package var changed: Int?
    package var outcome: String?
    /// What a scan found when a plan was made.
    package var findingsBefore: [MigrationPlan.StoreCount]?
    /// How many records of each table the plan had, without those that need no ids.
    package var records: [MigrationPlan.StoreCount]?

    package init() {}

    package static func read(_ text: String) -> Detail? {
      do {
        return try JSONDecoder().decode(Detail.self, from: Data(text.utf8))
      } catch {
        return nil
      }
    }

    fileprivate func text() throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
