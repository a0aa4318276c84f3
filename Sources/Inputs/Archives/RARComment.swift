/// The comment of a rar archive, of which libarchive says nothing: a block behind the first header.
enum RARComment: Equatable {
  case text([UInt8])
  /// There is one, and it is compressed or too long.
  case packed

  /// A comment of the older form has 64 KiB at most, one of the newer 256 KiB.
  static let bytesMax = 300 << 10
  /// It follows the header at once, or the header of a recovered or locked archive.
  private static let blocksMax = 8
  private static let name = Array("CMT".utf8)

  /// - Parameter head: of the archive, up to `bytesMax`.
  /// - Returns: `nil` when there is none.
  init?(_ head: [UInt8]) {
    if head.starts(with: Array("Rar!\u{1A}\u{7}\0".utf8)) {
      self.init(oldBlocks: head)
    } else if head.starts(with: Array("Rar!\u{1A}\u{7}\u{1}\0".utf8)) {
      self.init(newBlocks: head)
    } else {
      return nil
    }
  }

  /// Version 1.5 to 4 (technote.txt of RAR 4): check sum, type, flags, size of the header.
  private init?(oldBlocks head: [UInt8]) {
    var at = 7
    for _ in 0..<RARComment.blocksMax where at + 7 <= head.count {
      let flags = RARComment.number(head, at + 3, 2)
      let size = RARComment.number(head, at + 5, 2)
      guard size >= 7, at + size <= head.count else { return nil }
      let added = flags & 0x8000 != 0 && size >= 11 ? RARComment.number(head, at + 7, 4) : 0
      let type = head[at + 2]
      // Before version 3 inside the first header, and always packed.
      if type == 0x75 || type == 0x73 && flags & 2 != 0 {
        self = .packed
        return
      }
      if type == 0x7A, size >= 35, head[at + 32..<at + size].starts(with: RARComment.name) {
        self.init(head, at + size, added, isStored: head[at + 25] == 0x30)
        return
      }
      guard type != 0x74, type != 0x7B else { return nil }
      at += size + added
    }
    return nil
  }

  /// Version 5: check sum, size, type and flags, numbers of seven bits a byte.
  private init?(newBlocks head: [UInt8]) {
    var at = 8
    for _ in 0..<RARComment.blocksMax {
      at += 4
      guard let size = RARComment.number(head, &at), at + size <= head.count else { return nil }
      let end = at + size
      guard let type = RARComment.number(head, &at), let flags = RARComment.number(head, &at)
      else { return nil }
      if flags & 1 != 0, RARComment.number(head, &at) == nil { return nil }
      var added = 0
      if flags & 2 != 0 {
        guard let count = RARComment.number(head, &at) else { return nil }
        added = count
      }
      if type == 3 {
        // Flags, size, attributes; time and check sum where there are such; how it is packed.
        guard let fields = RARComment.number(head, &at), RARComment.number(head, &at) != nil,
          RARComment.number(head, &at) != nil
        else { return nil }
        at += (fields & 2 != 0 ? 4 : 0) + (fields & 4 != 0 ? 4 : 0)
        guard let method = RARComment.number(head, &at), RARComment.number(head, &at) != nil,
          RARComment.number(head, &at) != nil, at <= end
        else { return nil }
        if head[at..<end].starts(with: RARComment.name) {
          self.init(head, end, added, isStored: method >> 7 & 7 == 0)
          return
        }
      }
      guard type == 1 || type == 3 else { return nil }
      at = end + added
    }
    return nil
  }

  private init(_ head: [UInt8], _ start: Int, _ count: Int, isStored: Bool) {
    let isWhole = count <= head.count && start + count <= head.count
    self = isStored && isWhole ? .text(Array(head[start..<start + count])) : .packed
  }

  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
  }

  private static func number(_ bytes: [UInt8], _ at: inout Int) -> Int? {
    var value = 0
    for shift in stride(from: 0, to: 35, by: 7) where at < bytes.count {
      value |= Int(bytes[at] & 0x7F) << shift
      at += 1
      if bytes[at - 1] & 0x80 == 0 { return value }
    }
    return nil
  }
}
