import CSystem
import Glibc

/// An open file descriptor, closed when it goes out of scope. Nothing here writes.
package struct Descriptor: ~Copyable, Sendable {
  let rawValue: CInt
  private let isOwned: Bool
  // As linux/fs.h has them; glibc's header hides them from Swift.
  private static let seekData: CInt = 3
  private static let seekHole: CInt = 4

  /// Takes over `rawValue`.
  init(owning rawValue: CInt) {
    self.rawValue = rawValue
    isOwned = true
  }

  private init(borrowing rawValue: CInt) {
    self.rawValue = rawValue
    isOwned = false
  }

  deinit {
    // On Linux the descriptor is gone whatever close says, so there is nothing to retry.
    if isOwned { _ = close(rawValue) }
  }

  /// Standard input; not closed with the value.
  package static var standardInput: Descriptor { Descriptor(borrowing: STDIN_FILENO) }
  package static var standardOutput: Descriptor { Descriptor(borrowing: STDOUT_FILENO) }

  /// Opens for reading. Never waits for the other end of a FIFO.
  /// - Parameters:
  ///   - path: raw bytes without a NUL.
  ///   - followsLinks: whether a symbolic link as the last component may be followed.
  package static func open(
    _ path: [UInt8], followsLinks: Bool
  ) throws(SystemError) -> Descriptor {
    try open(at: AT_FDCWD, path, followsLinks ? 0 : O_NOFOLLOW)
  }

  /// Opens an entry of this directory for reading, without following a link.
  package func open(entry name: [UInt8]) throws(SystemError) -> Descriptor {
    try Descriptor.open(at: rawValue, name, O_NOFOLLOW)
  }

  /// Opens a directory.
  package static func openDirectory(
    _ path: [UInt8], followsLinks: Bool
  ) throws(SystemError) -> Descriptor {
    try open(at: AT_FDCWD, path, O_DIRECTORY | (followsLinks ? 0 : O_NOFOLLOW))
  }

  /// Opens a directory inside this one, without following a link.
  package func openDirectory(entry name: [UInt8]) throws(SystemError) -> Descriptor {
    try Descriptor.open(at: rawValue, name, O_DIRECTORY | O_NOFOLLOW)
  }

  private static func open(
    at directory: CInt, _ path: [UInt8], _ flags: CInt
  ) throws(SystemError) -> Descriptor {
    let all = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags
    let result = withCString(path) { pointer in
      retryingInterrupts { Int(openat(directory, pointer, all)) }
    }
    guard result >= 0 else { throw .last }
    return Descriptor(owning: CInt(result))
  }

  /// A descriptor of its own for the same open file.
  package func duplicate() throws(SystemError) -> Descriptor {
    let copy = unpan_duplicate(rawValue)
    guard copy >= 0 else { throw .last }
    return Descriptor(owning: copy)
  }

  /// The file's kind, size and identity now.
  package func status() throws(SystemError) -> FileStatus {
    var raw = stat()
    guard fstat(rawValue, &raw) == 0 else { throw .last }
    return FileStatus(raw)
  }

  /// The kind, size and identity of an entry of this directory; of a link itself, not of its target.
  package func status(ofEntry name: [UInt8]) throws(SystemError) -> FileStatus {
    var raw = stat()
    let result = withCString(name) { fstatat(rawValue, $0, &raw, AT_SYMLINK_NOFOLLOW) }
    guard result == 0 else { throw .last }
    return FileStatus(raw)
  }

  /// Tells the system that the file will be read from front to back.
  package func adviseSequential() {
    // Only advice: a file system that refuses it reads as well.
    _ = posix_fadvise(rawValue, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  /// Fills `buffer` from `offset` on.
  /// - Returns: the bytes read; fewer than asked for only at the end of the file.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = retryingInterrupts {
        pread(rawValue, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset + filled))
      }
      guard count >= 0 else { throw .last }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// Where the next bytes that a sparse file holds begin, at or after `offset`.
  /// - Returns: `nil` when only a hole is left; `offset` itself when the file system cannot tell.
  package func nextData(from offset: Int) -> Int? {
    let found = lseek(rawValue, off_t(offset), Descriptor.seekData)
    if found >= 0 { return Int(found) }
    return errno == ENXIO ? nil : offset
  }

  /// Where the next hole begins, at or after `offset`; the end of the file counts as one.
  /// - Returns: `nil` when the file system cannot tell.
  package func nextHole(from offset: Int) -> Int? {
    let found = lseek(rawValue, off_t(offset), Descriptor.seekHole)
    return found >= 0 ? Int(found) : nil
  }

  /// One read of a stream: what is there, at most `buffer.count` bytes; 0 at the end.
  package func readSome(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    let count = retryingInterrupts { Glibc.read(rawValue, buffer.baseAddress!, buffer.count) }
    guard count >= 0 else { throw .last }
    return count
  }

  /// As `readSome`, but waits where somebody made the stream non-blocking.
  package func readNext(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    while true {
      let count = retryingInterrupts { Glibc.read(rawValue, buffer.baseAddress!, buffer.count) }
      if count >= 0 { return count }
      guard errno == EAGAIN else { throw .last }
      _ = waitUntilReadable(milliseconds: -1)
    }
  }

  /// Lets a pipe take up to 1 MiB (the usual bound for anybody) before its writer has to wait.
  package func widenPipe() {
    // Only a wish: what is no pipe, or may not grow, is used as it is.
    _ = unpan_set_pipe_size(rawValue, 1 << 20)
  }

  /// Waits until a read would not block (data, the end, or an error).
  /// - Returns: false when `milliseconds` passed or a signal came first.
  package func waitUntilReadable(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: rawValue, events: Int16(POLLIN), revents: 0)
    let result = poll(&entry, 1, milliseconds)
    // Anything but "nothing yet" is for the read to tell.
    return result > 0 || (result < 0 && errno != EINTR)
  }
}

