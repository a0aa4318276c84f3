import Detection
import Native
import Rules
import Stripe

/// Decides for each legacy record which row of the mapping it is.
///
/// Decides the same way in `match`, `link` and `verify`, from the record as it is then and the mapping
/// alone; link decides inside the transaction that writes.
final class Matcher {
  let config: MigrationConfig
  let mapping: MappingIndex
  let exceptions: Exceptions
  private let month: MappingOptions.Month
  private let looksByAttributes: Bool

  /// What link writes into a card's row, and why not.
  struct CardDecision {
    var status: MatchStatus
    var reason: MatchReason?
    var entry: MappingIndex.Entry?
    var isLinkable = false
    var isExcepted = false
    var brand: String?
    var last4: String?
    /// Where the mapping has what the record does not agree with.
    var line: Int?
  }

  struct CustomerDecision {
    var status: MatchStatus
    var reason: MatchReason?
    var id: [UInt8]?
    var line: Int?
    var isLinkable = false
    var isExcepted = false
  }

  init(
    _ config: MigrationConfig, _ mapping: MappingIndex, _ exceptions: Exceptions,
    month: MappingOptions.Month
  ) throws(SQLiteCode) {
    self.config = config
    self.mapping = mapping
    self.exceptions = exceptions
    self.month = month
    let byAttributes = config.mapping.matchBy == .attributes
    let hasCardsWithoutKey = try mapping.hasCardsWithoutKey()
    looksByAttributes = byAttributes || hasCardsWithoutKey
  }

  /// Counts how many records each row could belong to, where rows are told by their looks.
  func prepare(
    _ database: any MigrationDatabase, _ reader: LegacyCardReader
  ) throws(MigrationError) {
    mapping.forgetClaims()
    guard looksByAttributes else { return }
    try database.read(reader.query) { (row) throws(MigrationError) in
      let card = reader.card(row)
      let found = try candidates(card)
      if found.count == 1, found[0].oldCard == nil || config.mapping.matchBy == .attributes {
        mapping.claim(found[0])
      }
      return true
    }
  }

  /// The longest ids of the mapping.
  func idLengths() throws(MigrationError) -> (customer: Int, paymentMethod: Int) {
    do throws(SQLiteCode) {
      return try mapping.idLengths()
    } catch {
      throw MigrationError(.databaseFailed, "the mapping's scratch file", cause: error.text)
    }
  }

  // MARK: - Cards

  /// - Parameter claims: whether the row of the mapping counts as taken from here on.
  func decide(_ card: LegacyCard, claims: Bool) throws(MigrationError) -> CardDecision {
    var decision = try judge(card)
    if decision.status == .missing, card.isNone, config.hasCardsInCustomers {
      // A customer who never had a card.
      decision = CardDecision(status: .withoutCard, reason: .noCard)
    }
    decision.isExcepted = exceptions.contains(config.cards.table, card.key)
    switch decision.status {
    case .matched: decision.isLinkable = true
    case .expired: decision.isLinkable = config.link.expired ?? true
    case .duplicate: decision.isLinkable = config.link.duplicates ?? true
    default: break
    }
    if decision.isExcepted { decision.isLinkable = false }
    if decision.isExcepted, decision.status == .conflict, let id = decision.entry?.paymentMethod,
      card.paymentMethod.holds(id)
    {
      // To be charged is what the row names, whatever was decided about the record.
      decision.isExcepted = false
      decision.reason = .idOfOtherCard
    }
    if claims, !looksByAttributes, let entry = decision.entry { mapping.claim(entry) }
    if let entry = decision.entry {
      decision.brand = entry.brand ?? card.brand
      decision.last4 = entry.last4 ?? card.last4
    }
    return decision
  }

