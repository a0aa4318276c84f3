/// When the next request may be sent. Knows no clock: it is told the time, in seconds.
///
/// Tokens come evenly, and besides no second, wherever it begins, holds more requests than allowed;
/// a bucket alone would allow that many and the burst on top of them.
package struct Pace: Sendable {
  /// Requests a second; `nil` for as many as go.
  package let rateMax: Double?
  /// What it was slowed down to.
  package private(set) var rate: Double?
  /// When the last requests were sent, as many as a second may hold, as a ring.
  private var sent: [Double] = []
  private var oldest = 0
  private var last = -Double.infinity
  private var slowedAt = -Double.infinity
  private var raisedAt = -Double.infinity

  /// A second on this machine's clock and a second where requests arrive are not the same: on the
  /// way they bunch up by a few milliseconds.
  private static let window = 1.025
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
    if sent.count >= Int(rateMax) { next = max(next, sent[oldest] + Pace.window) }
    return max(0, next - now)
  }

  /// A request was sent.
  package mutating func take(now: Double) {
    guard let rateMax else { return }
    last = now
    if sent.count < Int(rateMax) {
      sent.append(now)
    } else {
      sent[oldest] = now
      oldest = (oldest + 1) % sent.count
    }
    if let rate, rate < rateMax, now - max(slowedAt, raisedAt) > Pace.calmSeconds {
      self.rate = min(rateMax, rate * 1.25)
      raisedAt = now
    }
  }

  /// Stripe said that there are too many: halves the rate, at most once a second, for one burst
  /// brings many such answers.
  package mutating func slowDown(now: Double) {
    guard now - slowedAt > 1 else { return }
    slowedAt = now
    if let rate { self.rate = max(0.5, rate / 2) }
  }
}
