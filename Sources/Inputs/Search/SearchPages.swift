import Core
import Native

/// The documents of an index, page by page, as of one moment: by a point in time (Elasticsearch 7.12
/// or later), else by a scroll, which OpenSearch and older servers have.
///
/// OpenSearch has points in time too, but no order of documents that is surely complete to page by.
struct SearchPages {
  /// As the server counts them, once the first page came.
  private(set) var total: Int?
  private(set) var failedShards = 0
  private(set) var shards = 0
  private(set) var wasCutShort = false
  private let session: SearchSession
  private let index: String
  private var way: Way?
  private var size: Int
  private var isFirst = true
  private var taken = 0

  private enum Way {
    case pointInTime(id: String, after: JSONValue?)
    case scroll(id: String?)
  }

  private static let keepAlive = "5m"
  /// What a page should have at most, before and after it is taken apart.
  private static let pageBytes = 2 << 20

  init(_ session: SearchSession, _ index: SearchIndex, rowsMax: Int?) {
    self.session = session
    self.index = SearchAddress.encoded(index.name)
    // What the server keeps is compressed, to a quarter or so.
    let average = index.bytes / max(1, index.documents) * 4
    size = max(10, min(1000, SearchPages.pageBytes / max(1, average)))
    if let rowsMax { size = min(size, max(1, rowsMax)) }
  }

  /// - Returns: the hits of the next page, none at the end.
  mutating func next() throws(SearchError) -> [JSONValue] {
    if way == nil { way = try begin() }
    while true {
      do throws(SearchError) {
        let answer = try page()
        return try take(answer)
      } catch {
        // Fewer documents at once may do.
        guard error.failure?.kind == .tooLarge, size > 1, case .pointInTime? = way else {
          throw error
        }
        size = max(1, size / 8)
      }
    }
  }

  private func begin() throws(SearchError) -> Way {
    do throws(SearchError) {
      let answer = try session.call(
        "POST", "/\(index)/_pit?keep_alive=\(SearchPages.keepAlive)", isOnce: true)
      if let id = answer["id"]?.string { return .pointInTime(id: id, after: nil) }
    } catch {
      if error.status == 0 || error.status == 401 { throw error }
    }
    return .scroll(id: nil)
  }

  private mutating func page() throws(SearchError) -> JSONValue {
    let keepAlive = JSONValue.text(Array(SearchPages.keepAlive.utf8))
    switch way {
    case .pointInTime(let id, let after):
      var body = search
      body.append(
        (
          "pit",
          .object([("id", .text(Array(id.utf8))), ("keep_alive", keepAlive)])
        ))
      body.append(("sort", .array([.object([("_shard_doc", .text(Array("asc".utf8)))])])))
      if let after { body.append(("search_after", after)) }
      return try session.call("POST", "/_search", .object(body))
    case .scroll(.some(let id)):
      // Asked for again, it would give the page behind.
      return try session.call(
        "POST", "/_search/scroll",
        .object([("scroll", keepAlive), ("scroll_id", .text(Array(id.utf8)))]), isOnce: true)
    case .scroll, nil:
      let body = search + [("sort", .array([.text(Array("_doc".utf8))]))]
      return try session.call(
        "POST", "/\(index)/_search?scroll=\(SearchPages.keepAlive)", .object(body))
    }
  }

  private var search: [(key: String, value: JSONValue)] {
    [
      ("size", .number(Array(String(size).utf8))),
      ("query", .object([("match_all", .object([]))])),
      ("track_total_hits", .bool(isFirst)),
    ]
  }

  private mutating func take(_ answer: JSONValue) throws(SearchError) -> [JSONValue] {
    guard case .array(let hits)? = answer["hits"]?["hits"] else { throw SearchError.strange }
    if isFirst {
      let count = answer["hits"]?["total"]
      total = count?["value"]?.integer ?? count?.integer
      if total == nil { throw SearchError.strange }
    }
    isFirst = false
    if let shards = answer["_shards"] {
      failedShards = max(failedShards, shards["failed"]?.integer ?? 0)
      self.shards = shards["total"]?.integer ?? self.shards
    }
    if answer["timed_out"]?.bool == true || answer["terminated_early"]?.bool == true {
      wasCutShort = true
    }
    taken += hits.count
    let isBeyond = failedShards == 0 && taken > total ?? taken
    // Whoever does not say where the next page begins would give this one for ever.
    let leadsOn: Bool
    switch way {
    case .pointInTime(let id, _):
      let after = hits.last?["sort"]
      leadsOn = after != nil
      way = .pointInTime(id: answer["pit_id"]?.string ?? id, after: after)
    case .scroll(let id):
      let next = answer["_scroll_id"]?.string ?? id
      leadsOn = next != nil
      way = .scroll(id: next)
    case nil: leadsOn = false
    }
    if isBeyond || (!leadsOn && !hits.isEmpty) { throw SearchError.strange }
    return hits
  }

  /// Lets the server forget what it keeps for us; if that fails it forgets by itself.
  func end() {
    let text: (String) -> JSONValue = { .text(Array($0.utf8)) }
    do throws(SearchError) {
      switch way {
      case .pointInTime(let id, _):
        _ = try session.call("DELETE", "/_pit", .object([("id", text(id))]), isOnce: true)
      case .scroll(.some(let id)):
        _ = try session.call(
          "DELETE", "/_search/scroll", .object([("scroll_id", .array([text(id)]))]), isOnce: true)
      case .scroll, nil: return
      }
    } catch {
      return
    }
  }
}
