/// What a database server, or the library that talks to it, refused.
///
/// The message is the server's and may quote stored values (a key, a malformed number): it is for
/// telling causes apart, never for output, except for a connection that was not made.
package struct ServerError: Error, Sendable, Hashable {
  /// The five characters of the SQL standard; empty when the library itself failed.
  package var sqlState: String
  /// The error number of MySQL and MariaDB; 0 elsewhere.
  package var number: Int
  package var message: String
  /// The connection is gone; another one may work.
  package var isConnectionLost: Bool

  package init(
    sqlState: String = "", number: Int = 0, message: String = "", isConnectionLost: Bool = false
  ) {
    self.sqlState = sqlState
    self.number = number
    self.message = message
    self.isConnectionLost = isConnectionLost
  }

  /// The code as manuals list it, for example `SQLSTATE 42501` or `error 1142`; empty when there is
  /// none.
  package var code: String {
    if number != 0 { return "error \(number)" }
    return sqlState.isEmpty ? "" : "SQLSTATE \(sqlState)"
  }
}

/// A value of a parameter.
package enum ServerValue: Sendable, Hashable {
  case null
  case integer(Int64)
  case text(String)
  /// A text in the connection's encoding, whatever its bytes are.
  case rawText([UInt8])
  case bytes([UInt8])
}

/// A row as the server sent it, values as text (bytes as they are in MySQL). Only valid inside the
/// call that passes it.
package struct ServerRow {
  private let values: UnsafePointer<UnsafeMutablePointer<CChar>?>
  private let lengths: UnsafePointer<UInt>
  package let count: Int

  init(
    values: UnsafePointer<UnsafeMutablePointer<CChar>?>, lengths: UnsafePointer<UInt>, count: Int
  ) {
    self.values = values
    self.lengths = lengths
    self.count = count
  }

  /// The value's bytes; `nil` for NULL.
  @inline(__always)
  package subscript(index: Int) -> UnsafeRawBufferPointer? {
    guard let value = values[index] else { return nil }
    return UnsafeRawBufferPointer(start: value, count: Int(lengths[index]))
  }

  /// The value as text, bytes that are not UTF-8 repaired; `nil` for NULL.
  package func text(_ index: Int) -> String? {
    self[index].map { String(decoding: $0, as: UTF8.self) }
  }

  package func integer(_ index: Int) -> Int64? { text(index).flatMap { Int64($0) } }
}

/// A connection to a database server, for statements with parameters and rows one by one.
///
/// Used by one thread at a time, and for one statement at a time: inside `query`'s body the
/// connection is busy. Example:
///
///     let sql = "UPDATE cards SET number = \(c.placeholder(1)) WHERE id = \(c.placeholder(2))"
///     try c.transaction { () throws(ServerError) in
///       try c.execute(sql, [.text("pm_1"), .integer(7)])
///     }
package protocol ServerConnection: AnyObject {
  /// Whether it was alive when it was last used.
  var isAlive: Bool { get }
  /// Runs one statement.
  /// - Returns: rows changed, or selected.
  @discardableResult
  func execute(_ sql: String, _ parameters: [ServerValue]) throws(ServerError) -> Int
  /// Hands over the rows of one statement as they come, until `body` returns false.
  func query(
    _ sql: String, _ parameters: [ServerValue], _ body: (ServerRow) -> Bool
  ) throws(ServerError)
  /// How a parameter is spelled in a statement, counted from 1.
  func placeholder(_ number: Int) -> String
  /// A name (of a table, a column) as a statement has it.
  func quoted(_ name: String) -> String
}

extension ServerConnection {
  @discardableResult
  package func execute(_ sql: String) throws(ServerError) -> Int { try execute(sql, []) }

  package func query(_ sql: String, _ body: (ServerRow) -> Bool) throws(ServerError) {
    try query(sql, [], body)
  }

  /// All rows of a small result, as text.
  package func rows(
    _ sql: String, _ parameters: [ServerValue] = []
  ) throws(ServerError) -> [[String?]] {
    var rows: [[String?]] = []
    try query(sql, parameters) { row in
      rows.append((0..<row.count).map { row.text($0) })
      return true
    }
    return rows
  }

  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
  package func transaction<R>(_ body: () throws(ServerError) -> R) throws(ServerError) -> R {
    try execute("BEGIN")
    do throws(ServerError) {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // What was wrong first is what the caller needs; a connection that is gone rolls back itself.
      if isAlive {
        do throws(ServerError) { try execute("ROLLBACK") } catch let second {
          throw second.isConnectionLost ? second : error
        }
      }
      throw error
    }
  }
}
