import Glibc

/// A directory that is filled under another name and only gets its own once it is whole.
package struct StagedDirectory: ~Copyable {
  private let final: String
  /// Where files are put until `commit`.
  package let temporary: String
  private var isCommitted = false
  /// Holds a lock while the directory is filled, so that others know of this run; the system lets go of
  /// it when the run is killed.
  private let lock: CInt

  /// What the name ends with while the directory is filled; the same every time.
  package static let suffix = ".unpan-partial"

  /// Makes the directory beside `path`. Only its owner may enter: it tells where card data is.
  /// What a run that was killed left there goes away.
  /// - Throws: `WriteFailure`; `ENOTEMPTY` when something lies at `path`, `EBUSY` when another run
  ///   fills it, or one was cut short where directories cannot be locked.
  package init(_ path: String) throws(WriteFailure) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    // Nothing is stored before the directory is ours: an initialiser that throws after that would run
    // `deinit`, which removes what another run is filling.
    let temporary = path + StagedDirectory.suffix
    if let names = try StagedDirectory.names(in: path), !names.isEmpty {
      throw WriteFailure(code: ENOTEMPTY)
    }
    let isNew = mkdir(temporary, 0o700) == 0
    guard isNew || errno == EEXIST else { throw WriteFailure(code: errno) }
    let lock = open(temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard lock >= 0 else { throw WriteFailure(code: isNew ? errno : EBUSY) }
    if flock(lock, LOCK_EX | LOCK_NB) != 0, !isNew || errno == EWOULDBLOCK {
      close(lock)
      throw WriteFailure(code: EBUSY)
    }
    if !isNew { StagedDirectory.empty(temporary) }
    self.lock = lock
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
    defer { close(lock) }
    guard !isCommitted else { return }
    // Half a bundle must not lie around; what cannot be removed stays under a name that says so.
    StagedDirectory.empty(temporary)
    rmdir(temporary)
  }

  /// Removes the files in a directory.
  private static func empty(_ directory: String) {
    do {
      for name in try names(in: directory) ?? [] { unlink(directory + "/" + name) }
    } catch {
      // Then they stay.
      return
    }
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
