import Rules

/// The shapes of Stripe ids ready for matching.
struct StripeIDs: Sendable {
  struct Match {
    var kind: ValueClass
    var isLive = false
    var isTest = false
  }

  private struct Entry: Sendable {
    var prefix: [UInt8]
    var lengthMin: Int
    var kind: ValueClass
    var isLive: Bool
    var isTest: Bool
    /// Words may follow, as in `pm_card_visa`.
    var takesWords: Bool
  }

  /// By first letter, longest prefix first.
  private let entries: [[Entry]]

  init(_ shapes: [IDShape]) {
    var lists = [[Entry]](repeating: [], count: 256)
    for shape in shapes.sorted(by: { $0.prefix.utf8.count > $1.prefix.utf8.count }) {
      let prefix = Array(shape.prefix.utf8)
      lists[Int(prefix[0])].append(
        Entry(
          prefix: prefix, lengthMin: shape.lengthMin, kind: StripeIDs.kind(shape.id),
          isLive: shape.prefix.hasSuffix("_live_"),
          isTest: shape.prefix.hasSuffix("_test_") || shape.id == "test-payment-method",
          takesWords: shape.id == "test-payment-method" || shape.id == "token"))
    }
    entries = lists
  }

  private static func kind(_ id: String) -> ValueClass {
    switch id {
    case "customer", "guest-customer": .customerID
    case "payment-method", "test-payment-method": .paymentMethodID
    case "card": .cardID
    case "source": .sourceID
    case "payment-intent", "setup-intent": .intentID
    default: .otherID
    }
  }

  /// - Parameter p: a value without spaces that holds an underscore.
  /// - Returns: `nil` for what only looks a little like an id, for example `card_declined`.
  func match(_ p: UnsafePointer<UInt8>, _ n: Int) -> Match? {
    for entry in entries[Int(p[0])] where starts(p, n, entry.prefix) {
      let start = entry.prefix.count
      var isWhole = true
      var hasDigit = false
      var hasLower = false
      var hasUpper = false
      for i in start..<n {
        let c = p[i]
        if isDigit(c) {
          hasDigit = true
        } else if isUpper(c) {
          hasUpper = true
        } else if isLower(c) {
          hasLower = true
        } else if !(c == 0x5F && entry.takesWords) {
          isWhole = false
        }
      }
      let looksMade = hasDigit || hasUpper && hasLower
      guard isWhole, n - start >= entry.lengthMin, n <= 255 else {
        // `cus_` and `pm_` begin nothing else; the others are words too.
        return StripeIDs.isTelling(entry.prefix) || looksMade && n - start >= 4
          ? Match(kind: .malformedID) : nil
      }
      // Of a million ids of fourteen letters and digits, ten are letters of one case.
      let isLong = StripeIDs.isTelling(entry.prefix) && n - start >= StripeIDs.usualLength
      guard looksMade || isLong || entry.takesWords else {
        return StripeIDs.isTelling(entry.prefix) ? Match(kind: .malformedID) : nil
      }
      return Match(
        kind: entry.kind, isLive: entry.isLive,
        isTest: entry.isTest || entry.takesWords && !looksMade)
    }
    return nil
  }

  /// What follows the prefix of a customer's id; that of a payment method's is longer.
  private static let usualLength = 14

  private static func isTelling(_ prefix: [UInt8]) -> Bool {
    prefix.elementsEqual("cus_".utf8) || prefix.elementsEqual("pm_".utf8)
  }

  private func starts(_ p: UnsafePointer<UInt8>, _ n: Int, _ prefix: [UInt8]) -> Bool {
    guard n >= prefix.count else { return false }
    for i in prefix.indices where p[i] != prefix[i] { return false }
    return true
  }
}

/// Names of card brands, as columns hold them.
struct BrandNames: Sendable {
  static let bytesMax = 24
  /// Names that mean nothing else, and those that only a column named for brands makes one.
  private let certain: Set<UInt64>
  private let hinted: Set<UInt64>
  /// By the five low bits of the first three letters: whether some name begins so. A quick no for most
  /// words.
  private let beginnings: [Bool]

  init(_ rules: RuleSet) {
    let lists = rules.words.compactMap(\.brand)
    let names = rules.brands.flatMap { [$0.id, $0.name] }
    // Short names are words of other kinds: `mir`, `elo`, `cup`.
    let strong = lists.flatMap(\.strong) + names.filter { $0.utf8.count >= 7 }
    let weak =
      names + lists.flatMap { ($0.medium ?? []) + ($0.weak ?? []) }
      + ["unknown", "other", "credit", "debit", "prepaid", "eftpos_au", "cartes_bancaires", "link"]
    var beginnings = [Bool](repeating: false, count: 1 << 15)
    func hashes(_ names: [String]) -> Set<UInt64> {
      Set(
        names.compactMap { name in
          let bytes = Array(name.lowercased().utf8)
          return bytes.withUnsafeBufferPointer { buffer -> UInt64? in
            guard let base = buffer.baseAddress, buffer.count <= BrandNames.bytesMax else {
              return nil
            }
            if let beginning = BrandNames.beginning(base, buffer.count) {
              beginnings[beginning] = true
            }
            return BrandNames.squeezed(base, buffer.count)
          }
        })
    }
    certain = hashes(strong)
    hinted = hashes(weak)
    self.beginnings = beginnings
  }

  func has(_ p: UnsafePointer<UInt8>, _ n: Int, hinted isHinted: Bool) -> Bool {
    guard let beginning = BrandNames.beginning(p, n), beginnings[beginning] else { return false }
    let hash = BrandNames.squeezed(p, n)
    return certain.contains(hash) || isHinted && hinted.contains(hash)
  }

  @inline(__always)
  private static func beginning(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int? {
    n < 2 ? nil : Int(p[0] & 31) &<< 10 | Int(p[1] & 31) &<< 5 | (n > 2 ? Int(p[2] & 31) : 0)
  }

  /// Letters and digits in lower case.
  private static func squeezed(_ p: UnsafePointer<UInt8>, _ n: Int) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for i in 0..<n {
      let c = lower(p[i])
      if isWord(c) || c >= 0x80 { hash = (hash ^ UInt64(c)) &* 0x100_0000_01B3 }
    }
    return hash
  }
}
