import Core
import Native
import Synchronization

/// A table of a PostgreSQL database, large ones in several shares of their pages.
final class PostgreSQLTableItem: Item {
  let location: Location
  let head: [UInt8] = []
  let table: PostgreSQLTable
  let session: PostgreSQLSession
  let progress = ServerTableProgress()
  let rowsMax: Int?
  /// Of values that are containers.
  let opener: ValueOpener
  private let marker = PostgreSQLMarker()
  private let state = Mutex(State())

  /// Tables with more than this are shared out, so that several workers can read them.
  private static let shareBytes = 32 << 20
  private static let sharesMax = 4096
  /// Below this, what lies outside the table's own pages cannot be a value too large to be held, as
  /// no value shrinks to less than a hundredth when it is compressed.
  private static let outsideBytesMin = 32 << 10

  private struct State: Sendable {
    var shares: [PostgreSQLShare] = []
    var next = 0
  }

  init(
    _ table: PostgreSQLTable, target: String, session: PostgreSQLSession, options: InputOptions
  ) {
    self.table = table
    self.session = session
    self.rowsMax = options.rowsMax
    opener = ValueOpener(options.containers, options.sizes)
    location = Location(target: target)
  }

  /// For coverage.
  var place: String { location.target + ": " + table.name }

  var tableName: String? { table.name }

  func stamp() -> ItemStamp? {
    // Partitions that are read as one have rows at the same places; where not all is shown, no read
    // is complete.
    guard !table.isRoot, table.showsPlaces, table.hiddenColumns.isEmpty, !table.mayHideRows else {
      return nil
    }
    return marker.stamp(of: [(oid: table.oid, from: table.from)], in: session)
  }

  func open() throws(InputError) {
    do throws(ServerError) {
      let lease = try session.take()
      var isInOrder = false
      defer { session.giveBack(lease, isInOrder: isInOrder) }
      // The catalogue's row is as of the snapshot, the functions tell what is there now.
      let rows = try lease.connection.rows(
        """
        SELECT pg_relation_size(c.oid), current_setting('block_size'), c.reltuples,
          coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0)
        FROM pg_class c WHERE c.oid = \(table.oid)
        """)
      isInOrder = true
      let numbers = (rows.first ?? []).map { $0.flatMap { Double($0) } }
      guard numbers.count == 4, let bytes = numbers[0], let block = numbers[1] else {
        throw ServerError(sqlState: "42P01")
      }
      let isWide = !table.isRoot && table.showsPlaces && Int(numbers[3] ?? 0) > Self.outsideBytesMin
      // Ranges of pages are read without the rest since version 14.
      let canShare =
        lease.connection.serverVersion >= 140_000 && !table.isRoot && table.showsPlaces
        && rowsMax == nil
      plan(
        pages: Int(bytes / block), pageBytes: Int(block), isWide: isWide, canShare: canShare,
        rows: numbers[2] ?? -1)
    } catch {
      throw InputError(ServerTrouble.reading(place, table: table.name, error, rows: 0))
    }
  }

  private func plan(pages: Int, pageBytes: Int, isWide: Bool, canShare: Bool, rows: Double) {
    var shares: [PostgreSQLShare] = []
    let perShare = max(Self.shareBytes / pageBytes, pages / Self.sharesMax + 1)
    let count = canShare ? max(1, pages / perShare) : 1
    for index in 0..<count {
      shares.append(
        PostgreSQLShare(
          firstPage: index == 0 ? nil : index * perShare,
          endPage: index == count - 1 ? nil : (index + 1) * perShare, isWide: isWide,
          expectedBytes: min(pages, perShare) * pageBytes))
    }
    if let rowsMax, rows > Double(rowsMax) * 4, pages > 100 {
      // Whole pages from all over the table, the same ones in every run.
      shares[0].samplePercent = min(100, 200 * Double(rowsMax) / rows)
    }
    progress.setParts(shares.count)
    state.withLock { $0.shares = shares }
  }

  func nextPart() -> (any Part)? {
    let share = state.withLock { state -> PostgreSQLShare? in
      guard state.next < state.shares.count else { return nil }
      defer { state.next += 1 }
      return state.shares[state.next]
    }
    return share.map { PostgreSQLTablePart($0, of: self) }
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    guard progress.isOpen else { return outcome }
    progress.report(
      into: &outcome, place: location.target, name: table.name, isSample: rowsMax != nil)
    if !table.hiddenColumns.isEmpty {
      outcome.notExamined.append(
        Coverage.Entry(
          place: place, reason: .permissionDenied,
          detail: "The account may not read the columns "
            + table.hiddenColumns.joined(separator: ", ") + ". Grant it SELECT on the table."))
    }
    if table.mayHideRows {
      outcome.notExamined.append(
        Coverage.Entry(
          place: place, reason: .permissionDenied,
          detail: "Row security may hide rows from this account. Use one with BYPASSRLS."))
    }
    if session.takeRenewal() {
      outcome.notExamined.append(ServerTrouble.newSnapshot(location.target))
    }
    return outcome
  }
}

extension InputError {
  /// Trouble that is in the words of coverage already.
  init(_ entry: Coverage.Entry) {
    self.init(entry.place, entry.reason, entry.detail, bytes: entry.bytes)
  }
}

/// A share of a table: all rows, or those on pages from `firstPage` up to `endPage`.
struct PostgreSQLShare: Sendable {
  var firstPage: Int?
  var endPage: Int?
  /// Some values may be too large to be held: rows tell, and those values are read on their own.
  var isWide: Bool
  var expectedBytes: Int
  var samplePercent: Double?

  /// The statement that reads it.
  func copy(_ table: PostgreSQLTable, rowsMax: Int?) -> String {
    var columns = table.readings.map { reading in
      guard isWide, let test = reading.isLarge else { return reading.value }
      return "CASE WHEN \(test) THEN NULL ELSE \(reading.value) END"
    }
    if hasPlace(table) { columns.append("ctid") }
    if isWide { columns.append("coalesce(\(largeTest(table)), false)") }
    var sql = "SELECT \(columns.joined(separator: ", ")) FROM \(table.from)"
    if let samplePercent {
      sql += " TABLESAMPLE SYSTEM (\(samplePercent)) REPEATABLE (1)"
    }
    let bounds = [
      firstPage.map { "ctid >= '(\($0),0)'::tid" }, endPage.map { "ctid < '(\($0),0)'::tid" },
    ].compactMap { $0 }
    if !bounds.isEmpty { sql += " WHERE " + bounds.joined(separator: " AND ") }
    if let rowsMax { sql += " LIMIT \(rowsMax)" }
    return "COPY (\(sql)) TO STDOUT"
  }

  /// Whether the row's place in the table comes behind its columns.
  func hasPlace(_ table: PostgreSQLTable) -> Bool {
    isWide || (table.key.isEmpty && table.showsPlaces)
  }

  private func largeTest(_ table: PostgreSQLTable) -> String {
    let tests = table.readings.compactMap(\.isLarge)
    return tests.isEmpty ? "false" : tests.joined(separator: " OR ")
  }
}
