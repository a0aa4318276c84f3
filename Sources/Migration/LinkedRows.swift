import Detection
import Stripe

/// Tells whether rows still are what link made of them.
///
/// Asked before card data goes: the number of a card that a customer replaced meanwhile is in no
/// mapping, so the shop's row has the only copy of it.
final class LinkedRows {
  private let config: MigrationConfig
  private let matcher: Matcher
  private let detector: Detector

  init(_ config: MigrationConfig, _ matcher: Matcher, _ detector: Detector) {
    self.config = config
    self.matcher = matcher
    self.detector = detector
  }

  /// Reads cards with the columns that are there now.
  func makeReader(_ database: any MigrationDatabase) throws(MigrationError) -> LegacyCardReader {
    let table = try SchemaCheck(config, try database.schema(), database).cardTable()
    return LegacyCardReader(config.cards, table, detector)
  }

  /// Looks at all rows of customers, and at those of cards behind a mark: what is before it is gone
  /// already.
  /// - Throws: `.unlinkedRow` or `.changedAfterLink` with the first row and how many there are.
  func check(
    _ database: any MigrationDatabase, after mark: MigrationState.Mark?
  ) throws(MigrationError) {
    let reader = try makeReader(database)
    try matcher.prepare(database, reader)
    var found = Found()
    if mark?.isDone != true {
      var query = reader.query
      query.after = mark?.position
      try read(query, reader, database, &found)
    }
    if let customers = config.customers {
      let query = Match.query(customers, try database.schema())
      try database.read(query) { (row) throws(MigrationError) in
        try Match.stopIfAsked()
        found.add(try trouble(customer: row.key, query.columns.isEmpty ? .null : row.value(0)))
        return true
      }
    }
    if let error = found.error { throw error }
  }

  /// Looks at all cards in the transaction that drops their number.
  func checkCards(
    _ database: any MigrationDatabase, _ reader: LegacyCardReader
  ) throws(MigrationError) {
    var found = Found()
    var query = reader.query
    query.locks = true
    try read(query, reader, database, &found)
    if let error = found.error { throw error }
  }

  private func read(
    _ query: RowQuery, _ reader: LegacyCardReader, _ database: any MigrationDatabase,
    _ found: inout Found
  ) throws(MigrationError) {
    try database.read(query) { (row) throws(MigrationError) in
      try Match.stopIfAsked()
      found.add(try trouble(reader.card(row)))
      return true
    }
  }

  /// - Returns: why a card's row must not be scrubbed; `nil` when it may.
  func trouble(_ card: LegacyCard) throws(MigrationError) -> MigrationError? {
    let decision = try matcher.decide(card, claims: false)
    if decision.isExcepted { return nil }
    let place = "\(config.cards.table) \(card.key.shown)"
    if card.paymentMethod.isNull { return MigrationError(.unlinkedRow, place) }
    if decision.isLinkable, holdsWhatWasLinked(card, decision) { return nil }
    let cause = decision.isLinkable ? nil : decision.reason?.rawValue
    return MigrationError(.changedAfterLink, place, cause: cause ?? LinkedRows.otherValues)
  }

  private static let otherValues = "what link wrote is gone or another one"

  /// Brand and last four are compared as well: a mapping need not have them, and then what link took
  /// from the number tells of the change.
  private func holdsWhatWasLinked(_ card: LegacyCard, _ decision: Matcher.CardDecision) -> Bool {
    guard let id = decision.entry?.paymentMethod, card.paymentMethod.holds(id) else {
      return false
    }
    if config.cards.last4 != nil, let last4 = decision.last4,
      LinkedRows.text(card.storedLast4) != last4
    {
      return false
    }
    // A trigger of the shop may spell it in its own way.
    guard config.cards.brand != nil, let brand = decision.brand else { return true }
    return CardBrand.normalised(LinkedRows.text(card.storedBrand)) == CardBrand.normalised(brand)
  }

  /// Without the blanks that fill up a column of fixed width.
  private static func text(_ value: SQLValue) -> String {
    var bytes = value.keyBytes ?? []
    while bytes.last == 0x20 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func trouble(
    customer key: SQLValue, _ stored: SQLValue
  ) throws(MigrationError) -> MigrationError? {
    let decision = try matcher.decide(customer: key, stored: stored) { false }
    if decision.isExcepted || decision.status == .withoutCard { return nil }
    if decision.isLinkable, decision.id.map({ stored.holds($0) }) ?? true { return nil }
    return MigrationError(
      .changedAfterLink, "\(config.customers?.table ?? "") \(key.shown)",
      cause: decision.isLinkable ? LinkedRows.otherValues : decision.reason?.rawValue)
  }

  /// The first row with trouble, and how many have some.
  private struct Found {
    private var first: MigrationError?
    private var count = 0

    var error: MigrationError? {
      guard var error = first else { return nil }
      error.count = count
      return error
    }

    mutating func add(_ trouble: MigrationError?) {
      guard let trouble else { return }
      if first == nil { first = trouble }
      count += 1
    }
  }
}
