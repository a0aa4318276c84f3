import Core
import Native

/// Bytes that come one block after another: a file, a member of an archive, decoded text.
///
/// Used by one thread at a time. A block is valid until the next call.
class ByteStream: ArchiveBytes {
  /// Why `nextBlock` gave `nil`.
  var trouble: Trouble?

  /// What cut a stream short.
  struct Trouble {
    var reason: Coverage.Reason
    var detail: String?
    /// Shared by all streams that one cause cut short.
    var told = Told()
    /// Only this member is lost.
    var isLocal = false
    /// Nothing more of the file is to be read.
    var endsWalk = false

    init(
      reason: Coverage.Reason, detail: String? = nil, isLocal: Bool = false, endsWalk: Bool = false
    ) {
      self.reason = reason
      self.detail = detail
      self.isLocal = isLocal
      self.endsWalk = endsWalk
    }
  }

  /// Whether the coverage has it already.
  final class Told { var isTold = false }

  /// The same bytes once more from the beginning, where they can be read anywhere.
  func secondReader() -> ByteStream? { nil }
  var seekableBytes: Int? { nil }
  /// Whether another place is another request to a server.
  var isRemote: Bool { false }
  func seek(to offset: Int) { preconditionFailure("only for streams that can be read anywhere") }
  func nextBlock() -> UnsafeRawBufferPointer? { UnsafeRawBufferPointer(start: nil, count: 0) }

  /// Some bytes of a stream that can be read from any place; fewer at its end, or when it fails.
  func bytes(_ range: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    seek(to: range.lowerBound)
    while bytes.count < range.count, let block = nextBlock(), !block.isEmpty {
      bytes += block.prefix(range.count - bytes.count)
    }
    return bytes
  }

