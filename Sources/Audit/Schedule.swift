import Core
import Detection
import Inputs
import Native
import Synchronization

/// Who does what next, and what is written when. One lock guards it all; no reading, scanning or
/// writing happens under it, and no source is asked: git, a bucket or a large directory takes its time.
final class Schedule: Sendable {
  enum Step {
    case open(ItemProgress)
    case part(ItemProgress, Int, any Part)
    case finish(ItemProgress)
    /// Notes of a source wait to be written, and no item ahead of them.
    case write
    case stop
  }

  private struct State: Sendable {
    var sources: [any Source]
    var sourceIndex = 0
    /// A worker asks the current source for what comes next.
    var isAsking = false
    /// Open items that may have more parts to hand out, in order.
    var open: [ItemProgress] = []
    var opening = 0
    var nextSequence = 0
    /// Finished items and notes that wait for an earlier one.
    var waiting: [Int: Entry] = [:]
    var nextToWrite = 0
    var isWriting = false
    var failure: RunError?
    var isStopped = false
  }

  enum Entry: Sendable {
    case item(ItemProgress)
    case excluded(Coverage.Entry)
    case notExamined(Coverage.Entry)
    case endOfTarget(Int)
  }

  let spool = HitSpool()
  private let state: Monitor<State>
  private let output: Output
  private let hitsInMemory = Atomic<Int>(0)
  /// Hits kept in memory over all items; the rest is spooled.
  private static let hitsInMemoryMax = 100_000
  /// Finished items that may wait for an earlier, longer one.
  private static let waitingMax = 4_096

  init(sources: [any Source], output: Output) {
    state = Monitor(State(sources: sources))
    self.output = output
  }

  var isShortOfMemory: Bool { hitsInMemory.load(ordering: .relaxed) > Schedule.hitsInMemoryMax }
  func account(_ hits: Int) { hitsInMemory.add(hits, ordering: .relaxed) }

  /// Whether nothing is left to hand out.
  var isDone: Bool {
    state.withLock { state in
      state.isStopped || state.failure != nil
        || state.sourceIndex == state.sources.count && state.open.isEmpty && state.opening == 0
    }
  }

  /// The next thing to do; sleeps when others must act first.
  func next() -> Step {
    while true {
      switch state.wait(until: Schedule.turn) {
      case .step(let step): return step
      case .ask(let source):
        let event = source.next()
        if let step = state.withLock({ Schedule.take(event, &$0) }) { return step }
      }
    }
  }

  /// What a worker that asks for work gets.
  private enum Turn {
    case step(Step)
    /// To ask the current source, and to come back with the answer.
    case ask(any Source)
  }

  private static func turn(_ state: inout State) -> Turn? {
    if state.failure != nil { return .step(.stop) }
    if Interruption.requested != nil { interrupt(&state) }
    while let item = state.open.first {
      let next = state.isStopped ? item.item.nextPartInHand() : item.item.nextPart()
      if let part = next {
        let number = item.parts.count
        item.parts.append(nil)
        item.outstanding += 1
        return .step(.part(item, number, part))
      }
      item.isExhausted = true
      state.open.removeFirst()
      if state.isStopped, item.item.nextPart() != nil { item.wasCutShort = true }
      if item.outstanding == 0 { return .step(.finish(item)) }
    }
    if state.isStopped { return state.opening == 0 ? .step(.stop) : nil }
    if state.waiting.count >= waitingMax {
      return !state.isWriting && state.waiting[state.nextToWrite] != nil ? .step(.write) : nil
    }
    if state.isAsking { return nil }
    if state.sourceIndex < state.sources.count {
      state.isAsking = true
      return .ask(state.sources[state.sourceIndex])
    }
    return state.opening == 0 ? .step(.stop) : nil
  }

  /// Takes what the current source gave.
  private static func take(_ event: ItemEvent?, _ state: inout State) -> Step? {
    state.isAsking = false
    let target = state.sourceIndex
    switch event {
    case .item where state.isStopped:
      // Nothing new is begun.
      let place = state.sources[target].target
      enqueue(.notExamined(Coverage.Entry(place: place, reason: .interrupted)), &state)
      end(target, &state)
    case .item(let item):
      let progress = ItemProgress(item: item, sequence: state.nextSequence)
      state.nextSequence += 1
      state.opening += 1
      return .open(progress)
    case .excluded(let entry): enqueue(.excluded(entry), &state)
    case .notExamined(let entry): enqueue(.notExamined(entry), &state)
    case nil: end(target, &state)
    }
    return nil
  }

