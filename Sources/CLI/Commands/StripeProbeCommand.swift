import Core
import Stripe

/// `unpan stripe probe`
struct StripeProbeCommand {
  static let command = Command(
    name: "stripe probe",
    summary: "Ask the banks whether saved cards may be used without their owners.",
    operands: "",
    operandKind: .none,
    about: [
      "Confirms a SetupIntent for use off session with each card of the records: never a charge. "
        + "Results are counted by the bank's reason, such as authentication_required or "
        + "expired_card. What has a result in the state file is told from there, unless --again.",
      "Banks see each probe, and too many of them harm an account: in live mode --live, "
        + "--limit and an --account are needed. Tells what would be done; --apply does it.",
      "With --payment, a card that could not be saved by the first payment is not used for the "
        + "second one.",
    ],
    examples: [
      .init(line: "unpan stripe probe --records linked.csv --apply", meaning: "in test mode"),
      .init(
        line:
          "unpan stripe probe --records linked.csv --apply --live --limit 50 --account acct_1",
        meaning: "a sample in live mode"),
    ],
    flags: [
      StripeFlags.records, Flags.config, StripeFlags.state, Flags.apply, StripeFlags.live,
      StripeFlags.limit, StripeFlags.payment, StripeFlags.again,
    ] + StripeFlags.connection + StripeFlags.common
  ) { try StripeProbeCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let stripe = try StripeTool(tool, arguments, "stripe probe")
    try stripe.takeNoOperands()
    let isPayment = arguments.has(StripeFlags.payment)
    let kind: any ActKind = isPayment ? ProbePayment() : ProbeMethod()
    return try stripe.act(kind, applies: arguments.has(Flags.apply)) { options, _, client in
      let limit = arguments.value(StripeFlags.limit).flatMap(Int.init)
      if client.mode == .live, isPayment {
        throw RunError(.usage, "--payment", "is for test mode only: it would charge cards")
      }
      if client.mode == .live, limit == nil {
        throw RunError(
          .usage, "", "in live mode the number of cards to probe has to be named",
          hint: "add --limit N")
      }
      if let limit { options.actsMax = limit }
    }
  }
}
