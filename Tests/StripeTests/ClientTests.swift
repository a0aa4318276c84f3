import Core
import Foundation
import Native
import Synchronization
import TestSupport
import Testing

@testable import Stripe

/// The client against a server of ours that misbehaves.
@Suite struct ClientTests {
  private let get = StripeCall.get("/v1/customers/cus_1")

  /// Fails the first requests, then not.
  private static func first(
    _ count: Int, _ fault: StripeServer.Fault
  ) -> @Sendable (Int, HTTPServer.Request) -> StripeServer.Fault? {
    { number, _ in number <= count ? fault : nil }
  }

  private func session(
    _ count: Int = 0, _ fault: StripeServer.Fault = .dropBefore, timeout: Double = 20,
    key: String? = nil, retriesMax: Int = 4
  ) throws -> StripeSession {
    let session = try StripeSession(
      key: key, retriesMax: retriesMax, timeout: timeout, fault: Self.first(count, fault))
    session.server.add(customer: "cus_1")
    return session
  }

  private func kind(_ answer: StripeAnswer) -> StripeError.Kind? {
    if case .failure(let error) = answer.result { return error.kind }
    return nil
  }

  // MARK: What goes over

  @Test(arguments: [
    StripeServer.Fault.status(500), .status(503, headers: [("Retry-After", "0")]), .status(409),
    .status(429), .status(429, headers: [("Stripe-Rate-Limited-Reason", "endpoint-rate")]),
    .status(400, headers: [("Stripe-Should-Retry", "true")]), .dropBefore, .dropAfter, .truncated,
  ])
  func `what goes over is tried again`(fault: StripeServer.Fault) throws {
    let session = try session(2, fault)
    let answer = try session.client.perform(get)
    #expect(kind(answer) == nil)
    #expect(answer.tries == 3)
    #expect(answer.requestID == "req_test3")
  }

  @Test func `a burst that does not end is an error with its request`() throws {
    let session = try session(100, .status(500), retriesMax: 2)
    let answer = try session.client.perform(get)
    #expect(kind(answer) == .server)
    #expect(answer.tries == 3 && answer.requestID == "req_test3")
    #expect(session.server.requestCount == 3)
  }

  @Test func `Stripe's word against trying again is kept`() throws {
    let session = try session(1, .status(500, headers: [("Stripe-Should-Retry", "false")]))
    #expect(kind(try session.client.perform(get)) == .server)
    #expect(session.server.requestCount == 1)
  }

  @Test func `too many requests that do not end stop the run`() throws {
    let session = try session(
      100, .status(429, headers: [("Stripe-Rate-Limited-Reason", "global-rate")]))
    let answer = try session.client.perform(get)
    #expect(kind(answer) == .rateLimited(reason: "global-rate"))
    #expect(session.server.requestCount == 13)
  }

  @Test func `a slow answer runs into the time limit`() throws {
    let session = try session(100, .slow(0.2), timeout: 0.4, retriesMax: 1)
    guard case .network(let failure) = kind(try session.client.perform(get)) else {
      Issue.record("expected no answer")
      return
    }
    #expect(failure.kind == .timeout)
  }

  @Test func `a huge answer is not read to its end`() throws {
    let session = try session(100, .huge)
    guard case .network(let failure) = kind(try session.client.perform(get)) else {
      Issue.record("expected no answer")
      return
    }
    #expect(failure.kind == .tooLarge)
    #expect(session.server.requestCount == 1)
  }

  // MARK: What does not

  @Test(arguments: [200, 302, 404, 403])
  func `a page of a proxy is not Stripe's answer`(status: Int) throws {
    let session = try session(100, .html(status))
    let answer = try session.client.perform(get)
    #expect(kind(answer) == .foreign("text/html"))
    #expect(session.server.requestCount == 1)
  }

  @Test func `nobody there is told as such`() throws {
    let session = try session()
    session.server.stop()
    let client = try StripeSession.client("http://127.0.0.1:1", retriesMax: 1)
    guard case .network(let failure) = kind(try client.perform(get)) else {
      Issue.record("expected no answer")
      return
    }
    #expect(failure.kind == .cannotConnect)
  }

  @Test func `a wrong key, a revoked key, a key that may not`() throws {
    for (key, expected) in [
      ("rk_live_abcdefgh123456", StripeError.Kind.authentication),
      ("rk_test_revoked12345678", .authentication),
    ] {
      let session = try session(key: key)
      let answer = try session.client.perform(get)
      #expect(kind(answer) == expected)
      guard case .failure(let error) = answer.result else { continue }
      #expect(error.message?.contains("***") == true)
      #expect(error.message?.contains(key) == false)
    }
    let narrow = try session(key: "rk_test_narrow12345678")
    let answer = try narrow.client.perform(
      .get("/v1/payment_methods", StripeForm(["customer": "cus_1", "type": "card"])))
    #expect(kind(answer) == .permission("rak_payment_method_read"))
  }

