import Core
import Detection

/// A first configuration, guessed from names and from what a scan found, for a person to correct.
package struct Proposal: Sendable {
  package var config: MigrationConfig
  /// What the person should look at, by the key of the configuration.
  package var notes: [Note] = []
  /// Other columns of customers that are told.
  private static let othersMax = 5
  /// Places with card data that nothing is proposed for.
  package private(set) var leftOut: [MigrationPlan.StoreCount] = []

  package struct Note: Sendable, Equatable {
    package var place: String
    package var kind: Kind

    package init(_ place: String, _ kind: Kind) {
      self.place = place
      self.kind = kind
    }

    /// Whether it is about a place that nothing is proposed for.
    var isOfColumnLeftOut: Bool {
      switch kind {
      case .generated, .ordinaryKey, .fixed, .refused, .unreached: true
      default: false
      }
    }

    package enum Kind: Sendable, Equatable {
      /// Several columns or tables would have fitted.
      case alsoPossible(String)
      /// The cards tell a customer, and no table has them.
      case noCustomers
      /// Nothing in the cards' table tells whose a card is.
      case noCustomerColumn
      /// The column cannot be NULL.
      case notNull
      /// A constraint does not take what would be proposed else.
      case constrained
      /// A CHECK names it, and nothing was tried.
      case untried
      /// It cannot be emptied, and the table cannot do without it.
      case fixed
      /// It lies where no statement of a plan goes.
      case unreached
      /// The table takes nothing that could stand there instead.
      case refused(MigrationError)
      /// So many of so many values are no card data.
      case mostlyOrdinary(Int, of: Int)
      /// The same of a column that cannot be emptied row by row: nothing is proposed.
      case ordinaryKey(Int, of: Int)
      /// An index goes with the column, or must be unique.
      case unique
      case expiryKept
      case triggers([String])
      /// The server cannot keep them from it.
      case triggersFire([String])
      case generated
      case shadow
      /// The target was given with a password.
      case secretLeftOut
      /// Told by what is in it, not by its name.
      case byContent
      /// The key of the cards, whose values look like card numbers.
      case numericKey
      /// Nobody can tell what it holds.
      case opaque
      /// Nothing in the cards' table tells when they end.
      case noExpiry

      /// Whether it is about another choice for a key of the configuration.
      var isOfChoice: Bool {
        if case .alsoPossible = self { true } else { false }
      }
    }
  }

  /// What a scan found in one column.
  package struct Evidence: Sendable, Equatable {
    package var table: String
    package var column: String
    package var numbers = 0
    package var codes = 0
    package var others = 0

    package init(table: String, column: String) {
      self.table = table
      self.column = column
    }

    var count: Int { numbers + codes + others }

    /// By the names of the schema: a scan of a server tells the schema with each table, and
    /// partitions one by one.
    static func named(
      _ found: [Evidence], by database: any MigrationDatabase
    ) -> [Evidence] {
      var all: [Evidence] = []
      for var item in found {
        item.table = database.nameInSchema(item.table)
        if let index = all.firstIndex(where: { $0.isOf(item.table, item.column) }) {
          all[index].numbers += item.numbers
          all[index].codes += item.codes
          all[index].others += item.others
        } else {
          all.append(item)
        }
      }
      return all
    }

    func isOf(_ table: String, _ column: String) -> Bool {
      self.table == table && self.column == column
    }
  }

  /// - Parameters:
  ///   - evidence: columns with findings.
  ///   - profiles: what all columns hold, as a scan tells.
  ///   - detector: tells what would be left of texts.
  /// - Throws: `.noCardTable` when there is nothing to begin with.
  package init(
    target: String, mapping: String, evidence: [Evidence], profiles: [ColumnProfile] = [],
    detector: Detector? = nil
  ) throws(MigrationError) {
    let database = try openMigrationDatabase(target)
    let schema = try database.schema().withPlainNames()
    let inventory = ColumnContents(profiles, database)
    let evidence = inventory.evidence(and: Evidence.named(evidence, by: database))
    let names = ProposalNames(schema, evidence, inventory, detector, database)
    guard let (table, number, customers) = try names.cardTable() else {
      if let place = try names.keyOfNumbers() { throw MigrationError(.keyIsNumber, place) }
      throw MigrationError(.noCardTable, database.place)
    }
    guard let key = names.key(of: table) else {
      throw MigrationError(.keyOfManyColumns, table.name)
    }
    if key == number { throw MigrationError(.keyIsNumber, "\(table.name).\(key)") }
    if inventory.looksLikeNumbers(table.name, key) {
      notes.append(Note("cards.\(key)", .numericKey))
    }
    var cards = MigrationConfig.Cards(
      table: table.name, key: key, customer: customers.first?.column ?? "",
      paymentMethod: names.paymentMethod(
        in: table,
        besides: customers.first?.table?.name == table.name
          ? names.stripeCustomer(in: table) : nil))
    cards.number = number
    cards.expiryMonth = names.find(
      ["expmonth", "expirymonth", "expirationmonth", "ccexpmonth"], table)
    cards.expiryYear = names.find(["expyear", "expiryyear", "expirationyear", "ccexpyear"], table)
    if cards.expiryMonth == nil || cards.expiryYear == nil {
      cards.expiryMonth = nil
      cards.expiryYear = nil
      cards.expiry = names.expiry(table)
      if cards.expiry == nil { notes.append(Note("cards.expiry", .noExpiry)) }
    }
    cards.brand = names.written("brand", ["brand", "cardbrand"], orHolding: [.brand], table)
    cards.last4 = names.written(
      "last4", ["last4", "cardlast4", "lastfour", "last4digits"], orHolding: [.last4], table)
    var mappingPart = MigrationConfig.Mapping(file: mapping)
    mappingPart.matchBy = .card
    // A password is never written into a file: the client's own places have it.
    let shown = database.kind == "sqlite" ? target : database.place
    config = MigrationConfig(target: shown, mapping: mappingPart, cards: cards)
    if shown != target { notes.append(Note("target", .secretLeftOut)) }
    if let customer = customers.first, let target = customer.table,
      let key = customer.key ?? names.key(of: target)
    {
      config.customers = MigrationConfig.Customers(
        table: target.name, key: key, stripeCustomer: names.stripeCustomer(in: target))
    } else {
      notes.append(Note("customers", customers.isEmpty ? .noCustomerColumn : .noCustomers))
    }
    for other in customers.dropFirst().prefix(Proposal.othersMax) {
      notes.append(Note("cards.customer", .alsoPossible(other.shown)))
    }
    let trial = try ScrubTrial(config, schema, database, detector)
    for (table, column) in names.scrubCandidates(table, number) {
      try add(table, column, inventory, names, trial)
    }
    leftOut = LeftOut.places(evidence, config.scrub, schema)
    for place in leftOut where !notes.contains(where: { $0.place == place.store }) {
      notes.append(Note(place.store, .unreached))
    }
    for column in [cards.expiry, cards.brand, cards.last4, cards.paymentMethod].compactMap({ $0 })
    where names.isToldByContent(column, table) {
      notes.append(Note("cards.\(column)", .byContent))
    }
    for column in inventory.opaque(of: table.name) {
      notes.append(Note("\(table.name).\(column)", .opaque))
    }
    let changed = Set(
      ([table.name, config.customers?.table].compactMap { $0 } + config.scrub.map(\.table)).map {
        $0.lowercased()
      })
    proposeIntake(names, table)
    let triggers = schema.triggers.filter { changed.contains($0.table.lowercased()) }
    if !triggers.isEmpty {
      let isKept = database.suspension(of: triggers) != nil
      config.triggers = isKept ? .suspend : .fire
      let names = triggers.map(\.name)
      notes.append(Note("triggers", isKept ? .triggers(names) : .triggersFire(names)))
    }
    if cards.expiryMonth != nil || cards.expiry != nil { notes.append(Note("scrub", .expiryKept)) }
  }

  /// What the shop knows of customers and cards beside the number, by its columns' names.
  private mutating func proposeIntake(_ names: ProposalNames, _ cards: DatabaseSchema.Table) {
    var intake = MigrationConfig.Intake()
    let scrubbed = Set(config.scrub.map { "\($0.table).\($0.column)" })
    func columns(_ table: DatabaseSchema.Table, _ fields: [String]) -> [String: String] {
      var found: [String: String] = [:]
      for field in fields {
        guard let column = names.find(ProposalNames.intake[field] ?? [], table),
          !scrubbed.contains("\(table.name).\(column)")
        else { continue }
        found[field] = column
      }
      return found
    }
    let ofCards = ["is_default", "network_transaction_id"]
    intake.cards = columns(cards, ofCards)
    if let customers = config.customers.flatMap({ names.table($0.table) }) {
      let fields = ProposalNames.intake.keys.filter { !ofCards.contains($0) }
      intake.customers = columns(customers, fields.sorted())
    }
    if !(intake.customers ?? [:]).isEmpty || !(intake.cards ?? [:]).isEmpty {
      config.intake = intake
    }
  }

  private mutating func add(
    _ table: DatabaseSchema.Table, _ column: DatabaseSchema.Column, _ inventory: ColumnContents,
    _ names: ProposalNames, _ trial: ScrubTrial
  ) throws(MigrationError) {
    let place = "\(table.name).\(column.name)"
    if column.isGenerated {
      notes.append(Note(place, .generated))
      return
    }
    // Of a hash or a piece of a number nothing would be left to read either.
    // Nor of one that holds nothing but numbers, whatever its name.
    let isText =
      names.isFreeText(column) && !inventory.looksLikeNumbers(table.name, column.name)
      && !inventory.isMostly(ColumnContents.derived, table.name, column.name)
    let isUnique = table.indexes.contains { $0.isUnique && $0.columns.contains(column.name) }
    let isKept = column.isNotNull && isUnique || column.keyPosition > 0
    let others = isText ? nil : mostlyOrdinary(table, column, inventory, names)
    if let others, isKept, column.isNumeric {
      notes.append(Note(place, .ordinaryKey(others.values, of: others.of)))
      return
    }
    let actions: [MigrationConfig.Action] =
      isText || others != nil
      ? [.redact]
      : column.isNumeric ? [.null, .zero, .drop] : [.null, .mask, .empty, .zero, .drop]
    switch try trial.first(of: actions, for: table, column) {
    case .failure(let error):
      notes.append(Note(place, isKept && !isText && others == nil ? .fixed : .refused(error)))
    case .success(let action):
      if let others {
        notes.append(Note(place, .mostlyOrdinary(others.values, of: others.of)))
      } else if action == .drop, isUnique || column.keyPosition > 0 {
        notes.append(Note(place, .unique))
      } else if !isText, action != .null {
        let isUsual = column.isNotNull && action == (column.isNumeric ? .zero : .mask)
        notes.append(Note(place, isUsual ? .notNull : .constrained))
      }
      if !trial.rehearses, action != .drop, table.isChecked(column.name) {
        notes.append(Note(place, .untried))
      }
      config.scrub.append(
        MigrationConfig.Scrub(table: table.name, column: column.name, action: action))
    }
  }

  /// What else is in a column that is not for card data: setting it to NULL would take all of that.
  private func mostlyOrdinary(
    _ table: DatabaseSchema.Table, _ column: DatabaseSchema.Column, _ inventory: ColumnContents,
    _ names: ProposalNames
  ) -> (values: Int, of: Int)? {
    let isOfCards =
      table.name == config.cards.table
      && names.isOfCardData(column.name, number: config.cards.number)
    guard !isOfCards, let others = inventory.ordinary(table.name, column.name),
      !inventory.isMostly(ColumnContents.ofCards, table.name, column.name)
    else { return nil }
    return others
  }
}
