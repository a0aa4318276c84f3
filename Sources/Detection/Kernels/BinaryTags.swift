/// Finds the next byte that may begin the tag of a card number: 5A or 57 with a fitting length, or the
/// head of an ISO 8583 message with the length of a card number behind its bit map.
///
/// - Parameter count: bytes that can be read.
/// - Returns: an offset at or after `start`, or `end` when there is none.
func nextBinaryTag(
  _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, count: Int
) -> Int {
  let raw = UnsafeRawPointer(base)
  let five = SIMD64<UInt8>(repeating: 0x57)
  let tagMask = SIMD64<UInt8>(repeating: 0xF2)
  let six = SIMD64<UInt8>(repeating: 6)
  let fourteen = SIMD64<UInt8>(repeating: 14)
  let one = SIMD64<UInt8>(repeating: 1)
  let types = SIMD64<UInt8>(repeating: 0x28)
  let twelve = SIMD64<UInt8>(repeating: 0x12)
  let eight = SIMD64<UInt8>(repeating: 8)
  var offset = start
  while offset &+ 64 <= end, offset &+ 64 &+ 18 <= count {
    let a = raw.loadUnaligned(fromByteOffset: offset, as: SIMD64<UInt8>.self)
    let b = raw.loadUnaligned(fromByteOffset: offset &+ 1, as: SIMD64<UInt8>.self)
    let length = raw.loadUnaligned(fromByteOffset: offset &+ 10, as: SIMD64<UInt8>.self)
    let longer = raw.loadUnaligned(fromByteOffset: offset &+ 18, as: SIMD64<UInt8>.self)
    // 57, 5A and what differs in the same two bits; 0x52 is tried too.
    let tag = and(wide((a & tagMask) .== (five & tagMask)), wide((b &- six) .< fourteen))
    let type = wide((a &- one) .< types)
    let short = and(type, wide((length &- twelve) .< eight))
    let long = and(type, wide((longer &- twelve) .< eight))
    if union(tag) | union(short) | union(long) != 0 {
      for at in offset..<offset &+ 64 where mayBeTag(base, at, count) { return at }
    }
    offset &+= 64
  }
  while offset < end {
    if mayBeTag(base, offset, count) { return offset }
    offset &+= 1
  }
  return end
}

@inline(__always)
private func mayBeTag(_ base: UnsafePointer<UInt8>, _ at: Int, _ count: Int) -> Bool {
  guard at &+ 1 < count else { return false }
  let a = base[at]
  let b = base[at &+ 1]
  if a == 0x5A { return b >= 6 && b <= 10 }
  if a == 0x57 { return b >= 9 && b <= 19 }
  guard a &- 1 < 0x28, at &+ 10 < count, base[at &+ 2] & 0x40 != 0 else { return false }
  let head = at &+ (base[at &+ 2] & 0x80 != 0 ? 18 : 10)
  return head < count && base[head] &- 0x12 < 8 && ISO8583.isType(a, b)
}

/// A tuple, because subscripts of SIMD types are not specialised.
private typealias Wide = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

@inline(__always)
private func wide(_ mask: SIMDMask<SIMD64<Int8>>) -> Wide { unsafeBitCast(mask, to: Wide.self) }

@inline(__always)
private func union(_ w: Wide) -> UInt64 { w.0 | w.1 | w.2 | w.3 | w.4 | w.5 | w.6 | w.7 }

@inline(__always)
private func and(_ a: Wide, _ b: Wide) -> Wide {
  (
    a.0 & b.0, a.1 & b.1, a.2 & b.2, a.3 & b.3, a.4 & b.4, a.5 & b.5, a.6 & b.6, a.7 & b.7
  )
}
