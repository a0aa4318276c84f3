/// What became of one act on one customer or payment method.
package struct ActOutcome: Sendable, Equatable {
  /// For example `default`.
  package var operation: String
  package var customer: String?
  package var method: String?
  package var what: What
  /// Which of several acts on the same thing, for example `save`.
  package var step: String?
  /// Why, in one word of Stripe's or ours, for example `authentication_required`.
  package var reason: String?
  package var requestID: String?
  /// Stripe's words about a request that failed, without numbers and keys. To be shown only.
  package var message: String?
  /// Where a customer can enter a card, until `expires`, in seconds since 1970.
  package var link: String?
  package var expires: Int?
  /// Of one that is unknown: a further run finds nothing out. Stripe has stored the failure and
  /// repeats it, or may have forgotten the key.
  package var isLost = false

  package init(
    _ operation: String, customer: String?, method: String?, _ what: What, reason: String? = nil
  ) {
    self.operation = operation
    self.customer = customer
    self.method = method
    self.what = what
    self.reason = reason
  }

  /// How it ended.
  package enum What: String, Sendable, CaseIterable {
    /// Would be done, but was not asked to be.
    case planned
    case done
    /// Nothing to do.
    case already
    /// Not for this command.
    case skipped
    /// The bank says no, or Stripe did something else.
    case refused
    /// Something else is there, which is not overwritten.
    case conflict
    /// More than one candidate; nothing is guessed.
    case ambiguous
    /// It may have been done; a further run finds out, unless `isLost`.
    case unknown
    /// Could not be read, or Stripe does not take the request: nothing was done.
    case failed

    /// Whether a person has to do something about it.
    package var isTrouble: Bool {
      switch self {
      case .planned, .done, .already, .skipped: false
      case .refused, .conflict, .ambiguous, .unknown, .failed: true
      }
    }
  }
}
