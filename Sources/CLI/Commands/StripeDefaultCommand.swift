import Stripe

/// `unpan stripe default`
struct StripeDefaultCommand {
  static let command = Command(
    name: "stripe default",
    summary: "Set the default card of customers where it is clear which.",
    operands: "",
    operandKind: .none,
    about: [
      "For each customer of the records: the card that the column `default` marks, else the only "
        + "card there is, becomes what invoices are paid with. Several candidates are told as "
        + "ambiguous, another default is left alone without --force.",
      "Tells what would be done; --apply does it, in live mode together with --live and an "
        + "--account, unless the state file has it from a run before. Each act is in the state file "
        + "before it is sent, so that a run may be stopped and started again.",
    ],
    examples: [
      .init(line: "unpan stripe default --records linked.csv", meaning: "what would be done"),
      .init(line: "unpan stripe default --records linked.csv --apply", meaning: "do it"),
    ],
    flags: [
      StripeFlags.records, Flags.config, StripeFlags.state, Flags.apply, StripeFlags.live,
      StripeFlags.force,
    ] + StripeFlags.connection + StripeFlags.common
  ) { try StripeDefaultCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let stripe = try StripeTool(tool, arguments, "stripe default")
    try stripe.takeNoOperands()
    return try stripe.act(
      SetDefault(overwrites: arguments.has(StripeFlags.force)),
      applies: arguments.has(Flags.apply))
  }
}
