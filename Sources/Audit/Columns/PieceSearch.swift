import Core
import Detection

/// Columns in the order in which their digits make a number. A masked column has two pieces, those
/// before and those behind the mask.
struct PieceKey: Sendable, Hashable, Comparable {
  /// Twice the column's index, and one more for the digits behind a mask.
  var pieces: [Int]

  var columns: [Int] { pieces.map { $0 / 2 } }

  static func < (a: PieceKey, b: PieceKey) -> Bool {
    a.pieces.lexicographicallyPrecedes(b.pieces)
  }
}

/// How often pieces make a number with an issuer and the right check digit.
struct PieceCount: Sendable {
  var rows = 0
  var fitting = 0
  /// Digests of some of the different numbers.
  var numbers: Set<UInt64> = []
  var brand: String?
  var rowKey: String?

  static let numbersMax = 8

  /// Random digits fit in fewer than one row of ten; some hundred ways to put pieces together are
  /// tried, so eight different numbers and hardly an exception are asked for.
  var isProven: Bool { isPromising && numbers.count >= PieceCount.numbersMax }

  var isPromising: Bool { rows >= PieceCount.numbersMax && fitting * 10 >= rows * 9 }

  mutating func merge(_ other: PieceCount) {
    rows += other.rows
    fitting += other.fitting
    for number in other.numbers where numbers.count < PieceCount.numbersMax {
      numbers.insert(number)
    }
    brand = brand ?? other.brand
    rowKey = rowKey ?? other.rowKey
  }
}

/// Puts digits of one row together and asks whether they are a card number.
struct PieceSearch {
  private let detector: Detector
  /// Numbers have 13 to 19 digits here; a shorter one says too little when put together.
  private static let lengths = 13...19
  private static let tripleMax = 8

  init(_ detector: Detector) { self.detector = detector }

  /// Digits that may be a piece.
  private struct Piece {
    var id: Int
    var value: UInt64
    var count: Int
    /// How long the whole is, where a mask tells.
    var length: Int
  }

  /// Tries every pair, every three in any order where there are few, and four or five in a row.
  func countAll(
    _ values: [RowTracker.RowValue], _ rowKey: String?, _ counts: inout [PieceKey: PieceCount]
  ) {
    let pieces = pieces(of: values)
    guard pieces.count >= 2 else { return }
    for a in pieces {
      for b in pieces where a.id != b.id && a.id / 2 != b.id / 2 {
        count([a, b], rowKey, &counts)
        guard pieces.count <= PieceSearch.tripleMax else { continue }
        for c in pieces where c.id != a.id && c.id != b.id { count([a, b, c], rowKey, &counts) }
      }
      // Around the digits that stand in another column: first six, the middle, last four.
      for b in pieces where pieces.count > PieceSearch.tripleMax && a.id / 2 != b.id / 2 {
        if let c = pieces.first(where: { $0.id == a.id + 1 }) {
          count([a, b, c], rowKey, &counts)
        }
      }
    }
    for width in [3, 4, 5] where pieces.count >= width {
      if width == 3, pieces.count <= PieceSearch.tripleMax { continue }
      for start in 0...pieces.count - width {
        count(Array(pieces[start..<start + width]), rowKey, &counts)
      }
    }
  }

  /// Tries one way.
  func count(
    _ key: PieceKey, _ values: [RowTracker.RowValue], _ rowKey: String?,
    _ counts: inout [PieceKey: PieceCount]
  ) {
    let pieces = pieces(of: values)
    let chosen = key.pieces.compactMap { id in pieces.first { $0.id == id } }
    if chosen.count == key.pieces.count { count(chosen, rowKey, &counts) }
  }

  private func pieces(of values: [RowTracker.RowValue]) -> [Piece] {
    var pieces: [Piece] = []
    for value in values where value.kind.mayBePiece {
      if value.headCount > 0, value.headCount <= 12 {
        pieces.append(
          Piece(
            id: value.column * 2, value: value.head, count: value.headCount, length: value.length))
      }
      if value.tailCount > 0 {
        pieces.append(
          Piece(
            id: value.column * 2 + 1, value: value.tail, count: value.tailCount,
            length: value.length))
      }
    }
    return Array(pieces.prefix(Limits.pieceColumnsMax))
  }

  private func count(
    _ pieces: [Piece], _ rowKey: String?, _ counts: inout [PieceKey: PieceCount]
  ) {
    guard let length = length(of: pieces) else { return }
    let key = PieceKey(pieces: pieces.map(\.id))
    var entry = counts[key] ?? PieceCount()
    entry.rows += 1
    defer { counts[key] = entry }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 40) { digits in
      defer { digits.update(repeating: 0) }
      digits.initialize(repeating: 0)
      guard write(pieces, length, digits),
        let brand = detector.brand(ofNumber: UnsafeBufferPointer(rebasing: digits[..<length]))
      else { return }
      entry.fitting += 1
      entry.brand = entry.brand ?? brand
      entry.rowKey = entry.rowKey ?? rowKey
      guard entry.numbers.count < PieceCount.numbersMax else { return }
      var hasher = Hasher()
      hasher.combine(
        bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[..<length]))
      entry.numbers.insert(UInt64(truncatingIfNeeded: hasher.finalize()))
    }
  }

  /// How long the number is; `nil` when the pieces make none.
  private func length(of pieces: [Piece]) -> Int? {
    let sum = pieces.reduce(0) { $0 + $1.count }
    let told = pieces.map(\.length).max() ?? 0
    // Two truncations may have digits in common.
    if pieces.count == 2, PieceSearch.lengths.contains(told), sum > told,
      pieces.allSatisfy({ $0.count < told })
    {
      return told
    }
    return PieceSearch.lengths.contains(sum) && (told == 0 || told == sum) ? sum : nil
  }

  /// - Returns: false when digits that two pieces have in common differ.
  private func write(
    _ pieces: [Piece], _ length: Int, _ digits: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    var at = 0
    for (index, piece) in pieces.enumerated() {
      if index == 1, pieces.count == 2 { at = length - piece.count }
      var rest = piece.value
      for place in stride(from: at + piece.count - 1, through: at, by: -1) {
        let digit = UInt8(truncatingIfNeeded: rest % 10) + 0x30
        if digits[place] != 0, digits[place] != digit { return false }
        digits[place] = digit
        rest /= 10
      }
      at += piece.count
    }
    return true
  }
}
