import Core
import Native
import Synchronization

/// The indexes of an Elasticsearch or OpenSearch that a pattern means, each an item.
final class SearchSource: Source {
  let target: String
  private let address: SearchAddress
  private let options: InputOptions
  private let events = Mutex<[ItemEvent]?>(nil)

  /// Nothing is connected to yet.
  /// - Throws: `RunError` with `.usage` for what names no server.
  init(target: String, options: InputOptions) throws(RunError) {
    address = try SearchAddress(target)
    self.target = address.shown
    self.options = options
  }

  func next() -> ItemEvent? {
    events.withLock { events in
      var left = events ?? makeEvents().reversed()
      defer { events = left }
      return left.popLast()
    }
  }

  private func makeEvents() -> [ItemEvent] {
    let library: LibCurl
    do throws(RunError) { library = try LibCurl() } catch {
      return [.notExamined(ServerTrouble.missingLibrary(target, error))]
    }
    if !address.base.isPrivate, SearchSession.account(address, options.network) != nil {
      return [
        .notExamined(
          Coverage.Entry(
            place: target, reason: .unreachable, detail: SearchTrouble.plainText))
      ]
    }
    let session = SearchSession(address, library, options.network)
    let catalogue: SearchCatalogue
    do throws(SearchError) {
      catalogue = try SearchCatalogue(session, address, filter: TableFilter(options))
    } catch {
      return [.notExamined(SearchTrouble.connecting(target, error))]
    }
    var events = catalogue.excluded.map { ItemEvent.excluded($0) }
    events += catalogue.notExamined.map { .notExamined($0) }
    if let rowsMax = options.rowsMax {
      events.append(.notExamined(ServerTrouble.sampled(target, rows: rowsMax)))
    }
    for index in catalogue.indexes {
      events.append(
        .item(
          SearchIndexItem(index, target: target, session: session, rowsMax: options.rowsMax)))
    }
    return events
  }
}
