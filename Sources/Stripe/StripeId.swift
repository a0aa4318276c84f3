import Core
import Rules

/// An id of the shape Stripe gives out; whether Stripe knows it is another question.
///
/// For example `cus_abc123def456`, made by `StripeIds`.
package struct StripeId: Sendable, Hashable {
  package let text: String
  package let kind: Kind

  /// What an id stands for. A string, the one of `rules/stripe-ids.json5`, so that further ones need
  /// no code.
  package struct Kind: RawRepresentable, Sendable, Hashable {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let customer = Kind(rawValue: "customer")
    package static let guestCustomer = Kind(rawValue: "guest-customer")
    package static let paymentMethod = Kind(rawValue: "payment-method")
    /// An alias such as `pm_card_visa`; no object of an account.
    package static let testPaymentMethod = Kind(rawValue: "test-payment-method")
    package static let card = Kind(rawValue: "card")
    package static let source = Kind(rawValue: "source")
    package static let bankAccount = Kind(rawValue: "bank-account")

    /// Whether a customer can have one saved to pay with.
    package var isPaymentMethod: Bool {
      self == .paymentMethod || self == .card || self == .source || self == .bankAccount
    }
  }

  /// Which of an account's two worlds an object lives in.
  package enum Mode: String, Sendable { case test, live }

  /// Where the id itself tells; most do not.
  package var mode: Mode? {
    if kind == .testPaymentMethod || text.contains("_test_") { return .test }
    return text.contains("_live_") ? .live : nil
  }
}

/// Recognises Stripe's ids by the shapes of the rules.
package struct StripeIds: Sendable {
  /// By the first byte of the prefix; the longest first, so that `pm_card_` is asked before `pm_`.
  private let shapes: [[Shape]]

  private struct Shape {
    var kind: StripeId.Kind
    var prefix: [UInt8]
    var lengthMin: Int
    var allowsUnderscore: Bool
  }

  /// Stripe's promise: an id has at most so many characters.
  private static let lengthMax = 255

  /// - Parameter shapes: of the rules, `RuleSet.stripeIDs`.
  package init(_ shapes: [IDShape]) {
    var byFirst = [[Shape]](repeating: [], count: 256)
    for shape in shapes.sorted(by: { $0.prefix.utf8.count > $1.prefix.utf8.count }) {
      let kind = StripeId.Kind(rawValue: shape.id)
      let prefix = Array(shape.prefix.utf8)
      guard let first = prefix.first else { continue }
      byFirst[Int(first)].append(
        Shape(
          kind: kind, prefix: prefix, lengthMin: shape.lengthMin,
          // Names that people chose: `pm_card_visa_chargeDeclined`, `tok_visa_debit`.
          allowsUnderscore: kind == .testPaymentMethod || shape.id == "token"))
    }
    self.shapes = byFirst
  }

  /// - Returns: the id, or `nil` when the whole text has no shape of one, or holds what may be a card
  ///   number, which an id would carry into addresses and results; blanks are not forgiven.
  package func id(_ text: String) -> StripeId? {
    guard NumberGuard.masked(text) == text else { return nil }
    let bytes = Array(text.utf8)
    return kind(of: bytes, in: bytes.indices).map { StripeId(text: text, kind: $0) }
  }

  /// The kind of the id that a part of some bytes is.
  package func kind(of bytes: [UInt8], in range: Range<Int>) -> StripeId.Kind? {
    guard !range.isEmpty, range.count <= StripeIds.lengthMax else { return nil }
    for shape in shapes[Int(bytes[range.lowerBound])] where StripeIds.matches(shape, bytes, range) {
      return shape.kind
    }
    return nil
  }

  private static func matches(_ shape: Shape, _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    let start = range.lowerBound + shape.prefix.count
    guard range.upperBound - start >= shape.lengthMin else { return false }
    for index in 0..<shape.prefix.count
    where bytes[range.lowerBound + index] != shape.prefix[index] { return false }
    for index in start..<range.upperBound {
      let byte = bytes[index]
      let isAllowed =
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || (byte == 0x5F && shape.allowsUnderscore)
      if !isAllowed { return false }
    }
    return true
  }
}
