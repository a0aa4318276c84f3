/// Bytes to look at in any direction: reading past either end gives 0, which is no digit, no letter
/// and no separator. Valid only during the scan of one chunk.
struct Bytes {
  let base: UnsafePointer<UInt8>
  let count: Int

  @inline(__always)
  subscript(_ offset: Int) -> UInt8 {
    UInt(bitPattern: offset) < UInt(bitPattern: count) ? base[offset] : 0
  }

  /// Whether `text` stands at `offset`.
  @inline(__always)
  func has(_ text: StaticString, at offset: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard offset >= 0, offset + length <= count else { return false }
    for i in 0..<length where base[offset + i] != text.utf8Start[i] { return false }
    return true
  }

  /// Whether `text` (lower case) stands at `offset` in any case.
  func hasFolded(_ text: StaticString, at offset: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard offset >= 0, offset + length <= count else { return false }
    for i in 0..<length where lower(base[offset + i]) != text.utf8Start[i] { return false }
    return true
  }
}

@inline(__always) func isDigit(_ c: UInt8) -> Bool { c &- 0x30 < 10 }
@inline(__always) func isLetter(_ c: UInt8) -> Bool { (c | 0x20) &- 0x61 < 26 }
@inline(__always) func isWord(_ c: UInt8) -> Bool { isDigit(c) || isLetter(c) }
@inline(__always) func isHexLetter(_ c: UInt8) -> Bool { (c | 0x20) &- 0x61 < 6 }
@inline(__always) func isHex(_ c: UInt8) -> Bool { isDigit(c) || isHexLetter(c) }
@inline(__always) func isUpper(_ c: UInt8) -> Bool { c &- 0x41 < 26 }
@inline(__always) func isLower(_ c: UInt8) -> Bool { c &- 0x61 < 26 }
@inline(__always) func isBlank(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 }
@inline(__always) func lower(_ c: UInt8) -> UInt8 { isUpper(c) ? c | 0x20 : c }
