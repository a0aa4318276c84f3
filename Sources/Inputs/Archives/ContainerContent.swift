import Core
import Native
import Synchronization

/// A file or stream that is a container: one part, which goes through all that is in it.
final class ContainerContent: ItemContent {
  let head: [UInt8] = []
  private let part: Mutex<ContainerPart?>
  private let state: Mutex<State>

  private struct State: Sendable {
    var isRead = false
    let place: String
  }

  init(_ part: ContainerPart) {
    self.part = Mutex(part)
    state = Mutex(State(place: part.place))
    part.whenRead = { [weak self] in self?.state.withLock { $0.isRead = true } }
  }

  /// Of a file.
  static func file(
    _ file: OpenFile, size: Int, place: String, options: InputOptions
  ) -> ContainerContent {
    let budget = ExpansionBudget(options.containers)
    return ContainerContent(
      ContainerPart(
        place: place, budget: budget, expectedBytes: size,
        usesHelper: size >= ContainerPart.helperBytesMin
      ) {
        let root = ContainerMember(
          chain: nil, stream: FileStream(file, size: size, budget: budget))
        return ContainerWalk(root, place: place, budget: budget, sizes: options.sizes)
      })
  }

  func nextPart() -> (any Part)? { part.withLock { $0.take() } }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    state.withLock { state in
      if state.isRead {
        outcome.examined.files = 1
      } else {
        outcome.notExamined.append(Coverage.Entry(place: state.place, reason: .interrupted))
      }
    }
    return outcome
  }
}

/// Everything in one container, read by one worker; a large one with a second thread beside it that
/// decompresses ahead.
///
/// Unchecked because one worker reads a part; what the second thread touches goes through `Pipeline`.
final class ContainerPart: PartSeries, @unchecked Sendable {
  let place: String
  let expectedBytes: Int
  let member: String? = nil
  var consumedBytes: Int { budget.consumed.load(ordering: .relaxed) }
  var whenRead: (@Sendable () -> Void)?
  private let budget: ExpansionBudget
  private let usesHelper: Bool
  private let makeWalk: () -> ContainerWalk
  private var walk: ContainerWalk?
  private var pipeline: Pipeline?
  private var isStarted = false

  /// Smaller files are done before a thread would be of use.
  static let helperBytesMin = 512 << 10

  init(
    place: String, budget: ExpansionBudget, expectedBytes: Int, usesHelper: Bool,
    _ makeWalk: @escaping () -> ContainerWalk
  ) {
    self.place = place
    self.budget = budget
    self.expectedBytes = expectedBytes
    self.usesHelper = usesHelper
    self.makeWalk = makeWalk
  }

  func nextMember() -> (any Part)? {
    if !isStarted {
      isStarted = true
      let walk = makeWalk()
      if usesHelper { pipeline = Pipeline(walk) }
      if pipeline == nil { self.walk = walk }
    }
    if let pipeline { return pipeline.next() }
    return walk?.next()
  }

  func finish() -> PartOutcome {
    whenRead?()
    if let pipeline {
      self.pipeline = nil
      return pipeline.finish()
    }
    let outcome = walk?.outcome ?? PartOutcome()
    walk = nil
    return outcome
  }
}
