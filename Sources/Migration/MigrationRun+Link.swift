import Core
import Detection
import Native
import Rules
import Stripe

extension MigrationRun {
  /// What a link did or would do.
  package struct LinkOutcome: Sendable, Equatable {
    package var cards = 0
    package var customers = 0
    /// Whether the plan had been carried out before.
    package var wasDone = false
  }

  /// Checks without writing; what `link` without `--apply` does.
  /// - Throws: what `link` would throw before it writes.
  package func checkLink() throws {
    _ = try loadMapping()
    let (phase, _) = try phase()
    if phase == .rollingBack { throw MigrationError(.rollbackBegun, database.place) }
  }

  /// Writes ids, brands and last four digits. Taken up where it stopped, however it stopped.
  /// - Throws: `MigrationError`, or `MappingError`.
  package func link(ledger: Ledger) throws -> LinkOutcome {
    try logged("link", ledger) { try link(makeMatcher()) }
  }

  /// Decides as `match` did when the plan was made.
  func makeMatcher() throws -> Matcher {
    let mapping = try loadMapping()
    let parts = plan.asOf.split(separator: "-").compactMap { Int($0) }
    let month = MappingOptions.Month(year: parts.first ?? 0, month: parts.last ?? 0)
    return try Matcher(plan.config, mapping, exceptions, month: month)
  }

  private func loadMapping() throws -> MappingIndex {
    try checkMapping()
    let mapping = try MappingIndex.load(
      plan.config.mapping, detector, MappingOptions.Month(year: 0, month: 0))
    guard mapping.table.sha256 == plan.mapping.sha256 else {
      throw MigrationError(.mappingChanged, plan.mapping.path)
    }
    return mapping
  }

  private func link(_ matcher: Matcher) throws(MigrationError) -> LinkOutcome {
    let (phase, owner) = try phase()
    if phase == .rollingBack { throw MigrationError(.rollbackBegun, database.place) }
    var outcome = LinkOutcome()
    if owner == plan.digest, phase == .linked || phase == .scrubbing || phase == .scrubbed {
      outcome.wasDone = true
    } else {
      try prepareToLink(phase, owner)
    }
    let table = try SchemaCheck(plan.config, try database.schema(), database).cardTable()
    let reader = LegacyCardReader(plan.config.cards, table, detector)
    try SchemaCheck(plan.config, schema, database).keys()
    if !outcome.wasDone { try matcher.prepare(database, reader) }
    let cards = try batches("link:cards") { (mark) throws(MigrationError) in
      try linkCards(matcher, reader, mark)
    }
    outcome.cards = cards.linked
    var changed =
      abs(cards.linked - plan.counts.cards.linkable) + abs(cards.rows - plan.counts.cards.total)
    if let customers = plan.config.customers {
      let mark = try batches("link:customers") { (mark) throws(MigrationError) in
        try linkCustomers(matcher, customers, mark)
      }
      outcome.customers = mark.linked
      changed += abs(mark.linked - plan.counts.customers.linkable)
    }
    guard changed == 0 else {
      throw MigrationError(.rowsChanged, database.place, count: changed)
    }
    if !outcome.wasDone {
      try database.transaction { () throws(MigrationError) in
        try state.set(.linked, plan: plan.digest)
      }
    }
    try end("link", rows: outcome.cards + outcome.customers, "linked")
    return outcome
  }

  /// Adds columns and the migration's own tables; a newer plan takes over from an older one.
  private func prepareToLink(
    _ phase: MigrationState.Phase, _ owner: String
  ) throws(MigrationError) {
    if phase == .linking, owner == plan.digest { return }
    let steps = PlanSteps(plan.config, schema, database)
    try note("prepare", step: "columns and tables")
    try database.transaction { () throws(MigrationError) in
      if phase == .none { try state.create(plan: plan.digest) }
      let customers = plan.config.customers
      try state.createUndo(
        keyTypes: (
          type(plan.config.cards.table, plan.config.cards.key),
          customers.map { type($0.table, $0.key) }
        ))
      for item in steps.missingColumns {
        try state.noteAdded(item.table, item.column, plan: plan.digest)
        try database.execute(steps.addColumn(item))
      }
      if phase != .none { try state.forgetSteps() }
      try state.set(.linking, plan: plan.digest)
    }
  }

