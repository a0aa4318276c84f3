import Core
import Detection

/// The SQL of a plan.
struct PlanSteps {
  private let config: MigrationConfig
  private let schema: DatabaseSchema
  private let database: any MigrationDatabase
  /// Tells what is left of a text, for a rehearsal.
  private let detector: Detector?

  init(
    _ config: MigrationConfig, _ schema: DatabaseSchema, _ database: any MigrationDatabase,
    _ detector: Detector? = nil
  ) {
    self.config = config
    self.schema = schema
    self.database = database
    self.detector = detector
  }

  /// Tables whose rows are changed, each once.
  var tables: [String] {
    var names: [String] = []
    // Customers and cards may be one table.
    let all = [config.cards.table, config.customers?.table].compactMap { $0 }
    for name in all + config.scrub.map(\.table)
    where !names.contains(where: { $0.lowercased() == name.lowercased() }) {
      names.append(name)
    }
    return names
  }

  /// Triggers that would fire and are kept from it.
  /// - Throws: `.triggersPresent` when nobody said what to do with them.
  func triggers() throws(MigrationError) -> [DatabaseSchema.Trigger] {
    let names = Set(tables.map { $0.lowercased() })
    let found = schema.triggers.filter { names.contains($0.table.lowercased()) }
    guard !found.isEmpty else { return [] }
    switch config.triggers {
    case .fire: return []
    case .suspend:
      guard database.suspension(of: found) != nil else {
        throw MigrationError(
          .triggersPresent, found.map(\.name).joined(separator: ", "),
          cause: "this server cannot suspend them, take \"fire\"")
      }
      return found
    case nil:
      throw MigrationError(.triggersPresent, found.map(\.name).joined(separator: ", "))
    }
  }

  // MARK: - Link

  /// Columns that link adds, in order.
  var missingColumns: [(table: String, column: String, purpose: ColumnPurpose)] {
    var wanted: [(table: String, column: String, purpose: ColumnPurpose)] = []
    if let customers = config.customers {
      wanted.append((customers.table, customers.stripeCustomer, .stripeId))
    }
    wanted.append((config.cards.table, config.cards.paymentMethod, .stripeId))
    if let brand = config.cards.brand { wanted.append((config.cards.table, brand, .brand)) }
    if let last4 = config.cards.last4 { wanted.append((config.cards.table, last4, .last4)) }
    return wanted.filter { schema.table($0.table)?.column($0.column) == nil }
  }

  func addColumn(_ item: (table: String, column: String, purpose: ColumnPurpose)) -> String {
    "ALTER TABLE \(database.quoted(item.table)) ADD COLUMN \(database.quoted(item.column)) "
      + database.columnType(for: item.purpose)
  }

  func link(_ counts: MatchCounts) throws(MigrationError) -> [MigrationPlan.Step] {
    var steps: [MigrationPlan.Step] = []
    for item in missingColumns {
      steps.append(
        MigrationPlan.Step(
          name: "add-column", table: item.table, sql: [addColumn(item)]))
    }
    let cards = config.cards
    let columns = [cards.paymentMethod, cards.brand, cards.last4].compactMap { $0 }
    steps.append(
      MigrationPlan.Step(
        name: "link-cards", table: cards.table, sql: [update(cards.table, columns, cards.key)],
        rows: counts.cards.linkable))
    if let customers = config.customers {
      steps.append(
        MigrationPlan.Step(
          name: "link-customers", table: customers.table,
          sql: [update(customers.table, [customers.stripeCustomer], customers.key)],
          rows: counts.customers.linkable))
    }
    return steps
  }

  private func update(_ table: String, _ columns: [String], _ key: String) -> String {
    let sets = columns.map { "\(database.quoted($0)) = ?" }.joined(separator: ", ")
    return "UPDATE \(database.quoted(table)) SET \(sets) WHERE \(database.quoted(key)) = ?"
  }

  // MARK: - Scrub

