import Core
import Migration

/// `unpan migrate status`
struct MigrateStatusCommand {
  static let command = Command(
    name: "migrate status",
    summary: "Read the ledger: what was done, and whether a line was changed.",
    operands: "",
    operandKind: .none,
    about: [
      "Checks the chain of hashes from the first line to the last and shows the commands with their "
        + "outcomes. Exits with 3 when a line does not follow from the one before it. Lines taken from "
        + "the end leave no gap: compare the last hash with the one that was noted before."
    ],
    examples: [.init(line: "unpan migrate status", meaning: "of unpan-ledger.db")],
    flags: [Flags.ledger, Flags.quiet, Flags.help]
  ) { try MigrateStatusCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate status")
    try migrate.takeNoOperands()
    let path = arguments.value(Flags.ledger) ?? MigrateTool.ledgerDefault
    return try MigrateTool.worded {
      var text = ""
      var lines = 0
      var last = ""
      var batches = 0
      try Ledger.read(path) { entry in
        lines += 1
        last = entry.hash
        guard entry.event != "batch" else {
          batches += 1
          return
        }
        if batches > 0 { text += "  \(Plural.text(batches, "batch", "batches"))\n" }
        batches = 0
        text += MigrateStatusCommand.line(entry)
      }
      if batches > 0 {
        text +=
          "  \(Plural.text(batches, "batch", "batches")), and no end: the command was stopped\n"
      }
      if arguments.has(Flags.quiet) { text = "" }
      text +=
        "\(Plural.text(lines, "line")), each follows from the one before; the last is \(last)\n"
      return try tool.show(Escaping.visibleLines(NumberGuard.masked(text)))
    }
  }

  private static func line(_ entry: Ledger.Entry) -> String {
    let detail = Ledger.Detail.read(entry.detail) ?? Ledger.Detail()
    var parts = [entry.time, entry.event]
    if let command = detail.command { parts.append(command) }
    if let step = detail.step { parts.append(step) }
    if let plan = detail.plan { parts.append("plan \(plan.prefix(12))") }
    if let rows = detail.rows { parts.append(Plural.text(rows, "row")) }
    if let outcome = detail.outcome { parts.append(String(outcome.prefix(40))) }
    return parts.joined(separator: "  ") + "\n"
  }
}