  private func type(_ table: String, _ column: String) -> String {
    schema.table(table)?.column(column)?.type ?? ""
  }

  // MARK: - One batch

  private func linkCards(
    _ matcher: Matcher, _ reader: LegacyCardReader, _ mark: MigrationState.Mark
  ) throws(MigrationError) -> MigrationState.Mark {
    let cards = plan.config.cards
    var query = reader.query
    query.after = mark.position
    query.limit = batchRows
    query.locks = true
    var next = mark
    var undo: [[SQLValue]] = []
    undo.reserveCapacity(batchRows)
    let last = try database.number(
      "SELECT coalesce(max(number), 0) FROM \(MigrationState.undoCards)")
    var read = 0
    try database.read(query) { (row) throws(MigrationError) in
      read += 1
      let card = reader.card(row)
      next.position = card.key
      let decision = try matcher.decide(card, claims: false)
      guard decision.isLinkable, let entry = decision.entry, let id = entry.paymentMethod else {
        return true
      }
      next.linked += 1
      let new = SQLValue.text(id)
      let brand =
        cards.brand == nil ? .null : decision.brand.map { SQLValue($0) } ?? card.storedBrand
      let last4 =
        cards.last4 == nil ? .null : decision.last4.map { SQLValue($0) } ?? card.storedLast4
      if card.paymentMethod.holds(id), brand == card.storedBrand, last4 == card.storedLast4 {
        return true
      }
      undo.append([
        .integer(Int64(last + undo.count + 1)), card.key, card.paymentMethod, card.storedBrand,
        card.storedLast4, new, brand, last4,
      ])
      return true
    }
    let columns = [
      (cards.paymentMethod, "new_id"), (cards.brand, "new_brand"), (cards.last4, "new_last4"),
    ]
    try write(
      undo, after: last, MigrationState.undoCards,
      ["old_id", "old_brand", "old_last4", "new_id", "new_brand", "new_last4"],
      into: cards.table, cards.key, columns)
    next.rows += read
    next.isDone = read < batchRows
    return next
  }

  private func linkCustomers(
    _ matcher: Matcher, _ customers: MigrationConfig.Customers, _ mark: MigrationState.Mark
  ) throws(MigrationError) -> MigrationState.Mark {
    var query = RowQuery(
      table: customers.table, key: customers.key, columns: [customers.stripeCustomer])
    query.after = mark.position
    query.limit = batchRows
    query.locks = true
    var next = mark
    var undo: [[SQLValue]] = []
    undo.reserveCapacity(batchRows)
    let last = try database.number(
      "SELECT coalesce(max(number), 0) FROM \(MigrationState.undoCustomers)")
    var read = 0
    try database.read(query) { (row) throws(MigrationError) in
      read += 1
      let (key, stored) = (row.key, row.value(0))
      next.position = key
      let decision = try matcher.decide(customer: key, stored: stored) { false }
      guard decision.isLinkable else { return true }
      next.linked += 1
      guard let id = decision.id, !stored.holds(id) else { return true }
      undo.append([.integer(Int64(last + undo.count + 1)), key, stored, .text(id)])
      return true
    }
    try write(
      undo, after: last, MigrationState.undoCustomers, ["old_id", "new_id"],
      into: customers.table, customers.key, [(customers.stripeCustomer, "new_id")])
    next.rows += read
    next.isDone = read < batchRows
    return next
  }

  /// Writes down what rows held and will hold, then makes them hold it. Every row was read in this
  /// transaction, so every one is there.
  private func write(
    _ undo: [[SQLValue]], after last: Int, _ source: String, _ fields: [String],
    into table: String, _ key: String, _ columns: [(name: String?, source: String)]
  ) throws(MigrationError) {
    guard !undo.isEmpty else { return }
    try database.insert(into: source, ["number", "row_key"] + fields, undo)
    let named = columns.filter { $0.name != nil }
    let done = try database.copy(
      ColumnCopy(
        table: table, key: key, columns: named.compactMap(\.name), source: source,
        sourceColumns: named.map(\.source),
        numbers: (last + 1)...(last + undo.count)))
    guard done == undo.count else {
      throw MigrationError(.notReadBack, table, count: abs(undo.count - done))
    }
  }
}
