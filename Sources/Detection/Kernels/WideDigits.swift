/// Finds the next place where another script's digit may begin: U+FF10 to U+FF19 in UTF-8, GBK or
/// Shift-JIS, and Arabic and Indic ones in UTF-8. Compares two bytes of each; the caller looks closer.
///
/// - Returns: an offset at or after `start`, or `end` when there is none.
func nextWideDigit(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
  let raw = UnsafeRawPointer(base)
  let ef = SIMD64<UInt8>(repeating: 0xEF)
  let bc = SIMD64<UInt8>(repeating: 0xBC)
  let a3 = SIMD64<UInt8>(repeating: 0xA3)
  let a0 = SIMD64<UInt8>(repeating: 0xA0)
  let b0 = SIMD64<UInt8>(repeating: 0xB0)
  let x82 = SIMD64<UInt8>(repeating: 0x82)
  let x4f = SIMD64<UInt8>(repeating: 0x4F)
  let ten = SIMD64<UInt8>(repeating: 10)
  let d9 = SIMD64<UInt8>(repeating: 0xD9)
  let db = SIMD64<UInt8>(repeating: 0xDB)
  let e0 = SIMD64<UInt8>(repeating: 0xE0)
  let a5 = SIMD64<UInt8>(repeating: 0xA5)
  let twenty = SIMD64<UInt8>(repeating: 0x15)
  var offset = start
  while offset &+ 65 <= end {
    let a = raw.loadUnaligned(fromByteOffset: offset, as: SIMD64<UInt8>.self)
    let b = raw.loadUnaligned(fromByteOffset: offset &+ 1, as: SIMD64<UInt8>.self)
    let utf8 = and(wide(a .== ef), wide(b .== bc))
    let gbk = and(wide(a .== a3), wide((b &- b0) .< ten))
    let sjis = and(wide(a .== x82), wide((b &- x4f) .< ten))
    let arabic = and(wide(a .== d9), wide((b &- a0) .< ten))
    let persian = and(wide(a .== db), wide((b &- b0) .< ten))
    let indic = and(wide(a .== e0), wide((b &- a5) .< twenty))
    if union(arabic) | union(persian) | union(indic) != 0 { break }
    if union(utf8) | union(gbk) | union(sjis) != 0 { break }
    offset &+= 64
  }
  while offset &+ 1 < end {
    let b = base[offset &+ 1]
    switch base[offset] {
    case 0xEF: if b == 0xBC { return offset }
    case 0xA3: if b &- 0xB0 < 10 { return offset }
    case 0x82: if b &- 0x4F < 10 { return offset }
    case 0xD9: if b &- 0xA0 < 10 { return offset }
    case 0xDB: if b &- 0xB0 < 10 { return offset }
    case 0xE0: if b &- 0xA5 < 0x15 { return offset }
    default: break
    }
    offset &+= 1
  }
  return end
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
