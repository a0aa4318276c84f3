import Core
import Native
import Synchronization

/// What is to be read of a database: its tables, large ones in several shares.
struct DatabasePlan {
  var tables: [TableProgress] = []
  var parts: [TablePlan] = []
  /// The first pages of all tables and indexes.
  var roots: [Int64] = []
  /// As SQLite counts them, those in the log included.
  var pageCount = 0
  var reader: DatabaseReader?
  var troubles: [Coverage.Entry] = []
  var excluded: [Coverage.Entry] = []
  /// Why there is no plan.
  var error: SQLiteCode?

  /// A table with more row ids than this is shared out, so that several workers can read it.
  private static let rowsPerPart: Int64 = 200_000
  private static let partsMax: Int64 = 64

  init() {}

  init(path: [UInt8], place: String, mode: Database.ReadMode) {
    do throws(SQLiteCode) {
      let reader = DatabaseReader(try Database.open(path, mode))
      let isUTF8 = try DatabasePlan.isUTF8(reader.database)
      for table in try names(in: reader.database, place) {
        plan(table, isUTF8, reader.database, place)
      }
      roots = try DatabasePlan.roots(in: reader.database)
      pageCount = try DatabasePlan.pageCount(of: reader.database)
      self.reader = reader
    } catch {
      self.error = error
      tables = []
      parts = []
      excluded = []
      troubles = [
        Coverage.Entry(
          place: place, reason: error.reason,
          detail: (error.primary == .notADatabase
            ? "It begins as a SQLite database does, and is damaged or none" : error.text)
            + ". Its tables were not read, its bytes were.")
      ]
    }
  }

  /// Names of all tables, raw. Virtual tables keep their data in tables of their own, which are read;
  /// indexes of words come last, when the rows they repeat are known.
  private mutating func names(
    in database: borrowing Database, _ place: String
  ) throws(SQLiteCode) -> [TableName] {
    let statement = try database.prepare(
      "SELECT name, rootpage, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    var names: [[UInt8]] = []
    var owners: [[UInt8]: FullTextShadow.Owner] = [:]
    while true {
      switch statement.step() {
      case .row:
        let row = statement.currentRow
        let name = Array(row.text(0))
        if row.integer(1) > 0 {
          names.append(name)
        } else {
          owners[name] = FullTextShadow.Owner(statement: Array(row.text(2)))
          excluded.append(
            Coverage.Entry(
              place: place + ": " + Escaping.text(fromFileName: name),
              reason: Coverage.Reason(rawValue: "virtual-table"),
              detail: "What it stores lies in tables of its own, which were read."))
        }
      case .done:
        let content = Array("_content".utf8)
        let all = names.map { name in
          let owner =
            name.reversed().starts(with: content.reversed())
            ? owners[Array(name.dropLast(content.count))] : nil
          return TableName(
            name: name, shadow: FullTextShadow(of: name, owners: owners),
            textColumns: owner?.kind == .fts5 ? owner?.columns ?? [] : [])
        }
        return owners.isEmpty
          ? all
          : all.filter { $0.shadow?.role != .blocks } + all.filter { $0.shadow?.role == .blocks }
      case let code: throw code
      }
    }
  }

  private static func roots(in database: borrowing Database) throws(SQLiteCode) -> [Int64] {
    let statement = try database.prepare(
      "SELECT rootpage FROM sqlite_master WHERE rootpage > 0 ORDER BY rootpage")
    var roots: [Int64] = []
    while true {
      switch statement.step() {
      case .row: roots.append(statement.currentRow.integer(0))
      case .done: return roots
      case let code: throw code
      }
    }
  }

  private mutating func plan(
    _ found: TableName, _ isUTF8: Bool, _ database: borrowing Database, _ place: String
  ) {
    let name = found.name
    let table = TableProgress(name: Escaping.text(fromFileName: name), databasePlace: place)
    do throws(SQLiteCode) {
      var shape = try TableShape(name: name, isUTF8: isUTF8, in: database)
      shape.shadow = found.shadow
      for (index, column) in found.textColumns.enumerated()
      where index + 1 < shape.columns.count && shape.columns[index + 1] == "c\(index)" {
        shape.columns[index + 1] = column
      }
      let bounds = try shape.bounds(in: database)
      let count = min(
        DatabasePlan.partsMax, max(1, bounds.span / DatabasePlan.rowsPerPart))
      let step = bounds.span / count + 1
      table.setParts(Int(count))
      for share in 0..<count {
        parts.append(
          TablePlan(
            tableIndex: tables.count, shape: shape,
            first: share == 0 ? nil : bounds.lowest + share * step,
            end: share == count - 1 ? nil : bounds.lowest + (share + 1) * step))
      }
      tables.append(table)
    } catch {
      troubles.append(
        Coverage.Entry(place: table.place, reason: error.reason, detail: "\(error.text)."))
    }
  }

  private static func pageCount(of database: borrowing Database) throws(SQLiteCode) -> Int {
    let statement = try database.prepare("PRAGMA page_count")
    let code = statement.step()
    guard code == .row else { throw code == .done ? .failed : code }
    return Int(statement.currentRow.integer(0))
  }

  private static func isUTF8(_ database: borrowing Database) throws(SQLiteCode) -> Bool {
    let statement = try database.prepare("PRAGMA encoding")
    let code = statement.step()
    guard code == .row else { throw code == .done ? .failed : code }
    return statement.currentRow.text(0).elementsEqual("UTF-8".utf8)
  }
}

/// A table of the schema.
private struct TableName {
  var name: [UInt8]
  var shadow: FullTextShadow?
  /// What the columns are called whose text a full-text table keeps here.
  var textColumns: [String]
}

/// One share of a table: all rows, or those with row ids from `first` up to `end`.
struct TablePlan: Sendable {
  var tableIndex: Int
  var shape: TableShape
  var first: Int64?
  var end: Int64?
}

/// A table's columns and what names its rows.
struct TableShape: Sendable {
  var name: [UInt8]
  /// For display.
  var columns: [String]
  /// As stored, for SQL.
  var rawColumns: [[UInt8]]
  /// As declared, for display; empty where a column has no type.
  var columnTypes: [String]
  var key: Key
  var isUTF8: Bool
  /// When its blobs are what SQLite keeps for an index of words.
  var shadow: FullTextShadow?

