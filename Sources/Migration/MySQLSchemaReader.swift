import Native

/// Reads the schema of one MariaDB or MySQL database.
struct MySQLSchemaReader {
  private(set) var schema = DatabaseSchema()
  private var tables: [String: Int] = [:]

  init(_ connection: MySQLConnection) throws(ServerError) {
    let names = try connection.rows(
      """
      SELECT table_name FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name
      """)
    for row in names {
      let name = row[0] ?? ""
      tables[name] = schema.tables.count
      schema.tables.append(DatabaseSchema.Table(name: name))
    }
    try readColumns(connection)
    try readIndexes(connection)
    try readForeignKeys(connection)
    for index in schema.tables.indices { try readChecks(connection, &schema.tables[index]) }
    try readOthers(connection)
  }

  private mutating func readColumns(_ connection: MySQLConnection) throws(ServerError) {
    let sql = """
      SELECT table_name, column_name, column_type, is_nullable, column_default,
        generation_expression, character_maximum_length, character_set_name, collation_name, data_type
      FROM information_schema.columns WHERE table_schema = DATABASE()
      ORDER BY table_name, ordinal_position
      """
    for row in try connection.rows(sql) {
      guard let index = tables[row[0] ?? ""] else { continue }
      var type = row[2] ?? ""
      // A column that is joined with it has to have the same.
      if let set = row[7], let order = row[8] { type += " CHARACTER SET \(set) COLLATE \(order)" }
      var column = DatabaseSchema.Column(name: row[1] ?? "", type: type)
      column.isNotNull = row[3] == "NO"
      column.defaultText = row[4]
      column.isGenerated = row[5].map { !$0.isEmpty } ?? false
      if ["varchar", "char"].contains(row[9]?.lowercased() ?? "") {
        column.lengthMax = row[6].flatMap { Int($0) }
      }
      schema.tables[index].columns.append(column)
    }
  }

  private mutating func readIndexes(_ connection: MySQLConnection) throws(ServerError) {
    let sql = """
      SELECT table_name, index_name, coalesce(column_name, ''), non_unique, seq_in_index
      FROM information_schema.statistics WHERE table_schema = DATABASE()
      ORDER BY table_name, index_name, seq_in_index
      """
    for row in try connection.rows(sql) {
      guard let index = tables[row[0] ?? ""] else { continue }
      let (name, column) = (row[1] ?? "", row[2] ?? "")
      if name == "PRIMARY",
        let at = schema.tables[index].columns.firstIndex(where: { $0.name == column })
      {
        schema.tables[index].columns[at].keyPosition = Int(row[4] ?? "") ?? 1
      }
      if row[4] == "1" {
        schema.tables[index].indexes.append(
          DatabaseSchema.Index(
            name: name, columns: [column], isUnique: row[3] == "0",
            isOfConstraint: name == "PRIMARY")
        )
      } else {
        schema.tables[index].indexes[schema.tables[index].indexes.count - 1].columns.append(column)
      }
    }
  }

  private mutating func readForeignKeys(_ connection: MySQLConnection) throws(ServerError) {
    let sql = """
      SELECT table_name, column_name, referenced_table_name, referenced_column_name
      FROM information_schema.key_column_usage
      WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE()
      ORDER BY table_name, constraint_name, ordinal_position
      """
    for row in try connection.rows(sql) {
      guard let index = tables[row[0] ?? ""] else { continue }
      schema.tables[index].foreignKeys.append(
        DatabaseSchema.ForeignKey(column: row[1] ?? "", table: row[2] ?? "", target: row[3] ?? ""))
    }
  }

  /// From the statement that would make the table: the catalogues of the two servers differ here, and
  /// older ones have none.
  private func readChecks(
    _ connection: MySQLConnection, _ table: inout DatabaseSchema.Table
  ) throws(ServerError) {
    let name = MySQLConnection.quoted(table.name)
    let row = try connection.rows("SHOW CREATE TABLE \(name)").first
    table.checks = SQLiteSchemaReader.checks(in: (row?.count ?? 0) > 1 ? row?[1] ?? "" : "")
  }

  private mutating func readOthers(_ connection: MySQLConnection) throws(ServerError) {
    let triggers = try connection.rows(
      """
      SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_statement
      FROM information_schema.triggers WHERE trigger_schema = DATABASE()
      ORDER BY event_object_table, trigger_name
      """)
    for row in triggers where row[3] == "UPDATE" {
      schema.triggers.append(
        DatabaseSchema.Trigger(
          name: row[0] ?? "", table: row[1] ?? "",
          sql: "\(row[2] ?? "") \(row[3] ?? "") \(row[4] ?? "")"))
    }
    let views = try connection.rows(
      """
      SELECT table_name, view_definition FROM information_schema.views
      WHERE table_schema = DATABASE() ORDER BY table_name
      """)
    for row in views {
      schema.views.append(DatabaseSchema.View(name: row[0] ?? "", sql: row[1] ?? ""))
    }
  }
}
