import Core
import Inputs
import Native

/// A MariaDB or MySQL database under migration.
///
/// A statement that defines something (`ALTER TABLE`) ends the transaction it stands in, so whoever
/// calls `transaction` with such statements can be stopped between any two of them.
final class MySQLMigration: MigrationDatabase {
  let kind = "mariadb"
  let place: String
  let databaseName: String
  private let connection: MySQLConnection
  private let settings: LibMariaDB.Settings
  private let library: LibMariaDB
  private var columns: [String: [String: MySQLColumn]] = [:]
  /// Whether what failed last may go well when it is tried again.
  private var mayTryAgain = false
  /// See `keepWritersOut`.
  private var holdsTables = false
  private static let attemptsMax = 5
  /// Of one statement; servers take 1 MiB at least.
  private static let statementBytesMax = 512 << 10

  /// - Parameter forWriting: takes the lock that keeps other runs out until the connection closes.
  init(url: String, forWriting: Bool) throws(MigrationError) {
    place = ServerAddress.withoutSecrets(url)
    do throws(RunError) {
      settings = try ServerAddress.mySQLSettings(url)
      library = try LibMariaDB()
    } catch {
      throw ServerMigrationTrouble.error(error, at: place)
    }
    guard let name = settings.database else {
      throw MigrationError(
        .notConnected, place, cause: "The target names no database: mariadb://host/database.")
    }
    databaseName = name
    connection = try MySQLMigration.connect(library, settings, place)
    if forWriting { try takeLock() }
  }

  // MARK: - Opening

  private static func connect(
    _ library: LibMariaDB, _ settings: LibMariaDB.Settings, _ place: String
  ) throws(MigrationError) -> MySQLConnection {
    let connection: MySQLConnection
    do throws(ServerError) {
      connection = try library.connect(settings)
    } catch {
      throw MigrationError(
        .notConnected, place, cause: ServerTrouble.connecting(place, error).detail)
    }
    do throws(ServerError) {
      // Strict, or a NULL where none may be would become an empty text silently; and with the quotes
      // and backslashes that the statements here are written with.
      for sql in [
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET SESSION default_storage_engine = InnoDB, SESSION autocommit = 1",
        "SET SESSION net_write_timeout = 3600, SESSION wait_timeout = 28800",
        "SET SESSION lock_wait_timeout = 20, SESSION innodb_lock_wait_timeout = 20",
        "SET SESSION foreign_key_checks = 1, SESSION unique_checks = 1",
      ] { try connection.execute(sql) }
    } catch {
      throw ServerMigrationTrouble.error(error, at: place)
    }
    return connection
  }

  /// Waits a little: a server needs a moment to notice that a run was killed.
  private func takeLock() throws(MigrationError) {
    let isTaken = try number("SELECT GET_LOCK(CONCAT('unpan_', MD5(DATABASE())), 5)")
    guard isTaken == 1 else { throw MigrationError(.lockedByOther, place) }
  }

  // MARK: - Dialect

  func quoted(_ name: String) -> String { MySQLConnection.quoted(name) }

  func implicitKey(of table: DatabaseSchema.Table) -> String? { nil }

  func columnType(for purpose: ColumnPurpose) -> String {
    // Stripe's ids differ in case, so they are compared by their bytes.
    switch purpose {
    case .stripeId: "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    case .brand: "VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    case .last4: "VARCHAR(4) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    case .mark: "TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    }
  }

  func nameInSchema(_ scanned: String) -> String {
    scanned.hasPrefix(databaseName + ".")
      ? String(scanned.dropFirst(databaseName.count + 1)) : scanned
  }

  /// An index loses the column with it; one of several columns may then find two rows the same.
  func dropIndex(_ index: DatabaseSchema.Index, of table: String) -> String? {
    index.isUnique && index.columns.count > 1
      ? "DROP INDEX \(quoted(index.name)) ON \(quoted(table))" : nil
  }

  func trialClause(of table: String) -> String { " LIMIT 100" }

  /// A trigger fires for everybody or for nobody, and taking it away ends the transaction.
  func suspension(
    of triggers: [DatabaseSchema.Trigger]
  ) -> (before: [String], after: [String])? { nil }

  // MARK: - Reading

