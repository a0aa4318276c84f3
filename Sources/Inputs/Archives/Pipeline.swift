import Core
import Native

/// Walks a container on a thread of its own, so that the worker scans what is unpacked while the next
/// is being unpacked. A fixed number of buffers goes round.
///
/// Unchecked because the walk belongs to the thread once it is started, and to nobody afterwards;
/// everything else goes through the monitor.
final class Pipeline: @unchecked Sendable {
  private let state: Monitor<State>
  private var thread: HelperThread?
  private static let batchesMax = 4

  private struct State: @unchecked Sendable {
    // Unchecked for the batches' memory, which has one user at a time: who took it from here.
    var messages: [Message] = []
    var free: [Batch] = []
    var made = 0
    var isStopped = false
  }

  fileprivate enum Message {
    case begin(PipelinePart)
    case batch(Batch)
    case end(PartOutcome)
    case finished(PartOutcome)
  }

  /// `nil` when the system grants no thread.
  init?(_ walk: ContainerWalk) {
    state = Monitor(State())
    nonisolated(unsafe) let walk = walk
    thread = HelperThread { [unowned self] in self.produce(walk) }
    if thread == nil { return nil }
  }

  deinit { end() }

  private func end() {
    state.withLock { $0.isStopped = true }
    thread?.join()
    thread = nil
  }

  // MARK: - The thread

  private func produce(_ walk: ContainerWalk) {
    let buffer = WorkBuffer()
    while let part = walk.next() {
      send(.begin(PipelinePart(part, self)))
      var batch: Batch?
      let outcome = part.read(into: buffer) { chunk in
        if let full = batch, !full.hasRoom(for: chunk.bytes.count) {
          send(.batch(full))
          batch = nil
        }
        if batch == nil { batch = takeBatch() }
        guard let current = batch else { return false }
        current.append(chunk, of: part)
        return true
      }
      if let batch { send(.batch(batch)) }
      send(.end(outcome))
      if state.withLock({ $0.isStopped }) { break }
    }
    send(.finished(walk.outcome))
  }

  /// A buffer, once one is free; `nil` when the worker does not want more.
  private func takeBatch() -> Batch? {
    state.wait { (state) -> Batch?? in
      if state.isStopped { return .some(nil) }
      if let batch = state.free.popLast() { return .some(batch) }
      guard state.made < Pipeline.batchesMax else { return nil }
      state.made += 1
      return .some(Batch())
    }
  }

  private func send(_ message: Message) {
    // Messages without a buffer are bounded too: a container of empty members makes nothing but them.
    _ = state.wait { $0.messages.count < Pipeline.messagesMax || $0.isStopped ? true : nil }
    state.withLock { $0.messages.append(message) }
  }

  private static let messagesMax = 256

  // MARK: - The worker

  func next() -> (any Part)? {
    while true {
      switch receive() {
      case .begin(let part): return part
      case .batch(let batch): giveBack(batch)
      case .end: continue
      case .finished(let outcome):
        state.withLock { $0.messages.insert(.finished(outcome), at: 0) }
        return nil
      }
    }
  }

  /// Stops the walk if it is not at its end.
  func finish() -> PartOutcome {
    state.withLock { $0.isStopped = true }
    while true {
      switch receive() {
      case .finished(let outcome):
        end()
        return outcome
      case .batch(let batch): giveBack(batch)
      case .begin, .end: continue
      }
    }
  }

  /// The thread gives up what it reads.
  fileprivate func stop() { state.withLock { $0.isStopped = true } }

  fileprivate func receive() -> Message {
    let message = state.wait { $0.messages.isEmpty ? nil : $0.messages.removeFirst() }
    // Wakes the thread if it waits for room.
    state.withLock { _ in }
    return message
  }

  fileprivate func giveBack(_ batch: Batch) {
    batch.clear()
    state.withLock { $0.free.append(batch) }
  }
}

