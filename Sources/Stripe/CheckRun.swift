/// `unpan stripe check`: reads every customer of the records and writes down what differs.
package final class CheckRun {
  private let client: StripeClient
  private let state: StripeState
  private let month: MappingOptions.Month
  /// Called now and then with the customers that are settled.
  private let progress: (Int) -> Void

  /// So few customers are read one by one; a list of all others costs more.
  private static let listedMin = 20

  package init(
    _ client: StripeClient, _ state: StripeState, month: MappingOptions.Month,
    progress: @escaping (Int) -> Void = { _ in }
  ) {
    self.client = client
    self.state = state
    self.month = month
    self.progress = progress
  }

  /// Reads that are still to be made: at least, when the account has no other customers and every
  /// record is as it should be; at most, when each customer is read by itself.
  package static func plannedReads(_ state: StripeState) throws(StripeError) -> ClosedRange<Int> {
    let unread = try state.customerCount(.unread)
    let found = try state.customerCount(.found)
    guard unread >= listedMin, try state.meta("listing") != "done" else {
      return (unread * 2 + found)...(unread * 2 + found)
    }
    let pages = (unread + PageWalk.pageSizeMax - 1) / PageWalk.pageSizeMax
    return (unread + found + pages)...(unread * 2 + found + pages)
  }

  /// - Parameter now: seconds since 1970; customers made later are not waited for.
  /// - Throws: what stopped the run; what was read until then stays.
  package func run(now: Int) throws(StripeError) {
    if try state.meta("listing") != "done" {
      let unread = try state.customerCount(.unread)
      if unread >= CheckRun.listedMin {
        if try state.meta("pin") == nil { try state.set("pin", String(now)) }
        let pin = try state.meta("pin").flatMap(Int.init) ?? now
        let cursor = try state.meta("cursor")
        try client.run(Listing(state, client.mode, unread: unread, pin: pin, cursor: cursor))
      }
      try state.set("listing", "done")
    }
    try client.run(Customers(self))
    if try state.customerCount(.unread, .found, .failed) == 0 { try state.set("check", "complete") }
  }

  // MARK: All customers of the account

  /// Goes through the account's customers, a hundred a call, for those that the records name.
  ///
  /// Stops early when pages have next to none of them; the others are read by themselves.
  private final class Listing: CallFlow {
    private let state: StripeState
    private let mode: StripeId.Mode
    private var walk: PageWalk
    private var isBegun = false
    private var unread: Int
    /// Customers of the records on each of the last pages.
    private var hits: [Int] = []

    init(
      _ state: StripeState, _ mode: StripeId.Mode, unread: Int, pin: Int, cursor: String?
    ) {
      self.state = state
      self.mode = mode
      self.unread = unread
      walk = PageWalk(
        "/v1/customers", StripeForm(["created": .map([("lte", .number(pin))])]), after: cursor)
    }

    func next() -> StripeCall? {
      defer { isBegun = true }
      return isBegun ? nil : walk.call
    }

    func take(_ answer: StripeAnswer) throws(StripeError) -> StripeCall? {
      let body: [UInt8]
      switch answer.result {
      case .success(let bytes): body = bytes
      case .failure(let error):
        if error.stopsRun { return nil }
        // The customer that the cursor names was deleted in the meantime, or the like: what the list
        // did not tell is read one by one.
        return nil
      }
      let page = try StripeObjects.decode(StripeObjects.Page<StripeObjects.Customer>.self, body)
      var found = 0
      try state.transaction { () throws(StripeError) in
        for customer in page.data {
          if let live = customer.livemode, live != (mode == .live) {
            throw StripeError(.otherMode)
          }
          try state.keep(
            customer.id, defaultMethod: customer.invoice_settings?.default_payment_method?.id,
            defaultSource: customer.default_source?.id)
          found += try state.count("SELECT changes()")
        }
        try walk.take(hasMore: page.has_more, lastID: page.data.last?.id)
        try state.set("cursor", walk.cursor)
      }
      unread -= found
      hits = hits.suffix(9) + [found]
      // A page that finds nobody costs a read and saves none.
      let isPointless = hits.count == 10 && hits.reduce(0, +) < 10
      return walk.isAtEnd || isPointless || unread == 0 ? nil : walk.call
    }
  }

  // MARK: One by one

  private final class Customers: CallFlow {
    private let check: CheckRun
    private var readers: [Int: CustomerReader] = [:]
    private var records: [Int: [LinkedRecord]] = [:]
    private var lastID = ""
    private var lastTask = 0
    private var settled = 0

    init(_ check: CheckRun) { self.check = check }

    func next() throws(StripeError) -> StripeCall? {
      guard let next = try check.state.nextCustomer(in: [.unread, .found], after: lastID) else {
        return nil
      }
      lastID = next.id
      lastTask += 1
      let own = try check.state.records(of: next.id)
      records[lastTask] = own
      var reader = CustomerReader(
        next.id, wanted: own.compactMap(\.paymentMethod), mode: check.client.mode,
        readsDefault: true,
        found: next.isFound ? (next.defaultMethod, next.defaultSource) : nil)
      for answer in try check.state.answers(about: next.id) {
        try reader.take(answer.map { .success($0) } ?? .failure(StripeError(.missing)))
      }
      readers[lastTask] = reader
      return call(lastTask)
    }

    func take(_ answer: StripeAnswer) throws(StripeError) -> StripeCall? {
      let task = answer.call.task
      try readers[task]?.take(answer.result)
      if let call = call(task) {
        if let reader = readers[task] { try keep(reader) }
        return call
      }
      guard let reader = readers.removeValue(forKey: task),
        let own = records.removeValue(forKey: task)
      else { return nil }
      try settle(reader, own, answer)
      settled += 1
      check.progress(settled)
      return nil
    }

    /// Writes down what was learnt, for a run that goes on later.
    private func keep(_ reader: CustomerReader) throws(StripeError) {
      switch reader.learnt {
      case .customer:
        try check.state.keep(
          reader.id, defaultMethod: reader.defaultMethod, defaultSource: reader.defaultSource)
      case .answer(let body): try check.state.keep(reader.id, answer: body)
      case .nothing: try check.state.keep(reader.id, answer: nil)
      case .anew: try check.state.forgetAnswers(about: reader.id)
      case nil: break
      }
    }

    private func call(_ task: Int) -> StripeCall? {
      var call = readers[task]?.call
      call?.task = task
      return call
    }

    private func settle(
      _ reader: CustomerReader, _ own: [LinkedRecord], _ answer: StripeAnswer
    ) throws(StripeError) {
      let state = check.state
      switch reader.step {
      case .deleted:
        try state.settle(
          reader.id, .deleted, problems: own.map { ($0.number, .customerDeleted) })
      case .missing:
        try state.settle(
          reader.id, .missing, problems: own.map { ($0.number, .customerMissing) })
      case .failed(let error):
        // What stops the run says nothing about this customer.
        if error.stopsRun { return }
        try state.settle(
          reader.id, .failed, reason: error.reason, request: error.requestID ?? answer.requestID)
      default:
        let problems = CardCheck(
          month: check.month, defaultMethod: reader.defaultMethod,
          defaultSource: reader.defaultSource, saved: reader.saved, others: reader.others
        ).problems(own)
        try state.settle(reader.id, .checked, problems: problems)
      }
    }
  }
}
