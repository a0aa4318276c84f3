import Audit
import Core
import Glibc
import Native

/// `unpan demo [DIR]`
struct DemoCommand {
  static let command = Command(
    name: "demo",
    summary: "Make a legacy shop that leaks card data, scan it, migrate it. Works offline.",
    operands: "[DIR]",
    operandKind: .files,
    about: [
      "Writes a small shop to DIR (unpan-demo): a database, logs of three services, an old dump, a "
        + "mailbox. All numbers are invented. Then scans it like `unpan scan DIR` and exits with 0, "
        + "although there is something to find.",
      "Then takes a copy of the database to DIR/migration and goes the whole way there: match, plan, "
        + "link, scrub, and a verification that passes, with reports before and after.",
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
    guard code == ExitCode.findings.rawValue else { return code }
    let migrated = try migrate(directory, arguments)
    if !arguments.has(Flags.quiet) {
      tool.console.tell([
        "",
        "The shop is in \(Escaping.visible(directory)) (\(Plural.text(manifest.files.count, "file"))). Try:",
        "  unpan scan \(Escaping.visible(directory)) --format jsonl",
        "  unpan rules explain pan",
      ])
      if migrated {
        let folder = Escaping.visible(directory) + "/migration"
        tool.console.tell([
          "Its database was migrated in \(folder); see before/report.html, after/report.html and",
          "  unpan migrate status --ledger \(folder)/unpan-ledger.db",
        ])
      }
    }
    return ExitCode.clean.rawValue
  }

  /// - Returns: whether it was done; the ledger needs a library that a scan does not.
  private func migrate(_ directory: String, _ arguments: ParsedArguments) throws -> Bool {
    do throws(RunError) {
      _ = try LibCrypto()
    } catch {
      tool.console.tell(Diagnostics.lines(error))
      return false
    }
    // Standard output is the scan's; what the steps tell goes beside it.
    var tool = tool
    tool.console.output = tool.console.error
    // The demo is offline, whatever key is at hand.
    let variable = tool.console.variable
    tool.console.variable = { $0 == "STRIPE_API_KEY" ? nil : variable($0) }
    if arguments.has(Flags.quiet) {
      let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
      defer { close(nowhere) }
      tool.console.output = nowhere
      tool.console.error = nowhere
      _ = try DemoMigration(directory, tool).run()
    } else {
      _ = try DemoMigration(directory, tool).run()
    }
    return true
  }
}
