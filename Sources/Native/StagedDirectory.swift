import Glibc

/// A directory that is filled under another name and only gets its own once it is whole.
package struct StagedDirectory: ~Copyable {
  private let final: String
  /// Where files are put until `commit`.
  package let temporary: String
  private var isCommitted = false

  /// What the name ends with while the directory is filled; the same every time.
  package static let suffix = ".unpan-partial"

  /// Makes the directory beside `path`. Only its owner may enter: it tells where card data is.
  /// - Throws: `WriteFailure`; `ENOTEMPTY` when something lies at `path`, `EBUSY` when another run
  ///   fills it or one was cut short.
  package init(_ path: String) throws(WriteFailure) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    // Nothing is stored before the directory is ours: an initialiser that throws after that would run
    // `deinit`, which removes what another run is filling.
    let temporary = path + StagedDirectory.suffix
    if let names = try StagedDirectory.names(in: path), !names.isEmpty {
      throw WriteFailure(code: ENOTEMPTY)
    }
    guard mkdir(temporary, 0o700) == 0 else {
      throw WriteFailure(code: errno == EEXIST ? EBUSY : errno)
    }
    final = path
    self.temporary = temporary
  }

  /// The directory while it is filled, for a scan to leave it out; `nil` when it is gone.
  package var identity: FileStatus.Identity? {
    var status = stat()
    return stat(temporary, &status) == 0 ? FileStatus(status).identity : nil
  }

  /// Gives the directory its name; an empty one in its place goes away.
  package mutating func commit() throws(WriteFailure) {
    guard rename(temporary, final) == 0 else { throw WriteFailure(code: errno) }
    isCommitted = true
  }

  deinit {
    guard !isCommitted else { return }
    // Half a bundle must not lie around; what cannot be removed stays under a name that says so.
    do {
      for name in try StagedDirectory.names(in: temporary) ?? [] {
        unlink(temporary + "/" + name)
      }
    } catch {
      return
    }
    rmdir(temporary)
  }

  /// The names in a directory, sorted; `nil` when there is nothing at all.
  package static func names(in path: String) throws(WriteFailure) -> [String]? {
    guard let stream = opendir(path) else {
      if errno == ENOENT { return nil }
      throw WriteFailure(code: errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
