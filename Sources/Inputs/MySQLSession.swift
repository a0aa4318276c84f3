import Core
import Glibc
import Native
import Synchronization

/// One connection to a MariaDB or MySQL server that sees its tables at one moment.
///
/// These servers share no snapshot between connections, so all tables are read by one, in turn.
/// Tables of engines without transactions (MyISAM, Aria) are read as they are at that time.
final class MySQLSession: Sendable {
  private let library: LibMariaDB
  private let settings: LibMariaDB.Settings
  private let state = Mutex(State())
  private let keepsStamps: Bool

  private struct State: Sendable {
    /// Of tables, by `MySQLMarkers.key`, as of a moment before the first that is read; `nil` before it.
    var markers: [String: String]?
    var connection: MySQLConnection?
    var wasLost = false
    var patience = ServerPatience()
    var isLossTold = true
  }

  init(_ library: LibMariaDB, _ settings: LibMariaDB.Settings, keepsStamps: Bool) {
    self.library = library
    self.settings = settings
    self.keepsStamps = keepsStamps
  }

  /// What stays the same as long as the table does; `nil` when the server cannot tell.
  func marker(of table: MySQLTable) -> String? {
    state.withLock { $0.markers?[MySQLMarkers.key(table.schema, table.table)] }
  }

  /// Calls `body` with the connection, while nobody else uses it. Locks on tables that it takes are
  /// let go after it, the moment stays.
  func withConnection<R>(
    _ body: (MySQLConnection) throws(ServerError) -> R
  ) throws(ServerError) -> R {
    try state.withLock { state throws(ServerError) in
      let connection = try connected(&state)
      do throws(ServerError) {
        try connection.execute("SAVEPOINT unpan")
        let result = try body(connection)
        if connection.isAlive {
          try connection.execute("ROLLBACK TO SAVEPOINT unpan")
        } else {
          // It was left in the middle of a table.
          state.connection = nil
          state.wasLost = true
        }
        return result
      } catch {
        if error.isConnectionLost || !connection.isAlive {
          state.connection = nil
          state.wasLost = true
          throw error
        }
        // The statement failed, the transaction goes on; if it does not, a new one is begun next time.
        do throws(ServerError) { try connection.execute("ROLLBACK TO SAVEPOINT unpan") } catch {
          state.connection = nil
          state.wasLost = true
        }
        throw error
      }
    }
  }

  /// Whether the moment had to be replaced since it was asked last.
  func takeRenewal() -> Bool {
    state.withLock { state in
      defer { state.isLossTold = true }
      return !state.isLossTold
    }
  }

  private func connected(_ state: inout State) throws(ServerError) -> MySQLConnection {
    if let connection = state.connection { return connection }
    var last = ServerError(isConnectionLost: true)
    var attempt = 0
    while attempt < state.patience.attempts(), Interruption.requested == nil {
      if attempt > 0 { usleep(UInt32(attempt) * 500_000) }
      attempt += 1
      let start = ContinuousClock.now
      do throws(ServerError) {
        let connection = try connect()
        if keepsStamps, state.markers == nil {
          state.markers = try MySQLMarkers.all(connection, database: settings.database)
        }
        // What is told from here on is not in the markers, and the next ones will differ.
        try connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        if state.wasLost {
          state.wasLost = false
          state.patience.noteReturn()
          state.isLossTold = false
        }
        state.connection = connection
        return connection
      } catch {
        last = error
        // At the first try the user waits for an answer; later the server may be starting.
        if !state.wasLost { break }
        state.patience.noteFailure(since: start)
      }
    }
    if state.wasLost {
      state.patience.giveUp()
      // Whatever keeps it from coming back, what it is about is the connection.
      last.isConnectionLost = true
    }
    throw last
  }

  private func connect() throws(ServerError) -> MySQLConnection {
    let connection = try library.connect(settings)
    // A slow reader is no reason for the server to give up on it.
    try connection.execute("SET SESSION net_write_timeout = 3600")
    try connection.execute("SET SESSION sql_mode = ''")
    try connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    return connection
  }
}
