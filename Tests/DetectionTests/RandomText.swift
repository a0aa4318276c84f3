import Detection
import Rules
import TestSupport

/// Log text from a seed with card data of every shape at random places.
struct RandomText {
  var random: SplitMix
  private(set) var bytes: [UInt8] = []

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  static func make(seed: UInt64, count: Int) -> [UInt8] {
    var text = RandomText(seed: seed)
    while text.bytes.count < count { text.addPiece() }
    return text.bytes
  }

  private mutating func pick<T>(_ choices: [T]) -> T { choices.randomElement(using: &random)! }
  private mutating func add(_ text: String) { bytes += Array(text.utf8) }

  private mutating func addPiece() {
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<5: add(noise())
    case 5..<8: add(card())
    case 8:
      add(
        wide(Bool.random(using: &random) ? ";\(number())=29111011234567?" : " \(shaped(number())) ")
      )
    default: addUTF16()
    }
    if Int.random(in: 0..<3, using: &random) == 0 { add("\n") }
  }

  private mutating func word() -> String {
    pick([
      "info", "charge", "order", "retry", "user", "café", "卡号", "ok", "GET /v1/pay", "status",
      "value", "Müller", "rate", "n", "card", "cvv.js", "</td><td>", "{", "}", "\u{1B}[32m",
    ])
  }

  private mutating func noise() -> String {
    var text = ""
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      switch Int.random(in: 0..<8, using: &random) {
      case 0: text += TestCards.id("", Int.random(in: 1...22, using: &random), using: &random)
      case 1: text += TestCards.id("2026-11-", 10, using: &random) + "T12:34:56.789Z"
      case 2: text += String(random.next(), radix: 16)
      case 3:
        text +=
          "\(pick(["amount", "id", "ts", "blk_"]))=\(Int.random(in: 0...9999, using: &random))"
      default: text += word()
      }
      text += pick([" ", " ", " ", ", ", "; ", "\t", "|", " \"", "\n"])
    }
    return text
  }

  private mutating func number() -> String {
    switch Int.random(in: 0..<7, using: &random) {
    case 0: TestCards.number(pick(["34", "37"]), 15, using: &random)
    case 1: TestCards.number("36", 14, using: &random)
    case 2: TestCards.number("62", 19, using: &random)
    case 3: TestCards.number(pick(["51", "2221", "55"]), 16, using: &random)
    case 4: "4242424242424242"
    default: TestCards.number("4", 16, using: &random)
    }
  }

  private mutating func shaped(_ number: String) -> String {
    let shapes = detector.rules.shapes
    let groupings = shapes.groupings.filter { $0.groups.reduce(0, +) == number.count }
    guard Bool.random(using: &random), let grouping = groupings.randomElement(using: &random) else {
      return number
    }
    return TestCards.grouped(number, grouping.groups, pick(shapes.separators).text)
  }

  private mutating func card() -> String {
    let plain = number()
    switch Int.random(in: 0..<13, using: &random) {
    case 0: return "%B\(plain)^DOE/JANE^2911101000000000?;\(plain)=29111010000000000?"
    case 1: return ";\(plain)=2911101\(Int.random(in: 10_000_000...99_999_999, using: &random))?"
    case 2: return "track2=\(plain)D2911201\(pick(["F", "0000", ""]))"
    case 3:
      return "\(pick(["cvv", "cvc2", "\"security_code\"", "CVV"]))\(pick(["=", ": ", ":\""]))737 "
    case 4: return "sk_live_" + letters(24)
    case 5: return "{\"no\":\"" + escaped(plain) + "\"}"
    case 6: return "INSERT INTO c (pan, cvv) VALUES ('\(plain)','737'),('\(number())', '123');"
    case 7: return "\(plain)|11|29|737|J DOE"
    case 8:
      return (0..<4).map { _ in TestCards.grouped(number(), [4, 4, 4, 4], " ") }.joined(
        separator: " ")
    case 9: return "card_number=\(shaped(plain)) "
    case 10: return "encrypted_pin_block=\(String(random.next() | 1 << 63, radix: 16)) "
    default: return " \(shaped(plain)) "
    }
  }

  private mutating func letters(_ count: Int) -> String {
    String((0..<count).map { _ in pick(Array("abcdefghjkmnpqrstuvwxyzABCDEFGH0123456789")) })
  }

  private func escaped(_ text: String) -> String {
    text.unicodeScalars.map { "\\u00" + String($0.value, radix: 16) }.joined()
  }

  /// Full-width digits.
  private func wide(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map {
          (0x30...0x39).contains($0.value) ? Unicode.Scalar($0.value + 0xFEE0)! : $0
        }))
  }

  private mutating func addUTF16() {
    let isBig = Bool.random(using: &random)
    var text = Bool.random(using: &random) ? "\u{FEFF}" : ""
    for _ in 0..<Int.random(in: 1...30, using: &random) {
      text += Bool.random(using: &random) ? noise() : card()
    }
    for unit in text.utf16 {
      let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
      bytes += isBig ? pair : pair.reversed()
    }
  }
}
