import Core
import Native

/// One index of a search server.
struct SearchIndex: Sendable {
  var name: String
  /// As the server estimates it, nested ones included; 0 when it does not say.
  var documents = 0
  var bytes = 0
}

/// What a pattern of indexes means at a server.
struct SearchCatalogue: Sendable {
  private(set) var indexes: [SearchIndex] = []
  private(set) var excluded: [Coverage.Entry] = []
  private(set) var notExamined: [Coverage.Entry] = []

  private typealias Row = (index: SearchIndex, state: State)

  private enum State { case open, closed, frozen }

  init(
    _ session: SearchSession, _ address: SearchAddress, filter: TableFilter
  ) throws(SearchError) {
    let pattern = address.pattern.isEmpty ? "*" : address.pattern
    var rows: [Row]
    do throws(SearchError) {
      rows = try SearchCatalogue.listed(session, pattern)
    } catch {
      guard error.status == 403 else { throw error }
      // Needs less of a privilege, and says less.
      rows = try SearchCatalogue.resolved(session, pattern)
    }
    rows.sort { $0.index.name.utf8.lexicographicallyPrecedes($1.index.name.utf8) }
    for (index, state) in rows {
      let place = address.shown + ": " + index.name
      if !filter.admits(index.name) {
        excluded.append(filter.entry(place))
      } else if SearchCatalogue.isSystem(index.name), !pattern.hasPrefix(".") {
        excluded.append(
          Coverage.Entry(
            place: place, reason: .systemData,
            detail: "The server keeps it for itself. Name it in the target to read it."))
      } else if state != .open {
        let (word, cure) = state == .closed ? ("closed", "_open") : ("frozen", "_unfreeze")
        notExamined.append(
          Coverage.Entry(
            place: place, reason: .unsupported,
            detail: "It is \(word). Call POST /\(index.name)/\(cure), then scan."))
      } else {
        indexes.append(index)
      }
    }
    if rows.isEmpty {
      notExamined.append(
        Coverage.Entry(
          place: address.shown, reason: .missing,
          detail: address.pattern.isEmpty
            ? "The server shows this account no index."
            : "No index matches that the account may see."))
    }
    notExamined += filter.unmatched(rows.map(\.index.name), address.shown)
  }

  /// A leading dot, except where it only says that an index belongs to a data stream.
  private static func isSystem(_ name: String) -> Bool {
    name.hasPrefix(".ds-") ? name.hasPrefix(".ds-.") : name.hasPrefix(".")
  }

  private static func listed(
    _ session: SearchSession, _ pattern: String
  ) throws(SearchError) -> [Row] {
    let answer = try session.call(
      "GET",
      "/_cat/indices/\(SearchAddress.encoded(pattern))"
        + "?format=json&bytes=b&expand_wildcards=all&h=index,status,docs.count,store.size,sth")
    guard case .array(let elements) = answer else { throw SearchError.strange }
    return try elements.map { (row) throws(SearchError) -> Row in
      guard let name = row["index"]?.string else { throw SearchError.strange }
      let index = SearchIndex(
        name: name, documents: row["docs.count"]?.integer ?? 0,
        bytes: row["store.size"]?.integer ?? 0)
      if row["status"]?.string == "close" { return (index, .closed) }
      // A search passes by what is frozen, without a word.
      return (index, row["sth"]?.string == "true" ? .frozen : .open)
    }
  }

  private static func resolved(
    _ session: SearchSession, _ pattern: String
  ) throws(SearchError) -> [Row] {
    let answer = try session.call(
      "GET", "/_resolve/index/\(SearchAddress.encoded(pattern))?expand_wildcards=all")
    guard case .array? = answer["indices"] else { throw SearchError.strange }
    var closed: [String: Bool] = [:]
    for row in answer["indices"]?.elements ?? [] {
      guard let name = row["name"]?.string else { continue }
      closed[name] = row["attributes"]?.elements.contains { $0.string == "closed" } == true
    }
    for (list, member) in [("aliases", "indices"), ("data_streams", "backing_indices")] {
      for row in answer[list]?.elements ?? [] {
        let names = row[member].map { $0.string.map { [$0] } ?? $0.elements.compactMap(\.string) }
        for name in names ?? [] where closed[name] == nil { closed[name] = false }
      }
    }
    return closed.map { (SearchIndex(name: $0.key), $0.value ? .closed : .open) }
  }
}