  /// The key that a table's rows are scrubbed by.
  func key(of name: String) throws(MigrationError) -> (name: String, isColumn: Bool) {
    if name.lowercased() == config.cards.table.lowercased() { return (config.cards.key, true) }
    guard let table = schema.table(name) else { throw MigrationError(.tableMissing, name) }
    if table.module == nil, table.primaryKey.count == 1 { return (table.primaryKey[0].name, true) }
    if let word = database.implicitKey(of: table) { return (word, false) }
    throw MigrationError(.keyOfManyColumns, name)
  }

  func scrub() throws(MigrationError) -> [MigrationPlan.Step] {
    var steps: [MigrationPlan.Step] = []
    for table in scrubTables {
      let actions = config.scrub.filter { $0.table.lowercased() == table.lowercased() }
      let changes = actions.filter { $0.action != .drop }
      if !changes.isEmpty {
        let key = try key(of: table)
        let quotedKey = key.isColumn ? database.quoted(key.name) : key.name
        let rows = try database.number("SELECT count(*) FROM \(database.quoted(table))")
        let sql = changes.map { item in
          "UPDATE \(database.quoted(table)) SET \(database.quoted(item.column)) = "
            + "\(PlanSteps.shown(item.action)) WHERE \(quotedKey) = ?"
        }
        steps.append(MigrationPlan.Step(name: "scrub-rows", table: table, sql: sql, rows: rows))
      }
      for item in actions where item.action == .drop {
        steps.append(
          MigrationPlan.Step(name: "drop-column", table: table, sql: drop(item)))
      }
    }
    steps.append(
      MigrationPlan.Step(
        name: "clean", table: "", sql: try database.cleaningStatements(tables: scrubTables)))
    return steps
  }

  /// Tables with something to scrub; the cards first, in which an unlinked row stops everything.
  var scrubTables: [String] {
    let all = tables.filter { name in
      config.scrub.contains { $0.table.lowercased() == name.lowercased() }
    }
    let cards = config.cards.table.lowercased()
    return all.filter { $0.lowercased() == cards } + all.filter { $0.lowercased() != cards }
  }

  /// Indexes of the column go first.
  func drop(_ item: MigrationConfig.Scrub) -> [String] {
    let indexes = (schema.table(item.table)?.indexes ?? []).filter { index in
      !index.isOfConstraint
        && index.columns.contains { $0.lowercased() == item.column.lowercased() }
    }
    return indexes.compactMap { database.dropIndex($0, of: item.table) } + [
      "ALTER TABLE \(database.quoted(item.table)) DROP COLUMN \(database.quoted(item.column))"
    ]
  }

  private static func shown(_ action: MigrationConfig.Action) -> String {
    switch action {
    case .null: "NULL"
    case .empty: "''"
    case .zero: "0"
    case .mask: "? /* stars and last four */"
    case .redact: "? /* the text without numbers */"
    case .drop: ""
    }
  }

  // MARK: - Rehearsal

  /// Tries all that changes the schema or could meet a constraint.
  /// - Throws: `.rehearsalFailed` with the statement as the plan shows it: a text's rest stays out of it.
  func rehearse() throws(MigrationError) {
    let trials = try trials()
    do throws(MigrationError) {
      try database.rehearse(trials.map(\.sql), rowsOf: tables)
    } catch {
      guard error.code == .rehearsalFailed,
        let trial = trials.first(where: { $0.sql == error.subject })
      else { throw error }
      throw MigrationError(.rehearsalFailed, trial.shown, cause: error.cause)
    }
  }

  private func trials() throws(MigrationError) -> [(sql: String, shown: String)] {
    var statements = missingColumns.map(addColumn)
    let suspended = try triggers()
    if !suspended.isEmpty { statements += database.suspension(of: suspended)?.before ?? [] }
    var trials = statements.map { ($0, $0) }
    for item in config.scrub {
      if item.action == .drop {
        trials += drop(item).map { ($0, $0) }
        continue
      }
      let update =
        "UPDATE \(database.quoted(item.table)) SET \(database.quoted(item.column)) = "
      let rest = database.trialClause(of: item.table)
      trials += try values(item).map { (update + $0 + rest, update + $0) }
      trials += try redactions(item).map {
        (update + $0 + rest, update + PlanSteps.shown(.redact))
      }
    }
    return trials
  }

