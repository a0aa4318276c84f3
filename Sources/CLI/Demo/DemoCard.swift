/// An invented card.
///
/// The number is drawn from the seed under an issuer's prefix and closed with a Luhn digit. It
/// belongs to nobody on purpose; no real card was looked at to make it.
struct DemoCard {
  var brand: String
  /// Digits only.
  var number: String
  var month: Int
  var year: Int
  /// The verification code.
  var code: String

  /// `11/27`.
  var expiry: String { DemoCard.twoDigits(month) + "/" + DemoCard.twoDigits(year % 100) }

  var last4: String { String(number.suffix(4)) }

  /// The number as it is printed on the card, for example in groups of four.
  func grouped(by separator: String) -> String {
    let groups: [Int] =
      switch number.count {
      case 15: [4, 6, 5]
      case 14: [4, 6, 4]
      case 19: [4, 4, 4, 4, 3]
      case 13: [13]
      default: [4, 4, 4, 4]
      }
    var rest = number[...]
    var parts: [Substring] = []
    for group in groups {
      parts.append(rest.prefix(group))
      rest = rest.dropFirst(group)
    }
    return parts.joined(separator: separator)
  }

  /// What a terminal reads from the magnetic stripe.
  var track2: String {
    ";\(number)=\(DemoCard.twoDigits(year % 100))\(DemoCard.twoDigits(month))1010000\(code)00000?"
  }

  /// What is left when someone did it right, for example `411111******1111`.
  var masked: String {
    number.prefix(6) + String(repeating: "*", count: number.count - 10) + last4
  }

  static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

/// Makes cards, each number once.
struct DemoCardMaker {
  private var used: Set<String> = []

  /// Draws a card; brands come about as often as in a European shop.
  mutating func make(_ random: inout DemoRandom) -> DemoCard {
    while true {
      let issuer = DemoCardMaker.issuers[random.below(DemoCardMaker.issuers.count)]
      let open = issuer.prefix + random.digits(issuer.length - 1 - issuer.prefix.count)
      let number = DemoCardMaker.closingWithLuhnDigit(open)
      guard used.insert(number).inserted else { continue }
      return DemoCard(
        brand: issuer.brand, number: number, month: random.within(1...12),
        year: random.within(2024...2029), code: random.digits(issuer.brand == "amex" ? 4 : 3))
    }
  }

  /// The digits and the one that makes them pass the Luhn check (ISO/IEC 7812-1, annex B).
  static func closingWithLuhnDigit(_ open: String) -> String {
    var sum = 0
    var doubles = true
    for byte in open.utf8.reversed() {
      let digit = Int(byte) - 0x30
      sum += doubles ? (digit < 5 ? digit * 2 : digit * 2 - 9) : digit
      doubles.toggle()
    }
    return open + String((10 - sum % 10) % 10)
  }

  private struct Issuer {
    var brand: String
    var prefix: String
    var length: Int
  }

  /// One line a share; a brand that is used more often stands more often.
  private static let issuers: [Issuer] = [
    Issuer(brand: "visa", prefix: "4539", length: 16),
    Issuer(brand: "visa", prefix: "4716", length: 16),
    Issuer(brand: "visa", prefix: "4929", length: 16),
    Issuer(brand: "visa", prefix: "4485", length: 16),
    Issuer(brand: "visa", prefix: "4024", length: 16),
    Issuer(brand: "visa", prefix: "4556", length: 16),
    Issuer(brand: "mastercard", prefix: "5186", length: 16),
    Issuer(brand: "mastercard", prefix: "5301", length: 16),
    Issuer(brand: "mastercard", prefix: "5479", length: 16),
    Issuer(brand: "mastercard", prefix: "2412", length: 16),
    Issuer(brand: "mastercard", prefix: "2640", length: 16),
    Issuer(brand: "amex", prefix: "3743", length: 15),
    Issuer(brand: "amex", prefix: "3411", length: 15),
    Issuer(brand: "discover", prefix: "6011", length: 16),
    Issuer(brand: "jcb", prefix: "3541", length: 16),
    Issuer(brand: "maestro", prefix: "6759", length: 16),
  ]
}
