@testable import Migration

/// A database whose n-th change fails, as on a full disk; everything after it fails too, as after a
/// lost connection.
final class FailingDatabase: MigrationDatabase {
  private let base: any MigrationDatabase
  private var left: Int
  /// How many changes were asked for.
  private(set) var count = 0

  init(_ base: any MigrationDatabase, failingAt left: Int) {
    self.base = base
    self.left = left
  }

  private func step() throws(MigrationError) {
    count += 1
    left -= 1
    if left <= 0 { throw MigrationError(.diskFull, "test") }
  }

  var kind: String { base.kind }
  var place: String { base.place }
  var cannotClean: [CleaningNote] { base.cannotClean }
  func quoted(_ name: String) -> String { base.quoted(name) }
  func implicitKey(of table: DatabaseSchema.Table) -> String? { base.implicitKey(of: table) }
  func columnType(for purpose: ColumnPurpose) -> String { base.columnType(for: purpose) }
  func nameInSchema(_ scanned: String) -> String { base.nameInSchema(scanned) }
  func dropIndex(_ index: DatabaseSchema.Index, of table: String) -> String? {
    base.dropIndex(index, of: table)
  }
  func trialClause(of table: String) -> String { base.trialClause(of: table) }
  func schema() throws(MigrationError) -> DatabaseSchema { try base.schema() }
  func number(_ sql: String) throws(MigrationError) -> Int { try base.number(sql) }

  func read(
    _ query: RowQuery, _ body: (any LegacyRow) throws(MigrationError) -> Bool
  ) throws(MigrationError) {
    try base.read(query, body)
  }

  func execute(_ sql: String) throws(MigrationError) {
    try step()
    try base.execute(sql)
  }

  func apply(_ update: RowUpdate, _ changes: [RowChange]) throws(MigrationError) -> [Bool] {
    try step()
    return try base.apply(update, changes)
  }

  func copy(_ copy: ColumnCopy) throws(MigrationError) -> Int {
    try step()
    return try base.copy(copy)
  }

  func insert(
    into table: String, _ columns: [String], _ rows: [[SQLValue]]
  ) throws(MigrationError) {
    try step()
    try base.insert(into: table, columns, rows)
  }

  func transaction(_ body: () throws(MigrationError) -> Void) throws(MigrationError) {
    try step()
    try base.transaction(body)
    // The transaction is done, and nobody hears of it.
    try step()
  }

  func suspension(
    of triggers: [DatabaseSchema.Trigger]
  ) -> (before: [String], after: [String])? { base.suspension(of: triggers) }

  func rehearse(_ statements: [String], rowsOf tables: [String]) throws(MigrationError) {
    try base.rehearse(statements, rowsOf: tables)
  }

  func prepareForScrubbing() throws(MigrationError) { try base.prepareForScrubbing() }
  func cleaningStatements(tables: [String]) throws(MigrationError) -> [String] {
    try base.cleaningStatements(tables: tables)
  }

  func cleanFreedSpace(tables: [String]) throws(MigrationError) {
    try step()
    try base.cleanFreedSpace(tables: tables)
  }
}
