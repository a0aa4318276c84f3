/// When the next request may be sent. Knows no clock: it is told the time, in seconds.
///
/// Tokens come evenly, and besides no second, wherever it begins, holds more requests than allowed;
/// a bucket alone would allow that many and the burst on top of them.
package struct Pace: Sendable {
  /// Requests a second; `nil` for as many as go.
  package let rateMax: Double?
  /// What it was slowed down to.
  package private(set) var rate: Double?
  /// The last requests, as many as a second may hold, as a ring.
  private var sent: [Sent] = []
  private var oldest = 0
  private var sentCount = 0
  private var last = -Double.infinity
  private var slowedAt = -Double.infinity
  private var raisedAt = -Double.infinity

  private struct Sent {
    var time: Double
    /// From when on it lies outside of every second that a request sent then is in.
    var isPast: Double
  }

  /// A second on this machine's clock and a second where requests arrive are not the same: on the
  /// way they bunch up. A request arrived before its answer did, so a second after the answer is
  /// past it for sure; but nobody waits longer for that than this, a twentieth of the rate.
  private static let window = 1.02...1.05
  /// After this long without another complaint the rate is raised a little.
  private static let calmSeconds = 10.0

  /// - Parameter perSecond: whole requests; `nil` for no limit.
  package init(perSecond: Int?) {
    rateMax = perSecond.map(Double.init)
    rate = rateMax
  }

  /// - Returns: seconds to wait; 0 when a request may be sent now.
  package func delay(now: Double) -> Double {
    guard let rate, let rateMax else { return 0 }
    // A slowed rate is spaced evenly, a full one by the window alone, with half the space between.
    let space = rate < rateMax ? 1 / rate : 0.5 / rate
    var next = last + space
    if sent.count >= Int(rateMax) { next = max(next, sent[oldest].isPast) }
    return max(0, next - now)
  }

  /// A request was sent.
  /// - Returns: its number, for `answered`.
  @discardableResult
  package mutating func take(now: Double) -> Int {
    sentCount += 1
    guard let rateMax else { return sentCount }
    last = now
    let entry = Sent(time: now, isPast: now + Pace.window.upperBound)
    if sent.count < Int(rateMax) {
      sent.append(entry)
    } else {
      sent[oldest] = entry
      oldest = (oldest + 1) % sent.count
    }
    if let rate, rate < rateMax, now - max(slowedAt, raisedAt) > Pace.calmSeconds {
      self.rate = min(rateMax, rate * 1.25)
      raisedAt = now
    }
    return sentCount
  }

  /// A request was answered, or will never be.
  package mutating func answered(_ number: Int, now: Double) {
    let age = sentCount - number
    guard age < sent.count else { return }
    let newest = (oldest + sent.count - 1) % sent.count
    let index = (newest + sent.count - age) % sent.count
    let time = sent[index].time
    sent[index].isPast = min(
      max(time + Pace.window.lowerBound, now + 1), time + Pace.window.upperBound)
  }

  /// Stripe said that there are too many: halves the rate, at most once a second, for one burst
  /// brings many such answers.
  package mutating func slowDown(now: Double) {
    guard now - slowedAt > 1 else { return }
    slowedAt = now
    if let rate { self.rate = max(0.5, rate / 2) }
  }
}
