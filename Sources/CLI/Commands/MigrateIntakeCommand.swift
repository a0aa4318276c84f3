import Core
import Migration
import Reporting
import Stripe

/// `unpan migrate intake`
struct MigrateIntakeCommand {
  private static let recipient = Flag(
    name: "recipient", value: .text("FINGERPRINT"),
    summary: "Whose key encrypts the file: its whole fingerprint; the keyring must have it.")
  private static let customers = Flag(
    name: "customers",
    summary: "Write the list of customers that Stripe has already instead: no card data, in clear.")
  private static let rejects = Flag(
    name: "rejects", value: .file("FILE"),
    summary: "List the rows that were left out in FILE, one JSON object a line (standard output).",
    isWritten: true)

  static let command = Command(
    name: "migrate intake",
    summary: "Write the encrypted file that Stripe's card import takes.",
    operands: "",
    operandKind: .none,
    about: [
      "Reads the cards and pipes them, as the CSV that Stripe's import takes, straight into `gpg "
        + "--encrypt`: nothing is on disk in clear, and there is no column for verification codes. "
        + "The fingerprint is looked up in the keyring first; compare it with the one in Stripe's "
        + "documentation. What else Stripe is to know of customers and cards stands under `intake` "
        + "in the configuration.",
      "A row that Stripe would not take is left out and listed with its key and the reason. Exits "
        + "with 1 when there is one. With --customers the output is the list with two columns that "
        + "tells Stripe which of its customers the cards belong to. Changes nothing.",
    ],
    examples: [
      .init(
        line:
          "unpan migrate intake --config unpan-migration.json5 --recipient FINGERPRINT "
          + "--output cards.csv.gpg", meaning: "for the upload to Stripe"),
      .init(
        line:
          "unpan migrate intake --config unpan-migration.json5 --customers --output customers.csv",
        meaning: "when customers exist at Stripe already"),
    ],
    flags: [
      Flags.config, recipient, customers, Flags.output, rejects, Flags.ledger, Flags.quiet,
      Flags.help,
    ]
  ) { try MigrateIntakeCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate intake")
    try migrate.takeNoOperands()
    let isList = arguments.has(MigrateIntakeCommand.customers)
    let example =
      "unpan migrate intake --config unpan-migration.json5 "
      + (isList ? "--customers --output customers.csv" : "--recipient FINGERPRINT")
    let configPath = try migrate.need(Flags.config, example)
    let recipient = isList ? nil : try migrate.need(MigrateIntakeCommand.recipient, example)
    let path = arguments.value(Flags.output) ?? (isList ? "customers.csv" : "cards.csv.gpg")
    try OutputCheck(MigrateIntakeCommand.command, arguments).run(output: path)
    return try MigrateTool.worded {
      let config = try MigrationConfig.load(configPath)
      // Before anything is read: who it is for.
      let encryption = try recipient.map { name throws(MigrationError) in
        try Encryption(to: name)
      }
      let intake = try Intake(config, detector: Wiring.detector())
      let ledger = try migrate.openLedger()
      let listing = try RejectListing(
        tool, arguments.value(MigrateIntakeCommand.rejects), isOutputTaken: path == "-")
      let outcome = try migrate.logged(ledger, target: config.target) {
        try write(intake, encryption, path, listing)
      } end: { outcome in
        var detail = Ledger.Detail()
        detail.rows = outcome.written
        detail.outcome =
          "\(outcome.rejects) left out"
          + (encryption.map { ", for \($0.recipient.fingerprint)" } ?? "")
        return detail
      }
      try listing.finish()
      let what = Plural.text(outcome.written, isList ? "customer" : "card") + " written to"
      let whom = encryption.map {
        ", encrypted for \($0.recipient.fingerprint) (\(Escaping.visible($0.recipient.name)))"
      }
      migrate.tell([
        "unpan: \(what) \(Escaping.visible(path))\(whom ?? "")",
        "  \(outcome.rejects) of \(Plural.text(outcome.rows, "row")) left out",
      ])
      return (outcome.rejects == 0 ? ExitCode.clean : .findings).rawValue
    }
  }

  private func write(
    _ intake: Intake, _ encryption: Encryption?, _ path: String, _ listing: RejectListing
  ) throws -> Intake.Outcome {
    let output = try path == "-" ? Output(stream: tool.console.output) : Output(file: path)
    let outcome: Intake.Outcome
    if let encryption {
      outcome = try intake.writeCards {
        try encryption.write($0) { try output.write($0) }
      } reject: {
        try listing.add($0)
      }
      try encryption.finish { try output.write($0) }
    } else {
      outcome = try intake.writeCustomers {
        try output.write([UInt8]($0))
      } reject: {
        try listing.add($0)
      }
    }
    // Only what is whole gets its name.
    try output.finish()
    return outcome
  }
}

/// Rows that are not in the file, as text for a person or as lines for a program.
private final class RejectListing {
  private let tool: CommandLineTool
  private let lines: Output?
  /// `nil` when standard output has the file itself.
  private let text: Output?

  init(_ tool: CommandLineTool, _ path: String?, isOutputTaken: Bool) throws(RunError) {
    self.tool = tool
    lines = try path.map { path throws(RunError) in
      try Output(file: path, hint: "choose another place with --rejects FILE")
    }
    text = isOutputTaken ? nil : Output(stream: tool.console.output)
  }

  func add(_ reject: Intake.Reject) throws(RunError) {
    guard let lines else { return try tell(reject) }
    let values = [
      ("type", "intake-reject"), ("table", reject.table), ("key", reject.key),
      ("column", reject.column), ("reason", reject.reason.rawValue),
    ]
    let members = values.map { "\"\($0.0)\":\(MatchLines.quoted($0.1))" }
    try lines.write("{" + members.joined(separator: ",") + "}\n")
  }

  private func tell(_ reject: Intake.Reject) throws(RunError) {
    let words = Diagnostics.words(reject.reason)
    let line = Escaping.visible("\(reject.table) \(reject.key): \(reject.column) \(words)")
    if let text { try text.write(line + "\n") } else { tool.console.tell([line]) }
  }

  func finish() throws(RunError) {
    try lines?.finish()
    try text?.finish()
  }
}
