/// ASCII text written as pairs of hex digits: `34323432`, `X'7b22…'`, `\x3432`; in lines as `xxd -p`
/// breaks them.
extension Scanner {
  func scanHex(_ frame: borrowing Frame, _ region: CodedRegion) {
    let bytes = frame.bytes
    let context = CodedKind.hex.contextBytes
    let floor = max(0, min(region.range.lowerBound, region.anchor) - context)
    var start = region.anchor
    while let before = HexText.pair(bytes, before: start), before >= floor { start = before }
    let isWhole = start - 2 >= floor
    let ceiling = min(bytes.count, max(region.range.upperBound, region.anchor) + context)
    // `0x` belongs to the digits; before a decoded number it would make that a number in hex.
    let prefix = start > 1 && bytes[start - 1] | 0x20 == 0x78 && bytes[start - 2] == 0x30 ? 2 : 0
    let plain =
      isWhole ? max(0, start - Scanner.plainContext)..<start - prefix : start..<start
    var view = View(
      capacity: plain.count + (ceiling - start) / 2 + 1 + Scanner.plainContext, encoding: .hex)
    for at in plain { view.append(bytes[at], from: at) }
    let first = view.count
    var at = start
    while let pair = HexText.pair(bytes, from: at), pair < ceiling {
      view.append(hexValue(bytes[pair]) << 4 | hexValue(bytes[pair + 1]), from: pair)
      at = pair + 2
    }
    view.endOffset = max(view.endOffset, at)
    let last = view.count
    if at < ceiling {
      for i in at..<min(bytes.count, at + Scanner.plainContext) {
        view.append(bytes[i], from: i)
      }
    }
    let low = max(first, view.index(of: region.range.lowerBound))
    let high = min(last, view.index(of: region.range.upperBound))
    if low < high { scan(view, owned: low..<high, in: frame) }
  }

  /// Rows of a hex dump (`xxd`, `hexdump -C`, `od -t x1z`, and in words whose last byte comes first
  /// `hexdump`, `od -x`), or pairs of hex digits with a space, a colon or a dash after each, or in a list
  /// with `0x` before each.
  func scanHexDump(_ frame: borrowing Frame, _ region: CodedRegion) {
    let bytes = frame.bytes
    let context = CodedKind.hexDump.contextBytes
    var at = max(0, region.range.lowerBound - context)
    if at > 0 {
      // From a line's start, or else from between two words.
      let low = at
      while at < region.range.lowerBound, bytes[at - 1] != 0x0A { at += 1 }
      if at >= region.range.lowerBound {
        at = low
        while at < region.range.lowerBound, !isBlank(bytes[at - 1]) { at += 1 }
      }
    }
    let ceiling = min(bytes.count, region.range.upperBound + context)
    var view = View(capacity: ceiling - at + 1, encoding: .hexDump)
    var isRow = false
    if at == 0 || bytes[at - 1] == 0x0A, let row = HexText.rowStart(bytes, at) {
      at = row
      isRow = true
    }
    var isReversed = isRow && HexText.isReversed(bytes, at)
    while at < ceiling {
      if !isRow, HexText.isListed(bytes, at) {
        view.append(hexValue(bytes[at + 2]) << 4 | hexValue(bytes[at + 3]), from: at)
        at += 4
        view.endOffset = at
        at = HexText.nextListed(bytes, at) ?? at
        continue
      }
      let width = HexText.group(bytes, at, isRow: isRow)
      if width > 0 {
        for i in stride(from: 0, to: width, by: 2) {
          let pair = at + (isReversed ? width - 2 - i : i)
          view.append(
            hexValue(bytes[pair]) << 4 | hexValue(bytes[pair + 1]), from: isReversed ? at : pair)
        }
        at += width
        view.endOffset = at
        // A space between pairs, and two in the middle of a row.
        if bytes[at] == 0x20 || !isRow && (bytes[at] == 0x3A || bytes[at] == 0x2D),
          HexText.group(bytes, at + 1, isRow: isRow) > 0
        {
          at += 1
        }
        if isRow, bytes[at] == 0x20, bytes[at + 1] == 0x20,
          HexText.group(bytes, at + 2, isRow: isRow) == 2,
          width == 2
        {
          at += 2
        }
        continue
      }
      if isRow {
        // The rest of the row is the same again as text.
        while at < ceiling, bytes[at] != 0x0A { at += 1 }
      } else if bytes[at] != 0x0A {
        // Not into the middle of a word, where two letters would look like a pair.
        let isPartOfWord = isWord(bytes[at])
        repeat {
          view.append(bytes[at], from: at)
          at += 1
        } while isPartOfWord && at < ceiling && isWord(bytes[at])
        continue
      }
      guard at < ceiling else { break }
      let newline = at
      at += 1
      let next = HexText.rowStart(bytes, at)
      if let next, isRow { at = next } else { view.append(0x0A, from: newline) }
      if let next, !isRow { at = next }
      isRow = next != nil
      if let next { isReversed = HexText.isReversed(bytes, next) }
    }
    let low = view.index(of: region.range.lowerBound)
    let high = view.index(of: region.range.upperBound)
    if low < high { scan(view, owned: low..<high, in: frame) }
  }
}

