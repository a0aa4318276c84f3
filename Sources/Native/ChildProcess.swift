import CSystem
import Glibc

/// A program of the system, run as a child: no shell, an environment of its own, pipes instead of
/// files, and an end, whatever happens.
///
/// Used by one thread at a time. The child is killed with all it started when the value goes.
package final class ChildProcess: @unchecked Sendable {
  // Unchecked because the owner lets one thread in at a time; nothing here is shared behind its back.
  private let process: pid_t
  var input: CInt
  var output: CInt
  var errors: CInt
  private let deadline: Int?
  private var isReaped = false
  private var buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 64 << 10, alignment: 16)
  private var start = 0
  private var end = 0
  private var errorBytes: [UInt8] = []

  /// What of its complaints is kept.
  private static let errorBytesMax = 4 << 10
  /// How often a wait looks whether the user asked to stop.
  static let sliceMilliseconds = 250

  /// What a child is started with.
  package struct Command: Sendable {
    /// A name looked up in `PATH`, or a path.
    package var program: String
    /// Without the program's name; raw, because paths may not be UTF-8.
    package var arguments: [[UInt8]]
    /// All of its environment; nothing is inherited.
    package var environment: [String: String]
    /// Where it runs; `nil`: here.
    package var directory: [UInt8]?
    /// After this many seconds it is killed; `nil`: as long as it takes.
    package var timeoutSeconds: Int?

    package init(
      _ program: String, _ arguments: [[UInt8]], environment: [String: String],
      directory: [UInt8]? = nil, timeoutSeconds: Int? = nil
    ) {
      self.program = program
      self.arguments = arguments
      self.environment = environment
      self.directory = directory
      self.timeoutSeconds = timeoutSeconds
    }
  }

  /// What the child reads.
  package enum Input {
    /// Nothing: `/dev/null`.
    case none
    /// What `write` gives.
    case pipe
    /// These bytes, from a file without a name; no secrets, no card data.
    case bytes([UInt8])
    /// What another child writes, whose output is gone for us.
    case output(of: ChildProcess)
  }

  /// Starts the program.
  /// - Throws: `ChildError`, `.missing` when there is no such program.
  package init(_ command: Command, input source: Input = .none) throws(ChildError) {
    _ = ChildProcess.ignoresClosedPipes
    var pipes = Pipes()
    var ours = (input: CInt(-1), output: CInt(-1), errors: CInt(-1))
    do throws(SystemError) {
      let childInput: CInt
      switch source {
      case .none: childInput = try pipes.openNull()
      case .pipe: (childInput, ours.input) = try pipes.make()
      case .bytes(let bytes): childInput = try pipes.file(of: bytes)
      case .output(let other): childInput = pipes.take(&other.output)
      }
      let childOutput: CInt
      let childErrors: CInt
      (ours.output, childOutput) = try pipes.make()
      (ours.errors, childErrors) = try pipes.make()
      process = try Spawner(command).start([childInput, childOutput, childErrors])
    } catch {
      pipes.closeAll()
      throw ChildError(error == .notFound ? .missing : .system(error), program: command.program)
    }
    pipes.closeAll(but: [ours.input, ours.output, ours.errors])
    (input, output, errors) = ours
    deadline = command.timeoutSeconds.map { ChildProcess.now() + $0 * 1000 }
    program = command.program
  }

  /// As it was asked for.
  package let program: String

  /// Gives bytes to the child's standard input. Blocks while the pipe is full, so whoever also reads
  /// must not write more than fits (64 KiB), or takes `exchange`.
  package func write(_ bytes: [UInt8]) throws(ChildError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { all in
        retryingInterrupts { Glibc.write(input, all.baseAddress! + done, all.count - done) }
      }
      guard count > 0 else { throw ChildError(.system(.last), program: program) }
      done += count
    }
  }

  /// Tells the child that no more comes.
  package func closeInput() { ChildProcess.close(&input) }

  /// Reads up to a delimiter, which is taken but not returned.
  /// - Returns: `nil` at the end; a last piece without the delimiter as it is.
  /// - Throws: also when more than `bytesMax` come without one.
  package func read(until delimiter: UInt8, bytesMax: Int) throws(ChildError) -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if start == end, try fill() == 0 { return line.isEmpty ? nil : line }
      let rest = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
      if let found = memchr(rest.baseAddress!, CInt(delimiter), rest.count) {
        let count = UnsafeRawPointer(found) - rest.baseAddress!
        line += rest[..<count]
        start += count + 1
        return line
      }
      line += rest
      start = end
      guard line.count <= bytesMax else { throw ChildError(.tooLong, program: program) }
    }
  }

  /// Fills a buffer.
  /// - Returns: fewer bytes than fit only at the end of the output.
  package func read(into target: UnsafeMutableRawBufferPointer) throws(ChildError) -> Int {
    var done = min(target.count, end - start)
    if done > 0 {
      target.baseAddress!.copyMemory(from: buffer.baseAddress! + start, byteCount: done)
      start += done
    }
    while done < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let count: Int
      if rest.count >= buffer.count {
        count = try readSome(into: rest)
      } else {
        count = min(rest.count, try fill())
        if count > 0 {
          rest.baseAddress!.copyMemory(from: buffer.baseAddress! + start, byteCount: count)
          start += count
        }
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Reads everything that is left.
  /// - Throws: also when it is more than `bytesMax`.
  package func readAll(bytesMax: Int) throws(ChildError) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      if start == end, try fill() == 0 { return all }
      all += buffer[start..<end]
      start = end
      guard all.count <= bytesMax else { throw ChildError(.tooLong, program: program) }
    }
  }

  /// Waits for the child's end; what it still writes is thrown away.
  /// - Returns: its exit status, or 128 and the signal that ended it.
  package func finish() throws(ChildError) -> Int32 {
    closeInput()
    repeat { start = end } while try fill() > 0
    // A child may close its output and go on.
    while !isReaped, let deadline {
      if let status = reap(WNOHANG) { return status }
      guard ChildProcess.now() < deadline else { throw late() }
      usleep(2000)
    }
    return reap(0) ?? -1
  }

  /// What it wrote to standard error, the first of it.
  package var complaint: String {
    var bytes = errorBytes
    while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  deinit {
    ChildProcess.close(&input)
    ChildProcess.close(&output)
    ChildProcess.close(&errors)
    if !isReaped {
      kill(-process, SIGKILL)
      _ = reap(0)
    }
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }
}

