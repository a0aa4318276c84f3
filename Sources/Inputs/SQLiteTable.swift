import Core
import Native

/// One share of a table: each value that is not NULL is a chunk.
final class TablePart: Part, @unchecked Sendable {
  // Unchecked for the variables: one worker reads a part, and only it asks for `rowKey` meanwhile.
  let table: String?
  let columns: [String]
  var columnTypes: [String] { plan.shape.columnTypes }
  private(set) var rowNumber: Int? = 0
  let expectedBytes = 0
  private let plan: TablePlan
  private let progress: TableProgress
  private let content: DatabaseContent
  private(set) var opened: (any PartSeries)?
  private var currentRow: Row?
  private var chunk = Chunk.forValues
  /// Of the row whose values are read one by one.
  private var largeRowKey: String?
  private var wasRead = false

  init(_ plan: TablePlan, of progress: TableProgress, in content: DatabaseContent) {
    self.plan = plan
    self.progress = progress
    self.content = content
    table = progress.name
    columns = plan.shape.columns
  }

  deinit {
    if !wasRead { content.noteTablePart(isWhole: false) }
  }

  /// Rows between two looks at whether the user wants to stop.
  private static let rowsPerCheck = 1024

  var rowKey: String? {
    if let largeRowKey { return largeRowKey }
    guard let row = currentRow else { return nil }
    switch plan.shape.key {
    case .rowID(_, let label):
      return label + "=" + RowKey.masked(Array(String(row.integer(0)).utf8))
    case .columns(let indices):
      return indices.isEmpty ? nil : RowKey.text(indices.map { RowKey.part(columns[$0], row, $0) })
    case .none: return nil
    }
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    wasRead = true
    let outcome = readTable(into: buffer, body)
    content.noteTablePart(isWhole: outcome.notExamined.isEmpty)
    return outcome
  }

  private func readTable(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var rows = 0
    var end = SQLiteCode.failed
    do throws(SQLiteCode) {
      let reader = try content.takeReader()
      // One view of the database for the rows and for their count.
      try reader.database.execute("BEGIN")
      end = try readAll(of: reader.database, buffer, &rows, &outcome, body)
      if progress.note(rowsRead: rows, isWhole: end == .done), end != .interrupted {
        countRows(of: reader.database)
      }
      try reader.database.execute("COMMIT")
      // Only a connection without an open transaction is of use for another part.
      content.giveBack(reader)
    } catch {
      if end == .failed { _ = progress.note(rowsRead: 0, isWhole: false) }
      // An interrupted or damaged transaction has nothing to commit; that is told below.
      if end != .done { end = error }
    }
    outcome.examined.rows = rows
    if end != .done {
      outcome.notExamined.append(
        Coverage.Entry(
          place: progress.place, reason: end.reason,
          detail: end == .interrupted ? nil : "\(end.text), after \(Plural.text(rows, "row"))."))
    }
    return outcome
  }

  /// A row with a value too large to be read with its row.
  private enum LargeRow {
    case rowID(Int64, word: String)
    /// Of a table without row ids: how many rows come before it.
    case number(Int)
  }

  /// Reads all rows, those too large to be held value by value.
  private func readAll(
    of database: borrowing Database, _ buffer: WorkBuffer, _ rows: inout Int,
    _ outcome: inout PartOutcome, _ body: (Chunk) -> Bool
  ) throws(SQLiteCode) -> SQLiteCode {
    var first = plan.first
    while true {
      var lastRowID: Int64?
      let code = try readRows(of: database, from: first, buffer, &rows, &lastRowID, body)
      guard code.primary == .tooBig else { return code }
      guard case .rowID(let word, let label) = plan.shape.key else {
        let result = try readUnnumbered(rows, of: database, buffer, &outcome, body)
        guard result == .done else { return result }
        rows += 1
        rowNumber = rows
        continue
      }
      if let lastRowID { first = lastRowID + 1 }
      let next = try database.prepare(plan.shape.nextRowID(word, first: first, end: plan.end))
      guard next.step() == .row else { return code }
      let row = next.currentRow.integer(0)
      largeRowKey = label + "=" + RowKey.masked(Array(String(row).utf8))
      defer { largeRowKey = nil }
      let result = try readLarge(
        .rowID(row, word: word), of: database, buffer, &outcome, body)
      guard result == .done else { return result }
      rows += 1
      rowNumber = rows
      if row == Int64.max { return .done }
      first = row + 1
    }
  }

  /// Reads one row of a table without row ids, where nothing opens a value in pieces: each is held
  /// once, if it is not much larger.
  private func readUnnumbered(
    _ number: Int, of database: borrowing Database, _ buffer: WorkBuffer,
    _ outcome: inout PartOutcome, _ body: (Chunk) -> Bool
  ) throws(SQLiteCode) -> SQLiteCode {
    if case .columns(let indices) = plan.shape.key {
      var parts: [RowKey.Part] = []
      for index in indices {
        let key = try database.prepare(plan.shape.value(index, rowNumber: number))
        parts.append(
          key.step() == .row
            ? RowKey.part(columns[index], key.currentRow, 0)
            : RowKey.Part(columns[index], shown: "(too large)"))
      }
      largeRowKey = parts.isEmpty ? nil : RowKey.text(parts)
    }
    defer { largeRowKey = nil }
    database.limitValues(to: Database.valueBytesHeldMax)
    let result = try readLarge(.number(number), of: database, buffer, &outcome, body)
    database.limitValues(to: Database.valueBytesMax)
    return result
  }

