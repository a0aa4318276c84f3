import Core
import Inputs
import Native

/// A PostgreSQL database under migration.
///
/// Tables of the account's own schema go by their names, those of others as `schema.table`.
final class PostgreSQLMigration: MigrationDatabase {
  let kind = "postgresql"
  let place: String
  private let connection: PostgreSQLConnection
  /// How tables and indexes are written, where that is not their name in quotes.
  private var names: [String: String] = [:]
  /// The tables that partitions are part of, as the schema was last read.
  private var wholes: [String: String] = [:]
  private var columns: [String: [String: PostgreSQLColumn]] = [:]
  private let ownSchema: String
  /// Whether what failed last may go well when it is tried again.
  private var mayTryAgain = false
  private static let attemptsMax = 5

  /// - Parameter forWriting: takes the lock that keeps other runs out until the connection closes.
  init(url: String, forWriting: Bool) throws(MigrationError) {
    place = ServerAddress.withoutSecrets(url)
    do throws(RunError) { try ServerAddress.checkPostgreSQL(url) } catch {
      throw ServerMigrationTrouble.error(error, at: place)
    }
    connection = try PostgreSQLMigration.connect(url, place)
    do throws(ServerError) {
      try connection.execute(PostgreSQLMigration.settings)
      if connection.setting("server_encoding") == "SQL_ASCII" {
        try connection.execute("SET client_encoding = 'SQL_ASCII'")
      }
      ownSchema = try connection.rows("SELECT current_schema()").first?.first.flatMap { $0 } ?? ""
      if forWriting { try PostgreSQLMigration.checkWritable(connection, place) }
    } catch {
      throw ServerMigrationTrouble.error(error, at: place)
    }
    if forWriting { try takeLock() }
  }

  // MARK: - Opening

  private static func connect(
    _ url: String, _ place: String
  ) throws(MigrationError) -> PostgreSQLConnection {
    let library: LibPQ
    do throws(RunError) { library = try LibPQ() } catch {
      throw ServerMigrationTrouble.error(error, at: place)
    }
    guard var parameters = library.parameters(ofURL: url) else {
      throw MigrationError(
        .targetUnclear, place,
        cause: "For example postgres://user@host:5432/database, with reserved characters as %40.")
    }
    parameters["fallback_application_name"] = "unpan"
    parameters["client_encoding"] = "UTF8"
    if parameters["connect_timeout"] == nil { parameters["connect_timeout"] = "10" }
    // A server that vanished without a word is noticed after two minutes.
    for (name, value) in ["keepalives_idle": "60", "keepalives_interval": "10"]
    where parameters[name] == nil { parameters[name] = value }
    do throws(ServerError) {
      return try library.connect(parameters)
    } catch {
      throw MigrationError(
        .notConnected, place, cause: ServerTrouble.connecting(place, error).detail)
    }
  }

  /// Long statements are ours to end; rows that a policy hides are an error, not rows that stay.
  private static let settings = """
    SET bytea_output = 'hex'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';
    SET extra_float_digits = 1; SET standard_conforming_strings = on; SET row_security = off;
    SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET lock_timeout = '20s'; SET jit = off; SET max_parallel_workers_per_gather = 0
    """

  private static func checkWritable(
    _ connection: PostgreSQLConnection, _ place: String
  ) throws(ServerError) {
    let row = try connection.rows("SELECT current_setting('transaction_read_only')").first
    if row?.first == "on" { throw ServerError(sqlState: "25006") }
  }

  /// Waits a little: a server needs a moment to notice that a run was killed.
  private func takeLock() throws(MigrationError) {
    let isTaken = try withConnection { (connection) throws(ServerError) in
      for attempt in 0..<25 {
        if attempt > 0 { try connection.execute("SELECT pg_sleep(0.2)") }
        // "unpan" in ASCII; the lock is this database's alone.
        if try connection.rows("SELECT pg_try_advisory_lock(504950841710)").first?.first == "t" {
          return true
        }
      }
      return false
    }
    guard isTaken else { throw MigrationError(.lockedByOther, place) }
  }

  // MARK: - Dialect

  func quoted(_ name: String) -> String {
    names[name] ?? names[name.lowercased()] ?? PostgreSQLConnection.quoted(name)
  }

