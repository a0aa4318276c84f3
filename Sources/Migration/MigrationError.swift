/// Why a migration cannot start or go on. Words and advice are made by the command line.
package struct MigrationError: Error, Sendable, Equatable {
  package var code: Code
  /// What it is about: a file, a table, a column. Never a value.
  package var subject: String
  /// The cause in the words of whoever noticed it, without values.
  package var cause: String?
  package var line: Int?
  /// How many rows or records it is about.
  package var count: Int?

  package init(
    _ code: Code, _ subject: String, cause: String? = nil, line: Int? = nil, count: Int? = nil
  ) {
    self.code = code
    self.subject = subject
    self.cause = cause
    self.line = line
    self.count = count
  }

  /// One word for each thing that can be wrong.
  package enum Code: String, Sendable, CaseIterable {
    // The configuration.
    case configUnreadable, configSyntax, configValue, configExists
    case exceptionsUnreadable, exceptionsLine
    // The target.
    case targetUnsupported, targetUnclear, targetMissing, notADatabase, cutShort, readOnly,
      lockedByOther, busy, diskFull
    case unfinishedTransaction
    case notConnected, notPermitted, textInvalid, noTransactions, connectionLost, databaseFailed,
      rejected
    // Its schema and rows.
    case tableMissing, columnMissing, noCardTable, noStripeCustomers, keyIsNumber, keyOfManyColumns
    case keyNotUnique, keyNull, columnTooShort, columnNotWritable, cannotBeNull, maskedTwice
    case actionOfType, triggersPresent, rehearsalFailed, nameHoldsNumber
    // The plan.
    case planUnreadable, planChanged, configChanged, exceptionsChanged, mappingChanged
    case schemaChanged, confirmMismatch
    // The state of things.
    case incompleteLinking, unlinkedRow, changedAfterLink, rowsChanged, scrubBegun
    case rollbackBegun, otherPlan, nothingWritten, notReadBack
    // Intake.
    case encryptionMissing, encryptionFailed
    case recipientUnclear, recipientUnknown, recipientUnusable
    // The ledger.
    case ledgerUnusable, ledgerDamaged, ledgerOfOther
    case interrupted
  }
}
