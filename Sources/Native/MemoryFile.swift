import CSystem
import Glibc

/// A file that lies in memory only and has no name, for what may not touch a disk in the clear.
///
/// Other parts of a program can open it by `path` as long as the value lives.
package struct MemoryFile: ~Copyable, Sendable {
  private let number: CInt
  /// Bytes written so far.
  package private(set) var count = 0

  /// - Throws: `SystemError` when the system has no room or no such files.
  package init() throws(SystemError) {
    number = unpan_memory_file()
    guard number >= 0 else { throw .last }
  }

  /// Where it can be opened in this process.
  package var path: [UInt8] { Array("/proc/self/fd/\(number)".utf8) }

  /// Puts bytes at the end.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let written = retryingInterrupts {
        pwrite(number, bytes.baseAddress! + done, bytes.count - done, off_t(count + done))
      }
      guard written > 0 else { throw written < 0 ? .last : .inputOutput }
      done += written
    }
    count += bytes.count
  }

  /// A descriptor of its own for reading.
  package func reopened() throws(SystemError) -> Descriptor {
    try Descriptor.open(path, followsLinks: true)
  }

  deinit { if number >= 0 { close(number) } }
}
