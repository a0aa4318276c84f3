import Core
import Detection

/// Tells a shop's tables and columns by their names and by what a scan found in them.
struct ProposalNames {
  private let schema: DatabaseSchema
  private let evidence: [Proposal.Evidence]

  private let contents: ColumnContents
  /// Knows more names of columns for codes.
  private let detector: Detector?

  init(
    _ schema: DatabaseSchema, _ evidence: [Proposal.Evidence], _ contents: ColumnContents,
    _ detector: Detector?
  ) {
    self.schema = schema
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

  /// The table with the cards and the column with the number.
  func cardTable() -> (DatabaseSchema.Table, number: String?)? {
    var best: (table: DatabaseSchema.Table, column: String, points: Int)?
    for table in ordinary {
      for column in table.columns {
        let found = proof(table, column)
        let isNamed = Self.numbers.contains(Self.folded(column.name))
        var points = min(found.numbers, 1_000)
        if isNamed {
          points += found.numbers > 0 || table.name.lowercased().contains("card") ? 5_000 : 0
        }
        if table.columns.contains(where: { isOfCodes($0.name) }) { points += 500 }
        if find(["expmonth", "expyear", "expiry", "expmonth"], table) != nil { points += 500 }
        if customer(of: table) == nil { points = 0 }
        guard isNamed || found.numbers > 0, points > best?.points ?? 0 else { continue }
        best = (table, column.name, points)
      }
    }
    return best.map { ($0.table, $0.column) }
  }

  /// The key of a table of customers' cards that is the number itself.
  func keyOfNumbers() -> String? {
    for table in ordinary where customer(of: table) != nil {
      if let key = key(of: table), contents.looksLikeNumbers(table.name, key) {
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

  /// The column with a card's customer and where it points.
  func customer(
    of table: DatabaseSchema.Table
  ) -> (column: String, table: DatabaseSchema.Table?, key: String?)? {
    let words = ["customer", "user", "account", "client", "member", "buyer", "person", "shopper"]
    for key in table.foreignKeys {
      guard words.contains(where: { key.table.lowercased().contains($0) }) else { continue }
      return (key.column, schema.table(key.table), key.target.isEmpty ? nil : key.target)
    }
    for word in words {
      for column in table.columns {
        let name = Self.folded(column.name)
        guard name == word + "id" || name == word || name == word + "no" || name == "fk" + word
        else { continue }
        let target = ordinary.first {
          let name = Self.folded($0.name)
          return name == word || name == word + "s" || name.hasSuffix(word + "s")
        }
        return (column.name, target, nil)
      }
    }
    // Cards that lie in the customers' own row.
    let name = Self.folded(table.name)
    if words.contains(where: { name == $0 || name == $0 + "s" }), let key = key(of: table) {
      return (key, table, key)
    }
    return nil
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

  /// Whether a column of the cards was told by what is in it.
  func isToldByContent(_ column: String, _ table: DatabaseSchema.Table) -> Bool {
    let usual = [
      "brand", "cardbrand", "last4", "cardlast4", "lastfour", "last4digits", "expiry", "expiration",
      "exp", "expdate", "expirydate", "stripepaymentmethodid", "stripepaymentmethod",
      "paymentmethodid", "stripecardid", "stripeid",
    ]
    return table.column(column) != nil && !usual.contains(Self.folded(column))
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
