import Core
import Native

/// What is in a column's value that is a container or a document: its members, read one after another
/// as those of a file are, under limits of their own.
///
/// Unchecked because one worker reads it, inside the call that hands the value over.
final class OpenedValue: PartSeries, @unchecked Sendable {
  let expectedBytes = 0
  let consumedBytes = 0
  private let walk: ContainerWalk
  /// Instead of what the walk finds.
  private var text: MemberPart?

  init(_ walk: ContainerWalk) { self.walk = walk }

  /// - Parameter text: says in its own words what rows of the database may say.
  init(_ text: MemberPart, _ walk: ContainerWalk) {
    self.walk = walk
    self.text = text
  }

  func nextMember() -> (any Part)? {
    guard let text else { return walk.next() }
    self.text = nil
    walk.stop()
    return text
  }
  func finish() -> PartOutcome { walk.outcome }
}

extension Chunk {
  /// The whole value of a column, which the part's `opened` opens.
  static func container(_ value: UnsafeRawBufferPointer, column: Int) -> Chunk {
    var chunk = Chunk(bytes: value, owned: 0..<value.count, field: .column(column))
    chunk.isContainer = true
    return chunk
  }
}

/// Opens the values of tables.
struct ValueOpener: Sendable {
  let limits: ContainerLimits
  let sizes: ReadSizes

  /// - Parameter depth: how many containers the database itself lies in.
  init(_ limits: ContainerLimits, _ sizes: ReadSizes, depth: Int = 0) {
    var left = limits
    left.depth = max(0, limits.depth - depth)
    self.limits = left
    self.sizes = sizes
  }

  /// Values are held whole while they are open.
  static let bytesMax = Database.valueBytesMax
  /// No container is shorter; keys, digests and addresses are.
  private static let bytesMin = 18

  /// - Parameters:
  ///   - value: copied when it is opened.
  ///   - place: what the coverage calls it.
  /// - Returns: `nil` when there is nothing to open: nearly always, and soon.
  @inline(__always)
  func open(_ value: UnsafeRawBufferPointer, place: () -> String) -> OpenedValue? {
    guard value.count >= ValueOpener.bytesMin, ValueOpener.mayOpen(value) else { return nil }
    return openLikely(value, place)
  }

  /// Whether the first bytes are among those that containers and documents begin with.
  @inline(__always)
  static func mayOpen(_ value: UnsafeRawBufferPointer) -> Bool {
    switch (value[0], value[1]) {
    case (0x1F, 0x8B), (0x1F, 0x9D), (0x1F, 0xA0), (0x1F, 0x1E), (0x42, 0x5A), (0xFD, 0x37),
      (0x28, 0xB5), (0x50...0x5F, 0x2A), (0x04, 0x22), (0x02, 0x21), (0x4C, 0x5A), (0x4C, 0x52),
      (0x5D, 0), (0xED, 0xAB), (0x50, 0x4B), (0x37, 0x7A), (0x52, 0x61), (0x21, 0x3C),
      (0x4D, 0x53), (0x53, 0x51), (0x89, 0x4C), (0x30, 0x37), (0xC7, 0x71), (0x71, 0xC7),
      (0xEF, 0xBB), (0xD0, 0xCF):
      return true
    // The two bytes are a multiple of 31: zlib, bare or behind the length that MySQL writes.
    case (0x78, 0x01), (0x78, 0x5E), (0x78, 0x9C), (0x78, 0xDA): return true
    case (0x20...0x7E, 0x09...0x7E): return true
    default: return isZlib(value, at: 4) || isTar(value)
    }
  }

  private static func isZlib(_ value: UnsafeRawBufferPointer, at index: Int) -> Bool {
    guard value.count > index + 8, value[index] == 0x78 else { return false }
    return [0x01, 0x5E, 0x9C, 0xDA].contains(value[index + 1])
  }

  private static func isTar(_ value: UnsafeRawBufferPointer) -> Bool {
    value.count >= 512 && value[257..<262].elementsEqual("ustar".utf8)
  }

  /// Opens a block of an index of words.
  /// - Returns: `nil` when there are no words in it.
  func open(
    _ index: FullTextIndex, _ block: UnsafeRawBufferPointer, place: () -> String
  ) -> OpenedValue? {
    let words = index.words(in: block)
    guard !words.isEmpty else { return nil }
    let budget = ExpansionBudget(limits)
    budget.takeScratch(words.count)
    let member = ContainerMember(
      chain: nil, encoding: [index.rawValue], stream: MemoryStream(words, budget: budget))
    let walk = ContainerWalk(member, place: place(), budget: budget, sizes: sizes)
    return OpenedValue(
      MemberPart(member, head: [], in: walk, isText: true, isDerived: true), walk)
  }

