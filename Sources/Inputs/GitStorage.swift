/// Which files below a repository's `objects` are git's own, so that git was asked for what they hold.
///
/// Whatever else lies there git does not read, and nobody who looks at a repository sees it.
enum GitStorage: Sendable {
  /// `objects` itself.
  case objects
  /// Objects that are a file each, by the first two digits of their ids.
  case loose
  case packs
  case info
  case commitGraphs

  /// What a directory inside is; `nil` for one that git does not have.
  func directory(_ name: [UInt8]) -> GitStorage? {
    switch self {
    case .objects where name.count == 2 && GitStorage.isHexadecimal(name): .loose
    case .objects where name.elementsEqual("pack".utf8): .packs
    case .objects where name.elementsEqual("info".utf8): .info
    case .info where name.elementsEqual("commit-graphs".utf8): .commitGraphs
    default: nil
    }
  }

  /// Whether a file is git's own.
  /// - Parameter isBeside: whether a name is in the same directory.
  func holds(_ name: [UInt8], isBeside: ([UInt8]) -> Bool) -> Bool {
    switch self {
    case .objects: return false
    // The rest of an id: 40 digits are SHA-1's, 64 are SHA-256's.
    case .loose: return [38, 62].contains(name.count) && GitStorage.isHexadecimal(name)
    case .packs:
      if name.starts(with: "multi-pack-index".utf8) { return true }
      guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
      let (stem, suffix) = (Array(name[..<dot]), String(decoding: name[dot...], as: UTF8.self))
      // A pack without its index is none to git, and the other way round.
      return switch suffix {
      case ".pack": isBeside(stem + Array(".idx".utf8))
      case ".idx", ".rev", ".bitmap", ".mtimes": isBeside(stem + Array(".pack".utf8))
      default: false
      }
    case .info: return name.elementsEqual("commit-graph".utf8)
    case .commitGraphs: return name.suffix(6).elementsEqual(".graph".utf8)
    }
  }

  private static func isHexadecimal(_ name: [UInt8]) -> Bool {
    name.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
