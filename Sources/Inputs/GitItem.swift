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
    }
  }

  fileprivate func take(
    into buffer: UnsafeMutableRawBufferPointer
  ) -> (count: Int, error: ChildError?) {
    do throws(ChildError) { return (try reader.read(into: buffer), nil) } catch {
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
    return content.map { GitPart(self, $0, sizes: options.sizes) }
  }

  /// The stream was read up to `bytes`; the turn goes on.
  fileprivate func endStream(unread: Int?) {
    let held = state.withLock { state in
      defer { state.holdsTurn = false }
      return state.holdsTurn
    }
    guard held else { return }
    if unread == nil { reader.giveUpChild() }
    reader.end(unread: unread)
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    let state = state.withLock { state in
      defer { state.content = nil }
      return state
    }
    guard let content = state.content else { return outcome }
    if content.isLeftOut {
      outcome.excluded.append(
        Coverage.Entry(place: place, reason: .largerThanLimit, bytes: content.bytes))
      return outcome
    }
    endStream(unread: content.bytes - content.head.count)
    outcome.examined.objects = 1
    if content.head.starts(with: DatabaseContent.magic) {
      outcome.notExamined.append(
        Coverage.Entry(
          place: place, reason: .unsupported,
          detail: "It is a database. Its bytes were read, its rows were not: check it out and "
            + "scan the file."))
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
    var reached = content.held == nil ? content.head.count : content.bytes
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
        reached += taken.count
        if taken.error != nil || taken.count < rest.count { throw .inputOutput }
        return wanted
      }, sizes: sizes,
      field: content.head.starts(with: DatabaseContent.magic) ? .pages : .none, start: 0,
      end: content.bytes, size: content.bytes)
    let result = reader.read(into: buffer, body)
    item.endStream(unread: result.error == nil ? content.bytes - reached : nil)
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
