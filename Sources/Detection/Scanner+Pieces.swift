import Core
import Rules

/// Card numbers in pieces: over the items of an array, over fields and columns with numbered names,
/// over the end of a line. Found only where a name says that a card number is there.
extension Scanner {
  static let gapBytesMax = 40
  private static let fieldGapBytesMax = 160

  /// The value after a label begins with these digits; they may be a number's first piece.
  func pieces(_ frame: inout Frame, _ first: Range<Int>, _ label: Label) {
    guard first.count >= 3 else { return }
    let bytes = frame.bytes
    let reader = detector.reader
    let token = reader.lastWordStart(bytes, label.range)..<label.range.upperBound
    let name = Pieces.name(bytes, token)
    let isRepeated = bytes[token.upperBound] == 0x5B && bytes[token.upperBound + 1] == 0x5D
    let stem = name?.stem ?? (isRepeated ? token : label.range)
    guard let weight = Pieces.weight(bytes, stem, reader) else { return }
    var found: [Range<Int>]?
    if let name {
      found = fields(bytes, first, stem: name.stem, joiner: name.joiner, index: name.index)
    } else if isRepeated {
      found = fields(bytes, first, stem: token, joiner: nil, index: 0)
    } else {
      found = items(bytes, first, weight) ?? lines(bytes, first)
      // Without numbered names the groups are those that numbers are printed in.
      if let lengths = found?.map(\.count), !Scanner.printed.contains(lengths) { return }
    }
    guard let found else { return }
    let named = reader.lastWordStart(bytes, stem)..<stem.upperBound
    let key = reader.squeeze(bytes, named).value
    if consider(&frame, pieces: found, weight, .label, key: key) {
      remember(key) { Scanner.safeLabel(bytes, named) }
    }
  }

  // MARK: - Forms

  private static let printed: Set<[Int]> = [
    [4, 4, 4, 4], [4, 6, 5], [4, 6, 4], [4, 4, 4, 3], [4, 4, 4, 4, 3],
  ]

  /// Items of an array and nothing else: `["4242", "4242", "4242", "4242"]`; numbers, not texts, only
  /// below a name that says all.
  private func items(
    _ bytes: Bytes, _ first: Range<Int>, _ weight: Meaning.Weight
  ) -> [Range<Int>]? {
    let before = bytes[first.lowerBound - 1]
    guard weight == .strong || before == 0x22 || before == 0x27 else { return nil }
    var start = first.lowerBound
    while bytes[start - 1] == 0x22 || bytes[start - 1] == 0x27 || bytes[start - 1] == 0x5C {
      start -= 1
    }
    while RecordLayout.isSpace(bytes[start - 1]), first.lowerBound - start < Scanner.gapBytesMax {
      start -= 1
    }
    guard bytes[start - 1] == 0x5B else { return nil }
    var found = [first]
    var at = first.upperBound
    while true {
      let floor = at
      var commas = 0
      while at - floor < Scanner.gapBytesMax {
        let c = bytes[at]
        if c == 0x5D { return commas == 0 ? found : nil }
        if c == 0x2C { commas += 1 }
        guard c == 0x2C || c == 0x22 || c == 0x27 || c == 0x5C || RecordLayout.isSpace(c) else {
          break
        }
        at += 1
      }
      guard commas == 1, found.count < Pieces.count.upperBound, let next = piece(bytes, at) else {
        return nil
      }
      found.append(next)
      at = next.upperBound
    }
  }

  /// Fields whose names count up, or are the same with brackets behind: `card1=4242&card2=4242`.
  private func fields(
    _ bytes: Bytes, _ first: Range<Int>, stem: Range<Int>, joiner: Range<Int>?, index: Int
  ) -> [Range<Int>]? {
    guard index < 2, stem.count <= RecordPlace.nameBytesMax else { return nil }
    var found = [first]
    while found.count <= Pieces.count.upperBound {
      guard
        let name = nextName(
          bytes, from: found[found.count - 1].upperBound, stem: stem, joiner: joiner,
          index: index + found.count)
      else { break }
      guard found.count < Pieces.count.upperBound, let value = value(bytes, after: name) else {
        return nil
      }
      found.append(value)
    }
    return found
  }

