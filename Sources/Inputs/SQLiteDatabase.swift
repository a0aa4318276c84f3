import Core
import Native
import Synchronization

/// A SQLite database: every row of every table, then the raw pages, where deleted rows are found.
///
/// It is opened so that nothing on disk changes and no file is created. When it cannot be opened as a
/// database (damaged, locked) that is told, and its bytes are scanned all the same.
final class DatabaseContent: ItemContent {
  /// What every SQLite file begins with.
  static let magic = Array("SQLite format 3\0".utf8)

  let head: [UInt8] = []
  private let path: [UInt8]
  private let place: String
  private let mode: Database.ReadMode
  /// The main file, then the log.
  private let pages: [FileContent]
  private let tables: [TableProgress]
  private let state: Mutex<State>

  private struct State: Sendable {
    var parts: [TablePlan]
    var nextPart = 0
    var nextPages = 0
    var readers: [DatabaseReader] = []
    var troubles: [Coverage.Entry]
    var excluded: [Coverage.Entry]
  }

  /// - Parameters:
  ///   - path: what SQLite opens; the log and the rest are looked for beside it.
  ///   - main: the raw bytes. Stays open until the last connection is closed: closing any descriptor
  ///     of a file drops all of a process's locks on it.
  ///   - log: the write-ahead log's raw bytes, if there is one.
  init(path: [UInt8], place: String, header: [UInt8], main: FileContent, log: FileContent?) {
    self.path = path
    self.place = place
    let files = CompanionFiles(path: path, header: header, logBytes: log?.size)
    pages = [main] + (log.map { [$0] } ?? [])
    var plan = DatabasePlan()
    var chosen = Database.ReadMode.immutable
    for mode in files.modes {
      chosen = mode
      plan = DatabasePlan(path: path, place: place, mode: mode)
      if plan.error == nil || plan.error?.primary == .busy { break }
    }
    if plan.error == nil, files.modes.first == .shared, chosen == .immutable {
      plan.troubles.append(
        Coverage.Entry(
          place: place, reason: .locked,
          detail: "A transaction was not finished, and its journal was not rolled back: rows were "
            + "read as they are. Open the database once with its own program, then scan again."))
    }
    mode = chosen
    tables = plan.tables
    let readers = plan.reader.map { [$0] } ?? []
    state = Mutex(
      State(
        parts: plan.parts, readers: readers, troubles: plan.troubles, excluded: plan.excluded))
  }

  func nextPart() -> (any Part)? {
    let part = state.withLock { state -> TablePlan? in
      guard state.nextPart < state.parts.count else { return nil }
      defer { state.nextPart += 1 }
      return state.parts[state.nextPart]
    }
    if let part { return TablePart(part, of: tables[part.tableIndex], in: self) }
    while true {
      let index = state.withLock { $0.nextPages }
      guard index < pages.count else { return nil }
      if let segment = pages[index].nextPart() { return segment }
      state.withLock { $0.nextPages += 1 }
    }
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    state.withLock { state in
      outcome.notExamined = state.troubles
      outcome.excluded = state.excluded
      for part in state.parts[state.nextPart...] {
        outcome.notExamined.append(
          Coverage.Entry(place: tables[part.tableIndex].place, reason: .interrupted))
      }
      // Before the descriptors below: see `init`.
      state.readers = []
    }
    for table in tables { table.report(into: &outcome, databasePlace: place) }
    for (index, file) in pages.enumerated() {
      let inner = file.close()
      // The log is a part of the database, not a file of its own.
      if index == 0 { outcome.examined += inner.examined }
      outcome.notExamined += inner.notExamined
    }
    return outcome
  }

  /// A connection for one part; given back with `giveBack`.
  func takeReader() throws(SQLiteCode) -> DatabaseReader {
    if let reader = state.withLock({ $0.readers.popLast() }) { return reader }
    return DatabaseReader(try Database.open(path, mode))
  }

  func giveBack(_ reader: DatabaseReader) { state.withLock { $0.readers.append(reader) } }
}

/// A connection that goes from part to part, one at a time.
final class DatabaseReader: Sendable {
  let database: Database

  init(_ database: consuming Database) { self.database = database }
}

/// How to open a database so that nothing changes on disk, told by the files beside it.
struct CompanionFiles {
  /// To be tried in this order.
  let modes: [Database.ReadMode]

  /// - Parameters:
  ///   - header: the start of the main file.
  ///   - logBytes: the size of the log, if there is one.
  init(path: [UInt8], header: [UInt8], logBytes: Int?) {
    // Bytes 18 and 19 are 2 in a database that keeps a write-ahead log.
    let keepsLog = header.count > 19 && (header[18] == 2 || header[19] == 2)
    let hasSharedMemory = CompanionFiles.exists(path + Array("-shm".utf8))
    switch logBytes {
    case .some where hasSharedMemory:
      // The shared memory file may be left over from a crash and then cannot be used as it is.
      modes = [.withSharedMemory, .withAbandonedLog]
    case .some(let bytes) where bytes > 0:
      modes = [.withAbandonedLog]
    case .some:
      modes = [.immutable]
    case nil where keepsLog:
      // Nobody has it open, for then there would be a log. Any other mode would create one.
      modes = [.immutable]
    case nil:
      // The second mode is for a journal that would have to be rolled back, which is a change.
      modes = [.shared, .immutable]
    }
  }

  private static func exists(_ path: [UInt8]) -> Bool {
    do throws(SystemError) {
      _ = try FileStatus.of(path, followsLinks: true)
      return true
    } catch {
      return false
    }
  }
}
