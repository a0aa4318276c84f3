/// Days as reports write them, in UTC.
package enum CalendarDay {
  /// Seconds of a day.
  package static let seconds = 86_400

  /// The day of a time, for example `2026-01-02`.
  /// - Parameter time: seconds since 1970, between the years 1 and 9999; others are cut to these.
  package static func text(of time: Int) -> String {
    let time = min(max(time, -62_135_596_800), 253_402_300_799)
    let days = (time - (time % seconds + seconds) % seconds) / seconds
    // Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March there.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let calendarMonth = month < 10 ? month + 3 : month - 9
    let year = yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0)
    return padded(year, 4) + "-" + padded(calendarMonth, 2) + "-" + padded(day, 2)
  }

  /// Seconds since 1970 at the beginning of the day that a text begins with (`2026-01-02T03:04:05Z`);
  /// `nil` for a text that begins with none.
  package static func time(of text: String) -> Int? {
    let parts = text.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
    guard text.utf8.count >= 10, parts.count == 3, parts[0].count == 4, let year = Int(parts[0]),
      let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month),
      (1...31).contains(day), year >= 1
    else { return nil }
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return (era * 146_097 + dayOfEra - 719_468) * seconds
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
