import Core
import Native

/// What a database's definitions say: the statements that made its tables, indexes, views and
/// triggers. Their bytes are counted with the pages; a number found here is not told of those again.
///
/// Declares no types of its columns, so no inventory is made of it.
final class SQLiteSchemaPart: Part, @unchecked Sendable {
  // Unchecked for the variable: one worker reads a part, and only it asks for `rowKey` meanwhile.
  let table: String? = "sqlite_schema"
  let columns = ["sql"]
  private(set) var rowKey: String?
  private(set) var rowNumber: Int? = 0
  let expectedBytes = 0
  private let content: DatabaseContent
  private let place: String

  init(of content: DatabaseContent, place: String) {
    self.content = content
    self.place = place
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    do throws(SQLiteCode) {
      let reader = try content.takeReader()
      try read(reader.database, body)
      content.giveBack(reader)
    } catch {
      outcome.notExamined.append(
        Coverage.Entry(
          place: place + ": sqlite_schema", reason: error.reason,
          detail: error == .interrupted ? nil : "\(error.text)."))
    }
    return outcome
  }

  private func read(
    _ database: borrowing Database, _ body: (Chunk) -> Bool
  ) throws(SQLiteCode) {
    let statement = try database.prepare(
      "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    var chunk = Chunk.forValues
    while true {
      switch statement.step() {
      case .row:
        let row = statement.currentRow
        rowKey = NumberGuard.masked(Escaping.text(fromFileName: row.text(0)))
        chunk.fill(row.text(1), column: 0)
        if !body(chunk) || Interruption.requested != nil { throw .interrupted }
        rowNumber = (rowNumber ?? 0) + 1
      case .done: return
      case let code: throw code
      }
    }
  }
}
