import Core
import Glibc
import Reporting
import Rules
import Stripe

/// `unpan`: finds the command, runs it and says how it went with a number.
package struct CommandLineTool: Sendable {
  package var engine: any ScanEngine
  package var rules: any RuleBook
  package var console = Console()

  package init(engine: any ScanEngine, rules: any RuleBook, console: Console = Console()) {
    self.engine = engine
    self.rules = rules
    self.console = console
  }

  /// The process: takes its arguments, ends with its exit code.
  package static func main() -> Never {
    Wiring.prepareProcess()
    // Not `CommandLine.arguments`, where names that are not UTF-8 are repaired and so lost.
    let arguments = UnsafeBufferPointer(
      start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)
    ).dropFirst().compactMap { argument in
      argument.map {
        ForeignBytes.text(of: Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))))
      }
    }
    exit(Wiring.makeTool().run(arguments))
  }

  /// - Parameter arguments: without the program's name.
  /// - Returns: the exit code.
  package func run(_ arguments: [String]) -> Int32 {
    do {
      return try dispatch(arguments)
    } catch let error as UsageError {
      console.tell(Diagnostics.lines(error))
      return ExitCode.usage.rawValue
    } catch let error as RunError {
      console.tell(Diagnostics.lines(error))
      return error.code.rawValue
    } catch let error as MappingError {
      console.tell(Diagnostics.lines(error))
      return (error.isOfTheFile ? ExitCode.usage : .failure).rawValue
    } catch is ClosedByReader {
      return endLikeAPipe()
    } catch {
      preconditionFailure("commands throw usage and run errors only")
    }
  }

  private func dispatch(_ arguments: [String]) throws -> Int32 {
    guard let first = arguments.first else {
      console.tell(Help.short())
      return ExitCode.usage.rawValue
    }
    switch first {
    case "--version": return try show("unpan \(Version.text)\n")
    case "--help", "-h": return try show(Help.overview())
    default: break
    }
    guard let (command, words) = Commands.find(arguments) else {
      let isHelp = ["--help", "-h"].contains(arguments.dropFirst().first)
      if isHelp, !Commands.members(of: first).isEmpty {
        return try show(Help.group(first))
      }
      throw unknown(first, arguments.dropFirst().first)
    }
    var parsed = try ArgumentParser(command: command).parse(arguments.dropFirst(words))
    parsed.typed = arguments
    if parsed.has(Flags.help) { return try show(Help.text(command)) }
    try OutputCheck(command, parsed).run()
    return try command.run(self, parsed)
  }

  private func unknown(_ first: String, _ second: String?) -> UsageError {
    if first.hasPrefix("-") {
      return .unknownFlag(
        String(first.prefix { $0 != "=" }), command: "unpan",
        closest: Suggestion.closest(to: first, in: ["--help", "--version"]))
    }
    let members = Commands.members(of: first)
    guard !members.isEmpty else {
      return .unknownCommand(
        first, closest: Suggestion.closest(to: first, in: Commands.all.map(\.name)))
    }
    guard let second, !second.hasPrefix("-") else {
      return .missingOperand(
        command: first, what: "one of \(members.map(\.lastWord).joined(separator: ", "))",
        example: "unpan help \(first)")
    }
    return .unknownCommand(
      "\(first) \(second)",
      closest: Suggestion.closest(to: second, in: members.map(\.lastWord)).map { "\(first) \($0)" })
  }

  /// Writes a text to the report's stream.
  func show(_ text: String, exitCode: ExitCode = .clean) throws -> Int32 {
    let output = Output(stream: console.output)
    do {
      try output.write(text)
      try output.finish()
    } catch {
      if output.isClosedByReader { throw ClosedByReader() }
      throw error
    }
    return exitCode.rawValue
  }

  /// Nobody reads on (`unpan scan | head`): ends by the signal any other program ends by, so that a
  /// shell with `pipefail` sees what it expects.
  private func endLikeAPipe() -> Int32 {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    return 128 + SIGPIPE
  }
}

/// The reader of the report went away: no error, and no word about it.
struct ClosedByReader: Error {}

/// The detection rules, as `unpan rules` needs them.
package protocol RuleBook: Sendable {
  /// The built-in rules, or those of a directory.
  func catalogue(directory: String?) throws(RunError) -> [RuleEntry]
  /// What a report tells about the rules in use.
  func evidence(directory: String?) throws(RunError) -> RuleEvidence
  /// Runs the self-test of the method; `nil` where there is none.
  func selftest(directory: String?) throws(RunError) -> SelftestReport?
  /// Runs every rule's own texts.
  func test(directory: String?) throws(RunError) -> [RuleTestResult]
}

extension RuleBook {
  package func selftest(directory: String?) throws(RunError) -> SelftestReport? { nil }
}

/// The rules in use, as reports tell them.
package struct RuleEvidence: Sendable {
  package var version: String
  package var texts: [RuleText]
  package var requirements: [Requirement]
  package var files: [EvidenceBundle.RuleFile]

  package init(
    version: String, texts: [RuleText], requirements: [Requirement],
    files: [EvidenceBundle.RuleFile]
  ) {
    self.version = version
    self.texts = texts
    self.requirements = requirements
    self.files = files
  }
}

/// One rule as `rules list` and `rules explain` show it.
package struct RuleEntry: Sendable, Equatable {
  package var id: String
  package var title: String
  package var kind: String
  package var severity: String
  package var requirements: [String]
  package var what: String
  package var why: String
  package var fix: String
  package var matchCount: Int
  package var noMatchCount: Int

  package init(
    id: String, title: String, kind: String, severity: String, requirements: [String], what: String,
    why: String, fix: String, matchCount: Int, noMatchCount: Int
  ) {
    self.id = id
    self.title = title
    self.kind = kind
    self.severity = severity
    self.requirements = requirements
    self.what = what
    self.why = why
    self.fix = fix
    self.matchCount = matchCount
    self.noMatchCount = noMatchCount
  }
}

/// How one rule's texts went. Names a text by its place in the rule, because the text itself may be a
/// card number.
package struct RuleTestResult: Sendable, Equatable {
  package var rule: String
  package var passed: Int
  /// For example `match 3: found 0, expected 1`.
  package var failures: [String]

  package init(rule: String, passed: Int, failures: [String]) {
    self.rule = rule
    self.passed = passed
    self.failures = failures
  }
}
