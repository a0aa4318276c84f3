import Glibc

/// A directory for files that need a name, removed with them when the value goes.
///
/// Lies where `ScratchFile` does; only its owner may enter. Holds files, no directories.
package struct ScratchDirectory: ~Copyable {
  package let path: String

  /// - Throws: `WriteFailure` when the directory for temporary files does not take one.
  package init() throws(WriteFailure) {
    var template = Array((ScratchFile.directory + "/unpan-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw WriteFailure(code: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    do throws(WriteFailure) {
      for name in try StagedDirectory.names(in: path) ?? [] { unlink(path + "/" + name) }
    } catch {
      // Its files cannot be listed, so they stay; they hold invented data only.
      return
    }
    rmdir(path)
  }
}
