import Glibc

/// Unpacks gzip and bare zlib streams with zlib, which comes with libarchive. Unlike libarchive it gives what was unpacked
/// before a stream breaks off, and compares the check sums.
///
/// Used by one thread at a time. Bytes are valid until the next call.
package final class Inflater {
  private let library: Zlib
  private let stream: UnsafeMutablePointer<ZStream>
  private let source: any ArchiveBytes
  private let buffer: UnsafeMutableRawBufferPointer
  private var state = State.inside
  /// Thrown once what was unpacked before it was handed over.
  package private(set) var failure: ArchiveError?

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
  /// What stands in the headers of gzip streams so far.
  package let fields: GzipFields?

  /// - Throws: `ArchiveError` when zlib is missing or refuses.
  package init(
    _ source: any ArchiveBytes, _ wrapping: Wrapping = .gzip
  ) throws(ArchiveError) {
    self.wrapping = wrapping
    guard let library = Zlib.shared else { throw ArchiveError(kind: .noLibrary, text: "") }
    self.library = library
    self.source = source
    fields = wrapping == .gzip ? GzipFields() : nil
    stream = .allocate(capacity: 1)
    stream.initialize(to: ZStream())
    buffer = .allocate(byteCount: 128 << 10, alignment: 64)
    let window = wrapping == .gzip ? Zlib.gzipWindow : Zlib.window
    let code = library.beginInflate(stream, window, "1", CInt(MemoryLayout<ZStream>.size))
    guard code == Zlib.ok else {
      throw ArchiveError(kind: .rest, text: "zlib refuses: \(code)")
    }
    fields?.expect(from: stream, library)
  }

  deinit {
    _ = library.endInflate(stream)
    stream.deallocate()
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }

  /// Whether bytes can be the beginning of a bare zlib stream: they unpack, and are no text meanwhile.
  package static func opens(_ head: [UInt8]) -> Bool {
    // Two bytes that make a multiple of 31: cheap, and few texts begin so.
    guard head.count > 2, head[0] == 0x78, [0x01, 0x5E, 0x9C, 0xDA].contains(head[1]) else {
      return false
    }
    return unpacks(head, .zlib)
  }

  /// Whether what begins so unpacks.
  package static func unpacks(_ head: [UInt8], _ wrapping: Wrapping) -> Bool {
    let source = HeadBytes(head)
    do throws(ArchiveError) {
      let inflater = try Inflater(source, wrapping)
      var count = 0
      while count < opensBytesMax {
        let block = try inflater.nextBlock()
        if let failure = inflater.failure { throw failure }
        count += block.count
        if block.isEmpty { return true }
      }
      return true
    } catch {
      // A short text may be no error up to its end.
      return error.kind == .noLibrary
        || error.isTruncation && String(validating: head, as: UTF8.self) == nil
    }
  }

  private static let opensBytesMax = 1 << 20

  private final class HeadBytes: ArchiveBytes {
    private let head: [UInt8]
    private var isGiven = false
    init(_ head: [UInt8]) { self.head = head }
    let seekableBytes: Int? = nil
    func seek(to offset: Int) {}
    func nextBlock() -> UnsafeRawBufferPointer? {
      defer { isGiven = true }
      // The array is not changed while the object lives, so its memory stays where it is.
      return head.withUnsafeBytes { isGiven ? UnsafeRawBufferPointer(rebasing: $0[..<0]) : $0 }
    }
  }

  /// What was taken of the source's bytes and belongs to no member; `nil` before the end. To be asked
  /// before anybody goes on reading the source.
  package var bytesBehind: [UInt8]? {
    guard state == .end else { return nil }
    return Array(
      UnsafeRawBufferPointer(
        start: stream.pointee.nextIn, count: Int(stream.pointee.availableIn)))
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
      _ = library.resetInflate(stream)
      fields?.expect(from: stream, library)
      state = .inside
    }
    let code = library.inflate(stream, 0)
    fields?.take()
    switch code {
    case Zlib.ok, Zlib.noProgress: return
    case Zlib.streamEnd: state = wrapping == .gzip ? .between : .end
    default: throw ArchiveError(kind: .rest, text: "gzip decompression failed")
    }
  }
}
