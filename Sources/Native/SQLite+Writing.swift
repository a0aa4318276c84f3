import CSQLite
import Glibc

extension Database {
  /// Opens a database that is there for reading and writing, as its application does.
  ///
  /// Waits up to ten seconds for other writers.
  /// - Throws: the code; `.cannotOpen` when there is no such file.
  package static func openForWriting(_ path: [UInt8]) throws(SQLiteCode) -> Database {
    let database = try Database("file:" + percentEncoded(path), SQLITE_OPEN_READWRITE)
    sqlite3_busy_timeout(database.handle, 10_000)
    // Temporary b-trees hold rows: in memory only.
    try database.execute("PRAGMA temp_store = MEMORY")
    return database
  }

  /// Opens a database for writing, makes one that only its owner may read when there is none.
  package static func createPrivate(_ path: [UInt8]) throws(SQLiteCode) -> Database {
    let made = withCString(path) { Glibc.open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
    guard made >= 0 else { throw .cannotOpen }
    Glibc.close(made)
    return try Database("file:" + percentEncoded(path), SQLITE_OPEN_READWRITE)
  }

  /// Whether SQLite opened the file for reading only, whatever was asked for.
  package var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

  /// Rows that the last statement changed, those of triggers not counted.
  package var changedRows: Int { Int(sqlite3_changes(handle)) }

  /// Whether no transaction is open.
  package var isAutocommit: Bool { sqlite3_get_autocommit(handle) != 0 }

  /// What SQLite says about the last error, for example `no such column: number`. Names of tables and
  /// columns may be in it, bound values never are.
  package var errorText: String { String(cString: sqlite3_errmsg(handle)) }
}

extension Statement {
  package func bindNull(_ index: Int) throws(SQLiteCode) {
    try check(sqlite3_bind_null(handle, Int32(index)))
  }

  /// Binds a text that stays where it is until the statement is reset.
  package func bind(_ index: Int, unchecked text: UnsafeRawBufferPointer) throws(SQLiteCode) {
    // Without an address SQLite would take an empty text for NULL.
    let start = text.baseAddress?.assumingMemoryBound(to: CChar.self)
    let code =
      start == nil
      ? sqlite3_bind_text(handle, Int32(index), "", 0, nil)
      : sqlite3_bind_text(handle, Int32(index), start, Int32(text.count), nil)
    try check(code)
  }
}
