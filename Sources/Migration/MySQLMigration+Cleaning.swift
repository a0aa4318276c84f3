import Core
import Native

/// Trying a plan's statements, and what happens to the places where MariaDB keeps old values.
extension MySQLMigration {
  /// Changes of rows are tried on a few rows of the tables themselves and taken back. What alters a
  /// table cannot be taken back here, so it is tried on empty temporary tables of the same make, by a
  /// connection of its own; what those do not know (foreign keys, views) is looked up.
  func rehearse(_ statements: [String], rowsOf tables: [String]) throws(MigrationError) {
    let schema = try schema()
    for table in tables {
      try checkEngine(table)
      let parts = try partitioning(of: table)
      for column in schema.table(table)?.columns ?? [] where parts.contains(quoted(column.name)) {
        try check(column.name, of: table, "partitions are told apart by it", statements)
      }
    }
    for view in schema.views { try check(view, statements) }
    for table in schema.tables {
      for key in table.foreignKeys {
        try check(key.column, of: table.name, "it is a foreign key", statements)
        try check(key.target, of: key.table, "a foreign key points to it", statements)
        try checkIndex(key.column, of: table, statements)
        if let other = schema.table(key.table) {
          try checkIndex(key.target, of: other, statements)
        }
      }
    }
    try rehearseAltering(statements.filter { !$0.hasPrefix("UPDATE ") }, tables)
    try execute("START TRANSACTION")
    var failure: MigrationError?
    for sql in statements where sql.hasPrefix("UPDATE ") {
      do throws(MigrationError) {
        try withConnection { (connection) throws(ServerError) in
          failure = MySQLMigration.refusal(sql, connection) { $0 } ?? failure
        }
      } catch {
        failure = error
      }
      if failure != nil { break }
    }
    if failure?.code != .connectionLost { try execute("ROLLBACK") }
    if let failure { throw failure }
  }

  private static func refusal(
    _ sql: String, _ connection: MySQLConnection, _ subject: (String) -> String
  ) -> MigrationError? {
    do throws(ServerError) {
      try connection.execute(sql)
      return nil
    } catch {
      if ServerMigrationTrouble.isOfStatement(error) {
        return MigrationError(
          .rehearsalFailed, sql, cause: ServerMigrationTrouble.cause(error, of: sql))
      }
      return ServerMigrationTrouble.error(error, at: subject(sql))
    }
  }

  private func rehearseAltering(
    _ statements: [String], _ tables: [String]
  ) throws(MigrationError) {
    guard !statements.isEmpty else { return }
    let other = try makeConnection()
    for table in tables {
      let definition = try withConnection(at: table) { (connection) throws(ServerError) in
        try connection.rows("SHOW CREATE TABLE \(quoted(table))").first?.last.flatMap { $0 } ?? ""
      }
      // Takes the real table's place for that connection.
      let copy = MySQLMigration.temporary(definition)
      if var refusal = MySQLMigration.refusal(copy, other, { _ in table }) {
        if refusal.code == .rehearsalFailed { refusal.subject = "a temporary copy of \(table)" }
        throw refusal
      }
    }
    for sql in statements {
      if let refusal = MySQLMigration.refusal(sql, other, { _ in place }) { throw refusal }
    }
  }

  /// The statement that makes an empty temporary table of the same make, without what such tables
  /// cannot have: partitions, foreign keys (which are looked up), options of storage, and indexes for
  /// full text, which become plain ones.
  static func temporary(_ definition: String) -> String {
    let lines = definition.split(separator: "\n")
    let end = lines.lastIndex { $0.hasPrefix(") ") } ?? lines.endIndex
    var items: [String] = []
    for line in lines[..<end].dropFirst() {
      var item = String(line.hasSuffix(",") ? line.dropLast() : line)
      if item.hasPrefix("  CONSTRAINT "), item.contains("` FOREIGN KEY (") { continue }
      if item.hasPrefix("  FULLTEXT KEY ") || item.hasPrefix("  SPATIAL KEY "),
        let close = item.lastIndex(of: ")")
      {
        // Of a longer text an index takes the beginning; a parser's name may stand behind it.
        let columns = item[...close].replacing("`,`", with: "`(1),`").dropLast()
        item = "  KEY " + columns.drop { $0 != "`" } + "(1))"
      }
      items.append(item)
    }
    let options = (end < lines.endIndex ? lines[end] : "").split(separator: " ")
    let characters = ["CHARSET=", "COLLATE="].compactMap { word in
      options.first { $0.hasPrefix(word) }.map(String.init)
    }
    let name = (lines.first ?? "").dropFirst("CREATE TABLE ".count)
    return "CREATE TEMPORARY TABLE \(name)\n\(items.joined(separator: ",\n"))\n) ENGINE=InnoDB "
      + characters.joined(separator: " ")
  }

