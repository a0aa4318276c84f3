import Detection
import Rules
import Stripe

/// One row of the shop's card table as a migration sees it; the number itself stays in the row.
struct LegacyCard {
  var key: SQLValue
  var customer: SQLValue
  var brand: String?
  var last4: String?
  /// The number's issuer range is shared by several brands.
  var mayBeOtherBrand = false
  var month: Int?
  var year: Int?
  /// There is something in the number's column that is no card number.
  var isNumberUnreadable = false
  /// The number's column is empty.
  var hasNoNumber = false
  /// What is stored already.
  var paymentMethod: SQLValue
  var storedBrand: SQLValue
  var storedLast4: SQLValue

  /// There is neither a number nor anything that one left.
  var isNone: Bool {
    hasNoNumber && last4 == nil && paymentMethod.isNull && storedLast4.isNull
  }
}

/// Reads such rows by a configuration.
package struct LegacyCardReader {
  let query: RowQuery
  private let detector: Detector
  /// Our brands by Stripe's words, made once: the general way takes longer than all else.
  private let brands: [String: String]
  private let number: Int?
  private let expiryMonth: Int?
  private let expiryYear: Int?
  private let expiry: Int?
  private let paymentMethod: Int?
  private let brand: Int?
  private let last4: Int?

  /// - Parameter table: as the database has it; columns that link will add are not there yet.
  init(_ cards: MigrationConfig.Cards, _ table: DatabaseSchema.Table, _ detector: Detector) {
    var columns: [String] = []
    func add(_ name: String?) -> Int? {
      guard let name, table.column(name) != nil else { return nil }
      columns.append(name)
      return columns.count - 1
    }
    _ = add(cards.customer)
    number = add(cards.number)
    expiryMonth = add(cards.expiryMonth)
    expiryYear = add(cards.expiryYear)
    expiry = add(cards.expiry)
    paymentMethod = add(cards.paymentMethod)
    brand = add(cards.brand)
    last4 = add(cards.last4)
    self.detector = detector
    brands = Dictionary(
      uniqueKeysWithValues: detector.rules.brands.map { ($0.id, CardBrand.normalised($0.id)) })
    query = RowQuery(table: cards.table, key: cards.key, columns: columns)
  }

  func card(_ row: any LegacyRow) -> LegacyCard {
    var card = LegacyCard(
      key: row.key, customer: row.value(0),
      paymentMethod: paymentMethod.map { row.value($0) } ?? .null,
      storedBrand: brand.map { row.value($0) } ?? .null,
      storedLast4: last4.map { row.value($0) } ?? .null)
    readNumber(row, &card)
    if card.last4 == nil {
      card.last4 = card.storedLast4.keyBytes.map { String(decoding: $0, as: UTF8.self) }
      card.brand = card.storedBrand.keyBytes.map {
        CardBrand.normalised(String(decoding: $0, as: UTF8.self))
      }
    }
    if let expiryMonth, let expiryYear {
      let month = row.withText(expiryMonth) { LegacyCardReader.integer($0) } ?? nil
      let year = row.withText(expiryYear) { LegacyCardReader.integer($0) } ?? nil
      // A column that may not be NULL holds 0 once it was scrubbed.
      if let month, let year, month != 0, year != 0 {
        card.month = month
        card.year = fullYear(year)
      }
    } else if let expiry, let parts = row.withText(expiry, { LegacyCardReader.expiry($0) }) ?? nil {
      card.month = parts.month
      card.year = fullYear(parts.year)
    }
    return card
  }

  private func readNumber(_ row: any LegacyRow, _ card: inout LegacyCard) {
    guard let number else { return }
    switch LegacyNumber.read(row, number, detector, { $0.summary }) {
    case .none: card.hasNoNumber = true
    case .card(let summary):
      card.brand = brands[summary.brand] ?? summary.brand
      card.last4 = summary.last4
      card.mayBeOtherBrand = summary.mayBeOtherBrand
    case .masked(let last4): card.last4 = last4
    case .unreadable: card.isNumberUnreadable = true
    }
  }

  static func integer(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count <= 6 else { return nil }
    var value = 0
    var hasDigits = false
    for byte in bytes {
      if byte &- 0x30 < 10 {
        value = value * 10 + Int(byte &- 0x30)
        hasDigits = true
      } else if byte != 0x20 {
        return nil
      }
    }
    return hasDigits ? value : nil
  }

  /// When a card ends, as it was written.
  struct Expiry {
    var month: Int
    var year: Int
  }

  /// `11/27`, `11/2027`, `1127`, `2027-11`, and `927` in a column of numbers.
  static func expiry(_ bytes: UnsafeRawBufferPointer) -> Expiry? {
    guard bytes.count <= 10 else { return nil }
    let groups = bytes.split { $0 &- 0x30 > 9 }.map { group in
      (value: group.reduce(0) { $0 * 10 + Int($1 &- 0x30) }, width: group.count)
    }
    if groups.count == 1, groups[0].width == 3 || groups[0].width == 4 {
      return Expiry(month: groups[0].value / 100, year: groups[0].value % 100)
    }
    guard groups.count >= 2 else { return nil }
    return groups[0].width == 4
      ? Expiry(month: groups[1].value, year: groups[0].value)
      : Expiry(month: groups[0].value, year: groups[1].value)
  }

  /// When a card ends, from columns of month and year or from one of both; as `stripe check` needs it.
  package static func expiry(
    month: [UInt8]?, year: [UInt8]?, both: [UInt8]?
  ) -> (month: Int, year: Int)? {
    var found: Expiry?
    if let both {
      found = both.withUnsafeBytes { expiry($0) }
    } else if let month = month.flatMap({ $0.withUnsafeBytes { integer($0) } }),
      let year = year.flatMap({ $0.withUnsafeBytes { integer($0) } })
    {
      found = Expiry(month: month, year: year)
    }
    guard let found, (1...12).contains(found.month) else { return nil }
    return (found.month, found.year < 100 ? 2000 + found.year : found.year)
  }

  private func fullYear(_ year: Int) -> Int { year < 100 ? 2000 + year : year }
}
