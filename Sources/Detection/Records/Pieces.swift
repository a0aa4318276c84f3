/// Names of fields that hold a card number in pieces: `card_number_1`, `card_number_2`.
enum Pieces {
  /// As many as a number is cut into by people and forms.
  static let count = 3...5
  /// Digits of one.
  static let digits = 2...7

  /// Names of card numbers in English and in code.
  static let names = [
    "number", "card", "pan", "cardno", "card_no", "ccno", "num", "cc", "ccn", "part", "piece",
  ]

  /// The last three folded bytes of labels before a first piece, with an index behind them or not.
  static let endings: [NameEnding] = {
    let all = names.flatMap { name in ["", "1", "_1", "-1", "0", "_0"].map { name + $0 } }
    let endings = Set(all.compactMap { $0.utf8.count < 3 ? nil : String($0.suffix(3)) })
    return endings.sorted().map { NameEnding($0.utf8) }
  }()

  /// A name without the number that ends it.
  struct Name {
    /// In the bytes; joiners before the number are no part of it.
    var stem: Range<Int>
    /// What stands between stem and number.
    var joiner: Range<Int>
    var index: Int
  }

  /// - Returns: `nil` for a name that no number from 0 to 9 ends.
  static func name(_ bytes: Bytes, _ range: Range<Int>) -> Name? {
    guard range.count > 2, isDigit(bytes[range.upperBound - 1]),
      !isDigit(bytes[range.upperBound - 2])
    else { return nil }
    let end = range.upperBound - 1
    var stem = range.lowerBound..<end
    while stem.count > 1, !isWord(bytes[stem.upperBound - 1]), bytes[stem.upperBound - 1] < 0x80 {
      stem = stem.lowerBound..<stem.upperBound - 1
    }
    return Name(stem: stem, joiner: stem.upperBound..<end, index: Int(bytes[end] & 0x0F))
  }

  /// How surely the stem names a card number; `part`, `piece` and the like at its end aside.
  static func weight(_ bytes: Bytes, _ stem: Range<Int>, _ reader: LabelReader) -> Meaning.Weight? {
    var stem = stem
    for word in ["part", "piece", "group", "block", "segment"] as [StaticString] {
      let start = stem.upperBound - word.utf8CodeUnitCount
      guard start > stem.lowerBound, bytes.hasFolded(word, at: start) else { continue }
      stem = stem.lowerBound..<start
      break
    }
    let weight = reader.meanings(bytes, stem).filter { $0.category == .pan }.map(\.weight).max()
    return weight.flatMap { $0 >= .medium ? $0 : nil }
  }

  /// Columns in a row whose names differ only in a number that counts up, and name a card number.
  static func series(_ names: [[UInt8]], _ reader: LabelReader) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    var last: (stem: [UInt8], index: Int)?
    func close(_ end: Int) {
      if last != nil, count.contains(end - start) { found.append(start..<end) }
    }
    for (column, name) in names.enumerated() {
      let part = name.withUnsafeBufferPointer { buffer -> (stem: [UInt8], index: Int)? in
        guard let base = buffer.baseAddress else { return nil }
        let bytes = Bytes(base: base, count: buffer.count)
        guard let name = Pieces.name(bytes, 0..<bytes.count),
          weight(bytes, name.stem, reader) != nil
        else { return nil }
        return (name.stem.map { lower(bytes[$0]) }, name.index)
      }
      if let last, let part, part.stem == last.stem, part.index == last.index + 1 {
      } else {
        close(column)
        start = column
      }
      last = part
    }
    close(names.count)
    return found
  }
}