  private func checkEngine(_ table: String) throws(MigrationError) {
    let name = MySQLColumn.literal(SQLValue(table))
    let rows = try withConnection { (connection) throws(ServerError) in
      try connection.rows(
        """
        SELECT engine FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name = \(name)
        """)
    }
    if let engine = rows.first?.first.flatMap({ $0 }), engine.lowercased() != "innodb" {
      throw MigrationError(.noTransactions, table, cause: engine)
    }
  }

  /// What the partitions of a table are told apart by.
  private func partitioning(of table: String) throws(MigrationError) -> String {
    let name = MySQLColumn.literal(SQLValue(table))
    let rows = try withConnection { (connection) throws(ServerError) in
      try connection.rows(
        """
        SELECT DISTINCT CONCAT_WS(' ', partition_expression, subpartition_expression)
        FROM information_schema.partitions
        WHERE table_schema = DATABASE() AND table_name = \(name)
        """)
    }
    return rows.compactMap { $0.first ?? nil }.joined(separator: " ")
  }

  private func drop(of column: String, _ table: String) -> String {
    "ALTER TABLE \(quoted(table)) DROP COLUMN \(quoted(column))"
  }

  private func check(
    _ column: String, of table: String, _ cause: String, _ statements: [String]
  ) throws(MigrationError) {
    let sql = drop(of: column, table)
    if statements.contains(sql) { throw MigrationError(.rehearsalFailed, sql, cause: cause) }
  }

  /// A foreign key keeps the last index that begins with its column.
  private func checkIndex(
    _ column: String, of table: DatabaseSchema.Table, _ statements: [String]
  ) throws(MigrationError) {
    var last: String?
    for index in table.indexes where index.columns.first == column {
      guard let sql = dropIndex(index, of: table.name), statements.contains(sql) else { return }
      last = sql
    }
    if let last {
      throw MigrationError(.rehearsalFailed, last, cause: "a foreign key needs this index")
    }
  }

  /// A view that has lost a column is only noticed when somebody reads it.
  private func check(
    _ view: DatabaseSchema.View, _ statements: [String]
  ) throws(MigrationError) {
    let words = statements.filter { $0.hasPrefix("ALTER TABLE ") && $0.contains(" DROP COLUMN ") }
    for sql in words {
      let names = sql.dropFirst("ALTER TABLE ".count).components(" DROP COLUMN ")
      if view.sql.contains(names.first), view.sql.contains(names.second) {
        throw MigrationError(.rehearsalFailed, sql, cause: "the view \(view.name) is made from it")
      }
    }
  }

  func prepareForScrubbing() throws(MigrationError) {}

  func cleaningStatements(tables: [String]) -> [String] {
    tables.map { "OPTIMIZE TABLE \(quoted($0))" }
  }

  func cleanFreedSpace(tables: [String]) throws(MigrationError) {
    // With either of these OPTIMIZE TABLE does something else than writing the table anew.
    let isOther =
      try number(
        """
        SELECT count(*) FROM information_schema.global_variables
        WHERE variable_name IN ('INNODB_OPTIMIZE_FULLTEXT_ONLY', 'INNODB_DEFRAGMENT')
          AND variable_value = 'ON'
        """, orIfUnknown: 1) > 0
    for table in tables {
      if isOther {
        try execute("ALTER TABLE \(quoted(table)) FORCE")
        try check("ANALYZE TABLE \(quoted(table))", table)
      } else {
        try check("OPTIMIZE TABLE \(quoted(table))", table)
      }
      try forgetSamples(table)
    }
  }

