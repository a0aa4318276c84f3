import Core
import Native
import Synchronization

/// A SQLite database: every row of every table, then what of the raw pages no live row takes, where
/// deleted rows are found, then its log.
///
/// It is opened so that nothing on disk changes and no file is created. When it cannot be opened as a
/// database (damaged, locked), or not every row of it can be read, that is told, and all its bytes are
/// scanned.
final class DatabaseContent: ItemContent {
  /// What every SQLite file begins with.
  static let magic = Array("SQLite format 3\0".utf8)

  let head: [UInt8] = []
  /// Of values that are containers.
  let opener: ValueOpener
  /// It lies in a container, and its parts are read ahead.
  let isInMemory: Bool
  private let path: [UInt8]
  private let place: String
  private let mode: Database.ReadMode
  /// The main file, then the log.
  private let pages: [FileContent]
  private let tables: [TableProgress]
  private let roots: [Int64]
  private let tablesLeft: Monitor<TablesLeft>
  private let map = Mutex<MapState>(.unmade)
  private let state: Mutex<State>

  private struct TablesLeft: Sendable {
    var parts: Int
    var areWhole: Bool
  }

  private enum MapState: Sendable {
    case unmade
    /// `nil` when all pages are to be taken as a whole.
    case made(PageMap?)
  }

  private struct State: Sendable {
    var wasSchemaHandedOut: Bool
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
  ///   - opener: of values that are containers.
  ///   - isInMemory: it has no files beside it.
  init(
    path: [UInt8], place: String, header: [UInt8], main: FileContent, log: FileContent?,
    opener: ValueOpener, isInMemory: Bool = false
  ) {
    self.opener = opener
    self.isInMemory = isInMemory
    self.path = path
    self.place = place
    let modes =
      isInMemory
      ? [.memory] : CompanionFiles(path: path, header: header, logBytes: log?.size).modes
    pages = [main] + (log.map { [$0] } ?? [])
    var plan = DatabasePlan()
    var chosen = Database.ReadMode.immutable
    for mode in modes {
      chosen = mode
      plan = DatabasePlan(path: path, place: place, mode: mode)
      if plan.error == nil || plan.error?.primary == .busy { break }
    }
    if plan.error == nil, modes.first == .shared, chosen == .immutable {
      plan.troubles.append(
        Coverage.Entry(
          place: place, reason: .locked,
          detail: "A transaction was not finished, and its journal was not rolled back: rows were "
            + "read as they are. Open the database once with its own program, then scan again."))
    }
    if plan.error == nil,
      SQLiteLength.isCut(
        header, pageCount: plan.pageCount, log: log?.file, bytes: { main.sizeNow })
    {
      plan.troubles.append(
        Coverage.Entry(
          place: place, reason: .truncated,
          detail: "It is shorter than it says it is: it was cut short, or not copied to its end. "
            + "What is there was read."))
    }
    mode = chosen
    tables = plan.tables
    roots = plan.roots
    tablesLeft = Monitor(TablesLeft(parts: plan.parts.count, areWhole: plan.troubles.isEmpty))
    let readers = plan.reader.map { [$0] } ?? []
    state = Mutex(
      State(
        wasSchemaHandedOut: plan.error != nil, parts: plan.parts, readers: readers,
        troubles: plan.troubles, excluded: plan.excluded))
  }

  func nextPart() -> (any Part)? {
    let isFirst = state.withLock { state in
      defer { state.wasSchemaHandedOut = true }
      return !state.wasSchemaHandedOut
    }
    if isFirst { return SQLiteSchemaPart(of: self, place: place) }
    let part = state.withLock { state -> TablePlan? in
      guard state.nextPart < state.parts.count else { return nil }
      defer { state.nextPart += 1 }
      return state.parts[state.nextPart]
    }
    if let part { return TablePart(part, of: tables[part.tableIndex], in: self) }
    while true {
      let index = state.withLock { $0.nextPages }
      guard index < pages.count else { return nil }
      if let segment = pages[index].nextSegment() {
        return index == 0 ? PageSegment(segment, of: self) : segment
      }
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

  /// Called once for each part of a table that was handed out.
  func noteTablePart(isWhole: Bool) {
    tablesLeft.withLock { left in
      left.parts -= 1
      if !isWhole { left.areWhole = false }
    }
  }

  /// What the pages are for, or `nil` when they are to be taken as a whole.
  ///
  /// Waits until all rows were read: a row that was not read must be met in the pages, whatever the
  /// number of workers. Parts of pages are handed out after those of tables, and every worker reads
  /// what it was given, so the wait ends.
  func pageMap() -> PageMap? {
    let areWhole = tablesLeft.wait { $0.parts <= 0 ? $0.areWhole : nil }
    guard areWhole, tables.allSatisfy(\.isWhole) else { return nil }
    return map.withLock { map in
      if case .made(let made) = map { return made }
      let log = pages.count > 1 ? pages[1].file : nil
      let made = TreeWalk.map(main: pages[0].file, log: log, roots: roots)
      map = .made(made)
      return made
    }
  }
}

/// One share of a database's main file.
final class PageSegment: Part {
  let table: String? = nil
  let columns: [String] = []
  let rowKey: String? = nil
  var expectedBytes: Int { segment.expectedBytes }
  private let segment: FileSegment
  private let database: DatabaseContent

  init(_ segment: FileSegment, of database: DatabaseContent) {
    self.segment = segment
    self.database = database
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    let file = segment.content
    guard let map = database.pageMap(), segment.start % map.format.pageBytes == 0 else {
      return segment.read(into: buffer, body)
    }
    let reader = PageReader(
      source: { (target, offset) throws(SystemError) in
        try file.file.descriptor.read(into: target, at: offset)
      }, map: map, blockBytes: file.sizes.block, start: segment.start, end: segment.end)
    return file.note(reader.read(into: buffer, body), of: segment)
  }
}

/// A connection that goes from part to part, one at a time.
final class DatabaseReader: Sendable {
  let database: Database

  init(_ database: consuming Database) { self.database = database }
}

/// How to open a database so that nothing changes on disk, told by the files beside it.
package struct CompanionFiles {
  /// To be tried in this order.
  package let modes: [Database.ReadMode]

  /// - Parameters:
  ///   - header: the start of the main file.
  ///   - logBytes: the size of the log, if there is one.
  package init(path: [UInt8], header: [UInt8], logBytes: Int?) {
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
