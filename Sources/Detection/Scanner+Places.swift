import Core

/// Where in a record a hit lies. The records of a file are followed from its start to its end, those
/// of a file with a record a line only where something was found.
extension Scanner {
  private static let lineReachBytes = 4000

  /// Records of the part so far, where they are lines.
  package var records: Int {
    if case .delimited(let lines) = layout { return newlines - lines.quotedLines }
    return 0
  }

  /// - Parameter known: hits before this one have their place.
  func tellPlaces(from known: Int, _ frame: borrowing Frame) {
    guard tellsPlaces else { return }
    if case .none = layout, rows == nil { return }
    let order = (known..<hits.count).sorted { hits[$0].offset < hits[$1].offset }
    let bytes = frame.bytes
    let owned = frame.owned
    switch layout {
    case .none:
      guard let rows else { return }
      for index in order {
        guard let cell = rows.cell(at: place(of: index)) else { continue }
        setPlace(rows.place(of: cell), of: index)
      }
    case .jsonLines: tellPlacesInLines(order, frame)
    case .json(var path):
      follow(order, owned) { range in
        path.read(bytes, range)
      } whole: {
        layout = .json(path)
      } place: { _ in
        path.path.map { RecordPlace(field: $0) }
      }
    case .xml(var path):
      follow(order, owned) { range in
        path.read(bytes, range)
      } whole: {
        layout = .xml(path)
      } place: { index in
        path.place(bytes, at: place(of: index))
      }
    case .delimited(var lines):
      follow(order, owned) { range in
        lines.read(bytes, range, offset: chunkOffset)
      } whole: {
        layout = .delimited(lines)
      } place: { index in
        lines.place(
          bytes, at: place(of: index), line: hits[index].line, offset: chunkOffset)
      }
    }
  }

  /// Reads up to each hit in turn. What lies behind the owned range is read ahead, and then again with
  /// the next chunk.
  private func follow(
    _ order: [Int], _ owned: Range<Int>, read: (Range<Int>) -> Void, whole: () -> Void,
    place: (Int) -> RecordPlace?
  ) {
    var at = owned.lowerBound
    var isWhole = false
    for index in order {
      let target = max(at, self.place(of: index))
      if !isWhole, target >= owned.upperBound {
        read(at..<owned.upperBound)
        at = owned.upperBound
        whole()
        isWhole = true
      }
      read(at..<target)
      at = target
      if let place = place(index) { setPlace(place, of: index) }
    }
    if !isWhole {
      read(at..<owned.upperBound)
      whole()
    }
  }

  /// Each line is a value of its own.
  private func tellPlacesInLines(_ order: [Int], _ frame: borrowing Frame) {
    let bytes = frame.bytes
    var line = -1
    var path = JSONPath(isWhole: true)
    var at = 0
    for index in order {
      let target = place(of: index)
      var start = target
      let floor = max(0, target - Scanner.lineReachBytes)
      while start > floor, bytes[start - 1] != 0x0A { start -= 1 }
      guard start > 0 ? bytes[start - 1] == 0x0A : startsLine(frame) else { continue }
      if start != line {
        line = start
        at = start
        path = JSONPath(isWhole: true)
      }
      path.read(bytes, at..<target)
      at = target
      if let field = path.path { setPlace(RecordPlace(field: field), of: index) }
    }
  }
}
