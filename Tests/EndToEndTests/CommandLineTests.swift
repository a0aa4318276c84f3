import Core
import Foundation
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
