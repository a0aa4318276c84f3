import Core
import Synchronization

/// What reading one file's containers has used of its limits. One thread walks a file; only `consumed`
/// is looked at by others.
final class ExpansionBudget: Sendable {
  let limits: ContainerLimits
  /// Bytes of the file itself, for progress.
  let consumed = Atomic<Int>(0)
  private let used: Mutex<Used>

  private struct Used {
    /// By depth: what is expanded twice is not counted twice.
    var expanded: [Int]
    var members = 0
    var scratch = 0
    var groups = 0
  }

  init(_ limits: ContainerLimits) {
    self.limits = limits
    used = Mutex(Used(expanded: [Int](repeating: 0, count: limits.depth + 2)))
  }

  /// Notes that the file was read up to there.
  func consume(upTo offset: Int) {
    if offset > consumed.load(ordering: .relaxed) { consumed.store(offset, ordering: .relaxed) }
  }

  /// Notes bytes that a container at `depth` gave.
  /// - Returns: why no more is read.
  func expand(_ count: Int, depth: Int) -> ByteStream.Trouble? {
    let total = used.withLock { used in
      let index = min(depth, used.expanded.count - 1)
      used.expanded[index] += count
      return used.expanded[index]
    }
    if total > limits.expandedBytes {
      return ByteStream.Trouble(
        reason: .overLimit,
        detail: "It expands to more than \(limits.expandedBytes) bytes (--max-expanded).",
        endsWalk: true)
    }
    guard total > Limits.expandedBytesFree else { return nil }
    let ratio = total / max(1, consumed.load(ordering: .relaxed))
    guard ratio > limits.ratio else { return nil }
    return ByteStream.Trouble(
      reason: .overLimit,
      detail: "It expands to more than \(limits.ratio) times its size (--max-ratio).",
      endsWalk: true)
  }

  /// Notes one more member.
  /// - Returns: why no more are read.
  func countMember() -> ByteStream.Trouble? {
    let count = used.withLock { used in
      used.members += 1
      return used.members
    }
    guard count > limits.members else { return nil }
    return ByteStream.Trouble(
      reason: .overLimit, detail: "It has more than \(limits.members) members (--max-members).",
      endsWalk: true)
  }

  /// How many bytes may still be held in memory.
  var scratchLeft: Int { used.withLock { Limits.scratchBytes - $0.scratch } }
  func takeScratch(_ count: Int) { used.withLock { $0.scratch += count } }
  func giveBackScratch(_ count: Int) { used.withLock { $0.scratch -= count } }

  /// A number that parts of one document share.
  func newGroup() -> Int {
    used.withLock { used in
      used.groups += 1
      return used.groups
    }
  }
}
