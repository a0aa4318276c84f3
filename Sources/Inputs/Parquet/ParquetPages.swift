import Core
import Native

/// Reads the pages of one column in one group of rows.
final class ParquetPages {
  /// What stopped the reading.
  enum Failure: Error {
    case damaged
    case tooLarge
    case codec(String)
    case missing(package: String)
    case notHere(Coverage.Reason, String)
    /// See the stream's trouble.
    case stream
    case stopped
  }

  private struct Header {
    var kind = -1
    var byteCount = 0
    var packedCount = 0
    var valueCount = 0
    var encoding = 0
    /// Of the newer kind of page: the bytes of the levels, which are not packed.
    var definitionBytes = 0
    var repetitionBytes = 0
    var isPacked = true
  }

  private let column: ParquetFooter.Column
  private let codec: Int
  private let stream: ByteStream
  private let budget: ExpansionBudget
  private let depth: Int
  /// Bytes of the chunk that are not in `window` yet.
  private var left: Int
  private var window: [UInt8] = []
  private var windowStart = 0
  private var dictionary: ParquetValues?
  private static let headerBytesMax = 1 << 20

  init(
    _ chunk: ParquetFooter.Chunk, _ column: ParquetFooter.Column, _ stream: ByteStream,
    _ budget: ExpansionBudget, depth: Int
  ) {
    self.column = column
    codec = chunk.codec
    self.stream = stream
    self.budget = budget
    self.depth = depth
    left = chunk.byteCount
    stream.seek(to: chunk.start)
  }

  deinit { window.wipe() }

