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

@Suite struct NumberShapeTests {
  @Test(arguments: [
    ("4242424242424242", NumberGuard.Shape.passes), ("4242-4242-4242-4242", .passes),
    ("card 3782.822463.10005!", .passes), ("2024 4242424242424242", .passes),
    ("4242424242424242 12", .passes), ("4242424242424241", .fails), ("5910123456789", .fails),
    ("1234567890123456", .none), ("42424242", .none), ("42424242424242424242424242424242", .none),
    ("x4242424242424242y", .passes), ("", .none), ("37040044-0532013000 DE", .fails),
  ])
  func `the shape of a card number is told with and without its check digit`(
    _ text: String, _ shape: NumberGuard.Shape
  ) {
    let bytes = Array("12\(text)34".utf8)
    #expect(NumberGuard.shape(of: bytes, in: 2..<bytes.count - 2) == shape)
  }
}