  private func judge(_ card: LegacyCard) throws(MigrationError) -> CardDecision {
    guard let customer = card.customer.keyBytes else {
      return CardDecision(status: .unreadable, reason: .customerIsNull)
    }
    let rows = try entries(customer)
    if rows.isEmpty {
      return try underOtherCustomer(card)
        ?? CardDecision(status: .missing, reason: .customerNotInMapping)
    }
    claimWithoutCard(rows)
    let found = candidates(card, among: rows)
    guard let entry = found.first else {
      if let decision = try underOtherCustomer(card) { return decision }
      return CardDecision(
        status: .missing,
        reason: rows.allSatisfy { $0.paymentMethod == nil } ? .noPaymentMethod : .cardNotInMapping)
    }
    if found.count > 1 {
      for row in found { mapping.mention(row) }
      return CardDecision(status: .ambiguous, reason: .severalCandidates)
    }
    if looksByAttributes, mapping.isClaimedTwice(entry) {
      return CardDecision(status: .ambiguous, reason: .severalClaims, entry: entry)
    }
    if card.isNumberUnreadable {
      return CardDecision(status: .unreadable, reason: .numberUnreadable, entry: entry)
    }
    if let reason = difference(card, entry) {
      return CardDecision(status: .conflict, reason: reason, entry: entry)
    }
    if card.last4 == nil, card.paymentMethod.isNull {
      return CardDecision(status: .unreadable, reason: .nothingToCompare, entry: entry)
    }
    if isExpired(card, entry) {
      return CardDecision(status: .expired, reason: .expired, entry: entry)
    }
    if rows.count > 1, try isDuplicate(entry, customer) {
      return CardDecision(status: .duplicate, reason: .sameFingerprint, entry: entry)
    }
    return CardDecision(status: .matched, entry: entry)
  }

  /// What to say of a card that the mapping gives to somebody else.
  private func underOtherCustomer(_ card: LegacyCard) throws(MigrationError) -> CardDecision? {
    guard config.mapping.matchBy != .attributes, let key = card.key.keyBytes else { return nil }
    let found: MappingIndex.Entry?
    do throws(SQLiteCode) {
      found = try mapping.entry(ofCard: key)
    } catch {
      throw MigrationError(.databaseFailed, "the mapping's scratch file", cause: error.text)
    }
    guard let found else { return nil }
    mapping.mention(found)
    return CardDecision(status: .conflict, reason: .otherCustomer, line: found.line)
  }

  private func entries(_ customer: [UInt8]) throws(MigrationError) -> [MappingIndex.Entry] {
    do throws(SQLiteCode) {
      return try mapping.entries(ofCustomer: customer)
    } catch {
      throw MigrationError(.databaseFailed, "the mapping's scratch file", cause: error.text)
    }
  }

  /// Rows without a card are their customer's; no record can be confused by them.
  private func claimWithoutCard(_ rows: [MappingIndex.Entry]) {
    for row in rows where row.paymentMethod == nil { mapping.claim(row) }
  }

  private func isDuplicate(
    _ entry: MappingIndex.Entry, _ customer: [UInt8]
  ) throws(MigrationError) -> Bool {
    do throws(SQLiteCode) {
      return try mapping.isDuplicate(entry, ofCustomer: customer)
    } catch {
      throw MigrationError(.databaseFailed, "the mapping's scratch file", cause: error.text)
    }
  }

  private func candidates(_ card: LegacyCard) throws(MigrationError) -> [MappingIndex.Entry] {
    guard let customer = card.customer.keyBytes else { return [] }
    return candidates(card, among: try entries(customer))
  }

  /// Rows that may be the card: by its key where the file has keys, else by its looks.
  private func candidates(
    _ card: LegacyCard, among rows: [MappingIndex.Entry]
  ) -> [MappingIndex.Entry] {
    if config.mapping.matchBy != .attributes {
      let key = card.key.keyBytes
      // As nearly always; the general way below makes several lists.
      if rows.count == 1, rows[0].oldCard == key, rows[0].paymentMethod != nil { return rows }
    }
    let rows = rows.filter { $0.paymentMethod != nil }
    if config.mapping.matchBy != .attributes {
      let key = card.key.keyBytes
      let exact = rows.filter { $0.oldCard != nil && $0.oldCard == key }
      if !exact.isEmpty { return exact }
    }
    let others = config.mapping.matchBy == .attributes ? rows : rows.filter { $0.oldCard == nil }
    if let stored = card.paymentMethod.keyBytes,
      let entry = others.first(where: { $0.paymentMethod == stored })
    {
      return [entry]
    }
    guard card.last4 != nil else { return [] }
    return others.filter { $0.last4 != nil && difference(card, $0) == nil }
  }

  private func difference(_ card: LegacyCard, _ entry: MappingIndex.Entry) -> MatchReason? {
    if let stored = card.paymentMethod.keyBytes, !stored.isEmpty, stored != entry.paymentMethod {
      return .otherIdStored
    }
    // A bank account has neither brand nor expiry.
    if entry.isBankAccount, card.brand != nil || card.year != nil { return .bankAccount }
    if let mine = card.last4, let other = entry.last4, mine != other { return .last4Differs }
    if let mine = card.brand, let other = entry.brand,
      !Matcher.agree(mine, other, isShared: card.mayBeOtherBrand)
    {
      return .brandDiffers
    }
    if let month = card.month, let year = card.year, let otherMonth = entry.month,
      let otherYear = entry.year, (month, year) != (otherMonth, otherYear)
    {
      return .expiryDiffers
    }
    return nil
  }

