import Core
import Glibc
import Native

/// The directory a demo shop is written to. Writes only where nothing or an earlier demo lies.
struct DemoFolder {
  private let path: String

  init(path: String) { self.path = path }

  /// Says that the directory holds a demo; its presence allows replacing the demo's files.
  private static let marker = ".unpan-demo"

  /// Makes the directory and the folders inside, and removes the files of an earlier demo.
  func prepare(files: [String]) throws(RunError) {
    try makeDirectory(path)
    let names = try entries()
    if !names.isEmpty && !names.contains(DemoFolder.marker) {
      throw RunError(
        .usage, path, "the directory holds something else than a demo",
        hint: "name an empty or a new directory")
    }
    try write(
      Array("Written by unpan demo: invented card data for trying a scan.\n".utf8),
      to: DemoFolder.marker)
    var folders: Set<String> = []
    for file in files {
      if let slash = file.lastIndex(of: "/") { folders.insert(String(file[..<slash])) }
      for leftover in ["", "-journal", "-wal", "-shm"] {
        if unlink(join(file + leftover)) != 0 && errno != ENOENT && errno != ENOTDIR {
          throw failure(file + leftover, "cannot be removed")
        }
      }
    }
    for folder in folders.sorted() { try makeDirectory(join(folder)) }
  }

  /// Writes a file that only its owner may read.
  func write(_ bytes: [UInt8], to file: String) throws(RunError) {
    // Links are not followed: an earlier demo may have been changed by someone else.
    let descriptor = open(
      join(file), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(file, "cannot be written") }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        let error = failure(file, "cannot be written")
        _ = close(descriptor)
        throw error
      }
      written += count
    }
    if close(descriptor) != 0 { throw failure(file, "cannot be written") }
  }

  /// Makes a database by executing the statements in order.
  func writeDatabase(_ statements: [String], to file: String) throws(RunError) {
    do {
      let database = try Database.create(join(file))
      for statement in statements { try database.execute(statement) }
    } catch {
      throw RunError(.failure, join(file), "cannot be written: \(error.text)")
    }
  }

  private func makeDirectory(_ path: String) throws(RunError) {
    if mkdir(path, 0o700) == 0 { return }
    var status = stat()
    if errno == EEXIST && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR { return }
    let cause = errno == EEXIST ? "a file of that name exists" : String(cString: strerror(errno))
    throw RunError(.failure, path, "the directory cannot be made: \(cause)")
  }

  private func entries() throws(RunError) -> Set<String> {
    guard let stream = opendir(path) else {
      throw RunError(
        .failure, path, "the directory cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { closedir(stream) }
    var names: Set<String> = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.insert(name) }
    }
    return names
  }

  private func join(_ file: String) -> String {
    path.hasSuffix("/") ? path + file : "\(path)/\(file)"
  }

  private func failure(_ file: String, _ what: String) -> RunError {
    RunError(.failure, join(file), "\(what): \(String(cString: strerror(errno)))")
  }
}
