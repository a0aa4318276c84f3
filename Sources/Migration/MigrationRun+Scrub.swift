import Detection

extension MigrationRun {
  /// What a scrub did or would do.
  package struct ScrubOutcome: Sendable, Equatable {
    /// Rows looked at.
    package var rows = 0
    /// Rows that held something that is gone now.
    package var changed = 0
    package var droppedColumns = 0
  }

  /// Whether the plan may be scrubbed with; changes nothing.
  /// - Parameter confirmed: the digest the user typed; `nil` for a dry run.
  package func checkScrub(confirmed: String?) throws(MigrationError) {
    if let confirmed, confirmed != plan.digest {
      throw MigrationError(.confirmMismatch, "--confirm")
    }
    try checkMapping()
    let (phase, owner) = try phase()
    switch phase {
    case .none: throw MigrationError(.nothingWritten, database.place)
    case .linking: throw MigrationError(.incompleteLinking, database.place)
    case .rollingBack: throw MigrationError(.rollbackBegun, database.place)
    case .linked, .scrubbing, .scrubbed: break
    }
    guard owner == plan.digest else { throw MigrationError(.otherPlan, database.place) }
    guard plan.unlinked == 0 else {
      throw MigrationError(.incompleteLinking, database.place, count: plan.unlinked)
    }
  }

  /// Whether all rows are as link left them; changes nothing.
  /// - Throws: `.unlinkedRow` or `.changedAfterLink`, or `MappingError`.
  package func checkRows() throws { try check(LinkedRows(plan.config, makeMatcher(), detector)) }

  private func check(_ rows: LinkedRows) throws(MigrationError) {
    // Afterwards there is nothing left to compare, and nothing to lose.
    if try phase().phase == .scrubbed { return }
    try rows.check(database, after: try state.mark(step(plan.config.cards.table)))
  }

  private func step(_ table: String) -> String { "scrub:\(table)" }

  /// Removes card data as planned and cleans the space it lay in. Not to be undone.
  /// - Throws: `MigrationError`, or `MappingError`.
  package func scrub(confirmed: String, ledger: Ledger) throws -> ScrubOutcome {
    try logged("scrub", ledger, counting: \.rows) {
      try checkScrub(confirmed: confirmed)
      return try scrub(confirmed, LinkedRows(plan.config, makeMatcher(), detector))
    }
  }

  private func scrub(
    _ confirmed: String, _ rows: LinkedRows
  ) throws(MigrationError) -> ScrubOutcome {
    try note("confirmed", step: "scrub", outcome: confirmed)
    // Before the way back is gone.
    try check(rows)
    try beginScrubbing()
    try database.prepareForScrubbing()
    var outcome = ScrubOutcome()
    let steps = PlanSteps(plan.config, schema, database)
    for table in steps.scrubTables {
      let actions = plan.config.scrub.filter { $0.table.lowercased() == table.lowercased() }
      let key = try steps.key(of: table)
      let isCards = table.lowercased() == plan.config.cards.table.lowercased()
      let pass = try ScrubPass(
        actions, table, schema.table(table), key, detector,
        linked: isCards ? (rows, rows.makeReader(database)) : nil)
      if pass.hasRows {
        let mark = try batches(step(table)) { (mark) throws(MigrationError) in
          try pass.run(database, mark, batchRows: batchRows)
        }
        outcome.rows += mark.rows
        outcome.changed += mark.linked
      }
      for item in actions where item.action == .drop {
        outcome.droppedColumns += try drop(item, steps, rows) ? 1 : 0
      }
    }
    try note("clean", step: "freed space")
    try database.cleanFreedSpace(tables: steps.scrubTables)
    try database.transaction { () throws(MigrationError) in
      try state.set(.scrubbed, plan: plan.digest)
    }
    try end("scrub", rows: outcome.rows, "scrubbed")
    return outcome
  }

  /// From here on there is no way back: the previous ids go first.
  private func beginScrubbing() throws(MigrationError) {
    let schema = try database.schema()
    try database.transaction { () throws(MigrationError) in
      // First: dropping a table ends the transaction on some servers.
      try state.set(.scrubbing, plan: plan.digest)
      for table in [MigrationState.undoCards, MigrationState.undoCustomers]
      where schema.table(table) != nil {
        try database.execute("DROP TABLE \(table)")
      }
    }
  }

