import Core
import Migration

/// `unpan migrate link`
struct MigrateLinkCommand {
  static let command = Command(
    name: "migrate link",
    summary: "Write Stripe's ids, brand and last four digits into the shop's tables.",
    operands: "",
    operandKind: .none,
    about: [
      "Carries out the first half of a plan in batches; each batch and its progress mark are one "
        + "transaction. Stopped at any point, the same command goes on where it was. `migrate "
        + "rollback` undoes it until scrub. Without --apply it only checks."
    ],
    examples: [
      .init(line: "unpan migrate link --plan plan.json", meaning: "what would be done"),
      .init(line: "unpan migrate link --plan plan.json --apply", meaning: "do it"),
    ],
    flags: [Flags.plan, Flags.apply, Flags.ledger, Flags.quiet, Flags.help]
  ) { try MigrateLinkCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate link")
    try migrate.takeNoOperands()
    let path = try migrate.need(Flags.plan, "unpan migrate link --plan plan.json --apply")
    return try MigrateTool.worded {
      let plan = try MigrationPlan.load(path)
      migrate.tellOfNoCustomers(plan.config)
      let run = try MigrationRun(
        plan, detector: Wiring.detector(), writes: arguments.has(Flags.apply))
      guard arguments.has(Flags.apply) else {
        try run.checkLink()
        return try tool.show(
          "would link \(words(plan.counts.cards.linkable, plan.counts.customers.linkable)); "
            + "nothing was changed (--apply does it)\n")
      }
      let outcome = try run.link(ledger: migrate.openLedger())
      if plan.config.customers != nil, outcome.cards > 0, outcome.customers == 0 {
        migrate.tell([
          "unpan: warning: no customer got a Stripe id; `unpan migrate match` tells why"
        ])
      }
      return try tool.show(
        "linked \(words(outcome.cards, outcome.customers))"
          + (outcome.wasDone ? " (they were already)\n" : "\n"))
    }
  }

  private func words(_ cards: Int, _ customers: Int) -> String {
    Plural.text(cards, "card") + " and " + Plural.text(customers, "customer")
  }
}