/// Pairs of hex digits.
enum HexText {
  /// Enough for 64 bytes in a row.
  private static let rowBytesMax = 320

  /// Whether at least twelve pairs around the one at `at` stand for ASCII text.
  static func isText(_ bytes: Bytes, _ at: Int) -> Bool {
    var low = at
    while at - low < 24, isASCII(bytes, low - 2) { low -= 2 }
    var high = at + 2
    while high - low < 24, isASCII(bytes, high) { high += 2 }
    return high - low >= 24
  }

  /// A pair that is printable ASCII, a tab or the end of a line.
  private static func isASCII(_ bytes: Bytes, _ at: Int) -> Bool {
    let a = bytes[at]
    let b = bytes[at + 1]
    if a >= 0x32, a <= 0x37 { return isHex(b) }
    return a == 0x30 && (b == 0x39 || b | 0x20 == 0x61 || b | 0x20 == 0x64)
  }

  /// Whether at least eight pairs with a space after each, or a colon or dash, lie around `at`.
  static func isSpaced(_ bytes: Bytes, _ at: Int) -> Bool {
    let sign = bytes[at + 2]
    let hasSigns = sign == 0x3A || sign == 0x2D
    func separates(_ c: UInt8) -> Bool { hasSigns ? c == sign : isBlank(c) }
    var low = at
    while at - low < 24, isPair(bytes, low - 3), separates(bytes[low - 1]) { low -= 3 }
    var high = at + 2
    while high - low < 24, separates(bytes[high]), isPair(bytes, high + 1) { high += 3 }
    return high - low >= 22
  }

  /// Whether a pair stands at `at` as an array in source code has it: `0x34`.
  static func isListed(_ bytes: Bytes, _ at: Int) -> Bool {
    bytes[at] == 0x30 && bytes[at + 1] | 0x20 == 0x78 && isPair(bytes, at + 2)
      && !isWord(bytes[at + 4]) && !isWord(bytes[at - 1])
  }

  /// Where the next pair of a list begins, behind a comma, blanks and ends of lines.
  static func nextListed(_ bytes: Bytes, _ end: Int) -> Int? {
    var at = end
    while at - end < listGapMax, isListGap(bytes[at]) { at += 1 }
    return at > end && isListed(bytes, at) ? at : nil
  }

  /// Whether at least eight pairs in a list lie around the one at `at`.
  static func isInList(_ bytes: Bytes, _ at: Int) -> Bool {
    guard isListed(bytes, at) else { return false }
    var count = 1
    var high = at + 4
    while count < 8, let next = nextListed(bytes, high) {
      count += 1
      high = next + 4
    }
    var low = at
    while count < 8 {
      var end = low
      while low - end < listGapMax, isListGap(bytes[end - 1]) { end -= 1 }
      guard end < low, isListed(bytes, end - 4) else { return false }
      count += 1
      low = end - 4
    }
    return true
  }

