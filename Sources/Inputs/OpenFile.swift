import Core
import Native

/// An open file that several parts read at once; closed when the last of them is done.
final class OpenFile: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

/// An open directory, kept open while entries of it wait to be opened: a path that changes meanwhile
/// (a directory swapped for a link) cannot lead out of the tree.
final class OpenDirectory: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

/// How a file is reached.
enum FileOrigin: Sendable {
  /// As the user named it: links are followed.
  case named([UInt8])
  /// Found in a directory: links are not followed.
  case entry(of: OpenDirectory, name: [UInt8])

  func open() throws(SystemError) -> Descriptor {
    switch self {
    case .named(let path): try Descriptor.open(path, followsLinks: true)
    case .entry(let directory, let name): try directory.descriptor.open(entry: name)
    }
  }

  /// Its status now, without opening it.
  func status() throws(SystemError) -> FileStatus {
    switch self {
    case .named(let path): try FileStatus.of(path, followsLinks: true)
    case .entry(let directory, let name): try directory.descriptor.status(ofEntry: name)
    }
  }

  /// The file in the same directory whose name is this one's with `suffix`.
  func beside(suffix: [UInt8]) -> FileOrigin {
    switch self {
    case .named(let path): .named(path + suffix)
    case .entry(let directory, let name): .entry(of: directory, name: name + suffix)
    }
  }
}

extension InputError {
  /// What coverage says about a system call that failed.
  init(_ place: String, _ error: SystemError, bytes: Int? = nil) {
    switch error {
    case .notFound, .notADirectory:
      self.init(place, .vanished, "It was there when the directory was listed.", bytes: bytes)
    case .tooManyLinks:
      self.init(place, .vanished, "It was replaced by a symbolic link.", bytes: bytes)
    case .permissionDenied, .notPermitted:
      self.init(
        place, .permissionDenied, "\(error.text). Run as a user who may read it.", bytes: bytes)
    default:
      self.init(place, .readError, "\(error.text).", bytes: bytes)
    }
  }
}

/// Block, share and context sizes of reading. Other than the limits' own only in tests.
package struct ReadSizes: Sendable {
  package var block: Int
  package var segment: Int
  package var context: Int

  package init(
    block: Int = Limits.blockBytes, segment: Int = Limits.segmentBytes,
    context: Int = Limits.contextBytes
  ) {
    precondition(block > 0 && segment > 0 && context >= 0, "sizes must be positive")
    self.block = block
    self.segment = segment
    self.context = context
  }

  /// What a buffer must hold: a block with context on both sides.
  var bufferBytes: Int { block + 2 * context }
}

/// What the content of an open file turned out to be: plain bytes, a database.
protocol ItemContent: AnyObject, Sendable {
  var head: [UInt8] { get }
  func nextPart() -> (any Part)?
  func close() -> PartOutcome
}
