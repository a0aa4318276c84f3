import Rules

/// Which brand a number's first digits and length belong to.
struct BrandTable: Sendable {
  /// One issuer range, prefix ends padded to eight digits.
  struct Entry: Sendable {
    var low: UInt32
    var high: UInt32
    /// Bit n: numbers of n digits.
    var lengths: UInt32
    var brand: UInt16
    var base: Int16
    var isCatchAll: Bool
    var isWithdrawn: Bool
    var withoutLuhn: Bool
  }

  /// What a lookup gives.
  struct Match {
    /// Index in `RuleSet.brands`.
    var brand: Int
    /// Points the bare number starts with: the best of all ranges it lies in.
    var base: Int
    var isNamed: Bool
    var isWithdrawn: Bool
    var withoutLuhn: Bool
    /// Lies in ranges of other brands as well.
    var alsoOthers: Bool
  }

  /// Entries that can match a number by its first two digits, best first.
  private let entries: [Entry]
  private let firstIndex: [Int32]
  /// Bit n of element p: some number of n digits may begin with the two digits p.
  private let lengthsByPrefix: [UInt32]

  init(_ brands: [Brand]) {
    var all: [(Entry, width: Int)] = []
    for (index, brand) in brands.enumerated() {
      for range in brand.ranges {
        for prefix in range.prefixes {
          let ends = prefix.split(separator: "-")
          let low = String(ends[0])
          let high = String(ends.last!)
          all.append(
            (
              Entry(
                low: BrandTable.padded(low, "0"), high: BrandTable.padded(high, "9"),
                lengths: range.lengths.reduce(0) { $0 | 1 << UInt32($1) }, brand: UInt16(index),
                base: Int16(range.base), isCatchAll: range.catchAll ?? false,
                isWithdrawn: brand.withdrawn ?? false, withoutLuhn: range.withoutLuhn ?? false),
              low.count
            ))
        }
      }
    }
    // A catch-all loses, active beats withdrawn, then the longer prefix wins; ties keep file order.
    let order = all.indices.sorted { a, b in
      let (x, y) = (all[a], all[b])
      if x.0.isCatchAll != y.0.isCatchAll { return !x.0.isCatchAll }
      if x.0.isWithdrawn != y.0.isWithdrawn { return !x.0.isWithdrawn }
      if x.width != y.width { return x.width > y.width }
      return a < b
    }
    var lists = [[Entry]](repeating: [], count: 100)
    var lengths = [UInt32](repeating: 0, count: 100)
    for index in order {
      let entry = all[index].0
      for two in Int(entry.low / 1_000_000)...Int(entry.high / 1_000_000) {
        lists[two].append(entry)
        lengths[two] |= entry.lengths
      }
    }
    var flat: [Entry] = []
    var first: [Int32] = []
    for list in lists {
      first.append(Int32(flat.count))
      flat += list
    }
    first.append(Int32(flat.count))
    entries = flat
    firstIndex = first
    lengthsByPrefix = lengths
  }

  /// Whether any range could hold a number of `count` digits with these first two.
  @inline(__always)
  func mayMatch(_ digits: UnsafePointer<UInt8>, count: Int) -> Bool {
    let two = Int(digits[0] &- 0x30) &* 10 &+ Int(digits[1] &- 0x30)
    return lengthsByPrefix[two] & (1 &<< UInt32(count)) != 0
  }

  /// - Parameters:
  ///   - digits: at least twelve ASCII digits.
  ///   - count: 12 to 19.
  func match(_ digits: UnsafePointer<UInt8>, count: Int) -> Match? {
    guard mayMatch(digits, count: count) else { return nil }
    var eight: UInt32 = 0
    for i in 0..<8 { eight = eight &* 10 &+ UInt32(digits[i] &- 0x30) }
    let two = Int(eight / 1_000_000)
    let bit: UInt32 = 1 << UInt32(count)
    var match: Match?
    for i in Int(firstIndex[two])..<Int(firstIndex[two + 1]) {
      let entry = entries[i]
      guard entry.lengths & bit != 0, entry.low <= eight, eight <= entry.high else { continue }
      if match == nil {
        match = Match(
          brand: Int(entry.brand), base: Int(entry.base), isNamed: !entry.isCatchAll,
          isWithdrawn: entry.isWithdrawn, withoutLuhn: entry.withoutLuhn, alsoOthers: false)
      } else {
        match!.base = max(match!.base, Int(entry.base))
        match!.withoutLuhn = match!.withoutLuhn || entry.withoutLuhn
        if match!.brand != Int(entry.brand) { match!.alsoOthers = true }
      }
    }
    return match
  }

  private static func padded(_ prefix: String, _ filler: Character) -> UInt32 {
    UInt32(prefix.prefix(8) + String(repeating: filler, count: max(0, 8 - prefix.count))) ?? 0
  }
}
