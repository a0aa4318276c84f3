import Core
import Native

/// What a file or member is, told by its first bytes; by its name only where those tell nothing.
enum ContentKind: Sendable, Equatable {
  case plain
  case compressed(LibArchive.Filter)
  case archive(LibArchive.Format)
  case database
  /// Known, and nothing here can read it, or not all of it.
  case unreadable(UnreadableKind)

  /// - Parameters:
  ///   - head: up to 4 KiB; a tar header takes 512 bytes.
  ///   - name: of a file or member; empty for anything else.
  init(_ head: [UInt8], name: [UInt8] = []) {
    guard head.count >= 4 else {
      self = .plain
      return
    }
    switch head[0] {
    case 0x1F: self = ContentKind.of1F(head)
    case UInt8(ascii: "B") where ContentKind.isBzip2(head): self = .compressed(.bzip2)
    case 0xFD where head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]): self = .compressed(.xz)
    case 0x28 where head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]): self = .compressed(.zstd)
    case 0x50...0x5F where head.starts(with: [head[0], 0x2A, 0x4D, 0x18]):
      // A skippable frame, with which some writers of zstd begin.
      self = .compressed(.zstd)
    case 0x04 where head.starts(with: [0x04, 0x22, 0x4D, 0x18]): self = .compressed(.lz4)
    case 0x02 where head.starts(with: [0x02, 0x21, 0x4C, 0x18]): self = .compressed(.lz4)
    case 0x4C where head.starts(with: Array("LZIP\u{1}".utf8)): self = .compressed(.lzip)
    case 0x5D where ContentKind.isLZMA(head): self = .compressed(.lzma)
    case 0xED where head.starts(with: [0xED, 0xAB, 0xEE, 0xDB]): self = .compressed(.rpm)
    case UInt8(ascii: "P") where ContentKind.isZip(head): self = .archive(.zip)
    case UInt8(ascii: "7") where head.starts(with: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]):
      self = .archive(.sevenZip)
    case UInt8(ascii: "R") where head.starts(with: Array("Rar!\u{1A}\u{7}".utf8)):
      self = .archive(.rar)
    case UInt8(ascii: "!") where head.starts(with: Array("!<arch>\n".utf8)): self = .archive(.ar)
    case UInt8(ascii: "M") where head.starts(with: Array("MSCF\0\0\0\0".utf8)):
      self = .archive(.cab)
    case UInt8(ascii: "S") where head.starts(with: DatabaseContent.magic): self = .database
    case 0x78 where Inflater.opens(head): self = .compressed(.zlib)
    default: self = .plain
    }
    if self == .plain, let kind = UnreadableKind(head, name: name) { self = .unreadable(kind) }
    if self == .plain, ContentKind.isCpio(head) { self = .archive(.cpio) }
    if self == .plain, ContentKind.isTar(head) { self = .archive(.tar) }
  }

  private static func of1F(_ head: [UInt8]) -> ContentKind {
    switch head[1] {
    case 0x8B where head[2] == 8: .compressed(.gzip)
    // The third byte holds the bits of a code, 9 to 16, and flags.
    case 0x9D where (9...16).contains(head[2] & 0x1F): .compressed(.compress)
    default: .plain
    }
  }

  /// Whether all is text in ASCII. Every file is asked: without a branch in the loop.
  static func isPlainText(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      var others: UInt8 = 0
      for byte in bytes { others |= byte >= 0x80 || byte < 0x20 && byte &- 0x09 > 4 ? 1 : 0 }
      return others == 0
    }
  }

  /// Whether a byte is there that no text holds.
  static func holdsControl(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.contains { $0 < 0x09 || (0x0E...0x1F).contains($0) }
  }

  private static func isBzip2(_ head: [UInt8]) -> Bool {
    guard head.count >= 10, head.starts(with: Array("BZh".utf8)), (0x31...0x39).contains(head[3])
    else { return false }
    // A block, or the end of a stream without one.
    return head[4..<10].elementsEqual([0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
      || head[4..<10].elementsEqual([0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
  }

  /// The format has no magic: usual parameters, a dictionary of a power of two, an unknown size.
  private static func isLZMA(_ head: [UInt8]) -> Bool {
    guard head.count >= 14, head[1] == 0, head[2] == 0, head[13] == 0 else { return false }
    let dictionary = UInt32(head[3]) << 16 | UInt32(head[4]) << 24
    return dictionary != 0 && dictionary & (dictionary - 1) == 0
      && head[5..<13].allSatisfy { $0 == 0xFF }
  }

  private static func isZip(_ head: [UInt8]) -> Bool {
    guard head[1] == UInt8(ascii: "K") else { return false }
    return (head[2], head[3]) == (3, 4) || (head[2], head[3]) == (5, 6)
      || head.starts(with: [0x50, 0x4B, 7, 8, 0x50, 0x4B, 3, 4])
  }

  /// Headers of digits need the whole header to look like one: they can begin a line of a table.
  private static func isCpio(_ head: [UInt8]) -> Bool {
    if head[0] == UInt8(ascii: "0") {
      if head.starts(with: Array("070707".utf8)) {
        return head.count >= 76 && head[..<76].allSatisfy { (0x30...0x37).contains($0) }
      }
      let isNew =
        head.starts(with: Array("070701".utf8)) || head.starts(with: Array("070702".utf8))
      return isNew && head.count >= 110
        && head[..<110].allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
        }
    }
    guard head.count >= 27 else { return false }
    let isLittle = head[0] == 0xC7 && head[1] == 0x71
    let isBig = head[0] == 0x71 && head[1] == 0xC7
    guard isLittle || isBig else { return false }
    // The mode's kind of file and the length of the name must make sense.
    let mode =
      isLittle ? UInt16(head[6]) | UInt16(head[7]) << 8 : UInt16(head[6]) << 8 | UInt16(head[7])
    let name =
      isLittle ? UInt16(head[20]) | UInt16(head[21]) << 8 : UInt16(head[20]) << 8 | UInt16(head[21])
    return [1, 2, 4, 6, 8, 10, 12].contains(mode >> 12) && (1...4096).contains(name)
  }

  /// The checksum of the first header tells, in old archives as in new.
  static func isTar(_ head: [UInt8]) -> Bool {
    guard head.count >= 512, head[0] != 0 else { return false }
    var stored = 0
    var digits = 0
    for byte in head[148..<156] {
      if (0x30...0x37).contains(byte) {
        stored = stored * 8 + Int(byte & 7)
        digits += 1
      } else if digits > 0 {
        break
      } else if byte != 0x20 {
        return false
      }
    }
    guard digits > 0 else { return false }
    var sum = 8 * 0x20
    var signedSum = 8 * 0x20
    for index in 0..<512 where !(148..<156).contains(index) {
      sum += Int(head[index])
      signedSum += Int(Int8(bitPattern: head[index]))
    }
    return stored == sum || stored == signedSum
  }
}
