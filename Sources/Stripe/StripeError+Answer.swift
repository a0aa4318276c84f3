import FoundationEssentials
import Native

extension StripeError {
  /// The error an answer is.
  /// - Returns: `nil` for a good one.
  static func of(_ response: HTTPResponse, key: StripeKey) -> StripeError? {
    let type = response.header("content-type").map { StripeError.shortened($0, key) }
    let isJSON = type?.lowercased().contains("json") == true
    if (200..<300).contains(response.status) {
      guard isJSON || response.body.first == 0x7B else {
        return StripeError(.foreign(type), status: response.status)
      }
      return nil
    }
    let body = decode(response.body)
    var error = StripeError(
      kind(response, body, contentType: type, key), status: response.status)
    error.requestID = response.header("request-id").map { shortened($0, key) }
    error.code = body?.code.map { shortened($0, key) }
    error.declineCode = body?.decline_code.map { shortened($0, key) }
    error.message = body?.message.map { shortened($0, key) }
    error.parameter = body?.param.map { shortened($0, key) }
    return error
  }

  private struct Envelope: Decodable {
    var error: Body
  }

  private struct Body: Decodable {
    var type: String?
    var code: String?
    var decline_code: String?
    var message: String?
    var param: String?
  }

  private static func decode(_ body: [UInt8]) -> Body? {
    do {
      return try JSONDecoder().decode(Envelope.self, from: Data(body)).error
    } catch {
      // Told as an answer that is not Stripe's, or by the status alone.
      return nil
    }
  }

  private static func kind(
    _ response: HTTPResponse, _ body: Body?, contentType: String?, _ key: StripeKey
  ) -> Kind {
    if body?.code == "livemode_mismatch" { return .otherMode }
    if body?.type == "idempotency_error" { return .idempotency }
    switch response.status {
    case 401: return .authentication
    case 403:
      // A page of a firewall also says 403.
      guard body != nil else { return .foreign(contentType) }
      return .permission(body?.message.flatMap { permission(in: shortened($0, key)) })
    case 402: return .card
    case 404: return body == nil ? .foreign(contentType) : .missing
    case 409: return .conflict
    case 429:
      let reason = response.header("stripe-rate-limited-reason")
      return .rateLimited(reason: reason.map { shortened($0, key) })
    case 500...: return .server
    case 300..<400: return .foreign(contentType)
    default: return body == nil ? .foreign(contentType) : .refused
    }
  }

  /// The permission that Stripe's words name, for example `rak_payment_method_read`.
  private static func permission(in message: String) -> String? {
    guard let start = message.firstRange(of: "rak_") else { return nil }
    let name = message[start.lowerBound...].prefix {
      $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber))
    }
    return String(name)
  }

  /// Foreign texts without keys and card numbers, not longer than a person reads.
  static func shortened(_ text: String, _ key: StripeKey) -> String {
    key.removed(from: ForeignText.safe(text))
  }
}
