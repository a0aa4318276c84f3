import Detection
import Native
import Rules
import Stripe

/// Joins a database's records to a mapping file and counts what became of each.
///
/// Reads both once, in bounded memory: the mapping lies in a scratch file, records pass by one at a time.
package final class Match {
  let config: MigrationConfig
  let database: any MigrationDatabase
  let schema: DatabaseSchema
  let matcher: Matcher
  let reader: LegacyCardReader
  let detector: Detector
  /// Customers of cards that found no row: only they need to be told from customers without a card.
  private let strays: Strays

  /// - Parameter month: cards that expired before it are told so.
  /// - Throws: `MigrationError`, or `MappingError` for a mapping file that cannot be used.
  package init(
    _ config: MigrationConfig, detector: Detector, month: MappingOptions.Month
  ) throws {
    self.config = config
    self.detector = detector
    database = try openMigrationDatabase(config.target)
    schema = try database.schema().withPlainNames()
    let exceptions = try Exceptions(config)
    let table = try SchemaCheck(config, schema, database).cardTable()
    reader = LegacyCardReader(config.cards, table, detector)
    let mapping = try MappingIndex.load(config.mapping, detector, month)
    matcher = try Matcher(config, mapping, exceptions, month: month)
    strays = try Strays()
  }

  /// The mapping file as it was read.
  package var mapping: MappingTable { matcher.mapping.table }

  /// The mapping file's path, as configured.
  package var mappingPath: String { config.mapping.file }

  /// Tells every warning about the mapping file.
  package func forEachWarning(_ body: (MappingWarning) throws -> Void) throws {
    try matcher.mapping.forEachWarning(body)
  }

  /// Looks at every record.
  /// - Parameters:
  ///   - listsOpen: whether `record` gets those that are not linked yet in the place of those that are
  ///     not plainly matched.
  ///   - record: gets each of them.
  /// - Throws: `MigrationError`; `.keyNull` and `.keyNotUnique` before any record is looked at.
  package func run(
    listsOpen: Bool = false, _ record: (MatchRecord) throws(MigrationError) -> Void
  ) throws(MigrationError) -> MatchCounts {
    try SchemaCheck(config, schema, database).keys()
    var counts = MatchCounts()
    try matcher.prepare(database, reader)
    try database.read(reader.query) { (row) throws(MigrationError) in
      try Match.stopIfAsked()
      let card = reader.card(row)
      let decision = try matcher.decide(card, claims: true)
      counts.cards.add(
        decision.status, isLinkable: decision.isLinkable, isExcepted: decision.isExcepted)
      let isLinked = matcher.isLinked(card, decision)
      if isLinked { counts.cards.linked += 1 }
      if decision.entry == nil, let customer = card.customer.keyBytes { try strays.add(customer) }
      var reason = decision.reason
      if listsOpen {
        let missing = card.paymentMethod.isNull ? MatchReason.notLinked : .otherValuesStored
        reason = isLinked || decision.isExcepted ? nil : decision.isLinkable ? missing : reason
      }
      if let reason, decision.status != .withoutCard {
        try record(
          MatchRecord(
            status: decision.status, reason: reason, table: config.cards.table,
            key: card.key.shown, customer: card.customer.shown,
            mappingLine: decision.entry?.line ?? decision.line,
            isUnlinked: listsOpen || !decision.isLinkable,
            isExcepted: decision.isExcepted))
      }
      return true
    }
    if let customers = config.customers { try run(customers, &counts, listsOpen, record) }
    if listsOpen { return counts }
    do {
      try matcher.mapping.forEachUnclaimed { (line, customer, card) throws(MigrationError) in
        counts.onlyInMapping += 1
        try record(
          MatchRecord(
            status: .onlyInMapping, reason: .notInDatabase, table: nil,
            key: card.map { SQLValue.text($0).shown }, customer: SQLValue.text(customer).shown,
            mappingLine: line, isUnlinked: false, isExcepted: false))
      }
    } catch let error as MigrationError {
      throw error
    } catch {
      throw MigrationError(.databaseFailed, "the mapping's scratch file")
    }
    return counts
  }

  private func run(
    _ customers: MigrationConfig.Customers, _ counts: inout MatchCounts, _ listsOpen: Bool,
    _ record: (MatchRecord) throws(MigrationError) -> Void
  ) throws(MigrationError) {
    let query = Match.query(customers, schema)
    try database.read(query) { (row) throws(MigrationError) in
      try Match.stopIfAsked()
      let stored: SQLValue = query.columns.isEmpty ? .null : row.value(0)
      let key = row.key
      let decision = try matcher.decide(customer: key, stored: stored) {
        () throws(MigrationError) in
        try strays.contains(key.keyBytes ?? [])
      }
      counts.customers.add(
        decision.status, isLinkable: decision.isLinkable, isExcepted: decision.isExcepted)
      let isLinked = matcher.isLinked(stored, decision)
      if isLinked { counts.customers.linked += 1 }
      var reason = decision.reason
      if listsOpen {
        reason = isLinked || decision.isExcepted ? nil : reason ?? .notLinked
      }
      // Who needs no id is not open.
      if let reason, !listsOpen || decision.status != .withoutCard {
        try record(
          MatchRecord(
            status: decision.status, reason: reason, table: customers.table, key: key.shown,
            customer: key.shown, mappingLine: decision.line,
            isUnlinked: listsOpen || !decision.isLinkable,
            isExcepted: decision.isExcepted))
      }
      return true
    }
  }

  /// Rows of the customers with the id they may have already.
  static func query(
    _ customers: MigrationConfig.Customers, _ schema: DatabaseSchema
  ) -> RowQuery {
    let hasColumn = schema.table(customers.table)?.column(customers.stripeCustomer) != nil
    return RowQuery(
      table: customers.table, key: customers.key,
      columns: hasColumn ? [customers.stripeCustomer] : [])
  }

  /// - Throws: `.interrupted` when the user or the system asked to stop.
  static func stopIfAsked() throws(MigrationError) {
    if Interruption.requested != nil { throw MigrationError(.interrupted, "") }
  }
}

/// Keys of customers, in a scratch file.
private final class Strays {
  private let database: Database
  private let insert: SQLiteMigration.PreparedStatement
  private let select: SQLiteMigration.PreparedStatement
  private var isEmpty = true

  init() throws(SQLiteCode) {
    let database = try Database.makeScratch(cacheBytes: 4 << 20)
    try database.execute("CREATE TABLE stray(customer BLOB PRIMARY KEY) WITHOUT ROWID")
    insert = SQLiteMigration.PreparedStatement(
      try database.prepare("INSERT OR IGNORE INTO stray VALUES (?)"))
    select = SQLiteMigration.PreparedStatement(
      try database.prepare("SELECT 1 FROM stray WHERE customer = ?"))
    try database.execute("BEGIN")
    self.database = database
  }

  func add(_ key: [UInt8]) throws(MigrationError) {
    isEmpty = false
    _ = try run(insert, key)
  }

  func contains(_ key: [UInt8]) throws(MigrationError) -> Bool {
    isEmpty ? false : try run(select, key)
  }

  private func run(
    _ prepared: SQLiteMigration.PreparedStatement, _ key: [UInt8]
  ) throws(MigrationError) -> Bool {
    do throws(SQLiteCode) {
      defer { prepared.statement.reset() }
      try prepared.statement.bind(1, blob: key)
      return try prepared.statement.advance()
    } catch {
      throw MigrationError(.databaseFailed, "the scratch file", cause: error.text)
    }
  }
}
