import Core

/// Reads one customer: itself, its saved cards, and what its records name besides. One call at a
/// time; knows no network.
struct CustomerReader {
  let id: String
  /// Payment methods that are looked up when they are not among the saved ones.
  private var wanted: [String]
  private(set) var defaultMethod: String?
  private(set) var defaultSource: String?
  private(set) var saved: [StripeObjects.PaymentMethod] = []
  private(set) var others: [String: StripeObjects.PaymentMethod?] = [:]
  private(set) var step: Step
  /// What the last answer told, for a run that goes on later; `nil` for what ends the reading.
  private(set) var learnt: Learnt?
  private var walk: PageWalk
  private var isAnew = false
  private let mode: StripeId.Mode
  /// Whether a default that is not among the saved cards is looked up as well.
  private let readsDefault: Bool

  enum Learnt: Equatable {
    /// The customer's defaults.
    case customer
    /// What `take` takes again as an answer.
    case answer([UInt8])
    /// There is no such payment method.
    case nothing
    /// What was kept of the cards is of no use.
    case anew
  }

  enum Step: Equatable {
    case customer, list
    case single(String)
    /// The customer of a payment method that is read by itself.
    case owner(String)
    /// All was read.
    case done
    case deleted, missing
    case failed(StripeError)
  }

  /// - Parameters:
  ///   - readsDefault: whether a default that is no saved card is read by itself: it may be a bank
  ///     account, or not be there.
  ///   - found: what is known of the customer already; it is read when this is `nil`.
  init(
    _ id: String, wanted: [String], mode: StripeId.Mode, readsDefault: Bool = false,
    found: (defaultMethod: String?, defaultSource: String?)? = nil
  ) {
    self.id = id
    self.wanted = wanted
    self.mode = mode
    self.readsDefault = readsDefault
    defaultMethod = found?.defaultMethod
    defaultSource = found?.defaultSource
    step = found == nil ? .customer : .list
    walk = CustomerReader.cards(of: id)
  }

  /// The older of two spellings of this list, which every version knows. It has legacy `card_` objects
  /// too.
  private static func cards(of customer: String) -> PageWalk {
    PageWalk(
      "/v1/payment_methods", StripeForm(["customer": .text(customer), "type": "card"]),
      pagesMax: Limits.customerPagesMax)
  }

  /// Reads one payment method, and its customer for the defaults.
  init(method: String, mode: StripeId.Mode) {
    self.init("", wanted: [method], mode: mode)
    step = .single(method)
  }

  /// The next call; `nil` when there is nothing left to ask.
  var call: StripeCall? {
    switch step {
    case .customer: .get("/v1/customers/\(id)")
    case .list: walk.call
    case .single(let method): .get(CustomerReader.path(method, customer: id))
    case .owner(let owner): .get("/v1/customers/\(owner)")
    case .done, .deleted, .missing, .failed: nil
    }
  }

  /// Each kind of object has its own place.
  static func path(_ method: String, customer: String) -> String {
    if !customer.isEmpty, method.hasPrefix("card_") || method.hasPrefix("ba_") {
      return "/v1/customers/\(customer)/sources/\(method)"
    }
    return method.hasPrefix("src_") ? "/v1/sources/\(method)" : "/v1/payment_methods/\(method)"
  }

  /// Takes the answer to `call`.
  /// - Throws: what must stop the run.
  mutating func take(_ result: Result<[UInt8], StripeError>) throws(StripeError) {
    learnt = nil
    switch (step, result) {
    case (.customer, .failure(let error)) where error.kind == .missing: step = .missing
    case (.single(let method), .failure(let error)) where error.kind == .missing:
      others[method] = .some(nil)
      learnt = .nothing
      step = nextSingle()
    case (.list, .failure(let error))
    where error.code == "resource_missing" && walk.cursor != nil && !isAnew:
      // The card that the cursor names was detached in the meantime.
      isAnew = true
      saved = []
      walk = CustomerReader.cards(of: id)
      learnt = .anew
    case (_, .failure(let error)): step = .failed(error)
    case (.customer, .success(let body)):
      let customer = try decoded(StripeObjects.Customer.self, body) { [$0.livemode] }
      guard let customer else { return }
      guard customer.id == id else { return step = .failed(StripeError(.otherObject)) }
      if customer.deleted == true {
        step = .deleted
        return
      }
      defaultMethod = customer.invoice_settings?.default_payment_method?.id
      defaultSource = customer.default_source?.id
      learnt = .customer
      step = .list
    case (.list, .success(let body)):
      typealias Page = StripeObjects.Page<StripeObjects.PaymentMethod>
      guard let page = try decoded(Page.self, body, { $0.data.map(\.livemode) }) else { return }
      guard page.data.allSatisfy({ [id] in $0.customer?.id == id }) else {
        return step = .failed(StripeError(.otherObject))
      }
      saved += page.data
      try walk.take(hasMore: page.has_more, lastID: page.data.last?.id)
      if walk.isAtEnd { step = nextSingle() }
      if call != nil { learnt = .answer(try StripeObjects.encode(page)) }
    case (.single(let method), .success(let body)):
      let found = try decoded(StripeObjects.PaymentMethod.self, body) { [$0.livemode] }
      guard let found else { return }
      guard found.id == method else { return step = .failed(StripeError(.otherObject)) }
      others[method] = found
      step = nextSingle()
      if id.isEmpty, let owner = found.customer?.id, CustomerReader.isPlain(owner) {
        step = .owner(owner)
      }
      if call != nil { learnt = .answer(try StripeObjects.encode(found)) }
    case (.owner(let owner), .success(let body)):
      let customer = try decoded(StripeObjects.Customer.self, body) { [$0.livemode] }
      guard let customer else { return }
      guard customer.id == owner else { return step = .failed(StripeError(.otherObject)) }
      defaultMethod = customer.invoice_settings?.default_payment_method?.id
      defaultSource = customer.default_source?.id
      step = .done
    case (.done, _), (.deleted, _), (.missing, _): break
    case (.failed, _): break
    }
  }

  private func nextSingle() -> Step {
    let effective = readsDefault ? defaultMethod ?? defaultSource : nil
    let asked = effective.flatMap { CustomerReader.isPlain($0) ? $0 : nil }
    let next = (wanted + [asked].compactMap { $0 }).first { method in
      others[method] == nil && !saved.contains { $0.id == method }
    }
    return next.map { .single($0) } ?? .done
  }

  /// Whether an id of an answer may become a part of a path.
  private static func isPlain(_ id: String) -> Bool {
    id.utf8.allSatisfy { $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || $0 == 0x5F }
  }

  /// - Returns: `nil` when the answer has another shape; `step` tells.
  private mutating func decoded<T: Decodable>(
    _ type: T.Type, _ body: [UInt8], _ livemodes: (T) -> [Bool?]
  ) throws(StripeError) -> T? {
    let value: T
    do throws(StripeError) {
      value = try StripeObjects.decode(type, body)
    } catch {
      step = .failed(error)
      return nil
    }
    let isLive = mode == .live
    guard livemodes(value).allSatisfy({ $0 == nil || $0 == isLive }) else {
      throw StripeError(.otherMode)
    }
    return value
  }
}
