import Core

/// Tells which ids of a table's columns stand more than once: of all of them while they fit, else of
/// those whose hash ends in *k* zero bits, where *k* grows by one whenever they no longer fit.
///
/// Whether an id is compared depends on its hash alone, so its repetitions are compared with it, and the
/// samples of parts merge into the sample of the whole, in any order (Wegman's adaptive sampling, in
/// Flajolet, "On adaptive sampling", 1990). What it calls a repetition is one, unless two different ids
/// share a hash of 64 bits: with 131,072 entries one table in two thousand million is wrong about one of
/// its ids; with 2^*k* times as many ids, 2^*k* as often.
struct IDSample: Sendable {
  /// An id of a column and how often it stands there.
  private struct Entry {
    var hash: UInt64
    var column: UInt32
    /// 0 marks a free place.
    var count: UInt32
  }

  /// Open addressing, at most half full.
  private var slots: [Entry] = []
  private var count = 0
  /// An id in two to the power of this is compared.
  private var shift = 0
  private let entriesMax: Int
  /// Once the entries are let go: repetitions by column.
  private var settled: [Int: Int]?

  /// - Parameter entriesMax: ids kept, over all columns; other than the usual only in tests.
  init(entriesMax: Int = Limits.comparedIDsMax) { self.entriesMax = entriesMax }

  /// Takes the id of a value of the column.
  /// - Parameter hash: spread evenly over all 64-bit numbers.
  @inline(__always)
  mutating func insert(_ hash: UInt64, column: Int) {
    guard isCompared(hash) else { return }
    add(Entry(hash: hash, column: UInt32(truncatingIfNeeded: column), count: 1))
  }

  /// - Parameter other: of the table's next part.
  mutating func merge(_ other: IDSample) {
    if settled != nil || other.settled != nil {
      settle()
      for (column, repeated) in other.repetitions { settled?[column, default: 0] += repeated }
      shift = max(shift, other.shift)
      return
    }
    if slots.isEmpty {
      self = other
      return
    }
    if other.shift > shift { thin(to: other.shift) }
    for entry in other.slots where entry.count > 0 && isCompared(entry.hash) { add(entry) }
  }

  /// How many ids of a column stand in an earlier row too: their number, or about, when only one in
  /// `comparedOneIn` was compared; never above 0 unless there is one.
  func duplicates(inColumn column: Int) -> Int { repetitions[column] ?? 0 }

  /// 1 when every id was compared.
  var comparedOneIn: Int { 1 << shift }

  /// Lets the entries go; what is merged later makes the numbers lower bounds.
  mutating func settle() {
    if settled == nil { settled = repetitions }
    slots = []
  }

  private var repetitions: [Int: Int] {
    if let settled { return settled }
    var repetitions: [Int: Int] = [:]
    for entry in slots where entry.count > 1 {
      repetitions[Int(entry.column), default: 0] += Int(entry.count - 1) << shift
    }
    return repetitions
  }

  // MARK: - Places

  @inline(__always)
  private func isCompared(_ hash: UInt64) -> Bool { hash & (1 &<< UInt64(shift) &- 1) == 0 }

  private mutating func add(_ entry: Entry) {
    let mask = slots.count &- 1
    if mask > 0 {
      // The lowest bits are those that choose.
      var at = (Int(truncatingIfNeeded: entry.hash &>> 32) &+ Int(entry.column) &* 0x9E37) & mask
      while slots[at].count > 0 {
        if slots[at].hash == entry.hash, slots[at].column == entry.column {
          slots[at].count = UInt32(clamping: UInt64(slots[at].count) + UInt64(entry.count))
          return
        }
        at = (at &+ 1) & mask
      }
      if count < entriesMax, count * 2 < slots.count {
        slots[at] = entry
        count += 1
        return
      }
    }
    if count < entriesMax {
      fill(max(16, slots.count * 4), with: slots)
    } else {
      thin(to: shift + 1)
      guard isCompared(entry.hash) else { return }
    }
    add(entry)
  }

  private mutating func thin(to shift: Int) {
    self.shift = shift
    let kept = slots
    fill(kept.count, with: kept)
  }

  /// Makes a table of `size` places with those of `entries` that are compared.
  private mutating func fill(_ size: Int, with entries: [Entry]) {
    slots = [Entry](repeating: Entry(hash: 0, column: 0, count: 0), count: size)
    count = 0
    for entry in entries where entry.count > 0 && isCompared(entry.hash) { add(entry) }
  }
}
