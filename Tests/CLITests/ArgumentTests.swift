import Audit
import Core
import Reporting
import Testing

@testable import CLI

@Suite struct ArgumentTests {
  private func parse(_ line: String) throws(UsageError) -> ParsedArguments {
    try ArgumentParser(command: ScanCommand.command).parse(
      line.split(separator: " ").map(String.init))
  }

  @Test(arguments: [
    "--format jsonl a", "--format=jsonl a", "a --format jsonl", "--format text --format jsonl a",
  ])
  func `a flag's value may be attached or follow, and the last one wins`(line: String) throws {
    let parsed = try parse(line)
    #expect(parsed.value(Flags.format) == "jsonl")
    #expect(parsed.operands == ["a"])
  }

  @Test(arguments: ["-o out a", "-oout a", "-qo out a", "-qoout a", "--output=out a"])
  func `short flags combine`(line: String) throws {
    #expect(try parse(line).value(Flags.output) == "out")
  }

  @Test(arguments: ["[", "a[b", "x\\"])
  func `a pattern that is not closed is refused`(pattern: String) {
    #expect(throws: UsageError.self) { try parse("--exclude \(pattern) a") }
  }

  @Test func `two hyphens end the flags and one is standard input`() throws {
    #expect(try parse("- -q -- --format -x").operands == ["-", "--format", "-x"])
  }

  @Test func `a repeatable flag keeps all values`() throws {
    #expect(try parse("--exclude a --exclude=b= .").values(Flags.exclude) == ["a", "b="])
  }

  @Test(arguments: [
    ("--formt text", UsageError.unknownFlag("--formt", command: "scan", closest: "--format")),
    ("--zzzzzz", .unknownFlag("--zzzzzz", command: "scan", closest: nil)),
    ("-format=text", .unknownFlag("-format", command: "scan", closest: "--format")),
    ("-x", .unknownFlag("-x", command: "scan", closest: nil)),
    ("a --format", .missingValue(flag: "--format", placeholder: "FORMAT")),
    ("--output --quiet a", .missingValue(flag: "--output", placeholder: "FILE")),
    ("--quiet=yes", .unexpectedValue(flag: "--quiet")),
    (
      "--mask last",
      .badValue(
        flag: "--mask", given: "last", expected: "one of last4, first6last4", closest: "last4")
    ),
    (
      "--threads 0",
      .badValue(
        flag: "--threads", given: "0", expected: "a number from 1 to 1024", closest: nil)
    ),
    (
      "--max-file-size 10XB",
      .badValue(
        flag: "--max-file-size", given: "10XB", expected: "a size such as 4096, 10MB or 1GiB",
        closest: nil)
    ),
  ])
  func `a wrong command line says what would be right`(line: String, expected: UsageError) {
    #expect(throws: expected) { try parse(line) }
  }

  @Test(arguments: [
    ("0", 0), ("4096", 4096), ("10MB", 10_000_000), ("10mb", 10_000_000), ("1GiB", 1 << 30),
    ("5k", 5000),
    ("7B", 7), ("512KiB", 512 << 10), ("2T", 2_000_000_000_000), ("", nil), ("MB", nil),
    ("1.5GB", nil),
    ("-1", nil), ("10 MB", nil), ("9223372036854775807k", nil), ("1iB", nil),
  ])
  func `sizes are read as people write them`(text: String, bytes: Int?) {
    #expect(ByteSize.parse(text) == bytes)
  }

  @Test(arguments: [
    ("scna", "scan"), ("rule", "rules"), ("comp", "completions"), ("SCAN", "scan"),
    ("hepl", "help"),
    ("migrate", nil), ("x", nil), ("", nil),
  ])
  func `a mistyped word finds its closest`(typed: String, expected: String?) {
    #expect(Suggestion.closest(to: typed, in: Commands.all.map(\.name)) == expected)
  }

  @Test func `the arguments become a request and a policy`() throws {
    let parsed = try parse(
      "--threads 3 --min-confidence low --mask first6last4 --test-numbers fail --fail-on high "
        + "--exclude *.gz --max-file-size 1MB --label x --rules r --allow-incomplete a -")
    var request = ScanRequest()
    request.targets = ["a", "-"]
    request.label = "x"
    request.excludes = ["*.gz"]
    request.maxFileBytes = 1_000_000
    request.threads = 3
    request.rulesDirectory = "r"
    request.minConfidence = .low
    request.mask = .first6last4
    request.testNumbers = .fail
    #expect(try ScanCommand.request(parsed) == request)
    #expect(
      ScanCommand.policy(parsed)
        == ExitPolicy(failOn: .high, allowsIncomplete: true, testNumbersFail: true))
    #expect(ScanCommand.policy(try parse("--fail-on never a")).failOn == nil)
    #expect(ScanCommand.policy(try parse("a")) == ExitPolicy())
  }

  @Test func `a sample may be large`() throws {
    let parsed = try parse("--sample 5000000 postgres://h/d")
    #expect(try ScanCommand.request(parsed).rowsMax == 5_000_000)
    #expect(try ScanCommand.request(try parse("--sample 1 MySQL://h/d")).rowsMax == 1)
  }

  @Test func `what makes no sense is refused`() throws {
    #expect(throws: UsageError.standardInputTwice) { try ScanCommand.request(try parse("- -")) }
    #expect(throws: UsageError.pointless(flag: "--label", without: "the target -")) {
      try ScanCommand.request(try parse("--label x a"))
    }
  }

  @Test func `help offers every other command`() {
    let others = Commands.firstWords.filter { $0 != "help" }
    guard case .words(let words) = HelpCommand.command.operandKind else {
      Issue.record("help takes words")
      return
    }
    #expect(words == others)
  }
}
