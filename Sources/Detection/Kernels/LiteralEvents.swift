/// Finds the letters that keys, client secrets and PIN labels cannot do without, in any case:
/// `k_` (`sk_live_`, `rk_test_`), `hse` (`whsec_`), `ecr` (`_secret_`) and `pin`.
///
/// - Parameters:
///   - end: `end + 2` bytes must be readable.
///   - events: room for `eventSpanMax` offsets.
/// - Returns: how many offsets were written: the first byte of each, in order.
func findLiteralEvents(
  _ base: UnsafePointer<UInt8>, from start: Int, to end: Int,
  into events: UnsafeMutablePointer<UInt32>
) -> Int {
  let raw = UnsafeRawPointer(base)
  var count = 0
  var offset = start
  while offset &+ 64 <= end {
    let a = folded(raw, offset)
    let b = folded(raw, offset &+ 1)
    let c = folded(raw, offset &+ 2)
    let key = and(words(a .== splat(0x6B)), words(b .== splat(0x7F)))
    let hook = and3(a, 0x68, b, 0x73, c, 0x65)
    let secret = and3(a, 0x65, b, 0x63, c, 0x72)
    let pin = and3(a, 0x70, b, 0x69, c, 0x6E)
    let any = or(or(key, hook), or(secret, pin))
    if union(any) != 0 {
      var mask = bits(any)
      while mask != 0 {
        events[count] = UInt32(truncatingIfNeeded: offset &+ mask.trailingZeroBitCount)
        count &+= 1
        mask &= mask &- 1
      }
    }
    offset &+= 64
  }
  while offset < end {
    let a = base[offset] | 0x20
    let b = base[offset &+ 1] | 0x20
    let c = base[offset &+ 2] | 0x20
    if a == 0x6B && b == 0x7F || a == 0x68 && b == 0x73 && c == 0x65
      || a == 0x65 && b == 0x63 && c == 0x72 || a == 0x70 && b == 0x69 && c == 0x6E
    {
      events[count] = UInt32(truncatingIfNeeded: offset)
      count &+= 1
    }
    offset &+= 1
  }
  return count
}

/// 64 bytes with letters in lower case; an underscore becomes 0x7F.
@inline(__always)
private func folded(_ raw: UnsafeRawPointer, _ offset: Int) -> SIMD64<UInt8> {
  let w = raw.loadUnaligned(fromByteOffset: offset, as: Words8.self)
  let f: UInt64 = 0x2020_2020_2020_2020
  return unsafeBitCast(
    (w.0 | f, w.1 | f, w.2 | f, w.3 | f, w.4 | f, w.5 | f, w.6 | f, w.7 | f),
    to: SIMD64<UInt8>.self)
}

@inline(__always)
private func and(_ a: Words8, _ b: Words8) -> Words8 {
  (
    a.0 & b.0, a.1 & b.1, a.2 & b.2, a.3 & b.3, a.4 & b.4, a.5 & b.5, a.6 & b.6, a.7 & b.7
  )
}

@inline(__always)
private func or(_ a: Words8, _ b: Words8) -> Words8 {
  (
    a.0 | b.0, a.1 | b.1, a.2 | b.2, a.3 | b.3, a.4 | b.4, a.5 | b.5, a.6 | b.6, a.7 | b.7
  )
}

@inline(__always)
private func and3(
  _ a: SIMD64<UInt8>, _ x: UInt8, _ b: SIMD64<UInt8>, _ y: UInt8, _ c: SIMD64<UInt8>, _ z: UInt8
) -> Words8 {
  and(and(words(a .== splat(x)), words(b .== splat(y))), words(c .== splat(z)))
}
