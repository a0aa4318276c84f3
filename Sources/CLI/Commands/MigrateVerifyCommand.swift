import Core
import Migration
import Stripe

/// `unpan migrate verify`
struct MigrateVerifyCommand {
  static let command = Command(
    name: "migrate verify",
    summary: "Scan again and prove that every record is linked or excepted.",
    operands: "",
    operandKind: .none,
    about: [
      "Reads the database again as `unpan verify` does and judges it by the target-state policy, "
        + "compares every record with the mapping file, checks the ledger, and reports before and "
        + "after. Exits with 0 only when every column passes and legacy records = linked + excepted + "
        + "customers without a card, who need no id. With --previous it tells what is gone.",
      "With a key to Stripe, from STRIPE_API_KEY or --key-file, every linked record is also held "
        + "against what Stripe says today, as `unpan stripe check` does; what differs is in the "
        + "report and fails it. Reads only. What was read is kept in the state file, so a run that "
        + "was stopped goes on.",
    ],
    examples: [
      .init(
        line: "unpan migrate verify --config unpan-migration.json5 --report reports",
        meaning: "with everything an assessor needs in a new directory"),
      .init(
        line: "unpan migrate verify --config unpan-migration.json5 --key-file stripe.key",
        meaning: "and ask Stripe about every record"),
    ],
    flags: [
      Flags.config, VerifyCommand.policy, Flags.previous, Flags.inventory, Flags.report,
      Flags.reportHost, Flags.format, Flags.output, Flags.ledger,
      Flags.mask, Flags.threads, Flags.quiet, Flags.noProgress, Flags.color,
      StripeFlags.state,
    ] + StripeFlags.connection + [Flags.help]
  ) { try MigrateVerifyCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let migrate = try MigrateTool(tool, arguments, "migrate verify")
    try migrate.takeNoOperands()
    let path = try migrate.need(
      Flags.config, "unpan migrate verify --config unpan-migration.json5 --report reports")
    return try MigrateTool.worded {
      let config = try MigrationConfig.load(path)
      try migrate.checkLedger(of: config.target)
      let ledger = try migrate.openLedger()
      let code = try migrate.logged(ledger, target: config.target) {
        try verify(config, migrate)
      } end: { code in
        var detail = Ledger.Detail()
        detail.outcome = code == 0 ? "verified" : "NOT verified (\(code))"
        return detail
      }
      return code
    }
  }

  private func verify(_ config: MigrationConfig, _ migrate: MigrateTool) throws -> Int32 {
    let arguments = migrate.arguments
    let policy = try ChosenPolicy(arguments, tool)
    var report = try Reconciliation(config, migrate).report
    report.stripe = try StripeQuestion(tool, arguments).answer(config)
    var scan = arguments
    scan.operands = [config.target]
    var tool = tool
    let engine = ReconcilingEngine(tool.engine, report)
    tool.engine = engine
    let code = try ScanCommand(tool: tool).run(
      scan, command: "migrate verify", settings: [policy.setting], policy: policy.bytes
    ) { PolicyWriter($0, policy.judge) }
    let final = engine.report
    if !migrate.arguments.has(Flags.quiet) {
      tool.console.tell([
        "unpan: \(final.legacyRecords) legacy records = \(final.linked) linked + "
          + "\(final.excepted) excepted"
          + (final.withoutCard.map { " + \(Plural.text($0, "customer")) without a card" } ?? "")
          + (final.openCount > 0 ? " + \(final.openCount) OPEN" : "")
          + "; \(final.isReconciled ? "reconciled" : "NOT reconciled")"
      ])
    }
    return code
  }

}

/// Asks Stripe about the linked records when there is a key.
private struct StripeQuestion {
  private let tool: CommandLineTool
  private let arguments: ParsedArguments

  init(_ tool: CommandLineTool, _ arguments: ParsedArguments) {
    self.tool = tool
    self.arguments = arguments
  }

  /// - Returns: `nil` without a key.
  func answer(_ config: MigrationConfig) throws -> MigrationReport.StripeCheck? {
    let hasFile = arguments.has(StripeFlags.keyFile)
    let variable = tool.console.variable("STRIPE_API_KEY") ?? ""
    guard hasFile || !variable.isEmpty else { return nil }
    if config.customers == nil, !hasFile {
      tool.console.tell([
        "unpan: Stripe was not asked: the configuration names no table with the customers' ids"
      ])
      return nil
    }
    let stripe = try StripeTool(tool, arguments, "migrate verify")
    return try StripeTool.worded {
      let state = try stripe.openState(isDurable: false)
      let asked = try stripe.check(state, startsAnew: false)
      var check = MigrationReport.StripeCheck(account: asked.account, mode: asked.mode.rawValue)
      let sums = try CheckTable(output: nil, format: "") { record, problems in
        guard check.listed.count < MigrationReport.openMax else { return }
        check.listed.append(
          .init(
            customer: record.customer, paymentMethod: record.paymentMethod,
            problems: problems.map(\.rawValue)))
      }.write(state)
      check.records = sums.records
      check.withProblems = sums.withProblems
      check.notExamined = sums.unexamined
      for problem in CardProblem.allCases {
        if let count = sums.byProblem[problem] {
          check.problems.append(.init(name: problem.rawValue, count: count))
        }
      }
      return check
    }
  }
}

