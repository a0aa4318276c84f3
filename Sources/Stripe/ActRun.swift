import Native

/// One kind of act: what is to be done for a customer after it was read. Knows no network.
package protocol ActKind: Sendable {
  /// For the ledger, for example `default`.
  var operation: String { get }
  /// Whether an act that is in the ledger with its result is told from there and not done again.
  var isOncePerSubject: Bool { get }
  /// - Parameter records: of the customer that `read` is about; none when it is about a payment method.
  /// - Returns: acts, and outcomes that need none, in their order.
  func decide(_ read: ActRun.Read, _ records: [LinkedRecord]) -> [ActRun.Step]
  /// - Returns: what an answer with a good status means.
  func outcome(of act: ActRun.Act, _ body: [UInt8]) throws(StripeError) -> ActOutcome
}

/// Reads customers one after the other, decides, and does: each act is written before it is sent and
/// after it was answered, and two acts on one customer never happen at the same time.
package final class ActRun: CallFlow {
  private let client: StripeClient
  private let state: StripeState
  private let library: LibCrypto
  private let kind: any ActKind
  private let options: Options
  private let report: (ActOutcome) throws(StripeError) -> Void
  /// Of tasks that are done, until those before them are: told in the order of the tasks.
  private var finished: [Int: [ActOutcome]] = [:]
  private var nextTold = 1
  private var tasks: [Int: Task] = [:]
  private var lastTask = 0
  private var lastID = ""
  private var actsLeft: Int
  /// Tasks whose next step may be taken.
  private var ready: [Int] = []
  /// The first task that has not got its acts yet, of a run that may not do all of them.
  private var nextAllotted = 1

  /// What a run may do.
  package struct Options: Sendable {
    /// Otherwise it is only told what would be done.
    package var applies = false
    /// Acts at most; one that needs the one before comes with it.
    package var actsMax = Int.max
    /// Does again what is in the ledger.
    package var repeats = false
    /// Payment methods to go through instead of the customers of the records.
    package var methods: [String]?
    /// For the ledger, in seconds since 1970.
    package var now: @Sendable () -> Int

    package init(now: @escaping @Sendable () -> Int) { self.now = now }
  }

  /// What was read.
  package struct Read: Sendable {
    package var customer: String
    package var defaultMethod: String?
    package var defaultSource: String?
    package var saved: [StripeObjects.PaymentMethod]
    /// Payment methods that were looked up by themselves; `nil` for those that are not there.
    package var others: [String: StripeObjects.PaymentMethod?]
    /// Payment methods of its records that a record of another customer names as well.
    package var shared: Set<String> = []
  }

  /// One act.
  package struct Act: Sendable {
    /// What a further run knows it by.
    package var subject: String
    package var customer: String?
    package var method: String?
    package var path: String
    package var form: StripeForm
    /// Whether it makes no sense when the act before it was not done.
    package var needsLast: Bool
    /// Which of several acts on the same thing, for example `save`.
    package var step: String?
    /// Worth knowing before it is done and after.
    package var note: String?

    package init(
      subject: String, customer: String?, method: String?, path: String, form: StripeForm,
      needsLast: Bool = false, step: String? = nil
    ) {
      self.subject = subject
      self.customer = customer
      self.method = method
      self.path = path
      self.form = form
      self.needsLast = needsLast
      self.step = step
    }
  }

  package enum Step: Sendable {
    case act(Act)
    case outcome(ActOutcome)
  }

  /// Stripe keeps keys for at least a day; one that it has forgotten would do the act once more.
  static let keySecondsMax = 23 * 3600

  private struct Task {
    var reader: CustomerReader
    var isRead = false
    var records: [LinkedRecord]
    var steps: [Step] = []
    var outcomes: [ActOutcome] = []
    var act: (Act, number: Int)?
  }

  package init(
    _ client: StripeClient, _ state: StripeState, _ kind: any ActKind, _ options: Options,
    report: @escaping (ActOutcome) throws(StripeError) -> Void
  ) throws(StripeError) {
    self.client = client
    self.state = state
    self.kind = kind
    self.options = options
    self.report = report
    actsLeft = options.actsMax
    do {
      library = try LibCrypto()
    } catch {
      throw StripeError(.local("libcrypto.so.3"))
    }
  }

  /// - Throws: what stopped the run; what was done until then is in the ledger.
  package func run() throws(StripeError) {
    do throws(StripeError) {
      try client.run(self)
    } catch {
      try tellRest()
      throw error
    }
    try tellRest()
  }

  private func tellRest() throws(StripeError) {
    for (number, task) in tasks { finished[number] = task.outcomes }
    tasks = [:]
    for number in finished.keys.sorted() {
      for outcome in finished[number] ?? [] { try report(outcome) }
    }
    finished = [:]
  }

  package func next() throws(StripeError) -> StripeCall? {
    if let call = try proceed() { return call }
    guard actsLeft > 0 else { return nil }
    if let methods = options.methods {
      guard lastTask < methods.count else { return nil }
      lastTask += 1
      tasks[lastTask] = Task(
        reader: CustomerReader(method: methods[lastTask - 1], mode: client.mode), records: [])
      return call(lastTask)
    }
    var id: String?
    try state.run(
      "SELECT id FROM customer WHERE id > ? ORDER BY id LIMIT 1", [.text(lastID)]
    ) { id = $0[0].text }
    guard let id else { return nil }
    lastID = id
    lastTask += 1
    let records = try state.records(of: id)
    tasks[lastTask] = Task(
      reader: CustomerReader(id, wanted: records.compactMap(\.paymentMethod), mode: client.mode),
      records: records)
    return call(lastTask)
  }

  package func take(_ answer: StripeAnswer) throws(StripeError) -> StripeCall? {
    let number = answer.call.task
    guard var task = tasks[number] else { return nil }
    if let (act, ledger) = task.act {
      task.act = nil
      guard answer.tries > 0 else {
        try state.withdraw(ledger)
        tasks[number] = task
        return nil
      }
      let (outcome, stop) = try settle(act, ledger, answer)
      task.outcomes.append(outcome)
      tasks[number] = task
      if let stop { throw stop }
      ready.insert(number, at: 0)
    } else {
      try task.reader.take(answer.result)
      if task.reader.call != nil {
        tasks[number] = task
        return call(number)
      }
      task.steps = try steps(task, answer)
      task.isRead = true
      tasks[number] = task
      try allot(number)
    }
    return answer.endsRun ? nil : try proceed()
  }

  /// Takes the next step of a task that is ready, or of those behind it where it is done.
  private func proceed() throws(StripeError) -> StripeCall? {
    while !ready.isEmpty {
      let number = ready.removeFirst()
      guard var task = tasks[number] else { continue }
      if var call = try advance(&task) {
        tasks[number] = task
        call.task = number
        return call
      }
      tasks[number] = nil
      finished[number] = task.outcomes
      while let outcomes = finished.removeValue(forKey: nextTold) {
        for outcome in outcomes { try report(outcome) }
        nextTold += 1
      }
    }
    return nil
  }

  /// A task was read. Where acts are limited, they are given out in the order of the tasks: which ones
  /// are the first so many must not depend on which answer came first.
  private func allot(_ number: Int) throws(StripeError) {
    guard options.actsMax < .max else {
      ready.append(number)
      return
    }
    while var task = tasks[nextAllotted], task.isRead {
      task.steps = try allotted(task.steps)
      tasks[nextAllotted] = task
      ready.append(nextAllotted)
      nextAllotted += 1
    }
  }

  /// The steps without the acts that are too many.
  private func allotted(_ steps: [Step]) throws(StripeError) -> [Step] {
    var kept: [Step] = []
    var hasLast = false
    for step in steps {
      if case .act(let act) = step {
        let last = try state.lastAct(kind.operation, act.subject)
        if last.flatMap({ known(act, $0) }) == nil, !(act.needsLast && hasLast) {
          hasLast = actsLeft > 0
          guard hasLast else { continue }
          actsLeft -= 1
        }
      }
      kept.append(step)
    }
    return kept
  }

  private func call(_ number: Int) -> StripeCall? {
    var call = tasks[number]?.reader.call
    call?.task = number
    return call
  }

  private func steps(_ task: Task, _ answer: StripeAnswer) throws(StripeError) -> [Step] {
    let reader = task.reader
    let method = options.methods.map { $0[answer.call.task - 1] }
    func outcome(_ what: ActOutcome.What, _ reason: String) -> [Step] {
      var outcome = ActOutcome(
        kind.operation, customer: reader.id.isEmpty ? nil : reader.id,
        method: method, what, reason: reason)
      outcome.requestID = answer.requestID
      return [.outcome(outcome)]
    }
    switch reader.step {
    case .deleted: return outcome(.skipped, "customer-deleted")
    case .missing: return outcome(.failed, "customer-missing")
    case .failed(let error): return error.stopsRun ? [] : outcome(.failed, error.reason)
    default:
      return kind.decide(
        Read(
          customer: reader.id, defaultMethod: reader.defaultMethod,
          defaultSource: reader.defaultSource, saved: reader.saved, others: reader.others,
          shared: try state.sharedMethods(of: reader.id)),
        task.records)
    }
  }

  /// Goes through the steps up to the next act.
  private func advance(_ task: inout Task) throws(StripeError) -> StripeCall? {
    while !task.steps.isEmpty {
      switch task.steps.removeFirst() {
      case .outcome(let outcome): task.outcomes.append(outcome)
      case .act(let act):
        if act.needsLast, task.outcomes.last?.what.isTrouble == true {
          task.outcomes.append(outcome(act, .skipped, reason: "needs-the-one-before"))
          continue
        }
        let last = try state.lastAct(kind.operation, act.subject)
        if let last, let known = known(act, last) {
          task.outcomes.append(known)
          continue
        }
        guard options.applies else {
          task.outcomes.append(outcome(act, .planned, reason: act.note))
          continue
        }
        let generation = ActRun.generation(after: last)
        let key = try key(of: act, generation)
        let number = try state.begin(
          kind.operation, act.subject, key: key, generation: generation, now: options.now())
        try state.forget(customer: act.customer, method: act.method)
        task.act = (act, number)
        return .post(act.path, act.form, key: key)
      }
    }
    return nil
  }

  private func outcome(
    _ act: Act, _ what: ActOutcome.What, reason: String? = nil
  ) -> ActOutcome {
    var outcome = ActOutcome(
      kind.operation, customer: act.customer, method: act.method, what, reason: reason)
    outcome.step = act.step
    return outcome
  }

  /// Another one, and with it another key, only behind an act whose answer is settled: for one that
  /// may have been done the same key finds out, another one might do it a second time.
  private static func generation(after last: StripeState.ActRecord?) -> Int {
    guard let last else { return 0 }
    return switch last.state {
    case .begun, .unknown: last.generation
    // The same key would bring the stored failure for ever. Come here only when it was read that
    // nothing was done, or when somebody who looked into it asks for it again.
    case .failed: last.generation + 1
    case .done, .refused, .rejected: last.generation + 1
    }
  }

  private func key(of act: Act, _ generation: Int) throws(StripeError) -> String {
    try IdempotencyKey.make(
      library, ledger: state.id, operation: kind.operation, record: act.subject, form: act.form,
      generation: generation)
  }

  /// What the ledger tells of an act that need not be done again.
  private func known(
    _ act: Act, _ last: StripeState.ActRecord
  ) -> ActOutcome? {
    guard kind.isOncePerSubject, !options.repeats else { return nil }
    var outcome = outcome(act, .done, reason: last.reason)
    switch last.state {
    case .begun, .unknown:
      guard options.now() - last.begun > ActRun.keySecondsMax else { return nil }
      outcome.what = .unknown
      outcome.reason = "key-expired"
      outcome.isLost = true
    case .failed:
      outcome.what = .unknown
      outcome.isLost = true
    case .rejected: return nil
    case .refused: outcome.what = .refused
    case .done:
      if let expires = last.expires, expires <= options.now() + 60 { return nil }
    }
    outcome.requestID = last.request
    outcome.link = last.result
    outcome.expires = last.expires
    return outcome
  }

  /// - Returns: what became of the act, and why the run cannot go on, if it cannot.
  private func settle(
    _ act: Act, _ number: Int, _ answer: StripeAnswer
  ) throws(StripeError) -> (ActOutcome, stop: StripeError?) {
    var outcome = outcome(act, .unknown)
    var ledger = StripeState.ActState.unknown
    var stop: StripeError?
    switch answer.result {
    case .success(let body):
      do throws(StripeError) {
        try client.check(livemode: StripeObjects.decode(StripeObjects.Mode.self, body).livemode)
        outcome = try kind.outcome(of: act, body)
        outcome.step = act.step
        ledger = outcome.what == .refused ? .refused : .done
      } catch {
        // Done, but nobody can say what.
        outcome.reason = error.reason
        if error.stopsRun { stop = error }
      }
    case .failure(let error):
      outcome.reason = error.reason
      outcome.requestID = error.requestID
      if error.kind == .card {
        outcome.what = .refused
        ledger = .refused
      } else {
        // It says nothing about the card.
        outcome.message = error.details
        if error.kind != .interrupted, !error.isIndeterminate {
          outcome.what = .failed
          ledger = error.stopsRun ? .unknown : .rejected
        }
      }
    }
    // Of a stored answer the same key only ever brings the copy.
    if outcome.what == .unknown, answer.isReplay {
      ledger = .failed
      outcome.isLost = kind.isOncePerSubject
    }
    outcome.requestID = outcome.requestID ?? answer.requestID
    try state.finish(
      number, ledger, request: outcome.requestID, reason: outcome.reason, result: outcome.link,
      expires: outcome.expires)
    return (outcome, stop)
  }
}
