import Stripe

/// `unpan stripe attach`
struct StripeAttachCommand {
  static let command = Command(
    name: "stripe attach",
    summary: "Attach mapped payment methods that have no customer yet.",
    operands: "",
    operandKind: .none,
    about: [
      "Attaches each payment method of the records that has no customer to the one the record "
        + "names. One that is there already is left, one of another customer is a conflict, one that "
        + "records of several customers name is ambiguous. The bank is not asked; `unpan stripe "
        + "probe` does that.",
      "Tells what would be done; --apply does it, in live mode together with --live and an "
        + "--account, unless the state file has it from a run before.",
    ],
    examples: [.init(line: "unpan stripe attach --records linked.csv --apply", meaning: "do it")],
    flags: [StripeFlags.records, Flags.config, StripeFlags.state, Flags.apply, StripeFlags.live]
      + StripeFlags.connection + StripeFlags.common
  ) { try StripeAttachCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let stripe = try StripeTool(tool, arguments, "stripe attach")
    try stripe.takeNoOperands()
    return try stripe.act(AttachMethod(), applies: arguments.has(Flags.apply))
  }
}
