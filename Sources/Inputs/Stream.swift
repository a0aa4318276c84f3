import Core
import Native
import Synchronization

/// Standard input, or a FIFO the user named: bytes of any number, read once and never kept.
package final class StreamItem: Item {
  package let location: Location
  private let file: OpenFile
  private let sizes: ReadSizes
  private let containers: ContainerLimits
  private let state: Mutex<State>
  /// Buffers of parts that are done. As many as parts are read at once, and no more.
  private let pool = BufferPool()

  private struct State: Sendable {
    var head: [UInt8] = []
    /// The end of what was handed out and what was not handed out yet.
    var carried: [UInt8] = []
    /// How much of `carried` is left context.
    var carriedContext = 0
    var offset = 0
    var isAtEnd = false
    var error: SystemError?
    var wasInterrupted = false
    /// The stream is a container.
    var content: ContainerContent?
  }

  init(target: String, name: String, file: OpenFile, options: InputOptions) {
    location = Location(target: target, path: name)
    self.file = file
    sizes = options.sizes
    containers = options.containers
    state = Mutex(State())
  }

  package var head: [UInt8] { state.withLock { $0.head } }

  /// Waits for the first bytes.
  package func open() throws(InputError) {
    let error: SystemError? = state.withLock { state in
      var buffer = [UInt8](repeating: 0, count: sizes.context + 1)
      while state.carried.count < sizes.context, !state.isAtEnd, state.error == nil {
        let count = buffer.withUnsafeMutableBytes {
          readSome(
            into: UnsafeMutableRawBufferPointer(
              rebasing: $0[..<(sizes.context - state.carried.count)]), &state)
        }
        state.carried += buffer[..<count]
      }
      buffer.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
      state.head = state.carried
      return state.carried.isEmpty ? state.error : nil
    }
    if let error { throw InputError(location.path ?? "", error) }
    let head = head
    guard ContentKind(head) != .plain || Documents.kind(head) != nil else { return }
    let content = containerContent()
    state.withLock { $0.content = content }
  }

  private func containerContent() -> ContainerContent {
    let budget = ExpansionBudget(containers)
    let place = location.path ?? ""
    return ContainerContent(
      ContainerPart(place: place, budget: budget, expectedBytes: 0, usesHelper: true) { [self] in
        let taken = state.withLock { state in
          defer { state.carried = [] }
          return state.carried
        }
        let stream = WaitingStream(self, budget: budget)
        budget.consume(upTo: taken.count)
        let root = ContainerMember(chain: nil, stream: PeekedStream(stream, taken: taken))
        return ContainerWalk(root, place: place, budget: budget, sizes: sizes)
      })
  }

  /// Waits for the next block; then several workers can look at several blocks at once.
  package func nextPart() -> (any Part)? {
    if let content = state.withLock({ $0.content }) { return content.nextPart() }
    return state.withLock { state in
      if state.isAtEnd && state.carried.count == state.carriedContext { return nil }
      let buffer = pool.take(sizes.bufferBytes)
      buffer.bytes.copyBytes(from: state.carried)
      var filled = state.carried.count
      while filled < sizes.bufferBytes, !state.isAtEnd {
        let target = UnsafeMutableRawBufferPointer(
          rebasing: buffer.bytes[filled..<sizes.bufferBytes])
        let count = readSome(into: target, &state)
        filled += count
        // A program that writes now and then: go on with what is there.
        let isWorthwhile = filled >= state.carried.count + 2 * sizes.context
        if isWorthwhile, !state.isAtEnd,
          !file.descriptor.waitUntilReadable(milliseconds: 0)
        {
          break
        }
      }
      let ownedStart = state.carriedContext
      let ownedEnd = state.isAtEnd ? filled : max(ownedStart, filled - sizes.context)
      let part = StreamPart(
        buffer: buffer, pool: pool, count: filled, owned: ownedStart..<ownedEnd,
        byteOffset: state.offset,
        endsFile: state.isAtEnd && state.error == nil && !state.wasInterrupted)
      let keptStart = state.isAtEnd ? filled : max(0, ownedEnd - sizes.context)
      state.carried = Array(buffer.bytes[keptStart..<filled])
      state.carriedContext = state.isAtEnd ? 0 : ownedEnd - keptStart
      state.offset += keptStart
      return part
    }
  }

  /// Whoever writes the stream cannot write again what was taken from it.
  package func nextPartInHand() -> (any Part)? {
    let isContainer = state.withLock { state in
      if !state.isAtEnd {
        state.wasInterrupted = true
        state.isAtEnd = true
      }
      return state.content != nil
    }
    return isContainer ? nil : nextPart()
  }

  package func close() -> PartOutcome {
    var outcome = PartOutcome()
    let place = location.path ?? ""
    let content = state.withLock { state in
      defer { state.content = nil }
      return state.content
    }
    if let content { return content.close() }
    state.withLock { state in
      if let error = state.error {
        outcome.notExamined.append(InputError(place, error).entry)
      } else if state.wasInterrupted || !state.isAtEnd {
        outcome.notExamined.append(Coverage.Entry(place: place, reason: .interrupted))
      }
      outcome.examined.files = 1
      state.carried = []
    }
    return outcome
  }

  /// What comes next, for a container; `nil` when it cannot be read.
  fileprivate func readMore(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    state.withLock { state in
      if state.isAtEnd { return state.error == nil && !state.wasInterrupted ? 0 : nil }
      let count = readSome(into: buffer, &state)
      return count == 0 && (state.error != nil || state.wasInterrupted) ? nil : count
    }
  }

  fileprivate var failure: ByteStream.Trouble {
    let error = state.withLock { $0.error }
    let entry = error.map { InputError("", $0).entry }
    return ByteStream.Trouble(
      reason: entry?.reason ?? .interrupted, detail: entry?.detail, endsWalk: true)
  }

  /// Reads what is there, waiting for something to be there, and notes the end.
  private func readSome(
    into buffer: UnsafeMutableRawBufferPointer, _ state: inout State
  ) -> Int {
    do throws(SystemError) {
      while true {
        if Interruption.requested != nil {
          state.wasInterrupted = true
          state.isAtEnd = true
          return 0
        }
        // A signal may be taken by another thread, so no wait is without an end.
        guard file.descriptor.waitUntilReadable(milliseconds: 100) else { continue }
        do throws(SystemError) {
          let count = try file.descriptor.readSome(into: buffer)
          if count == 0 { state.isAtEnd = true }
          return count
        } catch .wouldBlock {
          continue
        }
      }
    } catch {
      state.error = error
      state.isAtEnd = true
      return 0
    }
  }
}

