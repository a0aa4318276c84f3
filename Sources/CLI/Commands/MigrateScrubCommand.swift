import Core
import Migration

/// `unpan migrate scrub`
struct MigrateScrubCommand {
  static let command = Command(
    name: "migrate scrub",
    summary: "Remove the card data for good, and clean the space it lay in.",
    operands: "",
    operandKind: .none,
    about: [
      "Carries out the second half of a plan: columns become NULL, masked or dropped as planned, "
        + "numbers in texts become stars, then freed space is cleaned and the database scanned, its "
        + "raw pages included. There is no way back, so the plan's digest is asked for. Refuses as "
        + "long as a record is neither linked nor excepted, or is not as link left it: all rows are "
        + "looked at before the first changes, and again as they change. Without --apply it only "
        + "checks.",
      "Exits with 1 when the scan still finds something.",
    ],
    examples: [
      .init(
        line: "unpan migrate scrub --plan plan.json --confirm DIGEST --apply",
        meaning: "with the digest that `migrate plan` printed")
    ],
    flags: [Flags.plan, Flags.confirm, Flags.apply, Flags.ledger, Flags.quiet, Flags.help]
  ) { try MigrateScrubCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate scrub")
    try migrate.takeNoOperands()
    let path = try migrate.need(
      Flags.plan, "unpan migrate scrub --plan plan.json --confirm DIGEST --apply")
    return try MigrateTool.worded {
      let plan = try MigrationPlan.load(path)
      guard arguments.has(Flags.apply) else {
        let run = try MigrationRun(plan, detector: Wiring.detector(), writes: false)
        try run.checkScrub(confirmed: arguments.value(Flags.confirm))
        try run.checkRows()
        let rows = plan.scrub.compactMap(\.rows).reduce(0, +)
        return try tool.show(
          "would look at \(Plural.text(rows, "row")) and remove card data; nothing was changed "
            + "(--confirm DIGEST --apply does it, for good)\n")
      }
      let digest = try migrate.need(
        Flags.confirm, "unpan migrate scrub --plan plan.json --confirm \(plan.digest) --apply")
      let outcome = try scrub(plan, digest, migrate)
      // Only now: the connection is closed, and a scan of the same file would drop its locks.
      let left = try migrate.scan(plan.config.target)
      var text = "scrubbed \(outcome.changed) of \(Plural.text(outcome.rows, "row"))"
      if outcome.droppedColumns > 0 {
        text += ", \(Plural.text(outcome.droppedColumns, "column")) dropped"
      }
      text += "\nscan afterwards: \(left.count) findings\n"
      for store in left.storeCounts { text += "  \(store.store): \(store.count)\n" }
      text += "not cleaned by the database itself:\n"
      for note in plan.cannotClean {
        text += "  \(note.what): \(note.why)\n"
        for command in note.commands { text += "    \(command)\n" }
      }
      try left.requireEnd()
      migrate.tellMissed(left)
      return try tool.show(
        Escaping.visibleLines(text),
        exitCode: left.count > 0 ? .findings : left.isComplete ? .clean : .incomplete)
    }
  }

  private func scrub(
    _ plan: MigrationPlan, _ digest: String, _ migrate: MigrateTool
  ) throws -> MigrationRun.ScrubOutcome {
    let run = try MigrationRun(plan, detector: Wiring.detector(), writes: true)
    try run.checkLedger(migrate.ledgerPath)
    return try run.scrub(confirmed: digest, ledger: migrate.openLedger())
  }
}

extension Escaping {
  /// Each line made visible by itself.
  static func visibleLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { visible(String($0)) }
      .joined(separator: "\n")
  }
}
