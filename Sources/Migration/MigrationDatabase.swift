/// A database that a migration reads and writes: all that differs between SQLite, PostgreSQL and
/// MariaDB is behind this. One connection, used by one thread.
///
/// Every method throws `MigrationError`; a value of a row is never in it.
package protocol MigrationDatabase: AnyObject {
  /// `sqlite`, `postgresql`, `mariadb`.
  var kind: String { get }
  /// The target as it may be shown, without secrets.
  var place: String { get }

  /// An identifier in the dialect's quotes.
  func quoted(_ name: String) -> String
  /// The expression that names a row of a table without a declared key of one column (`rowid` for
  /// SQLite); `nil` where there is none.
  func implicitKey(of table: DatabaseSchema.Table) -> String?
  /// The declaration of a column that holds an id, a brand or four digits.
  func columnType(for purpose: ColumnPurpose) -> String
  /// What the schema calls a table that a scan calls by this name; of a partition, its table. Asked once
  /// the schema was read.
  func nameInSchema(_ scanned: String) -> String
  /// The statement that drops an index before one of its columns goes; `nil` where it need not.
  func dropIndex(_ index: DatabaseSchema.Index, of table: String) -> String?
  /// What keeps a trial `UPDATE` of a table to a few of its rows; empty where it runs on a copy.
  func trialClause(of table: String) -> String
  /// All tables, views and triggers.
  func schema() throws(MigrationError) -> DatabaseSchema

  /// One number, for example of `SELECT count(*)`.
  func number(_ sql: String) throws(MigrationError) -> Int
  /// Hands over rows in the order of their keys until `body` says no.
  func read(
    _ query: RowQuery, _ body: (any LegacyRow) throws(MigrationError) -> Bool
  ) throws(MigrationError)

  /// Runs one statement without values.
  func execute(_ sql: String) throws(MigrationError)
  /// Changes rows by their keys, inside a transaction.
  /// - Returns: for each change whether a row was there and had the expected values.
  func apply(_ update: RowUpdate, _ changes: [RowChange]) throws(MigrationError) -> [Bool]
  /// Sets columns of a table to those of another, row by row of the same key, inside a transaction.
  /// - Returns: how many rows were changed.
  func copy(_ copy: ColumnCopy) throws(MigrationError) -> Int
  /// Adds rows, inside a transaction.
  func insert(
    into table: String, _ columns: [String], _ rows: [[SQLValue]]
  ) throws(MigrationError)
  /// Runs `body` between BEGIN and COMMIT; rolls back when it throws. No other writer changes a row
  /// that `body` has read until then.
  func transaction(_ body: () throws(MigrationError) -> Void) throws(MigrationError)
  /// Makes other writers of a table wait for the end of the transaction, where reading its rows with
  /// `locks` does not. The first thing in a transaction.
  func keepWritersOut(of table: String) throws(MigrationError)

  /// Statements that keep triggers of a table from firing, and those that let them fire again; run
  /// at both ends of every transaction. `nil` where they cannot be kept from it.
  func suspension(of triggers: [DatabaseSchema.Trigger]) -> (before: [String], after: [String])?
  /// Tries statements on a copy of the schema with one row of each of these tables, or in another way
  /// that changes nothing.
  /// - Throws: `.rehearsalFailed` with the statement as subject.
  func rehearse(_ statements: [String], rowsOf tables: [String]) throws(MigrationError)
  /// Whether `rehearse` leaves the tables themselves alone.
  var rehearsesOnCopy: Bool { get }
  /// Makes the database overwrite what it deletes from here on, where it can.
  func prepareForScrubbing() throws(MigrationError)
  /// What `cleanFreedSpace` does, as text for the plan.
  func cleaningStatements(tables: [String]) throws(MigrationError) -> [String]
  /// Rewrites what still holds old values: free pages, logs, search indexes.
  func cleanFreedSpace(tables: [String]) throws(MigrationError)
  /// What the database cannot clean by itself.
  var cannotClean: [CleaningNote] { get }
}

extension MigrationDatabase {
  package func nameInSchema(_ scanned: String) -> String { scanned }
  package func dropIndex(_ index: DatabaseSchema.Index, of table: String) -> String? {
    "DROP INDEX \(quoted(index.name))"
  }
  package func trialClause(of table: String) -> String { "" }
  package var rehearsesOnCopy: Bool { false }
  package func keepWritersOut(of table: String) throws(MigrationError) {}
}

