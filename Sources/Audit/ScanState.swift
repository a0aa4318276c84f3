import Core
import FoundationEssentials
import Inputs
import Native
import Synchronization

/// What earlier runs have read, in a file (`--state`): an item that is complete and has not changed
/// since is told from here instead of being read again, and a run that was killed is gone on with.
///
/// With a state every item takes the same way: what is told of it is first written here, then read
/// back when its turn in the report has come. A run that carries everything over therefore tells what
/// a run that reads everything tells. Holds findings as reports do: masked, without a number.
package final class ScanState: @unchecked Sendable {
  // Unchecked because the database is only touched under `lock`.
  private let database: Database
  private let lock = Mutex(())
  private let path: String
  private let settings: String
  private let started: String
  private let run: Int64
  /// What was found in the file.
  package let origin: Origin

  /// "unps", in every state file's header.
  private static let applicationID: Int64 = 0x756E_7073
  private static let version: Int64 = 1
  private static let findingsPerRead = 512

  /// What a state file holds before a run.
  package enum Origin: Sendable, Equatable {
    case new
    /// Made with these very settings and rules.
    case usable
    /// Nothing in it is of use to this run.
    case otherSettings, olderVersion
  }

  /// An item of an earlier run.
  struct Saved: Sendable {
    var id: Int64
    /// When the run began that read it.
    var since: String
  }

  /// Opens the file, makes it when missing.
  ///
  /// - Parameters:
  ///   - settings: everything that decides what is told of an item: rules, version, flags.
  ///   - started: the time of this run as text.
  /// - Throws: when it is no state file, is damaged, or another run is using it.
  package init(path: String, settings: String, started: String) throws(RunError) {
    self.path = path
    self.settings = ScanState.digest(of: settings)
    self.started = started
    do throws(SQLiteCode) {
      database = try Database.createPrivate(ForeignBytes.bytes(of: path))
      let isEmpty = try database.number("SELECT count(*) FROM sqlite_schema") == 0
      let id = try database.number("PRAGMA application_id")
      guard isEmpty || id == ScanState.applicationID else { throw .notADatabase }
      let version = try database.number("PRAGMA user_version")
      guard version <= ScanState.version else { throw .schema }
      // One run at a time; what is committed outlasts a kill.
      try database.execute(
        """
        PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        PRAGMA temp_store = MEMORY; BEGIN EXCLUSIVE
        """)
      if !isEmpty, version < ScanState.version {
        try database.execute("DROP TABLE IF EXISTS item; DROP TABLE IF EXISTS finding")
      }
      try database.execute(
        """
        CREATE TABLE IF NOT EXISTS item(
          id INTEGER PRIMARY KEY, place TEXT NOT NULL, target TEXT NOT NULL, stamp TEXT NOT NULL,
          settings TEXT NOT NULL, since TEXT NOT NULL, run INTEGER NOT NULL,
          complete INTEGER NOT NULL, totals BLOB);
        CREATE INDEX IF NOT EXISTS item_place ON item(place);
        CREATE TABLE IF NOT EXISTS finding(
          item INTEGER NOT NULL, number INTEGER NOT NULL, result BLOB NOT NULL,
          PRIMARY KEY(item, number)) WITHOUT ROWID;
        PRAGMA application_id = \(ScanState.applicationID);
        PRAGMA user_version = \(ScanState.version);
        DELETE FROM finding WHERE item IN (SELECT id FROM item WHERE complete = 0);
        DELETE FROM item WHERE complete = 0;
        """)
      run = try database.number("SELECT coalesce(max(run), 0) + 1 FROM item")
      let count = try database.number("SELECT count(*) FROM item")
      let usable = try database.number(
        "SELECT count(*) FROM item WHERE settings = '\(self.settings)'")
      origin =
        !isEmpty && version < ScanState.version
        ? .olderVersion : count == 0 ? .new : usable > 0 ? .usable : .otherSettings
      try database.execute("COMMIT; BEGIN")
    } catch {
      throw ScanState.failure(path, error)
    }
  }

  /// The files that the state lies in, so that a scan of their directory leaves them out.
  package var files: [[UInt8]] {
    let path = ForeignBytes.bytes(of: path)
    return ["", "-wal", "-shm", "-journal"].map { path + Array($0.utf8) }
  }

  private static func failure(_ path: String, _ code: SQLiteCode) -> RunError {
    let another = "name another file, or remove this one to start anew"
    switch code.primary {
    case .busy, .locked: return RunError(.failure, path, "another run is using this state file")
    case .notADatabase:
      return RunError(.failure, path, "it is no state file of a scan", hint: another)
    case .corrupt: return RunError(.failure, path, "the state file is damaged", hint: another)
    case .schema:
      return RunError(.failure, path, "a later version made this state file", hint: another)
    default:
      return RunError(
        .failure, path, "the state file cannot be used (\(code.text))",
        hint: "it takes a directory that can be written to, with room")
    }
  }

  /// Two FNV-1a hashes with different beginnings. Nobody attacks their own settings.
  private static func digest(of text: String) -> String {
    var one: UInt64 = 0xCBF2_9CE4_8422_2325
    var two: UInt64 = 0x9E37_79B9_7F4A_7C15
    for byte in text.utf8 {
      one = (one ^ UInt64(byte)) &* 0x100_0000_01B3
      two = (two ^ UInt64(byte)) &* 0x100_0000_01B3 &+ one >> 7
    }
    return String(one, radix: 16) + "-" + String(two, radix: 16)
  }

  private static let checksumBytes = 8

  /// Stands before every result: SQLite would not notice a byte that a disk has changed.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return withUnsafeBytes(of: hash.littleEndian) { Array($0) }
  }

  // MARK: - Items

  private static func place(_ item: any Item) -> [UInt8] {
    let table = item.tableName.map { "\u{1F}" + $0 } ?? ""
    return Array("\(item.location.target)\u{1F}\(item.location.path ?? "")\(table)".utf8)
  }

  /// An item that an earlier run has read to its end, and that has the same stamp.
  func find(_ item: any Item, stamp: String) throws(RunError) -> Saved? {
    try use { (database: borrowing Database) throws(SQLiteCode) in
      let select = try database.prepare(
        """
        SELECT id, since FROM item WHERE place = ?1 AND stamp = ?2 AND settings = ?3 AND complete = 1
        ORDER BY id DESC LIMIT 1
        """)
      try select.bind(1, text: ScanState.place(item))
      try select.bind(2, text: Array(stamp.utf8))
      try select.bind(3, text: Array(settings.utf8))
      let code = select.step()
      guard code == .row else {
        if code == .done { return nil }
        throw code
      }
      let saved = Saved(
        id: select.currentRow.integer(0),
        since: String(decoding: select.currentRow.text(1), as: UTF8.self))
      select.reset()
      try database.execute("UPDATE item SET run = \(run) WHERE id = \(saved.id)")
      return saved
    }
  }

  /// Makes room for what is told of an item.
  func begin(_ item: any Item) throws(RunError) -> Saved {
    try use { (database: borrowing Database) throws(SQLiteCode) in
      let insert = try database.prepare(
        """
        INSERT INTO item(place, target, stamp, settings, since, run, complete)
        VALUES (?1, ?2, '', ?3, ?4, ?5, 0)
        """)
      try insert.bind(1, text: ScanState.place(item))
      try insert.bind(2, text: Array(item.location.target.utf8))
      try insert.bind(3, text: Array(settings.utf8))
      try insert.bind(4, text: Array(started.utf8))
      try insert.bind(5, run)
      let code = insert.step()
      guard code == .done else { throw code }
      return Saved(id: try database.number("SELECT last_insert_rowid()"), since: started)
    }
  }

  /// Adds a finding.
  /// - Parameter number: its place among the item's.
  func add(_ finding: Finding, number: Int, to item: Saved) throws(RunError) {
    let bytes = try encode(finding)
    try use { (database: borrowing Database) throws(SQLiteCode) in
      let insert = try database.prepare("INSERT INTO finding VALUES (?1, ?2, ?3)")
      try insert.bind(1, item.id)
      try insert.bind(2, Int64(number))
      try insert.bind(3, blob: bytes)
      let code = insert.step()
      guard code == .done else { throw code }
    }
  }

  /// Ends an item.
  /// - Parameter stamp: `nil` when it is to be read again the next time.
  func finish(_ item: Saved, _ totals: ItemTotals, stamp: String?) throws(RunError) {
    let bytes = try encode(totals)
    try use { (database: borrowing Database) throws(SQLiteCode) in
      let update = try database.prepare(
        "UPDATE item SET totals = ?1, stamp = ?2, complete = ?3 WHERE id = ?4")
      try update.bind(1, blob: bytes)
      try update.bind(2, text: Array((stamp ?? "").utf8))
      try update.bind(3, Int64(stamp == nil ? 0 : 1))
      try update.bind(4, item.id)
      let code = update.step()
      guard code == .done else { throw code }
      // From here on a kill does not undo it.
      if stamp != nil { try database.execute("COMMIT; BEGIN") }
    }
  }

  /// Calls `body` with everything that was told of an item.
  /// - Returns: the totals.
  func tell(
    _ item: Saved, _ body: (Finding) throws(RunError) -> Void
  ) throws(RunError) -> ItemTotals {
    var next = 0
    while true {
      let from = next
      var findings: [[UInt8]] = []
      try use { (database: borrowing Database) throws(SQLiteCode) in
        let select = try database.prepare(
          """
          SELECT result FROM finding WHERE item = \(item.id) AND number >= \(from) ORDER BY number
          LIMIT \(ScanState.findingsPerRead)
          """)
        findings = try select.blobs()
      }
      for bytes in findings { try body(try decode(bytes)) }
      next += findings.count
      if findings.count < ScanState.findingsPerRead { break }
    }
    var totals: [[UInt8]] = []
    try use { (database: borrowing Database) throws(SQLiteCode) in
      totals = try database.prepare("SELECT totals FROM item WHERE id = \(item.id)").blobs()
    }
    guard let bytes = totals.first else { throw ScanState.failure(path, .corrupt) }
    let result: ItemTotals = try decode(bytes)
    guard result.findingCount == next else { throw ScanState.failure(path, .corrupt) }
    return result
  }

  /// Ends the run.
  ///
  /// - Parameters:
  ///   - targets: those whose items were all met, so that what was not met is gone.
  ///   - isWhole: false for a run that was stopped, which forgets nothing.
  func end(targets: [String], isWhole: Bool) throws(RunError) {
    try use { (database: borrowing Database) throws(SQLiteCode) in
      if isWhole {
        for target in targets {
          let delete = try database.prepare(
            "DELETE FROM item WHERE run < ?1 AND (target = ?2 OR settings <> ?3)")
          try delete.bind(1, run)
          try delete.bind(2, text: Array(target.utf8))
          try delete.bind(3, text: Array(settings.utf8))
          let code = delete.step()
          guard code == .done else { throw code }
        }
      }
      try database.execute(
        """
        DELETE FROM item WHERE complete = 0;
        DELETE FROM finding WHERE item NOT IN (SELECT id FROM item);
        COMMIT
        """)
    }
  }

  // MARK: - The file

  private func use<T: Sendable>(
    _ body: (borrowing Database) throws(SQLiteCode) -> T
  ) throws(RunError) -> T {
    do throws(SQLiteCode) {
      return try lock.withLock { (_: inout Void) throws(SQLiteCode) -> T in try body(database) }
    } catch {
      throw ScanState.failure(path, error)
    }
  }

  private func encode(_ value: some Encodable) throws(RunError) -> [UInt8] {
    do {
      let bytes = Array(try JSONEncoder().encode(value))
      return ScanState.checksum(bytes[...]) + bytes
    } catch {
      throw RunError(.failure, path, "a result cannot be written to the state file")
    }
  }

  private func decode<T: Decodable>(_ bytes: [UInt8]) throws(RunError) -> T {
    let result = bytes.dropFirst(ScanState.checksumBytes)
    guard ScanState.checksum(result).elementsEqual(bytes.prefix(ScanState.checksumBytes)) else {
      throw ScanState.failure(path, .corrupt)
    }
    do {
      return try JSONDecoder().decode(T.self, from: Data(result))
    } catch {
      throw ScanState.failure(path, .corrupt)
    }
  }
}

extension Database {
  /// The number in the first column of the first row.
  fileprivate borrowing func number(_ sql: String) throws(SQLiteCode) -> Int64 {
    let statement = try prepare(sql)
    let code = statement.step()
    guard code == .row else { throw code }
    return statement.currentRow.integer(0)
  }
}

extension Statement {
  /// The first column of all rows.
  fileprivate borrowing func blobs() throws(SQLiteCode) -> [[UInt8]] {
    var values: [[UInt8]] = []
    while true {
      let code = step()
      guard code == .row else {
        if code == .done { return values }
        throw code
      }
      values.append(Array(currentRow.blob(0)))
    }
  }
}
