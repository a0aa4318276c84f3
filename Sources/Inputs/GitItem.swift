import Core
import Native
import Synchronization

/// Sees the content of each object that is read as a whole, once, before it is scanned.
package protocol GitContentWatcher: Sendable {
  /// - Parameter content: only valid during the call.
  func saw(_ content: UnsafeRawBufferPointer, at location: Location)
}

/// One object of a repository: a version of a file, a message, a tag.
final class GitItem: Item {
  let location: Location
  private let reader: GitObjectReader
  private let ticket: Int
  private let options: InputOptions
  private let watcher: (any GitContentWatcher)?
  private let state = Mutex(State())

  private struct State: Sendable {
    var isOpened = false
    var isHandedOut = false
    /// The turn at the reader is ours until the object is read.
    var holdsTurn = false
    /// How far an object was read that is read as it comes.
    var reached = 0
    var content: GitContent?
  }

  /// Larger objects are read as they come from git instead of being held whole.
  private static let heldBytesMax = Limits.segmentBytes

  init(
    _ location: Location, ticket: Int, reader: GitObjectReader, options: InputOptions,
    watcher: (any GitContentWatcher)?
  ) {
    self.location = location
    self.ticket = ticket
    self.reader = reader
    self.options = options
    self.watcher = watcher
  }

  deinit {
    let state = state.withLock { $0 }
    if !state.isOpened { reader.abandon(ticket) }
  }

  /// What coverage calls it: as a person would look it up.
  var place: String {
    let path = location.path ?? location.target
    return location.member.map { "\(path)!\($0)" } ?? path
  }

  var head: [UInt8] { state.withLock { $0.content }?.head ?? [] }

  func open() throws(InputError) {
    state.withLock { $0.isOpened = true }
    switch reader.begin(ticket) {
    case .missing:
      reader.end(unread: nil)
      throw InputError(
        place, .missing,
        "Its object is not in this repository: a partial or shallow clone, or a damaged one.")
    case .failed(let error):
      reader.end(unread: nil)
      throw InputError(
        place, error.code == .interrupted ? .interrupted : .corrupt,
        "It cannot be read. \(error.entry.detail ?? "") git fsck tells more.")
    case .object(let bytes):
      if let largest = options.fileBytesMax, bytes > largest {
        reader.end(unread: bytes)
        let content = GitContent(bytes: bytes, head: [], held: nil, isLeftOut: true)
        state.withLock { $0.content = content }
        return
      }
      if bytes <= GitItem.heldBytesMax { try hold(bytes) } else { try beginStream(bytes) }
    }
  }

  private func hold(_ bytes: Int) throws(InputError) {
    let held = HeldBytes(count: bytes)
    let read = take(into: held.buffer)
    guard read.count == bytes else {
      reader.giveUpChild()
      reader.end(unread: nil)
      throw cutShort(bytes - read.count)
    }
    reader.end(unread: 0)
    watcher?.saw(UnsafeRawBufferPointer(held.buffer), at: location)
    let head = Array(held.buffer.prefix(options.sizes.context))
    state.withLock { $0.content = GitContent(bytes: bytes, head: head, held: held) }
  }

  private func beginStream(_ bytes: Int) throws(InputError) {
    let first = HeldBytes(count: options.sizes.context)
    guard take(into: first.buffer).count == first.buffer.count else {
      reader.giveUpChild()
      reader.end(unread: nil)
      throw cutShort(bytes)
    }
    let head = Array(first.buffer)
    state.withLock { state in
      state.content = GitContent(bytes: bytes, head: head, held: nil)
      state.holdsTurn = true
      state.reached = head.count
    }
  }

  fileprivate func take(
    into buffer: UnsafeMutableRawBufferPointer
  ) -> (count: Int, error: ChildError?) {
    do throws(ChildError) {
      let count = try reader.read(into: buffer)
      state.withLock { $0.reached += count }
      return (count, nil)
    } catch {
      return (0, error)
    }
  }

  private func cutShort(_ bytes: Int) -> InputError {
    InputError(place, .readError, "git ended before the object did.", bytes: bytes)
  }

  func nextPart() -> (any Part)? {
    let content = state.withLock { state -> GitContent? in
      guard !state.isHandedOut, let content = state.content, !content.isLeftOut else { return nil }
      state.isHandedOut = true
      return content
    }
    guard let content else { return nil }
    return content.isContainer ? container(content) : GitPart(self, content, sizes: options.sizes)
  }

  /// What is in an object that is an archive, a document or a database.
  private func container(_ content: GitContent) -> ContainerPart {
    let budget = ExpansionBudget(options.containers)
    let (chain, file) = (location.member, location.path ?? location.target)
    let sizes = options.sizes
    return ContainerPart(
      place: place, budget: budget, expectedBytes: content.bytes,
      usesHelper: content.bytes >= ContainerPart.helperBytesMin
    ) { [self] in
      let root = ContainerMember(chain: chain, stream: GitStream(self, content, budget))
      return ContainerWalk(root, place: file, budget: budget, sizes: sizes)
    }
  }

  /// Ends the turn of an object that is read as it comes.
  fileprivate func endStream(hasFailed: Bool) {
    let (held, reached) = state.withLock { state in
      defer { state.holdsTurn = false }
      return (state.holdsTurn, state.reached)
    }
    guard held else { return }
    if hasFailed { reader.giveUpChild() }
    let bytes = state.withLock { $0.content?.bytes ?? reached }
    reader.end(unread: hasFailed ? nil : bytes - reached)
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    defer { state.withLock { $0.content = nil } }
    guard let content = state.withLock({ $0.content }) else { return outcome }
    if content.isLeftOut {
      outcome.excluded.append(
        Coverage.Entry(place: place, reason: .largerThanLimit, bytes: content.bytes))
      return outcome
    }
    endStream(hasFailed: false)
    outcome.examined.objects = 1
    if case .unreadable(let kind) = ContentKind(content.head), kind.reason == .storedElsewhere {
      outcome.excluded.append(
        Coverage.Entry(place: place, reason: kind.reason, detail: kind.detail))
    }
    if !content.isContainer, content.head.starts(with: DatabaseContent.magic) {
      outcome.notExamined.append(
        Coverage.Entry(
          place: place, reason: .overLimit,
          detail: "The database is too large to be held. Its bytes were read, its rows were not: "
            + "check it out and scan the file."))
    }
    return outcome
  }
}

