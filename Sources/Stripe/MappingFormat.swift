/// The shapes in which Stripe delivers a mapping, each with names of columns of its own.
package enum MappingFormat: String, Sendable, CaseIterable {
  case json
  /// Cards imported as `card_`.
  case cards
  /// Cards imported as `pm_`.
  case paymentMethods = "payment-methods"
  /// ACH accounts, as `ba_` or `pm_`.
  case bankAccounts = "bank-accounts"
  case bacs
  case sepa
  /// The copy between two accounts of Stripe.
  case copy
  /// The same with ids of v2 accounts.
  case copyWithAccounts = "copy-with-accounts"

  /// What a column is for.
  enum Field: Int, CaseIterable, Sendable {
    case oldCustomer, oldCard, customer, paymentMethod, brand, last4, expMonth, expYear, fingerprint
  }

  /// The columns the file must have, in any order; none for JSON.
  package var columns: [String] { layout.map(\.name) }

  /// The name of the column for something, `nil` when the format does not have it.
  func column(_ field: Field) -> String? { layout.first { $0.field == field }?.name }

  /// Whether legacy ids are ids of Stripe too.
  var isCopy: Bool { self == .copy || self == .copyWithAccounts }

  private var layout: [(name: String, field: Field?)] {
    switch self {
    case .json: []
    case .cards:
      [
        ("old_customer_id", .oldCustomer), ("customer_id", .customer), ("old_card_id", .oldCard),
        ("card_id", .paymentMethod),
      ] + Self.card
    case .paymentMethods:
      [
        ("old_id", .oldCustomer), ("source_old_id", .oldCard), ("created_customer", .customer),
        ("source_new_id", .paymentMethod),
      ] + Self.card
    case .bankAccounts:
      [
        ("old_customer_id", .oldCustomer), ("customer_id", .customer),
        ("old_bank_account_id", .oldCard), ("bank_account_id", .paymentMethod),
        ("bank_account_fingerprint", .fingerprint), ("bank_account_last4", .last4),
      ]
    case .bacs:
      [
        ("old_id", .oldCustomer), ("source_old_id", .oldCard), ("created_customer", .customer),
        ("source_new_id", .paymentMethod), ("mandate_id", nil),
      ]
    case .sepa:
      [
        ("old_customer_id", .oldCustomer), ("customer_id", .customer), ("old_source_id", .oldCard),
        ("source_id", .paymentMethod), ("type", nil), ("bank_code", nil), ("branch_code", nil),
        ("country", nil), ("fingerprint", .fingerprint), ("last4", .last4),
        ("mandate_reference", nil), ("mandate_url", nil), ("mandate_id", nil),
      ]
    case .copy: Self.copied
    case .copyWithAccounts:
      Self.copied + [("v2_account_id_old", nil), ("v2_account_id_new", nil)]
    }
  }

  private static let card: [(name: String, field: Field?)] = [
    ("card_fingerprint", .fingerprint), ("card_last4", .last4), ("card_exp_month", .expMonth),
    ("card_exp_year", .expYear), ("card_brand", .brand),
  ]

  private static let copied: [(name: String, field: Field?)] = [
    ("customer_id_old", .oldCustomer), ("source_id_old", .oldCard),
    ("customer_id_new", .customer), ("source_id_new", .paymentMethod),
  ]
}
