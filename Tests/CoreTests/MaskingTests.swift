import Core
import Testing

@Suite struct MaskingTests {
  @Test func `last four is the default and pads zeros`() {
    #expect(
      MaskedPAN(length: 16, first6: 424242, last4: 42, mask: .last4).text == "************0042")
  }

  @Test func `first six shows six and four at most`() {
    let masked = MaskedPAN(length: 15, first6: 378282, last4: 5, mask: .first6last4)
    #expect(masked.text == "378282*****0005")
    #expect(masked.bin == "378282")
  }
}
