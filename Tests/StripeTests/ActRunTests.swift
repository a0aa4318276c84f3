import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Stripe

/// Acts that fail half-way, against a server of ours: nothing is done twice, nothing is lost.
@Suite struct ActRunTests {
  private static let operations = ["probe", "links"]

  private func kind(_ operation: String) -> any ActKind {
    switch operation {
    case "probe": ProbeMethod()
    case "links": link("https://shop.example/thanks")
    default: SetDefault(overwrites: false)
    }
  }

  private func link(_ url: String) -> MakeLink {
    MakeLink(successURL: url, month: .init(year: 2026, month: 6))
  }

  /// A server that fails the first writes, and one call at a time.
  private func session(_ count: Int, _ fault: StripeServer.Fault) throws -> StripeSession {
    let left = Mutex(count)
    let server = try StripeServer { _, request in
      guard request.method == "POST" else { return nil }
      return left.withLock { left in
        left -= 1
        return left >= 0 ? fault : nil
      }
    }
    return try StripeSession(callsMax: 1, server: server)
  }

  /// Customers with an expired card each, which is to be probed or to be replaced.
  private func load(_ session: StripeSession, _ count: Int = 1) throws {
    let records = session.addShop(count)
    for record in records {
      var card = StripeServer.Method(record.paymentMethod ?? "", of: record.customer)
      card.year = 2020
      session.server.replace(card)
    }
    try session.load(records)
  }

  private func keys(_ session: StripeSession) -> [String] {
    session.server.requests.compactMap(\.idempotencyKey)
  }

  // MARK: Which key

  @Test(arguments: operations)
  func `an act that was done without an answer is found by its key`(operation: String) throws {
    // One more than the retries.
    let session = try session(5, .gatewayFailsAfter)
    try load(session)
    let lost = try session.act(kind(operation))
    #expect(lost.map(\.what) == [.unknown] && lost.map(\.isLost) == [false])
    #expect(try session.act(kind(operation)).map(\.what) == [.done])
    #expect(Set(keys(session)).count == 1)
    #expect(session.server.writes.values.map { $0 } == [1])
  }

  @Test(arguments: operations)
  func `a failure that Stripe keeps is told, until it is asked for again`(
    operation: String
  ) throws {
    let session = try session(1, .failsAfter)
    try load(session)
    for _ in 0..<2 {
      let outcome = try #require(try session.act(kind(operation)).first)
      #expect(outcome.what == .unknown && outcome.isLost && outcome.requestID != nil)
    }
    // The one that failed and its replay, from the first run.
    #expect(keys(session).count == 2 && Set(keys(session)).count == 1)
    #expect(try session.act(kind(operation), repeats: true).map(\.what) == [.done])
    #expect(try session.act(kind(operation)).map(\.what) == [.done])
    #expect(keys(session).count == 3 && Set(keys(session)).count == 2)
  }

  @Test(arguments: operations)
  func `an act whose key is in use is not refused, and not done with another one`(
    operation: String
  ) throws {
    let body = #"{"error":{"type":"invalid_request_error","code":"idempotency_key_in_use"}}"#
    let session = try session(5, .status(409, body: body))
    try load(session)
    let outcomes = try session.act(kind(operation))
    #expect(outcomes.map(\.what) == [.unknown])
    #expect(outcomes.map(\.reason) == ["idempotency_key_in_use"])
    #expect(try session.act(kind(operation), repeats: true).map(\.what) == [.done])
    #expect(Set(keys(session)).count == 1)
    #expect(session.server.writes.values.map { $0 } == [1])
  }

