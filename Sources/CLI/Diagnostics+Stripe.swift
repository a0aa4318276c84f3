import Core
import Native
import Stripe

/// Words for Stripe's API.
extension Diagnostics {
  /// What stops a command that talks to Stripe.
  static func runError(_ error: StripeError) -> RunError {
    let status = error.status.map { " (\($0))" } ?? ""
    let request = error.requestID.map { ", request \($0)" } ?? ""
    let said = error.message.map { ": \($0)" } ?? ""
    func of(_ what: String, _ hint: String? = nil, code: ExitCode = .failure) -> RunError {
      RunError(code, "Stripe", what + status + said + request, hint: hint ?? goOn)
    }
    switch error.kind {
    case .network(let failure):
      return RunError(.failure, "Stripe", words(failure), hint: hint(failure.kind))
    case .authentication:
      return of("the key is not taken", "is it whole, not expired and not revoked?")
    case .permission(let name):
      return of(
        "the key may not do this",
        name.map { "give the restricted key the permission \($0) and run this again" })
    case .card: return of("the card was refused")
    case .missing: return of("there is no such object in this account and mode")
    case .idempotency: return of("an act was tried with other parameters before")
    case .conflict: return of("another request holds the object")
    case .rateLimited(let reason):
      return of("too many requests" + (reason.map { ", \($0)" } ?? ""), "run again with --rate 5")
    case .server: return of("the server fails")
    case .refused: return of("the request was refused")
    case .foreign(let type):
      return of(
        "the answer is not Stripe's" + (type.map { ", but \($0)" } ?? ""),
        "is there a proxy or a login page in between?")
    case .unexpected: return of("the answer has another shape than expected")
    case .otherObject: return of("the answer is about another object than was asked for")
    case .otherMode:
      return of("an object is of the other mode", "take the other key")
    case .otherAccount(let actual, let expected):
      return RunError(
        .failure, "Stripe", "the key is of account \(actual), not of \(expected)",
        hint: "take the other key, or another --state")
    case .local(let text): return RunError(.failure, "", text)
    case .interrupted:
      return RunError(
        Interruption.exitCode, "", "interrupted; what was under way was waited for", hint: goOn)
    case .endlessPages: return of("a list does not come to its end")
    case .clock(let minutes):
      return RunError(
        .failure, "Stripe",
        "this machine's clock is \(span(minutes)) \(minutes > 0 ? "ahead" : "behind")",
        hint: "set it; what happened when, and what has expired, is told by it")
    }
  }

  /// For example `6 minutes` or `1055 days`.
  private static func span(_ minutes: Int) -> String {
    let minutes = abs(minutes)
    if minutes < 120 { return "\(minutes) minutes" }
    return minutes < 2880 ? "\(minutes / 60) hours" : "\(minutes / 1440) days"
  }

  private static let goOn = "run the same command again to go on"

  private static func words(_ failure: HTTPFailure) -> String {
    let what =
      switch failure.kind {
      case .unknownHost: "the name is not known"
      case .cannotConnect: "nobody answers"
      case .proxy: "the proxy refuses"
      case .untrusted: "the certificate is not to be trusted"
      case .noTLS: "no TLS was agreed on, as where plain http is spoken"
      case .timeout: "no answer in time"
      case .cutShort: "the answer was cut short"
      case .tooLarge: "the answer is larger than any should be"
      case .other: "no answer"
      }
    return "\(what): \(failure.text)"
  }

  private static func hint(_ kind: HTTPFailure.Kind) -> String {
    switch kind {
    case .untrusted:
      "is the clock right? SSL_CERT_FILE names further authorities; verification is never left out"
    case .proxy: "https_proxy and NO_PROXY say which proxy is taken"
    default: goOn
    }
  }

  /// A key that cannot be used.
  static func runError(_ problem: StripeKey.Problem, from subject: String) -> RunError {
    let (what, hint): (String, String) =
      switch problem {
      case .empty:
        (
          "there is no key to Stripe",
          "make a restricted key (rk_) in the Dashboard and put it into STRIPE_API_KEY or a file "
            + "for --key-file"
        )
      case .publishable: ("a publishable key can read nothing", "take a restricted key (rk_)")
      case .organization: ("a key of an organisation is not taken", "take one of the account (rk_)")
      case .webhookSecret: ("is the secret of a webhook, not a key", "take a restricted key (rk_)")
      case .placeholder: ("is the example of a manual, not a key", "take a restricted key (rk_)")
      case .notAKey: ("is no key to Stripe", "a key begins with rk_test_, rk_live_ or sk_")
      }
    return RunError(.usage, subject, what, hint: hint)
  }

  /// A key that may do everything.
  static func secretKey(_ mode: StripeId.Mode) -> [String] {
    [
      "unpan: the key is a secret one (sk_\(mode.rawValue)_), which may do everything",
      "  a restricted key (rk_) with only the permissions of this command is safer",
    ]
  }

  /// For standard error: acts that may have been done and that no further run finds out about.
  /// - Parameter request: of the first one; empty when it is not known.
  static func lostActs(_ count: Int, _ request: String) -> [String] {
    let acts = count == 1 ? "1 act" : "each of \(count) acts"
    let first = request.isEmpty ? "" : " (request \(shown(request)))"
    return [
      "unpan: \(acts) may have been done, which no further run finds out\(first)",
      "  look for it in the Dashboard; only --again does it once more",
    ]
  }

  static func words(_ outcome: ActOutcome) -> String {
    outcome.isLost ? "unknown, no run finds out" : words(outcome.what)
  }

  static func words(_ what: ActOutcome.What) -> String {
    switch what {
    case .planned: "would be done"
    case .done: "done"
    case .already: "already so"
    case .skipped: "skipped"
    case .refused: "refused"
    case .conflict: "conflict"
    case .ambiguous: "ambiguous"
    case .unknown: "unknown, run again"
    case .failed: "failed"
    }
  }

  static func words(_ problem: CardProblem) -> String {
    switch problem {
    case .customerDeleted: "the customer was deleted"
    case .customerMissing: "no such customer in this account and mode"
    case .methodMissing: "no such payment method in this account and mode"
    case .methodDetached: "the payment method has no customer"
    case .otherCustomer: "the payment method is another customer's"
    case .brandDiffers: "Stripe says another brand"
    case .last4Differs: "Stripe says other last digits"
    case .expired: "the card has expired"
    case .twoDefaults: "a default payment method and another default source"
    case .noDefault: "the customer has cards and no default"
    case .defaultNotAttached: "the default is not among the customer's cards"
    case .duplicateCard: "the customer has the same card twice"
    case .codeFailed: "the bank said that the verification code was wrong"
    case .codeUnchecked: "the bank did not check the verification code"
    case .dynamicLast4: "a wallet's card has digits of its own"
    case .expiryDiffers: "Stripe says another expiry, often a renewed card"
    case .otherType: "the payment method is no card"
    case .withoutMethod: "the record has no payment method"
    }
  }
}