  private func drop(
    _ item: MigrationConfig.Scrub, _ steps: PlanSteps, _ rows: LinkedRows
  ) throws(MigrationError) -> Bool {
    let now = try database.schema()
    guard now.table(item.table)?.column(item.column) != nil else { return false }
    let indexes = Set(
      (now.table(item.table)?.indexes ?? []).compactMap {
        database.dropIndex($0, of: item.table)
      })
    try note("drop-column", step: "\(item.table).\(item.column)")
    let cards = plan.config.cards
    let isNumber =
      item.table.lowercased() == cards.table.lowercased()
      && item.column.lowercased() == cards.number?.lowercased()
    // Before the tables are locked: the schema is read from others as well.
    let reader = isNumber ? try rows.makeReader(database) : nil
    try database.transaction { () throws(MigrationError) in
      if let reader {
        // The batches that looked at the rows are over.
        try database.keepWritersOut(of: cards.table)
        try rows.checkCards(database, reader)
      }
      for sql in steps.drop(item) where !sql.hasPrefix("DROP INDEX") || indexes.contains(sql) {
        try database.execute(sql)
      }
    }
    return true
  }
}

/// Scrubs the rows of one table.
private final class ScrubPass {
  private let table: String
  private let key: (name: String, isColumn: Bool)
  private let items: [MigrationConfig.Scrub]
  /// What stands for card data where the column holds numbers, which take no stars.
  private let emptied: [SQLValue?]
  private let redactor: Redactor
  private let detector: Detector
  /// For the table of the cards, which are judged again before anything of them goes.
  private let linked: (rows: LinkedRows, reader: LegacyCardReader)?
  /// Bytes of new texts that one batch may hold.
  private static let batchBytesMax = 16 << 20

  init(
    _ actions: [MigrationConfig.Scrub], _ table: String, _ schema: DatabaseSchema.Table?,
    _ key: (name: String, isColumn: Bool), _ detector: Detector,
    linked: (rows: LinkedRows, reader: LegacyCardReader)?
  ) {
    self.table = table
    self.key = key
    self.linked = linked
    items = actions.filter { $0.action != .drop }
    emptied = items.map { schema?.column($0.column)?.redacted }
    redactor = Redactor(detector)
    self.detector = detector
  }

  /// Dropping a column of the cards asks for linked rows as well.
  var hasRows: Bool { !items.isEmpty || linked != nil }

  func run(
    _ database: any MigrationDatabase, _ mark: MigrationState.Mark, batchRows: Int
  ) throws(MigrationError) -> MigrationState.Mark {
    let ofCard = linked?.reader.query.columns ?? []
    var query = RowQuery(table: table, key: key.name, columns: ofCard + items.map(\.column))
    query.keyIsColumn = key.isColumn
    query.after = mark.position
    query.limit = batchRows
    query.locks = true
    var next = mark
    var changes: [[RowChange]] = Array(repeating: [], count: items.count)
    var read = 0
    var bytes = 0
    var isFull = false
    try database.read(query) { (row) throws(MigrationError) in
      let rowKey = row.key
      if let linked, let error = try linked.rows.trouble(linked.reader.card(row)) { throw error }
      read += 1
      next.position = rowKey
      var isChanged = false
      for (index, item) in items.enumerated() {
        let value = newValue(item, row, ofCard.count + index, emptied: emptied[index])
        guard let value else { continue }
        if case .text(let text) = value { bytes += text.count }
        changes[index].append(RowChange(key: rowKey, values: [value]))
        isChanged = true
      }
      if isChanged { next.linked += 1 }
      isFull = bytes > ScrubPass.batchBytesMax
      return !isFull
    }
    for (index, item) in items.enumerated() {
      let update = RowUpdate(
        table: table, key: key.name, keyIsColumn: key.isColumn, columns: [item.column])
      let missed = try database.apply(update, changes[index]).count { !$0 }
      if missed > 0 { throw MigrationError(.notReadBack, table, count: missed) }
    }
    next.rows += read
    next.isDone = !isFull && read < batchRows
    return next
  }

  /// `nil` when the row has nothing to remove in this column.
  private func newValue(
    _ item: MigrationConfig.Scrub, _ row: any LegacyRow, _ index: Int, emptied: SQLValue?
  ) -> SQLValue? {
    switch item.action {
    case .null: return row.withText(index) { _ in SQLValue.null }
    case .empty: return row.withText(index) { $0.isEmpty ? nil : SQLValue.text([]) } ?? nil
    case .zero:
      return row.withText(index) { $0.elementsEqual([0x30]) ? nil : SQLValue.integer(0) } ?? nil
    case .mask:
      return (row.withText(index) { Redactor.mask($0, detector) } ?? nil).map { .text($0) }
    case .redact where emptied != nil:
      return row.withText(index) {
        redactor.hasCardData($0, column: item.column) ? emptied : nil
      } ?? nil
    case .redact:
      let text = row.withText(index) { redactor.redacted($0, column: item.column) } ?? nil
      guard let text else { return nil }
      if case .blob = row.value(index) { return .blob(text) }
      return .text(text)
    case .drop: return nil
    }
  }
}
