import Core
import Inputs
import Native

/// A row of a server's table. Values come as text; what they are is known from the columns.
struct ServerLegacyRow: LegacyRow {
  let row: ServerRow
  /// Of the key, then of the query's columns.
  let kinds: [Kind]

  /// How a value is read and written.
  enum Kind: Sendable, Equatable {
    case text, integer
    /// A decimal fraction: a whole one is read with digits alone.
    case number
    /// The same of a binary one, which keeps so many bits of a number.
    case fraction(bits: Int)
    /// The bytes of a number, the highest first.
    case bits
    /// Bytes that come as `\x` and hexadecimal digits.
    case hexBytes
    /// Bytes that come as they are.
    case bytes
  }

  var key: SQLValue { value(at: 0) }
  func value(_ index: Int) -> SQLValue { value(at: index + 1) }

  func withText<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R? {
    guard let bytes = row[index + 1] else { return nil }
    switch kinds[index + 1] {
    case .text, .integer, .bytes: return body(bytes)
    case .number, .fraction:
      return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) {
        body(ServerColumn.wholeNumber(bytes, $0))
      }
    case .bits:
      return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) {
        body(ServerColumn.number(ofBits: bytes, $0))
      }
    case .hexBytes:
      return withUnsafeTemporaryAllocation(byteCount: max(1, bytes.count), alignment: 8) { copy in
        let copy = UnsafeMutableRawBufferPointer(rebasing: copy[..<bytes.count])
        copy.copyMemory(from: bytes)
        defer { for index in copy.indices { copy[index] = 0 } }
        return body(ServerColumn.decodeHex(copy))
      }
    }
  }

  func isRounded(_ index: Int) -> Bool {
    guard case .fraction(let bits) = kinds[index + 1], let bytes = row[index + 1],
      let number = Double(String(decoding: bytes, as: UTF8.self))
    else { return false }
    return number.magnitude > Double(1 << bits)
  }

  private func value(at index: Int) -> SQLValue {
    guard let bytes = row[index] else { return .null }
    switch kinds[index] {
    case .text, .number, .fraction: return .text(Array(bytes))
    case .integer:
      return Int64(String(decoding: bytes, as: UTF8.self)).map { .integer($0) }
        ?? .text(Array(bytes))
    case .bytes, .bits: return .blob(Array(bytes))
    case .hexBytes: return .blob(withText(index - 1) { Array($0) } ?? [])
    }
  }
}

/// What a server refused, as a migration tells it. A server's own words may quote values, so only its
/// code is passed on, and its words where they name nothing but the schema.
enum ServerMigrationTrouble {
  /// What is wrong with a URL, or missing on this machine.
  static func error(_ error: RunError, at place: String) -> MigrationError {
    let hint = error.hint ?? ""
    return error.code == .usage
      ? MigrationError(.targetUnclear, place, cause: "\(error.message). \(hint)")
      : MigrationError(.notConnected, place, cause: "\(error.subject): \(error.message); \(hint)")
  }

  static func error(_ error: ServerError, at subject: String) -> MigrationError {
    let code: MigrationError.Code =
      switch (error.sqlState, error.number) {
      case _ where error.isConnectionLost: .connectionLost
      case ("25006", _), (_, 1290), (_, 1792), (_, 1836): .readOnly
      case ("53100", _), (_, 1021), (_, 1114), (_, 1041): .diskFull
      case ("40001", _), ("40P01", _), ("55P03", _), ("57014", _), ("53200", _), (_, 1205),
        (_, 1213), (_, 1020), (_, 1969), (_, 3024):
        .busy
      case ("42501", _), (_, 1044), (_, 1142), (_, 1143), (_, 1227), (_, 1370), (_, 1419):
        .notPermitted
      case ("22021", _), ("22P05", _), (_, 1366), (_, 3988): .textInvalid
      case _ where isConstraint(error) || error.sqlState == "22001": .rejected
      default: .databaseFailed
      }
    let cause = cause(error)
    return MigrationError(code, subject, cause: cause.isEmpty ? nil : cause)
  }

  /// Whether a statement itself is wrong for this schema, rather than this moment.
  static func isOfStatement(_ error: ServerError) -> Bool {
    switch self.error(error, at: "").code {
    case .rejected, .databaseFailed: true
    default: false
    }
  }

  private static func isConstraint(_ error: ServerError) -> Bool {
    if error.number != 0 {
      return [
        1048, 1062, 1169, 1216, 1217, 1263, 1264, 1265, 1364, 1406, 1451, 1452, 3819, 4025, 1364,
      ].contains(error.number)
    }
    return error.sqlState.hasPrefix("23")
  }

  /// Of a statement that is tried: one that defines something meets no values, so a server's words
  /// about it quote none.
  static func cause(_ error: ServerError, of sql: String) -> String {
    ["ALTER ", "CREATE ", "DROP "].contains { sql.hasPrefix($0) }
      ? "\(NumberGuard.masked(error.message)) (\(error.code))" : cause(error)
  }

  static func cause(_ error: ServerError) -> String {
    if error.sqlState == "22001" || error.number == 1406 {
      return "a value is too long for its column (\(error.code))"
    }
    // These name tables, columns and constraints and nothing else.
    let isSafe =
      ["23502", "23503", "23505", "23514", "2BP01", "42P16", "42703", "42P01"]
      .contains(error.sqlState) && error.number == 0
      || [1048, 1054, 1091, 1146, 1451, 1553, 1828, 1829, 3819, 3959, 4025].contains(error.number)
    return isSafe ? "\(error.message) (\(error.code))" : error.code
  }
}
