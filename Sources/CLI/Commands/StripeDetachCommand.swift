import Stripe

/// `unpan stripe detach`
struct StripeDetachCommand {
  static let command = Command(
    name: "stripe detach",
    summary: "Take saved cards away from their customers, for good.",
    operands: "PAYMENT_METHOD...",
    operandKind: .none,
    about: [
      "Detaches the payment methods that are named and no others. This cannot be undone: a detached "
        + "card can never be attached or used again. One that is its customer's default is told as "
        + "that. With --records, those that a record still names are left alone.",
      "Tells what would be done; --confirm does it, in live mode together with --live and an "
        + "--account, unless the state file has it from a run before.",
    ],
    examples: [
      .init(
        line: "unpan stripe detach pm_1MqLiJLkdIwHu7ixUEgbFdYF --confirm", meaning: "one card")
    ],
    flags: [
      StripeFlags.records, Flags.config, StripeFlags.state, StripeFlags.confirm, StripeFlags.live,
    ]
      + StripeFlags.connection + StripeFlags.common
  ) { try StripeDetachCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let stripe = try StripeTool(tool, arguments, "stripe detach")
    let ids = try StripeTool.ids()
    guard !arguments.operands.isEmpty else {
      throw UsageError.missingOperand(
        command: "stripe detach", what: "the payment methods",
        example: "unpan stripe detach pm_1MqLiJLkdIwHu7ixUEgbFdYF --confirm")
    }
    for operand in arguments.operands {
      let kind = ids.id(operand)?.kind
      guard kind == .paymentMethod || kind == .card else {
        throw UsageError.unexpectedOperand(
          operand, command: "stripe detach", closest: nil)
      }
    }
    var seen: Set<String> = []
    let methods = arguments.operands.filter { seen.insert($0).inserted }
    var linked: Set<String> = []
    if stripe.hasRecords {
      linked = try StripeTool.worded {
        let state = try stripe.openState(isDurable: false)
        try stripe.loadRecords(state)
        return Set(try methods.filter { try !state.records(ofMethod: $0).isEmpty })
      }
    }
    return try stripe.act(
      DetachMethod(linked: linked), applies: arguments.has(StripeFlags.confirm)
    ) { options, _, _ in options.methods = methods }
  }
}