extension ChildProcess {
  private func fill() throws(ChildError) -> Int {
    start = 0
    end = try readSome(into: buffer)
    return end
  }

  /// One read of the output; complaints are taken meanwhile, so that the child never waits for us.
  private func readSome(into target: UnsafeMutableRawBufferPointer) throws(ChildError) -> Int {
    while true {
      var wait = ChildProcess.sliceMilliseconds
      if let deadline {
        wait = min(wait, deadline - ChildProcess.now())
        if wait <= 0 { throw late() }
      }
      var entries = [
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
      ]
      if output < 0 && errors < 0 { return 0 }
      let ready = poll(&entries, 2, CInt(wait))
      if Interruption.requested != nil { throw ChildError(.interrupted, program: program) }
      guard ready > 0 else {
        if ready < 0, errno != EINTR { throw ChildError(.system(.last), program: program) }
        continue
      }
      if entries[1].revents != 0 { takeComplaint() }
      if entries[0].revents != 0 {
        let count = retryingInterrupts { Glibc.read(output, target.baseAddress!, target.count) }
        guard count >= 0 else { throw ChildError(.system(.last), program: program) }
        if count == 0 { ChildProcess.close(&output) } else { return count }
      }
    }
  }

  func takeComplaint() {
    var piece = [UInt8](repeating: 0, count: 4096)
    let count = piece.withUnsafeMutableBytes { bytes in
      retryingInterrupts { Glibc.read(errors, bytes.baseAddress!, bytes.count) }
    }
    guard count > 0 else { return ChildProcess.close(&errors) }
    errorBytes += piece.prefix(min(count, ChildProcess.errorBytesMax - errorBytes.count))
  }

