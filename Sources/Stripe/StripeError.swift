import Native

/// Why a call failed or a run cannot go on.
package struct StripeError: Error, Sendable, Equatable {
  package var kind: Kind
  /// The status, if there was an answer.
  package var status: Int?
  /// For example `resource_missing`.
  package var code: String?
  /// The bank's reason, for example `insufficient_funds`.
  package var declineCode: String?
  /// Stripe's words, keys masked. To be shown, never to be matched.
  package var message: String?
  package var parameter: String?
  /// For example `req_…`.
  package var requestID: String?

  package init(_ kind: Kind, status: Int? = nil) {
    self.kind = kind
    self.status = status
  }

  /// What a caller does something about.
  package enum Kind: Sendable, Equatable {
    /// No answer, or none that ended.
    case network(HTTPFailure)
    /// 401: no such key, or one that was revoked.
    case authentication
    /// 403, with the permission that would do.
    case permission(String?)
    /// 402: the bank or the card says no.
    case card
    /// 404: not in this account and mode, which is no proof that it was deleted.
    case missing
    /// The same idempotency key with other parameters.
    case idempotency
    /// 409 after all tries: another request holds it, maybe an earlier try of the same act.
    case conflict
    case rateLimited(reason: String?)
    /// 5xx after all tries: nobody knows whether it was done.
    case server
    /// Another 4xx.
    case refused
    /// An answer that is not Stripe's, with its type: a page of a proxy, for example.
    case foreign(String?)
    /// JSON, but not of the shape that was asked for.
    case unexpected
    /// Another object than was asked for, or one of another customer.
    case otherObject
    /// An object of the other mode.
    case otherMode
    /// The key belongs to this account and not to the one that is expected.
    case otherAccount(actual: String, expected: String)
    /// The state file or something else on this machine.
    case local(String)
    case interrupted
    /// The same cursor again, or more pages than there can be: they would never end.
    case endlessPages
    /// So much is this machine's clock ahead of Stripe's; behind when negative.
    case clock(minutes: Int)
  }

  /// Whether going on with other records makes no sense.
  package var stopsRun: Bool {
    switch kind {
    case .network(let failure): failure.kind != .tooLarge
    case .authentication, .permission, .rateLimited, .foreign, .otherMode, .otherAccount, .local,
      .interrupted, .endlessPages, .clock:
      true
    case .card, .missing, .idempotency, .conflict, .server, .refused, .unexpected, .otherObject:
      false
    }
  }

  /// Whether the act may have been done although no answer says so.
  package var isIndeterminate: Bool {
    switch kind {
    // With a conflict, another try with the same key may be under way; with other parameters, one
    // was before.
    case .server, .unexpected, .foreign, .conflict, .idempotency: true
    case .network(let failure):
      switch failure.kind {
      case .unknownHost, .cannotConnect, .proxy, .untrusted, .noTLS: false
      case .timeout, .cutShort, .tooLarge, .other: true
      }
    default: false
    }
  }

  /// Stripe's words and the parameter they are about.
  package var details: String? {
    guard let message else { return parameter }
    guard let parameter, !message.contains(parameter) else { return message }
    return "\(parameter): \(message)"
  }

  /// What results are counted by: the bank's reason, else the code, else the kind.
  package var reason: String {
    if let declineCode, declineCode != "generic_decline" { return declineCode }
    if let code { return code }
    return switch kind {
    case .network: "network"
    case .authentication: "authentication"
    case .permission: "permission"
    case .card: "card_error"
    case .missing: "resource_missing"
    case .idempotency: "idempotency_error"
    case .conflict: "conflict"
    case .rateLimited: "rate_limit"
    case .server: "api_error"
    case .refused: "invalid_request_error"
    case .foreign, .unexpected: "unexpected_answer"
    case .otherObject: "other_object"
    case .otherMode: "livemode_mismatch"
    case .otherAccount: "other_account"
    case .local: "local"
    case .interrupted: "interrupted"
    case .endlessPages: "endless_pages"
    case .clock: "clock"
    }
  }
}
