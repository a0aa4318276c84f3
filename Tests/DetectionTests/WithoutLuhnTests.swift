import Detection
import Rules
import Testing

/// Numbers of issuers that do not use the check digit.
@Suite struct WithoutLuhnTests {
  @Test func `they are found beside a card word when asked for`() throws {
    let asked = Detection.Scanner(Detector(try RuleSet.load(), findsWithoutLuhn: true))
    let text = "unionpay card number 6221558812340000 on file"
    let hits = scan(Array(text.utf8), using: asked)
    #expect(hits.count == 1)
    #expect(hits.first?.evidence.contains(.withoutLuhn) == true)
    #expect(hits.first?.evidence.contains(.luhn) == false)
    #expect(scan(Array("6221558812340000".utf8), using: asked).isEmpty)
    #expect(scan(text).isEmpty)
  }
}
