import Foundation
import TestSupport

/// Makes a git repository with a history as a shop's is: some hundred source files, a few of them
/// changed by each commit.
enum RepositoryMaker {
  private static let fileCount = 200
  private static let linesPerFile = 400
  private static let filesPerCommit = 3
  private static let editsPerFile = 8
  private static let words = [
    "order", "cart", "user", "item", "price", "total", "view", "list", "page", "form", "state",
    "handler", "service", "count", "name",
  ]

  /// - Throws: when git is missing or the place cannot be written.
  static func write(to path: String, commits: Int, seed: UInt64) throws(BenchmarkError) {
    let stream = path + ".stream"
    guard FileManager.default.createFile(atPath: stream, contents: nil),
      let file = FileHandle(forWritingAtPath: stream)
    else { throw BenchmarkError("\(stream): cannot be written") }
    var random = SplitMix(seed: seed)
    do {
      try writeStream(commits, &random) { try file.write(contentsOf: $0) }
      try file.close()
    } catch {
      throw BenchmarkError("\(stream): \(error.localizedDescription)")
    }
    let script = """
      git init -q -b main "$1" && git -C "$1" fast-import --quiet < "$1.stream" && rm "$1.stream" &&
      git -C "$1" checkout -q -f main && git -C "$1" repack -adq
      """
    let sample = try Command(
      title: "import", program: "/bin/sh", arguments: ["-c", script, "sh", path]
    ).run()
    guard sample.exitStatus == 0 else { throw BenchmarkError("git cannot make \(path)") }
  }

  /// Changes 20 files by 25 lines each and stages them: a normal commit.
  static func stage(in path: String) throws(BenchmarkError) {
    let script = """
      cd "$1" && git reset -q --hard && for file in $(git ls-files | head -20); do
      i=0; while [ $i -lt 25 ]; do echo "const added$i = call(item, $i);" >> "$file"; i=$((i+1)); done
      done && git add -A
      """
    let sample = try Command(
      title: "stage", program: "/bin/sh", arguments: ["-c", script, "sh", path]
    ).run()
    guard sample.exitStatus == 0 else { throw BenchmarkError("git cannot stage in \(path)") }
  }

  private static func writeStream(
    _ commits: Int, _ random: inout SplitMix, _ put: (Data) throws -> Void
  ) throws {
    var files = (0..<fileCount).map { _ in
      (0..<linesPerFile).map { _ in line(&random) }
    }
    for commit in 0..<commits {
      let changed =
        commit == 0
        ? Array(0..<fileCount)
        : (0..<filesPerCommit).map { _ in Int.random(in: 0..<fileCount, using: &random) }
      var text =
        "commit refs/heads/main\ncommitter A <a@example.com> \(1_600_000_000 + commit * 600) +0000\n"
      let message = "Change \(commit)\n"
      text += "data \(message.utf8.count)\n\(message)"
      for file in Set(changed).sorted() {
        if commit > 0 {
          for _ in 0..<editsPerFile {
            let place = Int.random(in: 0..<files[file].count, using: &random)
            if Bool.random(using: &random) {
              files[file][place] = line(&random)
            } else {
              files[file].insert(line(&random), at: place)
            }
          }
        }
        let content = files[file].joined(separator: "\n") + "\n"
        text += "M 100644 inline src/m\(file % 20)/f\(file).js\n"
        text += "data \(content.utf8.count)\n\(content)\n"
      }
      try put(Data((text + "\n").utf8))
    }
  }

  private static func line(_ random: inout SplitMix) -> String {
    let count = Int.random(in: 3...9, using: &random)
    return (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
      .joined(separator: " ") + ";"
  }
}
