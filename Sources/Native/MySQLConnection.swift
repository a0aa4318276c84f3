import Glibc

/// A connection to a MariaDB or MySQL server, closed when it goes.
package final class MySQLConnection: ServerConnection, @unchecked Sendable {
  // Unchecked because the compiler cannot see that one thread uses it at a time: the library allows
  // that any thread does.
  private let handle: OpaquePointer
  private let call: LibMariaDB.Functions
  private var isLost = false
  private static let rowsToEndMax = 10_000

  init(_ handle: OpaquePointer, _ library: LibMariaDB) {
    self.handle = handle
    call = library.call
  }

  deinit { call.close(handle) }

  package var isAlive: Bool { !isLost }

  /// The number by which another connection can end this one (`KILL`).
  package var threadID: Int { Int(call.threadID(handle)) }

  package var isMariaDB: Bool {
    let text = call.serverText(handle).map { String(cString: $0) } ?? ""
    return text.contains("MariaDB")
  }

  package func placeholder(_ number: Int) -> String { "?" }

  package func quoted(_ name: String) -> String { Self.quoted(name) }

  package static func quoted(_ name: String) -> String {
    "`" + name.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``") + "`"
  }

  @discardableResult
  package func execute(_ sql: String, _ parameters: [ServerValue]) throws(ServerError) -> Int {
    try run(sql, parameters) { _ in true }
  }

  package func query(
    _ sql: String, _ parameters: [ServerValue], _ body: (ServerRow) -> Bool
  ) throws(ServerError) {
    _ = try run(sql, parameters, body)
  }

  private func run(
    _ sql: String, _ parameters: [ServerValue], _ body: (ServerRow) -> Bool
  ) throws(ServerError) -> Int {
    guard parameters.isEmpty else {
      let statement = MySQLStatement(handle, call) { number, state, message in
        self.error(number, state, message)
      }
      guard let statement else { throw ServerError(message: "out of memory") }
      return try statement.run(sql, parameters, body)
    }
    let code = sql.utf8CString.withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { call.query(handle, $0, UInt(bytes.count - 1)) }
    }
    guard code == 0 else { throw error() }
    guard let result = call.useResult(handle) else {
      if call.fieldCount(handle) > 0 { throw error() }
      return Int(clamping: call.affected(handle))
    }
    defer { call.free(result) }
    let count = Int(call.columnCount(result))
    var rows = 0
    while let row = call.fetch(result) {
      guard let lengths = call.lengths(result) else { throw error() }
      rows += 1
      if !body(ServerRow(values: row, lengths: lengths, count: count)) {
        leave(result)
        return rows
      }
    }
    if call.number(handle) != 0 { throw error() }
    return rows
  }

  /// Reads a result to its end, as the protocol knows no other way out of it, unless that is far:
  /// then the connection is given up.
  private func leave(_ result: OpaquePointer) {
    for _ in 0..<MySQLConnection.rowsToEndMax where call.fetch(result) == nil { return }
    _ = call.cancel(handle)
    isLost = true
  }

  /// What went wrong last.
  func error() -> ServerError {
    error(call.number(handle), call.sqlState(handle), call.message(handle))
  }

  private func error(
    _ number: UInt32, _ state: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?
  ) -> ServerError {
    // 2006 and 2013: the connection is gone; 2055: gone while reading; 1927, 1053, 1152, 1158 to
    // 1161: the server ended it.
    let lost = [2006, 2013, 2055, 1927, 1053, 1152, 1158, 1159, 1160, 1161].contains(number)
    if lost { isLost = true }
    return ServerError(
      sqlState: state.map { String(cString: $0) } ?? "", number: Int(number),
      message: message.map { String(cString: $0) } ?? "", isConnectionLost: lost)
  }
}
