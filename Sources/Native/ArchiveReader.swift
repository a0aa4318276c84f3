import Glibc

/// Where an archive's bytes come from: a file, memory, or a member of another archive.
package protocol ArchiveBytes: AnyObject {
  /// The next bytes; empty at the end, `nil` when they cannot be read. Valid until the next call.
  func nextBlock() -> UnsafeRawBufferPointer?
  /// How many bytes there are, when any of them can be read at any time.
  var seekableBytes: Int? { get }
  /// The next block begins there; only called when `seekableBytes` is not `nil`.
  func seek(to offset: Int)
}

/// Why an archive's bytes, or some of them, cannot be read.
package struct ArchiveError: Error, Sendable {
  package var kind: Kind
  /// What the library says; never holds content, but may hold the name of a member.
  package var text: String

  package init(kind: Kind, text: String) {
    self.kind = kind
    self.text = text
  }

  /// What of the archive is lost.
  package enum Kind: Sendable {
    /// The library is not installed.
    case noLibrary
    /// This member; the next can be read.
    case member
    /// None, but this member is not what was packed: its size or check sum is another.
    case mismatch
    /// All that follows.
    case rest
  }

  /// Whether it is a matter of a missing password.
  package var isEncryption: Bool {
    text.contains("ncrypt") || text.contains("assphrase") || text.contains("assword")
  }

  /// Whether bytes that should follow are not there.
  package var isTruncation: Bool {
    let text = text.lowercased()
    return text.contains("truncated") || text.contains("unexpected end") || text.contains("eof")
      || text.contains("end of file")
  }
}

