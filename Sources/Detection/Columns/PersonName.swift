/// Names of people, told from other texts by their looks.
enum PersonName {
  private static let bytesMax = 64
  private static let wordsMax = 5

  /// How many words a name has: letters, apostrophes, hyphens and dots, one word at least with a
  /// capital or a letter beyond ASCII; 0 for what reads like none.
  static func wordCount(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int {
    guard n <= PersonName.bytesMax else { return 0 }
    var words = 0
    var hasCapital = false
    var at = 0
    while at < n {
      let start = at
      while at < n, isPart(p[at]) { at += 1 }
      guard at > start, isLetter(p[start]) || p[start] >= 0x80 else { return 0 }
      hasCapital = hasCapital || p[start] < 0x61 || p[start] >= 0x80
      words += 1
      // Lee, Ann
      if at + 1 < n, p[at] == 0x2C { at += 1 }
      guard at == n || p[at] == 0x20 && at + 1 < n else { return 0 }
      at += 1
    }
    return hasCapital && words <= PersonName.wordsMax ? words : 0
  }

  private static func isPart(_ c: UInt8) -> Bool {
    isLetter(c) || c >= 0x80 || c == 0x27 || c == 0x2D || c == 0x2E
  }
}

extension ValueClassifier {
  /// Whether a value of a column that may hold names of people reads like one.
  /// - Parameter hints: what the column's name says; a first name is one word, others are two or more.
  package func looksLikeName(_ value: UnsafeRawBufferPointer, hints: ColumnHints) -> Bool {
    guard let memory = value.baseAddress else { return false }
    let p = memory.assumingMemoryBound(to: UInt8.self)
    var n = value.count
    while n > 0, p[n - 1] == 0x20 { n -= 1 }
    let words = PersonName.wordCount(p, n)
    return words >= (hints.contains(.partOfName) ? 1 : 2)
  }
}