  private static func enqueue(_ entry: Entry, _ state: inout State) {
    state.waiting[state.nextSequence] = entry
    state.nextSequence += 1
  }

  private static func end(_ target: Int, _ state: inout State) {
    enqueue(.endOfTarget(target), &state)
    state.sourceIndex += 1
  }

  /// Nothing new is begun; every target that was not finished says so, once none is being asked.
  private static func interrupt(_ state: inout State) {
    state.isStopped = true
    while !state.isAsking, state.sourceIndex < state.sources.count {
      let target = state.sourceIndex
      // All of it may be under way, and then its items say what is missing.
      if let event = state.sources[target].next() {
        if case .excluded(let entry) = event { enqueue(.excluded(entry), &state) }
        if case .notExamined(let entry) = event { enqueue(.notExamined(entry), &state) }
        let place = state.sources[target].target
        enqueue(.notExamined(Coverage.Entry(place: place, reason: .interrupted)), &state)
      }
      end(target, &state)
    }
  }

  func opened(_ item: ItemProgress, _ error: InputError?) {
    let isDone = state.withLock { state in
      state.opening -= 1
      if let error {
        item.outcome.notExamined.append(error.entry)
        item.isExhausted = true
        return true
      }
      let index = state.open.firstIndex { $0.sequence > item.sequence } ?? state.open.count
      state.open.insert(item, at: index)
      return false
    }
    if isDone { enqueueFinished(item) }
  }

  /// An item whose state was asked for: an earlier run has read it, or that cannot be known.
  func carried(_ item: ItemProgress, _ failure: RunError?) {
    state.withLock { state in
      state.opening -= 1
      if let failure, state.failure == nil { state.failure = failure }
      state.waiting[item.sequence] = .item(item)
    }
    writeReady()
  }

  /// What items are told from, when the run has one.
  var saves: ScanState? { output.state }

  func submit(
    _ item: ItemProgress, _ index: Int, _ result: PartResult, classes: ClassTable,
    failure: RunError?
  ) {
    let isDone = state.withLock { state in
      if let failure, state.failure == nil { state.failure = failure }
      item.parts[index] = result
      item.collectTables()
      item.classes.merge(classes)
      item.outstanding -= 1
      return item.isExhausted && item.outstanding == 0
    }
    if isDone { finished(item) }
  }

  /// Every part of the item was read.
  func finished(_ item: ItemProgress) {
    item.settleTables()
    if saves != nil { item.endStamp = item.item.stamp() }
    let outcome = item.item.close()
    item.outcome += outcome
    item.outcome.modified = outcome.modified
    // Most items tell themselves how much is missing.
    if item.wasCutShort, !item.outcome.notExamined.contains(where: { $0.reason == .interrupted }) {
      let place = item.item.location.path ?? item.item.location.target
      item.outcome.notExamined.append(Coverage.Entry(place: place, reason: .interrupted))
    }
    enqueueFinished(item)
  }

  private func enqueueFinished(_ item: ItemProgress) {
    var failure: RunError?
    if let saves {
      do throws(RunError) {
        try output.save(item, in: saves, spool: spool) { self.account(-$0) }
      } catch {
        failure = error
      }
    }
    state.withLock { state in
      if let failure, state.failure == nil { state.failure = failure }
      state.waiting[item.sequence] = .item(item)
    }
    writeReady()
  }

  /// Writes everything whose turn has come; one thread does it at a time.
  func writeReady() {
    while true {
      let entry = state.withLock { state -> Entry? in
        guard !state.isWriting, state.failure == nil,
          let entry = state.waiting.removeValue(forKey: state.nextToWrite)
        else { return nil }
        state.isWriting = true
        state.nextToWrite += 1
        return entry
      }
      guard let entry else { return }
      var failure: RunError?
      do throws(RunError) {
        try output.write(entry, spool: spool) { self.account(-$0) }
      } catch {
        failure = error
      }
      state.withLock { state in
        state.isWriting = false
        if let failure, state.failure == nil { state.failure = failure }
      }
    }
  }

  /// Called when all workers have stopped.
  func finish() throws(RunError) -> Summary {
    state.withLock { state in
      if Interruption.requested != nil { Schedule.interrupt(&state) }
    }
    writeReady()
    if let failure = state.withLock({ $0.failure }) { throw failure }
    return output.summary()
  }
}
