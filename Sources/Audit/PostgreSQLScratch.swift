import Core
import Inputs
import Native

/// The self-test's table in a PostgreSQL database: in the first schema of the account's search path.
///
/// Every step has a connection of its own, so that a connection lost in between does not keep the table
/// from being removed.
final class PostgreSQLScratch: ScratchDatabase {
  let system = "postgresql"
  private let target: String
  /// Where the table was made; the search path may lead elsewhere later.
  private var schema = ""

  /// Connects to nothing yet.
  init(target: String) { self.target = target }

  func create(_ table: ScratchTable) throws(RunError) -> String {
    let connection = try ServerLogin.postgreSQL(target)
    do throws(ServerError) {
      try connection.execute("SET lock_timeout = '20s'")
      guard let schema = try connection.rows("SELECT current_schema()").first?.first ?? nil else {
        throw ServerError(sqlState: "3F000")
      }
      self.schema = schema
      let name = qualified(connection)
      try connection.transaction { () throws(ServerError) in
        let columns = table.columns.map { "\(connection.quoted($0)) text" }
        try connection.execute(
          "CREATE TABLE \(name)(\(ScratchTable.key) integer PRIMARY KEY, "
            + "\(columns.joined(separator: ", ")))")
        for (index, row) in table.rows.enumerated() {
          let values = row.indices.map { connection.placeholder($0 + 2) }
          try connection.execute(
            "INSERT INTO \(name) VALUES(\(connection.placeholder(1)), "
              + "\(values.joined(separator: ", ")))",
            [.integer(Int64(index + 1))] + row.map { .text($0) })
        }
      }
      return "\(schema).\(ScratchTable.name)"
    } catch {
      let shown = ServerLogin.withoutSecrets(target)
      switch error.sqlState {
      case "42P07": throw ScratchDatabases.alreadyThere(shown)
      case "3F000":
        throw RunError(
          .usage, shown, "there is no schema to make a table in",
          hint: "give the account one in its search_path")
      default: throw ScratchDatabases.notMade(shown, error)
      }
    }
  }

  func drop(_ table: ScratchTable) throws(RunError) {
    let connection = try ServerLogin.postgreSQL(target)
    do throws(ServerError) {
      try connection.execute("SET lock_timeout = '20s'")
      try connection.execute("DROP TABLE \(qualified(connection))")
    } catch {
      throw ScratchDatabases.notRemoved(ServerLogin.withoutSecrets(target), error)
    }
  }

  private func qualified(_ connection: PostgreSQLConnection) -> String {
    "\(connection.quoted(schema)).\(ScratchTable.name)"
  }
}
