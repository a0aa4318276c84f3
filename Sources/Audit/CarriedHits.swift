import Detection

/// Hits that a part told although they lie in the next one: a code is told by the number beside it,
/// and an edge may lie between the two. They take their place among the next part's hits, each once.
struct CarriedHits {
  private var hits: [Hit] = []
  /// Of the carried hits, in their order.
  private var places: [RecordPlace?] = []
  /// The last hits of the part before: a number may tell a code that lies before the edge again.
  private var told: [Hit] = []
  private var start = 0
  private static let toldMax = 64

  /// Names for the hits' classes.
  private(set) var labels: [UInt64: String] = [:]

  var isEmpty: Bool { hits.isEmpty }

  /// Puts what was carried into the hits of a part and takes out what lies behind its end.
  ///
  /// - Parameters:
  ///   - whole: hits of the part, in order.
  ///   - lineOffset: where the line that crosses the part's start began.
  mutating func mend(_ whole: inout HitBatch, of part: PartResult, lineOffset: Int) {
    if !hits.isEmpty {
      for (index, place) in places.enumerated() {
        guard let place else { continue }
        whole.places.append(place)
        hits[index].place = Int32(whole.places.count - 1)
      }
      whole.hits += hits
      whole.hits.sort { a, b in
        if a.offset != b.offset { return a.offset < b.offset }
        return (a.rule.rawValue, b.score, b.place) < (b.rule.rawValue, a.score, a.place)
      }
      var kept: [Hit] = []
      kept.reserveCapacity(whole.hits.count)
      for hit in whole.hits {
        if let last = kept.last, last.offset == hit.offset, last.rule == hit.rule { continue }
        kept.append(hit)
      }
      whole.hits = kept
      hits.removeAll()
      places.removeAll()
    }
    if let first = whole.hits.first, first.offset < start {
      let told = told
      let start = start
      whole.hits.removeAll { hit in
        hit.offset < start && told.contains { $0.offset == hit.offset && $0.rule == hit.rule }
      }
    }
    defer {
      told = whole.hits.suffix(CarriedHits.toldMax)
      start = part.end
    }
    guard let last = whole.hits.last, last.offset >= part.end else { return }
    let first = whole.hits.firstIndex { $0.offset >= part.end } ?? whole.hits.endIndex
    for var hit in whole.hits[first...] {
      // As the next part counts lines.
      hit.line -= part.newlines
      if hit.lineOffset < 0 { hit.lineOffset = lineOffset }
      var place = hit.place >= 0 ? whole.places[Int(hit.place)] : nil
      if let row = place?.row { place?.row = row - part.records }
      hit.place = -1
      hits.append(hit)
      places.append(place)
    }
    labels = part.labels
    whole.hits.removeSubrange(first...)
  }
}
