import CKernels

/// Finds the next byte that may begin the tag of a card number: 5A or 57 with a fitting length, or the
/// head of an ISO 8583 message with the length of a card number behind its bit map.
///
/// - Parameter count: bytes that can be read.
/// - Returns: an offset at or after `start`, or `end` when there is none.
func nextBinaryTag(
  _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, count: Int, _ support: KernelSupport
) -> Int {
  var offset = start
  while offset < end {
    #if arch(x86_64)
      if support.isWide {
        offset = unpan_next_tag_avx512(base, offset, end, count)
        guard offset < end else { return end }
      }
    #endif
    if mayBeTag(base, offset, count) { return offset }
    offset &+= 1
  }
  return end
}

@inline(__always)
private func mayBeTag(_ base: UnsafePointer<UInt8>, _ at: Int, _ count: Int) -> Bool {
  let a = base[at]
  guard a == 0x5A || a == 0x57 || a &- 1 < 0x28, at &+ 1 < count else { return false }
  let b = base[at &+ 1]
  if a == 0x5A { return b >= 6 && b <= 10 }
  if a == 0x57 { return b >= 9 && b <= 19 }
  guard b < 0x56, at &+ 10 < count, base[at &+ 2] & 0x60 == 0x60 else { return false }
  let head = at &+ (base[at &+ 2] & 0x80 != 0 ? 18 : 10)
  return head < count && base[head] &- 0x12 < 8
}