/// Adds the records up.
private struct Reconciliation {
  private(set) var report: MigrationReport

  init(_ config: MigrationConfig, _ migrate: MigrateTool) throws {
    var before: [MigrationPlan.StoreCount] = []
    var digest = ""
    var planned: [MigrationPlan.StoreCount] = []
    // Reading checks the chain as well.
    try Ledger.read(migrate.arguments.value(Flags.ledger) ?? MigrateTool.ledgerDefault) { entry in
      guard entry.event == "end", let detail = Ledger.Detail.read(entry.detail),
        let found = detail.findingsBefore, let plan = detail.plan
      else { return }
      // A plan made half-way knows only what was left then.
      if before.isEmpty || found.map(\.count).reduce(0, +) > before.map(\.count).reduce(0, +) {
        before = found
      }
      digest = plan
      planned = detail.records ?? []
    }
    report = MigrationReport(plan: digest)
    report.stores = before.map { .init(name: $0.store, before: $0.count, after: nil) }
    let match = try Match(
      config, detector: Wiring.detector(), month: migrate.month.value)
    var open: [MigrationReport.OpenException] = []
    let counts = try match.run(listsOpen: true) { record in
      guard open.count < MigrationReport.openMax else { return }
      open.append(
        .init(
          record: "\(record.table ?? "") \(record.key ?? "")", state: record.status.rawValue,
          reason: record.reason.rawValue))
    }
    let tallies = [counts.cards, counts.customers]
    report.legacyRecords = tallies.map(\.total).reduce(0, +)
    let needless = tallies.map(\.needless).reduce(0, +)
    report.withoutCard = needless > 0 ? needless : nil
    report.linked = tallies.map(\.linked).reduce(0, +)
    report.excepted = tallies.map(\.excepted).reduce(0, +)
    for status in MatchStatus.allCases {
      let count = tallies.map { $0.count(status) }.reduce(0, +)
      if count > 0 { report.states.append(.init(name: status.rawValue, count: count)) }
    }
    report.open = open
    report.openCount = tallies.map(\.open).reduce(0, +)
    // Nobody can tell of a row that is not there whether it was linked.
    for (table, now) in zip(planned, counts.records(config)) where table.count > now.count {
      let gone = table.count - now.count
      report.legacyRecords += gone
      report.openCount += gone
      report.open += repeatElement(
        .init(
          record: "\(table.store) (a record of the plan)", state: "gone",
          reason: MatchReason.notInDatabase.rawValue),
        count: min(gone, MigrationReport.openMax))
    }
    report.open = Array(report.open.prefix(MigrationReport.openMax))
  }
}

/// Puts a migration's sums into the report of a scan.
private final class ReconcilingEngine: ScanEngine, @unchecked Sendable {
  // Unchecked because the compiler cannot see that the engine is used by the thread that made it:
  // writers are called by one thread at a time, and `report` is read after `run` returned.
  private let base: any ScanEngine
  fileprivate(set) var report: MigrationReport

  init(_ base: any ScanEngine, _ report: MigrationReport) {
    self.base = base
    self.report = report
  }

  func run(
    _ request: ScanRequest, writer: any ReportWriter, progress: ProgressCounters
  ) throws(RunError) {
    try base.run(request, writer: Sums(writer, self), progress: progress)
  }

  private final class Sums: ReportWriter {
    private let next: any ReportWriter
    private let engine: ReconcilingEngine
    private let tally = FindingTally()

    init(_ next: any ReportWriter, _ engine: ReconcilingEngine) {
      self.next = next
      self.engine = engine
    }

    func begin(_ run: RunInfo) throws(RunError) { try next.begin(run) }

    func finding(_ finding: Finding) throws(RunError) {
      try tally.finding(finding)
      try next.finding(finding)
    }

    func coverage(_ coverage: Coverage) throws(RunError) { try next.coverage(coverage) }

    func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
      var stores = engine.report.stores
      for index in stores.indices { stores[index].after = tally.stores[stores[index].name] ?? 0 }
      for (name, count) in tally.stores.sorted(by: { $0.key < $1.key })
      where !stores.contains(where: { $0.name == name }) {
        stores.append(.init(name: name, before: 0, after: count))
      }
      engine.report.stores = stores
      var summary = summary
      summary.migration = engine.report
      try next.end(summary, run)
    }
  }
}
