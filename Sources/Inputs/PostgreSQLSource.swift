import Core
import Native
import Synchronization

/// A live PostgreSQL database: every table, partition, materialised view and large object that the
/// account may read, as of one moment, each table an item.
final class PostgreSQLSource: Source {
  let target: String
  private let url: String
  private let options: InputOptions
  private let events = Mutex<[ItemEvent]?>(nil)

  /// Nothing is connected to yet.
  init(url: String, options: InputOptions) {
    self.url = url
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
    let library: LibPQ
    do throws(RunError) { library = try LibPQ() } catch {
      return [.notExamined(ServerTrouble.missingLibrary(target, error))]
    }
    guard let parameters = library.parameters(ofURL: url) else {
      return [
        .notExamined(
          Coverage.Entry(
            place: target, reason: .unreachable,
            detail: "libpq does not understand the URL. Write reserved characters as %40 and the "
              + "like; it is postgres://user@host:5432/database?sslmode=require."))
      ]
    }
    let session = PostgreSQLSession(library, parameters)
    do throws(ServerError) {
      let connection = try session.begin()
      let catalogue = try PostgreSQLCatalogue(
        of: connection, target: target, filter: TableFilter(options))
      return events(catalogue, session)
    } catch {
      return [.notExamined(ServerTrouble.connecting(target, error))]
    }
  }

  private func events(_ catalogue: PostgreSQLCatalogue, _ session: PostgreSQLSession) -> [ItemEvent]
  {
    var events = catalogue.excluded.map { ItemEvent.excluded($0) }
    events += catalogue.notExamined.map { .notExamined($0) }
    if let rowsMax = options.rowsMax {
      events.append(.notExamined(ServerTrouble.sampled(target, rows: rowsMax)))
    }
    for table in catalogue.tables {
      events.append(
        .item(
          PostgreSQLTableItem(
            table, target: target, session: session, options: options)))
    }
    if catalogue.showsDefinitions {
      events.append(.item(PostgreSQLDefinitions.item(target: target, session: session)))
    }
    if catalogue.hasLargeObjects {
      events.append(
        .item(LargeObjectsItem(target: target, session: session, options: options)))
    }
    return events
  }
}
