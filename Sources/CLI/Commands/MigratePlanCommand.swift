import Core
import Migration

/// `unpan migrate plan`
struct MigratePlanCommand {
  static let command = Command(
    name: "migrate plan",
    summary: "Freeze what link and scrub will do, with a digest.",
    operands: "",
    operandKind: .none,
    about: [
      "Matches again, tries every statement on a copy of the schema, scans the database for the "
        + "report's \"before\", and writes the plan: the SQL, what it touches, what nobody can clean. "
        + "link and scrub carry out exactly this plan, or refuse when the configuration, the mapping "
        + "file or the schema changed. Changes nothing in the database."
    ],
    examples: [
      .init(
        line: "unpan migrate plan --config unpan-migration.json5 --output plan.json",
        meaning: "prints the digest at its end")
    ],
    flags: [Flags.config, Flags.output, Flags.ledger, Flags.quiet, Flags.help]
  ) { try MigratePlanCommand(tool: $0).run($1) }

  private static let outputDefault = "plan.json"

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate plan")
    try migrate.takeNoOperands()
    let path = try migrate.need(
      Flags.config, "unpan migrate plan --config unpan-migration.json5 --output plan.json")
    let output = arguments.value(Flags.output) ?? MigratePlanCommand.outputDefault
    try OutputCheck(MigratePlanCommand.command, arguments).run(output: output)
    return try MigrateTool.worded {
      let config = try MigrationConfig.load(path)
      migrate.tellOfNoCustomers(config)
      let month = migrate.month
      let ledger = try migrate.openLedger()
      let plan = try migrate.logged(ledger, target: config.target) {
        // The scan before a connection is open: a scan that closes the file drops its locks.
        let before = try migrate.scan(config.target)
        migrate.tellMissed(before)
        let match = try Match(config, detector: Wiring.detector(), month: month.value)
        let counts = try match.run { _ in }
        return try Planner(match).plan(
          counts: counts, configPath: path, asOf: month.text, findingsBefore: before.storeCounts,
          found: before.columns, profiles: before.profiles)
      } end: { plan in
        var detail = Ledger.Detail()
        detail.plan = plan.digest
        detail.rows = plan.counts.cards.linkable + plan.counts.customers.linkable
        detail.findingsBefore = plan.findingsBefore
        detail.records = plan.records
        return detail
      }
      if output == "-" { return try tool.show(plan.text()) }
      try MigrateTool.write(plan.text(), to: output)
      return try tool.show(
        arguments.has(Flags.quiet)
          ? plan.digest + "\n" : PlanText(plan, Escaping.visible(output)).text)
    }
  }
}

/// A plan in short.
private struct PlanText {
  let text: String

  init(_ plan: MigrationPlan, _ path: String) {
    var lines: [String] = []
    for (title, steps) in [("link", plan.link), ("scrub", plan.scrub)] {
      lines.append("\(title):")
      for step in steps {
        let rows = step.rows.map { ", \($0) rows" } ?? ""
        lines.append("  \(step.name)\(step.table.isEmpty ? "" : " in \(step.table)")\(rows)")
        lines += step.sql.map { "    \($0)" }
      }
    }
    if !plan.suspendedTriggers.isEmpty {
      lines.append("triggers that do not fire: \(plan.suspendedTriggers.joined(separator: ", "))")
    }
    lines.append("not cleaned by the database itself:")
    for note in plan.cannotClean {
      lines.append("  \(note.what): \(note.why)")
      lines += note.commands.map { "    \($0)" }
    }
    if let ordinary = plan.ordinary, !ordinary.isEmpty {
      lines.append("GOES AS WELL: values that are no card data, in columns that go as a whole")
      lines += ordinary.map { "  \($0.store): \($0.count)" }
    }
    if !plan.notScrubbed.isEmpty {
      lines.append("STAYS: card data that scrub does not reach")
      lines += plan.notScrubbed.map { "  \($0.store): \($0.count)" }
    }
    if plan.unlinked > 0 {
      lines.append(
        "OPEN: \(Plural.text(plan.unlinked, "record")) neither matched nor excepted; scrub will refuse"
      )
    }
    lines.append("plan: \(path)")
    // The digest as it is: one in some hundreds has digits that pass for a number.
    text =
      lines.map { Escaping.visible(NumberGuard.masked($0)) + "\n" }.joined()
      + "digest: \(plan.digest)\n"
  }
}
