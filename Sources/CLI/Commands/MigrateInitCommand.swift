import Core
import Glibc
import Migration
import Native

/// `unpan migrate init TARGET`
struct MigrateInitCommand {
  static let command = Command(
    name: "migrate init",
    summary: "Look at a database and propose what a migration is to do.",
    operands: "TARGET",
    operandKind: .files,
    about: [
      "Scans the database (sqlite:PATH, postgres://…, mariadb://…), tells tables and columns by their names and by what is in them, and "
        + "writes a configuration with comments for a person to correct. Of each column with card data it "
        + "proposes the first action that the table takes, or says why it takes none. Changes nothing."
    ],
    examples: [
      .init(
        line:
          "unpan migrate init sqlite:shop.db --mapping mapping.csv --output unpan-migration.json5",
        meaning: "the first step; then correct the file")
    ],
    flags: [Flags.mapping, Flags.output, Flags.ledger, Flags.quiet, Flags.help]
  ) { try MigrateInitCommand(tool: $0).run($1) }

  private static let mappingDefault = "mapping.csv"
  private static let outputDefault = "unpan-migration.json5"

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate init")
    let example = "unpan migrate init sqlite:shop.db --mapping mapping.csv"
    guard let target = arguments.operands.first else {
      throw UsageError.missingOperand(
        command: "migrate init", what: "a database: sqlite:PATH or a server's URL",
        example: example)
    }
    if arguments.operands.count > 1 {
      throw UsageError.unexpectedOperand(
        arguments.operands[1], command: "migrate init", closest: nil)
    }
    // Before an import there is no mapping yet; its name is for a person to correct.
    let mapping = arguments.value(Flags.mapping) ?? MigrateInitCommand.mappingDefault
    let path = arguments.value(Flags.output) ?? MigrateInitCommand.outputDefault
    try OutputCheck(MigrateInitCommand.command, arguments).run(output: path)
    return try MigrateTool.worded {
      if path != "-", access(path, F_OK) == 0 { throw MigrationError(.configExists, path) }
      // Before the scan, which takes longer than telling a wrong target.
      _ = try openMigrationDatabase(target)
      if let given = arguments.value(Flags.mapping),
        FileStatus.ofRegularFile(ForeignBytes.bytes(of: given)) == nil
      {
        throw UsageError.badValue(
          flag: "--mapping", given: given,
          expected: "a file that is there; leave it out as long as there is none", closest: nil)
      }
      let (found, proposal) = try migrate.logged(migrate.openLedger(), target: target) {
        let found = try migrate.scan(target)
        try found.requireEnd()
        let proposal = try Proposal(
          target: target, mapping: mapping, evidence: found.columns, profiles: found.profiles,
          detector: Wiring.detector())
        return (found, proposal)
      } end: { _, proposal in
        var detail = Ledger.Detail()
        detail.outcome =
          "\(Plural.text(proposal.config.scrub.count, "column")) proposed to be scrubbed"
        return detail
      }
      let text = proposal.text(Diagnostics.words)
      migrate.tellMissed(found)
      let exitCode = found.isComplete ? ExitCode.clean : .incomplete
      if path == "-" { return try tool.show(text, exitCode: exitCode) }
      try MigrateTool.write(text, to: path)
      let shown = Escaping.visible(path)
      let left = proposal.leftOut
      migrate.tell([
        "unpan: \(found.count) findings; what to do about "
          + (left.isEmpty ? "them" : "some of them") + " is proposed in \(shown)"
      ])
      for place in left {
        migrate.tell([
          "  left to you, and told in the file: \(Escaping.visible(NumberGuard.masked(place.store)))"
        ])
      }
      migrate.tell(missing(proposal.config))
      migrate.tell([
        "  read and correct it, then: unpan migrate match --config \(shown) --output matches.jsonl"
      ])
      return exitCode.rawValue
    }
  }

  /// What a person has to fill in.
  private func missing(_ config: MigrationConfig) -> [String] {
    let table = Escaping.visible(config.cards.table)
    if config.cards.customer.isEmpty {
      return [
        "  no column of \(table) was found that says whose a card is: fill in cards.customer, and",
        "  customers (table and key), or no customer gets a cus_ id",
      ]
    }
    if config.customers == nil {
      return [
        "  no table of customers was found for \(table).\(Escaping.visible(config.cards.customer)): "
          + "fill in customers (table and key), or no",
        "  customer gets a cus_ id",
      ]
    }
    return []
  }
}