  private func late() -> ChildError {
    kill(-process, SIGKILL)
    return ChildError(.deadline, program: program)
  }

  private func reap(_ flags: CInt) -> Int32? {
    var status: CInt = 0
    while true {
      let result = waitpid(process, &status, flags)
      if result == process { break }
      if result < 0, errno == EINTR { continue }
      if result < 0 { isReaped = true }
      return nil
    }
    isReaped = true
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
  }

  static func close(_ number: inout CInt) {
    if number >= 0 { _ = Glibc.close(number) }
    number = -1
  }

  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  /// A write to a child that ended must give an error; by default it ends this process.
  private static let ignoresClosedPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}

/// Why a child could not be started or used.
package struct ChildError: Error, Sendable, Equatable {
  package var code: Code
  package var program: String

  init(_ code: Code, program: String) {
    self.code = code
    self.program = program
  }

  /// What happened.
  package enum Code: Sendable, Equatable {
    /// There is no such program.
    case missing
    /// It took longer than it may.
    case deadline
    /// The user asked to stop.
    case interrupted
    /// A line or an answer was longer than it may be.
    case tooLong
    case system(SystemError)
  }
}

/// The descriptors of one start; those that are not kept are closed.
private struct Pipes {
  private var all: [CInt] = []

  mutating func make() throws(SystemError) -> (read: CInt, write: CInt) {
    var ends: [CInt] = [-1, -1]
    guard unpan_pipe(&ends) == 0 else { throw .last }
    all += ends
    return (ends[0], ends[1])
  }

  mutating func openNull() throws(SystemError) -> CInt {
    let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw .last }
    all.append(number)
    return number
  }

  mutating func take(_ number: inout CInt) -> CInt {
    defer { number = -1 }
    all.append(number)
    return number
  }

  mutating func file(of bytes: [UInt8]) throws(SystemError) -> CInt {
    var template = Array((ScratchFile.directory + "/unpan-XXXXXX").utf8CString)
    let number = mkstemp(&template)
    guard number >= 0 else { throw .last }
    all.append(number)
    // Our own children get three streams only; this is for those that a library may start.
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    unlink(template)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        retryingInterrupts {
          pwrite(number, buffer.baseAddress! + done, buffer.count - done, off_t(done))
        }
      }
      guard count > 0 else { throw .last }
      done += count
    }
    return number
  }

  func closeAll(but kept: [CInt] = []) {
    for number in all where !kept.contains(number) { _ = close(number) }
  }
}

/// Starts a program with three descriptors and nothing else of ours.
private struct Spawner {
  let command: ChildProcess.Command

  init(_ command: ChildProcess.Command) { self.command = command }

  func start(_ descriptors: [CInt]) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, number) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, number, CInt(target))
    }
    unpan_spawn_closes_from(&actions, 3)
    if let directory = command.directory {
      _ = withCString(directory) { unpan_spawn_in_directory(&actions, $0) }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that it can be ended with all it started; signals as a shell would set.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGPIPE, SIGXFSZ, SIGINT, SIGTERM] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    posix_spawnattr_setflags(&attributes, Int16(flags))
    let arguments = ArgumentVector([Array(command.program.utf8)] + command.arguments)
    let environment = ArgumentVector(
      command.environment.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) })
    var process = pid_t()
    let code = posix_spawnp(
      &process, command.program, &actions, &attributes, arguments.pointers, environment.pointers)
    guard code == 0 else { throw SystemError(rawValue: code) }
    return process
  }
}

/// Texts as C wants them, freed with the value.
private struct ArgumentVector: ~Copyable {
  var pointers: [UnsafeMutablePointer<CChar>?]

  init(_ texts: [[UInt8]]) {
    pointers = texts.map { text in withCString(text) { strdup($0) } } + [nil]
  }

  deinit { for pointer in pointers { free(pointer) } }
}
