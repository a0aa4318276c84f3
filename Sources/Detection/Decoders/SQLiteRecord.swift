/// A row or an index entry of which only the bytes are left: where its header puts its fields.
///
/// What it reads is described in https://sqlite.org/fileformat2.html, 2.1 and 1.6.
struct SQLiteRecord {
  /// Longer headers are of tables with more than a hundred columns.
  private static let headerBytesMax = 127
  /// A header that no length agrees with may be no longer, or text reads as one.
  private static let looseHeaderBytesMax = 31
  private static let bodyBytesMax = 1 << 16
  /// From here on a record may go on in another page: the smallest pages have 512 bytes.
  private static let overflowBytesMin = 400
  /// How long fields may be whose types are gone.
  private static let lostBytesMax = 64
  /// More types in a row that read as digits are a number.
  private static let digitTypesMax = 3
  /// Digits of the shortest card number.
  private static let digitsMin = 12

  /// A value and where it stands in its record.
  struct Field {
    /// As in a record's header.
    var type: UInt64
    var range: Range<Int>
    /// Columns behind it.
    var behind: Int

    var isText: Bool { type >= 13 && type % 2 == 1 }
    var isBlob: Bool { type >= 12 && type % 2 == 0 }
  }

  /// How well bytes read as a record: by a header alone, with the length of the freed block, with the
  /// length of the record.
  enum Fit: Comparable { case loose, freed, whole }

  private(set) var fit = Fit.loose
  private(set) var columns = 0
  private(set) var fields: [Field] = []
  /// Bytes of fields whose types are gone.
  private(set) var lost: Range<Int>?
  /// The row's number, and where it stands.
  private(set) var row: (number: UInt64, range: Range<Int>)?
  /// Where the search goes on.
  private(set) var end = 0

  /// Reads what begins at `start`.
  ///
  /// - Parameters:
  ///   - limit: what lies behind belongs to something else.
  ///   - isEdge: something else ends before `start`, so that a freed block may begin there.
  /// - Returns: whether there may be a record.
  mutating func read(_ bytes: Bytes, at start: Int, limit: Int, isEdge: Bool) -> Bool {
    row = nil
    lost = nil
    return readCell(bytes, start, limit) || readFreed(bytes, start, limit, isEdge: isEdge)
      || readLoose(bytes, start, limit)
  }

  // MARK: - Whole cells

  /// A cell that is whole: the length of the record, the row's number if it has one, the record.
  private struct Cell {
    var row: (number: UInt64, range: Range<Int>)?
    var header = 0
    var body = 0
    /// Bytes of the record.
    var count = 0
    var end: Int { header + count }

    init?(_ bytes: Bytes, at start: Int) {
      var at = start
      guard bytes[at] != 0, bytes[at] != 0x80, let count = varint(bytes, &at), count >= 2,
        count <= bodyBytesMax
      else {
        return nil
      }
      self.count = Int(count)
      let key = at
      if let number = varint(bytes, &at),
        // A row that has nothing but its number counts where that is a long one.
        isHeader(bytes, at, isKey: number >= 100_000_000_000)
      {
        row = (number, key..<at)
      } else if !isHeader(bytes, key) {
        return nil
      }
    }

    private mutating func isHeader(_ bytes: Bytes, _ at: Int, isKey: Bool = false) -> Bool {
      let size = Int(bytes[at])
      guard size >= 2, size <= headerBytesMax, size < count || size == count && isKey else {
        return false
      }
      header = at
      body = at + size
      return bodyBytes(bytes, at + 1..<body, most: count - size) == count - size
    }
  }

  private mutating func readCell(_ bytes: Bytes, _ start: Int, _ limit: Int) -> Bool {
    guard let cell = Cell(bytes, at: start),
      keep(
        bytes, types: cell.header + 1..<cell.body, body: cell.body, limit,
        mayGoOn: cell.count >= SQLiteRecord.overflowBytesMin)
    else { return false }
    fit = .whole
    row = cell.row
    end = min(cell.end, limit, fields.last?.range.upperBound ?? limit)
    // Of what is in a blob nothing speaks for the record.
    if cell.count >= SQLiteRecord.overflowBytesMin, fields.contains(where: \.isBlob) {
      end = cell.body
    }
    return true
  }

  // MARK: - Freed cells

