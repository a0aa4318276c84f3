import Core
import Native

extension Ledger {
  /// Checks that a ledger tells of the plan that was linked in a database, if one was.
  /// - Throws: `.ledgerOfOther` when it does not, or is not there; what `read` throws.
  package static func check(
    _ path: String, knowsPlanOf target: String
  ) throws(MigrationError) {
    try check(path, knowsPlanOf: openMigrationDatabase(target))
  }

  static func check(
    _ path: String, knowsPlanOf database: any MigrationDatabase
  ) throws(MigrationError) {
    guard let plan = try planLinked(in: database) else { return }
    var isKnown = false
    if FileStatus.ofRegularFile(ForeignBytes.bytes(of: path)) != nil {
      try read(path) { isKnown = isKnown || Detail.read($0.detail)?.plan == plan }
    }
    if !isKnown { throw MigrationError(.ledgerOfOther, path) }
  }

  private static func planLinked(
    in database: any MigrationDatabase
  ) throws(MigrationError) -> String? {
    guard MigrationState.exists(in: try database.schema()) else { return nil }
    let (phase, plan) = try MigrationState(database).current()
    return phase == .none ? nil : plan
  }
}
