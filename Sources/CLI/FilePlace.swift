import Core
import Native

/// A regular file by what the system knows it as, there or to be made, however its path is spelled.
struct FilePlace: Equatable {
  /// `nil` as long as it is not there.
  private let identity: FileStatus.Identity?
  /// Resolved.
  private let directory: [UInt8]
  private let name: Substring

  /// - Returns: `nil` for what is there and is no regular file: a folder, a device, a pipe.
  init?(_ path: String) {
    let slash = path.lastIndex(of: "/")
    let parent = slash.map { String(path[...$0]) } ?? "."
    name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    directory = FilePlace.resolved(parent) ?? Array(PathSpelling.plain(parent).utf8)
    do throws(SystemError) {
      let status = try FileStatus.of(ForeignBytes.bytes(of: path), followsLinks: true)
      guard status.kind == .regular else { return nil }
      identity = status.identity
    } catch {
      identity = nil
    }
  }

  /// What a stream that the process was given leads to; `nil` for anything but a regular file.
  init?(stream: borrowing Descriptor) {
    guard let status = FileStatus.ofRegularFile(stream) else { return nil }
    identity = status.identity
    directory = []
    name = ""
  }

  /// Whether it is a file that is there and lies somewhere in this directory.
  func isBelow(_ tree: String) -> Bool {
    guard identity != nil, let root = FilePlace.resolved(tree) else { return false }
    return directory == root || directory.starts(with: root + (root.last == 0x2F ? [] : [0x2F]))
  }

  static func == (a: FilePlace, b: FilePlace) -> Bool {
    if let one = a.identity, let other = b.identity { return one == other }
    return a.identity == nil && b.identity == nil && a.directory == b.directory && a.name == b.name
  }

  private static func resolved(_ path: String) -> [UInt8]? {
    do throws(SystemError) {
      return try resolvedPath(ForeignBytes.bytes(of: path))
    } catch {
      return nil
    }
  }
}