  /// A row's place (`ctid`) is another one after every change, so it names none.
  func implicitKey(of table: DatabaseSchema.Table) -> String? { nil }

  func columnType(for purpose: ColumnPurpose) -> String { "text" }

  func nameInSchema(_ scanned: String) -> String {
    if let whole = wholes[scanned] { return whole }
    return scanned.hasPrefix(ownSchema + ".")
      ? String(scanned.dropFirst(ownSchema.count + 1)) : scanned
  }

  func trialClause(of table: String) -> String {
    let name = quoted(table)
    return " WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM \(name) LIMIT 100)"
  }

  func suspension(
    of triggers: [DatabaseSchema.Trigger]
  ) -> (before: [String], after: [String])? {
    func statement(_ trigger: DatabaseSchema.Trigger, _ word: String) -> String {
      let name = PostgreSQLConnection.quoted(PostgreSQLSchemaReader.plainName(of: trigger))
      return "ALTER TABLE \(quoted(trigger.table)) \(word) TRIGGER \(name)"
    }
    return (
      triggers.map { statement($0, "DISABLE") },
      triggers.map {
        statement($0, PostgreSQLSchemaReader.firesAlways($0) ? "ENABLE ALWAYS" : "ENABLE")
      }
    )
  }

  // MARK: - Reading

  func schema() throws(MigrationError) -> DatabaseSchema {
    let found = try withConnection { (connection) throws(ServerError) in
      try PostgreSQLSchemaReader(connection, ownSchema: ownSchema)
    }
    names = found.names
    wholes = found.wholes
    return found.schema
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
    var sql = "SELECT " + all.map { known[$0]?.reading ?? quoted($0) }.joined(separator: ", ")
    sql += " FROM \(quoted(query.table)) WHERE \(key) "
    sql += query.after == nil ? "IS NOT NULL" : query.isDescending ? "< $1" : "> $1"
    sql += " ORDER BY \(key)" + (query.isDescending ? " DESC" : "")
    if let limit = query.limit { sql += " LIMIT \(limit)" }
    let kinds = all.map { known[$0]?.kind ?? .text }
    let parameters = query.after.map { [parameter($0, kinds[0])] } ?? []
    var failure: MigrationError?
    try withConnection(at: query.table) { (connection) throws(ServerError) in
      try connection.query(sql, parameters) { row in
        do throws(MigrationError) {
          return try body(ServerLegacyRow(row: row, kinds: kinds))
        } catch {
          failure = error
          return false
        }
      }
    }
    if let failure { throw failure }
  }

  private func parameter(_ value: SQLValue, _ kind: ServerLegacyRow.Kind) -> ServerValue {
    PostgreSQLColumn.text(value, kind).map { .rawText($0) } ?? .null
  }

