/// Columns whose names say that each holds a piece of one card number.
package struct PieceGroup: Sendable, Equatable {
  /// In the order of their digits.
  package var columns: [Int]
  /// How many digits of each its name tells; 0 where it tells none.
  package var digits: [Int]
  /// Whether the names can hardly mean anything else.
  package var isPlain: Bool
  /// Whether the names count up: then none of the columns is the BIN or the last four.
  package var isSeries: Bool
}

extension Detector {
  /// Which columns of a table are named for pieces of one number: `pan1` to `pan4`, `number_a` and
  /// `number_b`, `card_first6`, `card_middle6` and `card_last4`.
  package func pieceGroups(ofColumns names: [String]) -> [PieceGroup] {
    let pieces = names.enumerated().compactMap { PieceName($1, column: $0, reader) }
    guard pieces.count > 1 else { return [] }
    return Array((PieceName.series(pieces) + PieceName.ends(pieces)).prefix(PieceName.groupsMax))
  }
}

/// What a column's name says of the piece in it.
private struct PieceName {
  enum Place: Equatable { case front, middle, back, index(Int) }

  var column: Int
  var place: Place
  var digits = 0
  /// Whether the place says enough without the name of a card.
  var isTelling = false
  var stem: [String]
  /// How surely the stem names a card number; `nil` when it does not.
  var weight: Meaning.Weight?

  static let groupsMax = 16
  private static let wordsMax = 8
  private static let places: [(words: Set<String>, place: Place)] = [
    (["first", "front", "head", "prefix", "leading", "bin", "iin"], .front),
    (["middle", "mid", "center", "centre", "inner"], .middle),
    (["last", "back", "tail", "suffix", "trailing", "rest"], .back),
  ]
  private static let counts = [
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12,
  ]
  private static let fillers: Set<String> = [
    "part", "piece", "group", "block", "segment", "half", "digit", "digits", "of", "the",
  ]

  init?(_ name: String, column: Int, _ reader: LabelReader) {
    let words = PieceName.words(name)
    guard !words.isEmpty, words.count <= PieceName.wordsMax else { return nil }
    self.column = column
    if let at = words.firstIndex(where: { PieceName.place($0) != nil }),
      let found = PieceName.place(words[at])
    {
      place = found.place
      stem = Array(words[..<at]) + found.glued
      var rest = words[(at + 1)...]
      if let count = rest.first.flatMap({ PieceName.counts[$0] ?? Int($0) }) {
        guard (2...12).contains(count) else { return nil }
        digits = count
        rest = rest.dropFirst()
      }
      stem += rest
      isTelling = digits > 0 || ["bin", "iin"].contains(words[at])
    } else if words.count > 1, let last = words.last, let index = PieceName.index(last) {
      place = .index(index)
      stem = words.dropLast()
    } else {
      return nil
    }
    stem.removeAll(where: PieceName.fillers.contains)
    weight =
      TableHeader.column(stem.joined(separator: "_").utf8, reader)?.meanings
      .filter { $0.category == .pan }.map(\.weight).max()
    guard weight != nil || isTelling && stem.isEmpty else { return nil }
  }

  /// Letters and numbers of a name, in lower case: `cardFirst6` as `card`, `first`, `6`.
  private static func words(_ name: String) -> [String] {
    var words: [String] = []
    var last: Character = "_"
    for c in name {
      defer { last = c }
      guard c.isLetter || c.isNumber else { continue }
      let continues =
        c.isNumber ? last.isNumber : last.isLetter && !(c.isUppercase && last.isLowercase)
      if continues, !words.isEmpty {
        words[words.count - 1] += c.lowercased()
      } else {
        words.append(c.lowercased())
      }
    }
    return words
  }

  /// - Returns: also what stands before it in the word, as in `cardfirst`.
  private static func place(_ word: String) -> (place: Place, glued: [String])? {
    for (words, place) in places {
      if words.contains(word) { return (place, []) }
      if let end = words.sorted().first(where: word.hasSuffix) {
        return (place, [String(word.dropLast(end.count))])
      }
    }
    return nil
  }

  /// Of `1` or `a`.
  private static func index(_ word: String) -> Int? {
    guard word.utf8.count == 1, let c = word.utf8.first else { return nil }
    return isDigit(c) ? Int(c) - 0x30 : (0x61...0x65).contains(c) ? Int(c) - 0x60 : nil
  }

  /// Names that differ only in what counts up.
  static func series(_ pieces: [PieceName]) -> [PieceGroup] {
    var groups: [PieceGroup] = []
    let numbered = pieces.compactMap { piece -> (index: Int, piece: PieceName)? in
      if case .index(let index) = piece.place { (index, piece) } else { nil }
    }
    for first in numbered where first.index < 2 {
      let alike = numbered.filter { $0.piece.stem == first.piece.stem }
      guard first.index == alike.map(\.index).min() else { continue }
      let run = (first.index..<first.index + alike.count).compactMap { index in
        alike.first { $0.index == index }?.piece
      }
      // A sixth, or a gap, makes it a list of something else.
      guard run.count == alike.count, (2...Pieces.count.upperBound).contains(run.count) else {
        continue
      }
      groups.append(
        PieceGroup(
          columns: run.map(\.column), digits: run.map(\.digits),
          isPlain: run.count >= Pieces.count.lowerBound && run.allSatisfy(\.isPlain), isSeries: true
        ))
    }
    return groups
  }

  private var isPlain: Bool { isTelling || (weight.map { $0 >= .medium } ?? false) }

  /// The front and the back of a number, with what is between them or without.
  static func ends(_ pieces: [PieceName]) -> [PieceGroup] {
    var groups: [PieceGroup] = []
    for front in pieces where front.place == .front {
      for back in pieces where back.place == .back {
        for middle in pieces where middle.place == .middle {
          groups.append(group([front, middle, back]))
        }
        if front.digitsMax + back.digitsMax >= 13 { groups.append(group([front, back])) }
      }
    }
    return groups
  }

  private static func group(_ pieces: [PieceName]) -> PieceGroup {
    PieceGroup(
      columns: pieces.map(\.column), digits: pieces.map(\.digits),
      isPlain: pieces.allSatisfy(\.isPlain), isSeries: false)
  }

  private var digitsMax: Int { digits > 0 ? digits : isTelling ? 8 : 12 }
}
