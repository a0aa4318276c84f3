import Stripe

/// What a person decided about a migration: `unpan-migration.json5`, written by `migrate init` and
/// corrected by hand.
package struct MigrationConfig: Codable, Sendable, Equatable {
  package var version = 1
  /// The database, as `unpan scan` takes it.
  package var target: String
  package var mapping: Mapping
  /// `nil` when the table with the cards holds the customers as well, or nobody needs their ids.
  package var customers: Customers?
  package var cards: Cards
  package var link = Link()
  /// What happens to triggers of the tables that are changed.
  package var triggers: Triggers?
  package var scrub: [Scrub] = []
  /// Records that may stay without ids.
  package var exceptions: [Exception]?
  /// A file of further exceptions, one a line, as `migrate match` writes them.
  package var exceptionsFile: String?
  /// What `migrate intake` takes beside the card itself.
  package var intake: Intake?

  /// Whether each row of a customer holds the card as well.
  var hasCardsInCustomers: Bool { customers?.table.lowercased() == cards.table.lowercased() }

  package init(target: String, mapping: Mapping, cards: Cards) {
    self.target = target
    self.mapping = mapping
    self.cards = cards
  }

  /// The mapping file and how it joins.
  package struct Mapping: Codable, Sendable, Equatable {
    package var file: String
    /// `card`: by the keys of customer and card. `attributes`: by the customer's key, then brand, last
    /// four and expiry, for files and tables without keys of cards.
    package var matchBy: MatchBy?
    /// Columns that hold the shop's keys, where they are not the usual ones.
    package var customerColumn: String?
    package var cardColumn: String?
    /// Whether the shop's keys may be as long as card numbers; such keys are refused otherwise.
    package var longNumericKeys: Bool?

    package init(file: String) { self.file = file }

    package enum MatchBy: String, Codable, Sendable { case card, attributes }
  }

  package struct Customers: Codable, Sendable, Equatable {
    package var table: String
    package var key: String
    /// Gets the customer's id; added when it is not there.
    package var stripeCustomer: String

    package init(table: String, key: String, stripeCustomer: String) {
      self.table = table
      self.key = key
      self.stripeCustomer = stripeCustomer
    }
  }

  package struct Cards: Codable, Sendable, Equatable {
    package var table: String
    package var key: String
    /// The customer's key.
    package var customer: String
    /// The full number; `nil` when the shop has none to compare.
    package var number: String?
    package var expiryMonth: String?
    package var expiryYear: String?
    /// Both in one, for example `11/27`.
    package var expiry: String?
    /// Get what the mapping says; added when they are not there.
    package var paymentMethod: String
    package var brand: String?
    package var last4: String?

    package init(table: String, key: String, customer: String, paymentMethod: String) {
      self.table = table
      self.key = key
      self.customer = customer
      self.paymentMethod = paymentMethod
    }
  }

  package struct Link: Codable, Sendable, Equatable {
    /// Rows of one transaction.
    package var batchRows: Int?
    /// Whether cards that have expired get their ids; yes unless said otherwise.
    package var expired: Bool?
    /// Whether cards that Stripe holds twice for a customer get their ids; yes unless said otherwise.
    package var duplicates: Bool?

    package init() {}

    package static let batchRowsDefault = 50_000
  }

  package enum Triggers: String, Codable, Sendable {
    /// Do not fire while rows are changed; indexes for full text are made anew.
    case suspend
    /// Fire as always.
    case fire
  }

  /// What becomes of one column.
  package struct Scrub: Codable, Sendable, Equatable {
    package var table: String
    package var column: String
    package var action: Action

    package init(table: String, column: String, action: Action) {
      self.table = table
      self.column = column
      self.action = action
    }
  }

  package enum Action: String, Codable, Sendable, CaseIterable {
    case null
    /// Stars and the last four digits of a number, three stars for anything else.
    case mask
    case empty
    case zero
    /// The column goes.
    case drop
    /// Numbers, tracks and codes in a text are replaced by stars; the rest of it stays. In a column of
    /// numbers they become NULL, or 0 where that may not be.
    case redact
  }

  /// A record that may stay without ids, and why.
  package struct Exception: Codable, Sendable, Equatable {
    package var table: String
    package var key: String
    package var why: String?

    package init(table: String, key: String, why: String? = nil) {
      self.table = table
      self.key = key
      self.why = why
    }
  }

  /// Columns for the file that Stripe's import takes, by the names that it has there, for example
  /// `{customers: {email: "mail"}}`.
  package struct Intake: Codable, Sendable, Equatable {
    /// Of the customers' table.
    package var customers: [String: String]?
    /// Of the cards' table.
    package var cards: [String: String]?

    package init() {}

    /// What is not told by other parts of the configuration already.
    package static let fields: [String] = ImportFile.Column.allCases.filter {
      ![.oldCustomer, .oldCard, .number, .expMonth, .expYear, .customer].contains($0)
    }.map(\.rawValue)
  }

  /// Every key that a file may have; another one is a mistyped one.
  static let keys: Set<String> = Set(Intake.fields).union([
    "version", "target", "mapping", "customers", "cards", "link", "triggers", "scrub", "exceptions",
    "exceptionsFile", "file", "matchBy", "customerColumn", "cardColumn", "longNumericKeys",
    "table", "key",
    "stripeCustomer", "customer", "number", "expiryMonth", "expiryYear", "expiry", "paymentMethod",
    "brand", "last4", "batchRows", "expired", "duplicates", "column", "action", "why",
    "intake", "cards",
  ])
}
