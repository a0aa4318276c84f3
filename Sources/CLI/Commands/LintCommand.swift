import Core
import Reporting

/// `unpan lint PATH...`
struct LintCommand {
  static let command = Command(
    name: "lint",
    summary: "Check code that takes payments with Stripe.",
    operands: "PATH...",
    operandKind: .files,
    about: [
      "Looks through JavaScript, TypeScript, PHP, Java, Kotlin, Python, Ruby, Go, C#, Swift, SQL and "
        + "templates for the mistakes that bring card data where none should be, that charge twice "
        + "or that lose payments. `unpan rules list` names the checks, `unpan rules explain ID` says "
        + "why and how to mend it. Nothing is changed and nothing is run.",
      "What is right as it is takes a comment in its line or alone above it: `unpan:allow REASON`. "
        + "It is told with its reason and fails no run.",
      "node_modules, vendor, .venv, .git and *.min.js are left out, and listed as excluded; so is "
        + "what is no source code.",
    ],
    examples: [
      .init(line: "unpan lint .", meaning: "a repository"),
      .init(
        line: "unpan lint src --format github --fail-on high",
        meaning: "annotations on a pull request"),
    ],
    flags: [
      Flags.format, Flags.output, Flags.previous, Flags.minConfidence, Flags.failOn, Flags.exclude,
      Flags.maxFileSize, Flags.allowIncomplete, Flags.threads, Flags.rules, Flags.quiet,
      Flags.noProgress, Flags.color, Flags.help,
    ]
  ) { try LintCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    // All but the engine and the rules is as in a scan.
    var tool = tool
    tool.engine = Wiring.makeLintEngine()
    tool.rules = Wiring.makeLintBook()
    return try ScanCommand(tool: tool).run(arguments, command: "lint", settings: []) {
      ExitCodeWriter($0, ScanCommand.policy(arguments))
    }
  }
}
