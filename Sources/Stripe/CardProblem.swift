/// What differs between a linked record and what Stripe says today.
package enum CardProblem: String, Sendable, CaseIterable {
  case customerDeleted = "customer-deleted"
  case customerMissing = "customer-missing"
  case methodMissing = "payment-method-missing"
  /// It has no customer: detached, never to be used again, or never attached.
  case methodDetached = "payment-method-detached"
  case otherCustomer = "payment-method-of-another-customer"
  case brandDiffers = "brand-differs"
  case last4Differs = "last4-differs"
  case expired
  /// Two defaults that differ, one for payment methods and one for sources.
  case twoDefaults = "two-defaults"
  case noDefault = "no-default"
  case defaultNotAttached = "default-not-attached"
  /// The same card twice on one customer.
  case duplicateCard = "duplicate-card"
  /// The bank said that the verification code was wrong.
  case codeFailed = "cvc-failed"

  // Worth knowing, and nobody's mistake.
  case codeUnchecked = "cvc-unchecked"
  /// A wallet's card has a number of its own.
  case dynamicLast4 = "dynamic-last4"
  case expiryDiffers = "expiry-differs"
  case otherType = "not-a-card"
  case withoutMethod = "without-payment-method"

  /// Whether it leaves the check passed.
  package var isNotice: Bool {
    switch self {
    case .codeUnchecked, .dynamicLast4, .expiryDiffers, .otherType, .withoutMethod: true
    default: false
    }
  }
}
