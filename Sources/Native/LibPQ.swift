import Core
import Glibc

/// PostgreSQL's client library, opened when a target first needs it.
package final class LibPQ: Sendable {
  let call: Functions

  /// Opens the library and looks every function up.
  /// - Throws: `RunError` that names the Debian package.
  package init() throws(RunError) {
    call = try Functions(DynamicLibrary(["libpq.so.5"], package: "libpq5"))
  }

  /// What a connection is made with, by the library's names (`host`, `sslmode`, ...).
  ///
  /// - Parameter url: `postgres://...` or `postgresql://...`.
  /// - Returns: only what the URL says; the environment and `.pgpass` are looked up when connecting.
  ///   `nil` for a URL that the library does not understand (its own words would quote it).
  package func parameters(ofURL url: String) -> [String: String]? {
    var message: UnsafeMutablePointer<CChar>?
    let options = call.parse(url, &message)
    if let message { call.freeMemory(message) }
    guard let options else { return nil }
    defer { call.freeOptions(options) }
    var result: [String: String] = [:]
    // An option is six pointers and a number: keyword, envvar, compiled, val, label, dispchar, dispsize.
    var option = UnsafeRawPointer(options)
    while let keyword = option.load(as: UnsafePointer<CChar>?.self) {
      let value = option.load(fromByteOffset: 24, as: UnsafePointer<CChar>?.self)
      if let value { result[String(cString: keyword)] = String(cString: value) }
      option += 56
    }
    return result
  }

  /// The options that a URL may have.
  package func optionNames() -> Set<String> {
    var message: UnsafeMutablePointer<CChar>?
    let options = call.parse("postgres://", &message)
    if let message { call.freeMemory(message) }
    guard let options else { return [] }
    defer { call.freeOptions(options) }
    // `ssl` is what others call `sslmode=require`.
    var names: Set<String> = ["ssl"]
    var option = UnsafeRawPointer(options)
    while let keyword = option.load(as: UnsafePointer<CChar>?.self) {
      names.insert(String(cString: keyword))
      option += 56
    }
    return names
  }

  /// Connects, with TLS, passwords and time limits as the library does it.
  /// - Throws: with the library's message, which holds no password.
  package func connect(_ parameters: [String: String]) throws(ServerError) -> PostgreSQLConnection {
    let names = parameters.keys.sorted()
    let keywords = CStrings(names)
    let values = CStrings(names.map { parameters[$0] ?? "" })
    guard let handle = call.connect(keywords.pointers, values.pointers, 0) else {
      throw ServerError(message: "out of memory")
    }
    let connection = PostgreSQLConnection(handle, self)
    guard connection.isAlive else { throw connection.connectionError() }
    // A notice may quote stored values; the library would print it.
    _ = call.setNoticeProcessor(handle, { _, _ in }, nil)
    return connection
  }

  /// What is used of the library; the types are those of <libpq-fe.h>.
  struct Functions: Sendable {
    typealias Handle = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

    let parse:
      @convention(c) (Text, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> OpaquePointer?
    let freeOptions: @convention(c) (OpaquePointer?) -> Void
    let freeMemory: @convention(c) (UnsafeMutableRawPointer?) -> Void
    let connect: @convention(c) (Texts, Texts, CInt) -> Handle?
    let finish: @convention(c) (Handle) -> Void
    let status: @convention(c) (Handle) -> CInt
    let errorMessage: @convention(c) (Handle) -> Text?
    let setNoticeProcessor:
      @convention(c) (
        Handle, @convention(c) (UnsafeMutableRawPointer?, Text?) -> Void, UnsafeMutableRawPointer?
      ) -> UnsafeRawPointer?
    let serverVersion: @convention(c) (Handle) -> CInt
    let parameterStatus: @convention(c) (Handle, Text) -> Text?
    let send: @convention(c) (Handle, Text) -> CInt
    let sendParameters:
      @convention(c) (
        Handle, Text, CInt, UnsafePointer<UInt32>?, Texts?, UnsafePointer<CInt>?,
        UnsafePointer<CInt>?, CInt
      ) -> CInt
    let setSingleRowMode: @convention(c) (Handle) -> CInt
    let nextResult: @convention(c) (Handle) -> Handle?
    let resultStatus: @convention(c) (Handle) -> CInt
    let errorField: @convention(c) (Handle, CInt) -> Text?
    let clear: @convention(c) (Handle) -> Void
    let rowCount: @convention(c) (Handle) -> CInt
    let columnCount: @convention(c) (Handle) -> CInt
    let isNull: @convention(c) (Handle, CInt, CInt) -> CInt
    let length: @convention(c) (Handle, CInt, CInt) -> CInt
    let value: @convention(c) (Handle, CInt, CInt) -> UnsafeMutablePointer<CChar>?
    let affected: @convention(c) (Handle) -> Text?
    let copyData:
      @convention(c) (Handle, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, CInt) -> CInt
    let makeCancel: @convention(c) (Handle) -> OpaquePointer?
    let cancel: @convention(c) (OpaquePointer, UnsafeMutablePointer<CChar>, CInt) -> CInt
    let freeCancel: @convention(c) (OpaquePointer) -> Void

    init(_ library: DynamicLibrary) throws(RunError) {
      parse = try library.function("PQconninfoParse")
      freeOptions = try library.function("PQconninfoFree")
      freeMemory = try library.function("PQfreemem")
      connect = try library.function("PQconnectdbParams")
      finish = try library.function("PQfinish")
      status = try library.function("PQstatus")
      errorMessage = try library.function("PQerrorMessage")
      setNoticeProcessor = try library.function("PQsetNoticeProcessor")
      serverVersion = try library.function("PQserverVersion")
      parameterStatus = try library.function("PQparameterStatus")
      send = try library.function("PQsendQuery")
      sendParameters = try library.function("PQsendQueryParams")
      setSingleRowMode = try library.function("PQsetSingleRowMode")
      nextResult = try library.function("PQgetResult")
      resultStatus = try library.function("PQresultStatus")
      errorField = try library.function("PQresultErrorField")
      clear = try library.function("PQclear")
      rowCount = try library.function("PQntuples")
      columnCount = try library.function("PQnfields")
      isNull = try library.function("PQgetisnull")
      length = try library.function("PQgetlength")
      value = try library.function("PQgetvalue")
      affected = try library.function("PQcmdTuples")
      copyData = try library.function("PQgetCopyData")
      makeCancel = try library.function("PQgetCancel")
      cancel = try library.function("PQcancel")
      freeCancel = try library.function("PQfreeCancel")
    }
  }
}

/// Texts for C, ended by a null pointer, overwritten when they go: one may be a password.
final class CStrings {
  let pointers: UnsafePointer<UnsafePointer<CChar>?>
  private let storage: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ texts: [String?]) {
    count = texts.count
    storage = .allocate(capacity: count + 1)
    for (index, text) in texts.enumerated() { storage[index] = text.flatMap { strdup($0) } }
    storage[count] = nil
    pointers = UnsafeRawPointer(storage).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
  }

  subscript(index: Int) -> UnsafePointer<CChar>? { pointers[index] }

  deinit {
    for index in 0..<count {
      guard let text = storage[index] else { continue }
      explicit_bzero(text, strlen(text))
      free(text)
    }
    storage.deallocate()
  }
}
