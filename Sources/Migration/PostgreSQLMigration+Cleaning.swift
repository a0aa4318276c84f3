import Core
import Glibc
import Native

/// Trying a plan's statements, and what happens to the places where PostgreSQL keeps old values.
extension PostgreSQLMigration {
  /// Runs the statements on the tables themselves, a few rows of each, and takes everything back: what
  /// the database would refuse later (a CHECK, a view, a generated column) is refused here.
  func rehearse(_ statements: [String], rowsOf tables: [String]) throws(MigrationError) {
    for table in tables { try checkOwner(table) }
    var failure: MigrationError?
    // Others wait while the tables are altered, so not for long.
    try execute("BEGIN; SET LOCAL lock_timeout = '5s'")
    for sql in statements + ["SET CONSTRAINTS ALL IMMEDIATE"] {
      do throws(MigrationError) { try rehearse(sql) } catch {
        failure = error
        break
      }
    }
    if failure?.code != .connectionLost { try execute("ROLLBACK") }
    if let failure { throw failure }
  }

  /// VACUUM passes over a table of somebody else with nothing but a warning.
  private func checkOwner(_ table: String) throws(MigrationError) {
    let name = quoted(table)
    let isOwned = try withConnection(at: table) { (connection) throws(ServerError) in
      try connection.rows(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = $1::pg_catalog.regclass",
        [.text(name)]
      ).first?.first == "t"
    }
    if !isOwned {
      throw MigrationError(.notPermitted, table, cause: "it belongs to another account")
    }
  }

  private func rehearse(_ sql: String) throws(MigrationError) {
    var refused: String?
    try withConnection { (connection) throws(ServerError) in
      do throws(ServerError) { try connection.execute(sql) } catch {
        guard ServerMigrationTrouble.isOfStatement(error) else { throw error }
        refused = ServerMigrationTrouble.cause(error, of: sql)
      }
    }
    if let refused { throw MigrationError(.rehearsalFailed, sql, cause: refused) }
  }

  /// Nothing to prepare: a deleted row stays until its table is rewritten.
  func prepareForScrubbing() throws(MigrationError) {}

  func cleaningStatements(tables: [String]) -> [String] {
    tables.map { "VACUUM (FULL, FREEZE, ANALYZE) \(quoted($0))" }
      + ["-- REFRESH MATERIALIZED VIEW of those that are made from these tables"]
      + [PostgreSQLMigration.statistics]
  }

  /// It keeps samples of values; who does not own the database is told so by the server and goes on.
  private static let statistics = "VACUUM (FULL) pg_catalog.pg_statistic"

  func cleanFreedSpace(tables: [String]) throws(MigrationError) {
    for table in tables {
      for name in try partitions(of: table) { try rewrite(name) }
      if try isPartitioned(table) { try execute("ANALYZE \(quoted(table))") }
    }
    for view in try materialisedViews(over: tables) {
      try execute("REFRESH MATERIALIZED VIEW \(view)")
      try execute("ANALYZE \(view)")
    }
    try execute(PostgreSQLMigration.statistics)
  }

  /// Writes a table anew, and makes sure that nothing old came along: a transaction that began before
  /// the scrub may still see old rows, so they would be copied.
  private func rewrite(_ table: String) throws(MigrationError) {
    let before = try number("SELECT txid_current()")
    for attempt in 1...PostgreSQLMigration.rewritesMax {
      try execute("VACUUM (FULL, FREEZE, ANALYZE) \(table)")
      // What is left is as new as the oldest transaction that was open: it must not be older than ours.
      let literal =
        "'\(table.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
      let isOld = try number(
        """
        SELECT (age(relfrozenxid) > age((\(before) % 4294967296)::text::xid))::int
        FROM pg_class WHERE oid = \(literal)::pg_catalog.regclass
        """)
      if isOld == 0 { return }
      try Match.stopIfAsked()
      if attempt < PostgreSQLMigration.rewritesMax { sleep(2) }
    }
    throw MigrationError(
      .busy, table,
      cause:
        "a transaction that began before the scrub, a prepared one or a replication slot still "
        + "needs the old rows (pg_stat_activity, pg_prepared_xacts, pg_replication_slots)")
  }

