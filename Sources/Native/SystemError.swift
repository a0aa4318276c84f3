import Glibc

/// An `errno` value, so that an unknown one survives.
package struct SystemError: Error, RawRepresentable, Sendable, Hashable {
  package var rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let notFound = SystemError(rawValue: ENOENT)
  package static let notADirectory = SystemError(rawValue: ENOTDIR)
  package static let permissionDenied = SystemError(rawValue: EACCES)
  package static let notPermitted = SystemError(rawValue: EPERM)
  package static let tooManyLinks = SystemError(rawValue: ELOOP)
  package static let wouldBlock = SystemError(rawValue: EAGAIN)
  package static let interrupted = SystemError(rawValue: EINTR)
  package static let noMemory = SystemError(rawValue: ENOMEM)
  /// What reading a directory gives; told of everything else that is no regular file too.
  package static let notAFile = SystemError(rawValue: EISDIR)
  package static let inputOutput = SystemError(rawValue: EIO)

  /// What the system calls it, for example `Permission denied`.
  package var text: String { String(cString: strerror(rawValue)) }

  /// The error of the system call that just failed on this thread.
  static var last: SystemError { SystemError(rawValue: errno) }
}

/// Calls again as long as a signal cut the call short.
@inline(__always)
func retryingInterrupts(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