  private static let listGapMax = 32

  private static func isListGap(_ c: UInt8) -> Bool {
    c == 0x2C || isBlank(c) || c == 0x0A || c == 0x0D
  }

  /// Whether a row whose first group begins at `row` is of words as little-endian machines hold them:
  /// `od` and `hexdump` write no colon behind the offset, and no words when they show bytes in order;
  /// of `xxd -e` the text beside the words tells.
  static func isReversed(_ bytes: Bytes, _ row: Int) -> Bool {
    var at = row
    while row - at < 16, bytes[at - 1] == 0x20 { at -= 1 }
    let width = group(bytes, row, isRow: true)
    guard width > 2, bytes[at - 1] == 0x3A else { return width > 2 }
    var end = row
    while end - row < rowBytesMax {
      end += group(bytes, end, isRow: true)
      guard bytes[end] == 0x20, group(bytes, end + 1, isRow: true) > 0 else { break }
      end += 1
    }
    // Behind a row that is not full stand more blanks, and the text may begin with some.
    var text = end
    while text - row < rowBytesMax, bytes[text] == 0x20 { text += 1 }
    let (near, far) = (order(bytes, row..<end, text: end + 2), order(bytes, row..<end, text: text))
    return abs(near) >= abs(far) ? near < 0 : far < 0
  }

  /// How many bytes of a row stand in its text as the groups have them, less those that do the other way
  /// round.
  private static func order(_ bytes: Bytes, _ row: Range<Int>, text: Int) -> Int {
    var order = 0
    var at = row.lowerBound
    var text = text
    while at < row.upperBound {
      let width = group(bytes, at, isRow: true)
      for i in stride(from: 0, to: width, by: 2) {
        let value = hexValue(bytes[at + i]) << 4 | hexValue(bytes[at + i + 1])
        if bytes[text + i / 2] == value { order += 1 }
        if bytes[text + width / 2 - 1 - i / 2] == value { order -= 1 }
      }
      at += width + 1
      text += width / 2
    }
    return order
  }

  private static func isPair(_ bytes: Bytes, _ at: Int) -> Bool {
    isHex(bytes[at]) && isHex(bytes[at + 1])
  }

  /// How many digits the group at `at` has: 2, in a row of a dump any even number; 0 for none.
  static func group(_ bytes: Bytes, _ at: Int, isRow: Bool) -> Int {
    guard !isWord(bytes[at - 1]) else { return 0 }
    var end = at
    while end - at <= 32, isHex(bytes[end]) { end += 1 }
    let width = end - at
    guard !isWord(bytes[end]), width >= 2, width <= 32, width & 1 == 0, isRow || width == 2 else {
      return 0
    }
    return width
  }

  /// Where the first group of a row begins that a line begins with its offset: `00000010: 3432 …`,
  /// `00000010  34 32 …`, `0000020 34 32 …`, and of `tcpdump -X` with a tab before it `0x0010:  3432 …`.
  static func rowStart(_ bytes: Bytes, _ line: Int) -> Int? {
    var at = line
    while at - line < 8, isBlank(bytes[at]) { at += 1 }
    let hasPrefix = bytes[at] == 0x30 && bytes[at + 1] == 0x78
    guard hasPrefix || at == line else { return nil }
    if hasPrefix { at += 2 }
    let digits = at
    while at - digits < 16, isHex(bytes[at]) { at += 1 }
    guard at - digits >= (hasPrefix ? 4 : 6) else { return nil }
    if bytes[at] == 0x3A { at += 1 }
    let blanks = at
    while at - blanks < 8, bytes[at] == 0x20 { at += 1 }
    return at > blanks && group(bytes, at, isRow: true) > 0 ? at : nil
  }

