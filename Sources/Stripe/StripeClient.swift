import Core
import Glibc
import Native

/// Makes calls of Stripe's API: several at once, at an allowed pace, again where that makes sense.
/// Used by one thread.
package final class StripeClient {
  private let transfers: HTTPTransfers
  private let settings: Settings
  private let headers: [String]
  private var pace: Pace
  private var random = SystemRandomNumberGenerator()
  private var tries: [Int: Try] = [:]
  private var lastTry = 0
  /// To be made again, when it is time.
  private var delayed: [(at: Double, call: Try)] = []
  /// Calls that go on with a task.
  private var following: [StripeCall] = []
  /// Why no further calls are made.
  private var stop: StripeError?

  /// Requests that were sent, those made again included.
  package private(set) var requestCount = 0
  /// Requests that were made again.
  package private(set) var retryCount = 0

  /// How to talk to which account.
  package struct Settings: Sendable {
    package var key: StripeKey
    package var base = APIBase.stripe
    /// Requests a second; `nil` for as many as go.
    package var perSecond: Int?
    package var retry = RetryRule()
    package var transfers = HTTPTransfers.Settings()
    /// Calls under way at the same time.
    package var callsMax = 4

    package init(key: StripeKey) {
      self.key = key
      perSecond = key.mode == .live ? 20 : 10
    }
  }

  /// The version whose shapes of objects are read here.
  package static let version = "2026-06-24.dahlia"

  /// One call with its tries.
  private struct Try {
    var call: StripeCall
    var count = 0
    var slowCount = 0
    /// Of the try that is under way.
    var paceNumber = 0
  }

  /// - Throws: `RunError` when libcurl does not do.
  package init(_ library: LibCurl, _ settings: Settings) throws(RunError) {
    var transfer = settings.transfers
    transfer.requiresTLS = !settings.base.isPlain
    // A proxy would get the key in plain text.
    transfer.avoidsProxies = settings.base.isPlain
    transfer.connectionsMax = settings.callsMax
    transfers = try HTTPTransfers(library, transfer)
    self.settings = settings
    pace = Pace(perSecond: settings.perSecond)
    headers = [
      "Authorization: Bearer \(settings.key.text)", "Stripe-Version: \(StripeClient.version)",
      "User-Agent: unpan/\(Version.text)", "Accept: application/json",
    ]
  }

  /// The mode that every object must be of.
  package var mode: StripeId.Mode { settings.key.mode }

  /// Makes one call.
  package func perform(_ call: StripeCall) throws(StripeError) -> StripeAnswer {
    let flow = OneCall(call)
    do throws(StripeError) {
      try run(flow)
    } catch {
      // An error of this call is in its answer.
      if flow.answer == nil { throw error }
    }
    guard let answer = flow.answer else { throw StripeError(.interrupted) }
    return answer
  }

  /// Makes the calls of a flow until it has no more.
  ///
  /// On an error that stops the run, or when the user asks to stop, no further call is begun, but
  /// those under way are waited for and their answers handed over: an act that was begun is known to
  /// have been done or not.
  /// - Throws: what stopped the run.
  package func run(_ flow: any CallFlow) throws(StripeError) {
    stop = nil
    following = []
    delayed = []
    var isDry = false
    while true {
      if stop == nil, Interruption.requested != nil { stop = StripeError(.interrupted) }
      let wait = try fill(flow, &isDry)
      if transfers.runningCount == 0, stop != nil || (isDry && isIdle) { break }
      for finished in transfers.wait(seconds: wait) {
        do throws(StripeError) {
          try handle(finished, flow)
        } catch {
          stop = stop ?? error
        }
      }
    }
    try giveUpRest(flow)
    if let stop { throw stop }
  }

  private var isIdle: Bool { delayed.isEmpty && following.isEmpty }

  /// Starts what may be started.
  /// - Returns: how long to wait at most before asking again.
  private func fill(_ flow: any CallFlow, _ isDry: inout Bool) throws(StripeError) -> Double {
    while stop == nil, transfers.runningCount < settings.callsMax {
      let now = StripeClient.seconds()
      let wait = pace.delay(now: now)
      if wait > 0, !(isDry && isIdle) { return min(wait, 0.5) }
      do throws(StripeError) {
        guard let call = try pick(flow, now, &isDry) else { break }
        try start(call)
      } catch {
        stop = error
      }
    }
    let next = delayed.map(\.at).min().map { max(0, $0 - StripeClient.seconds()) }
    return min(next ?? 0.5, 0.5)
  }

  private func pick(
    _ flow: any CallFlow, _ now: Double, _ isDry: inout Bool
  ) throws(StripeError) -> Try? {
    if let index = delayed.firstIndex(where: { $0.at <= now }) {
      return delayed.remove(at: index).call
    }
    if let call = following.popLast() { return Try(call: call) }
    // Tasks that wait for another try count as under way, so that they stay few.
    guard !isDry, delayed.count < settings.callsMax * 4 else { return nil }
    guard let call = try flow.next() else {
      isDry = true
      return nil
    }
    return Try(call: call)
  }

  private func start(_ attempt: Try) throws(StripeError) {
    var attempt = attempt
    attempt.count += 1
    let call = attempt.call
    var url = settings.base.url + call.path
    var lines = headers
    var body: [UInt8]?
    switch call.method {
    case .get:
      if !call.form.pairs.isEmpty { url += "?" + call.form.text }
    case .post:
      body = Array(call.form.text.utf8)
      guard let key = call.idempotencyKey else {
        preconditionFailure("a POST has an idempotency key")
      }
      lines += [
        "Idempotency-Key: \(key)", "Content-Type: application/x-www-form-urlencoded",
      ]
    }
    lastTry += 1
    do throws(RunError) {
      try transfers.start(HTTPRequest(url: url, body: body, headers: lines), id: lastTry)
    } catch {
      throw StripeError(.local("\(error.subject): \(error.message)"))
    }
    attempt.paceNumber = pace.take(now: StripeClient.seconds())
    tries[lastTry] = attempt
    requestCount += 1
  }

  private func handle(
    _ finished: HTTPTransfers.Finished, _ flow: any CallFlow
  ) throws(StripeError) {
    guard var attempt = tries.removeValue(forKey: finished.id) else { return }
    pace.answered(attempt.paceNumber, now: StripeClient.seconds())
    let outcome = StripeClient.outcome(finished.result)
    if case .answer(let answer) = outcome, answer.status == 429 { attempt.slowCount += 1 }
    let decision = settings.retry.decide(
      outcome, tries: attempt.count, slowTries: attempt.slowCount,
      jitter: Double.random(in: 0...1, using: &random))
    let now = StripeClient.seconds()
    if decision.slowsDown { pace.slowDown(now: now) }
    if let delay = decision.retryAfter, stop == nil {
      retryCount += 1
      delayed.append((now + delay, attempt))
      return
    }
    var answer = answer(attempt, finished.result)
    if case .failure(let error) = answer.result, error.stopsRun { stop = stop ?? error }
    answer.endsRun = stop != nil
    if let call = try flow.take(answer) {
      if stop == nil { following.insert(call, at: 0) }
    }
  }

  /// What waits for another try that will not come, and what was never tried: told as it stands, so
  /// that nobody takes the one for never begun and the other for begun.
  private func giveUpRest(_ flow: any CallFlow) throws(StripeError) {
    let left = delayed.map(\.call) + following.map { Try(call: $0) }
    delayed = []
    following = []
    for attempt in left {
      var answer = StripeAnswer(
        call: attempt.call, result: .failure(stop ?? StripeError(.interrupted)),
        tries: attempt.count)
      answer.endsRun = true
      _ = try flow.take(answer)
    }
  }

  private func answer(
    _ attempt: Try, _ result: Result<HTTPResponse, HTTPFailure>
  ) -> StripeAnswer {
    switch result {
    case .failure(let failure):
      return StripeAnswer(
        call: attempt.call, result: .failure(StripeError(.network(failure))),
        tries: attempt.count)
    case .success(let response):
      let error = StripeError.of(response, key: settings.key)
      return StripeAnswer(
        call: attempt.call, result: error.map { .failure($0) } ?? .success(response.body),
        requestID: response.header("request-id").map {
          StripeError.shortened($0, settings.key)
        },
        isReplay: response.header("idempotent-replayed") == "true", tries: attempt.count,
        date: response.header("date").flatMap(HTTPDate.seconds))
    }
  }

  private static func outcome(_ result: Result<HTTPResponse, HTTPFailure>) -> RetryRule.Outcome {
    switch result {
    case .failure(let failure): return .failure(failure.kind)
    case .success(let response):
      let shouldRetry: Bool? =
        switch response.header("stripe-should-retry") {
        case "true": true
        case "false": false
        default: nil
        }
      return .answer(
        RetryRule.Answer(
          status: response.status, shouldRetry: shouldRetry,
          rateReason: response.header("stripe-rate-limited-reason"),
          retryAfter: response.header("retry-after").flatMap(Double.init),
          isReplay: response.header("idempotent-replayed") == "true"))
    }
  }

  /// A clock that nobody sets.
  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private final class OneCall: CallFlow {
    private var call: StripeCall?
    var answer: StripeAnswer?

    init(_ call: StripeCall) { self.call = call }

    func next() -> StripeCall? {
      defer { call = nil }
      return call
    }

    func take(_ answer: StripeAnswer) -> StripeCall? {
      self.answer = answer
      return nil
    }
  }
}

extension StripeClient {
  /// Further off, a clock asks for events that are yet to come, and takes links for expired.
  private static let clockSecondsMax = 300

  /// Reads which account the key belongs to; the first call of every run.
  /// - Parameters:
  ///   - expected: an id; `nil` when any will do.
  ///   - now: by this machine's clock, in seconds since 1970, to be held against the server's.
  /// - Throws: `.otherAccount` when it is another one, `.clock` when the clock is off.
  package func account(expected: String?, now: Int? = nil) throws(StripeError) -> String {
    let answer = try perform(.get("/v1/account"))
    let account = try StripeObjects.decode(StripeObjects.Account.self, answer.result.get())
    let id = ForeignText.safe(account.id)
    if let expected, expected != id {
      throw StripeError(.otherAccount(actual: id, expected: expected))
    }
    if let now, let date = answer.date, abs(now - date) > StripeClient.clockSecondsMax {
      throw StripeError(.clock(minutes: (now - date) / 60))
    }
    return id
  }

  /// - Throws: `.otherMode` when an object is not of the key's mode.
  func check(livemode: Bool?) throws(StripeError) {
    guard let livemode, livemode != (mode == .live) else { return }
    throw StripeError(.otherMode)
  }
}