  private var rest = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Fills `target`; fewer bytes mean the end, or trouble. Not to be mixed with `nextBlock`.
  func fill(_ target: UnsafeMutableRawBufferPointer) -> Int {
    var filled = 0
    while filled < target.count {
      if rest.isEmpty {
        guard let block = nextBlock(), !block.isEmpty else { break }
        rest = block
      }
      let count = min(rest.count, target.count - filled)
      UnsafeMutableRawBufferPointer(rebasing: target[filled...]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      filled += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return filled
  }
}

/// An open file, read in blocks; also from any place.
final class FileStream: ByteStream {
  private let file: OpenFile
  private let budget: ExpansionBudget
  private let buffer: UnsafeMutableRawBufferPointer
  private let size: Int
  private var offset = 0

  init(_ file: OpenFile, size: Int, budget: ExpansionBudget) {
    self.file = file
    self.size = size
    self.budget = budget
    buffer = .allocate(byteCount: Limits.blockBytes, alignment: 4096)
  }

  deinit {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }

  /// The file once more, for a child.
  func duplicate() throws(SystemError) -> Descriptor { try file.descriptor.duplicate() }

  override var seekableBytes: Int? { size }
  override func seek(to offset: Int) { self.offset = offset }
  override func secondReader() -> ByteStream? { FileStream(file, size: size, budget: budget) }

  override func nextBlock() -> UnsafeRawBufferPointer? { nextBlock(of: buffer) }

  /// Reads no more than that: directories of archives ask for a few bytes here and there.
  override func bytes(_ range: Range<Int>) -> [UInt8] {
    guard range.count <= buffer.count else { return super.bytes(range) }
    seek(to: range.lowerBound)
    let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
    return nextBlock(of: target).map { Array($0) } ?? []
  }

  private func nextBlock(of buffer: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer? {
    if Interruption.requested != nil {
      trouble = Trouble(reason: .interrupted, endsWalk: true)
      return nil
    }
    do throws(SystemError) {
      let count = try file.descriptor.read(into: buffer, at: offset)
      offset += count
      budget.consume(upTo: offset)
      return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    } catch {
      let entry = InputError("", error).entry
      trouble = Trouble(reason: entry.reason, detail: entry.detail, endsWalk: true)
      return nil
    }
  }
}

/// A stream whose first bytes were looked at and come again.
final class PeekedStream: ByteStream {
  private let base: ByteStream
  /// What was taken from the base already.
  private var taken: [UInt8] = []
  private var isTakenGiven = false

  /// - Parameter bytes: how many to look at; whole blocks are taken.
  init(_ base: ByteStream, bytes: Int) {
    self.base = base
    while taken.count < bytes, let block = base.nextBlock(), !block.isEmpty { taken += block }
    super.init()
    // Otherwise it is met again after what was taken.
    if taken.isEmpty { trouble = base.trouble }
  }

  /// - Parameter taken: what was taken from the base before.
  init(_ base: ByteStream, taken: consuming [UInt8]) {
    self.base = base
    self.taken = taken
  }

  deinit { taken.wipe() }

  func head(_ count: Int) -> [UInt8] { Array(taken.prefix(count)) }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    if !isTakenGiven {
      isTakenGiven = true
      if !taken.isEmpty {
        // The array is not changed while the stream lives, so its memory stays where it is.
        return taken.withUnsafeBytes { UnsafeRawBufferPointer($0) }
      }
    }
    if base.trouble == nil, let block = base.nextBlock() { return block }
    trouble = base.trouble
    return nil
  }
}

/// Bytes held in memory, to be read from any place.
final class MemoryStream: ByteStream {
  private let memory: HeldBytes
  private var offset = 0

  /// - Parameter bytes: taken from the budget's scratch already; given back with the last reader.
  convenience init(_ bytes: consuming [UInt8], budget: ExpansionBudget) {
    self.init(HeldBytes(bytes, budget))
  }

  private init(_ memory: HeldBytes) { self.memory = memory }

  var bytes: [UInt8] { memory.bytes }

  override var seekableBytes: Int? { memory.bytes.count }
  override func seek(to offset: Int) { self.offset = min(offset, memory.bytes.count) }
  override func secondReader() -> ByteStream? { MemoryStream(memory) }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    let end = min(memory.bytes.count, offset + Limits.blockBytes)
    let start = offset
    offset = end
    // The array is not changed while it is held, so its memory stays where it is.
    return memory.bytes.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[start..<end]) }
  }
}

/// Memory that several readers share; overwritten when the last is gone.
private final class HeldBytes {
  private(set) var bytes: [UInt8]
  private let budget: ExpansionBudget

  init(_ bytes: consuming [UInt8], _ budget: ExpansionBudget) {
    self.bytes = bytes
    self.budget = budget
  }

  deinit {
    budget.giveBackScratch(bytes.count)
    bytes.wipe()
  }
}

/// A stretch of a stream that can be read from any place.
final class SliceStream: ByteStream {
  private let base: ByteStream
  private let range: Range<Int>
  private var offset = 0

  init(_ base: ByteStream, _ range: Range<Int>) {
    self.base = base
    self.range = range
    super.init()
    seek(to: 0)
  }

  override var seekableBytes: Int? { range.count }
  override var isRemote: Bool { base.isRemote }
  override func seek(to offset: Int) {
    self.offset = min(offset, range.count)
    base.seek(to: range.lowerBound + self.offset)
  }
  override func secondReader() -> ByteStream? {
    base.secondReader().map { SliceStream($0, range) }
  }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    guard let block = base.nextBlock() else {
      trouble = base.trouble
      return nil
    }
    let count = min(block.count, range.count - offset)
    offset += count
    return UnsafeRawBufferPointer(rebasing: block[..<count])
  }
}

/// What was packed in a compressed stream.
protocol UnpackedStream: ByteStream {
  /// Whether all of it was handed over.
  var isAtEnd: Bool { get }
  /// What was read of the source and is not part of it; `nil` when it is gone. To be asked at the end,
  /// before anybody goes on reading the source.
  var bytesBehind: [UInt8]? { get }
}

