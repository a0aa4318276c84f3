import Core
import Detection

/// Columns in the order in which their digits make a number. A masked column has two pieces, those
/// before and those behind the mask.
struct PieceKey: Sendable, Hashable, Comparable {
  /// Twice the column's index, and one more for the digits behind a mask.
  var pieces: [Int]

  var columns: [Int] { pieces.map { $0 / 2 } }
  /// Each once.
  var distinctColumns: [Int] {
    columns.reduce(into: [Int]()) { if !$0.contains($1) { $0.append($1) } }
  }

  init(pieces: [Int]) { self.pieces = pieces }

  init(_ group: PieceGroup) { pieces = group.columns.map { $0 * 2 } }

  static func < (a: PieceKey, b: PieceKey) -> Bool {
    a.pieces.lexicographicallyPrecedes(b.pieces)
  }
}

/// How often pieces make a number with an issuer and the right check digit.
struct PieceCount: Sendable {
  var rows = 0
  var fitting = 0
  /// Rows that lack a piece and have more digits than may stay of a number.
  var parts = 0
  /// Digests of some of the different numbers.
  var numbers: Set<UInt64> = []
  var brand: String?
  var rowKey: String?
  var hint = Hint.none

  static let numbersMax = 8

  /// What beside the check digit says that the pieces belong together.
  enum Hint: Int, Sendable, Comparable {
    case none
    /// Columns side by side, cut as numbers are printed, or digits between what columns that are named
    /// for a BIN and the last four hold.
    case shape
    /// Masks that hide what the other piece shows, or names that may mean something else.
    case likely
    /// Names that can hardly mean anything else.
    case plain

    static func < (a: Hint, b: Hint) -> Bool { a.rawValue < b.rawValue }
  }

  /// Random digits fit in fewer than one row of ten; some hundred ways to put pieces together are
  /// tried, so eight different numbers and hardly an exception are asked for where nothing else speaks
  /// for them. Where names say so, one number is enough, unless so few rows fit that it is by chance.
  var isProven: Bool {
    switch hint {
    case .plain: fitting > 0 && (rows < PieceCount.chanceRows || fitting * 4 >= rows)
    case .likely: fitsAlways
    case .none, .shape: fitsAlways && isFrequent && numbers.count >= PieceCount.numbersMax
    }
  }

  /// Whether it may be a number, and the rows are too few or too mixed to tell. Where only digits speak for
  /// it three numbers are asked for: with two, 4 of 100 small tables of ids, times and codes were doubted.
  var isOpen: Bool {
    guard !isProven else { return false }
    switch hint {
    case .plain: return rows + parts > 0
    case .likely: return fitting > 0 && fitting * 4 >= rows
    case .shape: return fitsAlways
    case .none: return fitsAlways && numbers.count > 2
    }
  }

  /// Whether more rows can still prove it.
  var fitsAlways: Bool { fitting > 0 && fitting * 10 >= rows * 9 }

  private var isFrequent: Bool { rows >= PieceCount.numbersMax }
  private static let chanceRows = 20

  mutating func merge(_ other: PieceCount) {
    rows += other.rows
    fitting += other.fitting
    parts += other.parts
    for number in other.numbers where numbers.count < PieceCount.numbersMax {
      numbers.insert(number)
    }
    brand = brand ?? other.brand
    rowKey = rowKey ?? other.rowKey
    hint = max(hint, other.hint)
  }
}

/// Puts digits of one row together and asks whether they are a card number.
struct PieceSearch {
  private let detector: Detector
  /// Columns that their names put together, by the key they are counted under.
  private let named: [PieceKey: PieceGroup]
  /// What the columns' names say.
  private let hints: [ColumnHints]
  /// Numbers have 13 to 19 digits here; a shorter one says too little when put together.
  private static let lengths = 13...19
  private static let tripleMax = 8
  private static let printed: Set<[Int]> = [
    [4, 4, 4, 4], [4, 6, 5], [4, 6, 4], [4, 4, 4, 4, 3],
  ]

