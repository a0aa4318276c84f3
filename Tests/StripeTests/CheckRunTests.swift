import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Stripe

/// `stripe check` and the acts against a server of ours.
@Suite struct CheckRunTests {
  @Test func `a shop as it should be needs a read for each customer and one for a hundred`() throws
  {
    let session = try StripeSession()
    let records = session.addShop(250)
    try session.load(records)
    #expect(try CheckRun.plannedReads(session.state) == 253...503)
    try session.check()
    #expect(try session.problems().isEmpty)
    #expect(session.server.requestCount == 253)
    #expect(try session.state.customerCount(.checked) == 250)
  }

  @Test func `everything that differs is found`() throws {
    let session = try StripeSession()
    var records = session.addShop(30)
    session.server.add(customer: "cus_deleted0001", isDeleted: true)
    records.append(
      LinkedRecord(number: 31, customer: "cus_deleted0001", paymentMethod: "pm_gone000001"))
    records.append(
      LinkedRecord(number: 32, customer: "cus_missing0001", paymentMethod: "pm_gone000002"))
    records[0].last4 = "1111"
    records[1].paymentMethod = StripeSession.method(3)
    records[3].paymentMethod = "pm_gone000003"
    session.server.add(StripeServer.Method("pm_free0000001", of: nil))
    records[4].paymentMethod = "pm_free0000001"
    var legacy = StripeServer.Method("card_legacy00001", of: nil)
    legacy.customer = records[5].customer
    session.server.add(legacy)
    try session.load(records)
    try session.check()
    let problems = try session.problems()
    #expect(problems[1] == [.last4Differs])
    #expect(problems[2] == [.otherCustomer])
    #expect(problems[4] == [.methodMissing])
    #expect(problems[5] == [.methodDetached])
    #expect(problems[31] == [.customerDeleted])
    #expect(problems[32] == [.customerMissing])
    #expect(problems.count == 6)
  }