  /// Such statements tell an error as a row.
  private func check(_ sql: String, _ table: String) throws(MigrationError) {
    let rows = try withConnection(at: table) { (connection) throws(ServerError) in
      try connection.rows(sql)
    }
    if rows.contains(where: { $0.count > 2 && $0[2]?.lowercased() == "error" }) {
      throw MigrationError(.databaseFailed, table, cause: "it was not written anew: \(sql)")
    }
  }

  /// MariaDB's statistics of columns hold the least and the greatest value.
  private func forgetSamples(_ table: String) throws(MigrationError) {
    let name = MySQLColumn.literal(SQLValue(table))
    let condition = "db_name = DATABASE() AND table_name = \(name)"
    let count = try number(
      "SELECT count(*) FROM mysql.column_stats WHERE \(condition)", orIfUnknown: 0)
    if count > 0 { try execute("DELETE FROM mysql.column_stats WHERE \(condition)") }
  }

  /// For tables that one of the servers does not have, or does not show.
  private func number(_ sql: String, orIfUnknown other: Int) throws(MigrationError) -> Int {
    do throws(MigrationError) {
      return try number(sql)
    } catch {
      if error.code == .connectionLost { throw error }
      return other
    }
  }

  var cannotClean: [CleaningNote] {
    [
      CleaningNote(
        what: "backups (mariadb-dump, mariabackup, xtrabackup)",
        why: "every one made before the scrub still holds the numbers",
        commands: ["unpan scan DIRECTORY-WITH-BACKUPS"]),
      CleaningNote(
        what: "the binary log, and relay logs",
        why: "hold each changed row as it was before",
        commands: [
          "mariadb -e 'SHOW BINARY LOGS' -e 'SELECT @@binlog_row_image, @@log_bin_basename'",
          "mariadb -e 'PURGE BINARY LOGS BEFORE NOW()'", "unpan scan DIRECTORY-WITH-BINLOGS",
        ]),
      CleaningNote(
        what: "InnoDB's undo and redo logs, the doublewrite buffer and the system tablespace",
        why: "hold old rows and pages until they are written over",
        commands: [
          "mariadb -e \"SHOW VARIABLES LIKE 'innodb%undo%'\" -e 'SELECT @@innodb_file_per_table'",
          "mariadb -e 'SET GLOBAL innodb_fast_shutdown = 0; SET GLOBAL innodb_undo_log_truncate = ON'",
          "unpan scan DATA-DIRECTORY",
        ]),
      CleaningNote(
        what: "replicas and cluster nodes",
        why:
          "follow with their delay; an optimised table is only rewritten where that is replicated",
        commands: ["mariadb -e 'SHOW REPLICA HOSTS'", "unpan scan mariadb://REPLICA/DATABASE"]),
      CleaningNote(
        what: "histograms of MySQL 8, and query logs (general, slow, audit)",
        why: "hold samples of values, and statements of the shop's own programs with their values",
        commands: [
          "mysql -e 'SELECT * FROM information_schema.column_statistics'",
          "mysql -e 'ANALYZE TABLE cards DROP HISTOGRAM ON number'",
          "mariadb -e 'SELECT @@general_log_file, @@slow_query_log_file'",
        ]),
      CleaningNote(
        what: "snapshots, and blocks that the file system has freed",
        why: "OPTIMIZE TABLE wrote new files and removed the old ones",
        commands: ["fstrim --verbose MOUNT-POINT", "zfs list -t snapshot", "lvs -o +snap_percent"]),
    ]
  }
}

extension Substring {
  /// What stands before and behind a word.
  fileprivate func components(_ word: String) -> (first: String, second: String) {
    guard let range = firstRange(of: word) else { return (String(self), "") }
    return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
  }
}
