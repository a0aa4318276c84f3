import Glibc

/// Packs bytes as one gzip member with zlib. Used by one thread at a time.
package final class Deflater {
  private let library: Zlib
  private let stream: UnsafeMutablePointer<ZStream>
  private let header: UnsafeMutablePointer<GzipHeader>
  private let name: UnsafeMutablePointer<UInt8>?
  private let buffer: UnsafeMutableRawBufferPointer

  /// What the header of a gzip file says, beside what zlib knows itself.
  package struct Settings: Sendable, Equatable {
    /// When the packed file was changed, in seconds since 1970; 0 when it is not told.
    package var time: UInt32 = 0
    /// How the packed file was called, without a NUL.
    package var name: [UInt8]?
    /// Pack as well or as fast as can be, as the one who packed before did.
    package var level: Level = .usual

    /// As `gzip -1`, `-6` and `-9`, which the header tells apart.
    package enum Level: CInt, Sendable {
      case fastest = 1
      case usual = 6
      case best = 9
    }

    package init() {}

    /// - Parameter head: the first bytes of a gzip file; a name that ends past them is left out.
    package init(head: [UInt8]) {
      guard head.count >= 10 else { return }
      time = (4..<8).reduce(0) { $0 | UInt32(head[$1]) << UInt32(8 * ($1 - 4)) }
      if head[8] == 2 { level = .best }
      if head[8] == 4 { level = .fastest }
      var at = 10
      if head[3] & Settings.hasExtra != 0 {
        guard head.count >= 12 else { return }
        at += 2 + Int(head[10]) + Int(head[11]) << 8
      }
      guard head[3] & Settings.hasName != 0, at < head.count,
        let end = head[at...].firstIndex(of: 0)
      else { return }
      name = Array(head[at..<end])
    }

    private static let hasExtra: UInt8 = 4
    private static let hasName: UInt8 = 8
  }

  /// - Throws: `ArchiveError` when zlib is missing or refuses.
  package init(_ settings: Settings) throws(ArchiveError) {
    guard let library = Zlib.shared else { throw ArchiveError(kind: .noLibrary, text: "") }
    self.library = library
    stream = .allocate(capacity: 1)
    stream.initialize(to: ZStream())
    header = .allocate(capacity: 1)
    header.initialize(to: GzipHeader())
    header.pointee.time = UInt(settings.time)
    name = settings.name.map { bytes in
      let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 1)
      memory.initialize(from: bytes + [0], count: bytes.count + 1)
      return memory
    }
    header.pointee.name = name
    buffer = .allocate(byteCount: 128 << 10, alignment: 64)
    let code = library.beginDeflate(
      stream, settings.level.rawValue, Deflater.method, Zlib.gzipWindow, Deflater.memoryLevel, 0,
      "1", CInt(MemoryLayout<ZStream>.size))
    guard code == Zlib.ok, library.setHeader(stream, header) == Zlib.ok else {
      throw ArchiveError(kind: .rest, text: "zlib refuses: \(code)")
    }
  }

  deinit {
    _ = library.endDeflate(stream)
    stream.deallocate()
    header.deallocate()
    name?.deallocate()
    buffer.deallocate()
  }

  /// Packs the next bytes and hands out what is ready.
  /// - Parameter isLast: whether nothing follows; to be said once.
  package func pack(
    _ bytes: UnsafeRawBufferPointer, isLast: Bool,
    _ emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(WriteFailure) {
    stream.pointee.nextIn = bytes.baseAddress
    stream.pointee.availableIn = UInt32(bytes.count)
    while true {
      stream.pointee.nextOut = buffer.baseAddress
      stream.pointee.availableOut = UInt32(buffer.count)
      let code = library.deflate(stream, isLast ? Deflater.finish : 0)
      let count = buffer.count - Int(stream.pointee.availableOut)
      if count > 0 { try emit(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
      // With room left over, everything that can go out has gone.
      if code == Zlib.streamEnd || stream.pointee.availableOut > 0 { return }
    }
  }

  private static let method: CInt = 8
  private static let memoryLevel: CInt = 8
  private static let finish: CInt = 4
}
