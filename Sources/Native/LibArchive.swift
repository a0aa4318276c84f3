import Core
import Glibc

/// libarchive, which reads compressed files and archives; opened when a file first needs it.
///
/// Nobody outside this module sees its types: `ArchiveReader` is what it is used through.
package final class LibArchive: Sendable {
  let functions: Functions
  /// Lets names be read as UTF-8 whatever the process's own locale is; set only while names are read.
  nonisolated(unsafe) private let locale: locale_t?
  // Never changed or freed once made, so threads may share it.

  /// The library, or `nil` when it is missing or lacks a function; looked for once.
  package static let shared: LibArchive? = LibArchive()

  /// The Debian package that brings it.
  package static let package = "libarchive13"

  private init?() {
    // By the name of the ABI: the bare name comes only with the package for developers.
    guard let handle = dlopen("libarchive.so.13", RTLD_NOW),
      // Never closed: the functions are used until the process ends.
      let functions = Functions(handle)
    else { return nil }
    self.functions = functions
    locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil)
  }

  /// Calls `body` with names of members read and written as UTF-8 on this thread.
  func withUnicodeNames<R>(_ body: () -> R) -> R {
    guard let locale else { return body() }
    let previous = uselocale(locale)
    defer { _ = uselocale(previous) }
    return body()
  }

  typealias Reader = OpaquePointer?
  typealias ReadCallback =
    @convention(c) (
      Reader, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?
    ) -> Int
  typealias SeekCallback =
    @convention(c) (Reader, UnsafeMutableRawPointer?, Int64, CInt) -> Int64
  typealias Setting = @convention(c) (Reader) -> CInt

  /// What is used of the library. The types are those of <archive.h> and <archive_entry.h>.
  struct Functions: Sendable {
    let new: @convention(c) () -> Reader
    let free: Setting
    let supportRaw: Setting
    let supportCompress: Setting
    let supportRPM: Setting
    let appendFilter: @convention(c) (Reader, CInt) -> CInt
    let formats: [Format: [Setting]]
    let setRead: @convention(c) (Reader, ReadCallback?) -> CInt
    let setSeek: @convention(c) (Reader, SeekCallback?) -> CInt
    let setData: @convention(c) (Reader, UnsafeMutableRawPointer?) -> CInt
    let open: Setting
    let nextHeader: @convention(c) (Reader, UnsafeMutablePointer<OpaquePointer?>?) -> CInt
    let dataBlock:
      @convention(c) (
        Reader, UnsafeMutablePointer<UnsafeRawPointer?>?, UnsafeMutablePointer<Int>?,
        UnsafeMutablePointer<Int64>?
      ) -> CInt
    let filterBytes: @convention(c) (Reader, CInt) -> Int64
    let errorText: @convention(c) (Reader) -> UnsafePointer<CChar>?
    let unicodeName: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
    let name: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
    let fileType: @convention(c) (OpaquePointer?) -> UInt32
    let isEncrypted: @convention(c) (OpaquePointer?) -> CInt
    let hardLink: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
    let link: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?

    /// `nil` when one is missing.
    init?(_ handle: UnsafeMutableRawPointer) {
      func find<T>(_ name: String, _ type: T.Type) -> T? {
        guard let symbol = dlsym(handle, name) else { return nil }
        return unsafeBitCast(symbol, to: type)
      }
      func setting(_ name: String) -> Setting? { find("archive_read_" + name, Setting.self) }
      guard let new = find("archive_read_new", (@convention(c) () -> Reader).self),
        let free = setting("free"), let supportRaw = setting("support_format_raw"),
        let open = setting("open1"),
        let supportCompress = setting("support_filter_compress"),
        let supportRPM = setting("support_filter_rpm"),
        let appendFilter = find(
          "archive_read_append_filter", (@convention(c) (Reader, CInt) -> CInt).self),
        let setRead = find(
          "archive_read_set_read_callback",
          (@convention(c) (Reader, ReadCallback?) -> CInt).self),
        let setSeek = find(
          "archive_read_set_seek_callback",
          (@convention(c) (Reader, SeekCallback?) -> CInt).self),
        let setData = find(
          "archive_read_set_callback_data",
          (@convention(c) (Reader, UnsafeMutableRawPointer?) -> CInt).self),
        let nextHeader = find(
          "archive_read_next_header",
          (@convention(c) (Reader, UnsafeMutablePointer<OpaquePointer?>?) -> CInt).self),
        let dataBlock = find(
          "archive_read_data_block",
          (@convention(c) (
            Reader, UnsafeMutablePointer<UnsafeRawPointer?>?, UnsafeMutablePointer<Int>?,
            UnsafeMutablePointer<Int64>?
          ) -> CInt).self),
        let filterBytes = find(
          "archive_filter_bytes", (@convention(c) (Reader, CInt) -> Int64).self),
        let errorText = find(
          "archive_error_string", (@convention(c) (Reader) -> UnsafePointer<CChar>?).self)
      else { return nil }
      typealias TextOf = @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
      guard let unicodeName = find("archive_entry_pathname_utf8", TextOf.self),
        let name = find("archive_entry_pathname", TextOf.self),
        let hardLink = find("archive_entry_hardlink", TextOf.self),
        let link = find("archive_entry_symlink", TextOf.self),
        let fileType = find(
          "archive_entry_filetype", (@convention(c) (OpaquePointer?) -> UInt32).self),
        let isEncrypted = find(
          "archive_entry_is_encrypted", (@convention(c) (OpaquePointer?) -> CInt).self)
      else { return nil }
      var formats: [Format: [Setting]] = [:]
      for format in Format.allCases {
        let functions = format.functionNames.compactMap(setting)
        guard functions.count == format.functionNames.count else { return nil }
        formats[format] = functions
      }
      self.new = new
      self.free = free
      self.supportRaw = supportRaw
      self.appendFilter = appendFilter
      self.supportCompress = supportCompress
      self.supportRPM = supportRPM
      self.formats = formats
      self.setRead = setRead
      self.setSeek = setSeek
      self.setData = setData
      self.open = open
      self.nextHeader = nextHeader
      self.dataBlock = dataBlock
      self.filterBytes = filterBytes
      self.errorText = errorText
      self.unicodeName = unicodeName
      self.name = name
      self.hardLink = hardLink
      self.link = link
      self.fileType = fileType
      self.isEncrypted = isEncrypted
    }
  }

  /// A compression, as `Finding.encoding` spells it.
  package enum Filter: String, Sendable, CaseIterable {
    case gzip, zlib, bzip2, xz, zstd, lz4, compress, lzma, lzip, rpm

    /// Its number in <archive.h>, where the library can be told to use exactly this one. The two
    /// others look at the bytes before there are any when told so (3.6.2 crashes).
    var code: CInt? {
      switch self {
      case .gzip: 1
      case .bzip2: 2
      case .zlib, .compress, .rpm: nil
      case .lzma: 5
      case .xz: 6
      case .lzip: 9
      case .lz4: 13
      case .zstd: 14
      }
    }
  }

  /// A format that holds members.
  package enum Format: String, Sendable, CaseIterable {
    case tar, zip, zipStream, sevenZip, cpio, rar, ar, cab, iso

    var functionNames: [String] {
      switch self {
      case .tar: ["support_format_tar"]
      // Reads by the directory at the end where it can, else from front to back.
      case .zip: ["support_format_zip"]
      case .zipStream: ["support_format_zip_streamable"]
      case .sevenZip: ["support_format_7zip"]
      case .cpio: ["support_format_cpio"]
      case .rar: ["support_format_rar", "support_format_rar5"]
      case .ar: ["support_format_ar"]
      case .cab: ["support_format_cab"]
      case .iso: ["support_format_iso9660"]
      }
    }
  }
}