/// One member of an archive, or what a compressed stream holds.
final class MemberStream: ByteStream, UnpackedStream {
  private let reader: ArchiveReader
  /// Where the archive's own bytes come from: its trouble is the cause of the member's.
  private let source: ByteStream
  private let budget: ExpansionBudget
  private let depth: Int
  private var position = 0
  private var pending: UnsafeRawBufferPointer?
  private(set) var isAtEnd = false
  var bytesBehind: [UInt8]? { reader.bytesBehind() }
  /// A hole of a sparse file is told from its surroundings by this many zeros at most.
  private static let zeros = [UInt8](repeating: 0, count: 4096)

  init(_ reader: ArchiveReader, source: ByteStream, budget: ExpansionBudget, depth: Int) {
    self.reader = reader
    self.source = source
    self.budget = budget
    self.depth = depth
  }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    if trouble != nil { return nil }
    if let block = pending {
      pending = nil
      return block
    }
    do throws(ArchiveError) {
      while let block = try reader.nextBlock() {
        if let trouble = budget.expand(block.bytes.count, depth: depth) {
          self.trouble = trouble
          return nil
        }
        let hole = block.offset - position
        position = max(position, block.offset) + block.bytes.count
        if block.bytes.isEmpty { continue }
        guard hole > 0 else { return block.bytes }
        pending = block.bytes
        return MemberStream.zeros.withUnsafeBytes {
          UnsafeRawBufferPointer(rebasing: $0[..<min(hole, $0.count)])
        }
      }
      isAtEnd = true
      return UnsafeRawBufferPointer(start: nil, count: 0)
    } catch {
      trouble = source.takeTrouble(or: error)
      return nil
    }
  }
}

/// What a gzip stream holds.
final class InflatedStream: ByteStream, UnpackedStream {
  private let inflater: Inflater
  private let source: ByteStream
  private let budget: ExpansionBudget
  private let depth: Int
  private var first: UnsafeRawBufferPointer?
  var isAtEnd: Bool { inflater.bytesBehind != nil }
  var bytesBehind: [UInt8]? { inflater.bytesBehind }

  init(_ inflater: Inflater, source: ByteStream, budget: ExpansionBudget, depth: Int) {
    self.inflater = inflater
    self.source = source
    self.budget = budget
    self.depth = depth
  }

  /// Unpacks the first bytes.
  func start() throws(ArchiveError) { first = try inflater.nextBlock() }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    if trouble != nil { return nil }
    do throws(ArchiveError) {
      let block: UnsafeRawBufferPointer
      if let first { block = first } else { block = try inflater.nextBlock() }
      first = nil
      trouble = budget.expand(block.count, depth: depth)
      return trouble == nil ? block : nil
    } catch {
      trouble = source.takeTrouble(or: error)
      return nil
    }
  }
}

extension ByteStream {
  /// The cause of a reader's failure: this stream's own trouble, or what the library says.
  func takeTrouble(or error: ArchiveError) -> Trouble {
    guard var own = trouble else { return Trouble(error) }
    own.isLocal = false
    return own
  }
}

extension ByteStream.Trouble {
  init(_ error: ArchiveError) {
    self.init(reason: .corrupt, isLocal: error.kind == .member || error.kind == .mismatch)
    if error.kind == .noLibrary {
      reason = .missingHelper
      detail = "libarchive is not installed. On Debian: apt-get install \(LibArchive.package)."
    } else if error.isEncryption {
      reason = .encrypted
      detail = "It is encrypted. Scan it decrypted."
    } else if error.isTruncation {
      reason = .truncated
      detail = "It ends before it should. What came before was read."
    } else if error.kind == .mismatch {
      detail = "It is damaged: its size or check sum is not the stored one. What is there was read."
    } else {
      detail = "It cannot be unpacked to its end. What came before was read."
    }
  }
}

extension [UInt8] {
  /// Overwrites what may hold a number before the memory is let go.
  mutating func wipe() {
    withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
  }
}
