import Core
import Native

/// One call of the API, not yet made.
package struct StripeCall: Sendable {
  package enum Method: String, Sendable { case get = "GET", post = "POST" }

  package var method: Method
  /// Below the base, for example `/v1/customers`.
  package var path: String
  package var form: StripeForm
  /// On every POST; the same for the same act, whenever it is tried.
  package var idempotencyKey: String?
  /// Whatever the caller knows the call by, for example the number of a customer.
  package var task = 0

  package static func get(_ path: String, _ form: StripeForm = StripeForm()) -> StripeCall {
    StripeCall(method: .get, path: path, form: form, idempotencyKey: nil)
  }

  package static func post(
    _ path: String, _ form: StripeForm, key: String
  ) -> StripeCall {
    StripeCall(method: .post, path: path, form: form, idempotencyKey: key)
  }
}

/// What became of a call.
package struct StripeAnswer: Sendable {
  package var call: StripeCall
  /// The body of an answer with a status below 300.
  package var result: Result<[UInt8], StripeError>
  /// Stripe's name for the request, to ask its support about.
  package var requestID: String?
  /// Whether the answer is the stored one of an earlier try.
  package var isReplay = false
  /// How often the call was made: never, when the run ended before its turn.
  package var tries: Int
  /// Whether the run ends, so that no further call is made.
  package var endsRun = false
  /// When the server answered, by its clock, in seconds since 1970.
  package var date: Int?
}

/// Names an act for Stripe, so that trying it again does not do it twice.
package enum IdempotencyKey {
  /// - Parameters:
  ///   - ledger: the id of the ledger the act is written to.
  ///   - operation: what is done, for example `default`.
  ///   - record: on what: a Stripe id.
  ///   - form: what is sent.
  ///   - generation: counts acts that are meant to be done anew, for example when a link has expired.
  /// - Returns: no more than 255 characters, in which nothing of these can be read.
  package static func make(
    _ library: LibCrypto, ledger: String, operation: String, record: String, form: StripeForm,
    generation: Int = 0
  ) throws(StripeError) -> String {
    // Each part with its length before it, so that no two lists of parts make the same bytes.
    let parts = ["unpan 1", ledger, operation, record, form.text, String(generation)]
    let bytes = parts.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
    do {
      return "unpan-" + (try library.sha256(bytes))
    } catch {
      throw StripeError(.local("\(error.subject): \(error.message)"))
    }
  }
}
