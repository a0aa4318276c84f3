import Core
import Reporting
import Stripe

/// `unpan stripe cards`
struct StripeCardsCommand {
  static let command = Command(
    name: "stripe cards",
    summary: "Show a customer's saved cards: brand and last digits, nothing else.",
    operands: "CUSTOMER",
    operandKind: .none,
    about: [
      "Lists the saved cards of a customer (cus_…) with brand, last four digits and expiry, and "
        + "marks the default."
    ],
    examples: [.init(line: "unpan stripe cards cus_QXg1o8vcGmoR32", meaning: "one customer")],
    flags: StripeFlags.connection + StripeFlags.common
  ) { try StripeCardsCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  private struct Line: Encodable {
    var type = "stripe-card"
    var customer: String
    var paymentMethod: String
    var brand: String?
    var last4: String?
    var expiry: String?
    var isDefault: Bool
  }

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let stripe = try StripeTool(tool, arguments, "stripe cards")
    guard let customer = arguments.operands.first else {
      throw UsageError.missingOperand(
        command: "stripe cards", what: "a customer",
        example: "unpan stripe cards cus_QXg1o8vcGmoR32")
    }
    let ids = try StripeTool.ids()
    guard ids.id(customer)?.kind == .customer, arguments.operands.count == 1 else {
      throw UsageError.unexpectedOperand(
        arguments.operands.last ?? "", command: "stripe cards", closest: nil)
    }
    return try StripeTool.worded {
      let client = try stripe.connect(nil)
      guard let cards = try SavedCards.read(client, customer) else {
        throw RunError(.failure, customer, "the customer was deleted", hint: "it has no cards")
      }
      return try stripe.write { output in
        try write(cards, customer, arguments.value(StripeFlags.format) ?? "text", to: output)
        return ExitCode.clean.rawValue
      }
    }
  }

  private func write(
    _ cards: SavedCards, _ customer: String, _ format: String, to output: Output
  ) throws {
    if format == "csv" {
      try output.write("customer,payment_method,brand,last4,expiry,default\n")
    } else if format == "text", cards.methods.isEmpty {
      try output.write("no saved cards\n")
    }
    for method in cards.methods {
      let details = CardDetails(method)
      let expiry = details.expiry.map { ($0.month < 10 ? "0" : "") + "\($0.month)/\($0.year)" }
      let line = Line(
        customer: customer, paymentMethod: Diagnostics.shown(method.id),
        brand: details.brand.map { Diagnostics.shown($0) },
        last4: details.last4, expiry: expiry,
        isDefault: method.id == cards.defaultMethod)
      switch format {
      case "jsonl": try output.write(ActTable.encode(line) + "\n")
      case "csv":
        let fields = [
          customer, line.paymentMethod, line.brand ?? "", line.last4 ?? "", expiry ?? "",
          line.isDefault ? "yes" : "no",
        ]
        try output.write(fields.map(ActTable.csv).joined(separator: ",") + "\n")
      default:
        let parts = [
          line.paymentMethod, line.brand, line.last4, expiry, line.isDefault ? "default" : nil,
        ]
        try output.write(parts.compactMap { $0 }.joined(separator: "  ") + "\n")
      }
    }
  }
}