  private static let rewritesMax = 5

  /// The tables that hold the rows, as written in SQL.
  private func partitions(of table: String) throws(MigrationError) -> [String] {
    let name = quoted(table)
    return try withConnection { (connection) throws(ServerError) in
      try connection.rows(
        """
        WITH RECURSIVE parts AS (SELECT $1::pg_catalog.regclass::oid AS part
          UNION SELECT i.inhrelid FROM pg_inherits i JOIN parts p ON p.part = i.inhparent)
        SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM parts
        JOIN pg_class c ON c.oid = part JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' ORDER BY c.oid
        """, [.text(name)]
      ).compactMap { $0[0] }
    }
  }

  private func isPartitioned(_ table: String) throws(MigrationError) -> Bool {
    let name = quoted(table)
    return try withConnection { (connection) throws(ServerError) in
      try connection.rows(
        "SELECT 1 FROM pg_class WHERE oid = $1::pg_catalog.regclass AND relkind = 'p'",
        [.text(name)]
      ).isEmpty == false
    }
  }

  /// Those that hold copies of rows, each behind the ones that it is made from.
  private func materialisedViews(over tables: [String]) throws(MigrationError) -> [String] {
    let found = try tables.map { (table) throws(MigrationError) in
      let name = quoted(table)
      return try withConnection { (connection) throws(ServerError) in
        try connection.rows(
          """
          WITH RECURSIVE over(id, depth) AS (SELECT $1::pg_catalog.regclass::oid, 0
            UNION SELECT r.ev_class, o.depth + 1 FROM over o
            JOIN pg_depend d ON d.refobjid = o.id AND d.refclassid = 'pg_class'::regclass
              AND d.classid = 'pg_rewrite'::regclass
            JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> o.id WHERE o.depth < 32)
          SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM over
          JOIN pg_class c ON c.oid = id AND c.relkind = 'm' AND c.relispopulated
          JOIN pg_namespace n ON n.oid = c.relnamespace
          GROUP BY n.nspname, c.relname ORDER BY max(depth)
          """, [.text(name)]
        ).compactMap { $0[0] }
      }
    }
    // The last of the places that a view has, so that it is refreshed after all it is made from.
    var order: [String] = []
    for view in found.joined() {
      order.removeAll { $0 == view }
      order.append(view)
    }
    return order
  }

  var cannotClean: [CleaningNote] {
    [
      CleaningNote(
        what: "backups (pg_dump, pg_basebackup, pgBackRest, Barman)",
        why: "every one made before the scrub still holds the numbers",
        commands: [
          "unpan scan DIRECTORY-WITH-BACKUPS", "pgbackrest info", "barman list-backup all",
        ]),
      CleaningNote(
        what: "the write-ahead log and its archive",
        why: "holds the old rows until its segments are written over, and in the archive for good",
        commands: [
          "psql -c 'SHOW archive_command' -c 'SELECT pg_switch_wal()' -c 'CHECKPOINT'",
          "psql -c \"SELECT min(modification) FROM pg_ls_waldir()\"", "unpan scan WAL-ARCHIVE",
        ]),
      CleaningNote(
        what: "replicas and replication slots",
        why: "a standby follows with its delay, a logical subscriber has tables of its own",
        commands: [
          "psql -c 'SELECT * FROM pg_stat_replication'",
          "psql -c 'SELECT * FROM pg_replication_slots'", "unpan scan postgres://REPLICA/DATABASE",
        ]),
      CleaningNote(
        what: "server logs and pg_stat_statements",
        why: "statements of the shop's own programs may be logged with their values",
        commands: [
          "psql -c 'SHOW log_statement' -c 'SHOW log_directory'", "unpan scan LOG-DIRECTORY",
          "psql -c 'SELECT pg_stat_statements_reset()'",
        ]),
      CleaningNote(
        what: "snapshots, and blocks that the file system has freed",
        why: "VACUUM FULL wrote new files and removed the old ones",
        commands: ["fstrim --verbose MOUNT-POINT", "zfs list -t snapshot", "lvs -o +snap_percent"]),
    ]
  }
}
