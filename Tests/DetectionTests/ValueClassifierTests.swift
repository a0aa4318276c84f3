import Core
import Detection
import Rules
import TestSupport
import Testing

/// What single values are taken for.
@Suite struct ValueClassifierTests {
  private static let detector: Detector = {
    do { return Detector(try RuleSet.load()) } catch { preconditionFailure("rules: \(error)") }
  }()

  private func classify(_ value: [UInt8], column: String = "x") -> ClassifiedValue {
    let classifier = ValueClassifier(Self.detector)
    return value.withUnsafeBytes {
      classifier.classify(
        $0, hash: classifier.hash(of: $0), hints: Self.detector.hints(forColumn: column))
    }
  }

  struct Case: Sendable {
    var value: String
    var column: String
    var kind: ValueClass
    init(_ value: String, _ column: String, _ kind: ValueClass) {
      (self.value, self.column, self.kind) = (value, column, kind)
    }
  }

  static let cases: [Case] = [
    Case("cus_NffrFeUfNV2Hib", "x", .customerID), Case("gcus_1234567890AB", "x", .customerID),
    Case("pm_1MqLiJLkdIwHu7ixUEgbFdYF", "x", .paymentMethodID),
    Case("pm_card_visa", "x", .paymentMethodID),
    Case("card_1MvoiELkdIwHu7ixOeFGbN9D", "x", .cardID),
    Case("src_1AbCdEfGhIjKlMnOpQrStUvW", "x", .sourceID),
    Case("pi_3MtwBwLkdIwHu7ix28a3tqPa", "x", .intentID),
    Case("seti_1Mm8s8LkdIwHu7ix0OXBfTRG", "x", .intentID),
    Case("ch_3MmlLrLkdIwHu7ix0snN0B15", "x", .otherID), Case("tok_visa", "x", .otherID),
    Case("cs_test_a1b2c3d4e5f6g7h8i9j0k1", "x", .otherID),
    Case("cus_qywmaovwbwrtzk", "x", .customerID),
    Case("cus_", "x", .malformedID), Case("cus_Nff", "x", .malformedID),
    Case("pm_1MqLiJLkd-IwHu7ix", "x", .malformedID), Case("pm_abandoned", "x", .malformedID),
    Case("card_declined", "x", .text), Case("in_progress", "x", .text),
    Case("visa", "x", .brand), Case("Master Card", "x", .brand),
    Case("American Express", "x", .brand),
    Case("mir", "x", .text), Case("mir", "card_brand", .brand), Case("unknown", "brand", .brand),
    Case("4242", "last4", .last4), Case("42", "card_last4", .last4), Case("4242", "x", .number),
    Case("**** 4242", "x", .last4), Case("XXXX-XXXX-XXXX-4242", "x", .last4),
    Case("•••• 4242", "x", .last4), Case("...4242", "x", .last4),
    Case("**** **** **** 4242  ", "x", .last4),
    Case("424242******4242", "x", .truncated), Case("4242 42XX XXXX 4242", "x", .truncated),
    Case("424242**********", "x", .truncated),
    Case("42424242****4242", "x", .truncatedTooWide),
    Case("4242-4242-****-4242", "x", .truncatedTooWide),
    Case("********42424242", "x", .truncatedTooWide), Case("42424242", "last8", .truncatedTooWide),
    Case("424242", "bin", .bin), Case("42424242", "card_bin", .bin), Case("424242", "x", .number),
    Case("12", "exp_month", .expiry), Case("2027", "exp_year", .expiry),
    Case("11/27", "exp", .expiry),
    Case("11/2027", "expiry", .expiry), Case("1127", "exp_date", .expiry),
    Case("2027-11", "expiration", .expiry),
    Case("12", "x", .number), Case("1127", "x", .number), Case("3600", "expires", .number),
    Case("2024-05-01", "x", .date), Case("2024-05-01 10:00:00", "x", .date),
    Case("2024-05-01T10:00:00Z", "x", .text), Case("01.05.2024", "x", .date),
    Case("10:30", "x", .date),
    Case("-5", "x", .number), Case("12.50", "x", .number), Case("-12.50", "x", .number),
    Case("0", "x", .number), Case("1234567890123", "x", .number),
    Case("ada@example.com", "x", .other), Case("550e8400-e29b-41d4-a716-446655440000", "x", .other),
    Case("192.168.10.12", "x", .other),
    Case("leave at the door", "x", .text), Case("refund to card ending 4242", "x", .text),
    Case("GBP", "x", .text), Case("straße 12, köln", "x", .text), Case("{\"a\":1}", "x", .text),
    Case("d41d8cd98f00b204e9800998ecf8427e", "x", .opaque),
    Case("$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "x", .opaque),
    Case("1B2M2Y8AsgTpgAmY7PhCfg==", "x", .opaque),
    Case("donaudampfschifffahrtsgesellschaft", "x", .text),
  ]

  @Test(arguments: cases) func `a value is what its shape and its column's name say`(_ test: Case) {
    #expect(
      classify(Array(test.value.utf8), column: test.column).kind == test.kind, "\(test.value)")
  }

