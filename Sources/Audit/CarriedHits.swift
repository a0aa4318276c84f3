import Detection

/// Hits that a part told although they lie in the next one: a code is told by the number beside it,
/// and an edge may lie between the two. They take their place among the next part's hits, each once.
struct CarriedHits {
  private var hits: [Hit] = []
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
  ///   - batch: hits of the part, in order.
  ///   - lineOffset: where the line that crosses the part's start began.
  mutating func mend(_ batch: inout [Hit], of part: PartResult, lineOffset: Int) {
    if !hits.isEmpty {
      batch += hits
      batch.sort { a, b in
        if a.offset != b.offset { return a.offset < b.offset }
        return (a.rule.rawValue, b.score) < (b.rule.rawValue, a.score)
      }
      var kept: [Hit] = []
      kept.reserveCapacity(batch.count)
      for hit in batch {
        if let last = kept.last, last.offset == hit.offset, last.rule == hit.rule { continue }
        kept.append(hit)
      }
      batch = kept
      hits.removeAll()
    }
    if let first = batch.first, first.offset < start {
      let told = told
      let start = start
      batch.removeAll { hit in
        hit.offset < start && told.contains { $0.offset == hit.offset && $0.rule == hit.rule }
      }
    }
    defer {
      told = batch.suffix(CarriedHits.toldMax)
      start = part.end
    }
    guard let last = batch.last, last.offset >= part.end else { return }
    let first = batch.firstIndex { $0.offset >= part.end } ?? batch.endIndex
    for var hit in batch[first...] {
      // As the next part counts lines.
      hit.line -= part.newlines
      if hit.lineOffset < 0 { hit.lineOffset = lineOffset }
      hits.append(hit)
    }
    labels = part.labels
    batch.removeSubrange(first...)
  }
}
