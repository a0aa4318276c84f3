import Core

/// What the self-test plants: made from a fixed seed, so that every run plants the same. Nobody's
/// number was looked at to make one.
struct SelftestSamples {
  /// One kind of card data, in the order of the table.
  enum Kind: String, CaseIterable {
    case pan
    case groupedPAN = "pan-grouped"
    case track1, track2, cvv
    case pinBlock = "pin-block"
    case secret

    /// The rule that must find it.
    var rule: String { self == .groupedPAN ? "pan" : rawValue }

    /// The name of the column, key or element that holds it.
    var label: String {
      switch self {
      case .pan, .groupedPAN: "card_number"
      case .track1, .track2, .cvv: rawValue
      case .pinBlock: "pin_block"
      case .secret: "stripe_key"
      }
    }
  }

  /// A value with what the report may say of it.
  struct Sample {
    var kind: Kind
    var value: String
    /// The last four digits of a number.
    var last4: Int?
    /// The whole number, without separators; where a kind has none, the value.
    var number = ""
  }

  /// One named value of a record.
  struct Field {
    var name: String
    var value: String
    /// What must be found here; `nil` for look-alikes and for what is only there to be passed by.
    var sample: Sample?
    var isLookAlike = false
  }

  static let seed: UInt64 = 0x5E1F_7E57
  private static let issuers: [(prefix: String, length: Int)] = [
    // Visa, Mastercard (both series), American Express, Discover, Diners Club, JCB, UnionPay, Maestro.
    ("4539", 16), ("5301", 16), ("2412", 16), ("3743", 15), ("6011", 16), ("3056", 14),
    ("3541", 16), ("6222", 16), ("6759", 16),
  ]

  private var state: UInt64

  init(stream: UInt64) { state = SelftestSamples.seed &+ stream &* 0xD1B5_4A32_D192_ED03 }

  /// One of a kind for every issuer, whether the kind has issuers or not.
  mutating func make(_ kind: Kind) -> [Sample] {
    SelftestSamples.issuers.map { issuer in
      let number = luhnClosed(issuer.prefix + digits(issuer.length - 1 - issuer.prefix.count))
      var sample = Sample(
        kind: kind, value: number, last4: Int(number.suffix(4)), number: number)
      switch kind {
      case .pan: break
      case .groupedPAN: sample.value = SelftestSamples.grouped(number)
      case .track1: sample.value = "%B\(number)^DOE/JO^2911101\(digits(9))?"
      case .track2: sample.value = ";\(number)=2911101\(digits(10))?"
      case .cvv: sample = Sample(kind: kind, value: "\(1 + below(9))" + digits(2))
      case .pinBlock:
        sample = Sample(kind: kind, value: characters(8, of: "ABCDEF") + hexadecimal(8))
      case .secret: sample = Sample(kind: kind, value: "sk_" + "live_" + token(24))
      }
      if sample.number.isEmpty { sample.number = sample.value }
      return sample
    }
  }

  /// A record of values that resemble card data and are none.
  mutating func makeLookAlikes() -> [Field] {
    let closed = luhnClosed("4539" + digits(11))
    let lastDigit = closed.last?.wholeNumberValue ?? 0
    let masked = "453912******" + digits(4)
    let uuid =
      "\(digits(8))-\(digits(4))-4\(digits(3))-8\(digits(3))-\(digits(12))"
    return [
      ("card_number", closed.dropLast() + "\((lastDigit + 1 + below(9)) % 10)"),
      ("request_id", uuid),
      ("created_ms", luhnClosed("17" + digits(10))),
      ("imei", luhnClosed("35" + digits(12))),
      ("masked_card", masked),
      ("publishable_key", "pk_" + "live_" + token(24)),
    ].map { Field(name: $0.0, value: String($0.1), isLookAlike: true) }
  }

  /// A record that holds the sample between two other values.
  static func record(_ sample: Sample, _ index: Int) -> [Field] {
    [
      Field(name: "item", value: "A-\(index + 1)"),
      Field(name: sample.kind.label, value: sample.value, sample: sample),
      Field(name: "status", value: "ok"),
    ]
  }

  /// In the groups that are printed on such a card.
  private static func grouped(_ number: String) -> String {
    let groups: [Int] =
      switch number.count {
      case 15: [4, 6, 5]
      case 14: [4, 6, 4]
      default: [4, 4, 4, 4]
      }
    var rest = number[...]
    return groups.map { count in
      defer { rest = rest.dropFirst(count) }
      return String(rest.prefix(count))
    }.joined(separator: "-")
  }

  /// SplitMix64 (Steele, Lea and Flood, 2014).
  private mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int(truncatingIfNeeded: (z ^ (z >> 31)) % UInt64(bound))
  }

  private mutating func characters(_ count: Int, of alphabet: String) -> String {
    let letters = Array(alphabet)
    var text = ""
    for _ in 0..<count { text.append(letters[below(letters.count)]) }
    return text
  }

  private mutating func digits(_ count: Int) -> String { characters(count, of: "0123456789") }
  private mutating func hexadecimal(_ count: Int) -> String {
    characters(count, of: "0123456789ABCDEF")
  }
  private mutating func token(_ count: Int) -> String {
    characters(count, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
  }

  /// The digits and the one that makes them pass the check of ISO/IEC 7812-1, annex B.
  private func luhnClosed(_ open: String) -> String {
    var sum = 0
    for (index, byte) in open.utf8.reversed().enumerated() {
      let digit = Int(byte) - 0x30
      sum += index % 2 == 0 ? (digit < 5 ? digit * 2 : digit * 2 - 9) : digit
    }
    return open + "\((10 - sum % 10) % 10)"
  }
}

extension SelftestReport {
  /// Kinds of planted data, in the order of the table.
  package static let kinds = SelftestSamples.Kind.allCases.map(\.rawValue)
}
