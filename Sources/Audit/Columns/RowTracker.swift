import Core
import Detection

/// A row whose hash is tried: the hash and what other columns tell of the number.
///
/// In memory only, never written anywhere, and gone when its database was told.
struct HashSample: Sendable {
  var column: Int
  var hash: [UInt8]
  var known: [KnownDigits]
  var rowKey: String?
}

/// What one or two columns tell of a number.
struct KnownDigits: Sendable, Hashable {
  var head: UInt64
  var headCount: Int
  var tail: UInt64
  var tailCount: Int
  /// 0 when only the issuer range can tell.
  var length = 0
  /// The columns it is from.
  var columns: [Int]
}

/// Looks at the values of one row together: for digits beside a hash, and for the pieces of a number.
///
/// Looks at the first rows of a part, and goes on only where they or the columns' names gave a reason.
struct RowTracker {
  private let detector: Detector
  private(set) var hashes: [HashSample] = []
  private(set) var pieces: [PieceKey: PieceCount] = [:]
  /// Whether the row's values are wanted; while false only hashes are.
  private(set) var isWanted = true
  private var values: [RowValue] = []
  /// With what the text around it tells of the number, if it stands in one.
  private var rowHashes: [(column: Int, hash: [UInt8], known: [KnownDigits])] = []
  private var rowKey: String?
  private var rowCount = 0
  /// Columns whose hashes still want rows.
  private var hashColumns: Set<Int> = []
  private var livePieces: [PieceKey] = []
  /// Columns that their names put together: these are looked at in every row.
  private var groups: [PieceGroup] = []
  private var search: PieceSearch
  /// Whether a number of theirs would be the first, so that the row's key is wanted.
  private var wantsKey = false
  private var widths: [Int: Int] = [:]

  /// Rows at a part's start in which every way of putting pieces together is tried.
  private static let sampledRows = 32
  /// Rows of a part in which digits are looked for beside a hash.
  private static let hashRowsMax = 20_000
  private static let knownMax = 4

  /// A value of the current row.
  struct RowValue {
    var column: Int
    var kind: ValueClass
    var head: UInt64
    var headCount: Int
    var tail: UInt64
    var tailCount: Int
    var length: Int
    /// Digits as they stand there, without zeros that a column of integers lost.
    var writtenCount: Int
    var isNumber: Bool

    init(_ value: ClassifiedValue, _ kind: ValueClass, _ column: Int) {
      self.column = column
      self.kind = kind
      head = value.head
      headCount = value.headCount
      tail = value.tail
      tailCount = value.tailCount
      length = value.length
      writtenCount = value.tailCount > 0 ? value.tailCount : value.headCount
      isNumber = value.isDigits && value.isCardShaped && value.passesLuhn
    }
  }

  init(_ detector: Detector) {
    self.detector = detector
    search = PieceSearch(detector)
  }

  /// - Parameters:
  ///   - groups: columns of the table that their names put together.
  ///   - hints: what the columns' names say.
  mutating func begin(_ groups: [PieceGroup] = [], _ hints: [ColumnHints] = []) {
    self.groups = groups
    search = PieceSearch(detector, groups, hints)
    wantsKey = !groups.isEmpty
    hashes = []
    pieces = [:]
    isWanted = true
    values = []
    rowHashes = []
    rowKey = nil
    rowCount = 0
    hashColumns = []
    livePieces = []
    widths = [:]
  }

  /// Takes a value of the current row, in the order of the columns.
  mutating func add(
    _ value: ClassifiedValue, _ kind: ValueClass, column: Int, bytes: UnsafeRawBufferPointer,
    isWhole: Bool, rowKey key: () -> String?
  ) {
    if rowKey == nil, value.hashBytes > 0 || rowCount < RowTracker.sampledRows || wantsKey {
      rowKey = key()
    }
    if value.hashBytes > 0, isWhole, wantsHash(column),
      let hash = HashText.bytes(of: bytes, count: value.hashBytes)
    {
      hashColumns.insert(column)
      isWanted = true
      rowHashes.append((column, hash, []))
      return
    }
    guard value.isDigits || value.tailCount + value.headCount > 0 else { return }
    guard
      values.count < Limits.pieceColumnsMax * 2
        || groups.contains(where: { $0.columns.contains(column) })
    else { return }
    var row = RowValue(value, kind, column)
    if value.isDigits, value.headCount <= 8 {
      // Leading zeros are lost in a column of integers.
      let width = max(widths[column] ?? 0, value.headCount)
      widths[column] = width
      row.headCount = width
    }
    values.append(row)
  }

  /// Takes the hashes inside a text of the current row.
  mutating func add(
    _ clues: TextClues, column: Int, bytes: UnsafeRawBufferPointer, rowKey key: () -> String?
  ) {
    guard wantsHash(column) else { return }
    if rowKey == nil { rowKey = key() }
    hashColumns.insert(column)
    isWanted = true
    for (range, count) in clues.hashes.prefix(Limits.hashRowsMax) {
      let text = UnsafeRawBufferPointer(rebasing: bytes[range])
      guard let hash = HashText.bytes(of: text, count: count) else { continue }
      // In a list of records the nearest digits are the hash's own.
      let nearest = clues.digits.sorted {
        abs($0.offset - range.lowerBound) < abs($1.offset - range.lowerBound)
      }
      let digits = nearest.map { RowValue($0.value, $0.value.kind, column) }
      rowHashes.append((column, hash, knownDigits(in: digits)))
    }
  }

  private func wantsHash(_ column: Int) -> Bool {
    rowCount < RowTracker.hashRowsMax
      && hashes.count(where: { $0.column == column }) < Limits.hashRowsMax
  }

