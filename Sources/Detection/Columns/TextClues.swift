/// Hashes inside a text (JSON, `key=value`, XML, prose), and digits of card numbers that stand beside
/// them there: what a column of hashes and its sister columns are, in one value.
package struct TextClues {
  /// Where hashes are, and how many bytes each has.
  package var hashes: [(range: Range<Int>, byteCount: Int)] = []
  /// Masked numbers, and digits that are called a BIN or the last four.
  package var digits: [(offset: Int, value: ClassifiedValue)] = []

  fileprivate static let hashesMax = 16
  fileprivate static let digitsMax = 64
  /// The shortest hash: 16 bytes as base64.
  fileprivate static let runBytesMin = 22
}

extension ValueClassifier {
  /// - Returns: `nil` for a text without hashes.
  package func clues(in value: UnsafeRawBufferPointer) -> TextClues? {
    guard let memory = value.baseAddress, value.count > TextClues.runBytesMin else { return nil }
    let p = memory.assumingMemoryBound(to: UInt8.self)
    let bytes = Bytes(base: p, count: value.count)
    var clues = TextClues()
    var at = 0
    // A look every 22 bytes meets each run that is long enough.
    while at + TextClues.runBytesMin <= bytes.count, clues.hashes.count < TextClues.hashesMax {
      var start = at + TextClues.runBytesMin
      while start > at, TextClues.isCoded(bytes[start - 1]) { start -= 1 }
      guard start == at else {
        at = start
        continue
      }
      var end = at + TextClues.runBytesMin
      while TextClues.isCoded(bytes[end]) { end += 1 }
      if ids.match(p + at, end - at) == nil, let hash = TextClues.hash(in: at..<end, of: bytes) {
        clues.hashes.append(hash)
      }
      at = end + 1
    }
    guard !clues.hashes.isEmpty else { return nil }
    findDigits(bytes, &clues)
    return clues
  }

  private func findDigits(_ bytes: Bytes, _ clues: inout TextClues) {
    var at = 0
    while at < bytes.count, clues.digits.count < TextClues.digitsMax {
      guard TextClues.isDigitOrMark(bytes[at]), !TextClues.isDigitOrMark(bytes[at - 1]) else {
        at += 1
        continue
      }
      let start = at
      var isGlued = isLetter(bytes[at - 1]) || bytes[at - 1] == 0x5F
      while TextClues.isDigitOrMark(bytes[at])
        || (bytes[at] == 0x20 || bytes[at] == 0x2D) && TextClues.isDigitOrMark(bytes[at + 1])
          && at - start < 40
      { at += 1 }
      isGlued = isGlued || isWord(bytes[at]) || bytes[at] == 0x5F
      let range = start..<at
      guard !isGlued, range.count >= 4, range.count <= 40 else { continue }
      let hints = hints(before: start, in: bytes)
      let value = classify(
        UnsafeRawBufferPointer(start: bytes.base + start, count: range.count), hash: 0, hints: hints
      )
      let isMasked = value.headCount > 0 && value.tailCount > 0
      if isMasked || value.kind == .bin || value.kind == .last4 {
        clues.digits.append((start, value))
      }
    }
  }

  /// What the key before a value says: `"last4":`, `bin=`, `<last4>`, `ending in`.
  private func hints(before value: Int, in bytes: Bytes) -> ColumnHints {
    var end = value
    while value - end < 8, [0x22, 0x27, 0x3A, 0x3D, 0x20, 0x3E, 0x5C].contains(bytes[end - 1]) {
      end -= 1
    }
    var start = end
    while end - start < 24,
      isWord(bytes[start - 1]) || [0x5F, 0x2D, 0x20].contains(bytes[start - 1])
    { start -= 1 }
    var word = end
    while word > start, isWord(bytes[word - 1]) || bytes[word - 1] == 0x5F { word -= 1 }
    func hints(_ start: Int) -> ColumnHints {
      detector.hints(
        forColumn: String(
          decoding: UnsafeRawBufferPointer(start: bytes.base + start, count: end - start),
          as: UTF8.self))
    }
    return start < end ? hints(start).union(hints(word)) : []
  }
}

extension TextClues {
  @inline(__always)
  fileprivate static func isCoded(_ c: UInt8) -> Bool {
    isWord(c) || c == 0x2B || c == 0x2F || c == 0x2D || c == 0x5F
  }

  @inline(__always)
  fileprivate static func isDigitOrMark(_ c: UInt8) -> Bool {
    // Bullets are of three bytes.
    isDigit(c) || c == 0x2A || c == 0x23 || c | 0x20 == 0x78 || c >= 0x80
  }

  /// - Parameter run: letters, digits and what base64 has beside them.
  fileprivate static func hash(
    in run: Range<Int>, of bytes: Bytes
  ) -> (range: Range<Int>, byteCount: Int)? {
    // A name may stand before the digits: `sha256-…`, `\x…`.
    var start = run.upperBound
    while start > run.lowerBound, isHex(bytes[start - 1]) { start -= 1 }
    let isBounded =
      start == run.lowerBound || !isWord(bytes[start - 1]) || bytes[start - 1] | 0x20 == 0x78
    let hex = start..<run.upperBound
    if isBounded, [32, 40, 56, 64, 96, 128].contains(hex.count),
      hex.contains(where: { isHexLetter(bytes[$0]) })
    {
      return (hex, hex.count / 2)
    }
    guard let byteCount = [22: 16, 27: 20, 38: 28, 43: 32, 64: 48, 86: 64][run.count],
      looksEncoded(bytes.base + run.lowerBound, count: run.count)
    else { return nil }
    return (run, byteCount)
  }
}
