import Core
import Native
import Synchronization

/// A live MariaDB or MySQL server, or one database of it: every table that the account may read, each
/// an item.
final class MySQLSource: Source {
  let target: String
  private let settings: LibMariaDB.Settings
  private let options: InputOptions
  private let events = Mutex<[ItemEvent]?>(nil)

  /// Nothing is connected to yet.
  /// - Throws: `RunError` with `.usage` for a URL that cannot be meant.
  init(url: String, options: InputOptions) throws(RunError) {
    settings = try ServerAddress.mySQLSettings(url)
    self.options = options
    target = ServerAddress.withoutSecrets(url)
  }

  func next() -> ItemEvent? {
    events.withLock { events in
      var left = events ?? makeEvents().reversed()
      defer { events = left }
      return left.popLast()
    }
  }

  private func makeEvents() -> [ItemEvent] {
    let library: LibMariaDB
    do throws(RunError) { library = try LibMariaDB() } catch {
      return [.notExamined(ServerTrouble.missingLibrary(target, error))]
    }
    let session = MySQLSession(library, settings, keepsStamps: options.keepsStamps)
    let catalogue: MySQLCatalogue
    do throws(ServerError) {
      catalogue = try session.withConnection { connection throws(ServerError) in
        try MySQLCatalogue(
          of: connection, target: target, database: settings.database,
          filter: TableFilter(options))
      }
    } catch {
      return [.notExamined(ServerTrouble.connecting(target, error))]
    }
    var events = catalogue.excluded.map { ItemEvent.excluded($0) }
    events += catalogue.notExamined.map { .notExamined($0) }
    if let rowsMax = options.rowsMax {
      events.append(.notExamined(ServerTrouble.sampled(target, rows: rowsMax)))
    }
    for table in catalogue.tables {
      events.append(
        .item(MySQLTableItem(table, target: target, session: session, options: options)))
    }
    if catalogue.showsDefinitions {
      events.append(
        .item(
          MySQLDefinitions.item(target: target, session: session, database: settings.database)))
    }
    return events
  }
}
