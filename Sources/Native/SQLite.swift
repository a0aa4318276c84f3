import CSQLite
import Glibc

/// A result code of SQLite, extended codes included, so that an unknown one survives.
package struct SQLiteCode: Error, RawRepresentable, Sendable, Hashable {
  package var rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let ok = SQLiteCode(rawValue: SQLITE_OK)
  package static let row = SQLiteCode(rawValue: SQLITE_ROW)
  package static let done = SQLiteCode(rawValue: SQLITE_DONE)
  package static let failed = SQLiteCode(rawValue: SQLITE_ERROR)
  package static let busy = SQLiteCode(rawValue: SQLITE_BUSY)
  package static let locked = SQLiteCode(rawValue: SQLITE_LOCKED)
  package static let corrupt = SQLiteCode(rawValue: SQLITE_CORRUPT)
  package static let notADatabase = SQLiteCode(rawValue: SQLITE_NOTADB)
  package static let cannotOpen = SQLiteCode(rawValue: SQLITE_CANTOPEN)
  package static let permission = SQLiteCode(rawValue: SQLITE_PERM)
  package static let interrupted = SQLiteCode(rawValue: SQLITE_INTERRUPT)
  package static let constraint = SQLiteCode(rawValue: SQLITE_CONSTRAINT)
  /// `RAISE` in a trigger, whose words are its own (SQLITE_CONSTRAINT_TRIGGER).
  package static let constraintOfTrigger = SQLiteCode(rawValue: SQLITE_CONSTRAINT | 7 << 8)
  package static let tooBig = SQLiteCode(rawValue: SQLITE_TOOBIG)
  package static let readOnly = SQLiteCode(rawValue: SQLITE_READONLY)
  /// Of another form than expected.
  package static let schema = SQLiteCode(rawValue: SQLITE_SCHEMA)
  package static let full = SQLiteCode(rawValue: SQLITE_FULL)

  /// Without the extended part.
  package var primary: SQLiteCode { SQLiteCode(rawValue: rawValue & 0xFF) }

  /// Whether there is no room left. A database with a log says so of the file it shares with other
  /// programs as an I/O error (`SQLITE_IOERR_SHMSIZE`).
  package var isDiskFull: Bool {
    primary == .full || rawValue == SQLITE_IOERR | 19 << 8
  }

  /// What SQLite calls it, for example `database disk image is malformed`. Never holds SQL or data.
  package var text: String { String(cString: sqlite3_errstr(rawValue)) }
}

