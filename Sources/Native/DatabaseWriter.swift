import CSQLite

/// Why a database could not be written: SQLite's own words for the code, never the statement.
package struct DatabaseWriteError: Error, Sendable {
  package var reason: String
}

/// A SQLite file that may be written: what makes demos and benchmark data. Nothing that scans
/// uses it; an audit opens databases read-only.
package struct DatabaseWriter: ~Copyable {
  private let handle: OpaquePointer

  /// Opens the file, or makes it.
  /// - Throws: `DatabaseWriteError` when the file cannot be opened or made.
  package init(path: String) throws(DatabaseWriteError) {
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
    guard code == SQLITE_OK, let opened else {
      sqlite3_close_v2(opened)
      throw DatabaseWriteError(reason: String(cString: sqlite3_errstr(code)))
    }
    handle = opened
  }

  /// Runs one statement; rows it may return are passed over.
  /// - Throws: `DatabaseWriteError`; a transaction that was begun stays open.
  package func execute(_ sql: String) throws(DatabaseWriteError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else {
      throw DatabaseWriteError(reason: String(cString: sqlite3_errstr(code)))
    }
  }

  deinit { sqlite3_close_v2(handle) }
}
