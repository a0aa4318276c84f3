import Detection

/// Finds out which action a column takes before one is proposed.
struct ScrubTrial {
  private let config: MigrationConfig
  private let schema: DatabaseSchema
  private let database: any MigrationDatabase
  private let detector: Detector?
  /// Whether statements are tried as well: not where that means the tables themselves, nor where the
  /// schema cannot be made anew.
  let rehearses: Bool

  init(
    _ config: MigrationConfig, _ schema: DatabaseSchema, _ database: any MigrationDatabase,
    _ detector: Detector?
  ) throws(MigrationError) {
    self.detector = detector
    self.config = config
    self.schema = schema
    self.database = database
    var canRehearse = database.rehearsesOnCopy
    if canRehearse {
      do throws(MigrationError) {
        try database.rehearse([], rowsOf: [])
      } catch  where error.code == .rehearsalFailed {
        canRehearse = false
      }
    }
    rehearses = canRehearse
  }

  /// The first action that the column takes, or why it takes none of them.
  func first(
    of actions: [MigrationConfig.Action], for table: DatabaseSchema.Table,
    _ column: DatabaseSchema.Column
  ) throws(MigrationError) -> Result<MigrationConfig.Action, MigrationError> {
    var refusal: MigrationError?
    for action in actions {
      let error = try self.refusal(
        MigrationConfig.Scrub(table: table.name, column: column.name, action: action))
      guard let error else { return .success(action) }
      // What a constraint says tells more than that it is there.
      if refusal?.cause == nil { refusal = error.cause == nil ? refusal ?? error : error }
    }
    return .failure(refusal ?? MigrationError(.columnNotWritable, table.name))
  }

  private func refusal(_ item: MigrationConfig.Scrub) throws(MigrationError) -> MigrationError? {
    var trial = config
    trial.scrub = [item]
    trial.triggers = .suspend
    do throws(MigrationError) {
      try SchemaCheck(trial, schema, database).scrubs()
      let steps = PlanSteps(trial, schema, database, detector)
      if item.action != .drop { _ = try steps.key(of: item.table) }
      try steps.checkRemainders()
      if rehearses { try steps.rehearse() }
      return nil
    } catch {
      switch error.code {
      case .cannotBeNull, .maskedTwice, .actionOfType, .columnNotWritable, .keyOfManyColumns,
        .rehearsalFailed:
        return error
      default: throw error
      }
    }
  }
}