  /// Reads one row value by value, the large ones in blocks.
  private func readLarge(
    _ row: LargeRow, of database: borrowing Database, _ buffer: WorkBuffer,
    _ outcome: inout PartOutcome, _ body: (Chunk) -> Bool
  ) throws(SQLiteCode) -> SQLiteCode {
    for column in columns.indices {
      let sql =
        switch row {
        case .rowID(let id, let word): plan.shape.value(column, word, row: id)
        case .number(let number): plan.shape.value(column, rowNumber: number)
        }
      let statement = try database.prepare(sql)
      let code = statement.step()
      if code == .row {
        let values = RowValues(columns: 0..<1, isUTF8: plan.shape.isUTF8)
        values.fill(statement.currentRow)
        if !handOver(values.values[0], column, buffer, body) { return .interrupted }
        continue
      }
      guard code.primary == .tooBig else { return code }
      guard case .rowID(let id, _) = row else {
        outcome.notExamined.append(
          Coverage.Entry(
            place: valuePlace(column), reason: .overLimit,
            detail:
              "It holds more than \(Database.valueBytesHeldMax >> 20) MiB, in a table without "
              + "row ids; only the raw pages were read. Write the value to a file and scan that."))
        continue
      }
      let value = try database.openValue(
        table: plan.shape.name, column: plan.shape.rawColumns[column], row: id)
      let source: SegmentReader.ByteSource = { (target, offset) throws(SystemError) in
        try value.read(into: target, at: offset)
      }
      if let goesOn = openLarge(source, size: value.byteCount, column, &outcome, body) {
        if goesOn { continue } else { return .interrupted }
      }
      let reader = SegmentReader(
        source: source, sizes: ReadSizes(), field: .column(column), start: 0,
        end: value.byteCount, size: value.byteCount)
      let result = reader.read(into: buffer, body)
      if result.wasStopped { return .interrupted }
      if let error = result.error {
        outcome.notExamined.append(
          InputError(progress.place, error, bytes: value.byteCount - result.ownedBytes).entry)
      }
    }
    return .done
  }

  /// Hands over a large value that is a container.
  /// - Returns: what `body` says; `nil` when it is none, or cannot be opened here.
  private func openLarge(
    _ source: @escaping SegmentReader.ByteSource, size: Int, _ column: Int,
    _ outcome: inout PartOutcome, _ body: (Chunk) -> Bool
  ) -> Bool? {
    var head = [UInt8](repeating: 0, count: min(size, Limits.contextBytes))
    do throws(SystemError) {
      let read: Swift.Result<Int, SystemError> = head.withUnsafeMutableBytes { target in
        Swift.Result { () throws(SystemError) in try source(target, 0) }
      }
      head.removeLast(head.count - (try read.get()))
    } catch {
      // Whoever reads the bytes meets the same error, and tells it.
      return nil
    }
    let place = valuePlace(column)
    guard !content.isInMemory else {
      // Members are read by another thread, ahead.
      if let entry = ValueOpener.unopened(head, place: place) { outcome.notExamined.append(entry) }
      return nil
    }
    opened = content.opener.open(head: head, size: size, source: source, place: place)
    guard opened != nil else { return nil }
    defer { opened = nil }
    return head.withUnsafeBytes { bytes in
      var chunk = Chunk(
        bytes: bytes, owned: 0..<bytes.count, endsFile: false, field: .column(column))
      chunk.isContainer = true
      return body(chunk)
    }
  }

  /// - Returns: `.done` at the end, `.interrupted` when stopped, or what went wrong.
  private func readRows(
    of database: borrowing Database, from first: Int64?, _ buffer: WorkBuffer,
    _ rows: inout Int, _ lastRowID: inout Int64?, _ body: (Chunk) -> Bool
  ) throws(SQLiteCode) -> SQLiteCode {
    let statement = try database.prepare(
      plan.shape.select(first: first, end: plan.end, skipped: rows))
    defer { currentRow = nil }
    let row = statement.currentRow
    var skipped = 0
    if case .rowID = plan.shape.key { skipped = 1 }
    let values = RowValues(
      columns: skipped..<max(skipped, statement.columnCount), isUTF8: plan.shape.isUTF8)
    currentRow = row
    while true {
      if let code = statement.nextRow(values) { return code }
      for column in 0..<values.count
      where !handOver(values.values[column], column, buffer, body) {
        return .interrupted
      }
      rows += 1
      rowNumber = rows
      if skipped == 1 { lastRowID = row.integer(0) }
      if rows % TablePart.rowsPerCheck == 0, Interruption.requested != nil { return .interrupted }
    }
  }

