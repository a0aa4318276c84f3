import Native

/// Reads the schema of a PostgreSQL database from its catalogue.
struct PostgreSQLSchemaReader {
  private(set) var schema = DatabaseSchema()
  /// How tables and indexes are written, by their names here and by those in small letters.
  private(set) var names: [String: String] = [:]
  /// The tables that partitions are part of, by `schema.partition`.
  private(set) var wholes: [String: String] = [:]

  private let ownSchema: String
  /// By object number.
  private var tables: [String: Int] = [:]

  init(_ connection: PostgreSQLConnection, ownSchema: String) throws(ServerError) {
    self.ownSchema = ownSchema
    try readTables(connection)
    try readColumns(connection)
    try readIndexes(connection)
    try readConstraints(connection)
    try readTriggers(connection)
    try readViews(connection)
    try readPartitions(connection)
  }

  private static let ordinary =
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' "
    + "AND n.nspname NOT LIKE 'pg\\_temp\\_%'"

  /// A table's partitions are part of it.
  private static let isTable = "c.relkind IN ('r', 'p') AND NOT c.relispartition AND \(ordinary)"

  private mutating func name(_ schema: String, _ name: String) -> String {
    if schema == ownSchema {
      if names[name.lowercased()] == nil {
        names[name.lowercased()] = PostgreSQLConnection.quoted(name)
      }
      names[name] = PostgreSQLConnection.quoted(name)
      return name
    }
    let full = "\(schema).\(name)"
    names[full] = PostgreSQLConnection.quoted(schema) + "." + PostgreSQLConnection.quoted(name)
    return full
  }

  private mutating func readTables(_ connection: PostgreSQLConnection) throws(ServerError) {
    let rows = try connection.rows(
      """
      SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE \(PostgreSQLSchemaReader.isTable)
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
      """)
    for row in rows {
      tables[row[0] ?? ""] = schema.tables.count
      schema.tables.append(DatabaseSchema.Table(name: name(row[1] ?? "", row[2] ?? "")))
    }
  }

  /// Hands over the rows of a query about tables, whose first column is the table.
  private mutating func forEach(
    _ connection: PostgreSQLConnection, _ sql: String,
    _ body: (inout DatabaseSchema.Table, [String?]) -> Void
  ) throws(ServerError) {
    for row in try connection.rows(sql) {
      if let index = tables[row[0] ?? ""] { body(&schema.tables[index], row) }
    }
  }

  private mutating func readColumns(_ connection: PostgreSQLConnection) throws(ServerError) {
    // Through jsonb: generated columns came with version 12, and older ones have no such field.
    let sql = """
      SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod),
        a.attnotnull OR t.typnotnull, coalesce(to_jsonb(a) ->> 'attgenerated', '') <> '',
        CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 4 THEN a.atttypmod - 4
          WHEN t.typbasetype IN (1042, 1043) AND t.typtypmod > 4 THEN t.typtypmod - 4 END,
        pg_get_expr(d.adbin, d.adrelid),
        coalesce((SELECT array_position(string_to_array(i.indkey::text, ' '), a.attnum::text)
          FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary), 0),
        a.attinhcount > 0
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attnum > 0 AND NOT a.attisdropped AND \(PostgreSQLSchemaReader.isTable)
      ORDER BY a.attrelid, a.attnum
      """
    try forEach(connection, sql) { table, row in
      var column = DatabaseSchema.Column(name: row[1] ?? "", type: row[2] ?? "")
      column.isNotNull = row[3] == "t"
      column.isGenerated = row[4] == "t"
      column.lengthMax = row[5].flatMap { Int($0) }
      column.defaultText = row[6]
      column.keyPosition = row[7].flatMap { Int($0) } ?? 0
      column.isInherited = row[8] == "t" ? true : nil
      table.columns.append(column)
    }
  }