  /// The columns of a table as they are now.
  func columns(of table: String) throws(MigrationError) -> [String: PostgreSQLColumn] {
    if let known = columns[table] { return known }
    let name = quoted(table)
    let found = try withConnection(at: table) { (connection) throws(ServerError) in
      try PostgreSQLColumn.read(connection, table: name)
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

  /// In a snapshot of its own: a row that somebody else changed after it was read makes the statement
  /// that would change it fail, and the batch is read again.
  func transaction(_ body: () throws(MigrationError) -> Void) throws(MigrationError) {
    for attempt in 1...PostgreSQLMigration.attemptsMax {
      do throws(MigrationError) {
        try execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        mayTryAgain = false
        try body()
        try execute("COMMIT")
        return
      } catch {
        let again = mayTryAgain
        if connection.isAlive { try execute("ROLLBACK") }
        guard again, attempt < PostgreSQLMigration.attemptsMax else { throw error }
      }
    }
  }

  func keepWritersOut(of table: String) throws(MigrationError) {
    try execute("LOCK TABLE \(quoted(table)) IN SHARE ROW EXCLUSIVE MODE")
  }

  func apply(_ update: RowUpdate, _ changes: [RowChange]) throws(MigrationError) -> [Bool] {
    var results = [Bool](repeating: false, count: changes.count)
    let known = try columns(of: update.table)
    var start = 0
    while start < changes.count {
      // One statement changes a row once; what comes later for the same row waits for the next.
      var seen: Set<SQLValue> = []
      var end = start
      while end < changes.count, seen.insert(changes[end].key).inserted { end += 1 }
      let part = changes[start..<end]
      var table = PostgreSQLRows()
      table.add(known[update.key], part.map(\.key))
      for (index, name) in update.columns.enumerated() {
        table.add(known[name], part.map { $0.values[index] })
      }
      for (index, name) in update.expected.enumerated() {
        table.add(known[name], part.map { $0.expected[index] })
      }
      let sets = update.columns.indices.map {
        "\(quoted(update.columns[$0])) = \(table.value($0 + 1))"
      }
      let conditions = update.expected.indices.map {
        " AND t.\(quoted(update.expected[$0])) IS NOT DISTINCT FROM "
          + table.value($0 + 1 + update.columns.count)
      }
      let sql =
        "UPDATE \(quoted(update.table)) AS t SET \(sets.joined(separator: ", ")) "
        + "FROM \(table.from(numbered: true)) "
        + "WHERE t.\(quoted(update.key)) = \(table.value(0))\(conditions.joined()) RETURNING v.n"
      let offset = start - 1
      try byIndex(update.table, update.key) { (connection) throws(ServerError) in
        try connection.query(sql, table.parameters) { row in
          if let number = row.integer(0) { results[offset + Int(number)] = true }
          return true
        }
      }
      start = end
    }
    return results
  }

  func copy(_ copy: ColumnCopy) throws(MigrationError) -> Int {
    let sets = zip(copy.columns, copy.sourceColumns).map { "\(quoted($0)) = u.\(quoted($1))" }
    let sql =
      "UPDATE \(quoted(copy.table)) AS t SET \(sets.joined(separator: ", ")) "
      + "FROM \(quoted(copy.source)) AS u "
      + "WHERE u.number BETWEEN \(copy.numbers.lowerBound) AND \(copy.numbers.upperBound) "
      + "AND t.\(quoted(copy.key)) = u.row_key"
    var count = 0
    try byIndex(copy.table, copy.key) { (connection) throws(ServerError) in
      count = try connection.execute(sql)
    }
    return count
  }

  /// The planner does not know how few rows a batch is: left alone it may read the whole table for
  /// each. Where the key has an index, it goes by that.
  private func byIndex(
    _ table: String, _ key: String, _ body: (PostgreSQLConnection) throws(ServerError) -> Void
  ) throws(MigrationError) {
    let hasIndex = try columns(of: table)[key]?.isIndexed ?? false
    try withConnection(at: table) { (connection) throws(ServerError) in
      if hasIndex {
        try connection.execute(
          "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; "
            + "SET LOCAL enable_mergejoin = off")
      }
      try body(connection)
      if hasIndex {
        try connection.execute(
          "SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL enable_hashjoin TO DEFAULT; "
            + "SET LOCAL enable_mergejoin TO DEFAULT")
      }
    }
  }

  func insert(
    into table: String, _ columns: [String], _ rows: [[SQLValue]]
  ) throws(MigrationError) {
    guard !rows.isEmpty else { return }
    let known = try self.columns(of: table)
    var values = PostgreSQLRows()
    for (index, name) in columns.enumerated() { values.add(known[name], rows.map { $0[index] }) }
    let sql =
      "INSERT INTO \(quoted(table)) (\(columns.map(quoted).joined(separator: ", "))) "
      + "SELECT \(columns.indices.map { values.value($0) }.joined(separator: ", ")) "
      + "FROM \(values.from(numbered: false))"
    let parameters = values.parameters
    _ = try withConnection(at: table) { (connection) throws(ServerError) in
      try connection.execute(sql, parameters)
    }
  }

  // MARK: - For the parts in other files

  /// Runs something with the connection, its errors worded as all others.
  func withConnection<R>(
    at subject: String? = nil, _ body: (PostgreSQLConnection) throws(ServerError) -> R
  ) throws(MigrationError) -> R {
    do throws(ServerError) {
      return try body(connection)
    } catch {
      // A row was changed by somebody else, or two waited for each other.
      mayTryAgain = error.sqlState == "40001" || error.sqlState == "40P01"
      throw ServerMigrationTrouble.error(error, at: subject ?? place)
    }
  }
}
