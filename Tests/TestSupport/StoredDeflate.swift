/// gzip and zlib streams whose bytes are stored as they are: made by hand, so that tests need no program.
package enum StoredDeflate {
  /// RFC 1952.
  package static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + blocks(bytes) + little(crc32(bytes))
      + little(UInt32(truncatingIfNeeded: bytes.count))
  }

  /// RFC 1950.
  package static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    [0x78, 0x9C] + blocks(bytes) + little(adler32(bytes)).reversed()
  }

  /// RFC 1951, 3.2.4.
  private static func blocks(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + bytes.count / 1000 + 16)
    var at = 0
    repeat {
      let count = min(0xFFFF, bytes.count - at)
      let isLast = at + count == bytes.count
      let (low, high) = (UInt8(count & 0xFF), UInt8(count >> 8))
      out += [isLast ? 1 : 0, low, high, ~low, ~high]
      out += bytes[at..<at + count]
      at += count
    } while at < bytes.count
    return out
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
  }

  private static let table: [UInt32] = (0..<256).map { first in
    (0..<8).reduce(UInt32(first)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1 }
  }

  package static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = 0xFFFF_FFFF
    table.withUnsafeBufferPointer { table in
      for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
    }
    return ~sum
  }

  package static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return b << 16 | a
  }
}
