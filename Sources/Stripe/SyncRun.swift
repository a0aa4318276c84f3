/// `unpan stripe sync`: what happened to saved cards in the last 30 days, longer than which Stripe does
/// not remember.
package final class SyncRun: CallFlow {
  private let client: StripeClient
  private let state: StripeState
  private var walk: PageWalk
  private var isBegun = false
  private var changes = Changes()
  private(set) package var eventCount = 0

  /// What Stripe knows about linked payment methods and customers and the records do not.
  package struct Changes: Sendable {
    /// What the newest event says about a payment method; older ones say nothing more.
    fileprivate(set) var methods: [String: Change] = [:]
    /// Customers that were deleted.
    fileprivate(set) var customers: [String: Change] = [:]

    /// What happened last to what a record names.
    package func of(_ record: LinkedRecord) -> Change? {
      customers[record.customer] ?? record.paymentMethod.flatMap { methods[$0] }
    }
  }

  /// One of them.
  package struct Change: Sendable, Equatable {
    var kind: Kind
    package var event: String
    package var created: Int
    package var brand: String?
    package var last4: String?
    package var expiry: MappingOptions.Month?
    /// Who has the payment method now.
    package var customer: String?

    /// What happened last.
    package enum Kind: String, Sendable {
      case attached, detached, updated
      case automaticallyUpdated = "automatically-updated"
      case customerDeleted = "customer-deleted"
      /// Whatever happened, somebody else has it now.
      case otherCustomer = "other-customer"
    }

    /// What it means for a record that names the payment method.
    package func kind(for record: LinkedRecord) -> Kind {
      switch kind {
      case .detached, .customerDeleted, .otherCustomer: kind
      case .attached, .updated, .automaticallyUpdated:
        customer == nil ? .detached : customer == record.customer ? kind : .otherCustomer
      }
    }
  }

  /// What becomes of a record.
  package enum Update: Sendable, Equatable {
    /// It says so already.
    case same
    case changed(LinkedRecord)
    /// Its customer is no more.
    case gone
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

  package func run() throws(StripeError) -> Changes {
    try client.run(self)
    return changes
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
      guard try !state.records(of: event.data.object.id).isEmpty else { return }
      keep(.customerDeleted, event, \.customers)
      return
    default: return
    }
    guard try !state.records(ofMethod: event.data.object.id).isEmpty else { return }
    keep(kind, event, \.methods)
  }

  private func keep(
    _ kind: Change.Kind, _ event: StripeObjects.Event,
    _ place: WritableKeyPath<Changes, [String: Change]>
  ) {
    let object = event.data.object
    if let newer = changes[keyPath: place][object.id] {
      // Events come newest first, but those of one second in any order; what is detached stays so.
      guard kind == .detached, newer.created == event.created else { return }
    }
    guard changes[keyPath: place].count < SyncRun.changesMax else { return }
    let details = CardDetails(object)
    changes[keyPath: place][object.id] = Change(
      kind: kind, event: event.id, created: event.created, brand: details.brand,
      last4: details.last4, expiry: details.expiry, customer: object.customer?.id)
  }

  /// What a record should say now.
  package static func updated(_ record: LinkedRecord, by change: Change) -> Update {
    var new = record
    switch change.kind(for: record) {
    case .customerDeleted: return .gone
    case .detached, .otherCustomer:
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
    return new == record ? .same : .changed(new)
  }
}