  @Test func `bytes that are no text are opaque`() {
    #expect(classify([0xDE, 0xAD, 0xBE, 0xEF, 0x00, 0x01]).kind == .opaque)
    #expect(classify([0xC3, 0x28, 0xA0, 0xA1]).kind == .opaque)
    #expect(classify([UInt8](repeating: 0x9F, count: 32)).hashBytes == 32)
    #expect(classify([UInt8](repeating: 0x9F, count: 19) + [0x20]).hashBytes == 20)
  }

  @Test func `a mask tells which digits are left and how long the number is`() {
    let value = classify(Array("424242******0005".utf8))
    #expect(value.head == 424242 && value.headCount == 6)
    #expect(value.tail == 5 && value.tailCount == 4)
    #expect(value.length == 16)
  }

  @Test func `numbers of card shape are counted whether grouped or not`() {
    for text in ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242"] {
      let value = classify(Array(text.utf8))
      #expect(value.isCardShaped && value.passesLuhn, "\(text)")
    }
    let wrong = classify(Array("4242424242424241".utf8))
    #expect(wrong.isCardShaped && !wrong.passesLuhn)
    #expect(!classify(Array("9999999999999995".utf8)).isCardShaped)
  }

  @Test func `hash lengths are told in every way hashes are written`() {
    #expect(classify(Array(String(repeating: "ab12", count: 10).utf8)).hashBytes == 20)
    #expect(classify(Array("2jmj7l5rSw0yVb/vlWAYkK/YBwk=".utf8)).hashBytes == 20)
    #expect(
      classify(Array("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".utf8)).hashBytes == 32)
    #expect(classify(Array("leave at the door".utf8)).hashBytes == 0)
  }

  @Test func `random bytes never break it`() {
    var random = SplitMix(seed: 7)
    let letters = Array("0123456789abcXx*# -_/.:$+=\u{00E9}\u{2022}@\n".utf8)
    for _ in 0..<20_000 {
      let count = Int(random.next() % 48) + 1
      let value = (0..<count).map { _ in letters[Int(random.next() % UInt64(letters.count))] }
      let a = classify(value, column: "last4")
      #expect(a.headCount <= 19 && a.tailCount <= 19 && a.length <= 19)
      #expect(classify(value, column: "last4").kind == a.kind)
    }
  }

  /// Figures as tables have them, and figures that are nearly such.
  private func makeFigure(_ random: inout SplitMix) -> String {
    func digits(_ range: ClosedRange<Int>) -> String {
      (0..<Int.random(in: range, using: &random))
        .map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
    }
    func two(_ range: ClosedRange<Int>) -> String {
      let number = Int.random(in: range, using: &random)
      return (number < 10 ? "0" : "") + String(number)
    }
    let date = "\(Int.random(in: 1790...2210, using: &random))-\(two(0...13))-\(two(0...32))"
    switch Int.random(in: 0...7, using: &random) {
    case 0: return digits(1...20)
    case 1: return "-" + digits(1...12)
    case 2: return digits(1...10) + "." + digits(1...6)
    case 3: return "-" + digits(1...9) + "." + digits(1...4)
    case 4: return date
    case 5: return date + " \(two(0...30)):\(two(0...60)):\(two(0...60))"
    case 6: return date + " \(two(0...23)):\(two(0...59)):\(two(0...59))." + digits(1...6)
    default:
      let letters = Array("0123456789 .-:/")
      return String(
        (0..<Int.random(in: 1...25, using: &random)).map { _ in
          letters[Int.random(in: 0..<letters.count, using: &random)]
        })
    }
  }

  @Test(arguments: ["x", "card_number", "pan"], [false, true])
  func `what is told without a look is what looking tells`(
    column: String, withoutLuhn: Bool
  ) throws {
    let detector = Detector(try RuleSet.load(), findsWithoutLuhn: withoutLuhn)
    let classifier = ValueClassifier(detector)
    let scanner = Scanner(detector)
    scanner.beginPart(head: [], columns: [column], startsFile: true)
    #expect(detector.hints(forColumn: column).isEmpty)
    classifier.begin([[]])
    var random = SplitMix(seed: 2026)
    var told = 0
    for _ in 0..<30_000 {
      let text = makeFigure(&random)
      let value = Array(text.utf8)
      value.withUnsafeBytes { bytes in
        let glance = classifier.glance(at: bytes, column: 0)
        guard let kind = glance.kind else { return }
        #expect(!glance.isKnown)
        told += 1
        let looked = classifier.classify(
          bytes, hash: classifier.hash(of: bytes), hints: detector.hints(forColumn: column))
        #expect(looked.kind == kind && !looked.isCardShaped && looked.hashBytes == 0, "\(text)")
        scanner.scan(Chunk(bytes: bytes, owned: 0..<bytes.count, field: .column(0)))
        #expect(scanner.hits.isEmpty, "\(text)")
      }
    }
    #expect(scanner.classes.entries.isEmpty)
    #expect(told > 10_000)
  }

  @Test func `a column for codes is looked at to the last value`() {
    #expect(Self.detector.hints(forColumn: "cvv").contains(.code))
    #expect(!Self.detector.hints(forColumn: "amount").contains(.code))
  }
}
