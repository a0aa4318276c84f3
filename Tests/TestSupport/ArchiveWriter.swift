import Glibc

/// Writes archives and compressed files with libarchive, opened at run time.
package struct ArchiveWriter {
  private typealias Archive = OpaquePointer
  private let make: @convention(c) () -> Archive?
  private let setFormat: @convention(c) (Archive, UnsafePointer<CChar>) -> CInt
  private let addFilter: @convention(c) (Archive, UnsafePointer<CChar>) -> CInt
  private let setLastBlock: @convention(c) (Archive, CInt) -> CInt
  private let openMemory:
    @convention(c) (Archive, UnsafeMutableRawPointer, Int, UnsafeMutablePointer<Int>) -> CInt
  private let makeEntry: @convention(c) () -> OpaquePointer?
  private let setName: @convention(c) (OpaquePointer, UnsafePointer<CChar>) -> Void
  private let setSize: @convention(c) (OpaquePointer, Int64) -> Void
  private let setType: @convention(c) (OpaquePointer, CUnsignedInt) -> Void
  private let setMode: @convention(c) (OpaquePointer, CUnsignedInt) -> Void
  private let writeHeader: @convention(c) (Archive, OpaquePointer) -> CInt
  private let writeData: @convention(c) (Archive, UnsafeRawPointer, Int) -> Int
  private let freeEntry: @convention(c) (OpaquePointer) -> Void
  private let close: @convention(c) (Archive) -> CInt
  private let free: @convention(c) (Archive) -> CInt

  /// `nil` when the library is missing.
  package init?() {
    guard let handle = dlopen("libarchive.so.13", RTLD_NOW) else { return nil }
    func function<T>(_ name: String) -> T {
      guard let address = dlsym(handle, name) else { preconditionFailure("no \(name)") }
      return unsafeBitCast(address, to: T.self)
    }
    make = function("archive_write_new")
    setFormat = function("archive_write_set_format_by_name")
    addFilter = function("archive_write_add_filter_by_name")
    setLastBlock = function("archive_write_set_bytes_in_last_block")
    openMemory = function("archive_write_open_memory")
    makeEntry = function("archive_entry_new")
    setName = function("archive_entry_set_pathname")
    setSize = function("archive_entry_set_size")
    setType = function("archive_entry_set_filetype")
    setMode = function("archive_entry_set_perm")
    writeHeader = function("archive_write_header")
    writeData = function("archive_write_data")
    freeEntry = function("archive_entry_free")
    close = function("archive_write_close")
    free = function("archive_write_free")
  }

  /// - Parameters:
  ///   - format: as the library names it, for example `ustar`, `zip`, `7zip`, `newc`, `argnu`.
  ///   - filter: what it is compressed with, for example `gzip`.
  package func pack(
    _ members: [(name: String, bytes: [UInt8])], _ format: String, filter: String? = nil
  ) -> [UInt8] {
    guard let archive = make() else { preconditionFailure("no memory") }
    defer { _ = free(archive) }
    func check(_ code: CInt) { precondition(code == 0, "\(format), \(filter ?? "-"): \(code)") }
    check(setFormat(archive, format))
    if let filter { check(addFilter(archive, filter)) }
    check(setLastBlock(archive, 1))
    let room = members.reduce(256 << 10) { $0 + 2 * $1.bytes.count + 4096 }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
    defer { memory.deallocate() }
    var used = 0
    return withUnsafeMutablePointer(to: &used) { used in
      check(openMemory(archive, memory, room, used))
      for member in members {
        guard let entry = makeEntry() else { preconditionFailure("no memory") }
        setName(entry, member.name)
        setSize(entry, Int64(member.bytes.count))
        setType(entry, S_IFREG)
        setMode(entry, 0o644)
        check(writeHeader(archive, entry))
        let written = member.bytes.withUnsafeBytes { bytes in
          bytes.baseAddress.map { writeData(archive, $0, bytes.count) } ?? 0
        }
        precondition(written == member.bytes.count, "\(format): \(written)")
        freeEntry(entry)
      }
      check(close(archive))
      return Array(UnsafeRawBufferPointer(start: memory, count: used.pointee))
    }
  }

  /// One file, compressed.
  package func compress(_ bytes: [UInt8], _ filter: String) -> [UInt8] {
    pack([("data", bytes)], "raw", filter: filter)
  }
}
