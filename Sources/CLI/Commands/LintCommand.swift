import Audit
import Core
import Glibc
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
      "A baseline holds what cannot be mended at once: --update-baseline --baseline FILE --accept "
        + "REASON --owner NAME --expires DAY writes one, --baseline FILE takes it into account.",
      "node_modules, vendor, .venv, .git and *.min.js are left out, and listed as excluded; so is "
        + "what is no source code. Such a file that is named itself was not examined, and the exit "
        + "code is 2: `unpan lint .` leaves out what `unpan lint *` names.",
    ],
    examples: [
      .init(line: "unpan lint .", meaning: "a repository"),
      .init(
        line: "unpan lint src --format github --fail-on high",
        meaning: "annotations on a pull request"),
      .init(line: "unpan lint . --report evidence", meaning: "for an assessor"),
    ],
    flags: [
      Flags.format, Flags.output, Flags.report, Flags.reportHost, Flags.previous, Flags.baseline,
    ] + BaselineUpdate.flags + [
      Flags.minConfidence, Flags.failOn, Flags.exclude,
      Flags.maxFileSize, Flags.allowIncomplete, Flags.threads, Flags.rules, Flags.quiet,
      Flags.noProgress, Flags.color, Flags.help,
    ]
  ) { try LintCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    try BaselineUpdate.check(arguments)
    // All but the engine and the rules is as in a scan.
    var tool = tool
    tool.engine = Wiring.makeLintEngine()
    tool.rules = Wiring.makeLintBook()
    if arguments.has(BaselineUpdate.updateBaseline) { return try update(tool, arguments) }
    return try ScanCommand(tool: tool).run(arguments, command: "lint", settings: []) {
      ExitCodeWriter($0, ScanCommand.policy(arguments))
    }
  }

  private func update(_ tool: CommandLineTool, _ arguments: ParsedArguments) throws -> Int32 {
    guard let path = arguments.value(Flags.baseline) else {
      throw UsageError.pointless(flag: "--update-baseline", without: "--baseline FILE")
    }
    let old = access(path, F_OK) == 0 ? try GuardCommand.baseline(path) : Baseline()
    let review = BaselineReview(old, today: try GuardCommand.today(tool))
    let request = try ScanCommand.request(arguments, command: "lint")
    try tool.engine.run(request, writer: review, progress: ProgressCounters())
    guard review.isComplete else {
      throw Diagnostics.incompleteBaseline(path, review.notExamined)
    }
    return try BaselineUpdate(tool: tool, path: path, old: old).write(
      review.shrunk, new: review.new, arguments)
  }
}
