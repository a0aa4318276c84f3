import Core
import Testing

@Suite struct ForeignBytesTests {
  @Test(
    arguments: [
      [], Array("plain é 卡".utf8), [0xFF], [0x63, 0xE9, 0x2E, 0x6C], [0xE2, 0x82],
      [0xC3, 0xA9, 0xC3],
      [0xED, 0xA0, 0x80], [0xF4, 0x8F, 0xB8, 0x80, 0x80],
    ] as [[UInt8]])
  func `bytes come back as they were`(bytes: [UInt8]) {
    #expect(ForeignBytes.bytes(of: ForeignBytes.text(of: bytes)) == bytes)
  }

  @Test func `every byte value comes back`() {
    let bytes = (0...255).map { UInt8($0) } + (0...255).reversed().map { UInt8($0) }
    #expect(ForeignBytes.bytes(of: ForeignBytes.text(of: bytes)) == bytes)
  }
}
