import Core
import Testing

@Suite struct EscapingTests {
  @Test(arguments: [
    (Array("a\nb\\c".utf8), "a\\nb\\\\c"), ([0x63, 0xE9], "c\\xE9"),
    (Array("dir\\x41".utf8), "dir\\\\x41"),
    ([0x61, 0x0A, 0xFF], "a\\n\\xFF"),
  ])
  func `a name is escaped once`(bytes: [UInt8], shown: String) {
    #expect(Escaping.visible(Escaping.text(fromFileName: bytes)) == shown)
  }
}
