import Core

/// Card numbers that deleted rows of a SQLite database hold as INTEGER: eight bytes, highest first.
///
/// Eight bytes alone say nothing, so what stands before them must read as the list of the record's
/// types (https://sqlite.org/fileformat2.html, 2.1) that puts an eight-byte integer there. SQLite
/// stores smaller numbers in six bytes, so those of up to 14 digits are not looked for.
extension Scanner {
  private static let integerClass: UInt64 = 0x5851_F42D_4C95_7F2D

  func scanIntegers(_ frame: borrowing Frame) {
    let bytes = frame.bytes
    let inner = Frame(
      bytes: bytes, owned: frame.owned, resume: 0, chainEnd: 0, depth: 0,
      encodings: .sqliteInteger)
    var at = frame.owned.lowerBound
    let stop = min(frame.owned.upperBound, bytes.count - 7)
    while at < stop {
      defer { at += 1 }
      // Numbers of 15 and 16 digits, and few of 17, begin with a zero byte and a small one.
      guard bytes.base[at] == 0, bytes.base[at + 1] &- 1 < 0x40 else { continue }
      var value: UInt64 = 0
      for i in 0..<8 { value = value << 8 | UInt64(bytes.base[at + i]) }
      guard value >= 100_000_000_000_000, value < 10_000_000_000_000_000 else { continue }
      let count = value >= 1_000_000_000_000_000 ? 16 : 15
      var rest = value
      for i in (0..<count).reversed() {
        scratch[i] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
        rest /= 10
      }
      let digits = UnsafePointer(scratch)
      guard tables.mayBeNumber(digits, count: count),
        let match = detector.brands.match(digits, count: count),
        !LookAlike.isPattern(digits, count: count)
      else { continue }
      let fit = SQLiteRecord.fit(bytes, ofIntegerAt: at)
      guard fit > .none else { continue }
      // Columns of other large integers pass the check one time in ten, and are told by that.
      let mark = digest(digits, count: count)
      let key = Scanner.integerClass &* UInt64(count)
      let passes = Luhn.isValid(digits, count: count)
      classes.count(
        key: key, length: count, digest: mark, passesLuhn: passes, isNamed: match.isNamed,
        label: { "deleted integers" })
      guard passes else { continue }
      let candidate = Candidate(range: at..<at + 8, digits: digits, count: count)
      var hit = makeHit(.pan, candidate, match)
      hit.digest = keyed(mark)
      hit.classKey = key
      // Weak by itself where the bytes before may be something else.
      hit.score = Int16(fit == .exact ? match.base : min(match.base, 45))
      emit(inner, candidate.range, hit)
    }
  }
}

/// The header of a record of which only the bytes are left.
enum SQLiteRecord {
  /// Longer headers are of tables with more than a hundred columns.
  private static let headerBytesMax = 120
  /// From here on the length of a header reads as text, and each letter after it as a type: such a
  /// header has to agree with the length of the record before it.
  private static let headerBytesSmall = 32
  private static let integerType: UInt64 = 6

  /// How well bytes read as the header of a record.
  enum Fit: Comparable { case none, loose, exact }

  /// Whether the eight bytes at `value` are the field of a record that begins before them: for sure, if
  /// its length stands before it or the freed block ends where it does.
  static func fit(_ bytes: Bytes, ofIntegerAt value: Int) -> Fit {
    // Text and numbers of the same row may lie between the header and the value.
    let floor = max(1, value - 1024)
    var first = value - 1
    var best = reads(bytes, typesFrom: value, at: value, missing: true)
    while first >= floor, best < .exact {
      best = max(
        best, reads(bytes, typesFrom: first, at: value, missing: false),
        reads(bytes, typesFrom: first, at: value, missing: true))
      first -= 1
    }
    return best
  }

