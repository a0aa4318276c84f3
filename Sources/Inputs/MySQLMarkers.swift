import Native

/// What tells whether tables of a MariaDB changed: InnoDB's time of the last change, the number of
/// the table and the time of its definition.
///
/// The time of a change is the one at which its transaction began, in seconds, and is set when that
/// ends. It is taken only where no transaction is open that would set it to the same second: all of
/// them began later, or only read. When they began is told by the server's own clock, whatever the
/// session's, on which an hour may come twice: on the day after it is put back there is none. A server
/// that was started knows no times; a partition that is emptied changes none.
enum MySQLMarkers {
  /// With a letter between them that no name has; a dot may be in one.
  static func key(_ schema: String, _ table: String) -> String { schema + "\0" + table }

  /// - Parameter database: `nil` for all.
  /// - Returns: by `key`; none for an account that may not see other sessions' transactions.
  static func all(
    _ connection: MySQLConnection, database: String?
  ) throws(ServerError) -> [String: String] {
    guard connection.isMariaDB else { return [:] }
    do throws(ServerError) {
      // Where clocks are put back an hour comes twice.
      try connection.execute("SET SESSION time_zone = '+00:00'")
      var ids: [String: String] = [:]
      try connection.query("SELECT name, table_id FROM information_schema.innodb_sys_tables") {
        ids[$0.text(0) ?? ""] = $0.text(1)
        return true
      }
      var markers: [String: String] = [:]
      try connection.query(
        """
        SELECT table_schema, table_name,
          CONCAT(CONVERT(CONVERT(table_schema USING filename) USING binary), '/',
            CONVERT(CONVERT(table_name USING filename) USING binary)),
          CONCAT(create_time, ' ', update_time)
        FROM information_schema.tables
        WHERE \(database == nil ? "" : "table_schema = ? AND ")engine = 'InnoDB'
          AND create_options NOT LIKE '%partitioned%'
          AND GREATEST(create_time, update_time) < NOW() - INTERVAL 2 SECOND
          AND update_time < COALESCE((
            SELECT CONVERT_TZ(MIN(trx_started), 'SYSTEM', '+00:00')
            FROM information_schema.innodb_trx WHERE trx_is_read_only = 0), NOW())
          AND CONVERT_TZ(NOW(), '+00:00', 'SYSTEM') - INTERVAL 1 DAY
            = CONVERT_TZ(NOW() - INTERVAL 1 DAY, '+00:00', 'SYSTEM')
        """, database.map { [.text($0)] } ?? []
      ) { row in
        if let id = ids[row.text(2) ?? ""], let times = row.text(3) {
          markers[key(row.text(0) ?? "", row.text(1) ?? "")] = "\(id) \(times)"
        }
        return true
      }
      try connection.execute("SET SESSION time_zone = DEFAULT")
      return markers
    } catch {
      if error.isConnectionLost { throw error }
      try connection.execute("SET SESSION time_zone = DEFAULT")
      return [:]
    }
  }
}
