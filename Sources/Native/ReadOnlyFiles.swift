import CSQLite
import Glibc

/// File access for SQLite that cannot create, change or remove a file.
///
/// SQLite opens a write-ahead log for writing even on a read-only connection, and as root it gives
/// logs and journals to the database's owner. Both change a file that is only to be looked at, so the
/// log is opened for reading and a change of owner is left out for files open for reading.
enum ReadOnlyFiles {
  /// Locks as any reader does.
  static let name = "unpan-read"
  /// Takes no locks, so that a log can be read without a shared memory file.
  static let nameWithoutLocks = "unpan-read-alone"

  /// Takes a path as it is: that of a file in memory leads nowhere once links are followed by name.
  static let nameForMemory = "unpan-read-memory"

  /// Makes all known to SQLite, once. False if this SQLite does not have what they build on.
  static let isRegistered: Bool =
    register(name, basedOn: "unix") && register(nameWithoutLocks, basedOn: "unix-none")
    && register(nameForMemory, basedOn: "unix-none", keepsPaths: true) && adaptCalls()

  private static func register(
    _ name: String, basedOn original: String, keepsPaths: Bool = false
  ) -> Bool {
    guard let original = sqlite3_vfs_find(original), let name = strdup(name) else { return false }
    // Known to SQLite for the rest of the process, so neither is ever freed.
    let copy = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    copy.initialize(to: original.pointee)
    copy.pointee.zName = UnsafePointer(name)
    copy.pointee.pNext = nil
    copy.pointee.xOpen = { vfs, path, file, flags, outFlags in
      guard let open = sqlite3_vfs_find("unix")?.pointee.xOpen else { return SQLITE_CANTOPEN }
      // Files without a path are temporary and never hit a name; the others exist or do not.
      guard path != nil else { return open(vfs, path, file, flags, outFlags) }
      let readFlags =
        flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_DELETEONCLOSE)
        | SQLITE_OPEN_READONLY
      return open(vfs, path, file, readFlags, outFlags)
    }
    if keepsPaths {
      copy.pointee.xFullPathname = { _, path, room, out in
        guard let path, let out, strlen(path) < room else { return SQLITE_CANTOPEN }
        strcpy(out, path)
        return SQLITE_OK
      }
    }
    copy.pointee.xDelete = { _, _, _ in SQLITE_READONLY }
    return sqlite3_vfs_register(copy, 0) == SQLITE_OK
  }

  private static func adaptCalls() -> Bool {
    guard let vfs = sqlite3_vfs_find("unix"), vfs.pointee.iVersion >= 3,
      let setSystemCall = vfs.pointee.xSetSystemCall
    else { return false }
    let changeOwner: @convention(c) (CInt, uid_t, gid_t) -> CInt = { file, user, group in
      fcntl(file, F_GETFL) & O_ACCMODE == O_RDONLY ? 0 : fchown(file, user, group)
    }
    let code = setSystemCall(
      vfs, "fchown", unsafeBitCast(changeOwner, to: sqlite3_syscall_ptr.self))
    // A `MemoryFile` is reached through a link, which SQLite does not follow on its own.
    let openFile: @convention(c) (UnsafePointer<CChar>, CInt, CInt) -> CInt = { path, flags, mode in
      let isMemory = strncmp(path, "/proc/self/fd/", 14) == 0
      return open(path, isMemory ? flags & ~O_NOFOLLOW : flags, mode_t(mode))
    }
    let openCode = setSystemCall(vfs, "open", unsafeBitCast(openFile, to: sqlite3_syscall_ptr.self))
    return code == SQLITE_OK && openCode == SQLITE_OK
  }
}
