import Glibc

/// A program with its arguments, started and timed as a child.
struct Command {
  /// Stands in the table.
  var title: String
  var program: String
  var arguments: [String]

  /// As one would type it.
  var line: String {
    ([program] + arguments).map {
      $0.contains(where: { " '\"()|$*?[".contains($0) }) ? "'\($0)'" : $0
    }
    .joined(separator: " ")
  }

  /// What one run cost.
  struct Sample {
    var seconds: Double
    /// Peak resident memory.
    ///
    /// Linux carries the starter's own peak over to the child, so this process has to stay small.
    var peakBytes: Int
    var exitStatus: Int32
  }

  /// Runs it once; what it prints goes to `/dev/null`.
  func run() throws(BenchmarkError) -> Sample {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }

    var child: pid_t = 0
    let start = Command.now()
    let code = posix_spawnp(&child, program, &actions, nil, arguments, environ)
    guard code == 0 else {
      throw BenchmarkError("\(program): \(String(cString: strerror(code)))")
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw BenchmarkError("wait4: \(systemErrorText())") }
    }
    let seconds = Command.now() - start
    let exited = status & 0x7F == 0
    return Sample(
      seconds: seconds, peakBytes: usage.ru_maxrss << 10,
      exitStatus: exited ? status >> 8 & 0xFF : 128 + status & 0x7F)
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// The runs of one command.
struct Samples {
  var command: Command
  var runs: [Command.Sample] = []

  var median: Double {
    let sorted = runs.map(\.seconds).sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
      ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
  var fastest: Double { runs.map(\.seconds).min() ?? 0 }
  var slowest: Double { runs.map(\.seconds).max() ?? 0 }
  var peakBytes: Int { runs.map(\.peakBytes).max() ?? 0 }

  /// Runs all commands in turn, one warm-up round first, so that a change of the machine's mood
  /// meets all of them.
  static func alternating(_ commands: [Command], rounds: Int) throws(BenchmarkError) -> [Samples] {
    var all = commands.map { Samples(command: $0) }
    for round in 0...rounds {
      for index in all.indices {
        let sample = try all[index].command.run()
        if sample.exitStatus > 2 {
          throw BenchmarkError("exit status \(sample.exitStatus): \(all[index].command.line)")
        }
        if round > 0 { all[index].runs.append(sample) }
      }
    }
    return all
  }
}