/// What an object turned out to be.
private struct GitContent: Sendable {
  var bytes: Int
  var head: [UInt8]
  /// All of it, unless it is read as it comes.
  var held: HeldBytes?
  var isLeftOut = false

  /// Whether what it holds is to be read instead of its bytes.
  var isContainer: Bool {
    switch ContentKind(head) {
    case .plain: Documents.kind(head) != nil || isLateArchive
    case .database: bytes <= Limits.scratchBytes
    // A commit brings what stands for a file that Git LFS keeps, and not the file.
    case .unreadable(let kind): kind.reason != .storedElsewhere
    case .compressed, .archive: true
    }
  }
}

extension GitContent {
  /// Whether it is an archive, though it does not begin as one.
  private var isLateArchive: Bool {
    guard let held, LateArchive.isLikely(head) else { return false }
    let budget = ExpansionBudget(ContainerLimits())
    budget.takeScratch(bytes)
    return LateArchive.format(
      head, of: MemoryStream(Array(UnsafeRawBufferPointer(held.buffer)), budget: budget)) != nil
  }
}

/// An object's content in memory, overwritten before it is released.
private final class HeldBytes: @unchecked Sendable {
  // Unchecked because it is written once, before anybody else has it.
  let buffer: UnsafeMutableRawBufferPointer

  init(count: Int) { buffer = .allocate(byteCount: max(count, 1), alignment: 16).first(count) }

  deinit {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.baseAddress?.deallocate()
  }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate func first(_ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[..<count])
  }
}

/// All of an object.
private final class GitPart: Part {
  private let item: GitItem
  private let content: GitContent
  private let sizes: ReadSizes

  init(_ item: GitItem, _ content: GitContent, sizes: ReadSizes) {
    self.item = item
    self.content = content
    self.sizes = sizes
  }

  var table: String? { nil }
  /// The item's own member is the place; a part's would replace it.
  var member: String? { item.location.member }
  var columns: [String] { [] }
  var rowKey: String? { nil }
  var expectedBytes: Int { content.bytes }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    let content = content
    let item = item
    let reader = SegmentReader(
      source: { (target, offset) throws(SystemError) in
        guard offset < content.bytes else { return 0 }
        let wanted = min(target.count, content.bytes - offset)
        if let held = content.held {
          target.baseAddress!.copyMemory(
            from: held.buffer.baseAddress! + offset, byteCount: wanted)
          return wanted
        }
        // What the head took from the stream comes first.
        let early = max(0, min(wanted, content.head.count - offset))
        for index in 0..<early { target[index] = content.head[offset + index] }
        let rest = UnsafeMutableRawBufferPointer(rebasing: target[early..<wanted])
        let taken = item.take(into: rest)
        if taken.error != nil || taken.count < rest.count { throw .inputOutput }
        return wanted
      }, sizes: sizes,
      field: content.head.starts(with: DatabaseContent.magic) ? .pages : .none, start: 0,
      end: content.bytes, size: content.bytes)
    let result = reader.read(into: buffer, body)
    item.endStream(hasFailed: result.error != nil)
    var outcome = PartOutcome()
    outcome.examined.bytes = result.ownedBytes
    if let error = result.error {
      outcome.notExamined.append(
        Coverage.Entry(
          place: item.place, reason: .readError, detail: "\(error.text).",
          bytes: content.bytes - result.ownedBytes))
    }
    return outcome
  }
}

/// An object's content from its beginning on; from any place when it is held.
private final class GitStream: ByteStream {
  private let item: GitItem
  private let content: GitContent
  private let budget: ExpansionBudget
  /// For what is read as it comes.
  private lazy var buffer = WorkBuffer(capacity: Limits.blockBytes)
  private var offset = 0

  init(_ item: GitItem, _ content: GitContent, _ budget: ExpansionBudget) {
    self.item = item
    self.content = content
    self.budget = budget
  }

  override var seekableBytes: Int? { content.held == nil ? nil : content.bytes }
  override func seek(to offset: Int) { self.offset = min(offset, content.bytes) }
  override func secondReader() -> ByteStream? {
    content.held == nil ? nil : GitStream(item, content, budget)
  }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    if Interruption.requested != nil {
      trouble = Trouble(reason: .interrupted, endsWalk: true)
      return nil
    }
    let wanted = min(Limits.blockBytes, content.bytes - offset)
    let start = offset
    defer { budget.consume(upTo: offset) }
    if let held = content.held {
      offset += wanted
      return UnsafeRawBufferPointer(rebasing: held.buffer[start..<start + wanted])
    }
    if wanted == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
    if start < content.head.count {
      // The array is not changed while the content lives, so its memory stays where it is.
      offset = content.head.count
      return content.head.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[start...]) }
    }
    let target = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<wanted])
    let taken = item.take(into: target)
    offset += taken.count
    if taken.error != nil || taken.count < wanted {
      item.endStream(hasFailed: true)
      trouble = Trouble(
        reason: .readError, detail: "git ended before the object did.", endsWalk: true)
      return nil
    }
    return UnsafeRawBufferPointer(target)
  }
}