  @Test func `an act whose key was used for something else is not done with another one`() throws {
    let session = try session(1, .status(400, body: #"{"error":{"type":"idempotency_error"}}"#))
    try load(session)
    #expect(try session.act(kind("probe")).map(\.what) == [.unknown])
    #expect(try session.act(kind("probe")).map(\.what) == [.done])
    #expect(keys(session).count == 2 && Set(keys(session)).count == 1)
  }

  @Test(arguments: operations)
  func `a request that Stripe does not take is no result`(operation: String) throws {
    let body =
      #"{"error":{"type":"invalid_request_error","param":"usage","#
      + #""message":"Received unknown parameter 4242424242424242"}}"#
    let session = try session(2, .status(400, body: body))
    try load(session)
    for _ in 0..<2 {
      let outcome = try #require(try session.act(kind(operation)).first)
      #expect(outcome.what == .failed && outcome.reason == "invalid_request_error")
      #expect(outcome.message == "usage: Received unknown parameter ************4242")
    }
    #expect(try session.act(kind(operation)).map(\.what) == [.done])
    #expect(keys(session).count == 3 && Set(keys(session)).count == 3)
  }

  @Test(arguments: operations)
  func `an act of yesterday without an answer is not done again by itself`(
    operation: String
  ) throws {
    let session = try session(10, .gatewayFailsAfter)
    try load(session)
    let begun = 1_800_000_000
    // Asked about again before its time is over, which does not make the key younger.
    for hours in [0, 22] {
      let outcomes = try session.act(kind(operation), now: begun + hours * 3600)
      #expect(outcomes.map(\.what) == [.unknown] && outcomes.map(\.isLost) == [false])
    }
    let sent = keys(session).count
    let lost = try session.act(kind(operation), now: begun + 24 * 3600)
    #expect(lost.map(\.what) == [.unknown] && lost.map(\.isLost) == [true])
    #expect(lost.map(\.reason) == ["key-expired"] && keys(session).count == sent)
    let again = try session.act(kind(operation), repeats: true, now: begun + 24 * 3600)
    #expect(again.map(\.what) == [.done])
  }

  @Test func `what a stopped run did not send is not in the ledger`() throws {
    let server = try StripeServer { _, request in
      request.method == "POST" ? .status(401, body: "{}") : nil
    }
    // More is read at a time than is sent.
    let session = try StripeSession(callsMax: 4, perSecond: 40, server: server)
    try load(session, 20)
    #expect(throws: StripeError.self) { try session.act(ProbeMethod()) }
    var states: [StripeState.ActState] = []
    try session.state.forEachAct { states.append($0.state) }
    #expect(states.count == keys(session).count && !states.contains(.begun), "\(states)")
  }

  @Test func `a limited probe takes the first cards, whoever answers first`() throws {
    let server = try StripeServer { _, request in
      (request.path + request.query).contains(StripeSession.customer(1)) ? .slow(0.001) : nil
    }
    let session = try StripeSession(server: server)
    try load(session, 10)
    for numbers in [1...3, 4...6] {
      let expected = numbers.map(StripeSession.method)
      for applies in [false, true] {
        let outcomes = try session.act(ProbeMethod(), applies: applies, actsMax: 3)
        let acted = outcomes.filter { $0.what == (applies ? .done : .planned) }
        #expect(acted.suffix(3).map(\.method) == expected)
      }
    }
    #expect(server.writes.count == 6)
    // Both payments of a card are one.
    let payments = try session.act(ProbePayment(), actsMax: 2)
    #expect(payments.map(\.method) == [1, 1, 2, 2].map(StripeSession.method))
  }

  // MARK: What answers hold

  @Test(arguments: operations + ["default"])
  func `a write that is answered in the other mode stops the run`(operation: String) throws {
    let session = try session(
      1, .status(200, body: #"{"id":"x_1","status":"succeeded","livemode":true}"#))
    try load(session)
    session.server.add(customer: StripeSession.customer(1))
    #expect(throws: StripeError(.otherMode)) { try session.act(kind(operation)) }
    var reasons: [String?] = []
    try session.state.forEachAct { act in
      reasons.append(act.reason)
      #expect(act.state == .unknown && act.request != nil)
    }
    #expect(reasons == ["livemode_mismatch"])
  }

  @Test(arguments: [
    (
      402,
      #"{"error":{"type":"card_error","decline_code":"stop 4242424242424242\u001b[2J"}}"#
    ),
    (
      200,
      #"{"id":"seti_1","status":"requires_payment_method","last_setup_error":"#
        + #"{"decline_code":"stop 4242424242424242\u001b[2J"}}"#
    ),
  ])
  func `a number in a bank's reason reaches neither results nor the ledger`(
    status: Int, body: String
  ) throws {
    let session = try session(1, .status(status, body: body))
    try load(session)
    let outcomes = try session.act(ProbeMethod())
    #expect(outcomes.map(\.what) == [.refused])
    #expect(outcomes.map(\.reason) == ["stop ************4242[2J"])
    try session.state.forEachAct { #expect($0.reason == outcomes[0].reason) }
  }

  @Test(arguments: [
    #","url":"https://a.example/\u001b[2J""#, #","url":"javascript:alert(1)""#,
    #","url":"http://a.example/""#, #","url":null"#, "",
  ])
  func `an address that could not be sent to anybody is not handed on`(url: String) throws {
    let session = try session(1, .status(200, body: #"{"id":"cs_1"\#(url)}"#))
    try load(session)
    let outcomes = try session.act(kind("links"))
    #expect(outcomes.map(\.what) == [.unknown] && outcomes.map(\.link) == [nil])
  }

  // MARK: Defaults

  @Test func `a legacy card becomes the default by taking the other one away`() throws {
    let session = try StripeSession()
    let (customer, card) = (StripeSession.customer(1), "card_legacy00001")
    session.server.add(customer: customer, default: "pm_old00000001")
    session.server.add(StripeServer.Method("pm_old00000001", of: customer))
    session.server.add(StripeServer.Method(card, of: customer))
    try session.load([
      LinkedRecord(number: 1, customer: customer, paymentMethod: card, isDefault: true)
    ])
    #expect(try session.act(SetDefault(overwrites: false)).map(\.what) == [.conflict])
    #expect(try session.act(SetDefault(overwrites: true)).map(\.what) == [.done])
    #expect(session.server.defaultSource(of: customer) == card)
    #expect(session.server.defaultMethod(of: customer) == nil)
    #expect(try session.act(SetDefault(overwrites: true)).map(\.what) == [.already])
  }

  @Test func `a default over which another one wins is not told as set`() throws {
    let act = ActRun.Act(
      subject: "cus_1", customer: "cus_1", method: "card_1", path: "", form: StripeForm())
    for (method, what) in [
      ("null", ActOutcome.What.done), (#""pm_old""#, .refused), (#""card_1""#, .done),
    ] {
      let body =
        #"{"id":"cus_1","default_source":"card_1","invoice_settings":"#
        + #"{"default_payment_method":\#(method)}}"#
      let outcome = try SetDefault(overwrites: true).outcome(of: act, Array(body.utf8))
      #expect(outcome.what == what, "\(method)")
    }
  }

  // MARK: Many failures

  /// What goes wrong with the writes of a key, and how often still.
  private struct Trouble {
    var random = SplitMix(seed: 88)
    var left: [String: (fault: StripeServer.Fault, count: Int)] = [:]
  }

  /// `make soak` asks for 10,000.
  private static let writesTotal =
    ProcessInfo.processInfo.environment["UNPAN_STRIPE_WRITES"].flatMap(Int.init) ?? 900

  @Test(arguments: operations + ["default"])
  func `failures of every kind do nothing twice and lose nothing`(operation: String) throws {
    let trouble = Mutex(Trouble())
    let faults: [StripeServer.Fault] = [
      .status(500, body: "{}"), .status(429), .status(409, body: "{}"), .dropBefore, .dropAfter,
      .truncated, .failsAfter, .gatewayFailsAfter,
    ]
    let server = try StripeServer { _, request in
      guard let key = request.headers["idempotency-key"] else { return nil }
      return trouble.withLock { trouble in
        if trouble.left[key] == nil {
          let value = trouble.random.next()
          // Nearly twice as often as is tried.
          let count = value % 100 < 5 ? 1 + Int((value >> 32) % 9) : 0
          trouble.left[key] = (faults[Int((value >> 8) % UInt64(faults.count))], count)
        }
        guard let (fault, count) = trouble.left[key], count > 0 else { return nil }
        trouble.left[key] = (fault, count - 1)
        return fault
      }
    }
    let session = try StripeSession(server: server)
    let count = Self.writesTotal / 3
    try load(session, count)
    if operation == "default" {
      for number in 1...count { server.add(customer: StripeSession.customer(number)) }
    }
    // A connection that fails longer than is tried stops a run; another one goes on.
    var outcomes: [ActOutcome] = []
    for _ in 0..<count where outcomes.isEmpty {
      do {
        outcomes = try session.act(kind(operation))
      } catch let error as StripeError {
        guard case .network = error.kind else { throw error }
      }
    }
    #expect(outcomes.count == count)
    for outcome in outcomes where outcome.what != .done && outcome.what != .already {
      #expect(outcome.what == .unknown && outcome.requestID != nil, "seed 88, \(outcome)")
    }
    // What was without an answer is found out, unless Stripe keeps the failure; then it is told.
    outcomes = try session.act(kind(operation))
    for outcome in outcomes where outcome.what != .done && outcome.what != .already {
      #expect(outcome.what == .unknown && outcome.isLost && outcome.requestID != nil)
      #expect(operation != "default", "a default is read")
    }
    #expect(server.writes.count == count)
    #expect(server.writes.values.allSatisfy { $0 == 1 }, "seed 88")
    // Those of a run that was stopped may not have been sent; another one of the same key follows.
    var last: [String: StripeState.ActRecord] = [:]
    try session.state.forEachAct { last[$0.subject] = $0 }
    #expect(last.count == count)
    for act in last.values {
      #expect(act.state == .done || act.state == .failed || operation == "default", "\(act)")
      #expect(act.request != nil || act.state != .done && act.state != .failed, "\(act)")
    }
  }
}
