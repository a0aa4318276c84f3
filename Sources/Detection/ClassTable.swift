import Core

/// Counts, for each place-class, distinct numbers of card shape and how many pass Luhn.
///
/// A place-class is the column, key or token beside a number, with the number's length. Random digits
/// pass Luhn one time in ten and card columns always, so a class tells ids from cards where a single
/// number cannot. Keeps the smallest digests of each class and the classes with the smallest keys:
/// what is kept then depends only on what was there, not on order, threads or chunk borders, and two
/// tables merge into the table of the whole.
package struct ClassTable: Sendable {
  /// Distinct numbers kept a class; beyond it they are a sample.
  package static let numbersMax = 256
  /// Classes kept; numbers of the others get no verdict.
  package static let classesMax = 1024

  /// One class's numbers.
  package struct Entry: Sendable {
    package var label: String
    package var length: Int
    /// Smallest digests, sorted; the lowest bits are `Trait`s of the number.
    fileprivate var sample: [UInt64] = []
    /// Of numbers without a name that were filled up with zeros: more of them are asked for.
    fileprivate var isFilled = false
    /// Instead of the sample, once nothing is added any more.
    fileprivate var counts: Counts?

    package var distinct: Int { tally.distinct }
    package var passLuhn: Int { tally.passLuhn }
    package var namedIssuer: Int { tally.namedIssuer }

    fileprivate var tally: Counts {
      if let counts { return counts }
      var counts = Counts()
      for value in sample {
        let traits = Trait(rawValue: value)
        let passes = traits.contains(.passesLuhn)
        counts.distinct += 1
        if passes { counts.passLuhn += 1 }
        if passes, traits.contains(.isNamed) { counts.namedIssuer += 1 }
        if traits.contains(.endsInZero) { counts.endInZero += 1 }
        guard !traits.contains(.isBare) else { continue }
        counts.besideExpiry += 1
        if passes { counts.besideExpiryPassLuhn += 1 }
      }
      return counts
    }

    /// - Parameter isBare: asked only of a number that is kept and was not bare before.
    fileprivate mutating func insert(_ digest: UInt64, _ traits: Trait, isBare: () -> Bool) {
      let value = digest & ~Trait.all.rawValue
      if sample.count == numbersMax, let last = sample.last, value > last { return }
      var low = 0
      var high = sample.count
      while low < high {
        let middle = (low + high) / 2
        if sample[middle] & ~Trait.all.rawValue < value { low = middle + 1 } else { high = middle }
      }
      let isKnown = low < sample.count && sample[low] & ~Trait.all.rawValue == value
      if isKnown, Trait(rawValue: sample[low]).contains(.isBare) { return }
      let bare = isBare() ? Trait.isBare.rawValue : 0
      if isKnown {
        sample[low] |= bare
      } else {
        sample.insert(value | traits.rawValue | bare, at: low)
        if sample.count > numbersMax { sample.removeLast() }
      }
    }
  }

  /// What is known of one number, in the lowest bits of its digest.
  struct Trait: OptionSet {
    var rawValue: UInt64

    static let passesLuhn = Trait(rawValue: 1)
    /// In a named issuer range.
    static let isNamed = Trait(rawValue: 2)
    static let endsInZero = Trait(rawValue: 4)
    /// Stood somewhere without an expiry.
    static let isBare = Trait(rawValue: 8)
    static let all = Trait(rawValue: 15)
  }

  /// How many of an entry's numbers are what.
  fileprivate struct Counts {
    var distinct = 0
    var passLuhn = 0
    var namedIssuer = 0
    var endInZero = 0
    var besideExpiry = 0
    var besideExpiryPassLuhn = 0
  }

  package private(set) var entries: [UInt64: Entry] = [:]
  /// Classes that were let go because the table was full.
  package private(set) var isFull = false
  private var largestKey: UInt64 = 0

  package init() {}

  /// - Parameters:
  ///   - key: the class.
  ///   - isBare: whether no expiry stands beside the number; asked only where it counts.
  ///   - label: made only when the class is new.
  mutating func count(
    key: UInt64, length: Int, digest: UInt64, _ traits: Trait, isFilled: Bool = false,
    isBare: () -> Bool = { true }, label: () -> String
  ) {
    guard admit(key, label: label, length: length, isFilled: isFilled) else { return }
    entries[key]!.insert(digest, traits, isBare: isBare)
  }

  package mutating func merge(_ other: ClassTable) {
    isFull = isFull || other.isFull
    for (key, entry) in other.entries {
      guard
        admit(key, label: { entry.label }, length: entry.length, isFilled: entry.isFilled)
      else { continue }
      for value in entry.sample {
        let traits = Trait(rawValue: value).intersection(.all)
        entries[key]!.insert(value, traits.subtracting(.isBare)) { traits.contains(.isBare) }
      }
    }
  }

  private mutating func admit(
    _ key: UInt64, label: () -> String, length: Int, isFilled: Bool
  ) -> Bool {
    if entries[key] != nil { return true }
    if entries.count >= ClassTable.classesMax {
      isFull = true
      guard key < largestKey else { return false }
      entries[largestKey] = nil
      largestKey = max(entries.keys.max() ?? 0, key)
    } else {
      largestKey = max(largestKey, key)
    }
    entries[key] = Entry(label: label(), length: length, isFilled: isFilled)
    return true
  }

  package mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    isFull = false
    largestKey = 0
  }

  /// The table with counts in place of the numbers: much smaller, and nothing can be added.
  package var summary: ClassTable {
    var table = self
    table.entries = entries.mapValues { entry in
      var small = Entry(label: entry.label, length: entry.length, isFilled: entry.isFilled)
      small.counts = entry.tally
      return small
    }
    return table
  }

  /// What the class as a whole says about its numbers.
  ///
  /// - Parameters:
  ///   - removed: different numbers that pass Luhn and do not count; of a sample, as they were in it.
  ///     They are taken for those that speak most for the verdict.
  ///   - isResidue: whether the class is a column of deleted rows.
  package func verdict(
    of key: UInt64, without removed: Int = 0, isResidue: Bool = false
  ) -> ClassVerdict {
    guard let entry = entries[key] else { return .none }
    let tally = entry.tally
    let n = tally.distinct - removed
    let passes = tally.passLuhn - removed
    if isResidue, n < ClassTable.residueMin { return .none }
    if ClassTable.looksRandom(n, passLuhn: passes) { return .luhnRate }
    guard passes >= (entry.isFilled ? ClassTable.filledMin : ClassTable.cardsMin) else {
      return .none
    }
    if tally.namedIssuer * 2 < passes { return .issuerRate }
    let areCards = passes * 10 >= n * 9 && (tally.namedIssuer - removed) * 10 >= passes * 8
    return areCards ? .cards : .none
  }

  /// Whether evidence of a number's own outweighs what its class says.
  ///
  /// An expiry alone does not where the numbers of the class that have one look random themselves: then
  /// each record has one, those of ids too.
  ///
  /// - Parameter removed: as for `verdict`.
  package func isExempt(_ evidence: Evidence, of key: UInt64, without removed: Int = 0) -> Bool {
    let exemptions = evidence.intersection(.exemptsFromRates)
    guard exemptions == .expiry, let entry = entries[key]?.tally else { return !exemptions.isEmpty }
    return !ClassTable.looksRandom(
      entry.besideExpiry - removed, passLuhn: entry.besideExpiryPassLuhn - removed)
  }

  /// Whether all numbers of a class end in a zero, as where a spreadsheet kept fifteen digits of them.
  package func areCut(_ key: UInt64) -> Bool {
    guard let entry = entries[key]?.tally else { return false }
    return entry.distinct >= ClassTable.cutMin && entry.endInZero == entry.distinct
  }

  /// One of ten thousand sets of so many numbers ends in zeros alone.
  private static let cutMin = 4

  /// What is left of a column is a mixture of what was in its place over time: a few numbers of it are no
  /// verdict.
  private static let residueMin = 20

  /// One of a million sets of so many random numbers passes Luhn as a whole.
  private static let cardsMin = 6

  /// Ids that are filled up may have a check digit of Luhn's, and some three in ten lie in a named issuer
  /// range: eight tenths of twelve do in fewer than one set of a thousand.
  private static let filledMin = 12

  /// Whether of `count` numbers about as many pass Luhn as of random digits; never of fewer than eight.
  package static func looksRandom(_ count: Int, passLuhn: Int) -> Bool {
    // n/10 passes, variance 0.09 n; up to three deviations above that is still random:
    // passes - n/10 <= 3 sqrt(0.09 n), here squared and times 100.
    let excess = 10 * passLuhn - count
    return count >= 8 && (excess <= 0 || excess * excess <= 81 * count)
  }
}

/// What a class's two rates say.
package enum ClassVerdict: Sendable {
  case none
  /// Passes Luhn about as often as random digits do.
  case luhnRate
  /// Passes Luhn but lies mostly outside named issuer ranges.
  case issuerRate
  /// Passes Luhn and lies in named issuer ranges, whatever the place is called.
  case cards

  /// Whether its numbers are less likely cards than each of them alone.
  package var lowers: Bool { self == .luhnRate || self == .issuerRate }
}
