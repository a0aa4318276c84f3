import Core
import Foundation
import Native
import Rules
import TestSupport
import Testing

@testable import Stripe

/// A server of our own, a client that talks to it, and a state file; gone with this object.
final class StripeSession {
  let server: StripeServer
  let client: StripeClient
  let directory: URL
  private(set) var state: StripeState

  init(
    isLive: Bool = false, key: String? = nil, retriesMax: Int = 4, callsMax: Int = 4,
    timeout: Double = 20, perSecond: Int? = nil, server: StripeServer? = nil,
    fault: @escaping @Sendable (Int, HTTPServer.Request) -> StripeServer.Fault? = { _, _ in nil }
  ) throws {
    self.server = try server ?? StripeServer(isLive: isLive, fault: fault)
    client = try Self.client(
      self.server.url, key: key ?? StripeServer.key, retriesMax: retriesMax, callsMax: callsMax,
      timeout: timeout, perSecond: perSecond)
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("unpan-stripe-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    state = try StripeState(directory.path + "/state.db", isDurable: false)
  }

  deinit {
    server.stop()
    try? FileManager.default.removeItem(at: directory)
  }

  static func client(
    _ url: String, key: String = StripeServer.key, retriesMax: Int = 4, callsMax: Int = 4,
    timeout: Double = 20, perSecond: Int? = nil
  ) throws -> StripeClient {
    var settings = StripeClient.Settings(key: try StripeKey(key))
    settings.base = try #require(APIBase(url))
    settings.perSecond = perSecond
    settings.callsMax = callsMax
    settings.retry.retriesMax = retriesMax
    settings.retry.delayMin = 0.01
    settings.retry.delayMax = 0.05
    settings.retry.slowDelayMax = 0.05
    settings.transfers.totalSeconds = timeout
    settings.transfers.connectSeconds = min(timeout, 5)
    return try StripeClient(LibCurl(), settings)
  }

  /// Takes the records in.
  /// - Returns: whether an earlier run is gone on with.
  @discardableResult
  func load(_ records: [LinkedRecord], startsAnew: Bool = false) throws -> Bool {
    try state.load(startsAnew: startsAnew) { body in
      for record in records { try body(record) }
      return "\(records)"
    }
  }

  func check(_ client: StripeClient? = nil, now: Int = 4_000_000_000) throws {
    try CheckRun(
      client ?? self.client, state, month: MappingOptions.Month(year: 2026, month: 6)
    ).run(now: now)
  }

  /// What is wrong, by record.
  func problems() throws -> [Int: [CardProblem]] {
    var found: [Int: [CardProblem]] = [:]
    try state.forEachRecord { record, _, problems, _ in
      if !problems.isEmpty { found[record.number] = problems }
    }
    return found
  }

  func act(
    _ kind: any ActKind, applies: Bool = true, actsMax: Int = .max, repeats: Bool = false,
    methods: [String]? = nil, client: StripeClient? = nil, now: Int = 1_800_000_000
  ) throws -> [ActOutcome] {
    var options = ActRun.Options { now }
    options.applies = applies
    options.actsMax = actsMax
    options.repeats = repeats
    options.methods = methods
    var outcomes: [ActOutcome] = []
    try ActRun(client ?? self.client, state, kind, options) { outcomes.append($0) }.run()
    return outcomes
  }

  /// Customers `cus_0000…` with a card each, the newest first in lists.
  func addShop(_ count: Int) -> [LinkedRecord] {
    (1...count).map { number in
      let (customer, method) = (Self.customer(number), Self.method(number))
      server.add(customer: customer, default: method)
      server.add(StripeServer.Method(method, of: customer))
      return LinkedRecord(
        number: number, customer: customer, paymentMethod: method, brand: "visa", last4: "4242",
        expiryMonth: 12, expiryYear: 2034)
    }
  }

  static func customer(_ number: Int) -> String { "cus_" + padded(number, 14) }
  static func method(_ number: Int) -> String { "pm_" + padded(number, 24) }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: width - text.count) + text
  }
}
