import Foundation
import Testing

@testable import CLI

@Suite struct CompletionTests {
  /// In continuous integration a missing shell is a failure, not a reason to skip.
  private static func isInstalled(_ shell: String) -> Bool {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    return ["/bin/", "/usr/bin/"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + shell)
    }
  }

  private func output(_ arguments: [String], input: String) throws -> (code: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stdout
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let data = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  @Test(arguments: [
    ("unpan sc", "scan"), ("unpan scan --form", "--format"),
    ("unpan scan --format js", "json jsonl"),
    ("unpan rules ex", "explain"), ("unpan completions f", "fish"),
    ("unpan migr", "migrate"), ("unpan migrate pl", "plan"),
    ("unpan migrate plan --conf", "--config"),
  ])
  func `bash completes commands, flags and words`(line: String, expected: String) throws {
    let words = line.split(separator: " ").map { "'\($0)'" }.joined(separator: " ")
    let script =
      Completions.bash() + """

        COMP_WORDS=(\(words)); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); _unpan; echo "${COMPREPLY[@]}"
        """
    let result = try output(["bash"], input: script)
    #expect(result.text == expected + "\n")
  }

  @Test(
    .enabled(if: isInstalled("zsh"), "zsh is not installed"))
  func `zsh accepts its script`() throws {
    let result = try output(["zsh", "-n"], input: Completions.zsh())
    #expect(result.code == 0, "\(result.text)")
  }

  @Test(.enabled(if: isInstalled("fish"), "fish is not installed"))
  func `fish accepts its script`() throws {
    let result = try output(["fish", "--no-execute"], input: Completions.fish())
    #expect(result.code == 0, "\(result.text)")
  }

  @Test func `every flag is in every script and in the manual`() {
    for command in Commands.all {
      for flag in command.flags {
        #expect(Completions.bash().contains("--\(flag.name)"))
        #expect(Completions.zsh().contains("--\(flag.name)"))
        #expect(Completions.fish().contains("-l \(flag.name)"))
        if flag.name != "help" {
          #expect(ManPage.text().contains(flag.name.split(separator: "-").joined(separator: "\\-")))
        }
      }
    }
  }
}
