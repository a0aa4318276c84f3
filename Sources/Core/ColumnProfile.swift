/// What one column of one table holds, from all its values: a line of the column inventory.
///
/// Holds no value of the column, only counts, and the keys of a few rows.
package struct ColumnProfile: Codable, Sendable, Equatable {
  package var target: String
  /// The file or database that holds the table, raw, where the target is not it.
  package var path: String?
  package var table: String
  package var column: String
  /// As the database declares it; empty when it does not.
  package var type: String
  /// Rows read; NULLs and empty texts are among them.
  package var rows = 0
  package var nulls = 0
  package var empty = 0
  /// Different values; an estimate when `isDistinctEstimated`.
  package var distinct = 0
  package var isDistinctEstimated = false
  /// What the values are, the most frequent first; each value counts once.
  package var classes: [Share] = []
  /// Values shaped like a card number of a known issuer range and length, and how many of them pass
  /// Luhn.
  package var cardShaped = 0
  package var passLuhn = 0
  /// What else was noticed, as fixed words with a detail, for example `hash-reversed:sha-256` or
  /// `expiry-beside-number:card_no`.
  package var notes: [String] = []
  /// Before the names of columns whose digits may be one number, and cannot be told to be or not.
  package static let maybePieceNote = "maybe-piece-of-number:"
  private static let besideNumberNote = "-beside-number"
  /// `nil` where the column holds no Stripe id.
  package var ids: IDCheck?

  package init(target: String, path: String? = nil, table: String, column: String, type: String) {
    self.target = target
    self.path = path
    self.table = table
    self.column = column
    self.type = type
  }

  /// The note of a column whose values have to be protected where they stand beside a card number.
  /// - Parameter numbers: the column with the number.
  package static func companionNote(_ kind: String, beside numbers: String) -> String {
    "\(kind)\(besideNumberNote):\(numbers)"
  }

  /// What such a note tells.
  package static func companion(in note: String) -> (kind: String, numbers: String)? {
    guard let colon = note.firstIndex(of: ":") else { return nil }
    let word = note[..<colon]
    guard word.hasSuffix(besideNumberNote) else { return nil }
    return (
      String(word.dropLast(besideNumberNote.count)), String(note[note.index(after: colon)...])
    )
  }

  /// How many of a column's values are of one class.
  package struct Share: Codable, Sendable, Equatable {
    package var kind: Class
    package var count: Int
    /// Keys of a few rows, for example `id=7`; never a value.
    package var examples: [String]

    package init(kind: Class, count: Int, examples: [String] = []) {
      self.kind = kind
      self.count = count
      self.examples = examples
    }
  }

  /// How the Stripe ids of a column look beside each other.
  package struct IDCheck: Codable, Sendable, Equatable {
    /// Ids that tell their mode, as `cs_live_` and `pm_card_visa` do; most do not.
    package var live = 0
    package var test = 0
    /// Begin like an id and go on like none.
    package var malformed = 0
    /// Ids that stand in an earlier row too; about, where not all were compared.
    package var duplicates = 0
    /// One id in so many was compared with the others; `nil` when every one was.
    package var comparedOneIn: Int?
    /// Rows with a payment method and no customer, in a table that has columns for both.
    package var orphans = 0

    package init() {}
  }

  /// What a value is. A string, so that an unknown one survives.
  package struct Class: RawRepresentable, Codable, Sendable, Hashable {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let customerId = Class(rawValue: "stripe-customer")
    package static let paymentMethodId = Class(rawValue: "stripe-payment-method")
    package static let cardId = Class(rawValue: "stripe-card")
    package static let sourceId = Class(rawValue: "stripe-source")
    package static let intentId = Class(rawValue: "stripe-intent")
    package static let otherStripeId = Class(rawValue: "stripe-other")
    /// Begins like a Stripe id and goes on like none.
    package static let malformedId = Class(rawValue: "stripe-malformed")
    package static let brand = Class(rawValue: "brand")
    /// The last four digits, bare or behind a mask.
    package static let last4 = Class(rawValue: "last4")
    package static let bin = Class(rawValue: "bin")
    package static let expiry = Class(rawValue: "expiry")
    /// Six and four digits or fewer are left, and more than the last four.
    package static let truncated = Class(rawValue: "truncated")
    /// More than six and four digits are left.
    package static let truncatedTooWide = Class(rawValue: "truncated-too-wide")
    package static let pan = Class(rawValue: "pan")
    /// A piece of a number whose other pieces stand in columns of the same row.
    package static let panPiece = Class(rawValue: "pan-piece")
    package static let code = Class(rawValue: "verification-code")
    package static let track = Class(rawValue: "track")
    package static let secret = Class(rawValue: "secret")
    /// An unkeyed hash that was shown to be one of a PAN.
    package static let panHash = Class(rawValue: "pan-hash")
    package static let pinBlock = Class(rawValue: "pin-block")
    /// Encrypted, hashed or binary: nobody can tell what it holds.
    package static let opaque = Class(rawValue: "opaque")
    package static let freeText = Class(rawValue: "text")
    package static let number = Class(rawValue: "number")
    package static let date = Class(rawValue: "date")
    package static let other = Class(rawValue: "other")
  }
}
