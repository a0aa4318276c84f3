/// Which files below a repository's `objects` are git's own, so that git was asked for what they hold.
///
/// Whatever else lies there git does not read, and nobody who looks at a repository sees it.
enum GitStorage: Sendable {
  /// `objects` itself.
  case objects
  /// Objects that are a file each, by the first two digits of their ids.
  case loose
  case packs

  /// What a directory inside is; `nil` for one that git does not have.
  func directory(_ name: [UInt8]) -> GitStorage? {
    switch self {
    case .objects where name.count == 2 && GitStorage.isHexadecimal(name): .loose
    case .objects where name.elementsEqual("pack".utf8): .packs
    default: nil
    }
  }

  /// Whether a file holds objects that git reads. What git keeps beside them for speed is read as it is.
  /// - Parameter isBeside: whether a name is in the same directory.
  func holds(_ name: [UInt8], isBeside: ([UInt8]) -> Bool) -> Bool {
    switch self {
    case .objects: return false
    // The rest of an id: 40 digits are SHA-1's, 64 are SHA-256's.
    case .loose: return [38, 62].contains(name.count) && GitStorage.isHexadecimal(name)
    case .packs:
      guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
      let (stem, suffix) = (Array(name[..<dot]), String(decoding: name[dot...], as: UTF8.self))
      // A pack without its index is none to git, and the other way round.
      return switch suffix {
      case ".pack": isBeside(stem + Array(".idx".utf8))
      case ".idx": isBeside(stem + Array(".pack".utf8))
      default: false
      }
    }
  }

  /// The header of a loose object is no longer than this.
  static let headerBytesMax = 32

  /// How long the header is, for example `blob 1234` and a zero; `nil` when there is none.
  static func headerCount(_ head: [UInt8]) -> Int? {
    guard let end = head.prefix(headerBytesMax).firstIndex(of: 0) else { return nil }
    let words = head[..<end].split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 2, !words[1].isEmpty,
      words[1].allSatisfy({ (0x30...0x39).contains($0) }),
      ["blob", "commit", "tag", "tree"].contains(String(decoding: words[0], as: UTF8.self))
    else { return nil }
    return end + 1
  }

  private static func isHexadecimal(_ name: [UInt8]) -> Bool {
    name.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
