/// Eight words of a 64-byte compare result.
///
/// A tuple on purpose: subscripts and `|` of SIMD types are not specialised by the compiler and run a
/// hundred times slower (measured with Swift 6.3).
typealias Words8 = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

@inline(__always)
func words(_ mask: SIMDMask<SIMD64<Int8>>) -> Words8 { unsafeBitCast(mask, to: Words8.self) }

@inline(__always)
func splat(_ byte: UInt8) -> SIMD64<UInt8> { SIMD64(repeating: byte) }

@inline(__always)
func union(_ w: Words8) -> UInt64 { w.0 | w.1 | w.2 | w.3 | w.4 | w.5 | w.6 | w.7 }

/// One bit a byte: bit i is set when byte i of the compare result is.
@inline(__always)
func bits(_ w: Words8) -> UInt64 {
  pack(w.0) | pack(w.1) &<< 8 | pack(w.2) &<< 16 | pack(w.3) &<< 24 | pack(w.4) &<< 32
    | pack(w.5) &<< 40 | pack(w.6) &<< 48 | pack(w.7) &<< 56
}

/// Eight bytes of 0x00 or 0xFF to eight bits: one bit is left in each byte, at that byte's own
/// position, and the multiplication gathers them in the top byte.
@inline(__always)
private func pack(_ word: UInt64) -> UInt64 {
  ((word & 0x8040_2010_0804_0201) &* 0x0101_0101_0101_0101) &>> 56
}
