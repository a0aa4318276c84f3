import CSystem
import Glibc

/// A program of the system that is fed a file and whose output is read, within bounds: it is ended when
/// it takes too long, too much memory or writes too much, and when the value goes.
///
/// It gets the file as standard input, an environment with a path and a plain locale, and no other
/// descriptor of ours. Used by one thread at a time.
package final class LimitedChild {
  private var process: pid_t = 0
  private let output: Descriptor
  private let bounds: Bounds
  private let deadline: Int
  private var bytesRead = 0
  private var ended: End?

  /// What it may take.
  package struct Bounds: Sendable {
    package var seconds = 60
    /// Without any output while somebody waits for it; none but `seconds` when `nil`.
    package var silentSeconds: Int?
    package var memoryBytes = 1 << 30
    package var outputBytes = 256 << 20

    package init() {}
  }

  /// How it ended.
  package enum End: Sendable, Equatable {
    case exited(Int32)
    case signalled
    case timedOut
    /// It wrote more than it may.
    case tooLong
  }

  /// What a read gives.
  package enum Piece: Sendable {
    case bytes(Int)
    case ended(End)
  }

  /// - Parameter program: looked for in `PATH`.
  /// - Throws: `.notFound` when there is no such program.
  package init(
    _ program: String, _ arguments: [String], input: borrowing Descriptor,
    bounds: Bounds = Bounds()
  ) throws(SystemError) {
    self.bounds = bounds
    deadline = LimitedChild.now() + bounds.seconds
    var ends: [CInt] = [-1, -1]
    guard unpan_pipe(&ends) == 0 else { throw .last }
    output = Descriptor(owning: ends[0])
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.rawValue, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals as at the start of a process: SIGPIPE is ignored here.
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    var words: [UnsafeMutablePointer<CChar>?] = [strdup(program)]
    for argument in arguments { words.append(strdup(argument)) }
    words.append(nil)
    var environment: [UnsafeMutablePointer<CChar>?] = [
      strdup("PATH=" + path), strdup("LC_ALL=C.UTF-8"), nil,
    ]
    defer { for word in words + environment { free(word) } }
    let code = posix_spawnp(&process, program, &actions, &attributes, &words, &environment)
    guard code == 0 else {
      process = 0
      throw SystemError(rawValue: code)
    }
    // The child has just begun to load; it may be ended already, which its end tells.
    _ = unpan_limit(process, CInt(RLIMIT_AS.rawValue), UInt64(bounds.memoryBytes))
    _ = unpan_limit(process, CInt(RLIMIT_CPU.rawValue), UInt64(bounds.seconds))
    _ = unpan_limit(process, CInt(RLIMIT_FSIZE.rawValue), 0)
    _ = unpan_limit(process, CInt(RLIMIT_CORE.rawValue), 0)
  }

  deinit {
    if ended == nil { _ = wait(killing: true) }
  }

  /// Whether `PATH` has such a program.
  package static func isInstalled(_ program: String) -> Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
  }

  /// Waits for output. After the end, says the same again.
  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Piece {
    if let ended { return .ended(ended) }
    let patience = bounds.silentSeconds.map { LimitedChild.now() + $0 } ?? deadline
    while true {
      if Interruption.requested != nil || LimitedChild.now() > min(deadline, patience) {
        _ = wait(killing: true)
        ended = .timedOut
        return .ended(.timedOut)
      }
      guard output.waitUntilReadable(milliseconds: 100) else { continue }
      var count = 0
      do throws(SystemError) {
        count = try output.readSome(into: buffer)
      } catch {
        // A pipe that cannot be read is at its end; how the child ended tells the rest.
        count = 0
      }
      bytesRead += count
      if bytesRead > bounds.outputBytes {
        _ = wait(killing: true)
        ended = .tooLong
        return .ended(.tooLong)
      }
      if count > 0 { return .bytes(count) }
      let end = wait(killing: false)
      ended = end
      return .ended(end)
    }
  }

  private func wait(killing: Bool) -> End {
    guard process > 0 else { return .signalled }
    if killing { kill(process, SIGKILL) }
    var status: CInt = 0
    while true {
      // It has closed its output; it may not stay for ever all the same.
      let result = waitpid(process, &status, killing ? 0 : WNOHANG)
      if result == process { break }
      if result < 0, errno != EINTR { break }
      if result == 0 {
        if LimitedChild.now() > deadline { return wait(killing: true) }
        usleep(1000)
      }
    }
    process = 0
    return status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .signalled
  }

  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
  }
}
