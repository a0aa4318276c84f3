import Glibc

/// Writes small archives and compressed files in memory with libarchive, for the self-test.
package struct ArchivePacker: Sendable {
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

  /// `nil` when the library is missing or lacks a function.
  package init?() {
    guard let handle = dlopen("libarchive.so.13", RTLD_NOW) else { return nil }
    func function<T>(_ name: String, _ type: T.Type = T.self) -> T? {
      dlsym(handle, name).map { unsafeBitCast($0, to: type) }
    }
    guard let make: @convention(c) () -> Archive? = function("archive_write_new"),
      let setFormat: @convention(c) (Archive, UnsafePointer<CChar>) -> CInt = function(
        "archive_write_set_format_by_name"),
      let addFilter: @convention(c) (Archive, UnsafePointer<CChar>) -> CInt = function(
        "archive_write_add_filter_by_name"),
      let setLastBlock: @convention(c) (Archive, CInt) -> CInt = function(
        "archive_write_set_bytes_in_last_block"),
      let openMemory:
        @convention(c) (Archive, UnsafeMutableRawPointer, Int, UnsafeMutablePointer<Int>) -> CInt =
        function("archive_write_open_memory"),
      let makeEntry: @convention(c) () -> OpaquePointer? = function("archive_entry_new"),
      let setName: @convention(c) (OpaquePointer, UnsafePointer<CChar>) -> Void = function(
        "archive_entry_set_pathname"),
      let setSize: @convention(c) (OpaquePointer, Int64) -> Void = function(
        "archive_entry_set_size"),
      let setType: @convention(c) (OpaquePointer, CUnsignedInt) -> Void = function(
        "archive_entry_set_filetype"),
      let setMode: @convention(c) (OpaquePointer, CUnsignedInt) -> Void = function(
        "archive_entry_set_perm"),
      let writeHeader: @convention(c) (Archive, OpaquePointer) -> CInt = function(
        "archive_write_header"),
      let writeData: @convention(c) (Archive, UnsafeRawPointer, Int) -> Int = function(
        "archive_write_data"),
      let freeEntry: @convention(c) (OpaquePointer) -> Void = function("archive_entry_free"),
      let close: @convention(c) (Archive) -> CInt = function("archive_write_close"),
      let free: @convention(c) (Archive) -> CInt = function("archive_write_free")
    else { return nil }
    self.make = make
    self.setFormat = setFormat
    self.addFilter = addFilter
    self.setLastBlock = setLastBlock
    self.openMemory = openMemory
    self.makeEntry = makeEntry
    self.setName = setName
    self.setSize = setSize
    self.setType = setType
    self.setMode = setMode
    self.writeHeader = writeHeader
    self.writeData = writeData
    self.freeEntry = freeEntry
    self.close = close
    self.free = free
  }

  /// - Parameters:
  ///   - format: as the library names it, for example `ustar`, `zip`, `7zip`, `newc`, `argnu`.
  ///   - filter: what it is compressed with, for example `gzip`.
  /// - Returns: `nil` when the library was built without it.
  package func pack(
    _ members: [(name: String, bytes: [UInt8])], _ format: String, filter: String? = nil
  ) -> [UInt8]? {
    guard let archive = make() else { return nil }
    defer { _ = free(archive) }
    guard setFormat(archive, format) == 0, filter.map({ addFilter(archive, $0) }) ?? 0 == 0,
      setLastBlock(archive, 1) == 0
    else { return nil }
    let room = members.reduce(256 << 10) { $0 + 2 * $1.bytes.count + 4096 }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
    defer { memory.deallocate() }
    var used = 0
    return withUnsafeMutablePointer(to: &used) { used in
      guard openMemory(archive, memory, room, used) == 0 else { return nil }
      for member in members {
        guard let entry = makeEntry() else { return nil }
        defer { freeEntry(entry) }
        setName(entry, member.name)
        setSize(entry, Int64(member.bytes.count))
        setType(entry, S_IFREG)
        setMode(entry, 0o644)
        guard writeHeader(archive, entry) == 0 else { return nil }
        let written = member.bytes.withUnsafeBytes { bytes in
          bytes.baseAddress.map { writeData(archive, $0, bytes.count) } ?? 0
        }
        guard written == member.bytes.count else { return nil }
      }
      guard close(archive) == 0 else { return nil }
      return Array(UnsafeRawBufferPointer(start: memory, count: used.pointee))
    }
  }
}
