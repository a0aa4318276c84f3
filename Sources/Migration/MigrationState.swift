/// How far a migration has come, kept in the database it changes: a mark and what it stands for are
/// written in one transaction.
struct MigrationState {
  static let table = DatabaseSchema.ownPrefix + "progress"
  static let undoCards = DatabaseSchema.ownPrefix + "undo_cards"
  static let undoCustomers = DatabaseSchema.ownPrefix + "undo_customers"

  /// The migration as a whole.
  enum Phase: String {
    case none, linking, linked, rollingBack = "rolling-back", scrubbing, scrubbed
  }

  /// One step's mark.
  struct Mark: Equatable {
    var position: SQLValue?
    var rows = 0
    var linked = 0
    var isDone = false
  }

  private let database: any MigrationDatabase
  private static let run = "run"

  init(_ database: any MigrationDatabase) { self.database = database }

  /// Whether a migration has ever begun here.
  static func exists(in schema: DatabaseSchema) -> Bool { schema.table(table) != nil }

  /// Makes the tables. Where making a table ends a transaction this may be stopped anywhere, so it
  /// does only what is not done; the phase says that nothing has begun until all is there.
  func create(plan: String) throws(MigrationError) {
    let text = database.columnType(for: .stripeId)
    try database.execute(
      """
      CREATE TABLE IF NOT EXISTS \(MigrationState.table)(
        step \(text) PRIMARY KEY, plan \(text), phase \(text),
        position \(database.columnType(for: .mark)), row_count INTEGER,
        linked_count INTEGER)
      """)
    if try current().plan.isEmpty { try insert(MigrationState.run, plan, .none) }
  }

  /// Makes the tables for what rows held before; inside a transaction.
  /// - Parameter keyTypes: the types of the keys of cards and customers.
  func createUndo(keyTypes: (cards: String, customers: String?)) throws(MigrationError) {
    let text = database.columnType(for: .stripeId)
    try database.execute(
      """
      CREATE TABLE IF NOT EXISTS \(MigrationState.undoCards)(
        number INTEGER PRIMARY KEY, row_key \(keyTypes.cards), old_id \(text), old_brand \(text), old_last4 \(text),
        new_id \(text), new_brand \(text), new_last4 \(text))
      """)
    guard let type = keyTypes.customers else { return }
    try database.execute(
      """
      CREATE TABLE IF NOT EXISTS \(MigrationState.undoCustomers)(
        number INTEGER PRIMARY KEY, row_key \(type), old_id \(text), new_id \(text))
      """)
  }

  private func insert(_ step: String, _ plan: String, _ phase: Phase) throws(MigrationError) {
    try database.insert(
      into: MigrationState.table,
      ["step", "plan", "phase", "position", "row_count", "linked_count"],
      [[SQLValue(step), SQLValue(plan), SQLValue(phase.rawValue), .null, .integer(0), .integer(0)]])
  }

  /// Phase and plan.
  func current() throws(MigrationError) -> (phase: Phase, plan: String) {
    var found: (Phase, String) = (.none, "")
    try forEach { step, values in
      guard step == MigrationState.run else { return }
      found = (Phase(rawValue: values[1]) ?? .none, values[0])
    }
    return found
  }

  func mark(_ step: String) throws(MigrationError) -> Mark? {
    var found: Mark?
    try forEach { name, values in
      guard name == step else { return }
      found = Mark(
        position: values[2].isEmpty ? nil : SQLValue(mark: values[2]), rows: Int(values[3]) ?? 0,
        linked: Int(values[4]) ?? 0, isDone: values[1] == "done")
    }
    return found
  }

  /// Columns that linking added, as `table.column`.
  func added() throws(MigrationError) -> [String] {
    var names: [String] = []
    try forEach { step, _ in
      if step.hasPrefix("added:") { names.append(String(step.dropFirst("added:".count))) }
    }
    return names
  }

  /// Before the column is added.
  func noteAdded(_ table: String, _ column: String, plan: String) throws(MigrationError) {
    guard !(try added().contains("\(table).\(column)")) else { return }
    try insert("added:\(table).\(column)", plan, .linked)
  }

  /// Inside the transaction of what the mark stands for.
  func set(_ step: String, _ mark: Mark, plan: String) throws(MigrationError) {
    let position = SQLValue(mark.position?.mark ?? "")
    let phase = SQLValue(mark.isDone ? "done" : "open")
    let update = RowUpdate(
      table: MigrationState.table, key: "step",
      columns: ["plan", "phase", "position", "row_count", "linked_count"])
    let values: [SQLValue] = [
      SQLValue(plan), phase, position, .integer(Int64(mark.rows)), .integer(Int64(mark.linked)),
    ]
    let change = RowChange(key: SQLValue(step), values: values)
    if try database.apply(update, [change]) == [true] { return }
    try database.insert(
      into: MigrationState.table, ["step"] + update.columns, [[SQLValue(step)] + values])
  }

  func set(_ phase: Phase, plan: String) throws(MigrationError) {
    let update = RowUpdate(table: MigrationState.table, key: "step", columns: ["plan", "phase"])
    let change = RowChange(
      key: SQLValue(MigrationState.run), values: [SQLValue(plan), SQLValue(phase.rawValue)])
    guard try database.apply(update, [change]) == [true] else {
      throw MigrationError(.notReadBack, MigrationState.table)
    }
  }

  /// Forgets the marks of link or scrub steps, for a plan that takes over.
  func forgetSteps() throws(MigrationError) {
    try database.execute(
      "DELETE FROM \(MigrationState.table) WHERE step LIKE 'link:%' OR step LIKE 'scrub:%'")
  }

  private func forEach(
    _ body: (_ step: String, _ values: [String]) -> Void
  ) throws(MigrationError) {
    let query = RowQuery(
      table: MigrationState.table, key: "step",
      columns: ["plan", "phase", "position", "row_count", "linked_count"])
    try database.read(query) { (row) throws(MigrationError) in
      func text(_ value: SQLValue) -> String {
        String(decoding: value.keyBytes ?? [], as: UTF8.self)
      }
      body(text(row.key), (0..<5).map { text(row.value($0)) })
      return true
    }
  }
}
