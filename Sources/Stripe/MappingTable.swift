import Core
import Native

/// A mapping file that was read whole and found in order; its rows are in a scratch database.
///
/// The database has, to join with:
///
/// ```sql
/// CREATE TABLE mapping(
///   id INTEGER PRIMARY KEY,  -- counts rows in the order of the file
///   line INTEGER NOT NULL,   -- where the row begins, from 1
///   old_customer TEXT NOT NULL,
///   old_card TEXT,           -- NULL for a customer without a card, or a file without such ids
///   customer TEXT NOT NULL,  -- cus_
///   payment_method TEXT,     -- pm_, card_, src_ or ba_; NULL for a customer without a card
///   brand TEXT,              -- as PaymentMethods spell it: visa, mastercard, amex; see CardBrand
///   last4 TEXT,              -- four digits
///   exp_month INTEGER, exp_year INTEGER,  -- 1...12 and four digits
///   fingerprint TEXT);
/// CREATE INDEX mapping_source ON mapping(old_customer, old_card);
/// CREATE TABLE mapping_warning(line INTEGER NOT NULL, kind TEXT NOT NULL);
/// ```
///
/// What is NULL is not in the file: the copy between accounts has ids only. An `old_customer` has one
/// `customer` and the reverse; an `old_customer` with an `old_card` has one `payment_method` and the
/// reverse.
package struct MappingTable: Sendable, Equatable {
  package var format: MappingFormat
  /// Of the file's bytes as they were read: 64 hexadecimal digits.
  package var sha256: String
  package var byteCount: Int
  /// Rows in the table.
  package var rowCount: Int
  /// Rows of the file left out because an earlier row says the same.
  package var repeatedRowCount: Int
  /// How often each warning was given; each has a line in `mapping_warning`.
  package var warningCounts: [MappingWarning.Kind: Int]

  /// Calls `body` with every warning, in the order of the file.
  /// - Throws: `SQLiteCode` when the scratch database cannot be read, and what `body` throws.
  package func forEachWarning(
    in database: borrowing Database, _ body: (MappingWarning) throws -> Void
  ) throws {
    let statement = try database.prepare("SELECT line, kind FROM mapping_warning ORDER BY rowid")
    while true {
      let code = statement.step()
      if code == .done { return }
      guard code == .row else { throw code }
      let kind = String(decoding: statement.currentRow.text(1), as: UTF8.self)
      guard let kind = MappingWarning.Kind(rawValue: kind) else { continue }
      try body(MappingWarning(line: Int(statement.currentRow.integer(0)), kind: kind))
    }
  }
}

/// Something in a mapping file that a person should look at and that does not stop the migration.
package struct MappingWarning: Sendable, Equatable {
  package var line: Int
  package var kind: Kind

  package init(line: Int, kind: Kind) {
    self.line = line
    self.kind = kind
  }

  /// What there is to look at.
  package enum Kind: String, Sendable, CaseIterable {
    /// `341` for `0341`: a spreadsheet took it for a number. Filled up again in the table.
    case strippedZeros = "stripped-zeros"
    /// `24` for `2024`.
    case twoDigitYear = "two-digit-year"
    /// An id of another kind than the file's first, `card_` beside `pm_`.
    case mixedKinds = "mixed-kinds"
    case expired
    case customerWithoutCard = "customer-without-card"
    /// A column or key that no known format has; not used.
    case unknownColumn = "unknown-column"
  }
}

/// How to read a mapping file.
package struct MappingOptions: Sendable {
  /// The shapes of ids.
  package var ids: StripeIds
  /// A card whose month of expiry is before this one is told as expired.
  package var month: Month
  /// The column with the legacy customer's id; `nil` for the one the format has for it.
  ///
  /// Which of a shop's keys went into which column is different for every shop: in some files
  /// `source_old_id` holds the user. Such a file then has no ids of cards unless `cardColumn` names
  /// them. For CSV only.
  package var customerColumn: String?
  /// The column with the legacy card's id; `nil` for the one the format has for it. For CSV only.
  package var cardColumn: String?
  /// Legacy ids are known to be long numbers, one in ten of which looks like a card's.
  ///
  /// Without this, enough of them are told from card numbers by how many pass Luhn; a few are not.
  package var allowsLongNumericIds: Bool

  package init(
    ids: StripeIds, month: Month, customerColumn: String? = nil, cardColumn: String? = nil,
    allowsLongNumericIds: Bool = false
  ) {
    self.allowsLongNumericIds = allowsLongNumericIds
    self.ids = ids
    self.month = month
    self.customerColumn = customerColumn
    self.cardColumn = cardColumn
  }

  /// A month of a year, for example `Month(year: 2026, month: 4)`.
  package struct Month: Sendable, Comparable {
    package var year: Int
    package var month: Int

    package init(year: Int, month: Int) {
      self.year = year
      self.month = month
    }

    package static func < (left: Month, right: Month) -> Bool {
      (left.year, left.month) < (right.year, right.month)
    }
  }
}
