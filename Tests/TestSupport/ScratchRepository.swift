import Foundation

/// A git repository of one test, with nothing of the user's own settings.
package final class ScratchRepository {
  package let path: String

  /// Whether git is there at all.
  package static let hasGit =
    ["/usr/bin/git", "/usr/local/bin/git", "/bin/git"].contains {
      FileManager.default.isExecutableFile(atPath: $0)
    } || ProcessInfo.processInfo.environment["CI"] == "true"

  package init(isBare: Bool = false) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "unpan-git-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.path
    try git(["init", "-q", "-b", "main"] + (isBare ? ["--bare"] : []))
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path)") }
  }

  /// Surroundings without the user's settings, and a clock that stands still.
  package static let environment = [
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_AUTHOR_DATE": "2024-03-01T10:00:00Z", "GIT_COMMITTER_DATE": "2024-03-01T10:00:00Z",
  ]

  /// Runs git in the repository.
  /// - Returns: what it prints, without the last newline.
  /// - Throws: when it fails and `mayFail` is false.
  @discardableResult
  package func git(_ arguments: [String], input: String = "", mayFail: Bool = false) throws
    -> String
  {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git", "-C", path] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ScratchRepository.environment
    ) { $1 }
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = mayFail ? FileHandle.nullDevice : nil
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let data = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard mayFail || process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
    var text = String(decoding: data, as: UTF8.self)
    while text.hasSuffix("\n") { text.removeLast() }
    return text
  }

  package struct Failure: Error {
    package var arguments: [String]
  }

  /// Writes a file.
  package func write(_ text: String, to name: String) throws {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// Writes a file, adds everything and commits.
  /// - Returns: the commit's id.
  @discardableResult
  package func commit(_ text: String, to name: String, message: String = "change") throws -> String
  {
    try write(text, to: name)
    try git(["add", "-A"])
    try git(["commit", "-q", "--allow-empty", "-m", message])
    return try git(["rev-parse", "HEAD"])
  }
}
