import Native

/// Whether a call is made again, and when: the rules of Stripe's own libraries, and for a batch the
/// slowing on 429.
package struct RetryRule: Sendable {
  /// Tries after the first. The libraries make 2; a batch of thousands meets three bad answers in a
  /// row more often than somebody wants to look into.
  package var retriesMax = 4
  /// Tries after an answer that only says to be slower.
  package var slowRetriesMax = 12
  package var delayMin = 0.5
  package var delayMax = 5.0
  package var slowDelayMax = 30.0

  package init() {}

  /// How a try ended.
  package enum Outcome: Sendable, Equatable {
    case failure(HTTPFailure.Kind)
    case answer(Answer)
  }

  /// What of an answer the rule looks at.
  package struct Answer: Sendable, Equatable {
    package var status: Int
    /// `Stripe-Should-Retry`, which wins over everything else.
    package var shouldRetry: Bool?
    /// `Stripe-Rate-Limited-Reason`.
    package var rateReason: String?
    /// `Retry-After`, in seconds.
    package var retryAfter: Double?
    /// `Idempotent-Replayed`: asking again gives the same.
    package var isReplay = false

    package init(
      status: Int, shouldRetry: Bool? = nil, rateReason: String? = nil, retryAfter: Double? = nil,
      isReplay: Bool = false
    ) {
      self.status = status
      self.shouldRetry = shouldRetry
      self.rateReason = rateReason
      self.retryAfter = retryAfter
      self.isReplay = isReplay
    }
  }

  /// What to do.
  package struct Decision: Sendable, Equatable {
    /// `nil`: it stays as it is.
    package var retryAfter: Double?
    /// Whether everybody has to be slower.
    package var slowsDown = false
  }

  /// - Parameters:
  ///   - tries: made so far, this one included.
  ///   - slowTries: how many of them were told to be slower.
  ///   - jitter: from 0 to 1, at random.
  package func decide(
    _ outcome: Outcome, tries: Int, slowTries: Int, jitter: Double
  ) -> Decision {
    let plainTries = tries - slowTries
    switch outcome {
    case .failure(let kind):
      switch kind {
      case .untrusted, .noTLS, .tooLarge, .other: return Decision()
      case .unknownHost, .cannotConnect, .proxy, .timeout, .cutShort:
        return again(plainTries, jitter)
      }
    case .answer(let answer):
      if answer.status == 429 { return slower(answer, slowTries, jitter) }
      if let shouldRetry = answer.shouldRetry {
        return shouldRetry ? again(plainTries, jitter, answer.retryAfter) : Decision()
      }
      // The first answer to an idempotency key is stored, failures of the server included.
      if answer.isReplay { return Decision() }
      guard answer.status == 409 || answer.status >= 500 else { return Decision() }
      return again(plainTries, jitter, answer.retryAfter)
    }
  }

  private func again(_ tries: Int, _ jitter: Double, _ asked: Double? = nil) -> Decision {
    guard tries <= retriesMax else { return Decision() }
    let base = min(delayMin * Double(1 << min(tries - 1, 10)), delayMax)
    let delay = max(delayMin, base * (0.5 + 0.5 * jitter))
    return Decision(retryAfter: max(delay, min(asked ?? 0, slowDelayMax)))
  }

  private func slower(_ answer: Answer, _ slowTries: Int, _ jitter: Double) -> Decision {
    if answer.shouldRetry == false { return Decision(slowsDown: answer.rateReason != nil) }
    guard slowTries <= slowRetriesMax else { return Decision(slowsDown: true) }
    let base = min(delayMin * Double(1 << min(max(slowTries, 1), 10)), slowDelayMax)
    let delay = max(delayMin, base * (0.5 + 0.5 * jitter))
    // Without a reason it is a lock on one object, for which the others need not wait.
    return Decision(
      retryAfter: max(delay, min(answer.retryAfter ?? 0, slowDelayMax)),
      slowsDown: answer.rateReason != nil)
  }
}
