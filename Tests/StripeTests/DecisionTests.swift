import Native
import TestSupport
import Testing

@testable import Stripe

/// What the client decides without a network.
@Suite struct DecisionTests {
  private let rule = RetryRule()

  private func retries(
    _ answer: RetryRule.Answer, tries: Int = 1, slowTries: Int = 0
  ) -> RetryRule.Decision {
    rule.decide(.answer(answer), tries: tries, slowTries: slowTries, jitter: 0.5)
  }

  // MARK: Trying again

  @Test(arguments: [409, 500, 502, 503])
  func `a conflict and a failure of the server are tried again`(status: Int) {
    #expect(retries(.init(status: status)).retryAfter != nil)
    #expect(retries(.init(status: status)).slowsDown == false)
  }

  @Test(arguments: [200, 400, 401, 402, 403, 404])
  func `an answer that stays the same is not`(status: Int) {
    #expect(retries(.init(status: status)).retryAfter == nil)
  }

  @Test func `Stripe's own word wins`() {
    #expect(retries(.init(status: 400, shouldRetry: true)).retryAfter != nil)
    #expect(retries(.init(status: 500, shouldRetry: false)).retryAfter == nil)
    #expect(retries(.init(status: 409, shouldRetry: false)).retryAfter == nil)
  }

  @Test func `a stored failure is not asked for again`() {
    #expect(retries(.init(status: 500, isReplay: true)).retryAfter == nil)
  }

  @Test func `tries are counted`() {
    #expect(retries(.init(status: 500), tries: 4).retryAfter != nil)
    #expect(retries(.init(status: 500), tries: 5).retryAfter == nil)
    #expect(retries(.init(status: 429), tries: 12, slowTries: 12).retryAfter != nil)
    #expect(retries(.init(status: 429), tries: 13, slowTries: 13).retryAfter == nil)
    // Having been told to be slower does not use up the other tries.
    #expect(retries(.init(status: 500), tries: 8, slowTries: 6).retryAfter != nil)
  }

  @Test func `only a 429 with a reason slows everybody down`() {
    #expect(retries(.init(status: 429, rateReason: "endpoint-rate"), slowTries: 1).slowsDown)
    #expect(!retries(.init(status: 429), slowTries: 1).slowsDown)
    #expect(retries(.init(status: 429), slowTries: 1).retryAfter != nil)
  }

