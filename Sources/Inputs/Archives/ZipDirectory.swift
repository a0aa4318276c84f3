import Native

/// The directory at the end of a zip file.
struct ZipDirectory {
  /// Where the record ends that ends the directory; a comment, or anything else, may follow.
  let recordEnd: Int
  /// Where the directory itself lies; `nil` for one whose numbers make no sense.
  let range: Range<Int>?
  /// What the record of numbers that take 64 bits holds beside them.
  let extensible: Range<Int>?
  /// How much further everything lies than the directory says.
  let shift: Int
  /// Whether it may be held in memory; the library keeps some 200 bytes a member.
  let isModest: Bool

  static let recordBytes = 22
  private static let commentBytesMax = 0xFFFF
  /// The record of numbers that take 64 bits, and what says where it is.
  private static let largeRecordBytes = 56
  private static let locatorBytes = 20

  /// - Returns: `nil` when there is none, or the stream cannot be read from any place.
  init?(_ stream: ByteStream) {
    guard let size = stream.seekableBytes else { return nil }
    let start = max(0, size - ZipDirectory.recordBytes - ZipDirectory.commentBytesMax)
    let tail = stream.bytes(start..<size)
    defer { stream.seek(to: 0) }
    guard let at = ZipDirectory.lastRecord(in: tail) else { return nil }
    recordEnd = start + at + ZipDirectory.recordBytes
    var end = start + at
    var count = tail.number(at + 10, bytes: 2)
    var bytes = tail.number(at + 12, bytes: 4)
    var offset = tail.number(at + 16, bytes: 4)
    var extensible: Range<Int>?
    // All ones: more than the field may hold.
    if count == 0xFFFF || bytes == 0xFFFF_FFFF || offset == 0xFFFF_FFFF,
      let (place, large) = ZipDirectory.largeRecord(before: end, in: stream)
    {
      extensible = place + ZipDirectory.largeRecordBytes..<end - ZipDirectory.locatorBytes
      end = place
      count = large.number(32, bytes: 8)
      bytes = large.number(40, bytes: 8)
      offset = large.number(48, bytes: 8)
    }
    self.extensible = extensible
    isModest = (0..<0xFFFF).contains(count)
    guard (0...end).contains(bytes), (0...end - bytes).contains(offset) else {
      range = nil
      shift = 0
      return
    }
    range = end - bytes..<end
    shift = end - bytes - offset
  }

  /// Where the last record begins. The end of every program is searched for one, so places are told
  /// apart by one byte first, with the system's own search.
  private static func lastRecord(in tail: [UInt8]) -> Int? {
    guard tail.count >= recordBytes else { return nil }
    return tail.withUnsafeBytes { tail in
      var rest = UnsafeRawBufferPointer(rebasing: tail[...(tail.count - recordBytes)])
      while let at = lastOffset(of: 0x50, in: rest) {
        if tail[at + 1] == 0x4B, tail[at + 2] == 5, tail[at + 3] == 6 { return at }
        rest = UnsafeRawBufferPointer(rebasing: rest[..<at])
      }
      return nil
    }
  }

  /// The record of numbers that take 64 bits: right before its locator, which stands before the last
  /// record, or where the locator says.
  private static func largeRecord(before end: Int, in stream: ByteStream) -> (Int, [UInt8])? {
    let locator = end - locatorBytes
    guard locator >= largeRecordBytes else { return nil }
    let bytes = stream.bytes(locator..<end)
    guard bytes.count == locatorBytes, bytes.starts(with: [0x50, 0x4B, 6, 7]) else { return nil }
    for place in [locator - largeRecordBytes, bytes.number(8, bytes: 8)]
    where (0...locator - largeRecordBytes).contains(place) {
      let record = stream.bytes(place..<place + largeRecordBytes)
      if record.count == largeRecordBytes, record.starts(with: [0x50, 0x4B, 6, 6]) {
        return (place, record)
      }
    }
    return nil
  }

  /// Whether something may come before the archive: a script or a program that unpacks or runs it.
  static func mayFollow(_ head: [UInt8]) -> Bool {
    head.starts(with: [0x23, 0x21]) || head.starts(with: [0x4D, 0x5A])
      || head.starts(with: [0x7F, 0x45, 0x4C, 0x46])
  }

  /// Whether the last bytes of a file are those of a zip without a comment, whatever it begins with: a
  /// picture, a text.
  static func isEnd(_ last: [UInt8]) -> Bool {
    last.count == recordBytes && last.starts(with: [0x50, 0x4B, 5, 6]) && last[20...] == [0, 0]
  }

