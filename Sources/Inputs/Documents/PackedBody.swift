import Core
import Native

/// Text that something packed follows, as a server's answer that was saved with its headers: scanned as it
/// is, then what is packed in it.
struct PackedBody: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    PackedBody.place(in: head) != nil || PackedBody.isEncoded(head)
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    RawFirstLevel.make(member, head: head, walk) { inner, isScanned in
      guard let place = PackedBody.place(in: head) else {
        walk.tell(member, .unsupported, "Its body is encoded in a way that is not read.")
        return isScanned ? MembersLevel([]) : RawLevel(inner)
      }
      guard let size = inner.stream.seekableBytes else {
        walk.tell(
          member, .overLimit,
          "What is packed in it was not read: it is too large to be held in memory. Unpack it, then "
            + "scan it.")
        return RawLevel(inner)
      }
      let slice = SliceStream(inner.stream, place.start..<size)
      return MembersLevel([
        member.appending(place.name, place.isChunked ? ChunkedStream(slice) : slice)
      ])
    }
  }

  /// Where something packed begins.
  private struct Place {
    var start: Int
    /// In pieces with the length of each before it (RFC 9112, 7.1).
    var isChunked = false
    var name = "body"
  }

  private static func place(in head: [UInt8]) -> Place? {
    if let body = body(in: head) {
      if isPacked(Array(head[body...])) { return Place(start: body) }
      let size = head[body...].prefix(16)
      if let end = size.firstIndex(of: 0x0A), ChunkedStream.length(size[..<end]) != nil,
        isPacked(Array(head[(end + 1)...]))
      {
        return Place(start: body, isChunked: true)
      }
    }
    // Archives of texts may begin with ASCII, gzip does not.
    if ContentKind.isPlainText(head) { return nil }
    var from = 1
    while let at = offset(of: gzip, in: head, from: from) {
      if head.count > at + 18, head[at + 3] < 0x20, Inflater.unpacks(Array(head[at...]), .gzip) {
        return Place(start: at, name: "packed at \(at)")
      }
      from = at + 1
    }
    return nil
  }

  private static let gzip: [UInt8] = [0x1F, 0x8B, 8]

  /// What stands behind the first empty line.
  private static func body(in head: [UInt8]) -> Int? {
    let feeds = offset(of: [0x0A, 0x0A], in: head, from: 0).map { $0 + 2 }
    let returns = offset(of: [0x0D, 0x0A, 0x0D, 0x0A], in: head, from: 0).map { $0 + 4 }
    let body = [feeds, returns].compactMap(\.self).min()
    return body.flatMap { $0 < head.count ? $0 : nil }
  }

  private static func offset(of word: [UInt8], in head: [UInt8], from: Int) -> Int? {
    head.withUnsafeBytes { firstOffset(of: word, in: $0, from: from) }
  }

  private static func isPacked(_ bytes: [UInt8]) -> Bool {
    switch ContentKind(bytes) {
    case .compressed, .archive: true
    case .plain, .database, .unreadable: false
    }
  }

  /// Whether headers of HTTP say that the body is packed, and it is no text.
  private static func isEncoded(_ head: [UInt8]) -> Bool {
    guard head.starts(with: "HTTP/".utf8), let body = body(in: head) else { return false }
    let headers = head[..<body].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return headers.holds("\ncontent-encoding:")
      && (ContentKind.holdsControl(head[body...]) || head[body...].contains { $0 >= 0x80 })
  }

  /// What else an object in a document may be than its bytes: something packed begins in the first of
  /// them, behind what the program wrote that put it there.
  static func embedded(in head: [UInt8]) -> Int? {
    head.indices.dropLast(8).first { at in
      guard firstBytes.contains(head[at]) else { return false }
      let bytes = Array(head[at...])
      return switch ContentKind(bytes) {
      case .compressed(let filter): [.gzip, .bzip2, .xz, .zstd].contains(filter)
      case .archive(let format): [.zip, .sevenZip, .rar].contains(format)
      case .database: true
      case .unreadable: bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0])
      case .plain: bytes.starts(with: "%PDF-".utf8)
      }
    }
  }

  /// `BZh`, `PK`, `7z`, `Rar!`, `SQLite`, `%PDF`, gzip, xz, zstd and office files of the old kind.
  private static let firstBytes: Set<UInt8> = [
    0x42, 0x50, 0x37, 0x52, 0x53, 0x25, 0x1F, 0xFD, 0x28, 0xD0,
  ]
}

/// Members that are there already.
final class MembersLevel: ContainerLevel {
  private var members: [ContainerMember]

  init(_ members: [ContainerMember]) { self.members = members.reversed() }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard let member = members.popLast() else { return .end }
    if let trouble = walk.budget.countMember() {
      walk.tell(member, trouble)
      return .end
    }
    walk.countExamined()
    return .member(member)
  }
}

/// A body in pieces, joined, up to what is no piece.
private final class ChunkedStream: ByteStream {
  private let base: ByteStream
  private var text: [UInt8] = []
  /// Of the piece that is read.
  private var left = 0
  /// The line that says the next piece's length, as far as it has come.
  private var line: [UInt8] = []
  private var isEnded = false

  init(_ base: ByteStream) { self.base = base }

  deinit { text.wipe() }

  /// The length that a line says: hex digits, maybe with more behind a semicolon.
  static func length(_ line: ArraySlice<UInt8>) -> Int? {
    let digits = line.prefix { $0 != 0x3B && $0 > 0x20 }
    guard (1...8).contains(digits.count) else { return nil }
    return Int(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    text.removeAll(keepingCapacity: true)
    while text.isEmpty, !isEnded {
      guard let block = base.nextBlock() else {
        trouble = base.trouble
        return nil
      }
      if block.isEmpty { break }
      take(block)
    }
    // Not changed before the next call.
    return text.withUnsafeBytes { UnsafeRawBufferPointer($0) }
  }

  private func take(_ block: UnsafeRawBufferPointer) {
    var at = 0
    while at < block.count, !isEnded {
      if left > 0 {
        let count = min(left, block.count - at)
        text += block[at..<at + count]
        left -= count
        at += count
        continue
      }
      let byte = block[at]
      at += 1
      if byte != 0x0A {
        line.append(byte)
        // No line of a length is so long.
        if line.count > 64 { isEnded = true }
      } else if line.contains(where: { $0 > 0x20 }) {
        left = ChunkedStream.length(line[...]) ?? 0
        isEnded = left == 0
        line = []
      } else {
        line = []
      }
    }
  }
}