  @Test func `a default that is no card is looked up by itself`() throws {
    let session = try StripeSession()
    let records = session.addShop(4)
    // Not in a list of cards: a bank account of the customer, and one of somebody else.
    for (number, owner) in [(1, 1), (2, 3)] {
      var bank = StripeServer.Method(
        "pm_bank000000\(number)", of: StripeSession.customer(owner))
      bank.isCard = false
      session.server.add(bank)
      session.server.add(customer: StripeSession.customer(number), default: bank.id)
    }
    session.server.add(customer: StripeSession.customer(3), default: "pm_nobodys0001")
    session.server.add(customer: StripeSession.customer(4), default: "pm_x/../../account")
    try session.load(records)
    try session.check()
    #expect(
      try session.problems() == [
        2: [.defaultNotAttached], 3: [.defaultNotAttached], 4: [.defaultNotAttached],
      ])
    // A customer and its cards each, and three defaults.
    #expect(session.server.requestCount == 4 * 2 + 3)
  }

  @Test func `a legacy source is read at its own place`() throws {
    let session = try StripeSession()
    var records: [LinkedRecord] = []
    for (number, last4) in [(1, "4242"), (2, "1111")] {
      let (customer, id) = (StripeSession.customer(number), "src_legacy000000000000\(number)")
      session.server.add(customer: customer, source: id)
      session.server.add(StripeServer.Method(id, of: customer))
      records.append(
        LinkedRecord(
          number: number, customer: customer, paymentMethod: id, brand: "Visa", last4: last4,
          expiryMonth: 12, expiryYear: 2034))
    }
    session.server.add(StripeServer.Method("src_free000000000000001", of: nil))
    records.append(
      LinkedRecord(
        number: 3, customer: records[0].customer, paymentMethod: "src_free000000000000001"))
    try session.load(records)
    try session.check()
    #expect(try session.problems() == [2: [.last4Differs], 3: [.methodDetached]])
    let singles = session.server.requests.map(\.path).filter { $0.contains("src_") }
    #expect(singles.count == 3 && singles.allSatisfy { $0.hasPrefix("/v1/sources/") })

    session.server.add(customer: records[1].customer)
    try session.load([records[1]])
    #expect(try session.act(SetDefault(overwrites: false)).map(\.what) == [.done])
    #expect(session.server.defaultSource(of: records[1].customer) == records[1].paymentMethod)
  }

  @Test func `a run that was stopped goes on where it was`() throws {
    let stops = Mutex(true)
    let server = try StripeServer { number, _ in
      number > 40 && stops.withLock { $0 } ? .status(401, body: "{}") : nil
    }
    let session = try StripeSession(callsMax: 1, server: server)
    let records = session.addShop(60)
    try session.load(records)
    #expect(throws: StripeError.self) { try session.check() }
    stops.withLock { $0 = false }
    #expect(try session.load(records), "gone on with")
    try session.check()
    #expect(try session.state.customerCount(.checked) == 60)
    // 60 customers, one page; the one that was refused is asked again.
    #expect(session.server.requestCount == 62)
    let paths = session.server.requests.map { "\($0.path)?\($0.parameters)" }
    #expect(paths.count == 62)
    #expect(try !session.load(records), "a complete check is begun anew")
  }

  /// A check that was stopped when `count` of 30 customers were settled and all of them found.
  private func stopped(after count: Int) throws -> (StripeSession, [LinkedRecord]) {
    let stops = Mutex(true)
    let server = try StripeServer { number, _ in
      number > count + 1 && stops.withLock { $0 } ? .status(401, body: "{}") : nil
    }
    let session = try StripeSession(callsMax: 1, server: server)
    let records = session.addShop(30)
    try session.load(records)
    #expect(throws: StripeError.self) { try session.check() }
    stops.withLock { $0 = false }
    return (session, records)
  }

  @Test func `what was read long ago is read again`() throws {
    let (session, records) = try stopped(after: 20)
    for number in 1...20 { session.server.detach(StripeSession.method(number)) }
    // Of the first ten it is more than half a day ago.
    try session.state.run(
      "UPDATE customer SET read = read - 43300 WHERE id <= ?", [.text(records[9].customer)])
    #expect(try session.load(records))
    let oldest = try #require(try session.state.oldestRead())
    #expect(abs(oldest - Int(Date().timeIntervalSince1970)) < 600)
    #expect(try session.state.customerCount(.unread) == 10)
    try session.check()
    let problems = try session.problems()
    #expect((1...10).allSatisfy { problems[$0]?.contains(.methodDetached) == true })
    #expect((11...30).allSatisfy { problems[$0] == nil })
  }

  @Test func `what nobody knows the age of is read again, from the list on`() throws {
    let (session, records) = try stopped(after: 20)
    try session.state.run("UPDATE customer SET read = NULL")
    #expect(try session.load(records))
    #expect(try session.state.oldestRead() == nil)
    let before = session.server.requestCount
    try session.check()
    #expect(session.server.requestCount == before + 31)
    #expect(try session.problems().isEmpty)
  }

  @Test func `a number in an answer does not get into the state file`() throws {
    let fails = Mutex(true)
    let server = try StripeServer { _, request in
      request.path == "/v1/payment_methods/pm_single00001" && fails.withLock { $0 }
        ? .status(401, body: "{}") : nil
    }
    let session = try StripeSession(callsMax: 1, server: server)
    let customer = StripeSession.customer(1)
    server.add(customer: customer, default: "4242424242424242")
    var card = StripeServer.Method(StripeSession.method(1), of: customer)
    (card.brand, card.last4, card.fingerprint) = (
      "5555555555554444", "378282246310005", "4000056655665556"
    )
    server.add(card)
    let records = ["pm_single00001", StripeSession.method(1)].enumerated().map {
      LinkedRecord(number: $0 + 1, customer: customer, paymentMethod: $1, last4: "0005")
    }
    try session.load(records)
    #expect(throws: StripeError.self) { try session.check() }
    var kept = ""
    for column in ["default_method FROM customer", "body FROM partial"] {
      try session.state.run("SELECT \(column)") { kept += $0[0].text ?? "" }
    }
    #expect(kept.contains("************4242") && kept.contains("************4444"))
    for number in ["4242424242424242", "5555555555554444", "378282246310005", "4000056655665556"] {
      #expect(!kept.contains(number))
    }
    fails.withLock { $0 = false }
    #expect(try session.load(records))
    try session.check()
    #expect(try session.problems()[2] == [.last4Differs])
  }

  @Test func `a list whose last card was detached meanwhile is begun anew`() throws {
    let stops = Mutex(true)
    let server = try StripeServer { number, _ in
      number > 2 && stops.withLock { $0 } ? .status(401, body: "{}") : nil
    }
    let session = try StripeSession(callsMax: 1, server: server)
    let records = session.addShop(1)
    for number in 2...251 {
      server.add(StripeServer.Method(StripeSession.method(number), of: records[0].customer))
    }
    try session.load(records)
    #expect(throws: StripeError.self) { try session.check() }
    stops.withLock { $0 = false }
    // The last one of the first page.
    server.detach(StripeSession.method(152))
    #expect(try session.load(records))
    try session.check()
    #expect(try session.state.customerCount(.checked) == 1)
    #expect(try session.problems().isEmpty)
    // The customer, a page, the stop; the cursor, three pages.
    #expect(server.requestCount == 7)
  }

  @Test func `what an act changed is read again`() throws {
    let (session, records) = try stopped(after: 20)
    session.server.add(customer: records[0].customer)
    #expect(try session.load(records))
    #expect(try session.act(SetDefault(overwrites: false)).count { $0.what == .done } == 1)
    #expect(try session.state.customerCount(.unread) == 1)
    // The one that a record names, whosever it is.
    _ = try session.act(DetachMethod(linked: []), methods: [StripeSession.method(2)])
    #expect(try session.state.customerCount(.unread) == 2)
    #expect(try session.load(records))
    try session.check()
    #expect(try session.problems()[2]?.contains(.methodDetached) == true)
    #expect(try session.problems()[1] == nil)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 7, 11, 14, 19, 20])
  func `no read is made twice, wherever a check was stopped`(stop: Int) throws {
    let stops = Mutex(true)
    let server = try StripeServer { number, _ in
      number >= stop && stops.withLock { $0 } ? .status(401, body: "{}") : nil
    }
    let session = try StripeSession(callsMax: 1, server: server)
    var records = session.addShop(5)
    server.add(customer: "cus_stranger")
    for number in 1...5 {
      // One that is somebody else's, and one that is nobody's.
      server.add(StripeServer.Method("pm_other\(number)", of: "cus_stranger"))
      for (offset, method) in [(10, "pm_other\(number)"), (20, "pm_none\(number)")] {
        records.append(
          LinkedRecord(
            number: number + offset, customer: StripeSession.customer(number),
            paymentMethod: method))
      }
    }
    try session.load(records)
    #expect(throws: StripeError.self) { try session.check() }
    stops.withLock { $0 = false }
    #expect(try session.load(records))
    try session.check()
    #expect(try session.state.customerCount(.checked) == 5)
    // 4 reads for each customer, and the one that was refused.
    #expect(server.requestCount == 21)
    let problems = try session.problems()
    #expect((11...15).allSatisfy { problems[$0] == [.otherCustomer] })
    #expect((21...25).allSatisfy { problems[$0] == [.methodMissing] })
    #expect((1...5).allSatisfy { problems[$0] == nil })
  }

  @Test func `what is known of a customer whose cards failed is not asked again`() throws {
    let fails = Mutex(true)
    let server = try StripeServer { _, request in
      request.path == "/v1/payment_methods" && fails.withLock { $0 }
        ? .status(500, body: "{}") : nil
    }
    let session = try StripeSession(retriesMax: 0, server: server)
    let records = session.addShop(30)
    try session.load(records)
    try session.check()
    #expect(try session.state.customerCount(.failed) == 30)
    let before = server.requestCount
    fails.withLock { $0 = false }
    #expect(try session.load(records))
    try session.check()
    #expect(try session.state.customerCount(.checked) == 30)
    #expect(server.requestCount == before + 30)
  }

  @Test func `a clock that is behind costs reads and loses nobody`() throws {
    let server = try StripeServer { _, request in
      // So long ago there were no customers.
      request.path == "/v1/customers"
        ? .status(200, body: #"{"object":"list","data":[],"has_more":false}"#) : nil
    }
    let session = try StripeSession(server: server)
    try session.load(session.addShop(30))
    try session.check(now: 1)
    #expect(try session.state.customerCount(.checked) == 30)
    #expect(try session.problems().isEmpty)
    #expect(server.requests.contains { $0.parameters.contains { $0.contains("created") } })
  }

  @Test func `words that Stripe has newly are taken as they are`() throws {
    let session = try StripeSession()
    let records = session.addShop(3)
    var method = StripeServer.Method(StripeSession.method(1), of: StripeSession.customer(1))
    method.brand = "moonshot"
    method.more =
      #", "checks": {"cvc_check": "perhaps"}, "wallet": {"type": "ring"}, "funding": "barter""#
    session.server.replace(method)
    try session.load(records)
    try session.check()
    #expect(try session.problems() == [1: [.brandDiffers]])
    #expect(try session.state.customerCount(.checked) == 3)
  }

  @Test func `answers about somebody else prove nothing`() throws {
    let stranger = StripeSession.customer(9)
    let server = try StripeServer { _, request in
      switch request.path {
      case "/v1/customers/" + StripeSession.customer(1):
        .status(200, body: #"{"id":"\#(stranger)","object":"customer","livemode":false}"#)
      case "/v1/payment_methods" where request.query.contains(StripeSession.customer(2)):
        .status(
          200,
          body: #"{"data":[{"id":"\#(StripeSession.method(2))","type":"card","livemode":false,"#
            + #""customer":"\#(stranger)","card":{"brand":"visa","last4":"4242"}}],"#
            + #""has_more":false}"#)
      case "/v1/payment_methods/pm_single00003":
        .status(
          200,
          body: #"{"id":"pm_other000003","type":"card","livemode":false,"#
            + #""customer":"\#(StripeSession.customer(3))"}"#)
      default: nil
      }
    }
    let session = try StripeSession(server: server)
    var records = session.addShop(4)
    records[2].paymentMethod = "pm_single00003"
    try session.load(records)
    try session.check()
    var reasons: [Int: String?] = [:]
    try session.state.forEachRecord { record, state, problems, reason in
      #expect(problems.isEmpty && state == (record.number == 4 ? .checked : .failed))
      reasons[record.number] = reason
    }
    #expect(reasons == [1: "other_object", 2: "other_object", 3: "other_object", 4: nil])
    #expect(
      try session.act(SetDefault(overwrites: true)).map(\.what)
        == [.failed, .failed, .failed, .already])
  }

  @Test func `a failure of one customer is not one of the others`() throws {
    let bad = StripeSession.customer(7)
    let server = try StripeServer { _, request in
      request.query.contains(bad) ? .status(500, body: "{}") : nil
    }
    let session = try StripeSession(retriesMax: 1, server: server)
    try session.load(session.addShop(10))
    try session.check()
    #expect(try session.state.customerCount(.checked) == 9)
    #expect(try session.state.customerCount(.failed) == 1)
  }

  @Test func `a list that shifts while it is read loses nobody`() throws {
    let added = Mutex<StripeServer?>(nil)
    let server = try StripeServer { number, request in
      // Others come in at the front between two pages.
      if request.path == "/v1/customers" {
        added.withLock { server in
          for index in 0..<50 { server?.add(customer: "cus_new\(number)x\(index)") }
        }
      }
      return nil
    }
    let session = try StripeSession(server: server)
    let records = session.addShop(350)
    added.withLock { $0 = server }
    try session.load(records)
    try session.check()
    added.withLock { $0 = nil }
    #expect(try session.problems().isEmpty)
    #expect(session.server.requestCount == 354)
  }

  @Test func `a list of strangers is left for single reads`() throws {
    let session = try StripeSession()
    let records = session.addShop(30)
    for index in 0..<5000 { session.server.add(customer: "cus_stranger\(index)") }
    try session.load(records)
    try session.check()
    #expect(try session.problems().isEmpty)
    #expect(session.server.requestCount == 10 + 60)
  }

  // MARK: Acts

  @Test func `the default is set where it is clear which`() throws {
    let session = try StripeSession()
    for number in 1...5 { session.server.add(customer: StripeSession.customer(number)) }
    func add(_ method: Int, _ customer: Int) -> LinkedRecord {
      session.server.add(
        StripeServer.Method(StripeSession.method(method), of: StripeSession.customer(customer)))
      return LinkedRecord(
        number: method, customer: StripeSession.customer(customer),
        paymentMethod: StripeSession.method(method))
    }
    var records = [add(1, 1), add(2, 2), add(3, 2), add(4, 3), add(5, 3)]
    records[4].isDefault = true
    session.server.add(
      customer: StripeSession.customer(4), default: StripeSession.method(6))
    records += [add(6, 4), add(7, 4)]
    records[6].isDefault = true
    try session.load(records)
    let plan = try session.act(SetDefault(overwrites: false), applies: false)
    #expect(plan.map(\.what) == [.planned, .ambiguous, .planned, .conflict])
    #expect(session.server.writes.isEmpty)
    let done = try session.act(SetDefault(overwrites: false))
    #expect(done.map(\.what) == [.done, .ambiguous, .done, .conflict])
    #expect(session.server.defaultMethod(of: StripeSession.customer(3)) == StripeSession.method(5))
    let again = try session.act(SetDefault(overwrites: true))
    #expect(again.map(\.what) == [.already, .ambiguous, .already, .done])
    #expect(session.server.defaultMethod(of: StripeSession.customer(4)) == StripeSession.method(7))
  }

  @Test func `payment methods are attached and detached`() throws {
    let session = try StripeSession()
    session.server.add(customer: "cus_00000001")
    session.server.add(customer: "cus_00000002")
    session.server.add(StripeServer.Method("pm_00000001", of: nil))
    session.server.add(StripeServer.Method("pm_00000002", of: "cus_00000002"))
    var declined = StripeServer.Method("pm_00000003", of: nil)
    declined.decline = "insufficient_funds"
    session.server.add(declined)
    try session.load(
      (1...3).map {
        LinkedRecord(number: $0, customer: "cus_00000001", paymentMethod: "pm_0000000\($0)")
      })
    let outcomes = try session.act(AttachMethod())
    #expect(outcomes.map(\.what) == [.done, .conflict, .refused])
    #expect(outcomes[2].reason == "insufficient_funds" && outcomes[2].requestID != nil)
    #expect(session.server.customer(of: "pm_00000001") == "cus_00000001")

    let detached = try session.act(
      DetachMethod(linked: ["pm_00000001"]), methods: ["pm_00000001", "pm_00000002", "pm_nothere1"])
    #expect(Set(detached.map(\.what)) == [.conflict, .done, .failed])
    #expect(session.server.customer(of: "pm_00000001") == "cus_00000001")
    #expect(session.server.customer(of: "pm_00000002") == nil)
  }

  @Test func `a payment method that two customers' records name is given to neither`() throws {
    let session = try StripeSession()
    for customer in ["cus_00000001", "cus_00000002"] { session.server.add(customer: customer) }
    session.server.add(StripeServer.Method("pm_00000001", of: nil))
    session.server.add(StripeServer.Method("pm_00000002", of: nil))
    func record(_ number: Int, _ customer: Int, _ method: Int) -> LinkedRecord {
      LinkedRecord(
        number: number, customer: "cus_0000000\(customer)",
        paymentMethod: "pm_0000000\(method)")
    }
    // The second one twice, but of one customer.
    try session.load([record(1, 1, 1), record(2, 2, 1), record(3, 1, 2), record(4, 1, 2)])
    for applies in [false, true] {
      let outcomes = try session.act(AttachMethod(), applies: applies)
      #expect(outcomes.map(\.what) == [.ambiguous, applies ? .done : .planned, .ambiguous])
      #expect(outcomes[0].reason == "several-customers")
    }
    #expect(session.server.writes == ["attach pm_00000002": 1])
    #expect(session.server.customer(of: "pm_00000001") == nil)
  }

  @Test func `a probe tells by the bank's reason and is not repeated`() throws {
    let session = try StripeSession(callsMax: 1)
    let records = session.addShop(4)
    for (number, decline) in [
      (2, "authentication_required"), (3, "expired_card"), (4, "requires_source_action"),
    ] {
      var method = StripeServer.Method(StripeSession.method(number), of: nil)
      method.customer = StripeSession.customer(number)
      method.decline = decline
      session.server.replace(method)
    }
    try session.load(records)
    let outcomes = try session.act(ProbeMethod())
    #expect(
      outcomes.map(\.reason) == [
        nil, "authentication_required", "expired_card", "authentication_required",
      ])
    let count = session.server.writes
    let again = try session.act(ProbeMethod())
    #expect(again.map(\.reason) == outcomes.map(\.reason))
    #expect(again.map(\.requestID) == outcomes.map(\.requestID))
    #expect(session.server.writes == count)
    // Saved while its owner is there, refused without.
    var later = StripeServer.Method(StripeSession.method(3), of: StripeSession.customer(3))
    later.decline = "authentication_required_later"
    session.server.replace(later)
    let payments = try session.act(ProbePayment())
    let expected: [ActOutcome.What] = [
      .done, .done, .refused, .skipped, .done, .refused, .refused, .skipped,
    ]
    #expect(payments.map(\.what) == expected)
    #expect(payments[2].reason == "authentication_required")
    #expect(payments[3].reason == "needs-the-one-before")
    #expect(payments[5].reason == "authentication_required")
    #expect(session.server.writes["payment_intent \(StripeSession.method(2))"] == 1)
  }

  @Test func `links are made for customers without a card to use`() throws {
    let session = try StripeSession()
    let records = session.addShop(2)
    var expired = StripeServer.Method(StripeSession.method(2), of: StripeSession.customer(2))
    expired.year = 2020
    session.server.replace(expired)
    try session.load(records)
    let kind = MakeLink(
      successURL: "https://shop.example/thanks", month: .init(year: 2026, month: 6))
    let outcomes = try session.act(kind)
    #expect(outcomes.map(\.what).contains(.skipped))
    let made = try #require(outcomes.first { $0.what == .done })
    #expect(made.link?.hasPrefix("https://checkout.stripe.com/") == true)
    let again = try session.act(kind)
    #expect(again.contains(made))
    #expect(session.server.writes == ["session \(StripeSession.customer(2))": 1])
  }

  /// What sync makes of records of customers 1 to 3 with payment methods 1 to 3.
  private func sync(
    _ events: [(type: String, created: Int, object: String)]
  ) throws -> (kinds: [SyncRun.Change.Kind?], updates: [SyncRun.Update?], [LinkedRecord]) {
    let session = try StripeSession()
    let records = session.addShop(3)
    try session.load(records)
    // The server lists the last one first.
    for (index, event) in events.reversed().enumerated() {
      session.server.add(
        event: "evt_\(index)", type: event.type, created: event.created, object: event.object)
    }
    let changes = try SyncRun(session.client, session.state, since: 0, now: 100).run()
    return (
      records.map { changes.of($0)?.kind(for: $0) },
      records.map { record in changes.of(record).map { SyncRun.updated(record, by: $0) } }, records
    )
  }

  private func object(_ number: Int, of customer: Int?, last4: String = "4242") -> String {
    let owner = customer.map { "\"\(StripeSession.customer($0))\"" } ?? "null"
    return
      "{\"id\":\"\(StripeSession.method(number))\",\"object\":\"payment_method\",\"type\":\"card\","
      + "\"customer\":\(owner),\"card\":{\"brand\":\"visa\",\"last4\":\"\(last4)\","
      + "\"exp_month\":1,\"exp_year\":2040}}"
  }

  @Test func `events bring what changed, the newest first`() throws {
    let (kinds, updates, records) = try sync([
      ("payment_method.updated", 4, object(99, of: 1, last4: "9999")),
      ("payment_method.detached", 3, object(2, of: nil)),
      ("payment_method.automatically_updated", 2, object(1, of: 1, last4: "0002")),
      ("payment_method.updated", 1, object(1, of: 1, last4: "0001")),
    ])
    #expect(kinds == [.automaticallyUpdated, .detached, nil])
    var new = records[0]
    (new.last4, new.expiryMonth, new.expiryYear) = ("0002", 1, 2040)
    #expect(updates[0] == .changed(new))
    #expect(updates[1] == .changed(LinkedRecord(number: 2, customer: records[1].customer)))
  }

  @Test func `a card that its customer has no more is taken from the record`() throws {
    let (kinds, updates, records) = try sync([
      ("payment_method.automatically_updated", 9, object(3, of: nil)),
      ("payment_method.attached", 8, object(2, of: 9)),
      // In one second, in whatever order.
      ("payment_method.updated", 7, object(1, of: 1)),
      ("payment_method.detached", 7, object(1, of: nil)),
      ("payment_method.updated", 7, object(1, of: 1)),
    ])
    #expect(kinds == [.detached, .otherCustomer, .detached])
    for (record, update) in zip(records, updates) {
      #expect(update == .changed(LinkedRecord(number: record.number, customer: record.customer)))
    }
  }

  @Test func `a deleted customer is told with a card and without`() throws {
    let session = try StripeSession()
    var records = session.addShop(3)
    records[1].paymentMethod = nil
    try session.load(records)
    for number in [1, 2] {
      session.server.add(
        event: "evt_\(number)", type: "customer.deleted", created: 1,
        object: "{\"id\":\"\(StripeSession.customer(number))\",\"object\":\"customer\"}")
    }
    session.server.add(
      event: "evt_3", type: "payment_method.updated", created: 2, object: object(1, of: 1))
    let changes = try SyncRun(session.client, session.state, since: 0, now: 100).run()
    for record in records.prefix(2) {
      let change = try #require(changes.of(record))
      #expect(change.kind(for: record) == .customerDeleted)
      #expect(SyncRun.updated(record, by: change) == .gone)
    }
    #expect(changes.of(records[2]) == nil)
  }
}
