/// `unpan stripe sync`: what happened to saved cards in the last 30 days, longer than which Stripe does
/// not remember.
package final class SyncRun: CallFlow {
  private let client: StripeClient
  private let state: StripeState
  private var walk: PageWalk
  private var isBegun = false
  /// What the newest event says about a payment method; older ones say nothing more.
  private var newest: [String: Change] = [:]
  private(set) package var eventCount = 0

  /// What Stripe knows about a linked payment method and the records do not.
  package struct Change: Sendable, Equatable {
    package var method: String
    package var kind: Kind
    package var event: String
    package var created: Int
    package var brand: String?
    package var last4: String?
    package var expiry: MappingOptions.Month?
    package var customer: String?

    /// What happened last.
    package enum Kind: String, Sendable {
      case attached, detached, updated
      case automaticallyUpdated = "automatically-updated"
      case customerDeleted = "customer-deleted"
    }
  }

  /// Linked payment methods and customers are few against a million events of others.
  private static let changesMax = 5_000_000

  static let types = [
    "payment_method.attached", "payment_method.detached", "payment_method.updated",
    "payment_method.automatically_updated", "customer.deleted", "customer.source.updated",
    "customer.source.deleted",
  ]

  /// - Parameters:
  ///   - since: seconds since 1970.
  ///   - now: later events are left for the next run.
  package init(_ client: StripeClient, _ state: StripeState, since: Int, now: Int) {
    self.client = client
    self.state = state
    walk = PageWalk(
      "/v1/events",
      StripeForm([
        "types": .list(SyncRun.types.map { .text($0) }),
        "created": .map([("gte", .number(since)), ("lte", .number(now))]),
      ]))
  }

  /// - Returns: changes of linked payment methods, by their ids.
  package func run() throws(StripeError) -> [Change] {
    try client.run(self)
    return newest.values.sorted { $0.method < $1.method }
  }

  package func next() -> StripeCall? {
    defer { isBegun = true }
    return isBegun ? nil : walk.call
  }

  package func take(_ answer: StripeAnswer) throws(StripeError) -> StripeCall? {
    let page = try StripeObjects.decode(
      StripeObjects.Page<StripeObjects.Event>.self, answer.result.get())
    for event in page.data { try take(event) }
    try walk.take(hasMore: page.has_more, lastID: page.data.last?.id)
    return walk.isAtEnd ? nil : walk.call
  }

  private func take(_ event: StripeObjects.Event) throws(StripeError) {
    try client.check(livemode: event.livemode)
    eventCount += 1
    let kind: Change.Kind
    switch event.type {
    case "payment_method.attached": kind = .attached
    case "payment_method.detached", "customer.source.deleted": kind = .detached
    case "payment_method.updated", "customer.source.updated": kind = .updated
    case "payment_method.automatically_updated": kind = .automaticallyUpdated
    case "customer.deleted":
      for record in try state.records(of: event.data.object.id) {
        guard let method = record.paymentMethod else { continue }
        keep(method, .customerDeleted, event)
      }
      return
    default: return
    }
    let id = event.data.object.id
    guard newest[id] == nil, try !state.records(ofMethod: id).isEmpty else { return }
    keep(id, kind, event)
  }

  /// Events come newest first: what is there already is newer.
  private func keep(_ method: String, _ kind: Change.Kind, _ event: StripeObjects.Event) {
    guard newest[method] == nil, newest.count < SyncRun.changesMax else { return }
    let details = CardDetails(event.data.object)
    newest[method] = Change(
      method: method, kind: kind, event: event.id, created: event.created, brand: details.brand,
      last4: details.last4, expiry: details.expiry,
      customer: event.data.object.customer?.id ?? event.data.previous_attributes?.customer?.id)
  }

  /// What a record should say now.
  /// - Returns: `nil` when it says so already.
  package static func updated(_ record: LinkedRecord, by change: Change) -> LinkedRecord? {
    var new = record
    switch change.kind {
    case .detached, .customerDeleted:
      // A record that goes on naming it would be charged in vain.
      new.paymentMethod = nil
      new.brand = nil
      new.last4 = nil
      new.expiryMonth = nil
      new.expiryYear = nil
      new.isDefault = false
    case .attached, .updated, .automaticallyUpdated:
      if let brand = change.brand,
        CardBrand.normalised(brand) != record.brand.map(CardBrand.normalised)
      {
        new.brand = brand
      }
      if let last4 = change.last4 { new.last4 = last4 }
      if let expiry = change.expiry {
        new.expiryMonth = expiry.month
        new.expiryYear = expiry.year
      }
    }
    return new == record ? nil : new
  }
}
