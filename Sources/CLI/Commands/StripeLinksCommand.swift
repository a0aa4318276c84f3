import Core
import Stripe

/// `unpan stripe links`
struct StripeLinksCommand {
  static let command = Command(
    name: "stripe links",
    summary: "Make pages where customers without a usable card can enter one.",
    operands: "",
    operandKind: .none,
    about: [
      "Makes a Checkout session in setup mode for each customer of the records who has no saved "
        + "card, or only expired ones, and writes customer, URL and expiry as CSV for the mailing. A "
        + "link lives for 24 hours; a further run gives the same one until then.",
      "Tells what would be done; --apply does it, in live mode together with --live and an "
        + "--account, unless the state file has it from a run before.",
    ],
    examples: [
      .init(
        line: "unpan stripe links --records linked.csv --success-url https://shop.example/thanks "
          + "--apply -o links.csv", meaning: "for the mailing")
    ],
    flags: [
      StripeFlags.records, Flags.config, StripeFlags.state, StripeFlags.successURL, Flags.apply,
      StripeFlags.live, StripeFlags.again,
    ] + StripeFlags.connection + StripeFlags.common
  ) { try StripeLinksCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let stripe = try StripeTool(tool, arguments, "stripe links")
    try stripe.takeNoOperands()
    guard let url = arguments.value(StripeFlags.successURL) else {
      throw UsageError.missingOperand(
        command: "stripe links", what: "--success-url",
        example: "unpan stripe links --records linked.csv --success-url https://shop.example/thanks"
      )
    }
    guard url.hasPrefix("https://") else {
      throw UsageError.badValue(
        flag: "--success-url", given: url, expected: "an address with https://",
        closest: nil)
    }
    return try stripe.act(
      MakeLink(successURL: url, month: stripe.month), applies: arguments.has(Flags.apply),
      format: "csv")
  }
}