  /// A cell with where the next freed block is and how many bytes this one has in place of its first
  /// four bytes: the record's length, the row's number, the length of the header, a type or two.
  ///
  /// - Parameter isEdge: or else only the last block of a page is looked for, filled by its record.
  private mutating func readFreed(
    _ bytes: Bytes, _ start: Int, _ limit: Int, isEdge: Bool
  ) -> Bool {
    guard isEdge || bytes[start] | bytes[start + 1] == 0 else { return false }
    let size = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
    let blockEnd = start + size
    guard size >= 12, blockEnd <= bytes.count,
      !(start..<start + 4).allSatisfy({ bytes[$0] >= 0x20 && bytes[$0] < 0x7F }),
      !(start + 1...start + 3).contains(where: { Cell(bytes, at: $0) != nil })
    else { return false }
    let first = start + 4
    let limit = min(limit, blockEnd)
    guard
      (isEdge ? [Ending.known, .lost, .cut] : [.known]).contains(where: { ending in
        ending != .lost && readFreedHeader(bytes, first, blockEnd, limit, ending)
          || readFreedTypes(bytes, first, blockEnd, limit, ending)
      })
    else { return false }
    guard isEdge || isSure && fields.last?.range.upperBound == blockEnd else { return false }
    fit = .freed
    end = min(limit, fields.last?.range.upperBound ?? lost?.upperBound ?? limit)
    return true
  }

  /// Whether bytes of a page read as the beginning of a freed block that is not the last.
  static func isBlock(_ bytes: Bytes, at start: Int) -> Bool {
    let next = Int(bytes[start]) << 8 | Int(bytes[start + 1])
    let size = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
    return size >= 12 && next >= start + size && next < bytes.count
  }

  /// How the end of a record in a freed block is known.
  private enum Ending {
    /// By the types.
    case known
    /// By the types, when fields without a type come first.
    case lost
    /// Its last bytes were taken by a cell.
    case cut
  }

  /// The length of the header is left, of a row whose number has three bytes and more.
  private mutating func readFreedHeader(
    _ bytes: Bytes, _ first: Int, _ blockEnd: Int, _ limit: Int, _ ending: Ending
  ) -> Bool {
    for at in first..<first + 8 {
      let body = at + Int(bytes[at])
      if body >= at + 2, body <= at + SQLiteRecord.headerBytesMax, body < limit,
        let count = SQLiteRecord.bodyBytes(bytes, at + 1..<body, most: bytes.count), count > 0,
        ending == .cut
          ? body + count > limit : SQLiteRecord.ends(bytes, body + count, first, blockEnd),
        keep(bytes, types: at + 1..<body, body: body, limit, isPlain: true)
      {
        return true
      }
      // The rest of the row's number.
      guard bytes[at] >= 0x80 || at == first || bytes[at - 1] >= 0x80 else { return false }
    }
    return false
  }

  /// The length of the header is gone: it may end behind any type.
  private mutating func readFreedTypes(
    _ bytes: Bytes, _ first: Int, _ blockEnd: Int, _ limit: Int, _ ending: Ending
  ) -> Bool {
    var body = first
    var count = 0
    while body - first < SQLiteRecord.headerBytesMax, body < limit {
      switch ending {
      case .known:
        // Digits are no types: the whole header is gone.
        if body == first, SQLiteRecord.startsWithNumber(bytes, first..<limit) { return false }
        if count > 0, SQLiteRecord.ends(bytes, body + count, first, blockEnd),
          keep(bytes, types: first..<body, body: body, limit, isPlain: true)
        {
          return true
        }
      case .lost:
        for gone in lostCounts(bytes, body, limit, isAll: body == first)
        where SQLiteRecord.ends(bytes, body + gone + count, first, blockEnd) {
          guard keep(bytes, types: first..<body, body: body + gone, limit, isPlain: true),
            isSure || body == first || SQLiteRecord.startsWithNumber(bytes, body..<body + gone)
          else { continue }
          lost = body..<min(body + gone, limit)
          return true
        }
      case .cut:
        if body + count > limit, keep(bytes, types: first..<body, body: body, limit, isPlain: true),
          isSure
        {
          return true
        }
      }
      guard let type = SQLiteRecord.varint(bytes, &body), let size = SQLiteRecord.fieldBytes(type)
      else { return false }
      count += size
      guard body + count <= bytes.count else { return false }
    }
    return false
  }

