import Core
import Detection
import Native
import Stripe

/// Makes a plan from a configuration, a mapping file and a database, changing nothing.
package struct Planner {
  private let match: Match
  private let config: MigrationConfig

  package init(_ match: Match) {
    self.match = match
    config = match.config
  }

  /// - Parameters:
  ///   - counts: of the match that just ran.
  ///   - configPath: the file the configuration came from.
  ///   - found: what a scan found in columns, by the scan's names of tables.
  ///   - profiles: what all columns hold, by the same names.
  /// - Throws: what cannot be done as planned, as a `MigrationError`.
  package func plan(
    counts: MatchCounts, configPath: String, asOf: String,
    findingsBefore: [MigrationPlan.StoreCount], found: [Proposal.Evidence],
    profiles: [ColumnProfile] = []
  ) throws(MigrationError) -> MigrationPlan {
    let (database, schema) = (match.database, match.schema)
    let check = SchemaCheck(config, schema, database)
    let lengths = try match.matcher.idLengths()
    try check.lengths(customer: lengths.customer, paymentMethod: lengths.paymentMethod)
    try check.scrubs()
    let bytes = try MigrationConfig.readBytes(configPath, .configUnreadable)
    var plan = MigrationPlan(
      configFile: .init(path: configPath, sha256: try Digests.sha256(bytes)), config: config,
      mapping: .init(path: config.mapping.file, sha256: match.mapping.sha256))
    plan.mappingRows = match.mapping.rowCount
    plan.exceptionsSHA256 = match.matcher.exceptions.fileSHA256
    plan.asOf = asOf
    plan.counts = counts
    plan.findingsBefore = findingsBefore
    plan.notScrubbed = LeftOut.places(
      Proposal.Evidence.named(found, by: database), config.scrub, schema)
    plan.ordinary = ordinary(ColumnContents(profiles, database))
    let steps = PlanSteps(config, schema, database, match.detector)
    let triggers = try steps.triggers()
    plan.suspendedTriggers = triggers.map(\.name)
    plan.link = try steps.link(counts)
    plan.scrub = try steps.scrub()
    plan.cannotClean = database.cannotClean
    plan.schemaSHA256 = try SchemaDigest.of(schema, config)
    try steps.checkRemainders()
    try steps.rehearse()
    plan.digest = try plan.contentDigest()
    return plan
  }

  private func ordinary(_ contents: ColumnContents) -> [MigrationPlan.StoreCount] {
    config.scrub.compactMap { item in
      guard item.action != .redact, let found = contents.ordinary(item.table, item.column),
        found.values > 0
      else { return nil }
      return .init(store: "\(item.table).\(item.column)", count: found.values)
    }
  }
}

/// The fingerprint of a schema, without what a migration itself adds.
enum SchemaDigest {
  static func of(
    _ schema: DatabaseSchema, _ config: MigrationConfig
  ) throws(MigrationError) -> String {
    // Columns that link writes count neither when they are there nor when they are not yet.
    var names: [String: [String]] = [:]
    func add(_ table: String, _ column: String?) {
      if let column { names[table.lowercased(), default: []].append(column.lowercased()) }
    }
    for column in [config.cards.paymentMethod, config.cards.brand, config.cards.last4] {
      add(config.cards.table, column)
    }
    if let customers = config.customers { add(customers.table, customers.stripeCustomer) }
    // Columns that scrub drops may be gone when it is taken up again.
    for item in config.scrub where item.action == .drop { add(item.table, item.column) }
    var copy = schema.withoutOwn(added: names)
    let dropped = Set(
      config.scrub.filter { $0.action == .drop }.map { "\($0.table).\($0.column)".lowercased() })
    for index in copy.tables.indices {
      let table = copy.tables[index].name
      copy.tables[index].indexes.removeAll { item in
        item.columns.contains { dropped.contains("\(table).\($0)".lowercased()) }
      }
      // Constraints of one of these columns go with it.
      copy.tables[index].foreignKeys.removeAll {
        dropped.contains("\(table).\($0.column)".lowercased())
      }
      let words = config.scrub.filter {
        $0.action == .drop && $0.table.lowercased() == table.lowercased()
      }.map { $0.column.lowercased() }
      copy.tables[index].checks.removeAll { check in
        words.contains { check.lowercased().contains($0) }
      }
    }
    // In no order that VACUUM, or a trigger that was taken away for a batch, would change.
    copy.tables.sort { $0.name < $1.name }
    copy.triggers.sort { ($0.table, $0.name) < ($1.table, $1.name) }
    copy.views.sort { $0.name < $1.name }
    return try Digests.sha256(MigrationPlan.encode(copy, pretty: false))
  }
}
