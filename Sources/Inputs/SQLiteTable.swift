import Core
import Native

/// One share of a table: each value of three bytes or more is a chunk.
///
/// Nothing shorter can be or label a card number or a verification code.
final class TablePart: Part, @unchecked Sendable {
  // Unchecked for `currentRow`: one worker reads a part, and only it asks for `rowKey` meanwhile.
  let table: String?
  let columns: [String]
  let expectedBytes = 0
  private let plan: TablePlan
  private let progress: TableProgress
  private let content: DatabaseContent
  private var currentRow: Row?

  init(_ plan: TablePlan, of progress: TableProgress, in content: DatabaseContent) {
    self.plan = plan
    self.progress = progress
    self.content = content
    table = progress.name
    columns = plan.shape.columns
  }

  /// Rows between two looks at whether the user wants to stop.
  private static let rowsPerCheck = 1024

  var rowKey: String? {
    guard let row = currentRow else { return nil }
    switch plan.shape.key {
    case .rowID(_, let label):
      return label + "=" + RowKey.masked(Array(String(row.integer(0)).utf8))
    case .columns(let indices):
      let pairs = indices.map { index in
        columns[index] + "=" + RowKey.text(row, index, isUTF8: plan.shape.isUTF8)
      }
      return pairs.isEmpty ? nil : pairs.joined(separator: ",")
    case .none: return nil
    }
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var rows = 0
    var end = SQLiteCode.failed
    do throws(SQLiteCode) {
      let reader = try content.takeReader()
      // One view of the database for the rows and for their count.
      try reader.database.execute("BEGIN")
      end = try readRows(of: reader.database, buffer, &rows, body)
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
          detail: end == .interrupted ? nil : "\(end.text), after \(rows) rows."))
    }
    return outcome
  }

  /// - Returns: `.done` at the end, `.interrupted` when stopped, or what went wrong.
  private func readRows(
    of database: borrowing Database, _ buffer: WorkBuffer, _ rows: inout Int,
    _ body: (Chunk) -> Bool
  ) throws(SQLiteCode) -> SQLiteCode {
    let statement = try database.prepare(plan.shape.select(first: plan.first, end: plan.end))
    defer { currentRow = nil }
    let row = statement.currentRow
    var skipped = 0
    if case .rowID = plan.shape.key { skipped = 1 }
    let count = statement.columnCount
    let isUTF8 = plan.shape.isUTF8
    let scratch = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<512])
    currentRow = row
    while true {
      let code = statement.step()
      guard code == .row else { return code }
      for index in skipped..<count {
        let value: UnsafeRawBufferPointer
        switch row.storage(index) {
        case .null: continue
        case .text: value = isUTF8 ? row.blob(index) : row.text(index)
        case .blob: value = row.blob(index)
        case .integer: value = NumberText.write(row.integer(index), scratch)
        case .real: value = NumberText.write(row.real(index), scratch)
        }
        if value.count < 3 { continue }
        let chunk = Chunk(bytes: value, owned: 0..<value.count, field: .column(index - skipped))
        if !body(chunk) { return .interrupted }
      }
      rows += 1
      if rows % TablePart.rowsPerCheck == 0, Interruption.requested != nil { return .interrupted }
    }
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

/// Numbers as text, without an allocation for those that can matter.
enum NumberText {
  /// - Parameter scratch: at least 512 bytes; the text is at its end.
  static func write(
    _ value: Int64, _ scratch: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    var index = scratch.count
    var rest = value.magnitude
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      index -= 1
      scratch[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while rest > 0
    if value < 0 {
      index -= 1
      scratch[index] = UInt8(ascii: "-")
    }
    return UnsafeRawBufferPointer(rebasing: scratch[index...])
  }

  /// An integral value below 2^63 as plain digits: a card number is often stored as REAL.
  static func write(
    _ value: Double, _ scratch: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    if let whole = Int64(exactly: value) { return write(whole, scratch) }
    var text = value.description
    return text.withUTF8 { bytes in
      let count = min(bytes.count, scratch.count)
      scratch.copyBytes(from: bytes[..<count])
      return UnsafeRawBufferPointer(rebasing: scratch[..<count])
    }
  }
}

/// What names a row without showing a number that may be a card's.
enum RowKey {
  /// Digits in a row from which a key may be a card number.
  private static let digitsMin = 9
  private static let bytesMax = 64

  static func text(_ row: Row, _ index: Int, isUTF8: Bool) -> String {
    switch row.storage(index) {
    case .null: return "NULL"
    case .integer: return masked(Array(String(row.integer(index)).utf8))
    case .real: return masked(Array(row.real(index).description.utf8))
    case .text: return masked(Array(row.text(index).prefix(bytesMax)))
    case .blob: return "(\(row.blob(index).count) bytes)"
    }
  }

  /// Runs of nine digits or more, separators between them included, keep their last four.
  static func masked(_ bytes: [UInt8]) -> String {
    var out = bytes
    var digits: [Int] = []
    var lastDigit = -1
    func finish() {
      if digits.count >= digitsMin {
        for index in digits.dropLast(4) { out[index] = UInt8(ascii: "*") }
      }
      digits = []
    }
    for (index, byte) in bytes.enumerated() {
      let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      guard isDigit else { continue }
      // Groups may stand apart by a character or two.
      if lastDigit >= 0 && index - lastDigit > 3 { finish() }
      digits.append(index)
      lastDigit = index
    }
    finish()
    return Escaping.text(fromFileName: out)
  }
}
