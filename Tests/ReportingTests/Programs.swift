import Foundation

/// Programs of others that check our reports.
enum Programs {
  /// Runs a program to its end; nobody waits for anybody, as everything goes through files.
  static func run(_ arguments: [String]) throws -> (code: Int32, text: String) {
    let output = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)")
    try Data().write(to: output)
    defer { try? FileManager.default.removeItem(at: output) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let handle = try FileHandle(forWritingTo: output)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOf: output, encoding: .utf8))
  }

  /// `make test` says where it put a Python that has the modules.
  static let python = ProcessInfo.processInfo.environment["UNPAN_PYTHON"] ?? "python3"

  /// Missing is a reason to skip on a developer's machine, and a failure in CI.
  static func isUsable(_ arguments: [String]) -> Bool {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    guard let result = try? run(arguments) else { return false }
    return result.code == 0
  }

  /// Calls `body` with a file that holds the text.
  static func withFile<T>(
    _ text: String, _ suffix: String, _ body: (String) throws -> T
  ) throws -> T {
    let file = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)\(suffix)")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }
}