/// What a column that is added holds.
package enum ColumnPurpose: String, Sendable {
  case stripeId, brand, last4
  /// How far a step has come: a key, twice as long.
  case mark
}

/// A place that may still hold old values, and how to look.
package struct CleaningNote: Sendable, Equatable, Codable {
  /// For example `backups`.
  package var what: String
  package var why: String
  /// Commands to check or clean it.
  package var commands: [String]

  package init(what: String, why: String, commands: [String]) {
    self.what = what
    self.why = why
    self.commands = commands
  }
}

/// Which rows to read.
package struct RowQuery: Sendable, Equatable {
  package var table: String
  /// A column, or what `implicitKey` said.
  package var key: String
  /// Whether `key` is a column and so needs quotes.
  package var keyIsColumn = true
  package var columns: [String]
  /// Only rows with a greater key.
  package var after: SQLValue?
  package var limit: Int?
  /// Greatest key first.
  package var isDescending = false
  /// Keeps other writers from the rows until the transaction ends.
  package var locks = false

  package init(table: String, key: String, columns: [String]) {
    self.table = table
    self.key = key
    self.columns = columns
  }
}

/// A row handed over by `MigrationDatabase.read`; its bytes are only valid during the call.
package protocol LegacyRow {
  var key: SQLValue { get }
  /// The value of the query's column `index`.
  func value(_ index: Int) -> SQLValue
  /// The value as text, without a copy of our own; `nil` for NULL.
  func withText<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R?
  /// Whether it is a binary fraction past the numbers that these hold exactly: its text may have other
  /// digits than what was stored.
  func isRounded(_ index: Int) -> Bool
}

/// Which columns `apply` sets and which it compares first.
package struct RowUpdate: Sendable, Equatable, Hashable {
  package var table: String
  package var key: String
  package var keyIsColumn: Bool
  package var columns: [String]
  /// Columns whose values must be the expected ones; NULL equals NULL.
  package var expected: [String]

  package init(
    table: String, key: String, keyIsColumn: Bool = true, columns: [String], expected: [String] = []
  ) {
    self.table = table
    self.key = key
    self.keyIsColumn = keyIsColumn
    self.columns = columns
    self.expected = expected
  }
}

/// Which columns `copy` sets from which, for rows of the source with these numbers.
package struct ColumnCopy: Sendable, Equatable {
  package var table: String
  package var key: String
  package var columns: [String]
  /// One of the migration's own tables; its rows have a `number` and a `row_key`.
  package var source: String
  package var sourceColumns: [String]
  package var numbers: ClosedRange<Int>

  package init(
    table: String, key: String, columns: [String], source: String, sourceColumns: [String],
    numbers: ClosedRange<Int>
  ) {
    self.table = table
    self.key = key
    self.columns = columns
    self.source = source
    self.sourceColumns = sourceColumns
    self.numbers = numbers
  }
}

/// One row's new values.
package struct RowChange: Sendable, Equatable {
  package var key: SQLValue
  package var values: [SQLValue]
  package var expected: [SQLValue]

  package init(key: SQLValue, values: [SQLValue], expected: [SQLValue] = []) {
    self.key = key
    self.values = values
    self.expected = expected
  }
}

/// Opens the database that a target names.
/// - Parameter forWriting: takes the lock that keeps a second run out, for as long as the value lives.
/// - Throws: `.targetUnsupported` for a kind that migrations do not know.
package func openMigrationDatabase(
  _ target: String, forWriting: Bool = false
) throws(MigrationError) -> any MigrationDatabase {
  // As scans read targets: a scheme has no case.
  let scheme = target.prefix { $0 != ":" }
  let rest = target.dropFirst(scheme.count)
  let url = scheme.lowercased() + rest
  switch scheme.lowercased() {
  case "sqlite" where !rest.isEmpty:
    return try SQLiteMigration(path: String(rest.dropFirst()), forWriting: forWriting)
  case "postgres", "postgresql": return try PostgreSQLMigration(url: url, forWriting: forWriting)
  case "mariadb", "mysql": return try MySQLMigration(url: url, forWriting: forWriting)
  default: throw MigrationError(.targetUnsupported, String(scheme))
  }
}
