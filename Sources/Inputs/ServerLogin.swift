import Core
import Native

/// A connection of its own to a server that a target names, for the few commands that change something
/// there. Scans have sessions of theirs, which only read.
package enum ServerLogin {
  /// The target as it may be shown.
  package static func withoutSecrets(_ target: String) -> String {
    ServerAddress.withoutSecrets(target)
  }

  /// - Parameter target: `postgres://…` or `postgresql://…`.
  /// - Throws: `RunError` with `.usage` for what is no such URL, else with what keeps it from connecting;
  ///   never with a secret.
  package static func postgreSQL(_ target: String) throws(RunError) -> PostgreSQLConnection {
    try ServerAddress.checkPostgreSQL(target)
    let library = try LibPQ()
    guard var parameters = library.parameters(ofURL: target) else {
      throw RunError(
        .usage, withoutSecrets(target), "the URL is not one of a database server",
        hint: "For example postgres://user@host:5432/database, with reserved characters as %40.")
    }
    parameters["fallback_application_name"] = "unpan"
    parameters["client_encoding"] = "UTF8"
    if parameters["connect_timeout"] == nil { parameters["connect_timeout"] = "10" }
    do throws(ServerError) {
      return try library.connect(parameters)
    } catch {
      throw refused(target, error)
    }
  }

  /// - Parameter target: `mysql://…` or `mariadb://…`.
  /// - Throws: As `postgreSQL` does.
  package static func mySQL(_ target: String) throws(RunError) -> MySQLConnection {
    let settings = try ServerAddress.mySQLSettings(target)
    let library = try LibMariaDB()
    do throws(ServerError) {
      return try library.connect(settings)
    } catch {
      throw refused(target, error)
    }
  }

  private static func refused(_ target: String, _ error: ServerError) -> RunError {
    let entry = ServerTrouble.connecting(withoutSecrets(target), error)
    return RunError(.failure, entry.place, "no connection was made", hint: entry.detail)
  }
}
