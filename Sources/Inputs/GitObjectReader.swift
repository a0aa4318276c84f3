import Core
import Native

/// Reads objects of a repository one after another through a single `git cat-file --batch`.
///
/// Requests run ahead of the reading, so that git is never waited for twice. Objects are read in the
/// order they were asked for, by whichever thread's turn it is. An object that git stumbles over is
/// told and passed by.
final class GitObjectReader: Sendable {
  private let repository: GitRepository
  private let monitor = Monitor(State())

  private struct State: Sendable {
    var child: ChildProcess?
    /// Ids from the one whose turn it is on.
    var waiting: [[UInt8]] = []
    /// Where in `waiting` the turn is; the front is only cut off now and then.
    var front = 0
    /// Requests written to the child and not read.
    var written = 0
    var turn = 0
    /// Tickets that nobody will read.
    var abandoned: Set<Int> = []
    var restarts = 0
  }

  /// An id and a newline take 65 bytes at most, so this many always fit a pipe.
  private static let aheadMax = 512
  /// Objects that git may stumble over before the rest is given up.
  private static let restartsMax = 1000

  /// What git says of an object before its content.
  enum Header: Sendable {
    case object(bytes: Int)
    case missing
    case failed(GitError)
  }

  init(_ repository: GitRepository) { self.repository = repository }

  /// Asks for an object.
  /// - Returns: what `begin` takes.
  func request(_ id: [UInt8]) -> Int {
    monitor.withLock { state in
      state.waiting.append(id)
      // A failure shows again when the object is read.
      if let child = state.child { GitObjectReader.pump(child, &state) }
      return state.turn + state.waiting.count - state.front - 1
    }
  }

  /// Nobody will read the object.
  func abandon(_ ticket: Int) { monitor.withLock { _ = $0.abandoned.insert(ticket) } }

  /// Waits for the ticket's turn and tells what comes. `end` must follow.
  func begin(_ ticket: Int) -> Header {
    while true {
      let turn = monitor.wait { state -> Int? in
        state.turn == ticket || state.abandoned.contains(state.turn) ? state.turn : nil
      }
      if turn == ticket { return header() }
      let mine = monitor.withLock { $0.abandoned.remove(turn) != nil }
      if mine {
        var rest = 0
        if case .object(let bytes) = header() { rest = bytes }
        end(unread: rest)
      }
    }
  }

  /// Fills a buffer with what comes next of the object whose turn it is.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ChildError) -> Int {
    guard let child = monitor.withLock({ $0.child }) else { return 0 }
    return try child.read(into: buffer)
  }

  /// Ends the turn.
  /// - Parameter unread: how many bytes of the object were not read; `nil` when it had none.
  func end(unread: Int?) {
    if let unread { skip(unread + 1) }
    monitor.withLock { state in
      state.turn += 1
      state.front += 1
      state.written = max(0, state.written - 1)
      if state.front >= 1024 {
        state.waiting.removeFirst(state.front)
        state.front = 0
      }
      if let child = state.child { GitObjectReader.pump(child, &state) }
    }
  }

  private func skip(_ count: Int) {
    var left = count
    // Mostly one newline; zeroed, because it may be content.
    let piece = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(max(count, 1), 64 << 10), alignment: 16)
    defer {
      piece.initializeMemory(as: UInt8.self, repeating: 0)
      piece.deallocate()
    }
    while left > 0 {
      let target = UnsafeMutableRawBufferPointer(rebasing: piece[..<min(left, piece.count)])
      var got = 0
      do throws(ChildError) { got = try read(into: target) } catch { got = 0 }
      if got == 0 { return giveUpChild() }
      left -= got
    }
  }

  /// Drops a child that is of no use any more; the next object gets a new one.
  func giveUpChild() {
    monitor.withLock { state in
      state.child = nil
      state.written = 0
      state.restarts += 1
    }
  }

  private func header() -> Header {
    do throws(GitError) {
      guard let child = try self.child() else {
        return .failed(GitError(.failed, repository.directory, "too many damaged objects"))
      }
      let line: [UInt8]?
      do throws(ChildError) {
        line = try child.read(until: .newline, bytesMax: 4096)
      } catch {
        throw GitError(error, repository.directory)
      }
      guard let line, !line.isEmpty else {
        let error = complaint(of: child)
        giveUpChild()
        return .failed(error)
      }
      let words = line.split(separator: UInt8(ascii: " "))
      if words.count == 3, let bytes = Int(String(decoding: words[2], as: UTF8.self)) {
        return .object(bytes: bytes)
      }
      return .missing
    } catch {
      giveUpChild()
      return .failed(error)
    }
  }

  private func complaint(of child: ChildProcess) -> GitError {
    do throws(ChildError) { _ = try child.finish() } catch {
      return GitError(error, repository.directory)
    }
    return GitError(complaint: child, repository.directory)
  }

  /// The running child, or a new one that is asked for all that waits.
  private func child() throws(GitError) -> ChildProcess? {
    if let child = monitor.withLock({ $0.child }) { return child }
    guard monitor.withLock({ $0.restarts }) <= GitObjectReader.restartsMax else { return nil }
    let child = try repository.start(["cat-file", "--batch"], input: .pipe)
    monitor.withLock { state in
      state.child = child
      state.written = 0
      GitObjectReader.pump(child, &state)
    }
    return child
  }

  /// Writes as many requests as may be under way.
  private static func pump(_ child: ChildProcess, _ state: inout State) {
    var bytes: [UInt8] = []
    while state.written < aheadMax, state.front + state.written < state.waiting.count {
      bytes += state.waiting[state.front + state.written]
      bytes.append(.newline)
      state.written += 1
    }
    guard !bytes.isEmpty else { return }
    // A child that is gone gives no answer either, and that is told where it is read.
    do throws(ChildError) { try child.write(bytes) } catch { return }
  }
}
