import Core

/// What records in raw pages of a SQLite database hold, deleted ones above all.
///
/// Fields lie back to back there, and before the first of them its type, a byte that may read as a digit
/// or a sign. So each is scanned as if there was nothing beside it, integers and row ids as the digits
/// that they stand for, and counted with those of its column: columns of ids are told by how many of
/// them pass the check. Records that cannot be made out are scanned as the bytes they are.
extension Scanner {
  /// A number scores no more where its record's header is only likely.
  private static let looseMax: Int16 = 45
  private static let digitsMin = 12

  func scanRows(_ chunk: Chunk, _ frame: borrowing Frame) {
    rowRanges.removeAll(keepingCapacity: true)
    var bytes = frame.bytes
    var owned = frame.owned
    var shift = 0
    // Of a page, only what is free is of deleted rows; what a cell took of it ends them.
    if let page = chunk.page, let base = page.baseAddress, let start = chunk.bytes.baseAddress {
      shift = start - base
      bytes = Bytes(base: base.assumingMemoryBound(to: UInt8.self), count: page.count)
      owned = shift..<shift + chunk.bytes.count
    }
    let limit = chunk.page == nil ? bytes.count : owned.upperBound
    var at = chunk.page == nil ? 0 : shift
    // A page as a whole begins with its header.
    let isFree = bytes.count > chunk.bytes.count
    var edge = isFree ? at : -1
    while at < owned.upperBound {
      // Up to three bytes are left over between cells; what was never written to is zero.
      let isEdge =
        edge >= 0 && at - edge <= 3
        || isFree && at >= 4 && bytes[at - 1] | bytes[at - 2] | bytes[at - 3] | bytes[at - 4] == 0
          && !SQLiteRecord.isBlock(bytes, at: at + 1) && !SQLiteRecord.isBlock(bytes, at: at + 2)
      guard record.read(bytes, at: at, limit: limit, isEdge: isEdge) else {
        at += 1
        continue
      }
      let isLoose = record.fit == .loose
      let known = hits.count
      for index in record.fields.indices { scan(record.fields[index], bytes, owned, shift) }
      if let row = record.row { scan(row.number, bytes, row.range, owned, shift, key: key(4, 0)) }
      if let lost = record.lost { scanLost(bytes, lost, owned, shift) }
      if isLoose {
        limitScores(to: Scanner.looseMax, from: known)
      } else if let first = record.fields.first, record.end > first.range.lowerBound {
        rowRanges.append(first.range.lowerBound - shift..<record.end - shift)
      }
      at = max(at + 1, record.end)
      if !isLoose { edge = at }
    }
  }

  /// Whether a number in raw pages is told already, or reaches over the edge of a field.
  func isInRow(_ frame: borrowing Frame, _ number: Range<Int>) -> Bool {
    let encodings = frame.encodings
    guard isPages, field == nil, encodings.isEmpty || encodings.isWide else { return false }
    let place = offsetInChunk(number.lowerBound)
    var low = 0
    var high = rowRanges.count
    while low < high {
      let middle = (low + high) / 2
      if rowRanges[middle].upperBound <= place { low = middle + 1 } else { high = middle }
    }
    return low < rowRanges.count && rowRanges[low].contains(place)
  }

  private func scan(
    _ field: SQLiteRecord.Field, _ bytes: Bytes, _ owned: Range<Int>, _ shift: Int
  ) {
    let range = field.range
    switch field.type {
    case 5 where range.count == 6, 6 where range.count == 8:
      let value = range.reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[$1]) }
      scan(value, bytes, range, owned, shift, key: key(2, field.behind))
    case 7 where range.count == 8:
      let real = Double(bitPattern: range.reduce(0) { $0 << 8 | UInt64(bytes[$1]) })
      guard real == real.rounded(), (1e11..<1e16).contains(real) else { return }
      scan(UInt64(real), bytes, range, owned, shift, key: key(3, field.behind))
    case 12...:
      scan(bytes, range, owned, shift, key: key(field.isBlob ? 1 : 0, field.behind))
    default: break
    }
  }

  /// Fields whose types are gone: a text that begins with digits may end anywhere in them.
  private func scanLost(
    _ bytes: Bytes, _ range: Range<Int>, _ owned: Range<Int>, _ shift: Int
  ) {
    for type in [5, 6, 7] {
      let number = range.prefix(type == 5 ? 6 : 8)
      guard number.contains(where: { bytes[$0] < 0x20 || bytes[$0] >= 0x7F }) else { continue }
      scan(
        SQLiteRecord.Field(type: UInt64(type), range: number, behind: record.columns), bytes,
        owned, shift)
    }
    let (digits, width) = SQLiteRecord.digits(bytes, range)
    let most = min(digits, 19)
    let low = range.lowerBound + (bytes[range.lowerBound] == 0 ? 1 : 0)
    for i in 0..<most { scratch[i] = bytes[low + i * width] }
    let guess = [16, 15, 14, 19, 13, 18, 17, 12].first { count in
      count <= most && tables.mayBeNumber(scratch, count: count)
        && detector.brands.match(scratch, count: count) != nil
        && Luhn.isValid(scratch, count: count)
    }
    let end = guess.map { range.lowerBound + $0 * width } ?? range.upperBound
    scan(bytes, range.lowerBound..<end, owned, shift, key: key(0, record.columns))
  }

  /// The class of a column: the kind of its values, where it stands, how many there are.
  private func key(_ kind: Int, _ behind: Int) -> UInt64 {
    (UInt64(kind) << 32 | UInt64(behind) << 16 | UInt64(record.columns) | 1 << 40)
      &* 0x5851_F42D_4C95_7F2D
  }

  // MARK: - Values

  private func scan(
    _ bytes: Bytes, _ range: Range<Int>, _ owned: Range<Int>, _ shift: Int, key: UInt64
  ) {
    var digits = 0
    for at in range where isDigit(bytes.base[at]) {
      digits += 1
      if digits == Scanner.digitsMin { break }
    }
    let own = owned.clamped(to: range)
    guard digits == Scanner.digitsMin, !own.isEmpty else { return }
    let start = range.lowerBound
    field = (start - shift, key)
    var frame = Frame(
      bytes: Bytes(base: bytes.base + start, count: range.count),
      owned: own.lowerBound - start..<own.upperBound - start, resume: 0, chainEnd: 0, depth: 0,
      encodings: [])
    scan(&frame)
    field = nil
  }

  private func scan(
    _ value: UInt64, _ bytes: Bytes, _ range: Range<Int>, _ owned: Range<Int>, _ shift: Int,
    key: UInt64
  ) {
    guard value >= 100_000_000_000, value < 1 << 63, owned.contains(range.lowerBound) else {
      return
    }
    var count = 0
    var rest = value
    while rest > 0 {
      count += 1
      rest /= 10
    }
    rest = value
    for i in (0..<count).reversed() {
      scratch[i] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
      rest /= 10
    }
    guard tables.mayBeNumber(scratch, count: count),
      detector.brands.match(scratch, count: count) != nil
    else { return }
    var view = View(capacity: count, encoding: .sqliteInteger)
    for i in 0..<count { view.append(scratch[i], from: 0) }
    view.endOffset = range.count
    let start = range.lowerBound
    field = (start - shift, key)
    let frame = Frame(
      bytes: Bytes(base: bytes.base + start, count: range.count), owned: 0..<range.count, resume: 0,
      chainEnd: 0, depth: 0, encodings: [])
    scan(view, owned: 0..<count, in: frame)
    field = nil
  }
}
