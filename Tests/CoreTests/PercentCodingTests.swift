import Core
import Testing

@Suite struct PercentCodingTests {
  @Test(arguments: [
    ("a%20b", "a b"), ("%4A%4b", "JK"), ("p%40ss%3Aw", "p@ss:w"), ("100%", "100%"), ("%4", "%4"),
    ("%+4", "%+4"), ("%zz", "%zz"), ("a+b", "a+b"),
  ])
  func `whole forms are decoded, the rest stays`(text: String, decoded: String) {
    #expect(String(decoding: PercentCoding.decoded(text), as: UTF8.self) == decoded)
  }

  @Test func `a form's plus sign is a blank`() {
    #expect(PercentCoding.decoded("a+%2B", plusIsBlank: true) == Array("a +".utf8))
  }
}
