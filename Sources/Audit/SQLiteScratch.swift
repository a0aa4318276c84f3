import Core
import Inputs
import Native

/// The self-test's table in a SQLite database that exists.
///
/// Every step has a connection of its own, closed before the scan opens the file: closing any
/// descriptor of a file drops all locks that the process has on it.
struct SQLiteScratch: ScratchDatabase {
  let system = "sqlite"
  private let path: [UInt8]
  private let shown: String

  init(path: String) throws(RunError) {
    self.path = ForeignBytes.bytes(of: path)
    shown = Escaping.text(fromFileName: self.path)
    let kind: FileKind
    do throws(SystemError) {
      kind = try FileStatus.of(self.path, followsLinks: true).kind
    } catch {
      throw RunError(.usage, shown, error.text, hint: "name a database file that exists")
    }
    guard kind == .regular else {
      throw RunError(.usage, shown, "it is no file", hint: "name a database file")
    }
  }

  func create(_ table: ScratchTable) throws(RunError) -> String {
    do throws(SQLiteCode) {
      let database = try Database.openForWriting(path)
      guard try !exists(database) else { throw .constraint }
      try database.execute("BEGIN IMMEDIATE")
      let columns = table.columns.map { "\"\($0)\" TEXT" }.joined(separator: ", ")
      try database.execute(
        "CREATE TABLE \(ScratchTable.name)(\(ScratchTable.key) INTEGER PRIMARY KEY, \(columns))")
      for (index, row) in table.rows.enumerated() {
        let values = row.map { "'\($0)'" }.joined(separator: ", ")
        try database.execute("INSERT INTO \(ScratchTable.name) VALUES(\(index + 1), \(values))")
      }
      // Closing before this rolls everything back.
      try database.execute("COMMIT")
      return ScratchTable.name
    } catch .constraint {
      throw ScratchDatabases.alreadyThere(shown)
    } catch {
      throw RunError(
        .failure, shown, "the table of the self-test cannot be made: \(error.text)",
        hint: "nothing was changed; scan a copy of the database instead")
    }
  }

  func drop(_ table: ScratchTable) throws(RunError) {
    do throws(SQLiteCode) {
      let database = try Database.openForWriting(path)
      // Or the invented numbers stay in free pages, where the next scan finds them.
      try database.execute("PRAGMA secure_delete = ON")
      try database.execute("DROP TABLE \(ScratchTable.name)")
      // Does nothing without a write-ahead log.
      try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    } catch {
      throw RunError(
        .failure, shown, "the table \(ScratchTable.name) cannot be removed: \(error.text)",
        hint: "it holds invented numbers only; drop it by hand: DROP TABLE \(ScratchTable.name)")
    }
  }

  private func exists(_ database: borrowing Database) throws(SQLiteCode) -> Bool {
    let statement = try database.prepare(
      "SELECT 1 FROM sqlite_master WHERE name = '\(ScratchTable.name)'")
    return statement.step() == .row
  }
}
