import Core
import Foundation
import Glibc
import Testing

/// What the command line answers before any data is looked at.
@Suite struct CommandLineTests {
  @Test func `the version is printed`() throws {
    let outcome = try Tool().run(["--version"])
    #expect(outcome.exit == 0)
    #expect(outcome.out.hasPrefix("unpan "))
    #expect(outcome.err.isEmpty)
  }

  @Test(arguments: [[], ["scan"], ["demo"], ["rules"], ["completions"]])
  func `every command explains itself`(command: [String]) throws {
    let outcome = try Tool().run(command + ["--help"])
    #expect(outcome.exit == 0)
    #expect(outcome.out.contains("unpan"))
    #expect(outcome.err.isEmpty)
  }

  @Test func `a mistyped flag gets the closest match`() throws {
    let outcome = try Tool().run(["scan", ".", "--formt", "json"])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("--format"))
    #expect(outcome.out.isEmpty)
  }

  @Test func `a mistyped command gets the closest match`() throws {
    let outcome = try Tool().run(["scna", "."])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("scan"))
  }

  @Test func `a missing file makes the run incomplete`() throws {
    let outcome = try Tool().run(["scan", "not-here.log"])
    #expect(outcome.exit == 2)
    #expect((outcome.out + outcome.err).contains("not-here.log"))
  }

  @Test func `a name that is not UTF-8 can be given`() throws {
    let tool = try Tool()
    // The shell makes the byte: `Process` cannot hand over such a name.
    let script = "printf 4111111111111111 > caf$(printf '\\351'); exec \"$0\" scan caf*"
    let outcome = try tool.run(["-c", script, Tool.binary.path], binary: "/bin/sh")
    #expect(outcome.exit == 1)
    #expect(outcome.out.contains("xE9"))
  }

  @Test func `a dump without its program is listed with the package`() throws {
    let tool = try Tool()
    try tool.write("PGDMP and more", to: "shop.dump")
    let outcome = try tool.run(["scan", "shop.dump"], environment: ["PATH": "/nonexistent"])
    #expect(outcome.exit == 2)
    #expect(outcome.out.contains("postgresql-client"))
  }

  @Test func `a history is listed with the package where git is not installed`() throws {
    let tool = try Tool()
    let outcome = try tool.run(
      ["scan", "git:.", "--format", "json"], environment: ["PATH": "/nonexistent"])
    #expect(outcome.exit == 2)
    #expect(outcome.out.contains("\"missing-helper\"") && outcome.out.contains("package git"))
  }

  /// A report in the tree that is scanned: by a flag, by the shell, and with a bundle beside it.
  @Test(arguments: ["-o result.jsonl", "> result.jsonl", "--report evidence -o result.jsonl"])
  func `a scan leaves out its own report, and two runs tell the same`(output: String) throws {
    func coverage(_ tool: Tool) throws -> Coverage {
      let text = try String(
        contentsOf: tool.directory.appendingPathComponent("result.jsonl"), encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.contains("\"coverage\"") })
      return try JSONDecoder().decode(Coverage.self, from: Data(line.utf8))
    }
    let tool = try Tool()
    for index in 0..<20 { try tool.write("card 4111111111111111\n", to: "\(index).log") }
    let script = "exec \"$0\" scan . --format jsonl --no-progress \(output)"
    #expect(try tool.run(["-c", script, Tool.binary.path], binary: "/bin/sh").exit == 1)
    let first = try coverage(tool)
    #expect(first.examined.files == 20)
    #expect(first.isComplete)
    #expect(first.excluded.contains { $0.place == "./result.jsonl" && $0.reason == .ownReport })
    #expect(first.excludedCount == (output.contains("evidence") ? 2 : 1))
    try? FileManager.default.removeItem(at: tool.directory.appendingPathComponent("evidence"))
    #expect(try tool.run(["-c", script, Tool.binary.path], binary: "/bin/sh").exit == 1)
    let second = try coverage(tool)
    // What the run before wrote is a file like any other; the shell has emptied it by now.
    #expect(second.examined.files == (output.hasPrefix(">") ? 20 : 21))
    #expect(second.excluded == first.excluded && second.isComplete)
  }

  @Test func `what a report is added to is scanned`() throws {
    let tool = try Tool()
    try tool.write("card 4111111111111111\n", to: "logs/app.log")
    let script = "exec \"$0\" verify logs --no-progress >> logs/app.log"
    #expect(try tool.run(["-c", script, Tool.binary.path], binary: "/bin/sh").exit == 1)
  }

  @Test(arguments: [
    "scan a.log -o a.log", "scan b.log a.log -o link", "scan sqlite:a.log -o a.log",
    "scan - -o a.log < a.log", "scan a.log >> a.log", "scan - < a.log >> a.log",
  ])
  func `a report does not take the place of what is scanned`(line: String) throws {
    let tool = try Tool()
    try tool.write("card 4111111111111111\n", to: "a.log")
    try tool.write("", to: "b.log")
    try FileManager.default.createSymbolicLink(
      atPath: tool.directory.path + "/link", withDestinationPath: "a.log")
    let outcome = try tool.run(
      ["-c", "exec \"$0\" \(line)", Tool.binary.path], binary: "/bin/sh")
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("the report would be written over it"))
    let left = try String(
      contentsOf: tool.directory.appendingPathComponent("a.log"), encoding: .utf8)
    #expect(left == "card 4111111111111111\n")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: tool.directory.path).sorted() == [
        "a.log", "b.log", "link",
      ])
  }

  @Test func `another name of a file in a tree that is scanned is none for a report`() throws {
    let tool = try Tool()
    try tool.write("card 4111111111111111\n", to: "tree/a.log")
    try FileManager.default.linkItem(
      atPath: tool.directory.path + "/tree/a.log", toPath: tool.directory.path + "/tree/b")
    let outcome = try tool.run(["scan", "tree", "-o", "tree/b"])
    #expect(outcome.exit == 64)
    let left = try String(
      contentsOf: tool.directory.appendingPathComponent("tree/a.log"), encoding: .utf8)
    #expect(left == "card 4111111111111111\n")
  }

  @Test func `a password in a target of an unknown kind is shown nowhere`() throws {
    let tool = try Tool()
    let outcome = try tool.run(
      ["scan", "postgresq://shop:s3cret@db/x", "--report", "evidence", "-o", "out.txt"])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("Did you mean postgresql://?"))
    #expect(!(outcome.out + outcome.err).contains("s3cret"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: tool.directory.path).isEmpty)
  }

  @Test func `a path that reads like an address is scanned when it is there`() throws {
    let tool = try Tool()
    try tool.write("card 4111111111111111\n", to: "https:/mirror.example/app.log")
    #expect(try tool.run(["scan", "https://mirror.example"]).exit == 1)
  }

  @Test func `what was read of a slow stream is told when the scan is stopped`() throws {
    let tool = try Tool()
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = Tool.binary
    process.arguments = ["scan", "-", "--format", "jsonl"]
    process.currentDirectoryURL = tool.directory
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let line = Data("paid with card 4111111111111111\n".utf8)
    for _ in 0..<30 { try input.fileHandleForWriting.write(contentsOf: line) }
    // Until the pipe is empty, for at most a minute.
    for _ in 0..<60_000 {
      var waiting: CInt = 0
      let code = ioctl(input.fileHandleForWriting.fileDescriptor, UInt(FIONREAD), &waiting)
      try #require(code == 0)
      if waiting == 0 { break }
      usleep(1000)
    }
    process.interrupt()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    try input.fileHandleForWriting.close()
    #expect(process.terminationStatus == 130)
    let lines = try ResultLines(text)
    #expect(lines.findings.count == 30)
    #expect(text.contains("\"reason\":\"interrupted\""))
    #expect(text.contains("\"bytes\":960"))
  }

  @Test(arguments: [
    "10:00,INFO,pay cvv=737\n10:01,INFO,pay cvv=912\n",
    "{\"user\": \"Ann\", \"cvv\": \"737\"}\n{\"user\": \"Bob\", \"cvv\": \"912\"}\n",
    "name Ann;cvv 737\nname Bob;cvv 912\n", "Ann,pin block A1B2C3D4E5F60718\nBob,cvv: 912\n",
  ])
  func `a first line with a code is no head that is shown`(text: String) throws {
    let tool = try Tool()
    try tool.write(text, to: "a.log")
    let outcome = try tool.run(["scan", "a.log", "--format", "csv", "--min-confidence", "low"])
    let lines = outcome.out.split(separator: "\n")
    #expect(outcome.exit == 1 && lines.count == 4, "\(lines)")
    for word in ["737", "912", "A1B2C3D4"] {
      // The id, at the end, has digits of its own.
      #expect(!lines.contains { $0.split(separator: ",").dropLast().joined().contains(word) })
    }
  }

  @Test func `clean input exits with zero`() throws {
    let tool = try Tool()
    try tool.write("nothing to see here\n", to: "app.log")
    #expect(try tool.run(["scan", "app.log"]).exit == 0)
  }

  @Test func `a number in a stream is found under the label given`() throws {
    let input = "refund issued on 4111111111111111\n"
    let outcome = try Tool().run(
      ["scan", "-", "--label", "orders", "--format", "jsonl"], stdin: .init(input.utf8))
    #expect(outcome.exit == 1)
    let lines = try ResultLines(outcome.out)
    #expect(lines.findings.map(\.last4) == ["1111"])
    #expect(lines.findings.first?.testNumber == true)
    #expect(lines.types["summary"] == 1)
    #expect(outcome.out.contains("orders"))
    #expect(!outcome.out.contains("4111111111111111"))
  }
}
