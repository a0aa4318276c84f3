import Core

/// Writes the CSV that Stripe's card import takes, row by row, into bytes that the caller sends on.
///
/// UTF-8, rows end with `\n`, every value in quotes, nothing for what is not there. There is no column
/// for a verification code: it must not be stored, so it cannot be handed over.
///
/// The rows hold card numbers: the caller overwrites what it passes in and what it gets.
package struct ImportFile: Sendable {
  package let columns: [Column]

  /// The columns there are, by the names that Stripe's import knows.
  package enum Column: String, Sendable, CaseIterable {
    case oldCustomer = "old_customer_id"
    case number = "card_number"
    case expMonth = "card_exp_month"
    case expYear = "card_exp_year"
    case networkTransaction = "network_transaction_id"
    case customer = "stripe_customer_id"
    case oldCard = "old_card_id"
    case description, email, phone
    case isDefault = "is_default"
    case name, line1, line2, city, state
    case postalCode = "postal"
    case country

    /// Columns without which Stripe takes no file.
    package static let required: [Column] = [.oldCustomer, .number, .expMonth, .expYear]
  }

  /// Why a row is not written; names no value.
  package struct Reject: Error, Sendable, Equatable {
    package var column: Column
    package var reason: Reason

    package init(column: Column, reason: Reason) {
      self.column = column
      self.reason = reason
    }

    /// What is wrong with the value.
    package enum Reason: String, Sendable {
      case missing, notUTF8 = "not-utf8", lineBreak = "line-break", notACardNumber =
        "not-a-card-number"
      case notAMonth = "not-a-month", notAYear = "not-a-year", notABool = "not-a-bool"
      case notACountry = "not-a-country", notACustomer = "not-a-customer"
      /// A card number where none belongs.
      case cardNumber = "card-number"
    }
  }

  private let ids: StripeIds

  /// - Parameter columns: in the order of the file.
  /// - Returns: `nil` when a required column is missing or one is there twice.
  package init?(_ columns: [Column], ids: StripeIds) {
    guard Column.required.allSatisfy(columns.contains), Set(columns).count == columns.count else {
      return nil
    }
    self.columns = columns
    self.ids = ids
  }

  /// Appends the first row.
  package func appendHeader(to bytes: inout [UInt8]) {
    CSVText.append(columns.map { Array($0.rawValue.utf8) }, to: &bytes)
  }

  /// Appends a row, or nothing when a value is wrong.
  /// - Parameter values: one for each column; empty for what is not there. Spaces and hyphens in a
  ///   card number are left out.
  /// - Throws: `Reject` for the first value that Stripe would not take.
  package func appendRow(_ values: [[UInt8]], to bytes: inout [UInt8]) throws(Reject) {
    precondition(values.count == columns.count, "a row has one value for each column")
    for (column, value) in zip(columns, values) {
      if let reason = reason(column, value) { throw Reject(column: column, reason: reason) }
    }
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(0x2C) }
      let isNumber = columns[index] == .number
      CSVText.append(value, to: &bytes) { isNumber && ImportFile.isSeparator($0) }
    }
    bytes.append(0x0A)
  }

  private func reason(_ column: Column, _ value: [UInt8]) -> Reject.Reason? {
    if value.isEmpty { return Column.required.contains(column) ? .missing : nil }
    if let reason = CSVText.reason(value) { return reason }
    let number = ImportFile.number(value)
    switch column {
    case .number: return ImportFile.isCardNumber(value) ? nil : .notACardNumber
    case .expMonth: return number.map { (1...12).contains($0) } == true ? nil : .notAMonth
    case .expYear:
      return number != nil && (value.count == 2 || value.count == 4) ? nil : .notAYear
    case .isDefault:
      return value.elementsEqual("TRUE".utf8) || value.elementsEqual("FALSE".utf8) ? nil : .notABool
    case .country:
      return value.count == 2 && value.allSatisfy { $0 &- 0x41 < 26 } ? nil : .notACountry
    case .customer:
      return ids.kind(of: value, in: value.indices) == .customer ? nil : .notACustomer
    case .description, .email, .name, .line1, .line2, .city, .state:
      let text = String(decoding: value, as: UTF8.self)
      return NumberGuard.masked(text) == text ? nil : .cardNumber
    default: return nil
    }
  }

  private static func number(_ value: [UInt8]) -> Int? {
    guard (1...4).contains(value.count), value.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
    return value.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  private static func isSeparator(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x2D }

  /// Twelve to nineteen digits that pass Luhn, apart from separators.
  private static func isCardNumber(_ value: [UInt8]) -> Bool {
    var sum = 0
    var count = 0
    for byte in value.reversed() where !isSeparator(byte) {
      guard byte &- 0x30 < 10 else { return false }
      let doubled = Int(byte - 0x30) * 2
      sum += count % 2 == 0 ? doubled / 2 : doubled > 9 ? doubled - 9 : doubled
      count += 1
    }
    return (12...19).contains(count) && sum % 10 == 0
  }
}

/// Writes the list that tells Stripe which of its customers the imported cards belong to.
package struct CustomerListFile: Sendable {
  private let ids: StripeIds

  package init(ids: StripeIds) { self.ids = ids }

  /// Appends the first row.
  package func appendHeader(to bytes: inout [UInt8]) {
    CSVText.append(
      [Array("old_customer_id".utf8), Array("stripe_customer_id".utf8)], to: &bytes)
  }

  /// Appends a row, or nothing when a value is wrong.
  /// - Throws: `ImportFile.Reject` for the first value that Stripe would not take.
  package func appendRow(
    oldCustomer: [UInt8], customer: [UInt8], to bytes: inout [UInt8]
  ) throws(ImportFile.Reject) {
    if oldCustomer.isEmpty { throw ImportFile.Reject(column: .oldCustomer, reason: .missing) }
    if let reason = CSVText.reason(oldCustomer) {
      throw ImportFile.Reject(column: .oldCustomer, reason: reason)
    }
    guard ids.kind(of: customer, in: customer.indices) == .customer else {
      throw ImportFile.Reject(
        column: .customer, reason: customer.isEmpty ? .missing : .notACustomer)
    }
    CSVText.append([oldCustomer, customer], to: &bytes)
  }
}

/// CSV as Stripe asks for it.
private enum CSVText {
  static func append(_ values: [[UInt8]], to bytes: inout [UInt8]) {
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(0x2C) }
      append(value, to: &bytes) { _ in false }
    }
    bytes.append(0x0A)
  }

  /// Nothing for an empty value, else the value in quotes, its quotes doubled.
  static func append(
    _ value: [UInt8], to bytes: inout [UInt8], leavingOut isLeftOut: (UInt8) -> Bool
  ) {
    guard !value.isEmpty else { return }
    bytes.append(0x22)
    for byte in value where !isLeftOut(byte) {
      if byte == 0x22 { bytes.append(0x22) }
      bytes.append(byte)
    }
    bytes.append(0x22)
  }

  static func reason(_ value: [UInt8]) -> ImportFile.Reject.Reason? {
    if value.contains(0x0A) || value.contains(0x0D) { return .lineBreak }
    guard value.contains(where: { $0 >= 0x80 }) else { return nil }
    return String(validating: value, as: UTF8.self) == nil ? .notUTF8 : nil
  }
}