/// A connection to a SQLite database, closed when it goes out of scope.
///
/// Used by one thread at a time. A statement keeps its connection alive, so the order in which the
/// two go does not matter.
package struct Database: ~Copyable, @unchecked Sendable {
  // Unchecked because the compiler cannot see that the connection has no lock of its own: being
  // non-copyable, it has one owner, who uses it on one thread at a time.
  let handle: OpaquePointer

  /// A row with a larger value gives `.tooBig` when read as a row; `openValue` reads it in pieces.
  package static let valueBytesMax = 4 << 20

  /// As large as `limitValues` goes for a value that nothing reads in pieces: a worker's share of memory.
  package static let valueBytesHeldMax = 16 << 20

  /// How to read without leaving a trace. None of these creates, changes or removes a file.
  package enum ReadMode: Sendable {
    /// Waits for writers as any reader does. For a database without a write-ahead log.
    case shared
    /// Without locks, the log ignored. For a database nobody has open.
    case immutable
    /// With the log and the shared memory file that are there.
    case withSharedMemory
    /// With a log left behind by a process that is gone; its index is kept in our own memory.
    case withAbandonedLog
    /// A `MemoryFile`, which nobody else has open.
    case memory
  }

  /// Opens for reading. Nothing is read yet, so a file that is no database opens as well.
  package static func open(
    _ path: [UInt8], _ mode: ReadMode
  ) throws(SQLiteCode) -> Database {
    var uri = "file:" + percentEncoded(path)
    guard ReadOnlyFiles.isRegistered else { throw .cannotOpen }
    let locking =
      switch mode {
      case .withAbandonedLog: ReadOnlyFiles.nameWithoutLocks
      case .memory: ReadOnlyFiles.nameForMemory
      default: ReadOnlyFiles.name
      }
    uri += "?mode=ro&vfs=\(locking)"
    switch mode {
    case .shared, .withAbandonedLog: break
    case .immutable, .memory: uri += "&immutable=1"
    case .withSharedMemory: uri += "&readonly_shm=1"
    }
    let database = try Database(uri, SQLITE_OPEN_READONLY)
    // Closing must not move the log into the database, an unknown schema must not run functions.
    try check(unpan_sqlite_set(database.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1))
    try check(unpan_sqlite_set(database.handle, SQLITE_DBCONFIG_DEFENSIVE, 1))
    try check(unpan_sqlite_set(database.handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0))
    sqlite3_busy_timeout(database.handle, 2000)
    database.limitValues(to: valueBytesMax)
    if mode == .withAbandonedLog { try database.execute("PRAGMA locking_mode = EXCLUSIVE") }
    // Temporary b-trees hold rows: in memory only.
    try database.execute("PRAGMA temp_store = MEMORY")
    try database.execute("PRAGMA query_only = 1")
    return database
  }

  /// Creates a database, or opens it for writing. For demonstrations and tests.
  package static func create(_ path: String) throws(SQLiteCode) -> Database {
    try Database(
      "file:" + percentEncoded(Array(path.utf8)), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
  }

  /// An empty database for what does not fit in memory, with one connection: this one.
  ///
  /// Lies in `SQLITE_TMPDIR` or `TMPDIR`, or `/var/tmp`, in a file that only its owner may read and
  /// that has no name any more; gone with the connection, whatever happens. After an error its
  /// content is undefined.
  /// - Parameter cacheBytes: what stays in memory before anything is written; sorting takes as much.
  package static func makeScratch(cacheBytes: Int = 32 << 20) throws(SQLiteCode) -> Database {
    // An empty name is how SQLite spells all of that.
    let database = try Database("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    try database.execute(
      """
      PRAGMA page_size = 16384; PRAGMA temp_store = FILE; PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA cache_size = -\(cacheBytes >> 10)
      """)
    return database
  }

  init(_ uri: String, _ flags: Int32) throws(SQLiteCode) {
    var opened: OpaquePointer?
    // Each connection is used by one thread at a time, so SQLite need not lock it.
    let all = flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(uri, &opened, all, nil)
    guard code == SQLITE_OK, let opened else {
      sqlite3_close_v2(opened)
      throw SQLiteCode(rawValue: code)
    }
    handle = opened
  }

  deinit { sqlite3_close_v2(handle) }

  /// Opens one text or blob of a table with row ids, to be read in pieces.
  package func openValue(
    table: [UInt8], column: [UInt8], row: Int64
  ) throws(SQLiteCode) -> LargeValue {
    var value: OpaquePointer?
    let code = withCString(table) { table in
      withCString(column) { column in
        sqlite3_blob_open(handle, "main", table, column, row, 0, &value)
      }
    }
    guard code == SQLITE_OK, let value else {
      sqlite3_blob_close(value)
      throw SQLiteCode(rawValue: code)
    }
    return LargeValue(value)
  }

  /// From here on a larger value gives `.tooBig`.
  package func limitValues(to bytes: Int) {
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(bytes))
  }

  /// Runs statements that give no rows.
  package func execute(_ sql: String) throws(SQLiteCode) {
    try check(sqlite3_exec(handle, sql, nil, nil, nil))
  }

  /// - Parameter sql: raw bytes, because names in a database need not be UTF-8.
  package func prepare(_ sql: [UInt8]) throws(SQLiteCode) -> Statement {
    var statement: OpaquePointer?
    let code = sql.withUnsafeBytes {
      sqlite3_prepare_v2(
        handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), &statement,
        nil)
    }
    try check(code)
    guard let statement else { throw .failed }
    return Statement(statement)
  }

  /// - Parameter sql: one statement.
  package func prepare(_ sql: String) throws(SQLiteCode) -> Statement {
    try prepare(Array(sql.utf8))
  }
}