  init(_ detector: Detector, _ groups: [PieceGroup] = [], _ hints: [ColumnHints] = []) {
    self.detector = detector
    self.hints = hints
    named = Dictionary(groups.map { (PieceKey($0), $0) }) { first, _ in first }
  }

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

  /// Tries the columns that their names put together, whatever their values look like: as they are
  /// written, and with the zeros that columns of integers lose.
  func countNamed(
    _ values: [RowTracker.RowValue], _ rowKey: String?, _ counts: inout [PieceKey: PieceCount]
  ) {
    for (key, group) in named {
      var written: [Piece] = []
      var filled: [Piece] = []
      for (column, digits) in zip(group.columns, group.digits) {
        guard
          let value = values.first(where: { $0.column == column && $0.kind.mayBePiece }),
          value.headCount == 0 || value.tailCount == 0, value.writtenCount <= 12
        else { continue }
        var piece = Piece(
          id: column * 2, value: value.tailCount > 0 ? value.tail : value.head,
          count: value.writtenCount, length: value.length)
        written.append(piece)
        if value.length == 0 { piece.count = max(piece.count, digits, value.headCount) }
        filled.append(piece)
      }
      if written.count < group.columns.count {
        if group.isSeries, written.reduce(0, { $0 + $1.count }) > 10 {
          counts[key, default: PieceCount()].parts += 1
          counts[key]?.hint = group.isPlain ? .plain : .likely
        }
        continue
      }
      // Two columns that make no number are a BIN and the last four.
      guard
        written.count > 2 || length(of: written) != nil || length(of: filled) != nil
      else { continue }
      count([written, filled], key, group.isPlain ? .plain : .likely, rowKey, &counts)
    }
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
    let key = PieceKey(pieces: pieces.map(\.id))
    guard length(of: pieces) != nil, named[key] == nil else { return }
    count([pieces], key, hint(of: pieces), rowKey, &counts)
  }

  private func hint(of pieces: [Piece]) -> PieceCount.Hint {
    // One shows the front of a number, the other its end, and both how long it is.
    if pieces.count == 2, pieces[0].length > 0, pieces[0].length == pieces[1].length,
      pieces[0].id % 2 == 0, pieces[1].id % 2 == 1
    {
      return .likely
    }
    if pieces.count == 3, isNamed(pieces[0], .bin), isNamed(pieces[2], .last4) { return .shape }
    let isRow = zip(pieces, pieces.dropFirst()).allSatisfy { $0.id + 2 == $1.id }
    return isRow && PieceSearch.printed.contains(pieces.map(\.count)) ? .shape : .none
  }

  private func isNamed(_ piece: Piece, _ hint: ColumnHints) -> Bool {
    piece.id / 2 < hints.count && hints[piece.id / 2].contains(hint)
  }

  /// - Parameter ways: to read the pieces of one row; one that is a number is enough.
  private func count(
    _ ways: [[Piece]], _ key: PieceKey, _ hint: PieceCount.Hint, _ rowKey: String?,
    _ counts: inout [PieceKey: PieceCount]
  ) {
    var entry = counts[key] ?? PieceCount()
    entry.rows += 1
    entry.hint = max(entry.hint, hint)
    defer { counts[key] = entry }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 40) { digits in
      defer { digits.update(repeating: 0) }
      for pieces in ways {
        digits.initialize(repeating: 0)
        guard let length = length(of: pieces), write(pieces, length, digits),
          let brand = detector.brand(ofNumber: UnsafeBufferPointer(rebasing: digits[..<length]))
        else { continue }
        entry.fitting += 1
        entry.brand = entry.brand ?? brand
        entry.rowKey = entry.rowKey ?? rowKey
        guard entry.numbers.count < PieceCount.numbersMax else { return }
        var hasher = Hasher()
        hasher.combine(
          bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[..<length]))
        entry.numbers.insert(UInt64(truncatingIfNeeded: hasher.finalize()))
        return
      }
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
