import Core
import Migration

/// `unpan migrate rollback`
struct MigrateRollbackCommand {
  static let command = Command(
    name: "migrate rollback",
    summary: "Undo exactly what link wrote, until scrub.",
    operands: "",
    operandKind: .none,
    about: [
      "Gives every row that link wrote what it held before, and takes away the columns that link "
        + "added. A row that somebody changed since is left alone and counted. Without --apply it "
        + "only tells."
    ],
    examples: [
      .init(line: "unpan migrate rollback --plan plan.json --apply", meaning: "undo the linking")
    ],
    flags: [Flags.plan, Flags.apply, Flags.ledger, Flags.quiet, Flags.help]
  ) { try MigrateRollbackCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate rollback")
    try migrate.takeNoOperands()
    let path = try migrate.need(Flags.plan, "unpan migrate rollback --plan plan.json --apply")
    return try MigrateTool.worded {
      let run = try MigrationRun(
        MigrationPlan.load(path), detector: Wiring.detector(), writes: arguments.has(Flags.apply),
        isRollback: true)
      guard arguments.has(Flags.apply) else {
        let rows = try run.checkRollback()
        return try tool.show(
          "would restore \(Plural.text(rows, "row")); nothing was changed (--apply does it)\n")
      }
      let outcome = try run.rollback(ledger: migrate.openLedger())
      let changed =
        outcome.changedSince > 0
        ? "; \(outcome.changedSince) were changed by others since and left alone" : ""
      return try tool.show("restored \(Plural.text(outcome.restored, "row"))\(changed)\n")
    }
  }
}