  /// Whether a stream that begins with something else ends as a zip file.
  static func isBehind(_ head: [UInt8], of stream: ByteStream) -> Bool {
    guard let size = stream.seekableBytes else { return false }
    defer { stream.seek(to: 0) }
    guard mayFollow(head) || isEnd(last(head, size, stream)),
      let range = ZipDirectory(stream)?.range, !range.isEmpty
    else { return false }
    return stream.bytes(range.lowerBound..<range.lowerBound + 4) == [0x50, 0x4B, 1, 2]
  }

  /// None of an object in a bucket that goes on behind its head: nearly none is an archive, and each
  /// would take two requests more.
  private static func last(_ head: [UInt8], _ size: Int, _ stream: ByteStream) -> [UInt8] {
    if size <= head.count { return Array(head[..<size].suffix(recordBytes)) }
    return stream.isRemote ? [] : stream.bytes(max(0, size - recordBytes)..<size)
  }

  /// Larger directories are not looked through.
  private static let bytesMax = 16 << 20
  /// No number and no labelled code is shorter.
  private static let textBytesMin = 12
  /// What writers of archives put into a member's fields: sizes of 64 bits, times, owners.
  private static let usualFields = [0x0001, 0x000A, 0x5455, 0x5855, 0x7875]
  /// The longest of them, with its head.
  private static let usualFieldBytesMax = 36

  /// More pieces of the directory than this are read as one, with all that is between them.
  private static let piecesMax = 1_000

  /// Bytes of the archive up to the end of its directory that no member has: before and between the
  /// members, and the comments and large fields of the directory.
  /// - Returns: `nil` when nobody can tell.
  func unlisted(in stream: ByteStream) -> [Range<Int>]? {
    guard let range, range.count <= ZipDirectory.bytesMax else { return nil }
    defer { stream.seek(to: 0) }
    let directory = stream.bytes(range)
    guard directory.count == range.count else { return nil }
    var members: [Range<Int>] = []
    var pieces: [Range<Int>] = []
    var at = 0
    while at + 46 <= directory.count, directory[at...].starts(with: [0x50, 0x4B, 1, 2]) {
      let name = directory.number(at + 28, bytes: 2)
      let extra = directory.number(at + 30, bytes: 2)
      let comment = directory.number(at + 32, bytes: 2)
      let fields = at + 46 + name
      guard fields + extra + comment <= directory.count,
        let (packed, offset) = ZipDirectory.place(in: directory, at, fields..<fields + extra),
        (0...range.upperBound).contains(packed), (0...range.upperBound).contains(offset)
      else { return nil }
      members.append(offset + shift..<offset + shift + 30 + name + packed)
      let start = range.lowerBound + fields
      if ZipDirectory.mayHoldText(directory[fields..<fields + extra]) {
        pieces.append(start..<start + extra)
      }
      if comment > 0 { pieces.append(start + extra..<start + extra + comment) }
      at = fields + extra + comment
    }
    if at < directory.count { pieces.append(range.lowerBound + at..<range.upperBound) }
    if pieces.count > ZipDirectory.piecesMax { pieces = [range] }
    if let extensible, !extensible.isEmpty { pieces.append(extensible) }
    return between(&members, range, stream) + pieces
  }

  /// How many bytes a member takes and where it begins, as the directory has it.
  private static func place(
    in directory: [UInt8], _ at: Int, _ extra: Range<Int>
  ) -> (packed: Int, offset: Int)? {
    var packed = directory.number(at + 20, bytes: 4)
    var offset = directory.number(at + 42, bytes: 4)
    guard packed == 0xFFFF_FFFF || offset == 0xFFFF_FFFF else { return (packed, offset) }
    // Numbers of 64 bits stand in a field of their own, those that are needed and in this order.
    var field = extra.lowerBound
    while field + 4 <= extra.upperBound {
      let end = field + 4 + directory.number(field + 2, bytes: 2)
      guard end <= extra.upperBound else { return nil }
      if directory.number(field, bytes: 2) == 1 {
        var next = field + 4
        if directory.number(at + 24, bytes: 4) == 0xFFFF_FFFF { next += 8 }
        for isPacked in [true, false]
        where (isPacked ? packed : offset) == 0xFFFF_FFFF {
          guard next + 8 <= end else { return nil }
          let number = directory.number(next, bytes: 8)
          if isPacked { packed = number } else { offset = number }
          next += 8
        }
        return (packed, offset)
      }
      field = end
    }
    return nil
  }

