import Core
import Detection
import Migration
import Native
import Reporting
import Stripe

/// What the commands of `unpan migrate` share.
struct MigrateTool {
  let tool: CommandLineTool
  let arguments: ParsedArguments
  let command: String
  let clock: Clock

  init(
    _ tool: CommandLineTool, _ arguments: ParsedArguments, _ command: String
  ) throws(RunError) {
    self.tool = tool
    self.arguments = arguments
    self.command = command
    clock = try Clock(variable: tool.console.variable("SOURCE_DATE_EPOCH"))
  }

  static let ledgerDefault = "unpan-ledger.db"

  /// Runs a command's work and words its errors.
  static func worded<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as MigrationError {
      throw Diagnostics.runError(error)
    } catch let error as SQLiteCode {
      throw RunError(.failure, "the scratch file", error.text)
    } catch let error as WriteFailure {
      throw RunError(.failure, ScratchFile.directory, "no room for a scratch file: \(error.text)")
    }
  }

  /// A flag that the command cannot do without.
  func need(_ flag: Flag, _ example: String) throws(UsageError) -> String {
    guard let value = arguments.value(flag) else {
      throw .missingOperand(
        command: command, what: "--\(flag.name) \(flag.placeholder ?? "")", example: example)
    }
    return value
  }

  func takeNoOperands() throws(UsageError) {
    guard let extra = arguments.operands.first else { return }
    throw .unexpectedOperand(extra, command: command, closest: nil)
  }

  var ledgerPath: String { arguments.value(Flags.ledger) ?? MigrateTool.ledgerDefault }

  func openLedger() throws -> Ledger { try Ledger(ledgerPath, now: clock.now) }

  /// Checks that the ledger is that of what was linked: a new one would prove nothing of it.
  func checkLedger(of target: String) throws {
    try Ledger.check(ledgerPath, knowsPlanOf: target)
  }

  /// Runs something between a line for its begin and one for its end, which tells an error too.
  func logged<R>(
    _ ledger: Ledger, target: String, _ body: () throws -> R, end: (R) -> Ledger.Detail
  ) throws -> R {
    var detail = Ledger.Detail()
    detail.command = command
    detail.target = SecretRemoval.removed(from: target)
    try ledger.append("begin", detail)
    let result: R
    do {
      result = try body()
    } catch {
      var last = Ledger.Detail()
      last.command = command
      last.outcome = MigrationRun.outcome(of: error)
      try ledger.append("end", last)
      throw error
    }
    var last = end(result)
    last.command = command
    try ledger.append("end", last)
    return result
  }

  /// This month, for what has expired.
  var month: (text: String, value: MappingOptions.Month) {
    let text = String(clock.now().prefix(7))
    let parts = text.split(separator: "-").compactMap { Int($0) }
    return (text, MappingOptions.Month(year: parts.first ?? 0, month: parts.last ?? 0))
  }

  /// Scans the target as `unpan scan` does.
  func scan(_ target: String) throws(RunError) -> FindingTally {
    var request = ScanRequest()
    request.targets = [target]
    let tally = FindingTally()
    try tool.engine.run(request, writer: tally, progress: ProgressCounters())
    return tally
  }

  /// A text for a human, unless `--quiet`.
  func tell(_ lines: [String]) {
    if !arguments.has(Flags.quiet) { tool.console.tell(lines) }
  }

  /// What a configuration without customers means, for those who did not mean it.
  func tellOfNoCustomers(_ config: MigrationConfig) {
    if config.customers == nil {
      tell([
        "unpan: warning: the configuration names no customers: links cards only, no customer gets a "
          + "Stripe id"
      ])
    }
  }

  /// What a scan did not read: nothing is known of it.
  func tellMissed(_ scan: FindingTally) {
    if scan.isComplete { return }
    let shownMax = 5
    tell(["unpan: the scan of the database was not complete; `unpan scan` tells why. Not read:"])
    for place in scan.missed.prefix(shownMax) {
      tell(["  " + Escaping.visible(NumberGuard.masked(place))])
    }
    if scan.missed.count > shownMax { tell(["  and \(scan.missed.count - shownMax) more"]) }
  }

  /// Writes a file that appears when it is whole.
  static func write(_ text: String, to path: String) throws(RunError) {
    let output = try Output(file: path)
    try output.write(text)
    try output.finish()
  }

  /// Warnings about a mapping file, one a line, the first of each kind; all are counted. `MatchLines`
  /// has all of them.
  func tellWarnings(_ match: Match) throws {
    let shownMax = 5
    var told: [MappingWarning.Kind: Int] = [:]
    var lines: [String] = []
    try match.forEachWarning { warning in
      told[warning.kind, default: 0] += 1
      if told[warning.kind, default: 0] <= shownMax {
        lines.append("  line \(warning.line): \(Diagnostics.words(warning.kind))")
      }
    }
    for (kind, count) in told.sorted(by: { $0.key.rawValue < $1.key.rawValue })
    where count > shownMax {
      lines.append("  and \(count - shownMax) more: \(Diagnostics.words(kind))")
    }
    if told.contains(where: { $0.value > shownMax }) {
      let list = arguments.value(Flags.output).map {
        $0 == "-" ? "the output" : Escaping.visible($0)
      }
      lines.append("  \(list ?? "--output FILE") lists all")
    }
    if !lines.isEmpty {
      tell(["unpan: the mapping has something to look at:"] + lines)
    }
  }
}

/// Counts findings by the table they lie in.
final class FindingTally: ReportWriter {
  private(set) var evidence: [Place: Proposal.Evidence] = [:]
  private(set) var stores: [String: Int] = [:]
  private(set) var count = 0
  private(set) var summary: Summary?
  /// What the columns hold, as a scan tells.
  private(set) var profiles: [ColumnProfile] = []
  /// Places that were not read, or not to their end.
  private(set) var missed: [String] = []

  /// A column.
  struct Place: Hashable {
    var table: String
    var column: String
  }

  /// What the store without a table is called.
  static let residue = "what deleted rows left"

  func begin(_ run: RunInfo) throws(RunError) { count = 0 }

  func finding(_ finding: Finding) throws(RunError) {
    count += 1
    let location = finding.location
    stores[location.table.map { "table \($0)" } ?? FindingTally.residue, default: 0] += 1
    guard let table = location.table, let column = location.field else { return }
    let place = Place(table: table, column: column)
    var found = evidence[place] ?? Proposal.Evidence(table: table, column: column)
    switch finding.kind {
    case .pan: found.numbers += 1
    case .cvv: found.codes += 1
    default: found.others += 1
    }
    evidence[place] = found
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    profiles += coverage.columns
    missed += coverage.notExamined.map(\.place)
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) { self.summary = summary }

  /// Columns with findings, in a stable order.
  var columns: [Proposal.Evidence] {
    evidence.values.sorted { ($0.table, $0.column) < ($1.table, $1.column) }
  }

  var storeCounts: [MigrationPlan.StoreCount] {
    stores.sorted { $0.key < $1.key }.map { .init(store: $0.key, count: $0.value) }
  }

  var isComplete: Bool { summary?.complete ?? false }

  /// Fails for a scan that was stopped.
  func requireEnd() throws(RunError) {
    if Interruption.requested != nil {
      throw Diagnostics.runError(MigrationError(.interrupted, ""))
    }
  }
}