  @Test func `TLS that is none is told, and nothing is sent`() throws {
    let session = try session()
    let url = session.server.url.replacingOccurrences(of: "http:", with: "https:")
    let client = try StripeSession.client(url)
    guard case .network(let failure) = kind(try client.perform(get)) else {
      Issue.record("expected no answer")
      return
    }
    #expect(failure.kind == .noTLS)
    #expect(session.server.requestCount == 0)
  }

  @Test func `a handshake that somebody hangs up on is tried again`() throws {
    let server = try HTTPServer(resetsTLS: true) { _ in HTTPServer.Response() }
    defer { server.stop() }
    let client = try StripeSession.client("https://127.0.0.1:\(server.port)", retriesMax: 2)
    guard case .network(let failure) = kind(try client.perform(get)) else {
      Issue.record("expected no answer")
      return
    }
    #expect(failure.kind == .cannotConnect, "\(failure)")
    #expect(server.connectionCount == 3)
  }

  @Test func `a library that is not there is named with its package`() {
    let error = #expect(throws: RunError.self) { try LibCurl(names: ["libnot-there.so"]) }
    #expect(error?.hint?.contains("libcurl4") == true)
  }

  // MARK: Idempotency

  @Test func `an act whose answer is lost is done once`() throws {
    let session = try session(1, .dropAfter)
    let form = StripeForm([
      "mode": "setup", "customer": "cus_1", "success_url": "https://a.example",
    ])
    let answer = try session.client.perform(.post("/v1/checkout/sessions", form, key: "k"))
    #expect(kind(answer) == nil)
    #expect(answer.isReplay && answer.tries == 2)
    #expect(session.server.writes == ["session cus_1": 1])
  }

  @Test func `the same key with other parameters is an error`() throws {
    let session = try session()
    for (url, expected) in [
      ("https://a.example", nil), ("https://b.example", StripeError.Kind.idempotency),
    ] {
      let form = StripeForm(["mode": "setup", "customer": "cus_1", "success_url": .text(url)])
      let answer = try session.client.perform(.post("/v1/checkout/sessions", form, key: "k"))
      #expect(kind(answer) == expected)
    }
  }

  @Test func `a stored failure is told and not asked for again and again`() throws {
    let session = try session(1, .failsAfter)
    let form = StripeForm([
      "mode": "setup", "customer": "cus_1", "success_url": "https://a.example",
    ])
    let answer = try session.client.perform(.post("/v1/checkout/sessions", form, key: "k"))
    #expect(kind(answer) == .server)
    #expect(session.server.requestCount == 2)
    #expect(session.server.writes == ["session cus_1": 1])
  }

  // MARK: Account

  @Test func `the account is read and compared`() throws {
    let session = try session()
    let account = try session.client.account(expected: nil)
    #expect(account == session.server.account)
    #expect(throws: StripeError(.otherAccount(actual: account, expected: "acct_other"))) {
      try session.client.account(expected: "acct_other")
    }
    try session.state.confirm(account: account, mode: .test)
    #expect(throws: StripeError.self) {
      try session.state.confirm(account: account, mode: .live)
    }
  }

  @Test func `an object of the other mode stops the run`() throws {
    let server = try StripeServer(isLive: true)
    // A server that takes the key and answers with live objects.
    let session = try StripeSession(key: "rk_live_abcdefgh123456", server: server)
    let records = session.addShop(1)
    try session.load(records)
    try session.check()
    #expect(try session.problems().isEmpty)
    var reader = CustomerReader(records[0].customer, wanted: [], mode: .test)
    let body = Array(#"{"id":"cus_1","object":"customer","livemode":true}"#.utf8)
    #expect(throws: StripeError(.otherMode)) { try reader.take(.success(body)) }
    var cards = CustomerReader(
      records[0].customer, wanted: [], mode: .test, found: (nil, nil))
    let list =
      #"{"data":[{"id":"pm_1","livemode":false},{"id":"pm_2","livemode":true}],"#
      + #""has_more":false}"#
    #expect(throws: StripeError(.otherMode)) { try cards.take(.success(Array(list.utf8))) }
  }

  @Test func `a clock that is off stops the run`() throws {
    let server = try StripeServer { _, _ in
      .status(
        200, headers: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")],
        body: #"{"id":"acct_1","object":"account"}"#)
    }
    let session = try StripeSession(server: server)
    let time = 784_111_777
    for seconds in [0, 299, -299] {
      #expect(try session.client.account(expected: nil, now: time + seconds) == "acct_1")
    }
    for minutes in [10, -10] {
      #expect(throws: StripeError(.clock(minutes: minutes))) {
        try session.client.account(expected: nil, now: time + minutes * 60)
      }
    }
    for text in ["", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:61:37 GMT"] {
      #expect(HTTPDate.seconds(text) == nil)
    }
  }

  // MARK: Pace

  @Test func `requests arrive at the allowed pace`() throws {
    let session = try StripeSession(perSecond: 40)
    try session.load(session.addShop(60))
    try session.check()
    let times = session.server.requests.map(\.time).sorted()
    for (index, time) in times.enumerated() where index >= 40 {
      #expect(time - times[index - 40] >= 1)
    }
  }
}