/// What `stat` tells about a file.
package struct FileStatus: Sendable, Equatable {
  package var kind: FileKind
  package var size: Int
  /// What the file takes on its medium: less than its size when it has holes, or is compressed there.
  package var allocatedBytes: Int
  package var identity: Identity
  package var linkCount: Int
  /// When the content was last changed, in seconds since 1970.
  package var modified: Int
  /// The part of `modified` below a second, in nanoseconds.
  package var modifiedNanoseconds: Int
  /// When content, owner, rights or name were last changed, in seconds since 1970, and the part below a
  /// second. Programs cannot set it.
  package var changed: Int
  package var changedNanoseconds: Int

  /// Tells two files apart whatever their names.
  package struct Identity: Sendable, Hashable {
    package var device: UInt64
    package var inode: UInt64
  }

  init(_ raw: stat) {
    kind = FileKind(mode: raw.st_mode)
    size = Int(raw.st_size)
    allocatedBytes = Int(raw.st_blocks) * 512
    identity = Identity(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino))
    linkCount = Int(raw.st_nlink)
    modified = Int(raw.st_mtim.tv_sec)
    modifiedNanoseconds = raw.st_mtim.tv_nsec
    changed = Int(raw.st_ctim.tv_sec)
    changedNanoseconds = raw.st_ctim.tv_nsec
  }

  /// The status of what `path` leads to.
  /// - Parameter followsLinks: whether a link as the last component stands for its target.
  package static func of(
    _ path: [UInt8], followsLinks: Bool
  ) throws(SystemError) -> FileStatus {
    var raw = stat()
    let flags = followsLinks ? 0 : AT_SYMLINK_NOFOLLOW
    guard withCString(path, { fstatat(AT_FDCWD, $0, &raw, flags) }) == 0 else { throw .last }
    return FileStatus(raw)
  }
}

extension FileStatus {
  /// The status of the regular file that a path leads to; `nil` when it leads to none.
  package static func ofRegularFile(_ path: [UInt8]) -> FileStatus? {
    do throws(SystemError) {
      let status = try of(path, followsLinks: true)
      return status.kind == .regular ? status : nil
    } catch {
      return nil
    }
  }

  /// The status of the regular file that is open; `nil` when something else is.
  package static func ofRegularFile(_ descriptor: borrowing Descriptor) -> FileStatus? {
    do throws(SystemError) {
      let status = try descriptor.status()
      return status.kind == .regular ? status : nil
    } catch {
      return nil
    }
  }
}

/// The kinds of file a directory can hold.
package enum FileKind: UInt8, Sendable {
  case regular, directory, symbolicLink, fifo, socket, device, unknown

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .symbolicLink
    case S_IFIFO: self = .fifo
    case S_IFSOCK: self = .socket
    case S_IFCHR, S_IFBLK: self = .device
    default: self = .unknown
    }
  }
}

/// The path with all links followed, absolute.
package func resolvedPath(_ path: [UInt8]) throws(SystemError) -> [UInt8] {
  guard let resolved = withCString(path, { realpath($0, nil) }) else { throw .last }
  defer { free(resolved) }
  return Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
}

/// Calls `body` with the bytes and a NUL behind them.
func withCString<R>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
  var terminated = bytes
  terminated.append(0)
  return terminated.withUnsafeBytes { body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
}