/// A stream that is a container, block by block.
private final class WaitingStream: ByteStream {
  private let item: StreamItem
  private let budget: ExpansionBudget
  private let buffer: UnsafeMutableRawBufferPointer
  private var offset = 0

  init(_ item: StreamItem, budget: ExpansionBudget) {
    self.item = item
    self.budget = budget
    buffer = .allocate(byteCount: 64 << 10, alignment: 64)
  }

  deinit {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    guard let count = item.readMore(into: buffer) else {
      trouble = item.failure
      return nil
    }
    offset += count
    budget.consume(upTo: Limits.contextBytes + offset)
    return UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }
}

/// Buffers to be used again.
final class BufferPool: Sendable {
  /// `WorkBuffer` belongs to one user at a time; this hands it from one to the next under a lock.
  private struct Box: @unchecked Sendable { var buffers: [WorkBuffer] = [] }
  private let free = Mutex(Box())

  func take(_ bytes: Int) -> LentBuffer {
    let buffer = free.withLock { $0.buffers.popLast().map(LentBuffer.init) }
    let lent = buffer ?? LentBuffer(WorkBuffer(capacity: bytes))
    lent.buffer.reserve(bytes)
    return lent
  }

  func giveBack(_ lent: LentBuffer) {
    free.withLock { $0.buffers.append(lent.buffer) }
  }
}

/// A buffer on its way from the reader to the worker that looks at it. Unchecked because it has one
/// user at a time: the part that holds it, which one worker reads once.
struct LentBuffer: @unchecked Sendable {
  fileprivate let buffer: WorkBuffer
  fileprivate init(_ buffer: WorkBuffer) { self.buffer = buffer }
  fileprivate var bytes: UnsafeMutableRawBufferPointer { buffer.bytes }
}

/// One block of a stream, in a buffer of its own.
final class StreamPart: Part {
  let table: String? = nil
  let columns: [String] = []
  let rowKey: String? = nil
  var expectedBytes: Int { owned.count }
  private let lent: Mutex<LentBuffer?>
  private let pool: BufferPool
  private let count: Int
  private let owned: Range<Int>
  private let byteOffset: Int
  private let endsFile: Bool

  fileprivate init(
    buffer: LentBuffer, pool: BufferPool, count: Int, owned: Range<Int>, byteOffset: Int,
    endsFile: Bool
  ) {
    lent = Mutex(buffer)
    self.pool = pool
    self.count = count
    self.owned = owned
    self.byteOffset = byteOffset
    self.endsFile = endsFile
  }

  func read(into _: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    guard let buffer = lent.withLock({ $0.take() }) else { return outcome }
    defer { pool.giveBack(buffer) }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
    // One chunk: there is nothing to stop.
    _ = body(
      Chunk(
        bytes: bytes, owned: owned, byteOffset: byteOffset, startsFile: byteOffset == 0,
        endsFile: endsFile))
    outcome.examined.bytes = owned.count
    return outcome
  }
}
