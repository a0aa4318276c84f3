import Core
import Inputs
import Native

/// The self-test's table in a database of a MariaDB or MySQL server.
///
/// These servers end a transaction when a table is made, so a table that cannot be filled is dropped
/// again.
final class MariaDBScratch: ScratchDatabase {
  let system = "mariadb"
  private let target: String
  private var database = ""

  /// Connects to nothing yet.
  init(target: String) { self.target = target }

  func create(_ table: ScratchTable) throws(RunError) -> String {
    let shown = ServerLogin.withoutSecrets(target)
    let connection = try ServerLogin.mySQL(target)
    var isMade = false
    do throws(ServerError) {
      try connection.execute("SET SESSION lock_wait_timeout = 20")
      guard let database = try connection.rows("SELECT DATABASE()").first?.first ?? nil else {
        throw ServerError(number: 1046)
      }
      self.database = database
      let name = qualified(connection)
      let columns = table.columns.map { "\(connection.quoted($0)) TEXT" }
      try connection.execute(
        "CREATE TABLE \(name)(\(ScratchTable.key) INT PRIMARY KEY, "
          + "\(columns.joined(separator: ", ")))")
      isMade = true
      try connection.transaction { () throws(ServerError) in
        for (index, row) in table.rows.enumerated() {
          let values = row.map { _ in ", ?" }.joined()
          try connection.execute(
            "INSERT INTO \(name) VALUES(?\(values))",
            [.integer(Int64(index + 1))] + row.map { .text($0) })
        }
      }
      return "\(database).\(ScratchTable.name)"
    } catch {
      if isMade { try drop(table) }
      switch error.number {
      case 1050: throw ScratchDatabases.alreadyThere(shown)
      case 1046:
        throw RunError(
          .usage, shown, "the URL names no database to make a table in",
          hint: "for example mariadb://user@host/shop")
      default: throw ScratchDatabases.notMade(shown, error)
      }
    }
  }

  func drop(_ table: ScratchTable) throws(RunError) {
    let connection = try ServerLogin.mySQL(target)
    do throws(ServerError) {
      try connection.execute("SET SESSION lock_wait_timeout = 20")
      try connection.execute("DROP TABLE \(qualified(connection))")
    } catch {
      throw ScratchDatabases.notRemoved(ServerLogin.withoutSecrets(target), error)
    }
  }

  private func qualified(_ connection: MySQLConnection) -> String {
    "\(connection.quoted(database)).\(ScratchTable.name)"
  }
}
