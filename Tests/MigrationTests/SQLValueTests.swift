import Testing

@testable import Migration

@Suite struct SQLValueTests {
  @Test(arguments: [
    SQLValue.null, .integer(-7), .real(1.5), .text([]), .text(Array("é'\n".utf8)),
    .text([0xFF, 0x00]), .blob([1, 2, 255]),
  ])
  func `a mark gives back the key it was made from`(value: SQLValue) {
    #expect(SQLValue(mark: value.mark) == value)
  }

  @Test func `a key that is a card number is shown masked`() {
    #expect(SQLValue("4242424242424242").shown == "************4242")
  }

  @Test func `a spreadsheet's real number is the whole one`() {
    #expect(SQLValue.real(7).keyBytes == Array("7".utf8))
  }
}
