import Core
import Reporting
import Stripe

/// `unpan stripe sync`
struct StripeSyncCommand {
  static let command = Command(
    name: "stripe sync",
    summary: "Tell which linked cards changed at Stripe in the last 30 days.",
    operands: "",
    operandKind: .none,
    about: [
      "Reads the events of cards that were changed, renewed by their bank, detached or attached and "
        + "of deleted customers, and tells which records say something else. --updated writes the "
        + "records as they should be, without those of deleted customers. Changes nothing at "
        + "Stripe or in a database.",
      "Stripe keeps events for 30 days: after a longer gap, `unpan stripe check` reads everything.",
    ],
    examples: [
      .init(
        line: "unpan stripe sync --records linked.csv --updated linked-new.csv",
        meaning: "bring the records up to date")
    ],
    flags: [
      StripeFlags.records, Flags.config, StripeFlags.state, StripeFlags.days, StripeFlags.updated,
    ] + StripeFlags.connection + StripeFlags.common
  ) { try StripeSyncCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  private static let daysMax = 30

  private struct Line: Encodable {
    var type = "stripe-change"
    var record: Int
    var customer: String
    var paymentMethod: String?
    var change: String
    var event: String
    var before: String
    var after: String
  }

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let stripe = try StripeTool(tool, arguments, "stripe sync")
    try stripe.takeNoOperands()
    let days = arguments.value(StripeFlags.days).flatMap(Int.init) ?? StripeSyncCommand.daysMax
    guard days <= StripeSyncCommand.daysMax else {
      throw UsageError.badValue(
        flag: "--days", given: String(days), expected: "1 to 30, for Stripe keeps no more",
        closest: nil)
    }
    return try StripeTool.worded {
      let state = try stripe.openState(isDurable: false)
      try stripe.loadRecords(state)
      let client = try stripe.connect(state)
      let now = StripeTool.seconds()
      let run = SyncRun(client, state, since: now - days * 86400, now: now)
      let changes = try run.run()
      if let path = arguments.value(StripeFlags.updated) {
        try writeUpdated(state, changes, path)
        stripe.tell("records written to \(Diagnostics.shown(path))")
      }
      return try stripe.write { output in
        try write(state, changes, run.eventCount, arguments, to: output)
      }
    }
  }

  private func write(
    _ state: StripeState, _ changes: SyncRun.Changes, _ eventCount: Int,
    _ arguments: ParsedArguments, to output: Output
  ) throws -> Int32 {
    let format = arguments.value(StripeFlags.format) ?? "text"
    if format == "csv" {
      try output.write("record,customer,payment_method,change,event,before,after\n")
    }
    var count = 0
    try state.forEachRecord { record, _, _, _ in
      guard let change = changes.of(record) else { return }
      let after: String
      switch SyncRun.updated(record, by: change) {
      case .same: return
      case .changed(let new): after = words(new)
      case .gone: after = "no customer"
      }
      count += 1
      let line = Line(
        record: record.number, customer: record.customer, paymentMethod: record.paymentMethod,
        change: change.kind(for: record).rawValue, event: Diagnostics.shown(change.event),
        before: words(record), after: after)
      switch format {
      case "jsonl": try output.write(ActTable.encode(line) + "\n")
      case "csv":
        let fields = [
          String(line.record), line.customer, line.paymentMethod ?? "", line.change, line.event,
          line.before, line.after,
        ]
        try output.write(fields.map(ActTable.csv).joined(separator: ",") + "\n")
      default:
        try output.write(
          "record \(line.record)  \(line.customer)  \(line.paymentMethod ?? "-")  \(line.change): "
            + "\(line.before) -> \(line.after)\n")
      }
    }
    if format == "text" {
      try output.write(
        "\(Plural.text(eventCount, "event")), "
          + Plural.text(count, "record differs", "records differ") + "\n")
    }
    return (count > 0 ? ExitCode.findings : .clean).rawValue
  }

  private func words(_ record: LinkedRecord) -> String {
    guard record.paymentMethod != nil else { return "no payment method" }
    let expiry = record.expiryYear.map { "\(record.expiryMonth ?? 0)/\($0)" }
    let parts = [record.brand.map { Diagnostics.shown($0) }, record.last4, expiry]
    return parts.compactMap { $0 }.joined(separator: " ")
  }

  private func writeUpdated(
    _ state: StripeState, _ changes: SyncRun.Changes, _ path: String
  ) throws {
    let output = try Output(file: path, hint: "choose another place with --updated FILE")
    try output.write("customer,payment_method,brand,last4,exp_month,exp_year,default\n")
    try state.forEachRecord { record, _, _, _ in
      var new = record
      if let change = changes.of(record) {
        switch SyncRun.updated(record, by: change) {
        case .same: break
        case .changed(let changed): new = changed
        case .gone: return
        }
      }
      let fields = [
        new.customer, new.paymentMethod ?? "", new.brand.map { Diagnostics.shown($0) } ?? "",
        new.last4 ?? "", new.expiryMonth.map(String.init) ?? "",
        new.expiryYear.map(String.init) ?? "", new.isDefault ? "true" : "",
      ]
      try output.write(fields.map(ActTable.csv).joined(separator: ",") + "\n")
    }
    try output.finish()
  }
}