  /// - Returns: where the name ends.
  private func nextName(
    _ bytes: Bytes, from start: Int, stem: Range<Int>, joiner: Range<Int>?, index: Int
  ) -> Int? {
    var at = start
    while at - start < Scanner.fieldGapBytesMax, at < bytes.count {
      if bytes[at] == bytes[stem.lowerBound], !isWord(bytes[at - 1]) || bytes[at - 3] == 0x25,
        stem.allSatisfy({ bytes[at + $0 - stem.lowerBound] == bytes[$0] })
      {
        var end = at + stem.count
        guard let joiner else { return bytes.has("[]", at: end) ? end + 2 : nil }
        guard joiner.allSatisfy({ bytes[end + $0 - joiner.lowerBound] == bytes[$0] }) else {
          return nil
        }
        end += joiner.count
        guard bytes[end] == 0x30 + UInt8(index), !isDigit(bytes[end + 1]) else { return nil }
        return end + 1
      }
      at += 1
    }
    return nil
  }

  /// The piece that follows a name: past quotes, separators and the word `value`.
  private func value(_ bytes: Bytes, after name: Int) -> Range<Int>? {
    var at = name
    while at - name < Scanner.gapBytesMax {
      let c = bytes[at]
      if c == 0x25, isHex(bytes[at + 1]), isHex(bytes[at + 2]) {
        at += 3
      } else if bytes.hasFolded("value", at: at) {
        at += 5
      } else if isDigit(c) {
        return piece(bytes, at)
      } else if isLetter(c) || c == 0x2C || c == 0x26 || c == 0x3B || c >= 0x80 {
        return nil
      } else {
        at += 1
      }
    }
    return nil
  }

  /// Groups of one line and the next, with one kind of separator and one end of a line between.
  private func lines(_ bytes: Bytes, _ first: Range<Int>) -> [Range<Int>]? {
    var found = [first]
    var separator: UInt8 = 0
    var breaks = 0
    while found.count < Pieces.count.upperBound {
      let end = found[found.count - 1].upperBound
      let c = bytes[end]
      var next = end + 1
      if c == 0x20 || c == 0x2D, isDigit(bytes[next]) {
        guard separator == 0 || separator == c else { break }
        separator = c
      } else if let start = nextLine(bytes, end), breaks == 0 {
        next = start
        breaks = 1
      } else {
        break
      }
      guard let more = piece(bytes, next) else { break }
      found.append(more)
    }
    return breaks == 1 && separator != 0 ? found : nil
  }

  /// Where the text of the next line begins, past what marks it as a quotation or a comment.
  private func nextLine(_ bytes: Bytes, _ end: Int) -> Int? {
    var at = end
    while isBlank(bytes[at]) || bytes[at] == 0x2D || bytes[at] == 0x0D, at - end < 4 { at += 1 }
    guard bytes[at] == 0x0A else { return nil }
    let start = at + 1
    at = start
    while at - start < 12, isBlank(bytes[at]) || [0x3E, 0x23, 0x2A, 0x2F, 0x7C].contains(bytes[at])
    {
      at += 1
    }
    return isDigit(bytes[at]) ? at : nil
  }

  /// A run of digits that may be a piece, with nothing glued to its end.
  private func piece(_ bytes: Bytes, _ start: Int) -> Range<Int>? {
    var end = start
    while isDigit(bytes[end]), end - start <= Pieces.digits.upperBound { end += 1 }
    guard Pieces.digits.contains(end - start), !isWord(bytes[end]), bytes[end] < 0x80 else {
      return nil
    }
    return start..<end
  }

  // MARK: - Columns

