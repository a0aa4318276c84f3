import Core
import Detection

/// Tells a shop's tables and columns by their names and by what a scan found in them.
struct ProposalNames {
  private let schema: DatabaseSchema
  private let evidence: [Proposal.Evidence]

  private let contents: ColumnContents
  /// Knows more names of columns for codes.
  private let detector: Detector?
  /// Tells what values of one table stand in another.
  private let database: any MigrationDatabase

  init(
    _ schema: DatabaseSchema, _ evidence: [Proposal.Evidence], _ contents: ColumnContents,
    _ detector: Detector?, _ database: any MigrationDatabase
  ) {
    self.schema = schema
    self.database = database
    self.evidence = evidence
    self.contents = contents
    self.detector = detector
  }

  private static let numbers = [
    "number", "cardnumber", "pan", "ccnumber", "ccnum", "cardno", "ccno", "creditcard",
    "creditcardnumber", "card", "cardnum", "accountnumber",
  ]
  private static let codes = [
    "cvv", "cvc", "cvv2", "cvc2", "cid", "cvn", "csc", "securitycode", "cardcode", "cccvv",
    "verificationcode",
  ]
  private static let tracks = ["track1", "track2", "trackdata", "magstripe", "track"]

  /// Names of columns by the fields of Stripe's import.
  static let intake: [String: [String]] = [
    "email": ["email", "mail", "emailaddress"],
    "phone": ["phone", "telephone", "phonenumber", "mobile"],
    "name": ["name", "fullname", "customername", "displayname"],
    "line1": ["line1", "address", "address1", "addressline1", "street", "street1"],
    "line2": ["line2", "address2", "addressline2", "street2"],
    "city": ["city", "town"],
    "state": ["state", "province", "region"],
    "postal": ["postal", "postalcode", "postcode", "zip", "zipcode"],
    "country": ["countrycode", "country"],
    "is_default": ["isdefault", "defaultcard", "isprimary"],
    "network_transaction_id": ["networktransactionid", "schemetransactionid"],
  ]

  func table(_ name: String) -> DatabaseSchema.Table? { schema.table(name) }

  /// A table that may be that of the cards.
  private struct CardTable {
    var table: DatabaseSchema.Table
    var column: String
    var isOfCards: Bool
    var customers: [CustomerSearch.Link]
    var points: Int

    func isBefore(_ other: CardTable) -> Bool {
      let rank = { (found: CardTable) in
        (found.isOfCards ? 1 : 0, found.customers.isEmpty ? 0 : 1, found.points)
      }
      return rank(self) > rank(other)
    }
  }

  /// The table with the cards, the column with the number, and what may say whose a card is, the best
  /// first. One whose cards belong to somebody comes before others.
  func cardTable() throws(MigrationError) -> (
    table: DatabaseSchema.Table, number: String, customers: [CustomerSearch.Link]
  )? {
    var best: CardTable?
    for table in ordinary {
      var points = 0
      if table.columns.contains(where: { isOfCodes($0.name) }) { points += 500 }
      if find(["expmonth", "expyear", "expiry", "expmonth"], table) != nil { points += 500 }
      var number: (column: String, points: Int)?
      var isOfCards = points > 0
      for column in table.columns {
        let found = proof(table, column).numbers
        let isNamed = Self.numbers.contains(Self.folded(column.name))
        let isProven = found > 0 || table.name.lowercased().contains("card")
        let own = min(found, 1_000) + (isNamed && isProven ? 5_000 : 0)
        guard isNamed || found > 0, points + own > number?.points ?? 0 else { continue }
        number = (column.name, points + own)
        if isNamed && isProven || contents.looksLikeNumbers(table.name, column.name) {
          isOfCards = true
        }
      }
      guard let number else { continue }
      let next = CardTable(
        table: table, column: number.column, isOfCards: isOfCards,
        customers: try customers(of: table),
        points: number.points)
      if best.map({ next.isBefore($0) }) ?? true { best = next }
    }
    return best.map { ($0.table, $0.column, $0.customers) }
  }

  /// The key of a table of customers' cards that is the number itself.
  func keyOfNumbers() throws(MigrationError) -> String? {
    for table in ordinary {
      if let key = key(of: table), contents.looksLikeNumbers(table.name, key),
        try !customers(of: table).isEmpty
      {
        return "\(table.name).\(key)"
      }
    }
    return nil
  }

  /// Tables that rows are written to by hand.
  private var ordinary: [DatabaseSchema.Table] {
    schema.tables.filter {
      !$0.isShadow && $0.module == nil && !$0.name.hasPrefix(DatabaseSchema.ownPrefix)
    }
  }

  private func proof(
    _ table: DatabaseSchema.Table, _ column: DatabaseSchema.Column
  ) -> Proposal.Evidence {
    evidence.first { $0.table == table.name && $0.column == column.name }
      ?? Proposal.Evidence(table: table.name, column: column.name)
  }

  // MARK: - Customers

