import Core

/// Counts different values: exactly while they are few, by the smallest hashes when they are many.
///
/// The smallest hashes of a set do not depend on the order in which they came, so that two sketches
/// merge into the sketch of the whole (Bar-Yossef et al., "Counting distinct elements in a data
/// stream", 2002). With 1,024 of them the estimate is off by 3 % on average.
struct DistinctSketch: Sendable {
  /// Open addressing; 0 is a free place.
  private var slots = [UInt64](repeating: 0, count: 16)
  private var count = 0
  /// Larger hashes no longer matter.
  private(set) var threshold = UInt64.max
  private var isEstimated = false

  private static let kept = Limits.distinctExactMax
  private static let slotsMax = 4 * Limits.distinctExactMax

  /// - Parameter hash: spread evenly over all 64-bit numbers.
  mutating func insert(_ hash: UInt64) {
    let hash = hash == 0 ? 1 : hash
    guard hash <= threshold else { return }
    let mask = slots.count &- 1
    var at = Int(truncatingIfNeeded: hash) & mask
    while slots[at] != 0 {
      if slots[at] == hash { return }
      at = (at &+ 1) & mask
    }
    slots[at] = hash
    count += 1
    if count * 2 > slots.count { makeRoom() }
  }

  private mutating func makeRoom() {
    var hashes = slots.filter { $0 != 0 }
    if slots.count >= DistinctSketch.slotsMax {
      hashes.sort()
      hashes.removeLast(hashes.count - DistinctSketch.kept)
      threshold = hashes[hashes.count - 1]
      isEstimated = true
    } else {
      slots = [UInt64](repeating: 0, count: slots.count * 4)
    }
    fill(hashes)
  }

  private mutating func fill(_ hashes: [UInt64]) {
    for at in slots.indices { slots[at] = 0 }
    count = hashes.count
    let mask = slots.count - 1
    for hash in hashes {
      var at = Int(truncatingIfNeeded: hash) & mask
      while slots[at] != 0 { at = (at + 1) & mask }
      slots[at] = hash
    }
  }

  /// What is needed to merge, smaller than the sketch.
  var result: Result {
    let hashes = slots.filter { $0 != 0 }.sorted()
    return Result(hashes: Array(hashes.prefix(DistinctSketch.kept)))
      .estimated(isEstimated || hashes.count > DistinctSketch.kept)
  }

  /// The smallest hashes of all values.
  struct Result: Sendable {
    /// Sorted.
    private(set) var hashes: [UInt64] = []
    private(set) var isEstimated = false
    /// Once the hashes are let go.
    private var known: Int?

    init(hashes: [UInt64] = []) { self.hashes = hashes }

    fileprivate func estimated(_ isEstimated: Bool) -> Result {
      var copy = self
      copy.isEstimated = isEstimated
      return copy
    }

    /// How many different values there are, or about how many.
    var distinct: Int {
      if let known { return known }
      guard isEstimated, let last = hashes.last else { return hashes.count }
      // The k-th smallest of n evenly spread numbers lies at about k/n of the range.
      let share = Double(last) / Double(UInt64.max)
      return Int((Double(hashes.count - 1) / share).rounded())
    }

    mutating func merge(_ other: Result) {
      if known != nil || other.known != nil {
        known = max(distinct, other.distinct)
        isEstimated = true
        return
      }
      var merged: [UInt64] = []
      merged.reserveCapacity(min(DistinctSketch.kept, hashes.count + other.hashes.count))
      var (i, j) = (0, 0)
      isEstimated = isEstimated || other.isEstimated
      while i < hashes.count || j < other.hashes.count {
        guard merged.count < DistinctSketch.kept else {
          isEstimated = true
          break
        }
        let a = i < hashes.count ? hashes[i] : .max
        let b = j < other.hashes.count ? other.hashes[j] : .max
        merged.append(min(a, b))
        if a <= b { i += 1 }
        if b <= a { j += 1 }
      }
      hashes = merged
    }

    /// Lets the hashes go; what is merged later makes the number a lower bound.
    mutating func settle() {
      known = distinct
      hashes = []
    }
  }
}
