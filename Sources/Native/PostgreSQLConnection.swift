import Glibc

/// A connection to a PostgreSQL server, closed when it goes.
package final class PostgreSQLConnection: ServerConnection, @unchecked Sendable {
  // Unchecked because the compiler cannot see that one thread uses it at a time: the library allows
  // that any thread does.
  private let handle: OpaquePointer
  private let call: LibPQ.Functions

  // Of <libpq-fe.h>.
  private static let commandOK: CInt = 1
  private static let tuplesOK: CInt = 2
  private static let copyOut: CInt = 3
  private static let singleTuple: CInt = 9
  private static let emptyQuery: CInt = 0

  init(_ handle: OpaquePointer, _ library: LibPQ) {
    self.handle = handle
    call = library.call
  }

  deinit { call.finish(handle) }

  package var isAlive: Bool { call.status(handle) == 0 }

  /// For example 150004 for 15.4.
  package var serverVersion: Int { Int(call.serverVersion(handle)) }

  /// What the server says of itself, for example its `server_encoding`.
  package func setting(_ name: String) -> String? {
    call.parameterStatus(handle, name).map { String(cString: $0) }
  }

  package func placeholder(_ number: Int) -> String { "$\(number)" }

  package func quoted(_ name: String) -> String { Self.quoted(name) }

  package static func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  @discardableResult
  package func execute(_ sql: String, _ parameters: [ServerValue]) throws(ServerError) -> Int {
    try send(sql, parameters, binary: false)
    return try finish { _ in true }
  }

  package func query(
    _ sql: String, _ parameters: [ServerValue], _ body: (ServerRow) -> Bool
  ) throws(ServerError) {
    try send(sql, parameters, binary: false)
    // Refused only when nothing was sent; the rows then come all at once.
    _ = call.setSingleRowMode(handle)
    _ = try finish(body)
  }

  /// The first value of the first row, in the server's binary form: the bytes of a `bytea`.
  package func bytes(
    _ sql: String, _ parameters: [ServerValue] = []
  ) throws(ServerError) -> [UInt8]? {
    try send(sql, parameters, binary: true)
    var bytes: [UInt8]?
    _ = try finish { row in
      if row.count > 0 { bytes = row[0].map { Array($0) } }
      return true
    }
    return bytes
  }

  /// Runs a `COPY ... TO STDOUT` and hands over each row as it was sent, the newline included.
  ///
  /// - Returns: the rows the server says it sent; `nil` when `body` stopped it.
  package func copy(
    _ sql: String, _ body: (UnsafeRawBufferPointer) -> Bool
  ) throws(ServerError) -> Int? {
    guard call.send(handle, sql) == 1 else { throw connectionError() }
    guard let first = call.nextResult(handle) else { throw connectionError() }
    guard call.resultStatus(first) == Self.copyOut else {
      let error = failure(first)
      call.clear(first)
      try drain()
      throw error
    }
    call.clear(first)
    while true {
      var row: UnsafeMutablePointer<CChar>?
      let count = call.copyData(handle, &row, 0)
      guard count > 0, let row else { break }
      let goesOn = body(UnsafeRawBufferPointer(start: row, count: Int(count)))
      call.freeMemory(row)
      if !goesOn {
        cancel()
        try drain()
        return nil
      }
    }
    return try finish { _ in true }
  }

  /// Asks the server to stop what it does on this connection.
  package func cancel() {
    guard let cancel = call.makeCancel(handle) else { return }
    var message = [CChar](repeating: 0, count: 256)
    // A server that cannot be asked is found gone by the next call.
    _ = call.cancel(cancel, &message, CInt(message.count))
    call.freeCancel(cancel)
  }

  private func send(
    _ sql: String, _ parameters: [ServerValue], binary: Bool
  ) throws(ServerError) {
    // Without parameters the simple protocol, which takes several statements at once.
    if parameters.isEmpty, !binary {
      guard call.send(handle, sql) == 1 else { throw connectionError() }
      return
    }
    var types = [UInt32](repeating: 0, count: parameters.count)
    var lengths = [CInt](repeating: 0, count: parameters.count)
    var formats = [CInt](repeating: 0, count: parameters.count)
    var pointers: [UnsafePointer<CChar>?] = []
    var owned: [UnsafeMutableRawBufferPointer] = []
    defer {
      for memory in owned {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
        memory.deallocate()
      }
    }
    for (index, parameter) in parameters.enumerated() {
      var bytes: [UInt8]
      switch parameter {
      case .null:
        pointers.append(nil)
        continue
      case .integer(let value): bytes = Array(String(value).utf8)
      case .text(let value): bytes = Array(value.utf8)
      case .rawText(let value): bytes = value
      case .bytes(let value):
        bytes = value
        types[index] = 17
        formats[index] = 1
        lengths[index] = CInt(value.count)
      }
      bytes.append(0)
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      memory.copyBytes(from: bytes)
      owned.append(memory)
      pointers.append(
        UnsafePointer(memory.assumingMemoryBound(to: CChar.self).baseAddress))
    }
    let isSent = call.sendParameters(
      handle, sql, CInt(parameters.count), types, pointers, lengths, formats, binary ? 1 : 0)
    guard isSent == 1 else { throw connectionError() }
  }

  /// Takes all results of what was sent.
  /// - Returns: what the last command says it touched.
  private func finish(_ body: (ServerRow) -> Bool) throws(ServerError) -> Int {
    var error: ServerError?
    var affected = 0
    var goesOn = true
    var scratch = RowScratch()
    while let result = call.nextResult(handle) {
      defer { call.clear(result) }
      switch call.resultStatus(result) {
      case Self.tuplesOK, Self.singleTuple:
        let columns = call.columnCount(result)
        for row in 0..<call.rowCount(result) where goesOn {
          goesOn = scratch.withRow(result, row, columns, call, body)
          if !goesOn { cancel() }
        }
        affected = count(result) ?? affected
      case Self.commandOK: affected = count(result) ?? affected
      case Self.emptyQuery: break
      default: if error == nil { error = failure(result) }
      }
    }
    // What we cancelled ourselves did not go wrong.
    if let error, goesOn || error.sqlState != "57014" { throw error }
    if !isAlive { throw connectionError() }
    return affected
  }

  private func drain() throws(ServerError) {
    while let result = call.nextResult(handle) {
      let status = call.resultStatus(result)
      call.clear(result)
      // Rows that were on their way when it was cancelled.
      guard status == Self.copyOut else { continue }
      var row: UnsafeMutablePointer<CChar>?
      while call.copyData(handle, &row, 0) > 0 { call.freeMemory(row) }
    }
    if !isAlive { throw connectionError() }
  }

  private func count(_ result: OpaquePointer) -> Int? {
    call.affected(result).flatMap { Int(String(cString: $0)) }
  }

  private func failure(_ result: OpaquePointer) -> ServerError {
    func field(_ letter: Character) -> String {
      call.errorField(result, CInt(letter.asciiValue ?? 0)).map { String(cString: $0) } ?? ""
    }
    let state = field("C")
    // 57P01 to 57P03: the server ends the connection itself and says so before.
    return ServerError(
      sqlState: state, message: field("M"),
      isConnectionLost: !isAlive || state.hasPrefix("57P0") || state.hasPrefix("08"))
  }

  /// What the library says of a connection that failed.
  func connectionError() -> ServerError {
    let text = call.errorMessage(handle).map { String(cString: $0) } ?? ""
    return ServerError(message: text, isConnectionLost: !isAlive)
  }

  /// Pointers to one row's values.
  private struct RowScratch {
    private var values: [UnsafeMutablePointer<CChar>?] = []
    private var lengths: [UInt] = []

    mutating func withRow(
      _ result: OpaquePointer, _ row: CInt, _ columns: CInt, _ call: LibPQ.Functions,
      _ body: (ServerRow) -> Bool
    ) -> Bool {
      values.removeAll(keepingCapacity: true)
      lengths.removeAll(keepingCapacity: true)
      for column in 0..<columns {
        let isNull = call.isNull(result, row, column) == 1
        values.append(isNull ? nil : call.value(result, row, column))
        lengths.append(UInt(call.length(result, row, column)))
      }
      return values.withUnsafeBufferPointer { values in
        lengths.withUnsafeBufferPointer { lengths in
          guard let first = values.baseAddress, let second = lengths.baseAddress else {
            return true
          }
          return body(ServerRow(values: first, lengths: second, count: values.count))
        }
      }
    }
  }
}
