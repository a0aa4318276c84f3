import Core

/// Times as headers say them (RFC 9110, section 5.6.7).
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// - Parameter text: for example `Sun, 06 Nov 1994 08:49:37 GMT`, the only form servers still make.
  /// - Returns: seconds since 1970; `nil` for another form.
  static func seconds(_ text: String) -> Int? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", parts[1].utf8.count == 2,
      let month = months.firstIndex(of: String(parts[2])).map({ $0 + 1 }),
      let day = CalendarDay.time(of: "\(parts[3])-\(month < 10 ? "0" : "")\(month)-\(parts[1])")
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    return day + clock[0] * 3600 + clock[1] * 60 + clock[2]
  }
}
