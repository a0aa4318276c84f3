/// A clock that runs through one month of the shop's life, in UTC.
struct DemoClock {
  private let prefix: String
  private let monthName: String
  private let startMilliseconds: Int
  private let stepMillisecondsMax: Int
  private let endMilliseconds: Int
  private var elapsed = 0

  /// - Parameter events: how many ticks shall fill the month, about evenly.
  private init(
    prefix: String, monthName: String, startMilliseconds: Int, days: Int, events: Int
  ) {
    self.prefix = prefix
    self.monthName = monthName
    self.startMilliseconds = startMilliseconds
    endMilliseconds = days * DemoClock.dayMilliseconds - 1
    stepMillisecondsMax = 2 * days * DemoClock.dayMilliseconds / max(1, events)
  }

  /// March 2024: the month of the logs.
  static func march(events: Int) -> DemoClock {
    DemoClock(
      prefix: "2024-03-", monthName: "Mar/2024", startMilliseconds: 1_709_251_200_000, days: 31,
      events: events)
  }

  /// February 2024: what was rotated away.
  static func february(events: Int) -> DemoClock {
    DemoClock(
      prefix: "2024-02-", monthName: "Feb/2024", startMilliseconds: 1_706_745_600_000, days: 29,
      events: events)
  }

  mutating func tick(_ random: inout DemoRandom) {
    elapsed = min(endMilliseconds, elapsed + random.below(stepMillisecondsMax))
  }

  var epochMilliseconds: Int { startMilliseconds + elapsed }

  /// `2024-03-05`.
  var date: String { prefix + day }

  /// `2024-03-05 14:02:11,482`, as Log4j writes it.
  var logStamp: String { "\(date) \(time),\(millisecond)" }

  /// `2024-03-05T14:02:11.482Z`.
  var isoStamp: String { "\(date)T\(time).\(millisecond)Z" }

  /// `05/Mar/2024:14:02:11 +0000`, as web servers write it.
  var accessStamp: String { "\(day)/\(monthName):\(time) +0000" }

  private var day: String { DemoCard.twoDigits(elapsed / DemoClock.dayMilliseconds + 1) }

  private var time: String {
    let seconds = elapsed % DemoClock.dayMilliseconds / 1000
    let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60]
    return parts.map(DemoCard.twoDigits).joined(separator: ":")
  }

  private var millisecond: String {
    let text = String(elapsed % 1000)
    return String(repeating: "0", count: 3 - text.count) + text
  }

  private static let dayMilliseconds = 86_400_000
}