/// A prepared statement, finalized when it goes out of scope.
package struct Statement: ~Copyable {
  let handle: OpaquePointer

  fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

  deinit { sqlite3_finalize(handle) }

  /// Goes to the next row.
  /// - Returns: `.row`, `.done`, or what went wrong.
  package func step() -> SQLiteCode { SQLiteCode(rawValue: sqlite3_step(handle)) }

  /// Back to the start, for other values.
  package func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  package var columnCount: Int { Int(sqlite3_column_count(handle)) }

  /// The name of a column of the result, raw.
  package func columnName(_ index: Int) -> [UInt8] {
    guard let name = sqlite3_column_name(handle, Int32(index)) else { return [] }
    return Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }

  /// The type that the table's column was declared with, raw; empty when it has none.
  package func declaredType(_ index: Int) -> [UInt8] {
    guard let type = sqlite3_column_decltype(handle, Int32(index)) else { return [] }
    return Array(UnsafeRawBufferPointer(start: type, count: strlen(type)))
  }

  /// The values of the row that `step` went to; valid until the next step.
  package var currentRow: Row { Row(handle) }

  /// Binds a value; `index` counts from 1.
  package func bind(_ index: Int, _ value: Int64) throws(SQLiteCode) {
    try check(sqlite3_bind_int64(handle, Int32(index), value))
  }

  package func bind(_ index: Int, _ value: Double) throws(SQLiteCode) {
    try check(sqlite3_bind_double(handle, Int32(index), value))
  }

  package func bind(_ index: Int, text value: [UInt8]) throws(SQLiteCode) {
    // Without an address an empty text would be taken for NULL.
    if value.isEmpty {
      try check(sqlite3_bind_text(handle, Int32(index), "", 0, copied))
      return
    }
    let code = value.withUnsafeBytes {
      sqlite3_bind_text(
        handle, Int32(index), $0.baseAddress?.assumingMemoryBound(to: CChar.self),
        Int32($0.count), copied)
    }
    try check(code)
  }

  /// Binds a part of some bytes as text.
  package func bind(
    _ index: Int, text bytes: [UInt8], in range: Range<Int>
  ) throws(SQLiteCode) {
    // An empty part would have no address, which SQLite takes for NULL.
    guard !range.isEmpty else { return try bind(index, text: []) }
    let code = bytes.withUnsafeBytes { buffer in
      let start = buffer.baseAddress! + range.lowerBound
      return sqlite3_bind_text(
        handle, Int32(index), start.assumingMemoryBound(to: CChar.self), Int32(range.count), copied)
    }
    try check(code)
  }

  package func bind(_ index: Int, blob value: [UInt8]) throws(SQLiteCode) {
    try check(
      value.withUnsafeBytes {
        sqlite3_bind_blob(handle, Int32(index), $0.baseAddress, Int32($0.count), copied)
      })
  }
}

/// A text or blob that is read in pieces, as stored.
package struct LargeValue: ~Copyable {
  private let handle: OpaquePointer
  /// Its size.
  package let byteCount: Int

  fileprivate init(_ handle: OpaquePointer) {
    self.handle = handle
    byteCount = Int(sqlite3_blob_bytes(handle))
  }

  deinit { sqlite3_blob_close(handle) }

  /// Fills `buffer` from `offset` on.
  /// - Returns: the bytes read; fewer than asked for only at the end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    let count = max(0, min(buffer.count, byteCount - offset))
    if count == 0 { return 0 }
    let code = sqlite3_blob_read(handle, buffer.baseAddress, Int32(count), Int32(offset))
    // Only a damaged database or a disk that fails.
    guard code == SQLITE_OK else { throw .inputOutput }
    return count
  }
}

/// The row a statement stands on. Only valid until the statement's next step: pass it, don't keep it.
package struct Row {
  private let handle: OpaquePointer

  fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

  /// How a value is stored, whatever its column was declared as.
  package enum Storage: Int32 {
    case integer = 1
    case real = 2
    case text = 3
    case blob = 4
    case null = 5
  }

  @inline(__always)
  package func storage(_ index: Int) -> Storage {
    Storage(rawValue: sqlite3_column_type(handle, Int32(truncatingIfNeeded: index))) ?? .null
  }

  package func integer(_ index: Int) -> Int64 {
    sqlite3_column_int64(handle, Int32(truncatingIfNeeded: index))
  }

  package func real(_ index: Int) -> Double {
    sqlite3_column_double(handle, Int32(truncatingIfNeeded: index))
  }

  /// The text as UTF-8, converted if the database is UTF-16.
  package func text(_ index: Int) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_text(handle, Int32(truncatingIfNeeded: index))
    let count = sqlite3_column_bytes(handle, Int32(truncatingIfNeeded: index))
    return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count))
  }

  /// The bytes as stored.
  package func blob(_ index: Int) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, Int32(truncatingIfNeeded: index))
    let count = sqlite3_column_bytes(handle, Int32(truncatingIfNeeded: index))
    return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count))
  }
}

/// SQLITE_TRANSIENT, a cast that Swift does not import: SQLite makes its own copy.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

func check(_ code: Int32) throws(SQLiteCode) {
  if code != SQLITE_OK { throw SQLiteCode(rawValue: code) }
}

func percentEncoded(_ path: [UInt8]) -> String {
  let hex = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  for byte in path {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
      UInt8(ascii: "-"), UInt8(ascii: "_"):
      out.append(byte)
    default: out += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}
