import Audit
import Core

/// `unpan demo [DIR]`
struct DemoCommand {
  static let command = Command(
    name: "demo",
    summary: "Make a legacy shop that leaks card data, and scan it. Works offline.",
    operands: "[DIR]",
    operandKind: .files,
    about: [
      "Writes a small shop to DIR (unpan-demo): a database, logs of three services, an old dump, a "
        + "mailbox. All numbers are invented. Then scans it like `unpan scan DIR` and exits with 0, "
        + "although there is something to find."
    ],
    examples: [.init(line: "unpan demo /tmp/shop", meaning: "then look at it with `unpan scan`")],
    flags: [
      Flags.format, Flags.output, Flags.report, Flags.minConfidence, Flags.mask, Flags.threads,
      Flags.quiet,
      Flags.noProgress, Flags.color, Flags.help,
    ]
  ) { try DemoCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    if arguments.operands.count > 1 {
      throw UsageError.unexpectedOperand(arguments.operands[1], command: "demo", closest: nil)
    }
    let directory = arguments.operands.first ?? "unpan-demo"
    let manifest = try DemoShop().write(to: directory)
    var scan = arguments
    scan.operands = [directory]
    let code = try ScanCommand(tool: tool).run(scan)
    if !arguments.has(Flags.quiet) {
      tool.console.tell([
        "", "The shop is in \(Escaping.visible(directory)) (\(manifest.files.count) files). Try:",
        "  unpan scan \(Escaping.visible(directory)) --format jsonl",
        "  unpan rules explain pan",
      ])
    }
    return code == ExitCode.findings.rawValue ? ExitCode.clean.rawValue : code
  }
}
