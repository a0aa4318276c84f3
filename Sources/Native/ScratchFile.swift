import Glibc

/// A file without a name for what does not fit in memory; gone with the value, whatever happens.
///
/// Lies in `TMPDIR`, or `/tmp`. Only for data that may be on a disk: masked values and places.
package struct ScratchFile: ~Copyable {
  private let number: Int32
  /// Bytes written so far.
  package private(set) var count = 0

  /// Where the file lies, for errors.
  package static var directory: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  /// - Throws: `WriteFailure` when the directory does not take a file.
  package init() throws(WriteFailure) {
    var template = Array((ScratchFile.directory + "/unpan-XXXXXX").utf8CString)
    number = mkstemp(&template)
    guard number >= 0 else { throw WriteFailure(code: errno) }
    // A child that keeps it open keeps only its room; that this is refused has no other effect.
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    unlink(template)
  }

  /// Puts bytes at the end.
  /// - Returns: where they begin.
  @discardableResult
  package mutating func append(_ bytes: [UInt8]) throws(WriteFailure) -> Int {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        retryingInterrupts {
          pwrite(number, buffer.baseAddress! + done, bytes.count - done, off_t(count + done))
        }
      }
      guard written > 0 else { throw WriteFailure(code: written < 0 ? errno : ENOSPC) }
      done += written
    }
    defer { count += bytes.count }
    return count
  }

  /// Reads back what was written.
  /// - Parameter range: within `0..<count`.
  package func read(_ range: Range<Int>) throws(WriteFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < bytes.count {
      let wanted = range.count - done
      let read = bytes.withUnsafeMutableBytes { buffer in
        retryingInterrupts {
          pread(number, buffer.baseAddress! + done, wanted, off_t(range.lowerBound + done))
        }
      }
      guard read > 0 else { throw WriteFailure(code: read < 0 ? errno : EIO) }
      done += read
    }
    return bytes
  }

  /// Forgets everything; the file is used again.
  package mutating func removeAll() {
    // Only gives the room back early; what is written next overwrites the rest.
    _ = ftruncate(number, 0)
    count = 0
  }

  deinit { if number >= 0 { close(number) } }
}
