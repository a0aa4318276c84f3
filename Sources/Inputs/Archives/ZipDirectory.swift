import Native

/// The directory at the end of a zip file.
struct ZipDirectory {
  /// Where the record begins that ends the directory.
  let end: Int
  /// Where the record ends; a comment, or anything else, may follow.
  let recordEnd: Int
  /// Where the directory itself lies; `nil` for one whose numbers do not fit its fields.
  let range: Range<Int>?
  /// How much further everything lies than the directory says.
  let shift: Int
  /// Whether it may be held in memory; the library keeps some 200 bytes a member.
  let isModest: Bool

  private static let recordBytes = 22
  private static let commentBytesMax = 0xFFFF

  /// - Returns: `nil` when there is none, or the stream cannot be read from any place.
  init?(_ stream: ByteStream) {
    guard let size = stream.seekableBytes else { return nil }
    let start = max(0, size - ZipDirectory.recordBytes - ZipDirectory.commentBytesMax)
    let tail = stream.bytes(start..<size)
    defer { stream.seek(to: 0) }
    var at = tail.count - ZipDirectory.recordBytes
    while at >= 0, !tail[at...].starts(with: [0x50, 0x4B, 5, 6]) { at -= 1 }
    guard at >= 0 else { return nil }
    end = start + at
    recordEnd = end + ZipDirectory.recordBytes
    let count = tail.number(at + 10, bytes: 2)
    let bytes = tail.number(at + 12, bytes: 4)
    let offset = tail.number(at + 16, bytes: 4)
    // All ones: more than the field holds.
    isModest = count != 0xFFFF
    guard isModest, bytes != 0xFFFF_FFFF, offset != 0xFFFF_FFFF, offset + bytes <= end else {
      range = nil
      shift = 0
      return
    }
    range = end - bytes..<end
    shift = end - bytes - offset
  }

  /// Whether something may come before the archive: a script or a program that unpacks or runs it.
  static func mayFollow(_ head: [UInt8]) -> Bool {
    head.starts(with: [0x23, 0x21]) || head.starts(with: [0x4D, 0x5A])
      || head.starts(with: [0x7F, 0x45, 0x4C, 0x46])
  }

  /// Whether a stream that begins with something else ends as a zip file.
  static func isBehind(_ head: [UInt8], of stream: ByteStream) -> Bool {
    guard mayFollow(head), let range = ZipDirectory(stream)?.range, !range.isEmpty else {
      return false
    }
    defer { stream.seek(to: 0) }
    return stream.bytes(range.lowerBound..<range.lowerBound + 4) == [0x50, 0x4B, 1, 2]
  }

  /// Larger directories are not looked through.
  private static let bytesMax = 16 << 20
  /// What may lie between two members: the second's header tells how much of it is its own.
  private static let slackBytes = 64

  /// Bytes in front of the directory that no member has.
  func unlisted(in stream: ByteStream) -> [Range<Int>] {
    guard let range, range.count <= ZipDirectory.bytesMax else { return [] }
    defer { stream.seek(to: 0) }
    var members: [Range<Int>] = []
    let directory = stream.bytes(range)
    var at = 0
    while at + 46 <= directory.count, directory[at...].starts(with: [0x50, 0x4B, 1, 2]) {
      let packed = directory.number(at + 20, bytes: 4)
      let name = directory.number(at + 28, bytes: 2)
      let offset = directory.number(at + 42, bytes: 4)
      // Numbers of 64 bits lie elsewhere.
      guard packed != 0xFFFF_FFFF, offset != 0xFFFF_FFFF else { return [] }
      let start = offset + shift
      members.append(start..<start + 30 + name + packed)
      at += 46 + name + directory.number(at + 30, bytes: 2) + directory.number(at + 32, bytes: 2)
    }
    members.sort { $0.lowerBound < $1.lowerBound }
    var unlisted: [Range<Int>] = []
    var reached = 0
    for (index, member) in members.enumerated() {
      if member.lowerBound > reached { unlisted.append(reached..<member.lowerBound) }
      reached = max(reached, member.upperBound)
      let next = index + 1 < members.count ? members[index + 1].lowerBound : range.lowerBound
      guard next > reached else { continue }
      if next - reached <= ZipDirectory.slackBytes {
        reached = next
      } else {
        let header = stream.bytes(member.lowerBound..<member.lowerBound + 30)
        guard header.count == 30 else { return unlisted }
        let extra = header.number(28, bytes: 2)
        // Sizes that were not known when the header was written stand behind the member.
        reached += extra + (header[6] & 8 != 0 ? min(24, max(0, next - reached - extra)) : 0)
      }
    }
    if range.lowerBound > reached { unlisted.append(reached..<range.lowerBound) }
    return unlisted
  }
}

/// A stretch of an archive that none of its members has.
struct UnlistedBytes {
  var name: String
  var range: Range<Int>

  /// Those of an archive that can be read from any place, the last first.
  static func find(in stream: ByteStream, _ format: LibArchive.Format) -> [UnlistedBytes] {
    guard let size = stream.seekableBytes else { return [] }
    switch format {
    case .zip:
      guard let directory = ZipDirectory(stream) else { return [] }
      let inside = directory.unlisted(in: stream).map {
        UnlistedBytes(
          name: $0.lowerBound == 0 ? "before its beginning" : "unlisted at \($0.lowerBound)",
          range: $0)
      }
      return behind(directory.recordEnd, size) + inside.reversed()
    case .sevenZip:
      // The header lies at the end, and its place in the first one.
      let head = stream.bytes(0..<min(32, size))
      guard head.count == 32, head[19] < 0x20, head[27] < 0x20 else { return [] }
      return behind(32 + head.number(12, bytes: 8) + head.number(20, bytes: 8), size)
    case .cab:
      let head = stream.bytes(0..<min(12, size))
      return head.count == 12 ? behind(head.number(8, bytes: 4), size) : []
    case .tar, .zipStream, .cpio, .rar, .ar: return []
    }
  }

  private static func behind(_ end: Int, _ size: Int) -> [UnlistedBytes] {
    end > 0 && end < size ? [UnlistedBytes(name: behindName, range: end..<size)] : []
  }

  /// What the bytes behind an archive's own end are called.
  static let behindName = "behind its end"
}

extension [UInt8] {
  /// An unsigned number, its lowest byte first.
  fileprivate func number(_ at: Int, bytes: Int) -> Int {
    (0..<bytes).reduce(0) { $0 | Int(self[at + $1]) << (8 * $1) }
  }
}