  @Test func `delays grow, and stay between their bounds`() throws {
    var last = 0.0
    for tries in 1...4 {
      let delay = try #require(
        rule.decide(.answer(.init(status: 500)), tries: tries, slowTries: 0, jitter: 1).retryAfter)
      #expect(delay >= last && (0.5...5).contains(delay))
      last = delay
    }
    let least = rule.decide(.answer(.init(status: 500)), tries: 1, slowTries: 0, jitter: 0)
    #expect(least.retryAfter == 0.5)
    let asked = retries(.init(status: 503, retryAfter: 7)).retryAfter
    #expect(asked == 7)
  }

  @Test func `a connection is tried again, a certificate is not`() {
    for kind in [HTTPFailure.Kind.timeout, .cutShort, .cannotConnect, .unknownHost, .proxy] {
      #expect(
        rule.decide(.failure(kind), tries: 1, slowTries: 0, jitter: 0).retryAfter != nil)
    }
    for kind in [HTTPFailure.Kind.untrusted, .noTLS, .tooLarge] {
      #expect(
        rule.decide(.failure(kind), tries: 1, slowTries: 0, jitter: 0).retryAfter == nil)
    }
  }

  // MARK: Pace

  @Test(arguments: [1, 10, 20, 100])
  func `no second holds more requests than allowed, and little is given away`(perSecond: Int) {
    var random = SplitMix(seed: 8)
    var pace = Pace(perSecond: perSecond)
    var now = 100.0
    var sent: [Double] = []
    while now < 130 {
      let delay = pace.delay(now: now)
      // Nobody wakes up exactly on time.
      if delay > 0 {
        now += delay + Double(random.next() % 1000) / 200_000
      } else {
        pace.take(now: now)
        sent.append(now)
        now += 0.0001
      }
    }
    for (index, time) in sent.enumerated() where index >= perSecond {
      #expect(time - sent[index - perSecond] > 1)
    }
    #expect(Double(sent.count) >= 0.95 * 30 * Double(perSecond))
  }

  @Test(arguments: [10, 20, 100])
  func `a request that was late on its way counts when it arrived`(perSecond: Int) {
    var random = SplitMix(seed: 9)
    var pace = Pace(perSecond: perSecond)
    var (now, arrivals) = (100.0, [Double]())
    var pending: [(number: Int, at: Double)] = []
    while now < 130 {
      for answer in pending.filter({ $0.at <= now }) {
        pace.answered(answer.number, now: answer.at)
      }
      pending.removeAll { $0.at <= now }
      let delay = pace.delay(now: now)
      if delay > 0 {
        now += min(delay, pending.map { $0.at - now }.min() ?? delay)
      } else {
        // Now and then a request is stuck for a while.
        let way = random.next() % 10 == 0 ? 0.049 : 0.001
        arrivals.append(now + way)
        pending.append((pace.take(now: now), now + way))
        now += 0.0001
      }
    }
    let sorted = arrivals.sorted()
    for (index, time) in sorted.enumerated() where index >= perSecond {
      #expect(time - sorted[index - perSecond] >= 1)
    }
    #expect(Double(arrivals.count) >= 0.95 * 30 * Double(perSecond))
  }

  @Test func `complaints halve the rate, calm raises it`() throws {
    var pace = Pace(perSecond: 20)
    pace.slowDown(now: 10)
    pace.slowDown(now: 10.1)
    #expect(pace.rate == 10)
    pace.slowDown(now: 12)
    #expect(pace.rate == 5)
    pace.take(now: 13)
    #expect(pace.delay(now: 13) > 0.19)
    for second in 23..<200 { pace.take(now: Double(second)) }
    #expect(pace.rate == 20)
  }

  @Test func `without a limit nobody waits`() {
    var pace = Pace(perSecond: nil)
    for _ in 0..<1000 {
      #expect(pace.delay(now: 1) == 0)
      pace.take(now: 1)
    }
  }

  // MARK: Parameters and keys

  @Test func `parameters are nested as Stripe wants them`() {
    var form = StripeForm([
      "invoice_settings": ["default_payment_method": "pm_1"],
      "types": ["a.b", "c"], "confirm": true, "amount": 100,
    ])
    form.add("name", "a&b=c d+é")
    form.add("metadata", .map([("x", "")]))
    #expect(
      form.text == "invoice_settings[default_payment_method]=pm_1&types[0]=a.b&types[1]=c"
        + "&confirm=true&amount=100&name=a%26b%3Dc%20d%2B%C3%A9&metadata[x]=")
  }

  @Test func `an idempotency key is the same for the same act only`() throws {
    let library = try LibCrypto()
    func key(
      _ ledger: String = "l", _ operation: String = "default", _ record: String = "cus_1",
      _ method: String = "pm_1", generation: Int = 0
    ) throws -> String {
      try IdempotencyKey.make(
        library, ledger: ledger, operation: operation, record: record,
        form: StripeForm(["payment_method": .text(method)]), generation: generation)
    }
    let all = try [
      key(), key("m"), key("l", "attach"), key("l", "default", "cus_2"),
      key("l", "default", "cus_1", "pm_2"), key(generation: 1), key("ld", "efault"),
    ]
    #expect(Set(all).count == all.count)
    #expect(try key() == key())
    #expect(all.allSatisfy { $0.utf8.count <= 255 && !$0.contains("cus_") })
  }

  @Test func `a list that does not go on is noticed`() throws {
    var walk = PageWalk("/v1/events")
    #expect(walk.call.form.text == "limit=100")
    try walk.take(hasMore: true, lastID: "evt_1")
    #expect(walk.call.form.text == "limit=100&starting_after=evt_1")
    #expect(throws: StripeError(.endlessPages)) { try walk.take(hasMore: true, lastID: "evt_1") }
    #expect(throws: StripeError(.endlessPages)) { try walk.take(hasMore: true, lastID: nil) }
    try walk.take(hasMore: false, lastID: nil)
    #expect(walk.isAtEnd)
  }

  @Test(arguments: [2, 3, 7, 100])
  func `a list that goes in a circle comes to an end`(length: Int) throws {
    var walk = PageWalk("/v1/events")
    var pages = 0
    #expect(throws: StripeError(.endlessPages)) {
      // A few pages before it goes round.
      for page in 0..<10_000 {
        pages += 1
        try walk.take(hasMore: true, lastID: "evt_\(page < 5 ? page + 1000 : page % length)")
      }
    }
    #expect(pages < 5 + 3 * length + 5)
    var bounded = PageWalk("/v1/payment_methods", pagesMax: 3)
    for page in 1...2 { try bounded.take(hasMore: true, lastID: "pm_\(page)") }
    #expect(throws: StripeError(.endlessPages)) { try bounded.take(hasMore: true, lastID: "pm_3") }
  }

  @Test(arguments: [
    ("https://api.stripe.com", true), ("https://proxy.example:8443/", true),
    ("http://127.0.0.1:8420", true), ("http://localhost:8420/", true), ("http://[::1]:80", true),
    ("http://127.8.8.8", true), ("http://api.stripe.com", false),
    ("http://127.0.0.1.evil.com", false),
    ("http://localhost.evil.com", false), ("http://user@127.0.0.1", false),
    ("ftp://127.0.0.1", false),
    ("http://127.1", false), ("http://0177.0.0.1", false), ("https://", false),
    ("http://127.0.0.1:0", false),
    ("http://127.0.0.1/#@evil.com", false), ("", false),
  ])
  func `plain HTTP stays on this machine`(text: String, isGood: Bool) {
    #expect((APIBase(text) != nil) == isGood, "\(text)")
  }

  // MARK: Keys of the account

  @Test func `a key tells its kind and mode and nothing else`() throws {
    let key = try StripeKey(" \(StripeServer.key)\n")
    #expect(key.kind == .restricted && key.mode == .test)
    #expect("\(key)" == "rk_test_***")
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped, "\([key])", "\(Optional(key) as Any)"] {
      #expect(!text.contains("abcDEF"))
    }
  }

  @Test(arguments: [
    ("", StripeKey.Problem.empty), ("  \n", .empty), ("pk_live_abcdefgh1234", .publishable),
    ("whsec_abcdefgh1234", .webhookSecret), ("sk_org_live_abcdefgh12", .organization),
    ("sk_test_xxxxxxxx", .placeholder), ("sk_test_abc...", .placeholder), ("hello", .notAKey),
    ("sk_prod_abcdefgh1234", .notAKey), ("sk_test_abc def 12345", .notAKey),
    ("sk_live_short", .notAKey),
  ])
  func `what is no key is refused`(text: String, problem: StripeKey.Problem) {
    #expect(throws: problem) { try StripeKey(text) }
  }

  @Test func `keys are taken out of foreign texts`() throws {
    let key = try StripeKey(StripeServer.key)
    let text = key.removed(
      from: "Invalid: \(StripeServer.key), sk_live_abcdefgh12345 and abcDEF123456abcDEF.")
    #expect(text == "Invalid: rk_test_***, sk_live_*** and ***.")
  }
}