  /// Columns with a card's customer and where they point, the best first.
  private func customers(
    of table: DatabaseSchema.Table
  ) throws(MigrationError) -> [CustomerSearch.Link] {
    let taken = table.columns.filter {
      let found = proof(table, $0)
      return $0.keyPosition > 0 && table.primaryKey.count == 1 || found.numbers + found.codes > 0
        || Self.numbers.contains(Self.folded($0.name)) || isOfCodes($0.name)
    }
    return try CustomerSearch(ordinary, database, key: key).links(
      from: table, besides: Set(taken.map(\.name)))
  }

  func key(of table: DatabaseSchema.Table) -> String? {
    let key = table.primaryKey
    if key.count == 1 { return key[0].name }
    if key.count > 1 { return nil }
    return find(["id"], table)
      ?? table.indexes.first { $0.isUnique && $0.columns.count == 1 }?.columns[0]
  }

  func stripeCustomer(in table: DatabaseSchema.Table) -> String {
    written(
      "stripe_customer_id", ["stripecustomerid", "stripecustomer", "stripeid", "customerstripeid"],
      orHolding: [.customerId], table)
  }

  /// - Parameter taken: the column with the customer's id, where it is in the same table.
  func paymentMethod(in table: DatabaseSchema.Table, besides taken: String?) -> String {
    written(
      "stripe_payment_method_id",
      [
        "stripepaymentmethodid", "stripepaymentmethod", "paymentmethodid", "stripecardid",
        "stripeid",
      ], orHolding: [.paymentMethodId, .cardId, .sourceId], table, besides: taken)
  }

  /// The column that link writes: as `find`, but none that is generated, which nothing can be written
  /// to; else a new one.
  func written(
    _ new: String, _ names: [String], orHolding kinds: [ColumnProfile.Class],
    _ table: DatabaseSchema.Table, besides taken: String? = nil
  ) -> String {
    var writable = table
    writable.columns.removeAll { $0.isGenerated || $0.name == taken }
    return find(names, orHolding: kinds, writable)
      ?? (table.column(new) == nil ? new : "stripe_" + new)
  }

  /// The column with one of these names, case and separators aside.
  func find(_ names: [String], _ table: DatabaseSchema.Table) -> String? {
    for name in names {
      if let column = table.columns.first(where: { Self.folded($0.name) == name }) {
        return column.name
      }
    }
    return nil
  }

  /// The column with one of these names, else one that holds little but these classes.
  func find(
    _ names: [String], orHolding kinds: [ColumnProfile.Class], _ table: DatabaseSchema.Table
  ) -> String? {
    find(names, table)
      ?? table.columns.first {
        !$0.isGenerated && $0.keyPosition == 0 && contents.isMostly(kinds, table.name, $0.name)
      }?.name
  }

  private static let expiries = [
    "expiry", "expiration", "exp", "expdate", "expirydate", "expires", "expireson",
    "expirationdate", "validuntil", "validthru", "validthrough", "validto", "goodthru",
  ]

  /// The column that says in one when a card ends, a DATE as well.
  func expiry(_ table: DatabaseSchema.Table) -> String? {
    find(Self.expiries, orHolding: [.expiry], table)
      ?? table.columns.first {
        $0.type.uppercased() == "DATE" && Self.folded($0.name).contains("exp")
      }?.name
  }

  /// Whether a column of the cards was told by what is in it.
  func isToldByContent(_ column: String, _ table: DatabaseSchema.Table) -> Bool {
    let usual = [
      "brand", "cardbrand", "last4", "cardlast4", "lastfour", "last4digits",
      "stripepaymentmethodid", "stripepaymentmethod", "paymentmethodid", "stripecardid", "stripeid",
    ]
    return table.column(column) != nil && !(usual + Self.expiries).contains(Self.folded(column))
  }

  // MARK: - What goes

  /// Columns with card data: by name in the table of the cards, by what was found everywhere.
  func scrubCandidates(
    _ cards: DatabaseSchema.Table, _ number: String?
  ) -> [(DatabaseSchema.Table, DatabaseSchema.Column)] {
    var found: [(DatabaseSchema.Table, DatabaseSchema.Column)] = []
    for column in cards.columns {
      let proof = proof(cards, column)
      let isNamed = isOfCardData(column.name, number: number)
      if isNamed || proof.numbers + proof.codes + proof.others > 0 { found.append((cards, column)) }
    }
    for item in evidence where item.table != cards.name {
      guard let place = schema.visible(item.table, item.column),
        !found.contains(where: { $0.0.name == place.0.name && $0.1.name == place.1.name })
      else { continue }
      found.append(place)
    }
    return found
  }

  /// Whether a column of the cards is for card data by its name.
  func isOfCardData(_ column: String, number: String?) -> Bool {
    column == number || isOfCodes(column) || Self.tracks.contains(Self.folded(column))
  }

  private func isOfCodes(_ column: String) -> Bool {
    Self.codes.contains(Self.folded(column))
      || detector?.hints(forColumn: column).contains(.code) == true
  }

  /// Whether other text stands around the numbers.
  func isFreeText(_ column: DatabaseSchema.Column) -> Bool {
    !column.isNumeric && !Self.numbers.contains(Self.folded(column.name))
      && !isOfCardData(column.name, number: nil)
  }

  private static func folded(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
