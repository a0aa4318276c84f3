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
    if decision.isExcepted || decision.status == .withoutCard { return nil }
    let place = "\(config.cards.table) \(card.key.shown)"
    if card.paymentMethod.isNull { return MigrationError(.unlinkedRow, place) }
    if matcher.isLinked(card, decision) { return nil }
    let cause = decision.isLinkable ? nil : decision.reason?.rawValue
    return MigrationError(.changedAfterLink, place, cause: cause ?? LinkedRows.otherValues)
  }

  private static let otherValues = "what link wrote is gone or another one"

  private func trouble(
    customer key: SQLValue, _ stored: SQLValue
  ) throws(MigrationError) -> MigrationError? {
    let decision = try matcher.decide(customer: key, stored: stored) { false }
    if decision.isExcepted || decision.status == .withoutCard { return nil }
    if matcher.isLinked(stored, decision) { return nil }
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
