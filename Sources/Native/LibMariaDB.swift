import Core
import Glibc

/// MariaDB's client library, which talks to MySQL as well, opened when a target first needs it.
package final class LibMariaDB: Sendable {
  let call: Functions

  /// Opens the library and looks every function up.
  /// - Throws: `RunError` that names the Debian package.
  package init() throws(RunError) {
    let library = try DynamicLibrary(["libmariadb.so.3"], package: "libmariadb3")
    call = try Functions(library)
    // Once, before there are threads that connect.
    guard call.initialize(0, nil, nil) == 0 else {
      throw RunError(.failure, "libmariadb.so.3", "the library refuses to start")
    }
  }

  /// What a connection is made with. What is left out comes from the client's option files
  /// (`[client]`), the password also from `MYSQL_PWD`.
  package struct Settings: Sendable, Hashable {
    package var host: String?
    package var port: Int?
    package var socket: String?
    package var user: String?
    package var password: String?
    package var database: String?
    package var connectTimeoutSeconds = 10
    package var tls = TLS.asConfigured
    /// What option files ask for in words that the library does not know.
    package var tlsInFiles = TLS.asConfigured
    package var certificateAuthority: String?
    package var certificate: String?
    package var key: String?
    /// An option file to read instead of the usual ones.
    package var optionFile: String?

    package init() {}
  }

  /// How much the transport has to prove.
  package enum TLS: Sendable, Hashable {
    /// As the option files say.
    case asConfigured
    /// Whatever they say, the server need not have it.
    case optional
    case required
    /// The server's certificate and name are checked as well.
    case verified
  }

  /// Connects.
  /// - Throws: with the library's message, which holds no password.
  package func connect(_ settings: Settings) throws(ServerError) -> MySQLConnection {
    guard let handle = call.make(nil) else { throw ServerError(message: "out of memory") }
    let connection = MySQLConnection(handle, self)
    let texts = CStrings([
      settings.host, settings.user, settings.password, settings.database, settings.socket,
      settings.certificateAuthority, settings.certificate, settings.key, settings.optionFile,
      "client", "utf8mb4",
    ])
    func set(_ option: Option, _ index: Int) {
      if let text = texts[index] { _ = call.setOption(handle, option.rawValue, text) }
    }
    let enforcesByItself = enforcesTLS(handle)
    if settings.optionFile != nil { set(.readDefaultFile, 8) }
    set(.readDefaultGroup, 9)
    set(.characterSet, 10)
    set(.certificateAuthority, 5)
    set(.certificate, 6)
    set(.key, 7)
    var seconds = UInt32(clamping: settings.connectTimeoutSeconds)
    _ = call.setOption(handle, Option.connectTimeout.rawValue, &seconds)
    // A server may ask for a file of ours to be sent to it (LOAD DATA LOCAL): never.
    var off: UInt32 = 0
    _ = call.setOption(handle, Option.localFiles.rawValue, &off)
    var on: CChar = 1
    let tls = settings.tls == .asConfigured ? settings.tlsInFiles : settings.tls
    let isDemanded = tls == .required || tls == .verified
    if isDemanded { _ = call.setOption(handle, Option.enforceTLS.rawValue, &on) }
    if tls == .verified {
      _ = call.setOption(handle, Option.verifyCertificate.rawValue, &on)
    }
    let opened = call.connect(
      handle, texts[0], texts[1], texts[2], texts[3], UInt32(clamping: settings.port ?? 0),
      texts[4], 0)
    guard opened != nil else { throw connection.error() }
    // The library goes on without TLS when the server has none, whatever it was told. What files ask
    // of all servers does not mean the sockets of this machine.
    let isMissed =
      settings.tls == .asConfigured
      ? (isDemanded || (enforcesTLS(handle) && !enforcesByItself)) && !isLocal(handle) : isDemanded
    if isMissed, call.cipher(handle) == nil {
      throw ServerError(number: 2026, message: "TLS is required")
    }
    return connection
  }

  /// Whether TLS is asked for; once it connected, also by an option file (`ssl-enforce=1`, `ssl-ca`).
  private func enforcesTLS(_ handle: OpaquePointer) -> Bool {
    var isOn: CChar = 0
    return call.option(handle, Option.enforceTLS.rawValue, &isOn) == 0 && isOn != 0
  }

  /// Whether it goes through a socket of this machine.
  private func isLocal(_ handle: OpaquePointer) -> Bool {
    call.hostText(handle).map { String(cString: $0).contains("UNIX socket") } ?? false
  }

  /// Of `enum mysql_option`.
  private enum Option: UInt32 {
    case connectTimeout = 0
    case readDefaultFile = 4
    case readDefaultGroup = 5
    case characterSet = 7
    case localFiles = 8
    case verifyCertificate = 21
    case key = 25
    case certificate = 26
    case certificateAuthority = 27
    case enforceTLS = 38
  }

  /// What is used of the library; the types are those of <mysql.h>.
  struct Functions: Sendable {
    typealias Handle = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias Row = UnsafePointer<UnsafeMutablePointer<CChar>?>

    let initialize: @convention(c) (CInt, OpaquePointer?, OpaquePointer?) -> CInt
    let make: @convention(c) (Handle?) -> Handle?
    let setOption: @convention(c) (Handle, UInt32, UnsafeRawPointer?) -> CInt
    let option: @convention(c) (Handle, UInt32, UnsafeMutableRawPointer?) -> CInt
    let hostText: @convention(c) (Handle) -> Text?
    let connect: @convention(c) (Handle, Text?, Text?, Text?, Text?, UInt32, Text?, UInt) -> Handle?
    let close: @convention(c) (Handle) -> Void
    let cipher: @convention(c) (Handle) -> Text?
    let cancel: @convention(c) (Handle) -> CInt
    let number: @convention(c) (Handle) -> UInt32
    let message: @convention(c) (Handle) -> Text?
    let sqlState: @convention(c) (Handle) -> Text?
    let query: @convention(c) (Handle, Text, UInt) -> CInt
    let useResult: @convention(c) (Handle) -> Handle?
    let fieldCount: @convention(c) (Handle) -> UInt32
    let affected: @convention(c) (Handle) -> UInt64
    let columnCount: @convention(c) (Handle) -> UInt32
    let fetch: @convention(c) (Handle) -> Row?
    let lengths: @convention(c) (Handle) -> UnsafePointer<UInt>?
    let free: @convention(c) (Handle) -> Void
    let serverVersion: @convention(c) (Handle) -> UInt
    let serverText: @convention(c) (Handle) -> Text?
    let threadID: @convention(c) (Handle) -> UInt

    let makeStatement: @convention(c) (Handle) -> Handle?
    let prepare: @convention(c) (Handle, Text, UInt) -> CInt
    let bindParameters: @convention(c) (Handle, UnsafeMutableRawPointer) -> CChar
    let execute: @convention(c) (Handle) -> CInt
    let bindResult: @convention(c) (Handle, UnsafeMutableRawPointer) -> CChar
    let fetchStatement: @convention(c) (Handle) -> CInt
    let fetchColumn: @convention(c) (Handle, UnsafeMutableRawPointer, UInt32, UInt) -> CInt
    let statementColumns: @convention(c) (Handle) -> UInt32
    let parameterCount: @convention(c) (Handle) -> UInt
    let statementAffected: @convention(c) (Handle) -> UInt64
    let closeStatement: @convention(c) (Handle) -> CChar
    let statementNumber: @convention(c) (Handle) -> UInt32
    let statementMessage: @convention(c) (Handle) -> Text?
    let statementState: @convention(c) (Handle) -> Text?

    init(_ library: DynamicLibrary) throws(RunError) {
      initialize = try library.function("mysql_server_init")
      make = try library.function("mysql_init")
      setOption = try library.function("mysql_options")
      option = try library.function("mysql_get_option")
      hostText = try library.function("mysql_get_host_info")
      connect = try library.function("mysql_real_connect")
      close = try library.function("mysql_close")
      cipher = try library.function("mysql_get_ssl_cipher")
      cancel = try library.function("mariadb_cancel")
      number = try library.function("mysql_errno")
      message = try library.function("mysql_error")
      sqlState = try library.function("mysql_sqlstate")
      query = try library.function("mysql_real_query")
      useResult = try library.function("mysql_use_result")
      fieldCount = try library.function("mysql_field_count")
      affected = try library.function("mysql_affected_rows")
      columnCount = try library.function("mysql_num_fields")
      fetch = try library.function("mysql_fetch_row")
      lengths = try library.function("mysql_fetch_lengths")
      free = try library.function("mysql_free_result")
      serverVersion = try library.function("mysql_get_server_version")
      serverText = try library.function("mysql_get_server_info")
      threadID = try library.function("mysql_thread_id")
      makeStatement = try library.function("mysql_stmt_init")
      prepare = try library.function("mysql_stmt_prepare")
      bindParameters = try library.function("mysql_stmt_bind_param")
      execute = try library.function("mysql_stmt_execute")
      bindResult = try library.function("mysql_stmt_bind_result")
      fetchStatement = try library.function("mysql_stmt_fetch")
      fetchColumn = try library.function("mysql_stmt_fetch_column")
      statementColumns = try library.function("mysql_stmt_field_count")
      parameterCount = try library.function("mysql_stmt_param_count")
      statementAffected = try library.function("mysql_stmt_affected_rows")
      closeStatement = try library.function("mysql_stmt_close")
      statementNumber = try library.function("mysql_stmt_errno")
      statementMessage = try library.function("mysql_stmt_error")
      statementState = try library.function("mysql_stmt_sqlstate")
    }
  }
}