  enum Key: Sendable {
    /// The row id, with the word that selects it and the name it is shown by.
    case rowID(word: String, label: String)
    /// Columns of the primary key of a table without row ids.
    case columns([Int])
    /// All of the row id's names are taken by columns.
    case none
  }

  init(name: [UInt8], isUTF8: Bool, in database: borrowing Database) throws(SQLiteCode) {
    self.name = name
    self.isUTF8 = isUTF8
    let all = try database.prepare(Array("SELECT * FROM ".utf8) + TableShape.quoted(name))
    let raw = (0..<all.columnCount).map { all.columnName($0) }
    rawColumns = raw
    columns = raw.map { Escaping.text(fromFileName: $0) }
    columnTypes = (0..<all.columnCount).map {
      Escaping.text(fromFileName: all.declaredType($0))
    }
    let taken = Set(columns.map { $0.lowercased() })
    key = .none
    guard let word = ["rowid", "_rowid_", "oid"].first(where: { !taken.contains($0) }) else {
      return
    }
    do throws(SQLiteCode) {
      let statement = try database.prepare(
        Array("SELECT \(word) FROM ".utf8) + TableShape.quoted(name))
      // SQLite calls the column by the INTEGER PRIMARY KEY's name when there is one.
      let label = Escaping.text(fromFileName: statement.columnName(0))
      key = .rowID(word: word, label: label == "rowid" ? word : label)
    } catch {
      // The only reason for this to fail after the statement above: WITHOUT ROWID.
      key = .columns(try TableShape.keyColumns(of: name, among: raw, in: database))
    }
  }

  /// The statement that reads one share. The row id comes first if there is one.
  /// - Parameter skipped: rows of a table without row ids that were read already.
  func select(first: Int64?, end: Int64?, skipped: Int) -> [UInt8] {
    guard case .rowID(let word, _) = key else {
      return Array("SELECT * FROM ".utf8) + TableShape.quoted(name)
        + (skipped > 0 ? Array(" LIMIT -1 OFFSET \(skipped)".utf8) : [])
    }
    return Array("SELECT \(word), * FROM ".utf8) + TableShape.quoted(name)
      + TableShape.conditions(word, first, end)
  }

  private static func conditions(_ word: String, _ first: Int64?, _ end: Int64?) -> [UInt8] {
    let all = [first.map { "\(word) >= \($0)" }, end.map { "\(word) < \($0)" }]
    let given = all.compactMap { $0 }
    return given.isEmpty ? [] : Array(" WHERE \(given.joined(separator: " AND "))".utf8)
  }

  /// The statement that finds the first row id of a share.
  func nextRowID(_ word: String, first: Int64?, end: Int64?) -> [UInt8] {
    var sql = Array("SELECT \(word) FROM ".utf8) + TableShape.quoted(name)
    sql += TableShape.conditions(word, first, end)
    return sql + Array(" ORDER BY \(word) LIMIT 1".utf8)
  }