/// Chunks that were read ahead, in memory of their own.
private final class Batch {
  private struct Entry {
    var start: Int
    var count: Int
    var owned: Range<Int>
    var byteOffset: Int
    var startsFile: Bool
    var endsFile: Bool
    var field: Chunk.Field
    var isRounded: Bool
    var isIndex: Bool
    var rowKey: String?
    var rowNumber: Int?
    /// Holds a copy of its value.
    var opened: (any PartSeries)?
  }

  private var memory: UnsafeMutableRawBufferPointer
  private var filled = 0
  private var entries: [Entry] = []
  private static let bytes = Limits.blockBytes + 2 * Limits.contextBytes

  init() { memory = .allocate(byteCount: Batch.bytes, alignment: 64) }

  deinit {
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    memory.deallocate()
  }

  func hasRoom(for count: Int) -> Bool { filled + count <= memory.count && entries.count < 4096 }

  func append(_ chunk: Chunk, of part: any Part) {
    if chunk.bytes.count > memory.count, filled == 0 {
      memory.deallocate()
      memory = .allocate(byteCount: chunk.bytes.count, alignment: 64)
    }
    if let base = chunk.bytes.baseAddress {
      (memory.baseAddress! + filled).copyMemory(from: base, byteCount: chunk.bytes.count)
    }
    entries.append(
      Entry(
        start: filled, count: chunk.bytes.count, owned: chunk.owned, byteOffset: chunk.byteOffset,
        startsFile: chunk.startsFile, endsFile: chunk.endsFile, field: chunk.field,
        isRounded: chunk.isRounded, isIndex: chunk.isIndex, rowKey: part.rowKey,
        rowNumber: part.rowNumber, opened: chunk.isContainer ? part.opened : nil))
    filled += chunk.bytes.count
  }

  func clear() {
    filled = 0
    entries.removeAll(keepingCapacity: true)
  }

  /// - Returns: false when `body` did.
  func forEach(_ body: (Chunk, String?, Int?, (any PartSeries)?) -> Bool) -> Bool {
    for entry in entries {
      let bytes = UnsafeRawBufferPointer(memory)[entry.start..<entry.start + entry.count]
      var chunk = Chunk(
        bytes: UnsafeRawBufferPointer(rebasing: bytes), owned: entry.owned,
        byteOffset: entry.byteOffset, startsFile: entry.startsFile, endsFile: entry.endsFile,
        field: entry.field)
      chunk.isRounded = entry.isRounded
      chunk.isIndex = entry.isIndex
      chunk.isContainer = entry.opened != nil
      if !body(chunk, entry.rowKey, entry.rowNumber, entry.opened) { return false }
    }
    return true
  }
}

/// A part whose chunks come from the thread that walks.
///
/// Unchecked for the variables: one worker reads a part, and only it asks for the key meanwhile.
private final class PipelinePart: Part, @unchecked Sendable {
  let table: String?
  let member: String?
  let encoding: [String]
  let head: [UInt8]?
  let group: Int
  let isDerived: Bool
  let isText: Bool
  let columns: [String]
  let expectedBytes: Int
  private(set) var rowKey: String?
  private(set) var rowNumber: Int?
  private(set) var opened: (any PartSeries)?
  let columnTypes: [String]
  private unowned let pipeline: Pipeline

  init(_ part: any Part, _ pipeline: Pipeline) {
    table = part.table
    member = part.member
    encoding = part.encoding
    head = part.head
    group = part.group
    isDerived = part.isDerived
    isText = part.isText
    columns = part.columns
    columnTypes = part.columnTypes
    expectedBytes = part.expectedBytes
    self.pipeline = pipeline
  }

  func read(into _: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var goesOn = true
    while true {
      switch pipeline.receive() {
      case .batch(let batch):
        if goesOn {
          goesOn = batch.forEach { chunk, rowKey, rowNumber, opened in
            self.rowKey = rowKey
            self.opened = opened
            self.rowNumber = rowNumber
            return body(chunk)
          }
          if !goesOn { pipeline.stop() }
        }
        pipeline.giveBack(batch)
      case .end(let outcome): return outcome
      case .begin, .finished: preconditionFailure("a part ends before the next begins")
      }
    }
  }
}