  /// Cells below a header, or of a dump's rows, whose columns have numbered names.
  func piecesInColumns(_ frame: inout Frame) {
    if let rows, rows.hasPieces { piecesInRows(&frame, rows) }
    guard let header, !header.pieces.isEmpty else { return }
    let bytes = frame.bytes
    var at = frame.owned.lowerBound
    while at > 0, frame.owned.lowerBound - at < 4000, bytes[at - 1] != header.newline { at -= 1 }
    if at > 0, bytes[at - 1] != header.newline {
      while at < bytes.count, bytes[at] != header.newline { at += 1 }
      at += 1
    }
    var cells: [Range<Int>] = []
    var inQuotes = false
    var cell = at
    while at <= bytes.count {
      let c = bytes[at]
      let endsLine = at == bytes.count || c == header.newline && !inQuotes
      if c == 0x22 {
        inQuotes.toggle()
      } else if c == header.delimiter && !inQuotes || endsLine {
        cells.append(cell..<at)
        cell = at + 1
        guard endsLine else {
          at += 1
          continue
        }
        for series in header.pieces where series.upperBound <= cells.count {
          piecesOf(&frame, Array(cells[series]), header.columns[series.lowerBound])
        }
        cells.removeAll(keepingCapacity: true)
        inQuotes = false
        if at >= frame.owned.upperBound { return }
      }
      at += 1
    }
  }

  private func piecesInRows(_ frame: inout Frame, _ rows: SQLRows) {
    var run: [SQLRows.Cell] = []
    func close() {
      if Pieces.count.contains(run.count), let column = run[0].column {
        piecesOf(&frame, run.map(\.range), column)
      }
      run.removeAll(keepingCapacity: true)
    }
    let behind = rows.piecesBehind(frame.bytes, frame.owned.upperBound, reader: detector.reader)
    for cell in rows.cells + behind where cell.isPiece {
      if let last = run.last,
        last.row != cell.row || last.table != cell.table || last.index + 1 != cell.index
      {
        close()
      }
      run.append(cell)
    }
    close()
  }

  /// Cells of one row, side by side.
  private func piecesOf(
    _ frame: inout Frame, _ cells: [Range<Int>], _ column: TableHeader.Column
  ) {
    let bytes = frame.bytes
    var found: [Range<Int>] = []
    for cell in cells {
      let range = InsertTuple.trimmed(bytes, cell)
      guard Pieces.digits.contains(range.count), range.allSatisfy({ isDigit(bytes[$0]) }) else {
        return
      }
      found.append(range)
    }
    guard let first = found.first, frame.owned.contains(first.lowerBound) else { return }
    if consider(&frame, pieces: found, .strong, .field, key: column.hash) {
      remember(column.hash) { column.name }
    }
  }

  // MARK: - Checks

  /// - Returns: whether the pieces are a card number, and told.
  private func consider(
    _ frame: inout Frame, pieces: [Range<Int>], _ weight: Meaning.Weight, _ evidence: Evidence,
    key: UInt64
  ) -> Bool {
    let count = pieces.reduce(0) { $0 + $1.count }
    guard Pieces.count.contains(pieces.count), (14...19).contains(count),
      let start = pieces.first?.lowerBound, let end = pieces.last?.upperBound
    else { return false }
    let digits = scratch + 32
    var filled = 0
    for at in pieces.joined() {
      digits[filled] = frame.bytes[at]
      filled += 1
    }
    defer { digits.update(repeating: 0, count: count) }
    guard tables.mayBeNumber(digits, count: count),
      let match = detector.brands.match(digits, count: count), Luhn.isValid(digits, count: count),
      !LookAlike.isPattern(digits, count: count)
    else { return false }
    let candidate = Candidate(range: start..<end, digits: UnsafePointer(digits), count: count)
    var hit = makeHit(.splitPAN, candidate, match)
    hit.digest = keyed(digest(digits, count: count))
    hit.classKey = key
    hit.evidence.formUnion([evidence, .pieces])
    if isTestNumber(candidate) { hit.evidence.insert(.testNumber) }
    hit.score = weight == .strong ? 90 : 75
    emit(frame, start..<end, hit)
    frame.resume = max(frame.resume, end)
    return true
  }
}
