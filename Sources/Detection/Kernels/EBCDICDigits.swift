/// Finds the next three digits of EBCDIC (0xF0 to 0xF9) in a row.
///
/// - Returns: an offset at or after `start`, or `end` when there is none.
func nextEBCDICDigits(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
  let raw = UnsafeRawPointer(base)
  let zero = SIMD64<UInt8>(repeating: 0xF0)
  let ten = SIMD64<UInt8>(repeating: 10)
  var offset = start
  while offset &+ 66 <= end {
    // Only the last of three is loaded: a block without a third digit has no three.
    let c = raw.loadUnaligned(fromByteOffset: offset &+ 2, as: SIMD64<UInt8>.self)
    let mask = unsafeBitCast((c &- zero) .< ten, to: Words.self)
    if mask.0 | mask.1 | mask.2 | mask.3 | mask.4 | mask.5 | mask.6 | mask.7 != 0 {
      for at in offset..<offset &+ 64 where isEBCDIC(base, at) { return at }
    }
    offset &+= 64
  }
  while offset &+ 2 < end {
    if isEBCDIC(base, offset) { return offset }
    offset &+= 1
  }
  return end
}

@inline(__always)
private func isEBCDIC(_ base: UnsafePointer<UInt8>, _ at: Int) -> Bool {
  base[at &+ 2] &- 0xF0 < 10 && base[at &+ 1] &- 0xF0 < 10 && base[at] &- 0xF0 < 10
}

/// A tuple, because subscripts of SIMD types are not specialised.
private typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
