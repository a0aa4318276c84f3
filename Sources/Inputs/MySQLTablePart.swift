import Core
import Native

/// Reads a table of a MariaDB or MySQL server; each value that is not NULL is a chunk. Rows with a
/// value too large to be held come behind the others.
final class MySQLTablePart: Part, @unchecked Sendable {
  // Unchecked for the variables: one worker reads a part, and only it asks for `rowKey` meanwhile.
  let table: String?
  let columns: [String]
  let columnTypes: [String]
  /// Counts the rows handed over; those put off come later.
  private(set) var rowNumber: Int? = 0
  let expectedBytes: Int
  private let item: MySQLTableItem
  private let kinds: [ServerColumn.Kind]
  /// Rows tell whether they have values too large to be held: those are read on their own.
  private let isWide: Bool
  private var row: ServerRow?
  private var chunk = Chunk.forValues
  private(set) var opened: (any PartSeries)?
  private var unopened: [Coverage.Entry] = []
  /// Columns of bytes, whose values may be containers.
  private let isBinary: [Bool]
  private var largeRowKey: String?
  /// For each row with such values: the condition that selects it, and its key.
  private var largeRows: [(values: [ServerValue], key: String?)] = []
  private var rows = 0
  private var bytes = 0
  private var wasStopped = false

  private static let rowsPerCheck = 1024
  private static let valueBytesMax = Database.valueBytesMax
  private static let pieceBytes = 4 << 20
  /// Of a value that the server keeps, as whoever takes a piece of it pays for a copy of all of it.
  private static let blockBytes = 16 * pieceBytes
  /// Four bytes each at most, below the 16 MiB that a server sends at once as it is installed.
  private static let pieceCharacters = 3 << 20

  init(of item: MySQLTableItem) {
    self.item = item
    table = item.table.name
    columns = item.table.columns.map(\.name)
    columnTypes = item.table.columns.map(\.type)
    kinds = item.table.columns.map(\.kind)
    isBinary = item.table.columns.map { column in
      let type = column.type.lowercased()
      return type.contains("blob") || type.contains("binary")
    }
    // Without a key there is no way to a row but the one that passes it; then a row must fit in
    // memory. So it must when old versions of rows share their keys.
    isWide = !item.table.large.isEmpty && item.table.isFoundByKey && !item.table.isVersioned
    expectedBytes = item.table.bytes
  }

  var rowKey: String? {
    if let largeRowKey { return largeRowKey }
    guard let row else { return nil }
    if item.table.key.isEmpty { return "row=\(rows + 1)" }
    return ServerRowKey.text(
      item.table.key.map { (columns[$0], false, row[$0]) })
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var counted: Int?
    do throws(ServerError) {
      counted = try readWithRetry(buffer, body)
      if wasStopped {
        outcome.notExamined.append(Coverage.Entry(place: item.place, reason: .interrupted))
      }
    } catch {
      outcome.notExamined.append(
        ServerTrouble.reading(item.place, table: item.table.name, error, rows: rows))
    }
    outcome.notExamined += unopened
    outcome.examined.rows = rows
    outcome.examined.bytes = bytes
    item.progress.note(rowsRead: rows, counted: counted)
    return outcome
  }

  /// A connection that was lost before the first row of this table is made again.
  private func readWithRetry(
    _ buffer: WorkBuffer, _ body: (Chunk) -> Bool
  ) throws(ServerError) -> Int? {
    do throws(ServerError) {
      return try item.session.withConnection { connection throws(ServerError) in
        try readAll(connection, buffer, body)
      }
    } catch {
      guard error.isConnectionLost, rows == 0, Interruption.requested == nil else { throw error }
      return try item.session.withConnection { connection throws(ServerError) in
        try readAll(connection, buffer, body)
      }
    }
  }