  /// The statement that reads one value of a row by its number, for tables without row ids.
  ///
  /// It names all columns, so that SQLite walks the rows by the index that it takes for `SELECT *`, and
  /// with it in the same order; only the chosen one is read.
  func value(_ column: Int, rowNumber: Int) -> [UInt8] {
    var sql = Array("SELECT CASE \(column)".utf8)
    for (index, name) in rawColumns.enumerated() {
      sql += Array(" WHEN \(index) THEN ".utf8) + TableShape.quoted(name)
    }
    return sql + Array(" END FROM ".utf8) + TableShape.quoted(name)
      + Array(" LIMIT 1 OFFSET \(rowNumber)".utf8)
  }

  /// The statement that reads one value.
  func value(_ column: Int, _ word: String, row: Int64) -> [UInt8] {
    Array("SELECT ".utf8) + TableShape.quoted(rawColumns[column]) + Array(" FROM ".utf8)
      + TableShape.quoted(name) + Array(" WHERE \(word) = \(row)".utf8)
  }

  var count: [UInt8] { Array("SELECT count(*) FROM ".utf8) + TableShape.quoted(name) }

  /// The lowest row id, and how many lie between it and the highest.
  func bounds(
    in database: borrowing Database
  ) throws(SQLiteCode) -> (lowest: Int64, span: Int64) {
    guard case .rowID(let word, _) = key else { return (0, 0) }
    func edge(_ function: String) throws(SQLiteCode) -> Int64 {
      let statement = try database.prepare(
        Array("SELECT \(function)(\(word)) FROM ".utf8) + TableShape.quoted(name))
      // A damaged table is told when it is read.
      return statement.step() == .row ? statement.currentRow.integer(0) : 0
    }
    let lowest = try edge("min")
    let (span, overflow) = try edge("max").subtractingReportingOverflow(lowest)
    // Row ids all over the range are not evenly spread: one share does.
    return overflow || span < 0 || span > Int64.max / 4 ? (0, 0) : (lowest, span)
  }

  private static func quoted(_ name: [UInt8]) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    return [quote] + name.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
  }

  private static func keyColumns(
    of name: [UInt8], among columns: [[UInt8]], in database: borrowing Database
  ) throws(SQLiteCode) -> [Int] {
    let statement = try database.prepare(
      "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")
    try statement.bind(1, text: name)
    var indices: [Int] = []
    while true {
      switch statement.step() {
      case .row:
        let column = Array(statement.currentRow.text(0))
        if let index = columns.firstIndex(of: column) { indices.append(index) }
      case .done: return indices
      case let code: throw code
      }
    }
  }
}

/// How far reading a table has come, over all its shares.
final class TableProgress: Sendable {
  let name: String
  let place: String
  private let state = Mutex(State())

  private struct State {
    var rowsRead = 0
    var rowsInTable: Int?
    var partsLeft = 0
    var hasFailed = false
  }

  init(name: String, databasePlace: String) {
    self.name = name
    place = databasePlace + ": " + name
  }

  func setParts(_ parts: Int) { state.withLock { $0.partsLeft = parts } }

  /// - Returns: whether this was the last share, which then counts the rows.
  func note(rowsRead: Int, isWhole: Bool) -> Bool {
    state.withLock { state in
      state.rowsRead += rowsRead
      state.partsLeft -= 1
      if !isWhole { state.hasFailed = true }
      return state.partsLeft == 0
    }
  }

  /// Whether every row that the table counts was read.
  var isWhole: Bool {
    state.withLock { state in
      guard state.partsLeft == 0, !state.hasFailed, let count = state.rowsInTable else {
        return false
      }
      return state.rowsRead >= count
    }
  }

  func setRowsInTable(_ count: Int) { state.withLock { $0.rowsInTable = count } }

  func report(into outcome: inout PartOutcome, databasePlace: String) {
    let state = self.state.withLock { $0 }
    outcome.tables.append(
      Coverage.Table(
        place: databasePlace, name: name, rowsRead: state.rowsRead,
        rowsInTable: state.rowsInTable))
    guard state.partsLeft == 0 && !state.hasFailed else { return }
    outcome.examined.tables += 1
    if let count = state.rowsInTable, state.rowsRead < count {
      outcome.notExamined.append(
        Coverage.Entry(
          place: place, reason: .readError,
          detail:
            "It counts \(Plural.text(count, "row")), and not more than \(state.rowsRead) came: it is "
            + "damaged, or was "
            + "written to meanwhile."))
    }
  }
}

extension SQLiteCode {
  /// The word for it in coverage.
  var reason: Coverage.Reason {
    switch primary {
    case .busy, .locked: .locked
    case .corrupt, .notADatabase: .corrupt
    case .permission: .permissionDenied
    case .interrupted: .interrupted
    case .failed: .unsupported
    default: .readError
    }
  }
}
