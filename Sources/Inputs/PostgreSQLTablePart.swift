import Core
import Native

/// Reads one share of a table; each value that is not NULL is a chunk. Rows with a value too large to
/// be held come behind the others.
final class PostgreSQLTablePart: Part, @unchecked Sendable {
  // Unchecked for the variables: one worker reads a part, and only it asks for `rowKey` meanwhile.
  let table: String?
  let columns: [String]
  let columnTypes: [String]
  /// Counts the rows handed over; those put off come later.
  private(set) var rowNumber: Int? = 0
  let expectedBytes: Int
  private let share: PostgreSQLShare
  private let item: PostgreSQLTableItem
  private let kinds: [ServerColumn.Kind]
  private let hasPlace: Bool
  private var row = CopyRow()
  private var isInRow = false
  private var chunk = Chunk.forValues
  private(set) var opened: (any PartSeries)?
  private var unopened: [Coverage.Entry] = []
  private var largeRowKey: String?
  /// Rows with values too large to be held: where they are, and their keys.
  private var largeRows: [(place: String, key: String?)] = []
  private var rows = 0
  private var bytes = 0
  private var wasStopped = false

  private static let rowsPerCheck = 1024
  private static let attemptsMax = 4
  private static let pieceBytes = 4 << 20

  init(_ share: PostgreSQLShare, of item: PostgreSQLTableItem) {
    self.share = share
    self.item = item
    table = item.table.name
    columns = item.table.columns.map(\.name)
    columnTypes = item.table.columns.map(\.type)
    kinds = item.table.columns.map(\.kind)
    hasPlace = share.hasPlace(item.table)
    expectedBytes = share.expectedBytes
  }

  var rowKey: String? {
    if let largeRowKey { return largeRowKey }
    guard isInRow else { return nil }
    let table = item.table
    if table.key.isEmpty {
      guard hasPlace, let place = row.value(kinds.count) else { return nil }
      return "ctid=" + Escaping.text(fromFileName: UnsafeRawBufferPointer(place))
    }
    return ServerRowKey.text(
      table.key.map { index in
        (columns[index], kinds[index] == .hex, row.value(index).map { UnsafeRawBufferPointer($0) })
      })
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var counted: Int?
    if let error = readWithRetries(buffer, &counted, body) {
      let entry = ServerTrouble.reading(
        item.place, table: item.table.name, error, rows: rows)
      if item.progress.isFirst(entry.reason) { outcome.notExamined.append(entry) }
    } else if wasStopped {
      outcome.notExamined.append(Coverage.Entry(place: item.place, reason: .interrupted))
    }
    outcome.notExamined += unopened
    outcome.examined.rows = rows
    outcome.examined.bytes = bytes
    item.progress.note(rowsRead: rows, counted: counted)
    return outcome
  }

  /// Reads until all is read or it makes no sense to go on. The order of rows is the same each time
  /// within a snapshot, so what was handed over already is passed by.
  private func readWithRetries(
    _ buffer: WorkBuffer, _ counted: inout Int?, _ body: (Chunk) -> Bool
  ) -> ServerError? {
    var last = ServerError(isConnectionLost: true)
    var generation: Int?
    var takesBytesAsTheyAre = false
    for _ in 0..<Self.attemptsMax {
      do throws(ServerError) {
        let lease = try item.session.take()
        // Another snapshot has other rows: what is left cannot be told from what was read.
        if let generation, generation != lease.generation, rows > 0 {
          item.session.giveBack(lease, isInOrder: true)
          return last
        }
        generation = lease.generation
        var isInOrder = false
        // One whose settings were changed is of no use to others.
        defer { item.session.giveBack(lease, isInOrder: isInOrder && !takesBytesAsTheyAre) }
        if takesBytesAsTheyAre {
          try lease.connection.execute("SET LOCAL client_encoding = 'SQL_ASCII'")
        }
        counted = try copy(lease.connection, buffer, body)
        if !wasStopped { try readLarge(lease.connection, buffer, body) }
        if !wasStopped { try checkUnchanged(lease.connection) }
        isInOrder = !wasStopped
        return nil
      } catch {
        last = error
        let isEncoding = ["22021", "22P05"].contains(error.sqlState) && !takesBytesAsTheyAre
        if isEncoding { takesBytesAsTheyAre = true }
        guard error.isConnectionLost || isEncoding, Interruption.requested == nil else {
          counted = nil
          return error
        }
      }
    }
    return last
  }

  /// - Returns: the rows the server sent, `nil` when it was stopped.
  private func copy(
    _ connection: PostgreSQLConnection, _ buffer: WorkBuffer, _ body: (Chunk) -> Bool
  ) throws(ServerError) -> Int? {
    var skipped = 0
    let before = rows
    defer { isInRow = false }
    let sql = share.copy(item.table, rowsMax: item.rowsMax)
    return try connection.copy(sql) { line in
      if skipped < before {
        skipped += 1
        return true
      }
      bytes += line.count
      row.parse(line)
      isInRow = true
      if !handOver(buffer, body) {
        wasStopped = true
        return false
      }
      rows += 1
      if rows % Self.rowsPerCheck == 0, Interruption.requested != nil {
        wasStopped = true
        return false
      }
      return true
    }
  }

