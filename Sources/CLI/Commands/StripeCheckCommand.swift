import Core
import Stripe

/// `unpan stripe check`
struct StripeCheckCommand {
  static let command = Command(
    name: "stripe check",
    summary: "Hold linked records against what Stripe says today.",
    operands: "",
    operandKind: .none,
    about: [
      "Reads every customer of the records and their saved cards, and tells what differs: deleted "
        + "customers, missing or detached payment methods, those of another customer, other brands "
        + "or last digits, expired cards, defaults that are missing or not attached, the same card "
        + "twice, failed checks of the verification code. Changes nothing.",
      "Stripe has no list of all payment methods, so a check takes one read a customer and one for "
        + "a hundred; how many is told first. What was read is kept in the state file: a run that "
        + "was stopped goes on when it is started again, and reads again what is older than 12 "
        + "hours or was changed by an act.",
      "The key is taken from STRIPE_API_KEY or --key-file. A restricted key (rk_) that may read "
        + "customers and payment methods is enough.",
    ],
    examples: [
      .init(line: "unpan stripe check --records linked.csv", meaning: "in the key's account"),
      .init(
        line:
          "unpan stripe check --records linked.csv --account acct_1 --format jsonl -o check.jsonl",
        meaning: "in this account only, for another program"),
    ],
    flags: [StripeFlags.records, Flags.config, StripeFlags.state, StripeFlags.startAnew]
      + StripeFlags.connection + StripeFlags.common
  ) { try StripeCheckCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let stripe = try StripeTool(tool, arguments, "stripe check")
    try stripe.takeNoOperands()
    return try StripeTool.worded {
      let state = try stripe.openState(isDurable: false)
      try stripe.check(state, startsAnew: arguments.has(StripeFlags.startAnew))
      return try stripe.write { output in
        let format = arguments.value(StripeFlags.format) ?? "text"
        return try CheckTable(output: output, format: format).write(state).exitCode.rawValue
      }
    }
  }
}
