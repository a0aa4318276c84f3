import Glibc

/// Remembers short values of columns and a number for each: many columns hold few different ones.
///
/// Compares the bytes themselves, so that no two values are ever taken for each other. Holds input,
/// and is overwritten before it is used again or released. Never given a value with a number in it.
struct ValueMemo: ~Copyable {
  private var memory: UnsafeMutableRawPointer?
  private var byteCount = 0
  /// Some bits of the hash of each slot's value: where most values are new, the slots themselves are
  /// not touched, for they do not all fit into the first cache.
  private var tags: [UInt16] = []
  /// By column: how many more values may be remembered without one being met again.
  private var patience: [Int] = []
  /// A power of two.
  private var slotsPerColumn = 0

  // The number, the length, the bytes.
  private static let slotBytes = 64
  private static let headBytes = 2
  /// Longer values are not remembered.
  static let valueBytesMax = slotBytes - headBytes
  /// For all columns together: half of a second-level cache.
  private static let slotsMax = 8_192
  private static let slotsPerColumnMax = 1_024
  private static let patienceMax = 4_096

  init() {}

  deinit {
    guard let memory else { return }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    memory.deallocate()
  }

  /// Forgets everything and makes room for a table.
  mutating func begin(columns: Int) {
    var slots = ValueMemo.slotsPerColumnMax
    while slots > 1, slots * columns > ValueMemo.slotsMax { slots /= 2 }
    slotsPerColumn = slots
    tags = [UInt16](repeating: 0, count: slots * columns)
    patience = [Int](repeating: ValueMemo.patienceMax, count: columns)
    let wanted = slots * columns * ValueMemo.slotBytes
    if let memory {
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
      if wanted <= byteCount { return }
      memory.deallocate()
    }
    memory = .allocate(byteCount: max(wanted, 64), alignment: 64)
    byteCount = max(wanted, 64)
    memory?.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  /// - Parameters:
  ///   - value: not empty.
  ///   - hash: of the value, spread evenly.
  /// - Returns: what was remembered with the value, 0 for one that is not known.
  mutating func number(
    of value: UnsafeRawBufferPointer, hash: UInt64, column: Int
  ) -> UInt8 {
    let slot = slot(hash, column)
    guard tags[slot] == tag(hash), let memory, let bytes = value.baseAddress else { return 0 }
    let start = memory + slot &* ValueMemo.slotBytes
    guard Int(start.load(fromByteOffset: 1, as: UInt8.self)) == value.count,
      memcmp(start + ValueMemo.headBytes, bytes, value.count) == 0
    else { return 0 }
    patience[column] = min(patience[column] &+ 8, ValueMemo.patienceMax)
    return start.load(as: UInt8.self)
  }

  /// Remembers a number above 0 with a value, in place of another that has the same slot.
  mutating func remember(
    _ number: UInt8, of value: UnsafeRawBufferPointer, hash: UInt64, column: Int
  ) {
    guard value.count <= ValueMemo.valueBytesMax, patience[column] > 0, let memory,
      let bytes = value.baseAddress
    else { return }
    patience[column] &-= 1
    let slot = slot(hash, column)
    tags[slot] = tag(hash)
    let start = memory + slot &* ValueMemo.slotBytes
    start.storeBytes(of: number, as: UInt8.self)
    start.storeBytes(of: UInt8(value.count), toByteOffset: 1, as: UInt8.self)
    (start + ValueMemo.headBytes).copyMemory(from: bytes, byteCount: value.count)
  }

  @inline(__always)
  private func slot(_ hash: UInt64, _ column: Int) -> Int {
    column &* slotsPerColumn &+ Int(truncatingIfNeeded: hash &>> 40) & (slotsPerColumn &- 1)
  }

  /// Never that of an empty slot.
  @inline(__always)
  private func tag(_ hash: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: hash &>> 16) | 1 }
}