  /// Looks at the row as a whole.
  mutating func endRow() {
    guard isWanted else { return }
    guard !values.isEmpty || !rowHashes.isEmpty else { return }
    keepHashes()
    if rowCount < RowTracker.sampledRows {
      search.countAll(values, rowKey, &pieces)
    } else if !livePieces.isEmpty {
      for key in livePieces { search.count(key, values, rowKey, &pieces) }
      livePieces.removeAll { pieces[$0]?.fitsAlways != true }
    }
    if !groups.isEmpty {
      search.countNamed(values, rowKey, &pieces)
      wantsKey = groups.contains { pieces[PieceKey($0)]?.rowKey == nil }
    }
    rowCount += 1
    if rowCount == RowTracker.sampledRows {
      livePieces = pieces.filter { $0.value.fitsAlways && $0.value.hint < .plain }.keys.sorted()
    }
    values.removeAll(keepingCapacity: true)
    rowHashes.removeAll(keepingCapacity: true)
    rowKey = nil
    isWanted =
      rowCount < RowTracker.sampledRows || !livePieces.isEmpty || !groups.isEmpty
      || rowCount < RowTracker.hashRowsMax
        && hashColumns.contains { column in
          hashes.count(where: { $0.column == column }) < Limits.hashRowsMax
        }
  }

  private mutating func keepHashes() {
    guard !rowHashes.isEmpty else { return }
    let beside = knownDigits(in: values)
    for row in rowHashes {
      let known = Array((row.known + beside).prefix(RowTracker.knownMax))
      guard !known.isEmpty else { continue }
      hashes.append(
        HashSample(column: row.column, hash: row.hash, known: known, rowKey: rowKey))
    }
  }

  /// What values tell of a number, the most telling first.
  private func knownDigits(in values: [RowValue]) -> [KnownDigits] {
    var known: [KnownDigits] = []
    for value in values where value.isNumber && value.headCount >= 12 {
      known.append(
        KnownDigits(
          head: value.head, headCount: value.headCount, tail: 0, tailCount: 0,
          length: value.headCount, columns: [value.column]))
    }
    for value in values where value.headCount >= 6 && value.tailCount >= 4 {
      known.append(
        KnownDigits(
          head: value.head, headCount: value.headCount, tail: value.tail,
          tailCount: value.tailCount, length: value.length, columns: [value.column]))
    }
    for head in heads(values) {
      for tail in tails(values) where known.count < RowTracker.knownMax {
        // A column is not beside itself, but for the pieces in one text.
        guard tail.column != head.column || head.kind == .bin && tail.kind == .last4 else {
          continue
        }
        known.append(
          KnownDigits(
            head: head.head, headCount: head.headCount,
            tail: tail.tailCount > 0 ? tail.tail : tail.head,
            tailCount: tail.tailCount > 0 ? tail.tailCount : max(4, tail.headCount),
            length: max(head.length, tail.length),
            columns: head.column == tail.column ? [head.column] : [head.column, tail.column]))
      }
    }
    return Array(known.prefix(RowTracker.knownMax))
  }

  /// First digits: those of a column named for them, else whatever may be some.
  private func heads(_ values: [RowValue]) -> [RowValue] {
    let named = values.filter {
      $0.kind == .bin || $0.tailCount == 0 && $0.length > 0 && $0.headCount >= 6
    }
    if !named.isEmpty { return named.filter { $0.headCount >= 6 } }
    return values.filter {
      $0.tailCount == 0 && ($0.headCount == 6 || $0.headCount == 8)
        && !detector.lengths(ofPrefix: $0.head, count: $0.headCount).isEmpty
    }
  }

  private func tails(_ values: [RowValue]) -> [RowValue] {
    let named = values.filter { $0.kind == .last4 }
    if !named.isEmpty { return named }
    return values.filter {
      $0.headCount == 0 && $0.tailCount >= 4 || $0.tailCount == 0 && $0.headCount == 4
    }
  }
}

/// Hashes as databases store them.
enum HashText {
  /// - Parameter count: how many bytes the hash has.
  /// - Returns: the hash of hex digits, base64 or raw bytes.
  static func bytes(of value: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
    if value.count == count { return Array(value) }
    var value = value[...]
    while let last = value.last, last == 0x20 { value = value.dropLast() }
    while let first = value.first, first == 0x20 { value = value.dropFirst() }
    let prefix = UnsafeRawBufferPointer(rebasing: value).withMemoryRebound(to: UInt8.self) { text in
      text.baseAddress.map { HashSpelling.prefixBytes($0, text.count) } ?? 0
    }
    value = value.dropFirst(prefix)
    if value.count == count * 2 { return hex(value) }
    return base64(value, count)
  }

  private static func hex(_ value: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
    var out: [UInt8] = []
    var high: UInt8?
    for byte in value {
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: return nil
      }
      if let first = high {
        out.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return out
  }

  /// In the usual alphabet or that of addresses.
  private static func base64(_ value: Slice<UnsafeRawBufferPointer>, _ count: Int) -> [UInt8]? {
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var bitCount = 0
    for byte in value where byte != 0x3D && byte != 0x0A && byte != 0x0D {
      let six: UInt32
      switch byte {
      case 0x41...0x5A: six = UInt32(byte) - 0x41
      case 0x61...0x7A: six = UInt32(byte) - 0x61 + 26
      case 0x30...0x39: six = UInt32(byte) - 0x30 + 52
      case 0x2B, 0x2D: six = 62
      case 0x2F, 0x5F: six = 63
      default: return nil
      }
      bits = bits << 6 | six
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
    return out.count == count ? out : nil
  }
}