/// Reads one archive or compressed stream from front to back. Used by one thread at a time.
///
/// A member's bytes are valid until the next call.
package final class ArchiveReader {
  private let library: LibArchive
  private let handle: LibArchive.Reader
  private let source: Source
  private var entry: OpaquePointer?
  /// Thrown once the bytes it is about were handed over.
  private var mismatch: ArchiveError?

  /// What the callbacks get.
  private final class Source {
    let bytes: any ArchiveBytes
    var offset = 0
    /// The last block given.
    private var block = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The last bytes before it.
    private var tail: [UInt8] = []
    private static let tailBytes = 2048

    init(_ bytes: any ArchiveBytes) { self.bytes = bytes }

    func nextBlock() -> UnsafeRawBufferPointer? {
      tail = Array((tail + block.suffix(Source.tailBytes)).suffix(Source.tailBytes))
      block = UnsafeRawBufferPointer(start: nil, count: 0)
      guard let next = bytes.nextBlock() else { return nil }
      block = next
      offset += next.count
      return next
    }

    /// The last bytes given, from one of the last `count` on; `nil` when they are gone.
    func last(_ count: Int) -> [UInt8]? {
      if count <= block.count { return Array(block.suffix(count)) }
      guard count - block.count <= tail.count else { return nil }
      return tail.suffix(count - block.count) + block
    }
  }

  /// What is read.
  package enum Kind: Sendable {
    case compressed(LibArchive.Filter)
    case members(LibArchive.Format)
  }

  /// One member.
  package struct Entry: Sendable {
    /// As stored, at most `nameBytesMax` bytes; empty when it has none.
    package var name: [UInt8]
    /// False for directories, links and whatever else has no bytes of its own.
    package var isFile: Bool
    package var isEncrypted: Bool
    /// What a symbolic link says; empty for anything else.
    package var link: [UInt8]
  }

  /// Some bytes of a member.
  package struct Block {
    /// Zeros that were left out before the bytes, as in a sparse file.
    package var offset: Int
    package var bytes: UnsafeRawBufferPointer
  }

  package static let nameBytesMax = 4096

  /// - Throws: `ArchiveError` when the library is missing or does not take the bytes.
  package init(_ kind: Kind, _ bytes: any ArchiveBytes) throws(ArchiveError) {
    guard let library = LibArchive.shared else {
      throw ArchiveError(kind: .noLibrary, text: "")
    }
    self.library = library
    source = Source(bytes)
    handle = library.functions.new()
    let functions = library.functions
    guard handle != nil else { throw ArchiveError(kind: .rest, text: "out of memory") }
    switch kind {
    case .compressed(let filter):
      // Exactly this one: left to itself, the library goes on to unpack what is inside. One whose own
      // library is missing would be left to a program; that is refused.
      let code =
        filter.code.map { functions.appendFilter(handle, $0) }
        ?? (filter == .rpm ? functions.supportRPM : functions.supportCompress)(handle)
      guard code == ArchiveReader.ok else {
        throw ArchiveError(kind: .rest, text: "libarchive was built without \(filter.rawValue)")
      }
      _ = functions.supportRaw(handle)
    case .members(let format):
      for setting in functions.formats[format] ?? [] { _ = setting(handle) }
    }
    _ = functions.setRead(handle) { _, data, target in
      guard let data, let target else { return -1 }
      let source = Unmanaged<Source>.fromOpaque(data).takeUnretainedValue()
      guard let block = source.nextBlock() else { return -1 }
      target.pointee = block.baseAddress
      return block.count
    }
    if bytes.seekableBytes != nil {
      _ = functions.setSeek(handle) { _, data, distance, origin in
        guard let data else { return -30 }
        let source = Unmanaged<Source>.fromOpaque(data).takeUnretainedValue()
        guard let size = source.bytes.seekableBytes else { return -30 }
        let start = origin == SEEK_SET ? 0 : origin == SEEK_CUR ? source.offset : size
        let (target, overflow) = start.addingReportingOverflow(Int(distance))
        guard !overflow, target >= 0 else { return -30 }
        source.offset = min(target, size)
        source.bytes.seek(to: source.offset)
        return Int64(source.offset)
      }
    }
    _ = functions.setData(handle, Unmanaged.passUnretained(source).toOpaque())
    let code = functions.open(handle)
    guard code == ArchiveReader.ok || code == ArchiveReader.warning else { throw error(.rest) }
  }

  deinit { _ = library.functions.free(handle) }

  /// Goes to the next member, past what was not read of this one.
  /// - Returns: `nil` at the end.
  package func nextEntry() throws(ArchiveError) -> Entry? {
    entry = nil
    mismatch = nil
    var triesLeft = ArchiveReader.retriesMax
    while true {
      let code = library.withUnicodeNames { library.functions.nextHeader(handle, &entry) }
      switch code {
      case ArchiveReader.end: return nil
      case ArchiveReader.ok, ArchiveReader.warning: return library.withUnicodeNames { describe() }
      case ArchiveReader.retry where triesLeft > 0: triesLeft -= 1
      case ArchiveReader.failed: throw error(.member)
      default: throw error(.rest)
      }
    }
  }

  /// The next bytes of the member, or `nil` at its end.
  package func nextBlock() throws(ArchiveError) -> Block? {
    if let mismatch {
      self.mismatch = nil
      throw mismatch
    }
    var bytes: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    var triesLeft = ArchiveReader.retriesMax
    while true {
      let code = library.functions.dataBlock(handle, &bytes, &count, &offset)
      switch code {
      case ArchiveReader.end: return nil
      case ArchiveReader.ok, ArchiveReader.warning:
        if code == ArchiveReader.warning { mismatch = error(.mismatch) }
        return Block(
          offset: Int(offset), bytes: UnsafeRawBufferPointer(start: bytes, count: count))
      case ArchiveReader.retry where triesLeft > 0: triesLeft -= 1
      case ArchiveReader.failed: throw error(.member)
      default: throw error(.rest)
      }
    }
  }

  /// What was given of the archive's bytes and not taken: what stands behind its end begins so. To be
  /// asked at the end, before anybody goes on reading the bytes; only for formats and filters that are
  /// read from front to back.
  /// - Returns: `nil` when it is gone.
  package func bytesBehind() -> [UInt8]? {
    let count = source.offset - Int(library.functions.filterBytes(handle, -1))
    return count < 0 ? nil : source.last(count)
  }

  /// Whether the last bytes that were taken are `count` zeros; as `bytesBehind`.
  package func endsWithZeros(_ count: Int) -> Bool {
    let behind = source.offset - Int(library.functions.filterBytes(handle, -1))
    guard behind >= 0, let last = source.last(behind + count) else { return false }
    return last.prefix(count).allSatisfy { $0 == 0 }
  }

  private func describe() -> Entry {
    let functions = library.functions
    let text = functions.unicodeName(entry) ?? functions.name(entry)
    let length = text.map { strnlen($0, ArchiveReader.nameBytesMax) } ?? 0
    let type = functions.fileType(entry)
    let link = functions.link(entry)
    let linkLength = link.map { strnlen($0, ArchiveReader.nameBytesMax) } ?? 0
    // A raw stream has no type worth asking for; a hard link has its bytes elsewhere.
    return Entry(
      name: Array(UnsafeRawBufferPointer(start: text, count: length)),
      isFile: (type == UInt32(S_IFREG) || type == 0) && functions.hardLink(entry) == nil,
      isEncrypted: functions.isEncrypted(entry) == 1,
      link: Array(UnsafeRawBufferPointer(start: link, count: linkLength)))
  }

  private func error(_ kind: ArchiveError.Kind) -> ArchiveError {
    let text = library.functions.errorText(handle).map { String(cString: $0) } ?? ""
    return ArchiveError(kind: kind, text: text)
  }

  private static let ok: CInt = 0
  private static let end: CInt = 1
  private static let retry: CInt = -10
  private static let warning: CInt = -20
  private static let failed: CInt = -25
  private static let retriesMax = 100
}
