/// What the words around a number say, the strongest of each kind.
struct NearbyWords: Equatable {
  var pan: Meaning.Weight?
  var hasExpiry = false
  var hasCode = false
  var hasBrand = false
  var hasTrack = false
  var hasNegative = false

  /// Whether one of them says that a card is near by.
  var tellOfCards: Bool {
    (pan ?? .weak) >= .medium || hasExpiry || hasBrand || hasTrack || hasCode
  }
}

extension LabelReader {
  private static let leftBytes = 64
  private static let rightBytes = 40

  /// Reads 64 bytes to the left and 40 to the right, within the line, and the line before when the
  /// number begins its own.
  func nearby(_ bytes: Bytes, number: Range<Int>) -> NearbyWords {
    var words = NearbyWords()
    var low = number.lowerBound
    let floor = max(0, number.lowerBound - LabelReader.leftBytes)
    var sawText = false
    while low > floor {
      let c = bytes[low - 1]
      if c == 0x0A {
        if sawText { break }
        sawText = true
      } else if !isBlank(c), c != 0x22, c != 0x0D, c != 0x27 {
        sawText = true
      }
      low -= 1
    }
    var high = number.upperBound
    let ceiling = min(bytes.count, number.upperBound + LabelReader.rightBytes)
    while high < ceiling, bytes[high] != 0x0A { high += 1 }
    collect(
      bytes, low..<number.lowerBound, isCut: low > 0 && low == floor && isName(bytes[low - 1]),
      into: &words)
    collect(bytes, number.upperBound..<high, isCut: false, into: &words)
    return words
  }

  /// Looks up every run of one to four words in the range.
  private func collect(
    _ bytes: Bytes, _ range: Range<Int>, isCut: Bool, into words: inout NearbyWords
  ) {
    var at = range.lowerBound
    if isCut { while at < range.upperBound, isName(bytes[at]) { at += 1 } }
    while at < range.upperBound {
      if isWordStart(bytes, at, floor: range.lowerBound) {
        var hash = SqueezedHash()
        var end = at
        var count = 0
        while end < range.upperBound, count < 4 {
          // One word, then whatever single separators follow it.
          repeat {
            end += Folding.fold(bytes, at: end, into: &hash)
          } while end < range.upperBound && (isWord(bytes[end]) || bytes[end] >= 0x80)
            && !isWordStart(bytes, end, floor: range.lowerBound)
          count += 1
          for meaning in lexicon.meanings(of: hash) { take(meaning, into: &words) }
          while end < range.upperBound, bytes[end] < 0x80, !isWord(bytes[end]), bytes[end] != 0x0A {
            end += 1
          }
        }
        if bytes[at] >= 0x80 { collectUnbounded(bytes, at, range.upperBound, into: &words) }
      }
      at += 1
    }
  }

  /// Substrings of a run of text in a script without word boundaries.
  private func collectUnbounded(
    _ bytes: Bytes, _ from: Int, _ to: Int, into words: inout NearbyWords
  ) {
    var start = from
    while start < to, bytes[start] >= 0x80 {
      if bytes[start] & 0xC0 != 0x80 {
        var hash = SqueezedHash()
        var end = start
        while end < to, bytes[end] >= 0x80, end - start < lexicon.unboundedBytesMax {
          end += Folding.fold(bytes, at: end, into: &hash)
          for meaning in lexicon.meanings(of: hash) where !meaning.isBounded {
            take(meaning, into: &words)
          }
        }
      }
      start += 1
    }
  }

  private func take(_ meaning: Meaning, into words: inout NearbyWords) {
    switch meaning.category {
    case .pan: words.pan = max(words.pan ?? .weak, meaning.weight)
    case .expiry: if meaning.weight >= .medium { words.hasExpiry = true }
    case .cvv: if meaning.weight == .strong { words.hasCode = true }
    case .brand: if meaning.weight >= .medium { words.hasBrand = true }
    case .track: if meaning.weight == .strong { words.hasTrack = true }
    case .negative: words.hasNegative = true
    case .holder: if meaning.weight == .strong { words.pan = max(words.pan ?? .weak, .medium) }
    case .pin, .serviceCode, .safe, .notCode: break
    }
  }
}
