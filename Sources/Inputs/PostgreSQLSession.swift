import Core
import Glibc
import Native
import Synchronization

/// Connections to one PostgreSQL server that all see the database at one moment.
///
/// The first connection exports the snapshot and keeps it; the others, one a worker, take it over for
/// each share of a table and let it go after that, so that no lock is held longer than it is needed.
final class PostgreSQLSession: Sendable {
  private let library: LibPQ
  private let parameters: [String: String]
  private let state = Mutex(State())

  private struct State: Sendable {
    var exporter: PostgreSQLConnection?
    /// As `SET TRANSACTION SNAPSHOT` takes it.
    var snapshot = ""
    /// Counts snapshots.
    var generation = 0
    var idle: [PostgreSQLConnection] = []
    var wasRenewalTold = true
    var patience = ServerPatience()
  }

  /// A connection inside a transaction that sees the snapshot.
  struct Lease {
    let connection: PostgreSQLConnection
    let generation: Int
  }

  init(_ library: LibPQ, _ parameters: [String: String]) {
    self.library = library
    var parameters = parameters
    parameters["fallback_application_name"] = "unpan"
    if parameters["connect_timeout"] == nil, getenv("PGCONNECT_TIMEOUT") == nil {
      parameters["connect_timeout"] = "10"
    }
    // A peer that vanished without a word is noticed after two minutes.
    for (name, value) in ["keepalives_idle": "60", "keepalives_interval": "10"]
    where parameters[name] == nil { parameters[name] = value }
    self.parameters = parameters
  }

  /// Connects and takes the snapshot.
  /// - Returns: the connection that holds it, for reading the catalogue.
  func begin() throws(ServerError) -> PostgreSQLConnection {
    let (connection, snapshot) = try makeExporter()
    state.withLock { state in
      state.exporter = connection
      state.snapshot = snapshot
      state.generation += 1
    }
    return connection
  }

  /// A connection for one share, given back with `giveBack`.
  func take() throws(ServerError) -> Lease {
    var last = ServerError(isConnectionLost: true)
    var attempt = 0
    while attempt < state.withLock({ $0.patience.attempts() }), Interruption.requested == nil {
      // A server that was just restarted needs a moment.
      if attempt > 1 { usleep(UInt32(attempt) * 500_000) }
      attempt += 1
      let start = ContinuousClock.now
      let (idle, snapshot, generation) = state.withLock {
        ($0.idle.popLast(), $0.snapshot, $0.generation)
      }
      do throws(ServerError) {
        let connection: PostgreSQLConnection
        if let idle { connection = idle } else { connection = try connect() }
        try join(connection, snapshot)
        state.withLock { $0.patience.noteReturn() }
        return Lease(connection: connection, generation: generation)
      } catch {
        last = error
        if error.isConnectionLost {
          state.withLock {
            $0.idle = []
            $0.patience.noteFailure(since: start)
          }
          continue
        }
        // Object not in prerequisite state, or an invalid name: who exported it is gone.
        guard ["22023", "55000", "42704"].contains(error.sqlState) else { throw error }
        do throws(ServerError) {
          try renew(after: generation)
          state.withLock { $0.patience.noteReturn() }
        } catch { last = error }
      }
    }
    state.withLock { $0.patience.giveUp() }
    throw last
  }

  /// Ends the transaction; a connection that is not in order is closed.
  func giveBack(_ lease: Lease, isInOrder: Bool) {
    guard isInOrder, lease.connection.isAlive else { return }
    do throws(ServerError) { try lease.connection.execute("COMMIT") } catch { return }
    state.withLock { $0.idle.append(lease.connection) }
  }

  /// Whether what is read now is read as of the same moment.
  func isMoment(_ generation: Int) -> Bool { state.withLock { $0.generation == generation } }

  /// Whether the snapshot had to be replaced since it was asked last.
  func takeRenewal() -> Bool {
    state.withLock { state in
      defer { state.wasRenewalTold = true }
      return !state.wasRenewalTold
    }
  }

  /// Closes what is not in use.
  func close() {
    state.withLock { state in
      state.idle = []
      state.exporter = nil
    }
  }

  private func renew(after generation: Int) throws(ServerError) {
    let isDone = state.withLock { state in
      if state.generation != generation { return true }
      state.exporter = nil
      return false
    }
    if isDone { return }
    let (connection, snapshot) = try makeExporter()
    state.withLock { state in
      guard state.generation == generation else { return }
      state.exporter = connection
      state.snapshot = snapshot
      state.generation += 1
      state.wasRenewalTold = false
    }
  }

  private func makeExporter() throws(ServerError) -> (PostgreSQLConnection, String) {
    let connection = try connect()
    try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    // A standby exports one as well, since version 10.
    let snapshot = try connection.rows("SELECT pg_export_snapshot()").first?.first
    return (connection, (snapshot ?? nil) ?? "")
  }

  private func join(
    _ connection: PostgreSQLConnection, _ snapshot: String
  ) throws(ServerError) {
    try connection.execute(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '\(snapshot)'")
  }

  private func connect() throws(ServerError) -> PostgreSQLConnection {
    var parameters = parameters
    parameters["client_encoding"] = "UTF8"
    let connection = try library.connect(parameters)
    // A text of unknown encoding comes as it is; one that is declared is converted.
    if connection.setting("server_encoding") == "SQL_ASCII" {
      try connection.execute("SET client_encoding = 'SQL_ASCII'")
    }
    // One order of rows whoever else reads, and every value as itself. Our own waiting ends no
    // transaction; waiting for a lock ends. Whether row policies hide rows is asked table by table.
    try connection.execute(
      """
      SET synchronize_seqscans = off; SET max_parallel_workers_per_gather = 0;
      SET bytea_output = 'hex'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';
      SET idle_in_transaction_session_timeout = 0; SET extra_float_digits = 1; SET jit = off
      """)
    if try connection.rows("SHOW lock_timeout").first?.first == "0" {
      try connection.execute("SET lock_timeout = '20s'")
    }
    return connection
  }
}
