import Native

/// Archives that are told by bytes far behind their beginning, which may be something else.
enum LateArchive {
  /// Whether it is worth looking further; false for nearly everything.
  static func isLikely(_ head: [UInt8]) -> Bool {
    ZipDirectory.mayFollow(head) || mayBeDisc(head)
  }

  /// - Parameter stream: one that can be read from any place; it stands at its beginning afterwards.
  /// - Returns: `nil` for what begins so and is none.
  static func format(_ head: [UInt8], of stream: ByteStream) -> LibArchive.Format? {
    if ZipDirectory.isBehind(head, of: stream) { return .zip }
    guard mayBeDisc(head), let size = stream.seekableBytes, size > discMarkOffset + 5 else {
      return nil
    }
    defer { stream.seek(to: 0) }
    let mark = stream.bytes(discMarkOffset..<discMarkOffset + 5)
    return mark.elementsEqual("CD001".utf8) ? .iso : nil
  }

  /// The first sectors belong to whatever starts from the disc: mostly nothing, or a boot sector.
  private static func mayBeDisc(_ head: [UInt8]) -> Bool {
    guard head.count >= 512 else { return false }
    return head[0] == 0 && head[..<16].allSatisfy { $0 == 0 }
      || head[510] == 0x55 && head[511] == 0xAA
  }

  /// The first descriptor stands in sector 16, its mark behind a byte (ECMA-119, 8.1).
  private static let discMarkOffset = 16 * 2048 + 1
}