  private func handOver(_ buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> Bool {
    let isLarge = share.isWide && row.value(row.count - 1)?.first == UInt8(ascii: "t")
    if isLarge, let place = row.value(kinds.count) {
      largeRows.append((String(decoding: place, as: UTF8.self), rowKey))
      return true
    }
    for index in kinds.indices {
      guard let raw = row.value(index) else { continue }
      let value = kinds[index].plain(raw, buffer.bytes)
      if !handOver(value, index, body) { return false }
    }
    rowNumber = (rowNumber ?? 0) + 1
    return true
  }

  @inline(__always)
  private func handOver(
    _ value: UnsafeRawBufferPointer, _ index: Int, _ body: (Chunk) -> Bool
  ) -> Bool {
    if kinds[index] == .hex {
      opened = item.opener.open(value) { valuePlace(index) }
      if opened != nil {
        defer { opened = nil }
        return body(.container(value, column: index))
      }
      if value.count > Database.valueBytesMax,
        let entry = ValueOpener.unopened(value, place: valuePlace(index))
      {
        unopened.append(entry)
      }
    }
    chunk.fill(value, column: index)
    return body(chunk)
  }

  /// What the coverage calls a value.
  private func valuePlace(_ index: Int) -> String {
    "\(item.place).\(columns[index])" + (rowKey.map { " \($0)" } ?? "")
  }

  /// Reads the rows that were put off value by value, the large ones piece by piece.
  private func readLarge(
    _ connection: PostgreSQLConnection, _ buffer: WorkBuffer, _ body: (Chunk) -> Bool
  ) throws(ServerError) {
    defer { largeRowKey = nil }
    let table = item.table
    let columns = table.readings.map { reading in
      reading.isLarge.map { "CASE WHEN \($0) THEN NULL ELSE \(reading.value) END" } ?? reading.value
    }
    let tests = table.readings.map { $0.isLarge ?? "false" }
    let select = "SELECT " + (columns + tests).joined(separator: ", ")
    while let large = largeRows.first {
      let condition = "FROM \(table.from) WHERE ctid = '\(large.place)'::tid"
      var values: [[UInt8]?] = []
      try connection.query("\(select) \(condition)") { row in
        values = (0..<row.count).map { row[$0].map { Array($0) } }
        return true
      }
      largeRowKey = large.key ?? "ctid=\(large.place)"
      for index in kinds.indices where values.count == kinds.count * 2 {
        if values[kinds.count + index]?.first == UInt8(ascii: "t") {
          try readLarge(column: index, condition, connection, buffer, body)
        } else if var bytes = values[index] {
          let goesOn = bytes.withUnsafeMutableBytes { raw in
            let value = kinds[index].plain(raw, buffer.bytes)
            return handOver(value, index, body)
          }
          if !goesOn { wasStopped = true }
        }
        if wasStopped { return }
      }
      rowNumber = (rowNumber ?? 0) + 1
      largeRows.removeFirst()
    }
  }

  private func readLarge(
    column: Int, _ condition: String, _ connection: PostgreSQLConnection, _ buffer: WorkBuffer,
    _ body: (Chunk) -> Bool
  ) throws(ServerError) {
    let reading = item.table.readings[column]
    // The server unpacks the value once and keeps it until the last piece: 0.4 s for 270 MB, where
    // one statement a piece took 9 s, as each of them unpacks it again. Of bytes that are not
    // compressed it can read a piece alone.
    let name = reading.bytes
    let whole =
      reading.kind == .hex
      ? "CASE WHEN pg_column_size(\(name)) < octet_length(\(name)) THEN \(name) || ''::bytea "
        + "ELSE \(name) END"
      : name
    let size = Self.pieceBytes
    try connection.execute(
      """
      DECLARE unpan NO SCROLL CURSOR FOR SELECT substring(v FROM n FOR \(size))
      FROM (SELECT \(whole) AS v \(condition) OFFSET 0) s,
        generate_series(1, octet_length(v), \(size)) n
      """)
    var isFirst = true
    var failure: ServerError?
    let value = LargeServerValue { () throws(ServerValueStopped) in
      do throws(ServerError) {
        let piece = try connection.bytes("FETCH unpan") ?? []
        if isFirst, let entry = ValueOpener.unopened(piece, place: self.valuePlace(column)) {
          self.unopened.append(entry)
        }
        isFirst = false
        return piece
      } catch {
        failure = error
        throw ServerValueStopped()
      }
    }
    let result = value.read(column: column, into: buffer, bytes: &bytes, body)
    if let failure { throw failure }
    if result.wasStopped { wasStopped = true }
    try connection.execute("CLOSE unpan")
  }

  /// A table that is emptied or written anew looks empty to an older snapshot.
  private func checkUnchanged(_ connection: PostgreSQLConnection) throws(ServerError) {
    if item.table.isRoot { return }
    let sql = """
      SELECT c.relfilenode = pg_relation_filenode(c.oid) FROM pg_class c
      WHERE c.oid = \(item.table.oid)
      """
    if try connection.rows(sql).first?.first != "t" { throw ServerError(sqlState: "42703") }
  }
}
