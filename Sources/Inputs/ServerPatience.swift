/// How often a server that was lost is asked to come back.
///
/// Who waited for it once does not wait again at each of a thousand tables; and one that does not even
/// refuse, so that a try takes up its time limit, is left alone for a while.
struct ServerPatience: Sendable {
  private var isGone = false
  private var silentUntil: ContinuousClock.Instant?

  private static let attemptsMax = 4
  private static let promptMax = Duration.seconds(1)
  private static let silence = Duration.seconds(60)

  /// How many tries in a row it is worth at a moment.
  func attempts(at now: ContinuousClock.Instant = .now) -> Int {
    if let silentUntil, now < silentUntil { return 0 }
    return isGone ? 1 : ServerPatience.attemptsMax
  }

  /// A try that began at a moment has failed.
  mutating func noteFailure(
    since start: ContinuousClock.Instant, at now: ContinuousClock.Instant = .now
  ) {
    if start.duration(to: now) > ServerPatience.promptMax {
      silentUntil = now + ServerPatience.silence
    }
  }

  /// All tries have failed.
  mutating func giveUp() { isGone = true }

  /// It is there.
  mutating func noteReturn() { self = ServerPatience() }
}
