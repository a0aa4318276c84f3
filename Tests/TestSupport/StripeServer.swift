import Glibc
import Synchronization

/// A strict stand-in for Stripe: refuses what Stripe refuses, remembers idempotency keys as Stripe
/// does, and fails when it is told to.
package final class StripeServer: Sendable {
  /// What goes wrong with one request.
  package enum Fault: Sendable {
    case status(Int, headers: [(String, String)] = [], body: String = "")
    /// Before it was done, after it was done.
    case dropBefore, dropAfter
    case truncated
    case slow(Double)
    /// Done, stored as a failure, and answered with 500.
    case failsAfter
    /// Done and stored, and answered with 502 by something in between.
    case gatewayFailsAfter
    case html(Int)
    case huge
  }

  /// One saved card.
  package struct Method: Sendable {
    package var id: String
    package var customer: String?
    package var brand = "visa"
    package var last4 = "4242"
    package var month = 12
    package var year = 2034
    package var fingerprint: String?
    /// Further members of `card`, as JSON with a comma before each.
    package var more = ""
    /// What a confirmation says.
    package var decline: String?
    /// Otherwise a bank account, which lists of cards do not have.
    package var isCard = true

    package init(_ id: String, of customer: String?) {
      self.id = id
      self.customer = customer
    }
  }

  struct Customer {
    var id: String
    var isDeleted = false
    var defaultMethod: String?
    var defaultSource: String?
  }

  struct Stored {
    var fingerprint: String
    var response: HTTPServer.Response
  }

  struct State {
    var customers: [String: Customer] = [:]
    var methods: [String: Method] = [:]
    var methodsOf: [String: [String]] = [:]
    /// Oldest first; lists go backwards.
    var order: [String] = []
    var places: [String: Int] = [:]
    var events: [(id: String, json: String)] = []
    var stored: [String: Stored] = [:]
    var requests: [Seen] = []
    var writes: [String: Int] = [:]
    var lastID = 0
    var requestCount = 0
  }

  /// One request as it arrived.
  package struct Seen: Sendable {
    package var time: Double
    package var method: String
    package var path: String
    package var parameters: [String]
    package var idempotencyKey: String?
  }

  package static let key = "rk_test_abcDEF123456abcDEF"
  package let account = "acct_1PgafTB7WZ01zgkW"
  package let isLive: Bool
  let state = Mutex(State())
  private let fault: @Sendable (_ number: Int, HTTPServer.Request) -> Fault?
  private let server: Mutex<HTTPServer?> = Mutex(nil)
  package let url: String
  /// Not for measurements.
  private let recordsRequests: Bool

  /// - Parameter fault: is told the number of the request, from 1.
  package init(
    isLive: Bool = false, recordsRequests: Bool = true,
    fault: @escaping @Sendable (_ number: Int, HTTPServer.Request) -> Fault? = { _, _ in nil }
  ) throws {
    self.isLive = isLive
    self.recordsRequests = recordsRequests
    self.fault = fault
    let box = Box()
    let http = try HTTPServer { request in
      box.value.withLock { $0 }?.answer(request) ?? HTTPServer.Response(status: 503)
    }
    url = http.url
    server.withLock { $0 = http }
    box.value.withLock { $0 = self }
    release.withLock { $0 = { box.value.withLock { $0 = nil } } }
  }

  private let release: Mutex<@Sendable () -> Void> = Mutex({})

  private final class Box: Sendable {
    let value = Mutex<StripeServer?>(nil)
  }

  package func stop() {
    server.withLock { $0?.stop() }
    release.withLock { $0() }
  }

  // MARK: What is there

  package func add(
    customer id: String, default method: String? = nil, source: String? = nil,
    isDeleted: Bool = false
  ) {
    state.withLock {
      $0.customers[id] = Customer(
        id: id, isDeleted: isDeleted, defaultMethod: method, defaultSource: source)
      guard !isDeleted else { return }
      $0.places[id] = $0.order.count
      $0.order.append(id)
    }
  }

  package func add(_ method: Method) {
    state.withLock {
      $0.methods[method.id] = method
      if let customer = method.customer { $0.methodsOf[customer, default: []].append(method.id) }
    }
  }

  package func detach(_ id: String) {
    state.withLock { state in
      guard let owner = state.methods[id]?.customer else { return }
      state.methodsOf[owner]?.removeAll { $0 == id }
      state.methods[id]?.customer = nil
    }
  }

  /// Puts another one in the place of one that is there.
  package func replace(_ method: Method) { state.withLock { $0.methods[method.id] = method } }

  /// - Parameter object: JSON.
  package func add(event id: String, type: String, created: Int, object: String) {
    let json =
      "{\"id\":\"\(id)\",\"object\":\"event\",\"type\":\"\(type)\",\"created\":\(created),"
      + "\"livemode\":\(isLive),\"data\":{\"object\":\(object)}}"
    state.withLock { $0.events.append((id, json)) }
  }

  package var requests: [Seen] { state.withLock { $0.requests } }
  package var requestCount: Int { state.withLock { $0.requestCount } }
  /// How often each act was done, by its path.
  package var writes: [String: Int] { state.withLock { $0.writes } }

  package func defaultMethod(of customer: String) -> String? {
    state.withLock { $0.customers[customer]?.defaultMethod }
  }

  package func defaultSource(of customer: String) -> String? {
    state.withLock { $0.customers[customer]?.defaultSource }
  }

  package func customer(of method: String) -> String? {
    state.withLock { $0.methods[method]?.customer }
  }

  // MARK: Answers

  private func answer(_ request: HTTPServer.Request) -> HTTPServer.Response {
    let form = Self.decode(request.method == "GET" ? request.query : request.body)
    let number = state.withLock { state -> Int in
      state.requestCount += 1
      if recordsRequests {
        state.requests.append(
          Seen(
            time: Self.now(), method: request.method, path: request.path,
            parameters: form.map(\.0), idempotencyKey: request.headers["idempotency-key"]))
      }
      return state.requestCount
    }
    let fault = fault(number, request)
    var response: HTTPServer.Response
    switch fault {
    case .status(let status, let headers, let body):
      response = HTTPServer.Response(status: status, body: body)
      response.headers = headers
    case .dropBefore:
      response = HTTPServer.Response()
      response.delivery = .dropped
    case .html(let status):
      response = HTTPServer.Response(status: status, body: "<html>Please log in</html>")
      response.contentType = "text/html"
    case .huge:
      response = HTTPServer.Response()
      response.body = [UInt8](repeating: 0x20, count: 20 << 20)
    default: response = stored(request, form, failsAfter: fault.map(Self.isFailing) ?? false)
    }
    switch fault {
    case .gatewayFailsAfter: response = HTTPServer.Response(status: 502, body: "{}")
    case .dropAfter: response.delivery = .dropped
    case .truncated: response.delivery = .truncated
    case .slow(let seconds): response.delivery = .slow(seconds)
    default: break
    }
    response.headers.append(("Request-Id", "req_test\(number)"))
    return response
  }

  private static func isFailing(_ fault: Fault) -> Bool {
    if case .failsAfter = fault { return true }
    return false
  }

  /// The rules of idempotency keys around `route`.
  private func stored(
    _ request: HTTPServer.Request, _ form: [(String, String)], failsAfter: Bool
  ) -> HTTPServer.Response {
    if let refusal = refusal(request) { return refusal }
    guard request.method == "POST" else {
      return state.withLock { route(request, form, &$0) }
    }
    guard let key = request.headers["idempotency-key"], key.utf8.count <= 255 else {
      return Self.error(400, "invalid_request_error", "no_key", "Idempotency-Key is missing")
    }
    let fingerprint = request.path + "?" + request.body
    return state.withLock { state in
      if let known = state.stored[key] {
        guard known.fingerprint == fingerprint else {
          return Self.error(
            400, "idempotency_error", nil, "Keys can only be used with the same parameters")
        }
        var response = known.response
        response.headers.append(("Idempotent-Replayed", "true"))
        return response
      }
      var response = route(request, form, &state)
      if failsAfter {
        response = Self.error(500, "api_error", nil, "Something went wrong")
      }
      // Refused before anything was done: not stored.
      if response.status != 400 {
        state.stored[key] = Stored(fingerprint: fingerprint, response: response)
      }
      return response
    }
  }

  private func refusal(_ request: HTTPServer.Request) -> HTTPServer.Response? {
    let key = request.headers["authorization"]?.split(separator: " ").last.map(String.init) ?? ""
    let expected = isLive ? "rk_live_" : "rk_test_"
    if key.hasPrefix(expected + "revoked") {
      return Self.error(401, "invalid_request_error", "api_key_expired", "Expired API Key: \(key)")
    }
    guard key.hasPrefix(expected) else {
      return Self.error(401, "invalid_request_error", nil, "Invalid API Key provided: \(key)")
    }
    if key.hasPrefix(expected + "narrow"), request.path.hasPrefix("/v1/payment_methods") {
      return Self.error(
        403, "invalid_request_error", nil,
        "The provided key 'rk_test_***row' does not have the required permissions for this "
          + "endpoint. Having the 'rak_payment_method_read' permission would allow this request.")
    }
    guard request.headers["stripe-version"]?.isEmpty == false else {
      return Self.error(400, "invalid_request_error", nil, "Stripe-Version is missing")
    }
    if request.method == "POST",
      request.headers["content-type"] != "application/x-www-form-urlencoded"
    {
      return Self.error(400, "invalid_request_error", nil, "only forms are taken")
    }
    return nil
  }

  static func error(
    _ status: Int, _ type: String, _ code: String?, _ message: String, decline: String? = nil
  ) -> HTTPServer.Response {
    var body = "{\"error\":{\"type\":\"\(type)\",\"message\":\"\(message)\""
    if let code { body += ",\"code\":\"\(code)\"" }
    if let decline { body += ",\"decline_code\":\"\(decline)\"" }
    return HTTPServer.Response(status: status, body: body + "}}")
  }

  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func decode(_ text: String) -> [(String, String)] {
    text.split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
    }
  }

  private static func decoded(_ text: Substring) -> String {
    guard text.utf8.contains(0x25) else { return String(text) }
    var out: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == 0x25, rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        out.append(value)
        rest = rest.dropFirst(2)
      } else {
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