  /// - Parameter body: gets the 0-based row in the group and the value.
  /// - Returns: rows.
  func read(_ body: (Int, UnsafeRawBufferPointer) -> Bool) throws(Failure) -> Int {
    var row = -1
    while let header = try nextHeader() {
      guard header.packedCount >= 0, header.byteCount >= 0, header.valueCount >= 0 else {
        throw .damaged
      }
      guard max(header.packedCount, header.byteCount) <= budget.scratchLeft else {
        throw .tooLarge
      }
      guard try fill(header.packedCount) else { throw .damaged }
      let packed = Page(header.packedCount)
      window.withUnsafeBytes {
        packed.memory.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[windowStart..<windowStart + packed.count]))
      }
      windowStart += packed.count
      switch header.kind {
      case 0, 3: try takeValues(try unpacked(packed, header), header, &row, body)
      case 2: try takeDictionary(try unpacked(packed, header), header)
      default: break
      }
    }
    return row + 1
  }

  /// Bytes of a page; overwritten when let go.
  private final class Page {
    let memory: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
      memory = .allocate(byteCount: count, alignment: 8)
      memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
      memory.initializeMemory(as: UInt8.self, repeating: 0)
      memory.deallocate()
    }

    var count: Int { memory.count }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
  }

  // MARK: - Pages

  private func takeDictionary(_ page: Page, _ header: Header) throws(Failure) {
    let values = ParquetValues(column)
    guard values.decode(page.bytes, encoding: 0, limit: header.valueCount) else { throw .damaged }
    dictionary = values
  }

  private func takeValues(
    _ page: Page, _ header: Header, _ row: inout Int,
    _ body: (Int, UnsafeRawBufferPointer) -> Bool
  ) throws(Failure) {
    let bytes = page.bytes
    var at = 0
    let repetitionBytes = try levelBytes(
      bytes, &at, header, max: column.repetitionMax, count: header.repetitionBytes)
    let definitionBytes = try levelBytes(
      bytes, &at, header, max: column.definitionMax, count: header.definitionBytes)
    var repetitions = BitRuns(repetitionBytes, width: bits(column.repetitionMax))
    var definitions = BitRuns(definitionBytes, width: bits(column.definitionMax))
    guard let data = bytes.part(at, bytes.count - at) else { throw .damaged }

    // 2 and 8 are places in the dictionary, behind a byte that says how many bits one takes.
    var places: BitRuns?
    var values = dictionary
    if header.encoding == 2 || header.encoding == 8 {
      guard dictionary != nil else { throw .damaged }
      if let width = data.first, let rest = data.part(1, data.count - 1) {
        guard width <= 32 else { throw .damaged }
        places = BitRuns(rest, width: Int(width))
      }
    } else {
      values = ParquetValues(column)
      guard values!.decode(data, encoding: header.encoding, limit: header.valueCount) else {
        throw .damaged
      }
    }
    guard let values else { throw .damaged }
    var next = 0
    for _ in 0..<header.valueCount {
      guard let repetition = repetitions.next(), let definition = definitions.next() else {
        throw .damaged
      }
      if repetition == 0 || row < 0 { row += 1 }
      guard definition == column.definitionMax else { continue }
      var index = next
      if places != nil {
        guard let place = places!.next() else { throw .damaged }
        index = place
      }
      next += 1
      guard index >= 0, index < values.count else { throw .damaged }
      let size = values.with(index) { $0.count }
      if let trouble = budget.expand(size + 1, depth: depth) {
        stream.trouble = trouble
        throw .stream
      }
      guard values.with(index, { body(row, $0) }) else { throw .stopped }
    }
  }

  /// The bytes of one kind of level, which stand before the values.
  private func levelBytes(
    _ bytes: UnsafeRawBufferPointer, _ at: inout Int, _ header: Header, max: Int, count: Int
  ) throws(Failure) -> UnsafeRawBufferPointer {
    var count = count
    if header.kind == 0 {
      guard max > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
      guard let size = bytes.part(at, 4) else { throw .damaged }
      count = Int(size.loadUnaligned(as: UInt32.self))
      at += 4
    }
    guard let levels = bytes.part(at, count) else { throw .damaged }
    at += count
    return levels
  }

  private func bits(_ max: Int) -> Int { Int.bitWidth - max.leadingZeroBitCount }

  /// A page as it was before it was compressed.
  private func unpacked(_ page: Page, _ header: Header) throws(Failure) -> Page {
    // Levels of the newer kind of page are not compressed.
    let plain = header.kind == 3 ? header.definitionBytes + header.repetitionBytes : 0
    guard let levels = page.bytes.part(0, plain),
      let packed = page.bytes.part(plain, page.count - plain), header.byteCount >= plain
    else { throw .damaged }
    if codec == 0 || !header.isPacked || header.byteCount == plain { return page }
    let whole = Page(header.byteCount)
    whole.memory.copyMemory(from: levels)
    let target = UnsafeMutableRawBufferPointer(rebasing: whole.memory[plain...])
    if codec == 2 {
      try inflate(packed, into: target)
      return whole
    }
    let codecs: [Int: BlockCodec] = [1: .snappy, 4: .brotli, 6: .zstd, 7: .lz4]
    guard let codec = codecs[codec] else { throw .codec(codec == 3 ? "LZO" : "LZ4 of Hadoop") }
    let isWhole: Bool
    do throws(RunError) {
      isWhole = try codec.unpack(packed, into: target)
    } catch {
      throw .missing(package: codec.package)
    }
    guard isWhole else { throw .damaged }
    return whole
  }

  private func inflate(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(Failure) {
    budget.takeScratch(bytes.count)
    let source = MemoryStream(Array(bytes), budget: budget)
    var filled = 0
    do throws(ArchiveError) {
      let inflater = try Inflater(source)
      while true {
        let block = try inflater.nextBlock()
        if block.isEmpty { break }
        guard block.count <= target.count - filled else {
          throw ArchiveError(kind: .rest, text: "")
        }
        UnsafeMutableRawBufferPointer(rebasing: target[filled...]).copyMemory(from: block)
        filled += block.count
      }
    } catch {
      if error.kind == .noLibrary { throw .missing(package: "zlib1g") }
      throw .damaged
    }
    guard filled == target.count else { throw .damaged }
  }

  // MARK: - Bytes

  /// The header of the next page; `nil` at the end.
  private func nextHeader() throws(Failure) -> Header? {
    var room = 512
    while true {
      _ = try fill(room)
      let available = window.count - windowStart
      if available == 0 { return nil }
      let (header, length) = window.withUnsafeBytes {
        ParquetPages.header(UnsafeRawBufferPointer(rebasing: $0[windowStart...]))
      }
      if let header {
        windowStart += length
        return header
      }
      // Statistics in it may be long.
      guard available >= room, room < ParquetPages.headerBytesMax else { throw .damaged }
      room *= 4
    }
  }

  /// Takes bytes from the stream until so many are there.
  /// - Returns: whether they are.
  private func fill(_ count: Int) throws(Failure) -> Bool {
    if windowStart > 0, window.count - windowStart < count {
      window.removeFirst(windowStart)
      windowStart = 0
    }
    while window.count - windowStart < count, left > 0 {
      guard let block = stream.nextBlock() else {
        throw .stream
      }
      if block.isEmpty { break }
      let taken = block.prefix(left)
      window += taken
      left -= taken.count
    }
    return window.count - windowStart >= count
  }

  private static func header(_ bytes: UnsafeRawBufferPointer) -> (Header?, length: Int) {
    var header = Header()
    var reader = ThriftReader(bytes)
    reader.structure { reader, id, kind in
      switch (id, kind) {
      case (1, .int): header.kind = reader.integer()
      case (2, .int): header.byteCount = reader.integer()
      case (3, .int): header.packedCount = reader.integer()
      case (5, .structure), (7, .structure), (8, .structure):
        reader.structure { reader, field, kind in
          switch (id, field, kind) {
          case (_, 1, .int): header.valueCount = reader.integer()
          case (5, 2, .int), (8, 4, .int): header.encoding = reader.integer()
          case (8, 5, .int): header.definitionBytes = reader.integer()
          case (8, 6, .int): header.repetitionBytes = reader.integer()
          case (8, 7, .no):
            header.isPacked = false
            return false
          default: return false
          }
          return true
        }
      default: return false
      }
      return true
    }
    return reader.isBroken ? (nil, 0) : (header, reader.at)
  }
}
