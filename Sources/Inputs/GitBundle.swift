import Core
import Native

/// A bundle, unpacked by git into a repository that is gone with the value.
///
/// git can only read a bundle by unpacking it. It is put into memory (`/dev/shm`) where there is such
/// a place, else where temporary files are; only its owner may enter.
final class GitBundle: Sendable {
  let path: [UInt8]
  private let scratch: ScratchTree

  private static let magic = Array("# v".utf8)

  /// - Returns: `nil` when `file` is no bundle.
  init?(unpacking file: [UInt8]) throws(GitError) {
    let absolute: [UInt8]
    do throws(SystemError) {
      guard try FileStatus.of(file, followsLinks: true).kind == .regular else { return nil }
      let head = try OpenFile(try Descriptor.open(file, followsLinks: true)).head(bytes: 64)
      guard head.starts(with: GitBundle.magic),
        String(decoding: head, as: UTF8.self).contains(" git bundle\n")
      else { return nil }
      scratch = try ScratchTree()
      path = scratch.path + Array("/bundle.git".utf8)
      absolute = try resolvedPath(file)
    } catch {
      throw GitError(error == .notFound ? .noRepository : .failed, file, error.text)
    }
    do throws(GitError) {
      try GitRepository.unpack(bundle: absolute, to: path)
    } catch {
      throw GitError(error.code, file, error.detail)
    }
  }
}
