import Core
import Inputs
import Native

/// A SQLite database under migration.
final class SQLiteMigration: MigrationDatabase {
  let kind = "sqlite"
  let place: String
  let path: [UInt8]
  private let connection: Database
  private var updates: [RowUpdate: PreparedStatement] = [:]
  private var inserts: [String: PreparedStatement] = [:]
  /// Held as long as the connection for writing.
  private let lock: FileLock?

  /// - Parameter forWriting: takes the lock and opens for writing, which also undoes a transaction that
  ///   was cut short; else nothing on disk changes.
  init(path: String, forWriting: Bool) throws(MigrationError) {
    place = "sqlite:" + Escaping.text(fromFileName: ForeignBytes.bytes(of: path))
    self.path = ForeignBytes.bytes(of: path)
    let header = try SQLiteMigration.header(self.path, place)
    guard header.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw MigrationError(.notADatabase, place)
    }
    if forWriting {
      lock = try SQLiteMigration.takeLock(self.path, place)
      try SQLiteMigration.checkBeforeWriting(self.path, header, place)
      connection = try SQLiteMigration.openForWriting(self.path, place)
    } else {
      lock = nil
      connection = try SQLiteMigration.openForReading(self.path, header, place)
    }
    try SQLiteMigration.checkLength(connection, self.path, header, place)
  }

  /// A statement with its own life, kept for the next batch.
  final class PreparedStatement {
    let statement: Statement
    init(_ statement: consuming Statement) { self.statement = statement }
  }

  // MARK: - Opening

  /// Whoever closes a database that is open for writing may move its log into it.
  private static func checkBeforeWriting(
    _ path: [UInt8], _ header: [UInt8], _ place: String
  ) throws(MigrationError) {
    do throws(MigrationError) {
      try checkLength(try openForReading(path, header, place), path, header, place)
    } catch  where error.code == .unfinishedTransaction {
      // Its pages are put back first.
    }
  }

  /// Rows of a part that is missing would be taken for rows that were never there.
  private static func checkLength(
    _ database: borrowing Database, _ path: [UInt8], _ header: [UInt8], _ place: String
  ) throws(MigrationError) {
    let pageCount: Int
    do throws(SQLiteCode) {
      let statement = try database.prepare("PRAGMA page_count")
      pageCount = try statement.advance() ? Int(statement.currentRow.integer(0)) : 0
    } catch {
      throw self.error(error, place)
    }
    if SQLiteLength.isCut(path, header: header, pageCount: pageCount) {
      throw MigrationError(.cutShort, place)
    }
  }

  private static func header(
    _ path: [UInt8], _ place: String
  ) throws(MigrationError) -> [UInt8] {
    do throws(SystemError) {
      let file = try Descriptor.open(path, followsLinks: true)
      guard try file.status().kind == .regular else { throw .notFound }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 8)
      defer { buffer.deallocate() }
      return Array(buffer[..<(try file.read(into: buffer, at: 0))])
    } catch {
      throw MigrationError(.targetMissing, place, cause: error.text)
    }
  }

  private static func openForReading(
    _ path: [UInt8], _ header: [UInt8], _ place: String
  ) throws(MigrationError) -> Database {
    var failure = SQLiteCode.cannotOpen
    var modes = CompanionFiles(
      path: path, header: header, logBytes: logBytes(path + Array("-wal".utf8))
    ).modes
    // Without regard to a journal that must be rolled back, half of a transaction would be read.
    if modes.first == .shared { modes = [.shared] }
    for mode in modes {
      do throws(SQLiteCode) {
        let database = try Database.open(path, mode)
        // Nothing is read before the first statement.
        let statement = try database.prepare("SELECT count(*) FROM sqlite_master")
        let code = statement.step()
        guard code == .row else { throw code }
        return database
      } catch {
        failure = error
      }
    }
    if modes == [.shared], failure.primary == .readOnly || failure.primary == .cannotOpen {
      throw MigrationError(.unfinishedTransaction, place, cause: failure.text)
    }
    throw error(failure, place)
  }

  private static func takeLock(
    _ path: [UInt8], _ place: String
  ) throws(MigrationError) -> FileLock {
    do throws(SystemError) {
      return try FileLock(path)
    } catch .wouldBlock {
      throw MigrationError(.lockedByOther, place)
    } catch {
      throw MigrationError(.targetMissing, place, cause: error.text)
    }
  }

  private static func opened(
    _ path: [UInt8], _ place: String
  ) throws(MigrationError) -> Database {
    do throws(SQLiteCode) {
      let database = try Database.openForWriting(path)
      try database.execute("PRAGMA cache_size = -65536")
      return database
    } catch {
      throw self.error(error, place)
    }
  }

  private static func openForWriting(
    _ path: [UInt8], _ place: String
  ) throws(MigrationError) -> Database {
    let database = try opened(path, place)
    guard !database.isReadOnly else { throw MigrationError(.readOnly, place) }
    return database
  }

  private static func logBytes(_ path: [UInt8]) -> Int? {
    do throws(SystemError) {
      return try FileStatus.of(path, followsLinks: true).size
    } catch {
      return nil
    }
  }

  // MARK: - Dialect

  func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  func implicitKey(of table: DatabaseSchema.Table) -> String? {
    let taken = Set(table.columns.map { $0.name.lowercased() })
    for word in ["rowid", "_rowid_", "oid"] where !taken.contains(word) {
      do throws(SQLiteCode) {
        // A table WITHOUT ROWID has no such column.
        _ = try connection.prepare("SELECT \(word) FROM \(quoted(table.name))")
        return word
      } catch {
        return nil
      }
    }
    return nil
  }

  func columnType(for purpose: ColumnPurpose) -> String { "TEXT" }

  func suspension(
    of triggers: [DatabaseSchema.Trigger]
  ) -> (before: [String], after: [String])? {
    (triggers.map { "DROP TRIGGER \(quoted($0.name))" }, triggers.map(\.sql))
  }

  // MARK: - Reading

  func schema() throws(MigrationError) -> DatabaseSchema {
    do throws(SQLiteCode) {
      return try SQLiteSchemaReader.read(connection)
    } catch {
      throw self.error(error)
    }
  }

  func number(_ sql: String) throws(MigrationError) -> Int {
    do throws(SQLiteCode) {
      let statement = try connection.prepare(sql)
      let code = statement.step()
      guard code == .row else { throw code == .done ? .failed : code }
      return Int(statement.currentRow.integer(0))
    } catch {
      throw self.error(error)
    }
  }

  func read(
    _ query: RowQuery, _ body: (any LegacyRow) throws(MigrationError) -> Bool
  ) throws(MigrationError) {
    let key = query.keyIsColumn ? quoted(query.key) : query.key
    var sql = "SELECT \(key)"
    for column in query.columns { sql += ", \(quoted(column))" }
    sql += " FROM \(quoted(query.table)) WHERE \(key) "
    sql += query.after == nil ? "IS NOT NULL" : query.isDescending ? "< ?1" : "> ?1"
    sql += " ORDER BY \(key)" + (query.isDescending ? " DESC" : "")
    if let limit = query.limit { sql += " LIMIT \(limit)" }
    let statement: PreparedStatement
    do throws(SQLiteCode) {
      statement = PreparedStatement(try connection.prepare(sql))
      if let after = query.after { try SQLiteMigration.bind(after, 1, statement.statement) }
    } catch {
      throw self.error(error)
    }
    while true {
      switch statement.statement.step() {
      case .row:
        guard try body(SQLiteRow(row: statement.statement.currentRow)) else { return }
      case .done: return
      case let code: throw error(code)
      }
    }
  }

  // MARK: - Writing

  func execute(_ sql: String) throws(MigrationError) {
    do throws(SQLiteCode) {
      try connection.execute(sql)
    } catch {
      throw self.error(error)
    }
  }

  func transaction(_ body: () throws(MigrationError) -> Void) throws(MigrationError) {
    try execute("BEGIN IMMEDIATE")
    do throws(MigrationError) {
      try body()
      try execute("COMMIT")
    } catch {
      // A full disk may have rolled back already.
      if !connection.isAutocommit { try execute("ROLLBACK") }
      throw error
    }
  }

  func apply(_ update: RowUpdate, _ changes: [RowChange]) throws(MigrationError) -> [Bool] {
    do throws(SQLiteCode) {
      let prepared = try prepare(update)
      var results: [Bool] = []
      results.reserveCapacity(changes.count)
      for change in changes {
        var index = 1
        func bind(_ value: SQLValue) throws(SQLiteCode) {
          try SQLiteMigration.bind(value, index, prepared.statement)
          index += 1
        }
        for value in change.values { try bind(value) }
        try bind(change.key)
        for value in change.expected { try bind(value) }
        let code = prepared.statement.step()
        let isDone = code == .done
        results.append(isDone && connection.changedRows > 0)
        prepared.statement.reset()
        guard isDone else { throw code }
      }
      return results
    } catch {
      throw self.error(error, at: update.table)
    }
  }

  func copy(_ copy: ColumnCopy) throws(MigrationError) -> Int {
    // One statement a batch: a third of the time of one a row (measured).
    let sets = zip(copy.columns, copy.sourceColumns).map { "\(quoted($0)) = u.\(quoted($1))" }
    let sql =
      "UPDATE \(quoted(copy.table)) SET \(sets.joined(separator: ", ")) "
      + "FROM \(quoted(copy.source)) AS u "
      + "WHERE u.number BETWEEN \(copy.numbers.lowerBound) AND \(copy.numbers.upperBound) "
      + "AND \(quoted(copy.table)).\(quoted(copy.key)) = u.row_key"
    try execute(sql)
    return connection.changedRows
  }

  private func prepare(_ update: RowUpdate) throws(SQLiteCode) -> PreparedStatement {
    if let prepared = updates[update] { return prepared }
    let sets = update.columns.map { "\(quoted($0)) = ?" }.joined(separator: ", ")
    let key = update.keyIsColumn ? quoted(update.key) : update.key
    let conditions = ["\(key) = ?"] + update.expected.map { "\(quoted($0)) IS ?" }
    let sql =
      "UPDATE \(quoted(update.table)) SET \(sets) WHERE \(conditions.joined(separator: " AND "))"
    let prepared = PreparedStatement(try connection.prepare(sql))
    updates[update] = prepared
    return prepared
  }

  func insert(
    into table: String, _ columns: [String], _ rows: [[SQLValue]]
  ) throws(MigrationError) {
    let names = columns.map(quoted).joined(separator: ", ")
    let places = columns.map { _ in "?" }.joined(separator: ", ")
    let sql = "INSERT INTO \(quoted(table)) (\(names)) VALUES (\(places))"
    do throws(SQLiteCode) {
      let prepared: PreparedStatement
      if let known = inserts[sql] {
        prepared = known
      } else {
        prepared = PreparedStatement(try connection.prepare(sql))
        inserts[sql] = prepared
      }
      for row in rows {
        for (index, value) in row.enumerated() {
          try SQLiteMigration.bind(value, index + 1, prepared.statement)
        }
        let code = prepared.statement.step()
        prepared.statement.reset()
        guard code == .done else { throw code }
      }
    } catch {
      throw self.error(error, at: table)
    }
  }

  private static func bind(
    _ value: SQLValue, _ index: Int, _ statement: borrowing Statement
  ) throws(SQLiteCode) {
    switch value {
    case .null: try statement.bindNull(index)
    case .integer(let number): try statement.bind(index, number)
    case .real(let number): try statement.bind(index, number)
    case .text(let bytes): try statement.bind(index, text: bytes)
    case .blob(let bytes): try statement.bind(index, blob: bytes)
    }
  }

  // MARK: - Errors

  private func error(_ code: SQLiteCode, at subject: String? = nil) -> MigrationError {
    SQLiteMigration.error(code, subject ?? place, cause: connection.errorText)
  }

  private static func error(
    _ code: SQLiteCode, _ subject: String, cause: String? = nil
  ) -> MigrationError {
    switch code.primary {
    case _ where code.isDiskFull: MigrationError(.diskFull, subject, cause: code.text)
    case .busy, .locked: MigrationError(.busy, subject, cause: code.text)
    case .readOnly: MigrationError(.readOnly, subject, cause: code.text)
    // It names the constraint and no value, unless a trigger words it.
    case .constraint:
      MigrationError(
        .rejected, subject, cause: code == .constraintOfTrigger ? code.text : cause ?? code.text)
    case .notADatabase, .corrupt: MigrationError(.notADatabase, subject, cause: code.text)
    case .failed: MigrationError(.databaseFailed, subject, cause: cause ?? code.text)
    default: MigrationError(.databaseFailed, subject, cause: code.text)
    }
  }

  // MARK: - For the parts in other files

  func statement(_ sql: String) throws(MigrationError) -> PreparedStatement {
    do throws(SQLiteCode) {
      return PreparedStatement(try connection.prepare(sql))
    } catch {
      throw self.error(error)
    }
  }

  /// Runs something with the connection, its errors worded as all others.
  func withConnection<R>(
    _ body: (borrowing Database) throws(SQLiteCode) -> R
  ) throws(MigrationError) -> R {
    do throws(SQLiteCode) {
      return try body(connection)
    } catch {
      throw self.error(error)
    }
  }
}

/// A row of SQLite's own statement.
private struct SQLiteRow: LegacyRow {
  let row: Row

  var key: SQLValue { value(at: 0) }
  func value(_ index: Int) -> SQLValue { value(at: index + 1) }

  func withText<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R? {
    switch row.storage(index + 1) {
    case .null: nil
    case .blob: body(row.blob(index + 1))
    case .integer, .text: body(row.text(index + 1))
    case .real:
      // SQLite itself writes no more than 15 digits.
      withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) {
        body(NumberText.write(row.real(index + 1), $0))
      }
    }
  }

  func isRounded(_ index: Int) -> Bool {
    row.storage(index + 1) == .real
      && row.real(index + 1).magnitude > Double(1 << (Double.significandBitCount + 1))
  }

  private func value(at index: Int) -> SQLValue {
    switch row.storage(index) {
    case .null: .null
    case .integer: .integer(row.integer(index))
    case .real: .real(row.real(index))
    case .text: .text(Array(row.text(index)))
    case .blob: .blob(Array(row.blob(index)))
    }
  }
}