  /// Whether the types from `first` on put an integer at `value`.
  ///
  /// - Parameter missing: whether the four bytes before are those that a freed block begins with: where
  ///   the next one is and how many bytes this one has. They took the place of the record's length, its
  ///   row's number, the length of the header and, in a row with a small number, of the first type.
  private static func reads(
    _ bytes: Bytes, typesFrom first: Int, at value: Int, missing: Bool
  ) -> Fit {
    var headerEnd = -1
    var blockEnd = -1
    if missing {
      guard first >= 4 else { return .none }
      let size = Int(bytes[first - 2]) << 8 | Int(bytes[first - 1])
      blockEnd = first - 4 + size
      guard size >= 12, blockEnd >= value + 8, blockEnd <= value + 65536 else { return .none }
      // The only type is gone as well.
      if first == value { return ends(bytes, value + 8, blockEnd) ? .exact : .none }
    } else {
      let size = Int(bytes[first - 1])
      guard size >= 2, size <= headerBytesMax else { return .none }
      headerEnd = first - 1 + size
      guard headerEnd <= value else { return .none }
    }
    var at = first
    /// Bytes of the fields so far, and where an eight-byte integer begins among them.
    var length = 0
    var places: [Int] = []
    while at < value, at - first < headerBytesMax {
      guard let type = varint(bytes, &at), let size = fieldBytes(type) else { return .none }
      if type == integerType { places.append(length) }
      length += size
      guard length <= 4096 else { return .none }
      if !missing {
        if at > headerEnd { return .none }
        if at == headerEnd {
          guard places.contains(value - at) else { return .none }
          let size = headerEnd - first + 1
          if hasLength(bytes, size + length, before: first - 1) { return .exact }
          return size < headerBytesSmall ? .loose : .none
        }
        continue
      }
      // What the first type, if it is gone, put before the fields that are known.
      for place in places {
        let gone = value - at - place
        if (0...8).contains(gone), gone != 5, gone != 7,
          ends(bytes, value + length - place, blockEnd)
        {
          return .exact
        }
      }
    }
    return .none
  }

  /// Whether the row's number stands before the record that begins at `record`, and `length`, how long
  /// the record is, before that.
  private static func hasLength(_ bytes: Bytes, _ length: Int, before record: Int) -> Bool {
    let high = UInt8(truncatingIfNeeded: length >> 7)
    let low = UInt8(truncatingIfNeeded: length & 0x7F)
    return (1...9).contains { row in
      let last = record - row - 1
      guard last >= 1, bytes[last] == low else { return false }
      return high == 0 || bytes[last - 1] == high | 0x80
    }
  }

  /// Whether a record may end at `end`: there the freed block ends, or another begins that was joined to
  /// it, freed before it with the same end or after it and so whole.
  private static func ends(_ bytes: Bytes, _ end: Int, _ blockEnd: Int) -> Bool {
    if end == blockEnd { return true }
    guard end < blockEnd else { return false }
    if end + (Int(bytes[end + 2]) << 8 | Int(bytes[end + 3])) == blockEnd { return true }
    var at = end
    guard let payload = varint(bytes, &at), varint(bytes, &at) != nil else { return false }
    let start = at
    guard let size = varint(bytes, &at), size >= 2, size <= headerBytesMax else { return false }
    var length = 0
    while at < start + Int(size) {
      guard let type = varint(bytes, &at), let bytes = fieldBytes(type) else { return false }
      length += bytes
    }
    return at == start + Int(size) && Int(payload) == Int(size) + length && length > 0
  }

  /// How long a field of this type is.
  static func fieldBytes(_ type: UInt64) -> Int? {
    switch type {
    case 0, 8, 9: 0
    case 1...4: Int(type)
    case 5: 6
    case 6, 7: 8
    case 12...8204: Int(type - 12) / 2
    default: nil
    }
  }

  private static func varint(_ bytes: Bytes, _ at: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for _ in 0..<3 {
      let byte = bytes[at]
      at += 1
      value = value << 7 | UInt64(byte & 0x7F)
      if byte < 0x80 { return value }
    }
    return nil
  }
}