  /// - Returns: what `body` says; true for NULL.
  @inline(__always)
  private func handOver(
    _ value: RowValues.Value, _ column: Int, _ buffer: WorkBuffer, _ body: (Chunk) -> Bool
  ) -> Bool {
    switch value.storage {
    case .null: return true
    case .text: chunk.fill(value.bytes, column: column)
    case .blob:
      if let shadow = plan.shape.shadow {
        return handOver(value.bytes, of: shadow, column, body)
      } else if let opened = content.opener.open(value.bytes, place: { valuePlace(column) }) {
        return handOver(opened, value.bytes, column, body)
      }
      chunk.fill(value.bytes, column: column)
    case .integer: chunk.fill(NumberText.write(value.integer, buffer.bytes), column: column)
    case .real: chunk.fill(NumberText.write(value.real, buffer.bytes), column: column)
    }
    return body(chunk)
  }

  @inline(never)
  private func handOver(
    _ opened: OpenedValue, _ value: UnsafeRawBufferPointer, _ column: Int, _ body: (Chunk) -> Bool
  ) -> Bool {
    self.opened = opened
    defer { self.opened = nil }
    return body(.container(value, column: column))
  }

  @inline(never)
  private func handOver(
    _ value: UnsafeRawBufferPointer, of shadow: FullTextShadow, _ column: Int,
    _ body: (Chunk) -> Bool
  ) -> Bool {
    var row: Int64?
    if case .rowID = plan.shape.key { row = currentRow?.integer(0) }
    var chunk = Chunk(bytes: value, owned: 0..<value.count, field: .column(column))
    chunk.isIndex = shadow.holds(value, row: row)
    if shadow.role == .blocks {
      opened = content.opener.open(shadow.kind, value, place: { valuePlace(column) })
    }
    defer { opened = nil }
    chunk.isContainer = opened != nil
    return body(chunk)
  }

  /// What the coverage calls a value.
  private func valuePlace(_ column: Int) -> String {
    "\(progress.place).\(columns[column])" + (rowKey.map { " \($0)" } ?? "")
  }

  private func countRows(of database: borrowing Database) {
    do throws(SQLiteCode) {
      let statement = try database.prepare(plan.shape.count)
      if statement.step() == .row { progress.setRowsInTable(Int(statement.currentRow.integer(0))) }
    } catch {
      // Without a count coverage says that the number of rows is not known, which is the truth.
      return
    }
  }
}

/// What names a row without showing a number that may be a card's.
enum RowKey {
  /// Of a card's number; in a longer run one may begin anywhere.
  private static let digitsMax = 19
  private static let bytesMax = 64

  /// A column of the key with its value.
  struct Part {
    var name: String
    /// Where it may hold digits.
    var value: [UInt8] = []
    var shown: String

    init(_ name: String, _ value: [UInt8]) {
      self.name = name
      self.value = value
      shown = masked(value)
    }

    init(_ name: String, shown: String) {
      self.name = name
      self.shown = shown
    }
  }

  static func part(_ name: String, _ row: Row, _ index: Int) -> Part {
    switch row.storage(index) {
    case .null: Part(name, shown: "NULL")
    case .integer: Part(name, Array(String(row.integer(index)).utf8))
    case .real: Part(name, Array(row.real(index).description.utf8))
    case .text: Part(name, Array(row.text(index).prefix(bytesMax)))
    case .blob: Part(name, shown: "(\(row.blob(index).count) bytes)")
    }
  }

  /// All columns of the key. Where the digits of several make up a number that may be a card's, and none
  /// holds one by itself, the last four stay.
  static func text(_ parts: [Part]) -> String {
    var parts = parts
    let groups = parts.map { $0.value.filter(isDigit) }.filter { !$0.isEmpty }
    if groups.count > 1, isNumber(groups.flatMap { $0 }), !groups.contains(where: isNumber) {
      var kept = 4
      for index in parts.indices.reversed() where !parts[index].value.isEmpty {
        let shown = parts[index].shown.utf8.reversed().map { byte in
          guard isDigit(byte) else { return byte }
          kept -= 1
          return kept >= 0 ? byte : UInt8(ascii: "*")
        }
        parts[index].shown = String(decoding: shown.reversed(), as: UTF8.self)
      }
    }
    return parts.map { $0.name + "=" + $0.shown }.joined(separator: ",")
  }

  private static func isNumber(_ digits: [UInt8]) -> Bool {
    NumberGuard.shape(of: digits, in: 0..<digits.count) == .passes
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// What may be a card's number keeps its last four digits, and so do runs of digits that are longer.
  static func masked(_ bytes: [UInt8]) -> String {
    var out = Array(NumberGuard.masked(Escaping.text(fromFileName: bytes)).utf8)
    var start = 0
    while start < out.count {
      let end = out[start...].firstIndex { !isDigit($0) } ?? out.count
      if end - start > digitsMax {
        for index in start..<end - 4 { out[index] = UInt8(ascii: "*") }
      }
      start = end + 1
    }
    return String(decoding: out, as: UTF8.self)
  }
}
