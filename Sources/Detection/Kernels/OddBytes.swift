/// Whether any byte is NUL or above 0x7F: text that is not plain ASCII, where decoders have work.
func hasOddBytes(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
  let raw = UnsafeRawPointer(base)
  var offset = start
  var seen: Words8 = (0, 0, 0, 0, 0, 0, 0, 0)
  while offset &+ 64 <= end {
    let v = raw.loadUnaligned(fromByteOffset: offset, as: SIMD64<UInt8>.self)
    let w = words((v &- splat(1)) .>= splat(0x7F))
    seen = (
      seen.0 | w.0, seen.1 | w.1, seen.2 | w.2, seen.3 | w.3, seen.4 | w.4, seen.5 | w.5,
      seen.6 | w.6, seen.7 | w.7
    )
    offset &+= 64
  }
  if union(seen) != 0 { return true }
  while offset < end {
    if base[offset] &- 1 >= 0x7F { return true }
    offset &+= 1
  }
  return false
}
