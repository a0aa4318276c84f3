import Foundation
import Native
import TestSupport
import Testing

@testable import Stripe

/// The client against localstripe, an independent server: happy paths and paging. What it does
/// otherwise than Stripe is tested against our own server.
@Suite(
  .serialized,
  .enabled(if: LocalStripe.isUsable, "Python has no localstripe; make test installs it"))
struct LocalStripeTests {
  @Test func `customers, cards, defaults and pages work against another server`() throws {
    let local = try LocalStripe()
    defer { local.stop() }
    let client = try StripeSession.client(local.url, key: "sk_test_12345678")
    func post(_ path: String, _ form: StripeForm, _ key: String) throws -> String {
      let body = try client.perform(.post(path, form, key: key)).result.get()
      return try StripeObjects.decode(StripeObjects.Reference.self, body).id
    }
    var customers: [String] = []
    for number in 0..<230 {
      customers.append(
        try post("/v1/customers", StripeForm(["description": .text("\(number)")]), "c\(number)"))
    }
    var walk = PageWalk("/v1/customers")
    var seen: [String] = []
    while !walk.isAtEnd {
      let page = try StripeObjects.decode(
        StripeObjects.Page<StripeObjects.Customer>.self, client.perform(walk.call).result.get())
      seen += page.data.map(\.id)
      try walk.take(hasMore: page.has_more, lastID: page.data.last?.id)
    }
    #expect(seen.count == 230 && Set(seen) == Set(customers))

    var records: [LinkedRecord] = []
    for number in 0..<3 {
      let method = try post(
        "/v1/payment_methods",
        StripeForm([
          "type": "card",
          "card": .map([
            ("number", "4242424242424242"), ("exp_month", 12), ("exp_year", 2034), ("cvc", "123"),
          ]),
        ]), "m\(number)")
      records.append(
        LinkedRecord(
          number: number + 1, customer: customers[number], paymentMethod: method, brand: "Visa",
          last4: "4242", expiryMonth: 12, expiryYear: 2034))
    }
    let session = try StripeSession()
    try session.load(records)
    #expect(
      try session.act(AttachMethod(), client: client).map(\.what) == [.done, .done, .done])
    try session.check(client)
    #expect(try session.problems() == [1: [.noDefault], 2: [.noDefault], 3: [.noDefault]])
    let defaults = try session.act(SetDefault(overwrites: false), client: client)
    #expect(defaults.map(\.what) == [.done, .done, .done])
    try session.load(records)
    try session.check(client)
    #expect(try session.problems().isEmpty)
    // It takes no payment method when a SetupIntent is made, as Stripe does.
    let probes = try session.act(ProbeMethod(), client: client)
    #expect(probes.map(\.what) == [.failed, .failed, .failed])
    let detached = try session.act(
      DetachMethod(linked: []), methods: [records[0].paymentMethod ?? ""], client: client)
    #expect(detached.map(\.what) == [.done])
    let cards = try #require(try SavedCards.read(client, customers[1]))
    #expect(cards.methods.map(\.id) == [records[1].paymentMethod])
    #expect(cards.defaultMethod == records[1].paymentMethod)
  }
}

/// A process of localstripe on the loopback address that keeps no file.
final class LocalStripe {
  let url: String
  private let process = Process()

  private static let python = ProcessInfo.processInfo.environment["UNPAN_PYTHON"] ?? "python3"

  /// Under CI=true it must be there.
  static let isUsable: Bool = {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-c", "import localstripe"]
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  init() throws {
    // A port that was free a moment ago.
    let probe = try HTTPServer { _ in HTTPServer.Response() }
    let port = probe.port
    probe.stop()
    url = "http://127.0.0.1:\(port)"
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      Self.python, "-c",
      """
      from aiohttp import web
      from localstripe.server import app
      from localstripe.resources import store
      store.clear(); store.dump_to_disk = lambda: None
      web.run_app(app, host='127.0.0.1', port=\(port), print=None)
      """,
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let client = try StripeSession.client(url, key: "sk_test_12345678")
    for _ in 0..<100 {
      if case .success = try client.perform(.get("/v1/customers")).result { return }
      usleep(100_000)
    }
    throw HTTPServerError()
  }

  /// By the one signal that the mask it inherited from a test's thread does not block.
  func stop() { kill(process.processIdentifier, SIGKILL) }

  deinit { if process.isRunning { stop() } }
}
