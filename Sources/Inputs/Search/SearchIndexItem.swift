import Core
import Native
import Synchronization

/// An index of a search server as a table: each document a row, each field a column.
final class SearchIndexItem: Item {
  let location: Location
  let head: [UInt8] = []
  let index: SearchIndex
  let session: SearchSession
  let rowsMax: Int?
  let progress = ServerTableProgress()
  private let state = Mutex(State())

  var expectedBytes: Int { index.bytes }

  private struct State: Sendable {
    var columns: SearchColumns?
    var losesSource = false
    /// Asked for once: the index is read after it.
    var stamp: ItemStamp??
  }

  init(_ index: SearchIndex, target: String, session: SearchSession, rowsMax: Int?) {
    self.index = index
    self.session = session
    self.rowsMax = rowsMax
    location = Location(target: target)
  }

  /// For coverage.
  var place: String { location.target + ": " + index.name }

  var tableName: String? { index.name }

  func stamp() -> ItemStamp? {
    if let known = state.withLock({ $0.stamp }) { return known }
    let stamp = SearchMarker.text(of: index.name, session).map { ItemStamp($0) }
    state.withLock { $0.stamp = .some(stamp) }
    return stamp
  }

  func open() throws(InputError) {
    do throws(SearchError) {
      let answer = try session.call("GET", "/\(SearchAddress.encoded(index.name))/_mapping")
      let mapping = answer[index.name] ?? answer.members.first?.value
      guard case .object? = mapping?["mappings"] else { throw SearchError.strange }
      let columns = SearchColumns(mapping: mapping)
      state.withLock { state in
        state.columns = columns
        state.losesSource = columns.losesSource
      }
      progress.setParts(1)
    } catch {
      throw InputError(SearchTrouble.reading(place, error, documents: 0))
    }
  }

  func nextPart() -> (any Part)? {
    let columns = state.withLock { $0.columns.take() }
    return columns.map { SearchIndexPart($0, of: self) }
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    guard progress.isOpen else { return outcome }
    progress.report(
      into: &outcome, place: location.target, name: index.name, isSample: rowsMax != nil)
    if state.withLock({ $0.losesSource }) {
      outcome.notExamined.append(
        Coverage.Entry(
          place: place, reason: .unsupported,
          detail: "Its mapping keeps documents only in part (_source). Scan what fills it."))
    }
    return outcome
  }
}

/// Reads an index from its first document to its last.
final class SearchIndexPart: Part, @unchecked Sendable {
  // Unchecked for the variables: one worker reads a part, and only it asks for `rowKey` meanwhile.
  let table: String?
  let columns: [String]
  let columnTypes: [String]
  let expectedBytes: Int
  private(set) var rowNumber: Int? = 0
  private(set) var rowKey: String?
  private let fields: SearchColumns
  private let item: SearchIndexItem
  private var rows = 0
  private var bytes = 0
  private var withoutSource = 0
  private var wasStopped = false

  init(_ fields: SearchColumns, of item: SearchIndexItem) {
    self.fields = fields
    self.item = item
    table = item.index.name
    columns = fields.names
    columnTypes = fields.types
    expectedBytes = item.index.bytes
  }

  func read(into _: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var pages = SearchPages(item.session, item.index, rowsMax: item.rowsMax)
    var failure: SearchError?
    do throws(SearchError) { try read(&pages, body) } catch { failure = error }
    pages.end()
    var isWhole = false
    if wasStopped || Interruption.requested != nil {
      outcome.notExamined.append(Coverage.Entry(place: item.place, reason: .interrupted))
    } else if let failure {
      outcome.notExamined.append(SearchTrouble.reading(item.place, failure, documents: rows))
    } else {
      isWhole = tell(pages, &outcome)
    }
    outcome.examined.rows = rows
    outcome.examined.bytes = bytes
    item.progress.note(rowsRead: rows, counted: isWhole ? pages.total ?? rows : nil)
    return outcome
  }

  /// Says what is missing of an index that was read to its end.
  /// - Returns: whether nothing is.
  private func tell(_ pages: SearchPages, _ outcome: inout PartOutcome) -> Bool {
    let before = outcome.notExamined.count
    if pages.failedShards > 0 {
      outcome.notExamined.append(
        SearchTrouble.failedShards(item.place, pages.failedShards, of: pages.shards))
    } else if item.rowsMax == nil, let total = pages.total, rows < total {
      outcome.notExamined.append(SearchTrouble.fewer(item.place, rows, of: total))
    } else if item.rowsMax == nil, pages.wasCutShort {
      outcome.notExamined.append(SearchTrouble.cutShort(item.place, rows))
    }
    if pages.failedShards == 0, let shown = pages.total, let count = counted(beside: shown) {
      outcome.notExamined.append(SearchTrouble.hidden(item.place, shown, of: count))
    }
    if withoutSource > 0 {
      outcome.notExamined.append(
        Coverage.Entry(
          place: item.place, reason: .unsupported,
          detail: "\(withoutSource) documents are not kept (_source). Scan what fills the index."))
    }
    return outcome.notExamined.count == before
  }

  /// - Returns: how many documents the server counts, if that is more than it showed, and still is
  ///   when it is asked again: meanwhile some may have been deleted.
  private func counted(beside shown: Int) -> Int? {
    guard item.index.documents > shown, shown == 0 || !fields.hasNested else { return nil }
    let path = "/_cat/indices/\(SearchAddress.encoded(item.index.name))?format=json&h=docs.count"
    do throws(SearchError) {
      let answer = try item.session.call("GET", path)
      let now = answer.elements.first?["docs.count"]?.integer ?? item.index.documents
      return now > shown ? min(now, item.index.documents) : nil
    } catch {
      return item.index.documents
    }
  }

  private func read(
    _ pages: inout SearchPages, _ body: (Chunk) -> Bool
  ) throws(SearchError) {
    while !wasStopped, Interruption.requested == nil {
      let hits = try pages.next()
      if hits.isEmpty { return }
      for hit in hits {
        if let rowsMax = item.rowsMax, rows >= rowsMax { return }
        if !handOver(hit, body) {
          wasStopped = true
          return
        }
        rows += 1
      }
    }
  }

  private func handOver(_ hit: JSONValue, _ body: (Chunk) -> Bool) -> Bool {
    if hit["_source"] == nil { withoutSource += 1 }
    let id = hit["_id"]
    rowKey = id?.string.map { "_id=" + RowKey.masked(Array($0.utf8.prefix(64))) }
    defer {
      rowKey = nil
      rowNumber = (rowNumber ?? 0) + 1
    }
    var values = fields.values(id: id, hit: hit)
    defer { for index in values.indices { values[index]?.wipe() } }
    for index in values.indices {
      guard let value = values[index] else { continue }
      bytes += value.count
      let goesOn = value.withUnsafeBytes { raw in
        body(Chunk(bytes: raw, owned: 0..<raw.count, field: .column(index)))
      }
      if !goesOn { return false }
    }
    return true
  }
}
