import CKernels

/// Counts newlines.
///
/// - Complexity: O(n), at 64 bytes a step; per-byte counters are folded before they can overflow.
func countNewlines(
  _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, _ support: KernelSupport
) -> Int {
  let raw = UnsafeRawPointer(base)
  var offset = start
  var total = 0
  #if arch(x86_64)
    if support.isWide, end - start >= 64 {
      let blocks = (end - start) / 64
      total = unpan_count_newlines_avx512(base + start, blocks)
      offset += blocks * 64
    }
  #endif
  let newline = SIMD64<UInt8>(repeating: 0x0A)
  while offset &+ 64 <= end {
    var counters = SIMD64<UInt8>()
    var steps = 0
    while steps < 255, offset &+ 64 <= end {
      let v = raw.loadUnaligned(fromByteOffset: offset, as: SIMD64<UInt8>.self)
      // A hit is 0xFF, so subtracting it adds one.
      counters = counters &- unsafeBitCast(v .== newline, to: SIMD64<UInt8>.self)
      offset &+= 64
      steps &+= 1
    }
    total &+= sum(unsafeBitCast(counters, to: Words8.self))
  }
  while offset < end {
    if base[offset] == 0x0A { total &+= 1 }
    offset &+= 1
  }
  return total
}

/// A tuple on purpose: subscripts of SIMD types are not specialised by the compiler and run a hundred
/// times slower (measured with Swift 6.3).
private typealias Words8 = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

private func sum(_ w: Words8) -> Int {
  sum(w.0) + sum(w.1) + sum(w.2) + sum(w.3) + sum(w.4) + sum(w.5) + sum(w.6) + sum(w.7)
}

/// The sum of the eight bytes of a word.
private func sum(_ word: UInt64) -> Int {
  let pairs = (word & 0x00FF_00FF_00FF_00FF) &+ ((word &>> 8) & 0x00FF_00FF_00FF_00FF)
  return Int((pairs &* 0x0001_0001_0001_0001) &>> 48)
}