  func schema() throws(MigrationError) -> DatabaseSchema {
    try withConnection { (connection) throws(ServerError) in
      try MySQLSchemaReader(connection).schema
    }
  }

  func number(_ sql: String) throws(MigrationError) -> Int {
    try withConnection { (connection) throws(ServerError) in
      var number: Int?
      try connection.query(sql) { row in
        number = row.integer(0).map { Int($0) }
        return true
      }
      return number ?? 0
    }
  }

  func read(
    _ query: RowQuery, _ body: (any LegacyRow) throws(MigrationError) -> Bool
  ) throws(MigrationError) {
    let known = try columns(of: query.table)
    let all = [query.key] + query.columns
    let key = quoted(query.key)
    var sql = "SELECT " + all.map(quoted).joined(separator: ", ")
    sql += " FROM \(quoted(query.table)) WHERE \(key) "
    if let after = query.after {
      sql += (query.isDescending ? "< " : "> ") + MySQLColumn.literal(after)
    } else {
      sql += "IS NOT NULL"
    }
    sql += " ORDER BY \(key)" + (query.isDescending ? " DESC" : "")
    if let limit = query.limit { sql += " LIMIT \(limit)" }
    if query.locks { sql += " FOR UPDATE" }
    let kinds = all.map { known[$0]?.kind ?? .text }
    var failure: MigrationError?
    var isStopped = false
    try withConnection(at: query.table) { (connection) throws(ServerError) in
      try connection.query(sql) { row in
        do throws(MigrationError) {
          if !isStopped { isStopped = try !body(ServerLegacyRow(row: row, kinds: kinds)) }
        } catch {
          failure = error
          isStopped = true
        }
        // A batch is read to its end: the protocol knows no other way out.
        return !isStopped || query.limit != nil
      }
    }
    if let failure { throw failure }
  }

  /// The columns of a table as they are now.
  func columns(of table: String) throws(MigrationError) -> [String: MySQLColumn] {
    if let known = columns[table] { return known }
    let found = try withConnection(at: table) { (connection) throws(ServerError) in
      try MySQLColumn.read(connection, table: table)
    }
    columns[table] = found
    return found
  }

  // MARK: - Writing

  func execute(_ sql: String) throws(MigrationError) {
    // It may change a table.
    columns = [:]
    _ = try withConnection { (connection) throws(ServerError) in try connection.execute(sql) }
  }

  func transaction(_ body: () throws(MigrationError) -> Void) throws(MigrationError) {
    for attempt in 1...MySQLMigration.attemptsMax {
      do throws(MigrationError) {
        try execute("START TRANSACTION")
        mayTryAgain = false
        try body()
        try execute("COMMIT")
        try letWritersIn()
        return
      } catch {
        let again = mayTryAgain
        if connection.isAlive {
          try execute("ROLLBACK")
          try letWritersIn()
        }
        guard again, attempt < MySQLMigration.attemptsMax else { throw error }
      }
    }
  }

  /// A lock of the table, for ALTER TABLE ends the transaction, and its row locks, before it has the
  /// table to itself: whoever waited for a row would write to it in between.
  func keepWritersOut(of table: String) throws(MigrationError) {
    try execute("LOCK TABLES \(quoted(table)) WRITE")
    holdsTables = true
  }

  private func letWritersIn() throws(MigrationError) {
    guard holdsTables else { return }
    holdsTables = false
    try execute("UNLOCK TABLES")
  }

  func apply(_ update: RowUpdate, _ changes: [RowChange]) throws(MigrationError) -> [Bool] {
    var results = [Bool](repeating: false, count: changes.count)
    var start = 0
    while start < changes.count {
      // One statement changes a row once; what comes later for the same row waits for the next.
      var seen: Set<SQLValue> = []
      var end = start
      while end < changes.count, seen.insert(changes[end].key).inserted { end += 1 }
      for number in try apply(update, changes[start..<end]) { results[number] = true }
      start = end
    }
    return results
  }

  private static let changes = DatabaseSchema.ownPrefix + "changes"

