import Glibc

/// A lock on a file that keeps a second run of this program out; let go when the value goes.
///
/// It is one of `flock`, which SQLite's own locks know nothing of: programs that use the database
/// are not held up.
package struct FileLock: ~Copyable {
  private let number: Int32

  /// - Throws: `SystemError.wouldBlock` when another process holds it, or why the file cannot be opened.
  package init(_ path: [UInt8]) throws(SystemError) {
    let opened = withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard opened >= 0 else { throw .last }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let error = SystemError.last
      close(opened)
      throw error
    }
    number = opened
  }

  deinit {
    // Said aloud: a child that is just being started may hold the descriptor a moment longer.
    _ = flock(number, LOCK_UN)
    close(number)
  }
}