  /// Whether two brands may be of one card. Cards of several networks, and networks that tell no
  /// brand of the number, agree with all.
  private static func agree(_ mine: String, _ other: String, isShared: Bool) -> Bool {
    if mine == other || isShared { return true }
    if silent.contains(other) || silent.contains(mine) { return true }
    return sharing.contains(mine) && sharing.contains(other)
  }

  /// Brands that tell nothing of the number.
  private static let silent: Set<String> = [
    "unknown", "link", "cartes_bancaires", "eftpos_au", "girocard", "interac",
  ]
  /// Networks that clear through each other issue from each other's ranges.
  private static let sharing: Set<String> = ["discover", "diners", "jcb", "unionpay"]

  private func isExpired(_ card: LegacyCard, _ entry: MappingIndex.Entry) -> Bool {
    guard let year = entry.year ?? card.year, let ends = entry.month ?? card.month else {
      return false
    }
    return MappingOptions.Month(year: year, month: ends) < month
  }

  // MARK: - Customers

  /// - Parameters:
  ///   - stored: what the customer's row has already.
  ///   - hasCard: asked only when the mapping does not know the customer.
  func decide(
    customer key: SQLValue, stored: SQLValue, hasCard: () throws(MigrationError) -> Bool
  ) throws(MigrationError) -> CustomerDecision {
    let isExcepted = config.customers.map { exceptions.contains($0.table, key) } ?? false
    guard let bytes = key.keyBytes else {
      return CustomerDecision(status: .unreadable, reason: .customerIsNull)
    }
    let found: (id: [UInt8], line: Int)?
    do throws(SQLiteCode) {
      found = try mapping.customer(ofCustomer: bytes)
    } catch {
      throw MigrationError(.databaseFailed, "the mapping's scratch file", cause: error.text)
    }
    guard let found else {
      if let id = stored.keyBytes, !id.isEmpty {
        // Moved earlier, by other means: nothing to write.
        return CustomerDecision(status: .matched, isLinkable: !isExcepted, isExcepted: isExcepted)
      }
      // What is missing of a row that holds the card as well is told of the card.
      if !config.hasCardsInCustomers {
        let hasCard = try hasCard()
        if isExcepted || hasCard {
          return CustomerDecision(
            status: .missing, reason: .customerNotInMapping, isExcepted: isExcepted)
        }
      }
      return CustomerDecision(status: .withoutCard, reason: .noCard)
    }
    if mapping.hasCustomersWithoutCard { claimWithoutCard(try entries(bytes)) }
    if let id = stored.keyBytes, !id.isEmpty, id != found.id {
      return CustomerDecision(
        status: .conflict, reason: .otherIdStored, line: found.line, isExcepted: isExcepted)
    }
    return CustomerDecision(
      status: .matched, id: found.id, line: found.line, isLinkable: !isExcepted,
      isExcepted: isExcepted)
  }

  // MARK: - What link wrote

  /// Whether a card's row holds what link writes into it.
  ///
  /// Brand and last four are compared as well: a mapping need not have them, and then what link took
  /// from the number tells of the change.
  func isLinked(_ card: LegacyCard, _ decision: CardDecision) -> Bool {
    guard !decision.isExcepted, [.matched, .expired, .duplicate].contains(decision.status),
      let id = decision.entry?.paymentMethod, card.paymentMethod.holds(id)
    else { return false }
    if config.cards.last4 != nil, let last4 = decision.last4,
      Matcher.text(card.storedLast4) != last4
    {
      return false
    }
    // A trigger of the shop may spell it in its own way.
    guard config.cards.brand != nil, let brand = decision.brand else { return true }
    return CardBrand.normalised(Matcher.text(card.storedBrand)) == CardBrand.normalised(brand)
  }

  /// The same for a customer's row and the id in it.
  func isLinked(_ stored: SQLValue, _ decision: CustomerDecision) -> Bool {
    decision.isLinkable && (decision.id.map { stored.holds($0) } ?? true)
  }

  /// Without the blanks that fill up a column of fixed width.
  private static func text(_ value: SQLValue) -> String {
    var bytes = value.keyBytes ?? []
    while bytes.last == 0x20 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