  /// Whether a member's fields hold more than what is usual.
  private static func mayHoldText(_ fields: ArraySlice<UInt8>) -> Bool {
    var rest = Array(fields)[...]
    while rest.count >= 4 {
      let bytes = Array(rest.prefix(4))
      let count = 4 + bytes.number(2, bytes: 2)
      guard count <= rest.count else { break }
      let isUsual = usualFields.contains(bytes.number(0, bytes: 2)) && count <= usualFieldBytesMax
      if !isUsual, mayBeText(rest[(rest.startIndex + 4)..<(rest.startIndex + count)]) {
        return true
      }
      rest = rest.dropFirst(count)
    }
    return mayBeText(rest)
  }

  /// Zeros are there to let a member begin at a round number.
  private static func mayBeText(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count >= textBytesMin && bytes.contains { $0 != 0 }
  }

  private func between(
    _ members: inout [Range<Int>], _ range: Range<Int>, _ stream: ByteStream
  ) -> [Range<Int>] {
    members.sort { $0.lowerBound < $1.lowerBound }
    var unlisted: [Range<Int>] = []
    var reached = 0
    func add(_ range: Range<Int>) {
      if range.count >= ZipDirectory.textBytesMin { unlisted.append(range) }
    }
    for (index, member) in members.enumerated() {
      if member.lowerBound > reached { add(reached..<member.lowerBound) }
      reached = max(reached, member.upperBound)
      let next = index + 1 < members.count ? members[index + 1].lowerBound : range.lowerBound
      guard next > reached else { continue }
      let header = stream.bytes(member.lowerBound..<member.lowerBound + 30)
      guard header.count == 30 else { break }
      // Fields stand before the member's bytes.
      let fields = member.lowerBound + 30 + header.number(26, bytes: 2)
      let extra = min(header.number(28, bytes: 2), next - reached)
      if extra >= ZipDirectory.textBytesMin,
        ZipDirectory.mayHoldText(stream.bytes(fields..<fields + extra)[...])
      {
        unlisted.append(fields..<fields + extra)
      }
      // Sizes that were not known when the header was written stand behind the member.
      reached += extra + (header[6] & 8 != 0 ? min(24, next - reached - extra) : 0)
    }
    if range.lowerBound > reached { add(reached..<range.lowerBound) }
    return unlisted
  }
}

/// A stretch of an archive that none of its members has.
struct UnlistedBytes {
  var name: String
  var range: Range<Int>

  /// Those of an archive that can be read from any place, the last first.
  /// - Returns: `nil` when nobody can tell which.
  static func find(in stream: ByteStream, _ format: LibArchive.Format) -> [UnlistedBytes]? {
    guard let size = stream.seekableBytes else { return nil }
    switch format {
    case .zip, .zipStream:
      guard let directory = ZipDirectory(stream), let unlisted = directory.unlisted(in: stream)
      else { return nil }
      let inside = unlisted.sorted { $0.lowerBound < $1.lowerBound }.map {
        UnlistedBytes(
          name: $0.lowerBound == 0 ? "before its beginning" : "unlisted at \($0.lowerBound)",
          range: $0)
      }
      return behind(directory.recordEnd, size) + inside.reversed()
    case .sevenZip:
      // The header lies at the end, and its place in the first one.
      let head = stream.bytes(0..<min(32, size))
      guard head.count == 32, head[19] < 0x20, head[27] < 0x20 else { return nil }
      return behind(32 + head.number(12, bytes: 8) + head.number(20, bytes: 8), size)
    case .cab:
      let head = stream.bytes(0..<min(12, size))
      return head.count == 12 ? behind(head.number(8, bytes: 4), size) : nil
    case .tar, .cpio, .rar, .ar: return nil
    // All of its bytes are read besides.
    case .iso: return []
    }
  }

  private static func behind(_ end: Int, _ size: Int) -> [UnlistedBytes] {
    end > 0 && end < size ? [UnlistedBytes(name: behindName, range: end..<size)] : []
  }

  /// What the bytes behind an archive's own end are called.
  static let behindName = "behind its end"
}

extension LibArchive.Format {
  /// Whether members lie one after another, up to the archive's end.
  var isReadThrough: Bool { [.tar, .cpio, .rar, .ar].contains(self) }
}

extension [UInt8] {
  /// A number, its lowest byte first; negative for one of 64 bits that is too large.
  fileprivate func number(_ at: Int, bytes: Int) -> Int {
    (0..<bytes).reduce(0) { $0 | Int(self[at + $1]) << (8 * $1) }
  }
}