  /// - Returns: the rows the server says it has, `nil` when it was stopped.
  private func readAll(
    _ connection: MySQLConnection, _ buffer: WorkBuffer, _ body: (Chunk) -> Bool
  ) throws(ServerError) -> Int? {
    try connection.query(select()) { row in
      self.row = row
      defer { self.row = nil }
      if !handOver(row, buffer, body) {
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
    if wasStopped { return nil }
    let found = try connection.rows("SELECT FOUND_ROWS()").first?.first.flatMap { $0 }
    try readLarge(connection, buffer, body)
    return wasStopped ? nil : found.flatMap { Int($0) }
  }

  private func select() -> String {
    let table = item.table
    var columns = table.columns.enumerated().map { index, column in
      let name = MySQLConnection.quoted(column.name)
      guard isWide, table.large[index] != nil else { return name }
      return "IF(LENGTH(\(name)) > \(Self.valueBytesMax), NULL, \(name))"
    }
    if isWide {
      let tests = table.large.keys.sorted().map {
        "COALESCE(LENGTH(\(MySQLConnection.quoted(table.columns[$0].name))), 0)"
          + " > \(Self.valueBytesMax)"
      }
      columns.append(tests.joined(separator: " OR "))
    }
    let limit = item.rowsMax.map { " LIMIT \($0)" } ?? ""
    return "SELECT \(columns.joined(separator: ", ")) FROM \(table.from)\(limit)"
  }

  private func handOver(_ row: ServerRow, _ buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> Bool {
    if isWide, row[row.count - 1]?.first == UInt8(ascii: "1") {
      let values = item.table.key.map { index -> ServerValue in
        row[index].map { bytes in
          String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(Array(bytes))
        } ?? .null
      }
      largeRows.append((values, rowKey))
      return true
    }
    for index in kinds.indices {
      guard let raw = row[index] else { continue }
      bytes += raw.count
      let value = plain(raw, index, buffer)
      if !handOver(value, index, body) { return false }
    }
    rowNumber = (rowNumber ?? 0) + 1
    return true
  }

  /// The value's bytes as they go to detection.
  @inline(__always)
  private func plain(
    _ raw: UnsafeRawBufferPointer, _ index: Int, _ buffer: WorkBuffer
  ) -> UnsafeRawBufferPointer {
    switch kinds[index] {
    case .text, .hex: raw
    case .number: ServerColumn.wholeNumber(raw, buffer.bytes)
    case .bits: ServerColumn.number(ofBits: raw, buffer.bytes)
    }
  }

  @inline(__always)
  private func handOver(
    _ value: UnsafeRawBufferPointer, _ index: Int, _ body: (Chunk) -> Bool
  ) -> Bool {
    if isBinary[index] {
      opened = item.opener.open(value) { valuePlace(index) }
      if opened != nil {
        defer { opened = nil }
        return body(.container(value, column: index))
      }
      if value.count > Self.valueBytesMax,
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
    _ connection: MySQLConnection, _ buffer: WorkBuffer, _ body: (Chunk) -> Bool
  ) throws(ServerError) {
    defer { largeRowKey = nil }
    let table = item.table
    let condition = table.key.map { MySQLConnection.quoted(columns[$0]) + " = ?" }
    let from = "FROM \(table.from) WHERE " + condition.joined(separator: " AND ")
    eachRow: for large in largeRows {
      largeRowKey = large.key
      for index in columns.indices {
        let name = MySQLConnection.quoted(columns[index])
        guard
          let isSmall = try readSmall(
            column: index, name, from, large.values, connection, buffer, body)
        else {
          tellLost(large.key)
          rows -= 1
          continue eachRow
        }
        if !isSmall {
          let size = table.large[index] == true ? Self.pieceCharacters : Self.pieceBytes
          try readLarge(column: index, name, from, large.values, size, connection, buffer, body)
        }
        if wasStopped { return }
      }
      rowNumber = (rowNumber ?? 0) + 1
    }
    largeRows = []
  }

  private func tellLost(_ key: String?) {
    unopened.append(
      Coverage.Entry(
        place: item.place + (key.map { " " + $0 } ?? ""), reason: .changed,
        detail: "The row has a value of more than 4 MiB. It was not found again by its key, and "
          + "not read to its end."))
  }

  /// - Returns: false for a value that has to be read in pieces, `nil` when there is no such row.
  private func readSmall(
    column: Int, _ name: String, _ from: String, _ key: [ServerValue],
    _ connection: MySQLConnection, _ buffer: WorkBuffer, _ body: (Chunk) -> Bool
  ) throws(ServerError) -> Bool? {
    let test = "COALESCE(LENGTH(\(name)), 0) > \(Self.valueBytesMax)"
    var found: Bool?
    try connection.query("SELECT \(test), IF(\(test), NULL, \(name)) \(from)", key) { row in
      let isSmall = row[0]?.first != UInt8(ascii: "1")
      found = isSmall
      guard isSmall, let raw = row[1] else { return true }
      bytes += raw.count
      let value = plain(raw, column, buffer)
      if !handOver(value, column, body) { wasStopped = true }
      return true
    }
    return found
  }

  private func readLarge(
    column: Int, _ name: String, _ from: String, _ key: [ServerValue], _ size: Int,
    _ connection: MySQLConnection, _ buffer: WorkBuffer, _ body: (Chunk) -> Bool
  ) throws(ServerError) {
    let isHeld = try hold(column: column, name, from, key, connection)
    let size = isHeld ? Self.pieceBytes : size
    var offset = 1
    var failure: ServerError?
    let value = LargeServerValue { () throws(ServerValueStopped) in
      var piece: [UInt8] = []
      var isThere = false
      do throws(ServerError) {
        let start = (offset - 1) % Self.blockBytes
        if isHeld, start == 0 {
          try connection.execute(
            "SET @unpan_block = SUBSTRING(@unpan_value, \(offset), \(Self.blockBytes))")
        }
        let sql =
          isHeld
          ? "SELECT SUBSTRING(@unpan_block, \(start + 1), \(size))"
          : "SELECT SUBSTRING(\(name), \(offset), \(size)) \(from)"
        try connection.query(sql, isHeld ? [] : key) { row in
          piece = row[0].map { Array($0) } ?? []
          isThere = true
          return true
        }
        if !isThere { self.tellLost(self.largeRowKey) }
      } catch {
        failure = error
        throw ServerValueStopped()
      }
      if offset == 1, self.isBinary[column],
        let entry = ValueOpener.unopened(piece, place: self.valuePlace(column))
      {
        self.unopened.append(entry)
      }
      offset += size
      return piece
    }
    let result = value.read(column: column, into: buffer, bytes: &bytes, body)
    if let failure { throw failure }
    if result.wasStopped { wasStopped = true }
    if isHeld { try connection.execute("SET @unpan_value = NULL, @unpan_block = NULL") }
  }

  /// Lets the server keep a value's bytes for as long as they are asked for, text as UTF-8: a piece
  /// out of the table costs it a walk through the whole value, and one of text a count of its
  /// characters (a text of 270 MB: 213 s in pieces of the table, 8 s so).
  ///
  /// - Returns: false when it does not, as for want of memory.
  private func hold(
    column: Int, _ name: String, _ from: String, _ key: [ServerValue],
    _ connection: MySQLConnection
  ) throws(ServerError) -> Bool {
    let isText = item.table.large[column] == true
    let bytes = isText ? "CONVERT(CONVERT(\(name) USING utf8mb4) USING binary)" : name
    do throws(ServerError) {
      try connection.execute("SET @unpan_value = NULL")
      try connection.execute(
        "SELECT \(bytes), LENGTH(\(bytes)) INTO @unpan_value, @unpan_length \(from)", key)
      return try connection.rows("SELECT LENGTH(@unpan_value) = @unpan_length").first?.first == "1"
    } catch {
      if error.isConnectionLost { throw error }
      return false
    }
  }
}