  private mutating func readIndexes(_ connection: PostgreSQLConnection) throws(ServerError) {
    let sql = """
      SELECT i.indrelid, x.relname, k.n, pg_get_indexdef(i.indexrelid, k.n, true),
        i.indisunique AND i.indpred IS NULL AND i.indisvalid,
        EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = i.indexrelid
          AND o.contype IN ('p', 'u', 'x')), n.nspname, coalesce(a.attname, '')
      FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
      JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL generate_series(1, i.indnatts) AS k(n)
      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid
        AND a.attnum = (string_to_array(i.indkey::text, ' '))[k.n]::int2 AND a.attnum > 0
      WHERE \(PostgreSQLSchemaReader.isTable)
      ORDER BY x.relname COLLATE "C", i.indexrelid, k.n
      """
    for row in try connection.rows(sql) {
      guard let index = tables[row[0] ?? ""] else { continue }
      let name = name(row[6] ?? "", row[1] ?? "")
      // The column, or the expression that stands in its place.
      let column = row[7].flatMap { $0.isEmpty ? nil : $0 } ?? row[3] ?? ""
      if row[2] == "1" {
        schema.tables[index].indexes.append(
          DatabaseSchema.Index(
            name: name, columns: [column], isUnique: row[4] == "t", isOfConstraint: row[5] == "t"))
      } else {
        schema.tables[index].indexes[schema.tables[index].indexes.count - 1].columns.append(column)
      }
    }
  }

  private mutating func readConstraints(_ connection: PostgreSQLConnection) throws(ServerError) {
    let sql = """
      SELECT o.conrelid, o.contype, pg_get_constraintdef(o.oid), a.attname, o.confrelid, f.attname
      FROM pg_constraint o
      JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = o.conkey[1]
      LEFT JOIN pg_attribute f ON f.attrelid = o.confrelid AND f.attnum = o.confkey[1]
      WHERE (o.contype = 'c' OR o.contype = 'f' AND cardinality(o.conkey) = 1)
        AND \(PostgreSQLSchemaReader.isTable)
      ORDER BY o.conrelid, o.conname COLLATE "C"
      """
    for row in try connection.rows(sql) {
      guard let index = tables[row[0] ?? ""] else { continue }
      if row[1] == "c" {
        schema.tables[index].checks.append(row[2] ?? "")
      } else if let other = tables[row[4] ?? ""] {
        schema.tables[index].foreignKeys.append(
          DatabaseSchema.ForeignKey(
            column: row[3] ?? "", table: schema.tables[other].name, target: row[5] ?? ""))
      }
    }
  }

  // MARK: - Triggers and views

  private static let always = " -- always"

  /// Those that fire; a trigger's name is only unique in its table, so it is told with that.
  private mutating func readTriggers(_ connection: PostgreSQLConnection) throws(ServerError) {
    let sql = """
      SELECT g.tgrelid, g.tgname, pg_get_triggerdef(g.oid), g.tgenabled FROM pg_trigger g
      JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND \(PostgreSQLSchemaReader.isTable)
      ORDER BY g.tgrelid, g.tgname COLLATE "C"
      """
    for row in try connection.rows(sql) {
      guard let index = tables[row[0] ?? ""] else { continue }
      let table = schema.tables[index].name
      let end = row[3] == "A" ? PostgreSQLSchemaReader.always : ""
      schema.triggers.append(
        DatabaseSchema.Trigger(
          name: "\(row[1] ?? "") on \(table)", table: table, sql: (row[2] ?? "") + end))
    }
  }

  static func plainName(of trigger: DatabaseSchema.Trigger) -> String {
    String(trigger.name.dropLast(" on \(trigger.table)".count))
  }

  /// Also while a replica takes changes over.
  static func firesAlways(_ trigger: DatabaseSchema.Trigger) -> Bool {
    trigger.sql.hasSuffix(always)
  }

  private mutating func readViews(_ connection: PostgreSQLConnection) throws(ServerError) {
    let sql = """
      SELECT n.nspname, c.relname, pg_get_viewdef(c.oid) FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('v', 'm') AND \(PostgreSQLSchemaReader.ordinary)
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
      """
    for row in try connection.rows(sql) {
      schema.views.append(
        DatabaseSchema.View(name: name(row[0] ?? "", row[1] ?? ""), sql: row[2] ?? ""))
    }
  }

  private mutating func readPartitions(_ connection: PostgreSQLConnection) throws(ServerError) {
    let sql = """
      WITH RECURSIVE parts AS (
        SELECT c.oid AS whole, c.oid AS part FROM pg_class c
        WHERE c.relkind = 'p' AND NOT c.relispartition
        UNION SELECT p.whole, i.inhrelid FROM parts p JOIN pg_inherits i ON i.inhparent = p.part)
      SELECT p.whole, n.nspname, c.relname FROM parts p JOIN pg_class c ON c.oid = p.part
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition
      """
    for row in try connection.rows(sql) {
      guard let index = tables[row[0] ?? ""] else { continue }
      wholes["\(row[1] ?? "").\(row[2] ?? "")"] = schema.tables[index].name
    }
  }
}
