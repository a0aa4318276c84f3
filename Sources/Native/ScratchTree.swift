import Glibc

/// A directory for programs that need one, removed with all that is in it when the value goes.
///
/// Lies in memory where the system has such a place, else where `ScratchFile` does; only its owner may
/// enter.
package final class ScratchTree: Sendable {
  package let path: [UInt8]

  /// Deeper than any program of ours goes.
  private static let depthMax = 64

  /// - Throws: `SystemError` when no directory can be made.
  package init() throws(SystemError) {
    for parent in ["/dev/shm", ScratchFile.directory] {
      var template = Array((parent + "/unpan-XXXXXX").utf8CString)
      if mkdtemp(&template) != nil {
        path = template.dropLast().map { UInt8(bitPattern: $0) }
        return
      }
    }
    throw .last
  }

  deinit { ScratchTree.remove(path, depth: 0) }

  /// Removes what can be; links are removed, not followed.
  private static func remove(_ path: [UInt8], depth: Int) {
    guard depth < depthMax, let stream = withCString(path, { opendir($0) }) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      let inner = path + [0x2F] + name
      if withCString(inner, { unlink($0) }) != 0 { remove(inner, depth: depth + 1) }
    }
    closedir(stream)
    _ = withCString(path) { rmdir($0) }
  }
}