  /// What an action writes where that is not up to a text, as literals.
  private func values(_ item: MigrationConfig.Scrub) throws(MigrationError) -> [String] {
    switch item.action {
    case .null: ["NULL"]
    case .empty: ["''"]
    case .zero: ["0"]
    case .mask: try masks(item)
    case .redact:
      schema.table(item.table)?.column(item.column)?.redacted.map { [$0 == .null ? "NULL" : "0"] }
        ?? []
    case .drop: []
    }
  }

  /// The masks that will stand in the column, each once: how long they are is up to the values.
  private func masks(_ item: MigrationConfig.Scrub) throws(MigrationError) -> [String] {
    guard let detector else { return ["'***'"] }
    var lengths: Set<Int> = []
    var hasCodes = false
    try read(item) { row in
      guard let mask = row.withText(0, { Redactor.mask($0, detector) }) ?? nil else { return true }
      if mask.last == UInt8(ascii: "*") { hasCodes = true } else { lengths.insert(mask.count) }
      return true
    }
    return (hasCodes ? ["'***'"] : [])
      + lengths.sorted().map { "'" + String(repeating: "*", count: $0 - 4) + "0000'" }
  }

  /// What is left of the first texts that `redact` changes, where a CHECK may have something against it.
  /// All rows of a trial get the same text, which a unique column would refuse.
  private func redactions(_ item: MigrationConfig.Scrub) throws(MigrationError) -> [String] {
    guard item.action == .redact, let detector, let table = schema.table(item.table),
      table.column(item.column)?.redacted == nil,
      table.isChecked(item.column),
      !table.indexes.contains(where: { index in
        index.isUnique && index.columns.contains { $0 == item.column || $0.isEmpty }
      })
    else { return [] }
    let redactor = Redactor(detector)
    var texts: Set<String> = []
    try read(item) { row in
      guard case .text = row.value(0),
        let bytes = row.withText(0, { redactor.redacted($0, column: item.column) }) ?? nil,
        // Servers differ in what a backslash means.
        let text = String(validating: bytes, as: UTF8.self), !text.contains("\\"),
        !text.contains("\0")
      else { return true }
      texts.insert(text)
      return texts.count < PlanSteps.textsMax
    }
    return texts.sorted().map { "'" + $0.replacing("'", with: "''") + "'" }
  }

  private static let textsMax = 100

  /// Makes sure that what `redact` leaves of the texts of a unique index stays unique: two numbers with
  /// the same last four may look the same then. An index of several columns is passed over.
  /// - Throws: `.maskedTwice`.
  func checkRemainders() throws(MigrationError) {
    guard let detector else { return }
    for item in config.scrub where item.action == .redact {
      guard let table = schema.table(item.table), table.column(item.column)?.redacted == nil,
        table.indexes.contains(where: { index in
          index.isUnique && index.columns.map { $0.lowercased() } == [item.column.lowercased()]
        })
      else { continue }
      let redactor = Redactor(detector)
      // Digests, eight bytes a text, of what is redacted or looks as if it were.
      var digests: [Int] = []
      try read(item) { row in
        let digest = row.withText(0) { text -> Int? in
          if let rest = redactor.redacted(text, column: item.column) { return rest.hashValue }
          return text.contains(where: { $0 == 0x2A || $0 == 0x5B }) ? Array(text).hashValue : nil
        }
        if let digest = digest ?? nil { digests.append(digest) }
        return true
      }
      digests.sort()
      let repeated = zip(digests, digests.dropFirst()).count { $0 == $1 }
      if repeated > 0 {
        throw MigrationError(.maskedTwice, "\(item.table).\(item.column)", count: repeated)
      }
    }
  }

  private func read(
    _ item: MigrationConfig.Scrub, _ body: (any LegacyRow) -> Bool
  ) throws(MigrationError) {
    let key = try key(of: item.table)
    var query = RowQuery(table: item.table, key: key.name, columns: [item.column])
    query.keyIsColumn = key.isColumn
    try database.read(query) { (row) throws(MigrationError) in
      try Match.stopIfAsked()
      return body(row)
    }
  }
}
