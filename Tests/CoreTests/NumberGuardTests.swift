import Core
import Testing

@Suite struct NumberGuardTests {
  @Test(arguments: [
    ("id=4111111111111111", "id=************1111"),
    ("scan 4111-1111-1111-1111.pdf", "scan ****-****-****-1111.pdf"),
    ("378282246310005 and 5555 5555 5555 4444", "***********0005 and **** **** **** 4444"),
    ("7 4242424242424242 8", "7 ************4242 8"),
  ])
  func `a card number in a name is masked`(text: String, expected: String) {
    #expect(NumberGuard.masked(text) == expected)
  }

  @Test(arguments: [
    "", "app-1700000000000.log", "20191231235959.log", "a1b2c3d4e5f6", "4111111111111112",
    "/srv/12345678901234567890123", "2026-01-02 03:04:05",
  ])
  func `other names stay`(text: String) {
    #expect(NumberGuard.masked(text) == text)
  }
}