  /// - Returns: the places of changes whose rows were there.
  private func apply(
    _ update: RowUpdate, _ changes: ArraySlice<RowChange>
  ) throws(MigrationError) -> [Int] {
    let (table, own) = (quoted(update.table), MySQLMigration.changes)
    let fields = update.columns + update.expected
    let copies = fields.enumerated().map { "t.\(quoted($1)) AS c\($0)" }
    try execute("DROP TEMPORARY TABLE IF EXISTS \(own)")
    // With the types, character sets and orders of the table's own columns.
    try execute(
      "CREATE TEMPORARY TABLE \(own) (n INT NOT NULL PRIMARY KEY) ENGINE=InnoDB AS SELECT 0 AS n, "
        + (["t.\(quoted(update.key)) AS k"] + copies).joined(separator: ", ")
        + " FROM \(table) AS t LIMIT 0")
    try insert(
      own, ["n", "k"] + fields.indices.map { "c\($0)" },
      changes.indices.lazy.map { index in
        [.integer(Int64(index)), changes[index].key] + changes[index].values
          + changes[index].expected
      })
    let offset = update.columns.count
    let conditions = update.expected.indices.map {
      " AND t.\(quoted(update.expected[$0])) <=> c.c\(offset + $0)"
    }
    let join =
      "\(own) AS c STRAIGHT_JOIN \(table) AS t "
      + "ON t.\(quoted(update.key)) = c.k\(conditions.joined())"
    var found: [Int] = []
    try withConnection(at: update.table) { (connection) throws(ServerError) in
      try connection.query("SELECT c.n FROM \(join) FOR UPDATE") { row in
        if let number = row.integer(0) { found.append(Int(number)) }
        return true
      }
      let sets = update.columns.enumerated().map { "t.\(quoted($1)) = c.c\($0)" }
      try connection.execute("UPDATE \(join) SET \(sets.joined(separator: ", "))")
    }
    try execute("DROP TEMPORARY TABLE \(own)")
    return found
  }

  func copy(_ copy: ColumnCopy) throws(MigrationError) -> Int {
    let sets = zip(copy.columns, copy.sourceColumns).map {
      "t.\(quoted($0)) = u.\(quoted($1))"
    }
    let sql =
      "UPDATE \(quoted(copy.source)) AS u STRAIGHT_JOIN \(quoted(copy.table)) AS t "
      + "ON t.\(quoted(copy.key)) = u.row_key SET \(sets.joined(separator: ", ")) "
      + "WHERE u.number BETWEEN \(copy.numbers.lowerBound) AND \(copy.numbers.upperBound)"
    return try withConnection(at: copy.table) { (connection) throws(ServerError) in
      try connection.execute(sql)
    }
  }

  func insert(
    into table: String, _ columns: [String], _ rows: [[SQLValue]]
  ) throws(MigrationError) {
    try insert(table, columns, rows)
  }

  private func insert(
    _ table: String, _ columns: [String], _ rows: some Sequence<[SQLValue]>
  ) throws(MigrationError) {
    let head =
      "INSERT INTO \(quoted(table)) (\(columns.map(quoted).joined(separator: ", "))) VALUES "
    var sql = head
    func send() throws(MigrationError) {
      guard sql.utf8.count > head.utf8.count else { return }
      let text = sql
      sql = head
      _ = try withConnection(at: table) { (connection) throws(ServerError) in
        try connection.execute(text)
      }
    }
    for row in rows {
      if sql.utf8.count > head.utf8.count { sql += ", " }
      sql += "("
      for (index, value) in row.enumerated() {
        if index > 0 { sql += ", " }
        MySQLColumn.append(value, to: &sql)
      }
      sql += ")"
      if sql.utf8.count > MySQLMigration.statementBytesMax { try send() }
    }
    try send()
  }

  // MARK: - For the parts in other files

  /// Another connection, for what must leave nothing behind in this one.
  func makeConnection() throws(MigrationError) -> MySQLConnection {
    try MySQLMigration.connect(library, settings, place)
  }

  /// Runs something with the connection, its errors worded as all others.
  func withConnection<R>(
    at subject: String? = nil, _ body: (MySQLConnection) throws(ServerError) -> R
  ) throws(MigrationError) -> R {
    do throws(ServerError) {
      return try body(connection)
    } catch {
      // Two waited for each other, or (MariaDB 11) a row was changed since it was read.
      mayTryAgain = error.number == 1213 || error.number == 1020
      throw ServerMigrationTrouble.error(error, at: subject ?? place)
    }
  }
}