  /// Opens a value too large to be held, where it can be read from any place.
  /// - Returns: `nil` when there is nothing to open.
  func open(
    head: [UInt8], size: Int, source: @escaping SegmentReader.ByteSource, place: String
  ) -> OpenedValue? {
    guard ContentKind(head) != .plain || Documents.kind(head) != nil else { return nil }
    let budget = ExpansionBudget(limits)
    budget.consume(upTo: size)
    let member = ContainerMember(chain: nil, stream: ValueStream(source, size: size))
    return OpenedValue(ContainerWalk(member, place: place, budget: budget, sizes: sizes))
  }

  /// What the coverage says of a value that would be opened if it could be held.
  /// - Parameter head: of a value that is read piece by piece.
  static func unopened(_ head: some Collection<UInt8>, place: String) -> Coverage.Entry? {
    let head = Array(head.prefix(Limits.contextBytes))
    guard ContentKind(head) != .plain || head.starts(with: "%PDF-".utf8) else { return nil }
    return Coverage.Entry(
      place: place, reason: .overLimit,
      detail:
        "A value of more than \(bytesMax) bytes is not opened here. Save it as a file and scan "
        + "that.")
  }

  private func openLikely(
    _ value: UnsafeRawBufferPointer, _ place: () -> String
  ) -> OpenedValue? {
    let head = Array(value.prefix(sizes.context))
    let zlib = ValueOpener.isZlib(value, at: 0) ? 0 : ValueOpener.isZlib(value, at: 4) ? 4 : nil
    var kind = ContentKind(head)
    // A value that was encrypted on purpose; the inventory of columns has it.
    if case .unreadable(let kind) = kind, kind.reason == .encrypted { return nil }
    if kind == .compressed(.zlib) { kind = .plain }
    guard kind != .plain || zlib != nil || Documents.kind(head) != nil else { return nil }
    guard value.count <= ValueOpener.bytesMax else { return nil }
    let budget = ExpansionBudget(limits)
    budget.consume(upTo: value.count)
    var member = ContainerMember(chain: nil, stream: held(value[...], budget))
    if kind == .plain, let zlib {
      guard let stream = inflated(value[zlib...], budget) else { return nil }
      member.stream = stream
      member.encoding = ["zlib"]
    }
    return OpenedValue(ContainerWalk(member, place: place(), budget: budget, sizes: sizes))
  }

  private func held(
    _ value: Slice<UnsafeRawBufferPointer>, _ budget: ExpansionBudget
  ) -> ByteStream {
    budget.takeScratch(value.count)
    return MemoryStream(Array(value), budget: budget)
  }

  /// - Returns: `nil` when it only begins like zlib.
  private func inflated(
    _ value: Slice<UnsafeRawBufferPointer>, _ budget: ExpansionBudget
  ) -> ByteStream? {
    let source = held(value, budget)
    do throws(ArchiveError) {
      let stream = InflatedStream(
        try Inflater(source, .zlib), source: source, budget: budget, depth: 1)
      try stream.start()
      return stream
    } catch {
      // Scanned as it is, like any other value.
      return nil
    }
  }
}

/// A value that is read from any place, block by block.
private final class ValueStream: ByteStream {
  private let source: SegmentReader.ByteSource
  private let size: Int
  private let buffer: UnsafeMutableRawBufferPointer
  private var offset = 0

  init(_ source: @escaping SegmentReader.ByteSource, size: Int) {
    self.source = source
    self.size = size
    buffer = .allocate(byteCount: Limits.blockBytes, alignment: 64)
  }

  deinit {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }

  override var seekableBytes: Int? { size }
  override func seek(to offset: Int) { self.offset = min(offset, size) }
  override func secondReader() -> ByteStream? { ValueStream(source, size: size) }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    let target = UnsafeMutableRawBufferPointer(
      rebasing: buffer[..<min(buffer.count, size - offset)])
    do throws(SystemError) {
      let count = target.isEmpty ? 0 : try source(target, offset)
      offset += count
      return UnsafeRawBufferPointer(rebasing: target[..<count])
    } catch {
      trouble = Trouble(reason: .readError, endsWalk: true)
      return nil
    }
  }
}
