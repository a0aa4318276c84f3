import CSystem

/// Where some bytes stand for the first time in others, from `start` on; `nil` when they do not.
/// - Complexity: O(*n*)
package func firstOffset(
  of word: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int
) -> Int? {
  guard start < bytes.count, !word.isEmpty, let base = bytes.baseAddress else { return nil }
  return word.withUnsafeBytes { word in
    unpan_find(base + start, UInt(bytes.count - start), word.baseAddress!, UInt(word.count)).map {
      UnsafeRawPointer($0) - base
    }
  }
}

/// Where `byte` stands last.
package func lastOffset(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
  guard let start = bytes.baseAddress,
    let found = unpan_find_last(start, CInt(byte), UInt(bytes.count))
  else { return nil }
  return found - start
}
