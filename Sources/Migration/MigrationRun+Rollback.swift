extension MigrationRun {
  /// What a rollback did or would do.
  package struct RollbackOutcome: Sendable, Equatable {
    /// Rows that got back what they had.
    package var restored = 0
    /// Rows that somebody changed since; they were left alone.
    package var changedSince = 0
  }

  /// How many rows a rollback would restore; changes nothing.
  /// - Throws: `.scrubBegun` when it is too late, `.nothingWritten` when there is nothing to undo.
  package func checkRollback() throws(MigrationError) -> Int {
    try checkRollbackPhase()
    let schema = try database.schema()
    var rows = 0
    for table in [MigrationState.undoCards, MigrationState.undoCustomers]
    where schema.table(table) != nil {
      rows += try database.number("SELECT count(*) FROM \(table)")
    }
    return rows
  }

  private func checkRollbackPhase() throws(MigrationError) {
    let (phase, owner) = try phase()
    switch phase {
    case .none: throw MigrationError(.nothingWritten, database.place)
    case .scrubbing, .scrubbed: throw MigrationError(.scrubBegun, database.place)
    case .linking, .linked, .rollingBack: break
    }
    guard owner == plan.digest else { throw MigrationError(.otherPlan, database.place) }
  }

  /// Gives every row that link wrote what it had before, and takes away what link added.
  package func rollback(ledger: Ledger) throws -> RollbackOutcome {
    try logged("rollback", ledger) { try rollback() }
  }

  private func rollback() throws(MigrationError) -> RollbackOutcome {
    try checkRollbackPhase()
    try database.transaction { () throws(MigrationError) in
      try state.set(.rollingBack, plan: plan.digest)
    }
    var outcome = RollbackOutcome()
    let cards = plan.config.cards
    let columns = [(cards.paymentMethod, "id"), (cards.brand, "brand"), (cards.last4, "last4")]
      .compactMap { name, field in name.map { ($0, field) } }
    let mark = try undo(
      MigrationState.undoCards, cards.table, cards.key, columns, step: "rollback:cards")
    outcome.restored += mark.linked
    outcome.changedSince += mark.rows - mark.linked
    if let customers = plan.config.customers {
      let mark = try undo(
        MigrationState.undoCustomers, customers.table, customers.key,
        [(customers.stripeCustomer, "id")], step: "rollback:customers")
      outcome.restored += mark.linked
      outcome.changedSince += mark.rows - mark.linked
    }
    try takeAway()
    try end("rollback", rows: outcome.restored, "rolled back")
    return outcome
  }

  private func undo(
    _ table: String, _ target: String, _ key: String, _ columns: [(name: String, field: String)],
    step: String
  ) throws(MigrationError) -> MigrationState.Mark {
    let update = RowUpdate(
      table: target, key: key, columns: columns.map(\.name), expected: columns.map(\.name))
    return try batches(step) { (mark) throws(MigrationError) in
      var query = RowQuery(
        table: table, key: "number",
        columns: ["row_key"] + columns.map { "old_" + $0.field } + columns.map { "new_" + $0.field }
      )
      query.limit = batchRows
      // The newest first: a row may have been written under two plans.
      query.isDescending = true
      var changes: [RowChange] = []
      var last: SQLValue = .integer(0)
      try database.read(query) { (row) throws(MigrationError) in
        last = row.key
        let values = (1...columns.count).map { row.value($0) }
        let expected = (1...columns.count).map { row.value($0 + columns.count) }
        changes.append(RowChange(key: row.value(0), values: values, expected: expected))
        return true
      }
      let done = try database.apply(update, changes)
      if case .integer(let number) = last, !changes.isEmpty {
        try database.execute("DELETE FROM \(table) WHERE number >= \(number)")
      }
      var next = mark
      next.position = last
      next.rows += changes.count
      next.linked += done.count { $0 }
      next.isDone = changes.count < batchRows
      return next
    }
  }

  /// Columns that link added and nobody filled, and the migration's own tables.
  private func takeAway() throws(MigrationError) {
    try note("remove", step: "added columns and own tables")
    let schema = try database.schema()
    let added = Set(try state.added())
    try database.transaction { () throws(MigrationError) in
      for table in schema.tables {
        for column in table.columns where added.contains("\(table.name).\(column.name)") {
          try dropIfEmpty(table.name, column.name)
        }
      }
      // The marks last: dropping a table ends the transaction on some servers.
      for table in schema.tables.reversed() where table.name.hasPrefix(DatabaseSchema.ownPrefix) {
        try database.execute("DROP TABLE \(table.name)")
      }
    }
  }

  private func dropIfEmpty(_ table: String, _ column: String) throws(MigrationError) {
    let (table, column) = (database.quoted(table), database.quoted(column))
    let filled = try database.number("SELECT count(*) FROM \(table) WHERE \(column) IS NOT NULL")
    guard filled == 0 else { return }
    try database.execute("ALTER TABLE \(table) DROP COLUMN \(column)")
  }
}
