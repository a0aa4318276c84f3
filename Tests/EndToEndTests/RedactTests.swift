import Foundation
import Testing

/// `unpan redact` on real files and pipes.
@Suite struct RedactTests {
  private let log = "a 1\ncard 4242424242424242 cvv=737\nend"

  @Test func `a file is only looked at unless told`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    let dry = try tool.run(["redact", "a.log"])
    #expect(dry.exit == 1 && dry.out == "a.log: would mask 2 places: 1 pan, 1 cvv\n")
    #expect(try content("a.log", tool) == log)
    let clean = try tool.run(["redact", "--in-place", "a.log"])
    #expect(clean.exit == 0 && clean.out == "a.log: masked 2 places: 1 pan, 1 cvv\n")
    #expect(try content("a.log", tool) == "a 1\ncard XXXXXXXXXXXX4242 cvv=XXX\nend")
    #expect(try tool.run(["redact", "a.log"]).exit == 0)
    #expect(try tool.run(["scan", "a.log"]).exit == 0)
  }

  @Test func `mode and times are kept, a backup only when asked for`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    let path = tool.directory.appendingPathComponent("a.log").path
    let date = Date(timeIntervalSince1970: 1_500_000_000)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o640, .modificationDate: date], ofItemAtPath: path)
    #expect(try tool.run(["redact", "--in-place", "--backup", ".old", "a.log"]).exit == 0)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(attributes[.modificationDate] as? Date == date)
    #expect(try content("a.log.old", tool) == log)
    #expect(try FileManager.default.contentsOfDirectory(atPath: tool.directory.path).count == 2)
  }

  @Test func `what cannot be redacted is told and left alone`() throws {
    let tool = try Tool()
    try tool.write("SQLite format 3\u{0} 4242424242424242", to: "x.db")
    try tool.write(log, to: "b.log")
    let path = tool.directory.path
    try FileManager.default.linkItem(atPath: path + "/b.log", toPath: path + "/c.log")
    let outcome = try tool.run(["redact", "--in-place", "x.db", "b.log", "none.log", "."])
    #expect(outcome.exit == 3)
    for part in ["x.db: is a database", "b.log: has several names", "none.log: cannot be read"] {
      #expect(outcome.err.contains(part))
    }
    #expect(outcome.err.contains("is no regular file"))
    #expect(try content("b.log", tool) == log)
  }

  @Test func `standard input goes to standard output, with a receipt`() throws {
    let tool = try Tool()
    let outcome = try tool.run(["redact", "--receipt", "r.jsonl"], stdin: Data(log.utf8))
    #expect(outcome.exit == 0 && outcome.out == "a 1\ncard XXXXXXXXXXXX4242 cvv=XXX\nend")
    #expect(outcome.err == "unpan: masked 2 places: 1 pan, 1 cvv\n")
    let receipt = try content("r.jsonl", tool)
    #expect(receipt.contains(#""counts":{"pan":1,"cvv":1}"#) && !receipt.contains("4242"))
    #expect(try tool.run(["redact", "--in-place"]).exit == 64)
    #expect(try tool.run(["redact", "-", "a.log"]).exit == 64)
  }

  /// Somebody who watches a log sees each line when it is written.
  @Test func `a line goes out before the next one comes in`() throws {
    let process = Process()
    process.executableURL = Tool.binary
    process.arguments = ["redact", "--quiet"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    for number in 0..<3 {
      try input.fileHandleForWriting.write(contentsOf: Data("\(number) 4242424242424242\n".utf8))
      let line = try output.fileHandleForReading.read(upToCount: 19)
      #expect(line == Data("\(number) XXXXXXXXXXXX4242\n".utf8))
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private func content(_ name: String, _ tool: Tool) throws -> String {
    try String(contentsOf: tool.directory.appendingPathComponent(name), encoding: .utf8)
  }
}
