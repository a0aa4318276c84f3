import Core
import Foundation
import Glibc
import Native
import Reporting
import TestSupport
import Testing

@Suite struct OutputTests {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "unpan-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path)
  }

  @Test func `a file appears when it is whole`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let path = directory.appending(path: "report").path
    let output = try Output(file: path)
    try output.write(String(repeating: "line\n", count: 100_000))
    #expect(!FileManager.default.fileExists(atPath: path))
    try output.finish()
    #expect(try names() == ["report"])
    #expect(try Data(contentsOf: URL(filePath: path)).count == 500_000)
  }

  @Test func `a link stays a link and what it points to is replaced`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let link = directory.appending(path: "latest").path
    try Data("old".utf8).write(to: directory.appending(path: "report"))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "report")
    let output = try Output(file: link)
    try output.write("new")
    try output.finish()
    #expect(try String(contentsOf: directory.appending(path: "report"), encoding: .utf8) == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "report")
  }

  @Test func `what killed runs left of the same file goes, what others write stays`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    func path(_ name: String) -> String { directory.appending(path: name).path }
    // No process has so high a number; the first one always runs.
    let gone = "report.partial-2147483647"
    let others = [
      "report.partial-1", "report.partial-x", "report.partial-", "other.partial-2147483647",
      "report.partial-2147483646",
    ]
    for name in [gone] + others { try Data("half".utf8).write(to: URL(filePath: path(name))) }
    // Written by a process that nobody sees from here.
    let lock = try FileLock(Array(path("report.partial-2147483646").utf8))
    defer { withExtendedLifetime(lock) {} }
    let output = try Output(file: path("report"))
    try output.finish()
    #expect(try names().sorted() == (others + ["report"]).sorted())
  }

  @Test func `an abandoned file leaves nothing behind`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    func abandon() throws {
      let output = try Output(file: directory.appending(path: "report").path)
      try output.write(String(repeating: "line\n", count: 100_000))
    }
    try abandon()
    #expect(try names().isEmpty)
  }

  @Test func `a directory that is not there is an error with the path`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let path = directory.appending(path: "no/report").path
    let error = #expect(throws: RunError.self) { try Output(file: path) }
    #expect(error?.code == .failure)
    #expect(error?.subject == path)
    #expect(error?.hint?.contains("--output FILE") == true)
    let other = #expect(throws: RunError.self) {
      try Output(file: path, hint: "choose another place with --report DIR")
    }
    #expect(other?.hint == "choose another place with --report DIR")
  }

  @Test func `a full disk is a failure`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let output = try Output(file: "/dev/full")
    let error = #expect(throws: RunError.self) {
      try output.write("x")
      try output.finish()
    }
    #expect(error?.code == .failure)
    #expect(error?.message.contains("No space left") == true)
    #expect(!output.isClosedByReader)
  }

  @Test func `a closed pipe is told apart`() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let output = Output(stream: pipe.fileHandleForWriting.fileDescriptor)
    #expect(throws: RunError.self) {
      try output.write("x")
      try output.finish()
    }
    #expect(output.isClosedByReader)
  }
}
