import Glibc

/// New content for a file that is there: written beside it, then put in its place in one step, with its
/// mode, owner and times. Until then, and if anything fails, the old file is untouched.
package struct FileReplacement: ~Copyable {
  /// Where the new content lies until then.
  package let temporary: [UInt8]
  private let path: [UInt8]
  private let number: Int32
  private var isCommitted = false

  /// What became of a replacement; the file is as it was unless it was replaced.
  package enum Outcome {
    case replaced
    /// It was written to meanwhile.
    case changed
    /// There is a file of the backup's name.
    case hasBackup
  }

  /// Makes an empty file beside `path` that only its owner can read.
  /// - Parameter path: a regular file, named without links; raw.
  package init(of path: [UInt8]) throws(WriteFailure) {
    let temporary = path + Array(".unpan-\(getpid())".utf8)
    let number = withCString(temporary) {
      open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }
    guard number >= 0 else { throw WriteFailure(code: errno) }
    self.path = path
    self.temporary = temporary
    self.number = number
  }

  /// Writes all of it, however often the system takes only a part.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(WriteFailure) {
    var done = 0
    while done < bytes.count {
      let written = retryingInterrupts {
        Glibc.write(number, bytes.baseAddress! + done, bytes.count - done)
      }
      guard written >= 0 else { throw WriteFailure(code: errno) }
      done += written
    }
  }

  /// Puts the new content in the file's place, once it is on the disk.
  ///
  /// - Parameters:
  ///   - status: of the old file when it was read; if it is another now, nothing is replaced.
  ///   - backup: what is added to the old file's name to keep it; `nil` lets it go.
  package mutating func commit(
    replacing status: FileStatus, backup: String?
  ) throws(WriteFailure) -> Outcome {
    var old = stat()
    guard withCString(path, { lstat($0, &old) }) == 0 else { throw WriteFailure(code: errno) }
    guard FileStatus(old) == status else { return .changed }
    var times = [old.st_atim, old.st_mtim]
    // The owner first: giving a file away clears its special mode bits.
    guard fchown(number, old.st_uid, old.st_gid) == 0, fchmod(number, old.st_mode & 0o7777) == 0,
      futimens(number, &times) == 0, fsync(number) == 0
    else { throw WriteFailure(code: errno) }
    if let backup {
      let kept = path + Array(backup.utf8)
      let code = withCString(path) { old in withCString(kept) { link(old, $0) } }
      if code != 0, errno == EEXIST { return .hasBackup }
      guard code == 0 else { throw WriteFailure(code: errno) }
    }
    let code = withCString(temporary) { new in withCString(path) { rename(new, $0) } }
    guard code == 0 else { throw WriteFailure(code: errno) }
    isCommitted = true
    return .replaced
  }

  deinit {
    close(number)
    if !isCommitted { withCString(temporary) { _ = unlink($0) } }
  }
}
