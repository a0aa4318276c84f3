import Core
import Native

/// The definitions of a MariaDB or MySQL server, as `information_schema` shows them to the account.
enum MySQLDefinitions {
  /// What is defined, its text, and where both are; `schema` stands for the column with the database.
  /// Servers differ in what they have: a table or column that is not there has no definitions.
  private static let sources: [(what: String, text: String, schema: String, from: String)] = [
    (
      "'default of ', schema, '.', table_name, '.', column_name", "NULLIF(column_default, 'NULL')",
      "table_schema",
      "columns"
    ),
    (
      "'comment on ', schema, '.', table_name, '.', column_name", "column_comment", "table_schema",
      "columns"
    ),
    (
      "'expression of ', schema, '.', table_name, '.', column_name", "generation_expression",
      "table_schema", "columns"
    ),
    (
      "'labels of ', schema, '.', table_name, '.', column_name",
      "IF(data_type IN ('enum', 'set'), column_type, '')", "table_schema", "columns"
    ),
    (
      "'comment on ', schema, '.', table_name", "IF(table_type = 'VIEW', '', table_comment)",
      "table_schema", "tables"
    ),
    (
      "'partition ', partition_name, ' of ', schema, '.', table_name",
      "CONCAT_WS(' ', partition_expression, subpartition_expression, partition_description, "
        + "partition_comment)", "table_schema", "partitions"
    ),
    (
      "'comment on index ', index_name, ' of ', schema, '.', table_name", "index_comment",
      "table_schema", "statistics"
    ),
    (
      "'index ', index_name, ' of ', schema, '.', table_name", "expression", "table_schema",
      "statistics"
    ),
    (
      "'check ', schema, '.', constraint_name", "check_clause", "constraint_schema",
      "check_constraints"
    ),
    ("'trigger ', schema, '.', trigger_name", "action_statement", "trigger_schema", "triggers"),
    ("'event ', schema, '.', event_name", "event_definition", "event_schema", "events"),
    ("'comment on event ', schema, '.', event_name", "event_comment", "event_schema", "events"),
    (
      "LOWER(routine_type), ' ', schema, '.', routine_name", "routine_definition", "routine_schema",
      "routines"
    ),
    (
      "'comment on ', LOWER(routine_type), ' ', schema, '.', routine_name", "routine_comment",
      "routine_schema", "routines"
    ),
    ("'view ', schema, '.', table_name", "view_definition", "table_schema", "views"),
    ("'comment on ', schema_name", "schema_comment", "schema_name", "schemata"),
  ]

  /// Of these the server shows that they are there, and not what they say, to who has no right to it.
  private static let hiding: Set<String> = ["routine_definition", "view_definition"]

  /// - Parameter database: `nil` for all.
  static func item(
    target: String, session: MySQLSession, database: String?
  ) -> DefinitionsItem {
    let place = target + ": " + DefinitionsItem.name
    return DefinitionsItem(target: target) { (outcome, body) throws(ServerError) in
      try session.withConnection { connection throws(ServerError) in
        if try hidesTriggers(connection) {
          outcome.excluded.append(
            Coverage.Entry(
              place: place, reason: .permissionDenied,
              detail: "Triggers and events, if there are any, are not shown to this account. "
                + "Grant it TRIGGER and EVENT to have them read."))
        }
        var goesOn = true
        for source in sources where goesOn {
          do throws(ServerError) {
            try connection.query(
              query(source.what, source.text, source.schema, source.from, database),
              database.map { [.text($0)] } ?? []
            ) { row in
              guard let name = row[0] else { return true }
              let what = Escaping.text(fromFileName: name)
              guard let text = row[1], !text.isEmpty else {
                outcome.notExamined.append(
                  Coverage.Entry(
                    place: place + ": " + what, reason: .permissionDenied,
                    detail: "The account may not see what it is made of. Grant it SHOW VIEW, and "
                      + "for functions and procedures SHOW CREATE ROUTINE or SELECT on mysql.proc.")
                )
                return true
              }
              goesOn = body(what, text)
              return goesOn
            }
          } catch {
            // No such table, no such column.
            guard [1109, 1054].contains(error.number) else { throw error }
          }
        }
      }
    }
  }

  private static func query(
    _ what: String, _ text: String, _ schema: String, _ table: String, _ database: String?
  ) -> String {
    let name = what.replacing("schema,", with: schema + ",")
    let databases =
      database == nil
      ? "NOT IN ('information_schema', 'performance_schema', 'sys', 'mysql')" : "= ?"
    return "SELECT CONCAT(\(name)), \(text) FROM information_schema.\(table) "
      + "WHERE \(schema) \(databases)" + (hiding.contains(text) ? "" : " AND \(text) <> ''")
      + " ORDER BY 1"
  }

  /// Whether no right to triggers is known, which are not listed then.
  private static func hidesTriggers(_ connection: MySQLConnection) throws(ServerError) -> Bool {
    try connection.rows(
      """
      SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER'
      UNION SELECT 1 FROM information_schema.schema_privileges WHERE privilege_type = 'TRIGGER'
      """
    ).isEmpty
  }
}
