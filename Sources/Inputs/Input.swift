import Core

/// What a target turns into, one after another, in a stable order.
package enum ItemEvent: Sendable {
  case item(any Item)
  /// Left out by choice or by nature.
  case excluded(Coverage.Entry)
  /// Should have been read and cannot be.
  case notExamined(Coverage.Entry)
}

/// A target: a path, a tree, standard input, a database. Hands out its items in a stable order.
package protocol Source: AnyObject, Sendable {
  /// The target as the user spelled it, credentials removed.
  var target: String { get }
  /// The next event, or `nil` at the end. Called by one thread at a time.
  func next() -> ItemEvent?
}

/// One thing whose findings are ordered and judged together: a file, a stream, a database.
///
/// The scheduler calls `open` once, by one worker; after that `nextPart` by one thread at a time.
/// Parts may then be read by several workers at once.
package protocol Item: AnyObject, Sendable {
  /// Target and path; the rest of the place comes with the finding.
  var location: Location { get }
  /// Which of its target's tables it is; `nil` for what is no table. Tells such items apart, as they
  /// share their location.
  var tableName: String? { get }
  /// The first bytes (at most `Limits.contextBytes`) once open, empty for a database: what tells a
  /// table's header line.
  var head: [UInt8] { get }
  /// Bytes it will probably have, known before it is open, for the forecast of a progress line; 0 when
  /// nobody knows.
  var expectedBytes: Int { get }
  /// What tells whether the item changed, asked before it is opened and before it is closed; `nil`
  /// when nobody can tell, so that it is read every time. No change between the stamp and the reading
  /// may go unnoticed: a server's is of the moment that is read, or of one before.
  func stamp() -> ItemStamp?
  /// - Throws: what the coverage will say when it cannot be read at all.
  func open() throws(InputError)
  /// The next share of work, in order, or `nil` when all are handed out.
  func nextPart() -> (any Part)?
  /// As `nextPart` once the run was stopped: what was read already and waits to be looked at. Nothing
  /// more is read.
  func nextPartInHand() -> (any Part)?
  /// Called once after every part was read: compares what was read with what is there now
  /// (grew, was truncated) and releases what `open` took. Returns counts for things known only as a
  /// whole (one file, one database).
  func close() -> PartOutcome
}

extension Item {
  package var tableName: String? { nil }
  package var expectedBytes: Int { 0 }
  package func stamp() -> ItemStamp? { nil }
  package func nextPartInHand() -> (any Part)? { nil }
}

/// A share of an item that one worker reads from start to end.
package protocol Part: AnyObject, Sendable {
  /// The table's name when the part is one.
  var table: String? { get }
  /// What of the item it reads when that is not the item's own file, for example a database's log.
  var member: String? { get }
  /// The compressions between the item or member and the bytes handed over, outermost first.
  var encoding: [String] { get }
  /// The first bytes of what the part belongs to; `nil` when that is the item.
  var head: [UInt8]? { get }
  /// Parts of a series with the same number say what is in the same document.
  var group: Int { get }
  /// Whether the part may say again what a part of its group has said, in other words: a page without
  /// its markup.
  var isDerived: Bool { get }
  /// Whether the bytes were made for scanning, so that offsets in them mean nothing outside.
  var isText: Bool { get }
  /// Names for `Chunk.Field.column`.
  var columns: [String] { get }
  /// The columns' types as declared, as many as `columns`, or none when nobody declares them.
  var columnTypes: [String] { get }
  /// Counts rows from the part's first, so that the values of one row are known to belong together;
  /// valid inside `body`. `nil`: a column that does not come behind the last one begins a row.
  var rowNumber: Int? { get }
  /// What is in the value of the current chunk when that is a container; valid inside `body`, and to be
  /// read there.
  var opened: (any PartSeries)? { get }
  /// The key of the row the current chunk is from, for example `id=7`; valid inside `body`.
  var rowKey: String? { get }
  /// Bytes this part will read, as far as known, for progress.
  var expectedBytes: Int { get }
  /// Hands the bytes over in order, in chunks whose owned ranges lie end to end and cover the whole
  /// part; stops early when `body` returns false. Trouble does not throw: what was read counts, the
  /// rest is in the outcome.
  ///
  /// A table hands over every value that is not NULL, short and empty ones too, row by row and within
  /// a row in the order of the columns: the column inventory takes what is missing for NULL.
  /// - Parameter buffer: the worker's own, reused from part to part.
  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome
}

extension Part {
  package var member: String? { nil }
  package var encoding: [String] { [] }
  package var head: [UInt8]? { nil }
  package var group: Int { 0 }
  package var isDerived: Bool { false }
  package var isText: Bool { false }
  package var columnTypes: [String] { [] }
  package var rowNumber: Int? { nil }
  package var opened: (any PartSeries)? { nil }
}

/// A part that is a container: its members are parts that one worker reads one after another, each
/// judged on its own. `read` reads them all as if they were one.
package protocol PartSeries: Part {
  /// The next member, after the one before was read; `nil` when there are no more.
  func nextMember() -> (any Part)?
  /// Called once when no more members are asked for, whether all were or not.
  func finish() -> PartOutcome
  /// Bytes of the item's own file that were read so far, for progress.
  var consumedBytes: Int { get }
}

extension PartSeries {
  package var table: String? { nil }
  package var columns: [String] { [] }
  package var rowKey: String? { nil }

  package func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    while let member = nextMember() { outcome += member.read(into: buffer, body) }
    outcome += finish()
    return outcome
  }
}

/// What reading a part gave.
package struct PartOutcome: Sendable {
  package var examined = Coverage.Examined()
  package var excluded: [Coverage.Entry] = []
  package var notExamined: [Coverage.Entry] = []
  package var tables: [Coverage.Table] = []
  /// As `notExamined`, but too many to be listed.
  package var notExaminedUnlisted = 0
  /// Of an item as a whole: when it was last changed, in seconds since 1970.
  package var modified: Int?

  package init() {}

  package static func += (a: inout PartOutcome, b: PartOutcome) {
    a.examined += b.examined
    a.excluded += b.excluded
    a.notExamined += b.notExamined
    a.tables += b.tables
    a.notExaminedUnlisted += b.notExaminedUnlisted
  }
}

/// Memory that one worker reuses for every part it reads. Holds raw input, so it is overwritten with
/// zeros when released.
package final class WorkBuffer {
  package private(set) var bytes: UnsafeMutableRawBufferPointer

  package init(capacity: Int = Limits.blockBytes + 2 * Limits.contextBytes) {
    bytes = .allocate(byteCount: capacity, alignment: 4096)
  }

  /// Makes room for at least `capacity` bytes; the old content is lost.
  package func reserve(_ capacity: Int) {
    guard capacity > bytes.count else { return }
    wipe()
    bytes.deallocate()
    bytes = .allocate(byteCount: capacity, alignment: 4096)
  }

  private func wipe() { bytes.initializeMemory(as: UInt8.self, repeating: 0) }

  deinit {
    wipe()
    bytes.deallocate()
  }
}
