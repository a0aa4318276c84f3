import CKernels

/// Finds the next three digits of EBCDIC (0xF0 to 0xF9) in a row.
///
/// - Returns: an offset at or after `start`, or `end` when there is none.
func nextEBCDICDigits(
  _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, _ support: KernelSupport
) -> Int {
  var offset = start
  #if arch(x86_64)
    if support.isWide, offset < end { offset = unpan_next_ebcdic_avx512(base, offset, end) }
  #endif
  while offset &+ 2 < end {
    // The last of three first: where it is none, no three begin up to it.
    if base[offset &+ 2] &- 0xF0 >= 10 {
      offset &+= 3
    } else if base[offset &+ 1] &- 0xF0 < 10, base[offset] &- 0xF0 < 10 {
      return offset
    } else {
      offset &+= 1
    }
  }
  return end
}