  /// Whether a field that reads as what it should be speaks for the record.
  private var isSure: Bool {
    fields.contains { $0.isText && $0.range.count >= 4 || 5...7 ~= $0.type && $0.range.count > 4 }
  }

  /// How many bytes fields without a type may have: a number, text, a number of a card before or behind
  /// others. Where nothing of the header is left, only such a number.
  private func lostCounts(_ bytes: Bytes, _ body: Int, _ limit: Int, isAll: Bool) -> [Int] {
    let numbers = [1, 2, 3, 4, 6, 8]
    let (text, width) = SQLiteRecord.plainCount(bytes, body, limit)
    if SQLiteRecord.startsWithNumber(bytes, body..<body + text) {
      return Array(stride(from: width * SQLiteRecord.digitsMin, through: text, by: width))
        + numbers.map { text + $0 }
    }
    // The highest bytes of a card's number as INTEGER or REAL.
    if bytes[body] == 0 && bytes[body + 1] < 0x24 || bytes[body] == 0x42 || bytes[body] == 0x43 {
      let (behind, width) = SQLiteRecord.plainCount(bytes, body + 8, limit)
      let others = Array(stride(from: width, through: behind, by: width)) + numbers
      return [8] + (isAll ? [] : others.map { 8 + $0 })
    }
    return isAll ? [6] : stride(from: width, through: text, by: width) + numbers
  }

  /// How many bytes from `start` on are text, and how many bytes each of its letters takes.
  private static func plainCount(
    _ bytes: Bytes, _ start: Int, _ limit: Int
  ) -> (count: Int, width: Int) {
    var at = start
    let isWide =
      isPlain(bytes[start] | bytes[start + 1]) && bytes[start] & bytes[start + 1] == 0
      && (bytes[start] == 0 || bytes[start + 1] == 0)
    let stop = min(start + (isWide ? 2 * lostBytesMax : lostBytesMax), limit)
    while at < stop, isPlain(bytes[at]) || isWide && bytes[at] == 0 { at += 1 }
    return (max(0, at - start), isWide ? 2 : 1)
  }

  private static func startsWithNumber(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    let (count, width) = digits(bytes, range)
    return count >= digitsMin && count * width <= range.count
  }

  /// How many digits text begins with, and how many bytes each takes.
  static func digits(_ bytes: Bytes, _ range: Range<Int>) -> (count: Int, width: Int) {
    var at = range.lowerBound
    let isBigEndian = bytes[at] == 0
    let width = isBigEndian || bytes[at + 1] == 0 ? 2 : 1
    if isBigEndian { at += 1 }
    let start = at
    while at < range.upperBound, isDigit(bytes[at]) { at += width }
    return ((at - start) / width, width)
  }

  /// Whether a record may end at `end`: there the freed block ends, or another begins that was joined to
  /// it, freed before it with the same end or after it and so whole.
  private static func ends(_ bytes: Bytes, _ end: Int, _ first: Int, _ blockEnd: Int) -> Bool {
    guard end < blockEnd else { return end == blockEnd }
    let otherEnd = end + (Int(bytes[end + 2]) << 8 | Int(bytes[end + 3]))
    if otherEnd == blockEnd { return true }
    // Or the block that begins there was joined to a whole one.
    if otherEnd > end + 4, otherEnd < blockEnd, Cell(bytes, at: otherEnd) != nil { return true }
    // Cells may have taken bytes from the end since.
    let isSameList = bytes[end] == bytes[first - 4] && bytes[end + 1] == bytes[first - 3]
    return isSameList && blockEnd < otherEnd && otherEnd <= bytes.count
      || Cell(bytes, at: end) != nil
  }

  // MARK: - Headers alone

  /// Numbers where a header puts them: all that is left of rows that were overwritten in part.
  private mutating func readLoose(_ bytes: Bytes, _ start: Int, _ limit: Int) -> Bool {
    let size = Int(bytes[start])
    guard size >= 2, size <= SQLiteRecord.looseHeaderBytesMax,
      let count = SQLiteRecord.bodyBytes(bytes, start + 1..<start + size, most: 4096), count >= 8,
      keep(bytes, types: start + 1..<start + size, body: start + size, limit)
    else { return false }
    fields.removeAll { $0.type != 6 && $0.type != 7 }
    fit = .loose
    end = start + 1
    return !fields.isEmpty
  }

  // MARK: - Fields

