import Foundation

extension Suite {
  /// The check of a commit of 20 files and 500 lines.
  mutating func measureGit(_ repository: String) throws(BenchmarkError) {
    guard Machine.has("git") else {
      add("git", "-", "git is not installed", nil)
      return
    }
    try RepositoryMaker.stage(in: repository)
    let staged = try measured(
      [
        inside(repository, "diff", "git diff --cached"),
        inside(repository, "staged", "\"$1\" guard --staged"),
      ], max(21, rounds))
    let over = (staged[1].median - staged[0].median) * 1000
    add("guard --staged over git diff --cached", "<= 60.0 ms", "\(fixed(over, 1)) ms", over <= 60)
  }

  /// What every commit brought, against git's own listing of it.
  mutating func measureHistory(_ repository: String) throws(BenchmarkError) {
    guard Machine.has("git") else { return }
    let history = try measured(
      [
        inside(repository, "log", "git log -p --all"),
        inside(repository, "history", "\"$1\" guard --history"),
        Command(title: "scan", program: unpan, arguments: ["scan", "git:" + repository]),
      ], min(rounds, 3))
    addRatio("guard --history : git log -p --all", history[1].median / history[0].median, 2)
    let bytes = try uniqueBytes(repository)
    let speed = Double(bytes) / 1e6 / history[2].median
    add("scan git:, unique blobs", ">= 50 MB/s", "\(fixed(speed, 0)) MB/s", speed >= 50)
  }

  /// A command that runs in the repository, through a shell, whose start all have.
  private func inside(_ repository: String, _ title: String, _ line: String) -> Command {
    Command(
      title: title, program: "/bin/sh",
      arguments: ["-c", "cd \"$1\" && shift && \(line)", "sh", repository, absolute(unpan)])
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  /// Bytes of all objects but trees, as git counts them.
  private func uniqueBytes(_ repository: String) throws(BenchmarkError) -> Int {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "git", "-C", repository, "cat-file", "--batch-all-objects",
      "--batch-check=%(objecttype) %(objectsize)",
    ]
    process.standardOutput = pipe
    do {
      try process.run()
      let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self).split(separator: "\n").reduce(0) { sum, line in
        let words = line.split(separator: " ")
        return words.count == 2 && words[0] == "blob" ? sum + (Int(words[1]) ?? 0) : sum
      }
    } catch {
      throw BenchmarkError("git: \(error.localizedDescription)")
    }
  }
}
