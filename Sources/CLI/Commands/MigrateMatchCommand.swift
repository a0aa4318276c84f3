import Core
import Migration
import Reporting
import Stripe

/// `unpan migrate match`
struct MigrateMatchCommand {
  static let command = Command(
    name: "migrate match",
    summary: "Join the shop's records to the mapping file, and list what does not match.",
    operands: "",
    operandKind: .none,
    about: [
      "Counts records by how they match. --output lists every record that is not plainly matched, "
        + "with the reason and what to do next, and each line of the mapping to look at. Exits with 1 "
        + "when records would stay without ids that no exception names. Changes nothing."
    ],
    examples: [
      .init(
        line: "unpan migrate match --config unpan-migration.json5 --output matches.jsonl",
        meaning: "before a plan")
    ],
    flags: [Flags.config, Flags.output, Flags.ledger, Flags.quiet, Flags.help]
  ) { try MigrateMatchCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate match")
    try migrate.takeNoOperands()
    let path = try migrate.need(
      Flags.config, "unpan migrate match --config unpan-migration.json5 --output matches.jsonl")
    return try MigrateTool.worded {
      let config = try MigrationConfig.load(path)
      let result = try migrate.logged(migrate.openLedger(), target: config.target) {
        try run(config, migrate)
      } end: { result in
        var detail = Ledger.Detail()
        detail.rows = result.counts.cards.total + result.counts.customers.total
        detail.outcome = "\(result.counts.unlinked) open"
        return detail
      }
      let (match, counts) = (result.match, result.counts)
      let code: ExitCode = counts.unlinked == 0 ? .clean : .findings
      if arguments.value(Flags.output) == "-" { return code.rawValue }
      return try tool.show(MatchLines.text(counts, match.mapping), exitCode: code)
    }
  }

  private func run(
    _ config: MigrationConfig, _ migrate: MigrateTool
  ) throws -> (match: Match, counts: MatchCounts) {
    let match = try Match(config, detector: Wiring.detector(), month: migrate.month.value)
    try migrate.tellWarnings(match)
    let lines = try migrate.arguments.value(Flags.output).map { path in
      MatchLines(try path == "-" ? Output(stream: tool.console.output) : Output(file: path))
    }
    do {
      try match.forEachWarning { try lines?.write($0) }
    } catch {
      if lines?.isClosedByReader == true { throw ClosedByReader() }
      throw error
    }
    var failure: RunError?
    do throws(MigrationError) {
      let counts = try match.run { (record) throws(MigrationError) in
        do throws(RunError) {
          try lines?.write(record)
        } catch {
          failure = error
          throw MigrationError(.interrupted, error.subject)
        }
      }
      do throws(RunError) {
        try lines?.finish(counts, match.mapping)
      } catch {
        failure = error
        throw MigrationError(.interrupted, error.subject)
      }
      return (match, counts)
    } catch {
      // What stopped it is what there is to say.
      if lines?.isClosedByReader == true { throw ClosedByReader() }
      throw failure.map { $0 as any Error } ?? error
    }
  }
}
