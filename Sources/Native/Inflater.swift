import Glibc

/// Unpacks gzip and bare zlib streams with zlib, which comes with libarchive. Unlike libarchive it gives what was unpacked
/// before a stream breaks off, and compares the check sums.
///
/// Used by one thread at a time. Bytes are valid until the next call.
package final class Inflater {
  private let library: Library
  private let stream: UnsafeMutablePointer<ZStream>
  private let source: any ArchiveBytes
  private let buffer: UnsafeMutableRawBufferPointer
  private var state = State.inside
  private var failure: ArchiveError?

  private enum State {
    case inside
    /// Between two members of one file; what follows may be none.
    case between
    case end
  }

  /// What is around the compressed bytes.
  package enum Wrapping: Sendable {
    /// Streams may be joined.
    case gzip
    /// One stream; what follows is padding.
    case zlib
  }

  private let wrapping: Wrapping

  /// - Throws: `ArchiveError` when zlib is missing or refuses.
  package init(
    _ source: any ArchiveBytes, _ wrapping: Wrapping = .gzip
  ) throws(ArchiveError) {
    self.wrapping = wrapping
    guard let library = Library.shared else { throw ArchiveError(kind: .noLibrary, text: "") }
    self.library = library
    self.source = source
    stream = .allocate(capacity: 1)
    stream.initialize(to: ZStream())
    buffer = .allocate(byteCount: 128 << 10, alignment: 64)
    // 15 bits of window, and 16 for a header of gzip.
    let window: CInt = wrapping == .gzip ? 15 + 16 : 15
    let code = library.begin(stream, window, "1", CInt(MemoryLayout<ZStream>.size))
    guard code == Inflater.ok else {
      throw ArchiveError(kind: .rest, text: "zlib refuses: \(code)")
    }
  }

  deinit {
    _ = library.end(stream)
    stream.deallocate()
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }

  /// The next bytes; empty at the end.
  package func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer {
    if let failure { throw failure }
    stream.pointee.nextOut = buffer.baseAddress
    stream.pointee.availableOut = UInt32(buffer.count)
    do throws(ArchiveError) {
      while state != .end, stream.pointee.availableOut > 0 { try advance() }
    } catch {
      // What was unpacked comes first.
      failure = error
      if stream.pointee.availableOut == UInt32(buffer.count) { throw error }
    }
    let count = buffer.count - Int(stream.pointee.availableOut)
    return UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }

  private func advance() throws(ArchiveError) {
    if stream.pointee.availableIn == 0 {
      guard let block = source.nextBlock() else {
        throw ArchiveError(kind: .rest, text: "read error")
      }
      if block.isEmpty {
        guard state == .between else {
          throw ArchiveError(kind: .rest, text: "truncated gzip input")
        }
        state = .end
        return
      }
      stream.pointee.nextIn = block.baseAddress
      stream.pointee.availableIn = UInt32(block.count)
    }
    if state == .between {
      // Zeros and other padding may follow the last member, as on tapes.
      guard stream.pointee.nextIn?.load(as: UInt8.self) == 0x1F else {
        state = .end
        return
      }
      _ = library.reset(stream)
      state = .inside
    }
    switch library.inflate(stream, 0) {
    case Inflater.ok, Inflater.noProgress: return
    case Inflater.streamEnd: state = wrapping == .gzip ? .between : .end
    default: throw ArchiveError(kind: .rest, text: "gzip decompression failed")
    }
  }

  private static let ok: CInt = 0
  private static let streamEnd: CInt = 1
  private static let noProgress: CInt = -5

  /// `z_stream` of <zlib.h>, the same in every zlib 1.
  private struct ZStream {
    var nextIn: UnsafeRawPointer?
    var availableIn: UInt32 = 0
    var totalIn: UInt = 0
    var nextOut: UnsafeMutableRawPointer?
    var availableOut: UInt32 = 0
    var totalOut: UInt = 0
    var message: UnsafePointer<CChar>?
    var state: OpaquePointer?
    var allocate: OpaquePointer?
    var free: OpaquePointer?
    var opaque: OpaquePointer?
    var dataType: CInt = 0
    var adler: UInt = 0
    var reserved: UInt = 0
  }

  /// What is used of zlib.
  private struct Library: Sendable {
    let begin: @convention(c) (UnsafeMutableRawPointer, CInt, UnsafePointer<CChar>, CInt) -> CInt
    let inflate: @convention(c) (UnsafeMutableRawPointer, CInt) -> CInt
    let reset: @convention(c) (UnsafeMutableRawPointer) -> CInt
    let end: @convention(c) (UnsafeMutableRawPointer) -> CInt

    /// `nil` when it is missing.
    static let shared: Library? = {
      guard let handle = dlopen("libz.so.1", RTLD_NOW), let begin = dlsym(handle, "inflateInit2_"),
        let inflate = dlsym(handle, "inflate"), let reset = dlsym(handle, "inflateReset"),
        let end = dlsym(handle, "inflateEnd")
      else { return nil }
      typealias Plain = @convention(c) (UnsafeMutableRawPointer) -> CInt
      return Library(
        begin: unsafeBitCast(
          begin,
          to: (@convention(c) (UnsafeMutableRawPointer, CInt, UnsafePointer<CChar>, CInt) -> CInt)
            .self),
        inflate: unsafeBitCast(
          inflate, to: (@convention(c) (UnsafeMutableRawPointer, CInt) -> CInt).self),
        reset: unsafeBitCast(reset, to: Plain.self), end: unsafeBitCast(end, to: Plain.self))
    }()
  }
}
