import Core
import Detection
import Native
import Stripe

/// Carries out a plan: what link, scrub and rollback share.
package final class MigrationRun {
  package let plan: MigrationPlan
  let database: any MigrationDatabase
  let schema: DatabaseSchema
  let state: MigrationState
  let detector: Detector
  let exceptions: Exceptions
  let triggers: [DatabaseSchema.Trigger]
  private(set) var ledger: Ledger?
  /// How far each step has come, as far as it is written.
  private var marks: [String: MigrationState.Mark] = [:]
  /// Gets rows done so far in a step.
  package var progress: (_ step: String, _ rows: Int) -> Void = { _, _ in }

  /// Checks that everything is as it was when the plan was made.
  /// - Parameters:
  ///   - writes: whether something is to be changed; keeps other runs out.
  ///   - isRollback: undoes what was written, whatever changed since.
  /// - Throws: `MigrationError` with what changed.
  package convenience init(
    _ plan: MigrationPlan, detector: Detector, writes: Bool, isRollback: Bool = false
  ) throws(MigrationError) {
    let database = try openMigrationDatabase(plan.config.target, forWriting: writes)
    try self.init(plan, detector, database, isRollback: isRollback)
  }

  init(
    _ plan: MigrationPlan, _ detector: Detector, _ database: any MigrationDatabase,
    isRollback: Bool = false
  ) throws(MigrationError) {
    self.plan = plan
    self.detector = detector
    exceptions = isRollback ? Exceptions() : try Exceptions(plan.config)
    self.database = database
    schema = try database.schema()
    state = MigrationState(database)
    triggers = schema.triggers.filter { plan.suspendedTriggers.contains($0.name) }
    if !isRollback { try checkNothingChanged() }
  }

  private func checkNothingChanged() throws(MigrationError) {
    let path = plan.configFile.path
    if let hash = try MigrationRun.hashIfThere(path), hash != plan.configFile.sha256 {
      throw MigrationError(.configChanged, path)
    }
    if exceptions.fileSHA256 != plan.exceptionsSHA256 {
      throw MigrationError(.exceptionsChanged, plan.config.exceptionsFile ?? "")
    }
    guard try SchemaDigest.of(schema, plan.config) == plan.schemaSHA256 else {
      throw MigrationError(.schemaChanged, database.place)
    }
  }

  /// What the target is called, without secrets.
  package var place: String { database.place }

  /// Whether the mapping file is the one that was planned with.
  func checkMapping() throws(MigrationError) {
    let hash = try MigrationRun.hashIfThere(plan.mapping.path)
    guard hash == plan.mapping.sha256 else {
      throw MigrationError(.mappingChanged, plan.mapping.path)
    }
  }

  private static func hashIfThere(_ path: String) throws(MigrationError) -> String? {
    let resolved: [UInt8]
    do throws(SystemError) {
      resolved = try resolvedPath(ForeignBytes.bytes(of: path))
    } catch .notFound {
      return nil
    } catch {
      throw MigrationError(.configUnreadable, path, cause: error.text)
    }
    do throws(RunError) {
      return try LibCrypto().sha256(ofFile: String(decoding: resolved, as: UTF8.self)).hash
    } catch {
      throw MigrationError(.configUnreadable, path, cause: error.message)
    }
  }

  /// Checks that the ledger is that of what was linked. By this connection: one that only reads cannot
  /// undo a transaction that was cut short, and another one of this process could drop the lock.
  package func checkLedger(_ path: String) throws(MigrationError) {
    try Ledger.check(path, knowsPlanOf: database)
  }

  /// Phase and plan as the database has them.
  func phase() throws(MigrationError) -> (phase: MigrationState.Phase, plan: String) {
    let schema = try database.schema()
    return MigrationState.exists(in: schema) ? try state.current() : (.none, "")
  }

  // MARK: - Writing

  /// Tells the ledger that something begins.
  func begin(_ command: String, ledger: Ledger) throws(MigrationError) {
    self.ledger = ledger
    var detail = Ledger.Detail()
    detail.command = command
    detail.plan = plan.digest
    detail.target = database.place
    try ledger.append("begin", detail)
  }

  /// Runs a command between its first line in the ledger and its last, which tells an error too.
  /// - Parameter rows: what of a step's mark the command counts.
  func logged<R>(
    _ command: String, _ ledger: Ledger,
    counting rows: KeyPath<MigrationState.Mark, Int> = \.linked,
    _ body: () throws -> R
  ) throws -> R {
    try begin(command, ledger: ledger)
    do {
      return try body()
    } catch {
      let done = marks.values.map { $0[keyPath: rows] }.reduce(0, +)
      try end(command, rows: done, MigrationRun.outcome(of: error))
      throw error
    }
  }

  /// What the ledger says of a command that did not come to its end; never what the error quotes.
  package static func outcome(of error: any Error) -> String {
    "stopped: \((error as? MigrationError)?.code.rawValue ?? "failed")"
  }

  /// Tells the ledger how a command ended.
  func end(_ command: String, rows: Int, _ outcome: String) throws(MigrationError) {
    var detail = Ledger.Detail()
    detail.command = command
    detail.plan = plan.digest
    detail.rows = rows
    detail.outcome = outcome
    try ledger?.append("end", detail)
  }

  /// One line about something other than a batch.
  func note(_ event: String, step: String, outcome: String? = nil) throws(MigrationError) {
    var detail = Ledger.Detail()
    detail.plan = plan.digest
    detail.step = step
    detail.outcome = outcome
    try ledger?.append(event, detail)
  }

  /// Runs a step's rows batch by batch, each with its mark in one transaction of the target.
  ///
  /// - Parameter body: handles the rows behind `after` and returns the mark that stands for them. Runs
  ///   in the transaction; triggers are suspended.
  /// - Returns: the last mark.
  func batches(
    _ step: String,
    _ body: (_ from: MigrationState.Mark) throws(MigrationError) -> MigrationState.Mark
  ) throws(MigrationError) -> MigrationState.Mark {
    var mark = try state.mark(step) ?? MigrationState.Mark()
    marks[step] = mark
    var number = 0
    let suspension = triggers.isEmpty ? nil : database.suspension(of: triggers)
    while !mark.isDone {
      try Match.stopIfAsked()
      number += 1
      var detail = Ledger.Detail()
      detail.plan = plan.digest
      detail.step = step
      detail.batch = number
      detail.after = mark.position?.shown
      detail.rows = mark.rows
      detail.changed = mark.linked
      try ledger?.append("batch", detail)
      var next = mark
      try database.transaction { () throws(MigrationError) in
        for sql in suspension?.before ?? [] { try database.execute(sql) }
        next = try body(mark)
        // A key may hold what is scrubbed from it, and nobody goes on from here.
        if next.isDone { next.position = nil }
        try state.set(step, next, plan: plan.digest)
        for sql in suspension?.after ?? [] { try database.execute(sql) }
      }
      guard try state.mark(step) == next else { throw MigrationError(.notReadBack, step) }
      mark = next
      marks[step] = mark
      progress(step, mark.rows)
    }
    return mark
  }

  var batchRows: Int { plan.config.link.batchRows ?? MigrationConfig.Link.batchRowsDefault }
}
