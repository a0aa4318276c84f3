import Core
import Detection
import Native
import Rules
import Stripe

/// Reads a shop's cards for Stripe's import. Rows hold full numbers: they go to the caller piece by
/// piece, are overwritten after, and are nowhere else.
package final class Intake {
  private let config: MigrationConfig
  private let database: any MigrationDatabase
  private let schema: DatabaseSchema
  private let detector: Detector
  private let ids: StripeIds

  /// What became of the rows.
  package struct Outcome: Sendable, Equatable {
    package var rows = 0
    package var rejects = 0

    /// Rows that are in the file.
    package var written: Int { rows - rejects }
  }

  /// A row that is not in the file; holds no value but its key.
  package struct Reject: Sendable, Equatable {
    package var table: String
    /// As shown: escaped, a card number masked.
    package var key: String
    package var column: String
    package var reason: ImportFile.Reject.Reason
  }

  /// How much is handed over at once.
  private static let pieceBytes = 32 << 10

  /// - Throws: `MigrationError` when a table or column of the configuration is missing.
  package init(_ config: MigrationConfig, detector: Detector) throws(MigrationError) {
    self.config = config
    self.detector = detector
    database = try openMigrationDatabase(config.target)
    schema = try database.schema().withPlainNames()
    ids = StripeIds(detector.rules.stripeIDs)
    _ = try SchemaCheck(config, schema, database).cardTable()
  }

  /// The file that Stripe's import takes, as CSV.
  /// - Parameters:
  ///   - write: gets pieces of the file, which are overwritten after.
  ///   - reject: gets each row that is left out.
  package func writeCards(
    _ write: (UnsafeRawBufferPointer) throws -> Void, reject: (Reject) throws -> Void
  ) throws -> Outcome {
    let source = try IntakeSource(config, schema, database, detector)
    guard let file = ImportFile(source.columns, ids: ids) else {
      throw MigrationError(.noCardTable, config.cards.table, cause: "number or expiry")
    }
    var outcome = Outcome()
    var piece = Piece(Intake.pieceBytes)
    defer { piece.wipe() }
    file.appendHeader(to: &piece.bytes)
    var failure: (any Error)?
    try database.read(source.query) { (row) throws(MigrationError) in
      try Match.stopIfAsked()
      outcome.rows += 1
      var record = try source.record(row)
      defer { IntakeSource.wipe(&record.values) }
      do {
        do throws(ImportFile.Reject) {
          if let reject = record.reject { throw reject }
          try file.appendRow(record.values, to: &piece.bytes)
        } catch {
          outcome.rejects += 1
          try reject(rejected(config.cards.table, row.key, error))
        }
        if piece.isFull { try piece.empty(write) }
      } catch {
        failure = error
      }
      return failure == nil
    }
    if let failure { throw failure }
    try piece.empty(write)
    return outcome
  }

  /// The list that tells Stripe which of its customers the cards belong to: no card data.
  /// - Throws: `.noStripeCustomers` when the shop has no column with Stripe's ids.
  package func writeCustomers(
    _ write: (UnsafeRawBufferPointer) throws -> Void, reject: (Reject) throws -> Void
  ) throws -> Outcome {
    guard let customers = config.customers, let table = schema.table(customers.table),
      table.column(customers.stripeCustomer) != nil
    else {
      throw MigrationError(
        .noStripeCustomers,
        config.customers.map { "\($0.table).\($0.stripeCustomer)" } ?? "customers.stripeCustomer")
    }
    let query = RowQuery(
      table: customers.table, key: customers.key, columns: [customers.stripeCustomer])
    let file = CustomerListFile(ids: ids)
    var outcome = Outcome()
    var piece = Piece(Intake.pieceBytes)
    file.appendHeader(to: &piece.bytes)
    var failure: (any Error)?
    try database.read(query) { (row) throws(MigrationError) in
      try Match.stopIfAsked()
      let id = row.value(0).keyBytes ?? []
      // A customer that Stripe does not have yet is made by the import.
      if id.isEmpty { return true }
      outcome.rows += 1
      let key = row.key.keyBytes ?? []
      do {
        do throws(ImportFile.Reject) {
          if looksLikeCard(key) {
            throw ImportFile.Reject(column: .oldCustomer, reason: .cardNumber)
          }
          try file.appendRow(oldCustomer: key, customer: id, to: &piece.bytes)
        } catch {
          outcome.rejects += 1
          try reject(rejected(customers.table, row.key, error))
        }
        if piece.isFull { try piece.empty(write) }
      } catch {
        failure = error
      }
      return failure == nil
    }
    if let failure { throw failure }
    try piece.empty(write)
    return outcome
  }

  /// The list goes in clear, so it must not hold a number that somebody made a key.
  private func looksLikeCard(_ key: [UInt8]) -> Bool {
    if config.mapping.longNumericKeys ?? false { return false }
    return key.withUnsafeBytes { detector.summary(of: $0) } != nil
  }

  private func rejected(_ table: String, _ key: SQLValue, _ cause: ImportFile.Reject) -> Reject {
    Reject(
      table: table, key: key.shown, column: cause.column.rawValue, reason: cause.reason)
  }
}

/// Bytes on their way out, overwritten when they are gone.
private struct Piece {
  var bytes: [UInt8] = []
  private let limit: Int

  init(_ limit: Int) {
    self.limit = limit
    // Room for the longest row: growing would leave a copy behind.
    bytes.reserveCapacity(limit + (64 << 10))
  }

  var isFull: Bool { bytes.count >= limit }

  mutating func empty(_ write: (UnsafeRawBufferPointer) throws -> Void) throws {
    defer { wipe() }
    try bytes.withUnsafeBytes { if !$0.isEmpty { try write($0) } }
  }

  mutating func wipe() {
    _ = bytes.withUnsafeMutableBytes { $0.initializeMemory(as: UInt8.self, repeating: 0) }
    bytes.removeAll(keepingCapacity: true)
  }
}
