import Core
import Native

/// Reads the schema of a SQLite database by its pragmas.
enum SQLiteSchemaReader {
  static func read(_ database: borrowing Database) throws(SQLiteCode) -> DatabaseSchema {
    var schema = DatabaseSchema()
    let list = try database.prepare(
      """
      SELECT l.name, l.type, m.sql FROM pragma_table_list AS l
      JOIN sqlite_master AS m ON m.name = l.name AND m.type = 'table'
      WHERE l.schema = 'main' AND l.type <> 'view' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      ORDER BY m.rowid
      """)
    while try list.advance() {
      let row = list.currentRow
      var table = DatabaseSchema.Table(name: text(row, 0))
      let sql = text(row, 2)
      table.isShadow = text(row, 1) == "shadow"
      if text(row, 1) == "virtual" { table.module = module(of: sql) }
      table.checks = checks(in: sql)
      table.columns = try columns(of: table.name, database)
      table.indexes = try indexes(of: table.name, database)
      table.foreignKeys = try foreignKeys(of: table.name, database)
      schema.tables.append(table)
    }
    let others = try database.prepare(
      """
      SELECT type, name, tbl_name, sql FROM sqlite_master
      WHERE type IN ('trigger', 'view') ORDER BY rowid
      """)
    while try others.advance() {
      let row = others.currentRow
      if text(row, 0) == "view" {
        schema.views.append(DatabaseSchema.View(name: text(row, 1), sql: text(row, 3)))
      } else {
        schema.triggers.append(
          DatabaseSchema.Trigger(name: text(row, 1), table: text(row, 2), sql: text(row, 3)))
      }
    }
    return schema
  }

  private static func columns(
    of table: String, _ database: borrowing Database
  ) throws(SQLiteCode) -> [DatabaseSchema.Column] {
    let statement = try database.prepare(
      "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?)")
    try statement.bind(1, text: Array(table.utf8))
    var columns: [DatabaseSchema.Column] = []
    while try statement.advance() {
      let row = statement.currentRow
      // Hidden columns of virtual tables carry commands, not data.
      guard row.integer(5) != 1 else { continue }
      var column = DatabaseSchema.Column(name: text(row, 0), type: text(row, 1))
      column.isNotNull = row.integer(2) != 0
      column.defaultText = row.storage(3) == .null ? nil : text(row, 3)
      column.keyPosition = Int(row.integer(4))
      column.isGenerated = row.integer(5) > 1
      column.lengthMax = lengthMax(column.type)
      columns.append(column)
    }
    return columns
  }

  private static func indexes(
    of table: String, _ database: borrowing Database
  ) throws(SQLiteCode) -> [DatabaseSchema.Index] {
    let list = try database.prepare(
      "SELECT name, \"unique\", origin FROM pragma_index_list(?) ORDER BY name")
    try list.bind(1, text: Array(table.utf8))
    var indexes: [DatabaseSchema.Index] = []
    while try list.advance() {
      let row = list.currentRow
      var index = DatabaseSchema.Index(
        name: text(row, 0), columns: [], isUnique: row.integer(1) != 0,
        isOfConstraint: text(row, 2) != "c")
      let info = try database.prepare("SELECT name FROM pragma_index_info(?) ORDER BY seqno")
      try info.bind(1, text: Array(index.name.utf8))
      while try info.advance() { index.columns.append(text(info.currentRow, 0)) }
      indexes.append(index)
    }
    return indexes
  }

  private static func foreignKeys(
    of table: String, _ database: borrowing Database
  ) throws(SQLiteCode) -> [DatabaseSchema.ForeignKey] {
    let statement = try database.prepare(
      "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?) ORDER BY id, seq")
    try statement.bind(1, text: Array(table.utf8))
    var keys: [DatabaseSchema.ForeignKey] = []
    while try statement.advance() {
      let row = statement.currentRow
      keys.append(
        DatabaseSchema.ForeignKey(column: text(row, 0), table: text(row, 1), target: text(row, 2)))
    }
    return keys
  }

  private static func text(_ row: Row, _ index: Int) -> String {
    Escaping.text(fromFileName: row.text(index))
  }

  /// `fts5` of `CREATE VIRTUAL TABLE notes USING fts5(...)`.
  private static func module(of sql: String) -> String {
    let words = sql.split { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "(" }
    guard let using = words.firstIndex(where: { $0.lowercased() == "using" }),
      using + 1 < words.count
    else { return "" }
    return words[using + 1].lowercased()
  }

  /// `20` of `VARCHAR(20)`; `nil` for types that are no texts.
  private static func lengthMax(_ type: String) -> Int? {
    guard type.uppercased().contains("CHAR"), let open = type.firstIndex(of: "(") else {
      return nil
    }
    return Int(type[type.index(after: open)...].prefix { $0.isNumber })
  }

  /// The texts in parentheses behind each CHECK.
  static func checks(in sql: String) -> [String] {
    let bytes = Array(sql.utf8)
    var found: [String] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "'") || bytes[at] == UInt8(ascii: "\"") {
        let quote = bytes[at]
        at += 1
        while at < bytes.count, bytes[at] != quote { at += 1 }
      } else if String(decoding: bytes[at...].prefix(5), as: UTF8.self).lowercased() == "check" {
        var open = at + 5
        while open < bytes.count, bytes[open] <= 0x20 { open += 1 }
        if open < bytes.count, bytes[open] == UInt8(ascii: "(") {
          var depth = 0
          var end = open
          while end < bytes.count {
            if bytes[end] == UInt8(ascii: "(") { depth += 1 }
            if bytes[end] == UInt8(ascii: ")") { depth -= 1 }
            end += 1
            if depth == 0 { break }
          }
          found.append(String(decoding: bytes[open..<end], as: UTF8.self))
          at = end
          continue
        }
      }
      at += 1
    }
    return found
  }
}

extension Statement {
  /// Goes to the next row.
  /// - Returns: false behind the last one.
  func advance() throws(SQLiteCode) -> Bool {
    switch step() {
    case .row: true
    case .done: false
    case let code: throw code
    }
  }
}