  /// Takes the fields, if their bytes may be theirs.
  ///
  /// - Parameters:
  ///   - mayGoOn: the record may have bytes elsewhere.
  ///   - isPlain: blobs are expected to be text as well.
  private mutating func keep(
    _ bytes: Bytes, types: Range<Int>, body: Int, _ limit: Int, mayGoOn: Bool = false,
    isPlain: Bool = false
  ) -> Bool {
    fields.removeAll(keepingCapacity: true)
    columns = 0
    var at = types.lowerBound
    var start = body
    var isCut = false
    var digits = 0
    var last: UInt8 = 0
    while at < types.upperBound {
      // NULL between them are the high bytes of UTF-16.
      if bytes[at] != 0 {
        digits = isDigit(bytes[at]) ? digits + 1 : 0
        let isNumber =
          digits > SQLiteRecord.digitTypesMax || digits > 1 && bytes[at] & last & 1 == 0
        guard !isPlain || !isNumber else { return false }
        last = bytes[at]
      }
      guard let type = SQLiteRecord.varint(bytes, &at), let size = SQLiteRecord.fieldBytes(type)
      else { return false }
      columns += 1
      guard !isCut, start < limit else { continue }
      var field = Field(type: type, range: start..<min(start + size, limit), behind: columns)
      if field.isText || isPlain && field.isBlob {
        let end = SQLiteRecord.textEnd(bytes, field.range)
        guard end == field.range.upperBound || mayGoOn else { return false }
        field.range = start..<end
      } else if 2...6 ~= type, field.range.count == size {
        // SQLite takes the smallest form that holds an integer.
        let smaller = size == 8 ? 6 : size == 6 ? 4 : size - 1
        let sign: UInt8 = bytes.base[start + size - smaller] >= 0x80 ? 0xFF : 0
        guard (start..<start + size - smaller).contains(where: { bytes.base[$0] != sign }) else {
          return false
        }
      }
      isCut = field.range.count < size
      start += size
      fields.append(field)
    }
    for index in fields.indices { fields[index].behind = columns - fields[index].behind }
    return true
  }

  /// Where text ends to be text: in UTF-8, in an encoding of bytes, in UTF-16.
  private static func textEnd(_ bytes: Bytes, _ range: Range<Int>) -> Int {
    var at = range.lowerBound
    while at < range.upperBound, isPlain(bytes.base[at]) { at += 1 }
    guard at < range.upperBound, at - range.lowerBound < 2 else { return at }
    return isWide(bytes, range, high: 0) || isWide(bytes, range, high: 1) ? range.upperBound : at
  }

  /// Whether units with their high byte first or last are text, most of it in an alphabet.
  private static func isWide(_ bytes: Bytes, _ range: Range<Int>, high: Int) -> Bool {
    var others = 0
    for unit in stride(from: range.lowerBound, to: range.upperBound - 1, by: 2) {
      let page = bytes.base[unit + high]
      if page == 0, !isPlain(bytes.base[unit + 1 - high]) { return false }
      if page >= 0x10 { others += 2 }
    }
    return others * 2 <= range.count
  }

  @inline(__always)
  private static func isPlain(_ c: UInt8) -> Bool {
    c >= 0x20 || c == 0x09 || c == 0x0A || c == 0x0D
  }

  /// How many bytes the fields have that the types in `range` name.
  private static func bodyBytes(_ bytes: Bytes, _ range: Range<Int>, most: Int) -> Int? {
    var at = range.lowerBound
    var count = 0
    while at < range.upperBound {
      guard let type = varint(bytes, &at), let size = fieldBytes(type) else { return nil }
      count += size
      guard count <= most else { return nil }
    }
    return at == range.upperBound ? count : nil
  }

  /// How long a field of this type is.
  private static func fieldBytes(_ type: UInt64) -> Int? {
    switch type {
    case 0, 8, 9: 0
    case 1...4: Int(type)
    case 5: 6
    case 6, 7: 8
    case 12...UInt64(2 * bodyBytesMax): Int(type - 12) / 2
    default: nil
    }
  }

  @inline(__always)
  private static func varint(_ bytes: Bytes, _ at: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for length in 1...9 {
      guard at < bytes.count else { return nil }
      let byte = bytes.base[at]
      at += 1
      if length == 9 { return value << 8 | UInt64(byte) }
      value = value << 7 | UInt64(byte & 0x7F)
      if byte < 0x80 { return value }
    }
    return nil
  }
}
