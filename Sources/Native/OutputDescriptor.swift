import CSystem
import Glibc

/// Where a report goes: a stream the process already has, or a file that only gets its name once it
/// is whole.
package struct OutputDescriptor: ~Copyable {
  private let number: Int32
  private let ownsDescriptor: Bool
  /// The name while writing and the name at the end; `nil` for a stream.
  private var names: (temporary: String, final: String)?

  /// A stream the process already has (1 for standard output); never closed by us.
  package init(stream number: Int32) {
    self.number = number
    ownsDescriptor = false
    names = nil
  }

  /// Opens a new file beside `path`; `commit` gives it its name. A report replaces an older one, and
  /// whoever reads `path` meanwhile sees the older one. A path that is no regular file (`/dev/null`,
  /// a FIFO) is written directly.
  /// - Throws: `WriteFailure` when the directory does not take a file.
  package init(replacing path: String) throws(WriteFailure) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      number = open(path, O_WRONLY | O_CLOEXEC)
      ownsDescriptor = true
      names = nil
    } else {
      // A link stays a link: what it points to is replaced.
      var path = path
      if let resolved = realpath(path, nil) {
        path = String(cString: resolved)
        free(resolved)
      }
      OutputDescriptor.removeLeftovers(of: path)
      // Only the owner reads it until the administrator decides otherwise: it tells where card data is.
      let temporary = path + OutputDescriptor.temporarySuffix
      number = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
      // Tells that it is being written, also where nobody sees this process: in another container.
      if number >= 0 { _ = flock(number, LOCK_EX | LOCK_NB) }
      ownsDescriptor = true
      names = (temporary, path)
    }
    guard number >= 0 else { throw WriteFailure(code: errno) }
  }

  /// What a file's name ends with until it is whole, before the number of the process.
  private static let temporaryMark = ".partial-"
  private static let temporarySuffix = temporaryMark + "\(getpid())"

  /// Removes what runs that were killed left of this file: nobody else does, and it tells where card
  /// data is. What cannot be removed stays.
  private static func removeLeftovers(of path: String) {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let directory = slash.map { String(path[...$0]) } ?? "./"
    let start =
      Array(path.utf8.suffix(from: slash.map(path.utf8.index(after:)) ?? path.startIndex))
      + Array(temporaryMark.utf8)
    guard let stream = opendir(directory) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard name.starts(with: start),
        let process = Int32(String(decoding: name.dropFirst(start.count), as: UTF8.self)),
        process > 0, kill(process, 0) != 0, errno == ESRCH
      else { continue }
      let file = withCString(name) {
        openat(dirfd(stream), $0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      }
      guard file >= 0 else { continue }
      if flock(file, LOCK_EX | LOCK_NB) == 0 {
        withCString(name) { _ = unlinkat(dirfd(stream), $0, 0) }
      }
      close(file)
    }
  }

  /// The name that a file written by this process has, or gets once it is whole.
  package static func finalName(of name: [UInt8]) -> [UInt8] {
    let suffix = Array(temporarySuffix.utf8)
    return name.suffix(suffix.count).elementsEqual(suffix) ? name.dropLast(suffix.count) : name
  }

  /// The file that is written to; `nil` for anything but a regular one.
  package var identity: FileStatus.Identity? {
    var status = stat()
    guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return FileStatus(status).identity
  }

  /// The same, if all it will hold is what is written here: not a log that a report is added to.
  package var ownIdentity: FileStatus.Identity? {
    var status = stat()
    guard names != nil || fstat(number, &status) == 0 && status.st_size == 0 else { return nil }
    return identity
  }

  /// Opens a file to add to its end, for files that several programs add to in turn.
  /// - Throws: `WriteFailure` when it cannot be opened or made.
  package init(appendingTo path: String) throws(WriteFailure) {
    number = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    ownsDescriptor = true
    names = nil
    guard number >= 0 else { throw WriteFailure(code: errno) }
  }

  /// As for a `Descriptor`.
  package func widenPipe() { _ = unpan_set_pipe_size(number, 1 << 20) }

  /// Writes all of it, however often the system takes only a part.
  /// - Throws: `WriteFailure`; how much was written before is unknown.
  package func write(_ bytes: [UInt8]) throws(WriteFailure) {
    try bytes.withUnsafeBufferPointer { buffer throws(WriteFailure) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  /// As `write(_:)` for an array.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(WriteFailure) {
    var written = 0
    while written < bytes.count {
      let result = Glibc.write(number, bytes.baseAddress! + written, bytes.count - written)
      if result >= 0 {
        written += result
      } else if errno == EAGAIN {
        // Someone else made the stream non-blocking; wait until it takes more.
        var ready = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, 1000)
      } else if errno != EINTR {
        throw WriteFailure(code: errno)
      }
    }
  }

  /// Gives the file its name, after its content is on the disk. Nothing to do for a stream.
  package mutating func commit() throws(WriteFailure) {
    guard let names else { return }
    guard fsync(number) == 0, rename(names.temporary, names.final) == 0 else {
      throw WriteFailure(code: errno)
    }
    self.names = nil
  }

  deinit {
    if ownsDescriptor, number >= 0 { close(number) }
    // Never committed: half a report must not lie around.
    if let names { unlink(names.temporary) }
  }
}

/// Why bytes could not be written, as the system says it.
package struct WriteFailure: Error, Sendable, Equatable {
  /// An `errno` value.
  package var code: Int32

  package init(code: Int32) { self.code = code }

  /// The reader of a pipe went away; no fault of ours.
  package var isClosedPipe: Bool { code == EPIPE }

  /// For example `No space left on device`.
  package var text: String { String(cString: strerror(code)) }
}
