import Core
import Native
import Synchronization

/// Digests of the numbers in a database's live rows: what they explain is no residue.
///
/// So many are kept in memory; the rest goes to a file without a name, in runs, and is looked through
/// for the digests of one batch of residue at a time. The digests are keyed with a number drawn anew in
/// every process, so the file tells nothing.
final class LiveDigests: Sendable {
  private struct State: ~Copyable {
    var recent: Set<UInt64> = []
    var file: ScratchFile?
  }

  private let memoryMax: Int
  private let state: Mutex<State>
  private static let bytesPerRead = 1 << 18

  /// - Parameter memoryMax: digests kept in memory; other than the usual only in tests.
  init(memoryMax: Int = 500_000) {
    self.memoryMax = memoryMax
    state = Mutex(State())
  }

  /// - Throws: when the temporary directory cannot be written.
  func insert(_ digests: some Sequence<UInt64>) throws(RunError) {
    do throws(WriteFailure) {
      try state.withLock { (state: inout State) throws(WriteFailure) in
        for digest in digests {
          state.recent.insert(digest)
          guard state.recent.count >= memoryMax else { continue }
          if state.file == nil { state.file = try ScratchFile() }
          let run = Array(state.recent)
          try state.file!.append(run.withUnsafeBytes { Array($0) })
          state.recent.removeAll(keepingCapacity: true)
        }
      }
    } catch {
      throw HitSpool.failure()
    }
  }

  /// Which of some digests are of live numbers.
  /// - Complexity: one pass over what is in the file.
  func known(among digests: Set<UInt64>) throws(RunError) -> Set<UInt64> {
    guard !digests.isEmpty else { return [] }
    do throws(WriteFailure) {
      return try state.withLock { (state: inout State) throws(WriteFailure) -> Set<UInt64> in
        var known = digests.intersection(state.recent)
        switch state.file {
        case nil: break
        case .some(let file):
          var at = 0
          while at < file.count, known.count < digests.count {
            let end = min(file.count, at + LiveDigests.bytesPerRead)
            let bytes = try file.read(at..<end)
            bytes.withUnsafeBytes {
              for digest in $0.bindMemory(to: UInt64.self) where digests.contains(digest) {
                known.insert(digest)
              }
            }
            at = end
          }
        }
        return known
      }
    } catch {
      throw HitSpool.failure()
    }
  }
}
