import Core

/// A file that is read once from front to back, and the SHA-256 of exactly the bytes that were read.
package struct HashedFile: ~Copyable {
  private let file: Descriptor
  private let digest: LibCrypto.Digest
  private let path: String
  /// Bytes read so far.
  package private(set) var count = 0

  /// - Throws: `SystemError` when the file cannot be opened, `.notAFile` when it is none; `RunError` when libcrypto is
  ///   missing.
  package static func open(_ path: String, _ library: LibCrypto) throws -> HashedFile {
    let file = try Descriptor.open(Array(path.utf8), followsLinks: true)
    guard try file.status().kind == .regular else { throw SystemError.notAFile }
    file.adviseSequential()
    return HashedFile(file: file, digest: try LibCrypto.Digest(library), path: path)
  }

  private init(file: consuming Descriptor, digest: consuming LibCrypto.Digest, path: String) {
    self.file = file
    self.digest = digest
    self.path = path
  }

  /// Fills `buffer` with what comes next.
  /// - Returns: how much of it; 0 at the end.
  package mutating func read(into buffer: inout [UInt8]) throws(SystemError) -> Int {
    let offset = count
    let result = buffer.withUnsafeMutableBytes { bytes -> Result<Int, SystemError> in
      do throws(SystemError) {
        let count = try file.read(into: bytes, at: offset)
        guard digest.add(UnsafeRawBufferPointer(rebasing: bytes[..<count])) else {
          throw SystemError.inputOutput
        }
        return .success(count)
      } catch {
        return .failure(error)
      }
    }
    let read = try result.get()
    count += read
    return read
  }

  /// - Returns: the SHA-256 of what was read. To be called once, at the end.
  package func sha256() throws(RunError) -> String { try digest.finish() }
}
