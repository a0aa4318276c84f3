/// Tells whether any of many keys comes with two values, without holding them all in memory.
///
/// Keys and values are 64-bit hashes, spread by key over parts of a scratch file; one part at a time is
/// looked at. Equal keys have equal hashes, so a "no" is certain; a "yes" may be two keys that share a
/// hash and is for the caller to look into.
package struct KeySpool: ~Copyable {
  private var file: ScratchFile
  /// Per part the pairs not yet written, key and value in turn.
  private var pending: [[UInt64]]
  /// Per part where its pieces lie in the file.
  private var pieces: [[Range<Int>]]

  private static let partCount = 64
  private static let pendingMax = 4096

  /// - Throws: `WriteFailure` when there is no room for a scratch file.
  package init() throws(WriteFailure) {
    file = try ScratchFile()
    pieces = Array(repeating: [], count: KeySpool.partCount)
    pending = []
    for _ in 0..<KeySpool.partCount {
      var part: [UInt64] = []
      part.reserveCapacity(KeySpool.pendingMax)
      pending.append(part)
    }
  }

  /// The hash of a part of some bytes, other in every process.
  /// - Parameter salt: what kind of key it is; keys of two kinds are never taken for one.
  package static func hash(_ bytes: [UInt8], _ range: Range<Int>, salt: Int) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(salt)
    bytes.withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0[range])) }
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  /// Notes that `key` has `value`.
  /// - Throws: `WriteFailure` when the scratch file does not take more.
  package mutating func add(key: UInt64, value: UInt64) throws(WriteFailure) {
    let part = Int(truncatingIfNeeded: key >> 58)
    pending[part].append(key)
    pending[part].append(value)
    guard pending[part].count >= KeySpool.pendingMax else { return }
    let start = file.count
    try file.append(pending[part].withUnsafeBytes { Array($0) })
    pieces[part].append(start..<file.count)
    pending[part].removeAll(keepingCapacity: true)
  }

  /// Whether a key was added with two different values.
  /// - Complexity: O(*n*) time; memory for one part in 64.
  package func hasTwoValues() throws(WriteFailure) -> Bool {
    for part in 0..<KeySpool.partCount {
      if try hasTwoValues(part) { return true }
    }
    return false
  }

  private func hasTwoValues(_ part: Int) throws(WriteFailure) -> Bool {
    let count = pending[part].count / 2 + pieces[part].reduce(0) { $0 + $1.count / 16 }
    // Half full at most; the key 0 marks a free place and is itself moved to 1.
    let mask = (1 << (Int.bitWidth - (count * 2 + 1).leadingZeroBitCount)) - 1
    var table = [UInt64](repeating: 0, count: (mask + 1) * 2)
    for piece in pieces[part] {
      let bytes = try file.read(piece)
      let isFound = bytes.withUnsafeBytes {
        KeySpool.add($0.bindMemory(to: UInt64.self), &table, mask)
      }
      if isFound { return true }
    }
    return pending[part].withUnsafeBufferPointer { KeySpool.add($0, &table, mask) }
  }

  /// - Returns: whether one of the pairs has a key that is there with another value.
  private static func add(
    _ pairs: UnsafeBufferPointer<UInt64>, _ table: inout [UInt64], _ mask: Int
  ) -> Bool {
    for index in stride(from: 0, to: pairs.count, by: 2) {
      let key = max(pairs[index], 1)
      let value = pairs[index + 1]
      var place = Int(truncatingIfNeeded: key) & mask
      while table[place * 2] != 0 && table[place * 2] != key { place = (place + 1) & mask }
      if table[place * 2] == key && table[place * 2 + 1] != value { return true }
      table[place * 2] = key
      table[place * 2 + 1] = value
    }
    return false
  }
}