  /// Whether digits reach to the edge of the text beside a row's pairs, where a number is cut; what the
  /// pairs hold over several rows tells.
  static func isCut(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    let before = bytes[range.lowerBound - 1]
    let after = bytes[range.upperBound]
    guard before == 0x7C || before == 0x20 || after == 0x7C || after == 0x0A || after == 0x0D else {
      return false
    }
    var line = range.lowerBound
    while line > 0, range.lowerBound - line < rowBytesMax, bytes[line - 1] != 0x0A { line -= 1 }
    guard line == 0 || bytes[line - 1] == 0x0A, var at = rowStart(bytes, line) else { return false }
    let isReversed = isReversed(bytes, at)
    var values: [UInt8] = []
    while values.count < 64, at < range.lowerBound {
      let width = group(bytes, at, isRow: true)
      guard width > 0 else { break }
      for i in stride(from: 0, to: width, by: 2) {
        let pair = at + (isReversed ? width - 2 - i : i)
        values.append(hexValue(bytes[pair]) << 4 | hexValue(bytes[pair + 1]))
      }
      at += width
      let blanks = bytes[at] == 0x20 ? (bytes[at + 1] == 0x20 ? 2 : 1) : 0
      if blanks == 0 || blanks == 2 && !(values.count == 8 && width == 2) { break }
      at += blanks
    }
    while at < range.lowerBound, bytes[at] == 0x20 || bytes[at] == 0x7C { at += 1 }
    // The text shows what the pairs say.
    let first = range.lowerBound - at
    guard first >= 0, first + range.count <= values.count else { return false }
    for i in 0..<range.count where bytes[range.lowerBound + i] != values[first + i] { return false }
    return first == 0 || first + range.count == values.count
  }

  /// Whether a number in groups is one of pairs in a row: that all stand for digits, or for ASCII where
  /// the groups are longer than those of a card.
  static func isPairs(_ bytes: Bytes, _ candidate: Candidate) -> Bool {
    guard candidate.groupPoints != nil else { return false }
    let isLong = candidate.range.count - candidate.count == 1
    for at in stride(from: 0, to: candidate.count, by: 2) {
      let digit = candidate.digits[at]
      guard digit == 0x33 || isLong && (0x32...0x37).contains(digit) else { return false }
    }
    return isInRow(bytes, candidate.range.lowerBound)
  }

  /// Whether the place is in a row that begins with its offset.
  static func isInRow(_ bytes: Bytes, _ at: Int) -> Bool {
    var line = at
    while line > 0, at - line < rowBytesMax, bytes[line - 1] != 0x0A { line -= 1 }
    guard line == 0 || bytes[line - 1] == 0x0A else { return false }
    return rowStart(bytes, line) != nil
  }

  /// Whether groups of digits may be a part of a row: of two, four or eight pairs, of ASCII digits or
  /// separators.
  static func looksLikeRow(_ chain: GroupChain) -> Bool {
    for index in 0..<min(chain.count, 3) {
      let (start, end) = (chain.start(index), chain.end(index))
      guard [4, 8, 16].contains(end - start) else { continue }
      var at = start
      while at < end, isASCII(chain.bytes, at) { at += 2 }
      if at == end { return true }
    }
    return false
  }

  /// Whether pairs begin at both places, with nothing but hex digits and ends of lines between.
  static func isInPhase(_ bytes: Bytes, _ first: Int, _ second: Int) -> Bool {
    var count = 0
    for at in first..<max(first, second) {
      if isHex(bytes[at]) { count += 1 } else if !isLineEnd(bytes, at) { return false }
    }
    return count & 1 == 0
  }

  /// Where the next pair begins: at the place, or behind the end of a line there.
  static func pair(_ bytes: Bytes, from place: Int) -> Int? {
    var at = place
    while at < place + 2, isLineEnd(bytes, at) { at += 1 }
    return isPair(bytes, at) ? at : nil
  }

  /// Where the pair before the place begins.
  static func pair(_ bytes: Bytes, before place: Int) -> Int? {
    var at = place
    while at > place - 2, isLineEnd(bytes, at - 1) { at -= 1 }
    return isPair(bytes, at - 2) ? at - 2 : nil
  }

  private static func isLineEnd(_ bytes: Bytes, _ at: Int) -> Bool {
    bytes[at] == 0x0A || bytes[at] == 0x0D
  }
}
