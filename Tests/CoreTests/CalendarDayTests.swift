import Core
import Testing

@Suite struct CalendarDayTests {
  @Test(arguments: [
    ("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2024-02-29", 1_709_164_800),
    ("2026-01-02", 1_767_312_000), ("1969-12-31", -86_400), ("1600-03-01", -11_670_912_000),
  ])
  func `a day goes there and back`(text: String, time: Int) {
    #expect(CalendarDay.text(of: time) == text)
    #expect(CalendarDay.text(of: time + 86_399) == text)
    #expect(CalendarDay.time(of: text) == time)
    #expect(CalendarDay.time(of: text + "T03:04:05Z") == time)
  }

  @Test(arguments: ["", "yesterday", "2026-1-2", "2026-13-01", "20260102"])
  func `what is no day gives none`(text: String) {
    #expect(CalendarDay.time(of: text) == nil)
  }
}
