import Core
import Native

/// Trying a plan's statements before anything is changed.
extension SQLiteMigration {
  var rehearsesOnCopy: Bool { true }

  /// Makes the schema anew in memory, with a few rows of each table named, and runs the statements there.
  /// What the database would refuse later (a CHECK, a view, a generated column) is refused here.
  func rehearse(_ statements: [String], rowsOf tables: [String]) throws(MigrationError) {
    let definitions = try definitions()
    let copy = try memory()
    for sql in definitions.tables { try SQLiteMigration.attempt(sql, on: copy) }
    for table in tables { try copyRows(of: table, to: copy) }
    for sql in definitions.others { try SQLiteMigration.attempt(sql, on: copy) }
    for sql in try statements + searchStatements() { try SQLiteMigration.attempt(sql, on: copy) }
  }

  private func memory() throws(MigrationError) -> Database {
    do throws(SQLiteCode) {
      return try Database.create(":memory:")
    } catch {
      throw MigrationError(.databaseFailed, place, cause: error.text)
    }
  }

  private static func attempt(
    _ sql: String, on database: borrowing Database
  ) throws(MigrationError) {
    do throws(SQLiteCode) {
      try database.execute(sql)
    } catch {
      throw MigrationError(.rehearsalFailed, sql, cause: database.errorText)
    }
  }

  /// The statements that made the schema: tables first, then what refers to them.
  private func definitions() throws(MigrationError) -> (tables: [String], others: [String]) {
    try withConnection { (database) throws(SQLiteCode) in
      let statement = try database.prepare(
        """
        SELECT m.type, m.sql FROM sqlite_master AS m
        LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = m.name
        WHERE m.sql IS NOT NULL AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
          AND (l.type IS NULL OR l.type <> 'shadow')
          AND m.tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
        ORDER BY m.rowid
        """)
      var tables: [String] = []
      var others: [String] = []
      while try statement.advance() {
        let row = statement.currentRow
        let sql = String(decoding: Array(row.text(1)), as: UTF8.self)
        if row.text(0).elementsEqual("table".utf8) {
          tables.append(sql)
        } else {
          others.append(sql)
        }
      }
      return (tables, others)
    }
  }

  /// Takes the first rows as they are, as many as other databases try; they leave memory with the copy.
  private func copyRows(
    of table: String, to copy: borrowing Database
  ) throws(MigrationError) {
    guard let table = try schema().table(table), table.module == nil else { return }
    let columns = table.columns.filter { !$0.isGenerated }.map { quoted($0.name) }
    let names = columns.joined(separator: ", ")
    let source = try statement("SELECT \(names) FROM \(quoted(table.name)) LIMIT 100")
    let places = columns.map { _ in "?" }.joined(separator: ", ")
    do throws(SQLiteCode) {
      let target = try copy.prepare(
        "INSERT INTO \(quoted(table.name)) (\(names)) VALUES (\(places))")
      while try source.statement.advance() {
        for index in columns.indices {
          let row = source.statement.currentRow
          switch row.storage(index) {
          case .null: try target.bindNull(index + 1)
          case .integer: try target.bind(index + 1, row.integer(index))
          case .real: try target.bind(index + 1, row.real(index))
          case .text: try target.bind(index + 1, unchecked: row.text(index))
          case .blob: try target.bind(index + 1, blob: Array(row.blob(index)))
          }
        }
        _ = try target.advance()
        target.reset()
      }
    } catch {
      throw MigrationError(.databaseFailed, table.name, cause: error.text)
    }
  }
}
