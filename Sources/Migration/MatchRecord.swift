/// What became of one record in a match.
package enum MatchStatus: String, Codable, Sendable, CaseIterable {
  case matched
  case missing = "missing-in-mapping"
  case onlyInMapping = "only-in-mapping"
  case conflict
  case ambiguous
  case expired
  case duplicate
  /// Nothing to compare the mapping with.
  case unreadable
  /// A customer without a card, who needs no id.
  case withoutCard = "customer-without-card"
}

/// Why a record has its status.
package enum MatchReason: String, Codable, Sendable, CaseIterable {
  case customerNotInMapping = "customer-not-in-mapping"
  case cardNotInMapping = "card-not-in-mapping"
  /// The mapping has the card's key under another customer's.
  case otherCustomer = "card-of-another-customer"
  case noPaymentMethod = "no-payment-method-in-mapping"
  case brandDiffers = "brand-differs"
  case last4Differs = "last4-differs"
  case expiryDiffers = "expiry-differs"
  case otherIdStored = "another-id-is-stored"
  /// The exceptions name the record, and its row still has the id of a card that is not in it.
  case idOfOtherCard = "id-of-another-card-is-stored"
  case bankAccount = "bank-account-for-a-card"
  case severalCandidates = "several-candidates"
  case severalClaims = "several-records-for-one-mapping-row"
  case numberUnreadable = "number-is-no-card-number"
  case nothingToCompare = "nothing-to-compare"
  case customerIsNull = "customer-is-null"
  case expired
  case sameFingerprint = "same-fingerprint"
  case notInDatabase = "not-in-database"
  case noCard = "no-card"
  /// It matches, and link has not written its ids.
  case notLinked = "not-linked"
  /// It has its id, and brand or last four are not as link wrote them.
  case otherValuesStored = "other-values-stored"
}

/// One record that is not plainly matched, for `migrate match --output`.
package struct MatchRecord: Sendable, Equatable {
  package var status: MatchStatus
  package var reason: MatchReason
  /// `nil` for what is only in the mapping.
  package var table: String?
  /// As shown: escaped, a card number masked.
  package var key: String?
  package var customer: String?
  package var mappingLine: Int?
  /// Whether the plan leaves the record without ids.
  package var isUnlinked: Bool
  /// Whether the exceptions name it.
  package var isExcepted: Bool
}

/// How many records have which status.
package struct MatchCounts: Codable, Sendable, Equatable {
  package var cards = Tally()
  package var customers = Tally()
  /// Rows that no record of the database takes.
  package var onlyInMapping = 0

  package init() {}

  /// Records of one table.
  package struct Tally: Codable, Sendable, Equatable {
    package var total = 0
    /// By status, all of them; together they are `total`.
    package var byStatus: [String: Int] = [:]
    /// Those that get ids, or have them already.
    package var linkable = 0
    /// Those that stay without because the exceptions say so.
    package var excepted = 0
    /// Customers without a card, who need none.
    package var needless = 0
    /// Those whose row holds the mapping's ids.
    package var linked = 0

    package init() {}

    /// Those that would stay without ids and nobody allowed it.
    package var unlinked: Int { total - linkable - excepted - needless }

    /// Those that need ids.
    package var needful: Int { total - needless }

    /// Those that should have ids and do not have them yet.
    package var open: Int { total - linked - excepted - needless }

    package func count(_ status: MatchStatus) -> Int { byStatus[status.rawValue] ?? 0 }

    mutating func add(_ status: MatchStatus, isLinkable: Bool, isExcepted: Bool) {
      total += 1
      byStatus[status.rawValue, default: 0] += 1
      if isExcepted {
        excepted += 1
      } else if isLinkable {
        linkable += 1
      } else if status == .withoutCard {
        needless += 1
      }
    }
  }

  package var unlinked: Int { cards.unlinked + customers.unlinked }

  /// Records of each table, without those that need no ids.
  package func records(_ config: MigrationConfig) -> [MigrationPlan.StoreCount] {
    var records = [MigrationPlan.StoreCount(store: config.cards.table, count: cards.needful)]
    if let table = config.customers?.table {
      records.append(.init(store: table, count: customers.needful))
    }
    return records
  }
}
