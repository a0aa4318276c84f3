/// Bytes written as numbers, one or several a number, as dumps and printed arrays have them: `52,53,51`,
/// `[52 53 51]`, `064 065 063`, `00110100 00110101`, and words whose last byte comes first, `032464`.
extension Scanner {
  func scanByteValues(_ frame: borrowing Frame, _ region: CodedRegion, _ form: ByteForm) {
    let bytes = frame.bytes
    let context = region.kind.contextBytes
    var at = max(0, region.range.lowerBound - context)
    // From a line's start, or else from between two words.
    let low = at
    while at > 0, at < region.range.lowerBound, bytes[at - 1] != 0x0A { at += 1 }
    if at >= region.range.lowerBound {
      at = low
      while at > 0, at < region.range.lowerBound, isWord(bytes[at - 1]) { at += 1 }
    }
    let ceiling = min(bytes.count, region.range.upperBound + context)
    var view = View(capacity: ceiling - at + 4, encoding: form.encoding)
    var isLineStart = at == 0 || bytes[at - 1] == 0x0A
    var isRow = false
    var hasOffset = false
    var isBehindCell = false
    while at < ceiling {
      if isLineStart {
        isLineStart = false
        let row = form.row(bytes, at)
        isRow = row != nil
        hasOffset = isRow && bytes[at] != 0x20
        at = row ?? at
      }
      if isRow || form.base != 0, let cell = form.cell(bytes, at) {
        for shift in 0..<form.bytes {
          view.append(UInt8(truncatingIfNeeded: cell.value >> UInt32(8 * shift)), from: at)
        }
        at = cell.end
        view.endOffset = at
        isBehindCell = true
        if let next = form.next(bytes, at, isRow: isRow) { at = next }
      } else if bytes[at] == 0x0A {
        // Between two rows there is nothing.
        let isJoined = isRow && isBehindCell && form.row(bytes, at + 1) != nil
        if !isJoined { view.append(0x0A, from: at) }
        isBehindCell = false
        at += 1
        isLineStart = true
      } else if hasOffset {
        // The rest of the row is the same again as text.
        while at < ceiling, bytes[at] != 0x0A { at += 1 }
      } else {
        let isPartOfWord = isWord(bytes[at])
        isBehindCell = false
        repeat {
          view.append(bytes[at], from: at)
          at += 1
        } while isPartOfWord && at < ceiling && isWord(bytes[at])
      }
    }
    let first = view.index(of: region.range.lowerBound)
    let last = view.index(of: region.range.upperBound)
    if first < last { scan(view, owned: first..<last, in: frame) }
  }

  /// Notes words of bytes that stand for digits at a group of digits, which are no group of a number.
  func noteWords(_ frame: inout Frame, at place: Int, within window: Range<Int>) {
    if let kind = ByteForm.words(frame.bytes, place) {
      noteDump(&frame, kind, at: place, within: window)
    }
  }
}

/// One way to write bytes as numbers.
struct ByteForm {
  /// Of the digits; 0 for characters that stand for themselves, each in a field of four (`od -c`).
  let base: UInt32
  /// How many digits a number has.
  let widths: ClosedRange<Int>
  /// In a number, the lowest first.
  let bytes: Int

  static let decimalBytes = ByteForm(base: 10, widths: 1...3, bytes: 1)
  static let octalBytes = ByteForm(base: 8, widths: 3...3, bytes: 1)
  static let binaryBytes = ByteForm(base: 2, widths: 8...8, bytes: 1)
  static let characters = ByteForm(base: 0, widths: 1...3, bytes: 1)
  static let octalWords = ByteForm(base: 8, widths: 6...6, bytes: 2)
  static let decimalWords = ByteForm(base: 10, widths: 1...5, bytes: 2)
  static let decimalLongs = ByteForm(base: 10, widths: 1...10, bytes: 4)
  static let hexWords = ByteForm(base: 16, widths: 4...4, bytes: 2)
  static let hexLongs = ByteForm(base: 16, widths: 8...8, bytes: 4)

  var encoding: Encodings { base == 16 ? .hexDump : .byteValues }

  /// Between two numbers: blanks, a comma.
  private static let gapMax = 12
  /// So many bytes or words in a row stand for text, before anything is decoded.
  private static let cellsMin = 8
  private static let wordsMin = 3
  /// `xxd -b` has six in a row.
  private static let bitsMin = 5

  /// The number that begins at `at`, and where it ends.
  func cell(_ bytes: Bytes, _ at: Int) -> (value: UInt32, end: Int)? {
    if base == 0 { return character(bytes, at) }
    guard isDigit(bytes[at]) || base == 16 && isHex(bytes[at]), !isWord(bytes[at - 1]),
      bytes[at - 1] != 0x2D, bytes[at - 1] != 0x2E
    else { return nil }
    var value: UInt64 = 0
    var end = at
    while end - at <= 10, isHex(bytes[end]) {
      let digit = UInt64(hexValue(bytes[end]))
      guard digit < base else { return nil }
      value = value * UInt64(base) + digit
      end += 1
    }
    guard widths.contains(end - at), !isWord(bytes[end]), value < 1 << UInt64(8 * self.bytes),
      // Only `hexdump -d` fills up with zeros.
      base != 10 || bytes[at] != 0x30 || end - at == (self.bytes == 2 ? 5 : 1)
    else { return nil }
    return (UInt32(value), end)
  }

  /// A field of four: a character, an escape of C, three octal digits, or the name of a control byte.
  private func character(_ bytes: Bytes, _ at: Int) -> (value: UInt32, end: Int)? {
    let end = at + 4
    var start = at
    while start < end, bytes[start] == 0x20 { start += 1 }
    for place in start..<end where bytes[place] <= 0x20 || bytes[place] >= 0x7F { return nil }
    let width = end - start
    switch width {
    // Blanks at a line's end are none.
    case 0: return bytes[end] == 0x20 || bytes[end] == 0x0A ? (0x20, end) : nil
    case 1: return (UInt32(bytes[start]), end)
    case 2 where bytes.has("sp", at: start): return (0x20, end)
    case 2 where bytes.has("nl", at: start) || bytes.has("\\n", at: start): return (0x0A, end)
    case 2: return (0x20, end)
    case 3:
      var value: UInt32 = 0
      for place in start..<end {
        guard bytes[place] &- 0x30 < 8 else { return (0x20, end) }
        value = value << 3 | UInt32(bytes[place] & 7)
      }
      return (value & 0xFF, end)
    default: return nil
    }
  }

  /// Where the next number begins behind one.
  fileprivate func next(_ bytes: Bytes, _ end: Int, isRow: Bool) -> Int? {
    guard base != 0 else { return nil }
    var at = end
    while at - end < ByteForm.gapMax, isGap(bytes[at], isRow: isRow) { at += 1 }
    return at > end && cell(bytes, at) != nil ? at : nil
  }

  /// Lines of an array go on in the next.
  private func isGap(_ c: UInt8, isRow: Bool) -> Bool {
    isBlank(c) || c == 0x2C || !isRow && (c == 0x0A || c == 0x0D)
  }

  /// Where the first number of a line's row begins, behind its offset or, without one, behind a blank.
  fileprivate func row(_ bytes: Bytes, _ line: Int) -> Int? {
    if base == 0, bytes.has("   ", at: line) { return line }
    var at = line
    while at - line < 16, isHex(bytes[at]) { at += 1 }
    if at > line {
      guard at - line >= 6, bytes[at] == 0x3A || cell(bytes, line)?.end != at || base == 0 else {
        return nil
      }
      if bytes[at] == 0x3A { at += 1 }
    }
    guard bytes[at] == 0x20 else { return nil }
    if base == 0 { return at > line ? at : nil }
    let blanks = at
    while at - blanks < ByteForm.gapMax, bytes[at] == 0x20 { at += 1 }
    return cell(bytes, at) != nil ? at : nil
  }

  /// Whether the number's bytes are text of ASCII.
  private func isText(_ value: UInt32) -> Bool {
    (0..<bytes).allSatisfy {
      let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * $0))
      return (0x20...0x7E).contains(byte) || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
  }

  private func hasDigit(_ value: UInt32) -> Bool {
    (0..<bytes).contains { isDigit(UInt8(truncatingIfNeeded: value >> UInt32(8 * $0))) }
  }

  /// Whether the number at `place` stands for a digit, and with enough beside it for text.
  private func isRun(_ bytes: Bytes, _ place: Int, _ least: Int) -> Bool {
    guard let cell = cell(bytes, place), hasDigit(cell.value), isText(cell.value) else {
      return false
    }
    var count = 1
    var end = cell.end
    while count < least, let next = next(bytes, end, isRow: true),
      let more = self.cell(bytes, next), isText(more.value)
    {
      count += 1
      end = more.end
    }
    var start = place
    while count < least, let before = previous(bytes, start), let less = self.cell(bytes, before),
      isText(less.value)
    {
      count += 1
      start = before
    }
    return count >= least
  }

  private func previous(_ bytes: Bytes, _ start: Int) -> Int? {
    var end = start
    while start - end < ByteForm.gapMax, isGap(bytes[end - 1], isRow: true) { end -= 1 }
    var at = end
    while end - at <= 10, isHex(bytes[at - 1]) { at -= 1 }
    return end < start && at < end ? at : nil
  }

  /// What numbers of a byte stand around the place, if they stand for text.
  static func read(_ bytes: Bytes, _ at: Int) -> CodedKind? {
    var place = isDigit(bytes[at]) ? at : at - 1
    guard isDigit(bytes[place]) else { return nil }
    while at - place < 4, isDigit(bytes[place - 1]) { place -= 1 }
    if decimalBytes.isRun(bytes, place, cellsMin) { return .decimalBytes }
    if octalBytes.isRun(bytes, place, cellsMin) { return .octalBytes }
    return isCharacters(bytes, place) ? .characters : nil
  }

  /// Whether digits stand alone in fields of four, as many as that.
  private static func isCharacters(_ bytes: Bytes, _ place: Int) -> Bool {
    func isField(_ at: Int) -> Bool {
      isDigit(bytes[at]) && bytes.has("   ", at: at - 3) && !isWord(bytes[at + 1])
    }
    var count = 0
    var at = place
    while count < cellsMin, isField(at) {
      count += 1
      at += 4
    }
    at = place - 4
    while count < cellsMin, isField(at) {
      count += 1
      at -= 4
    }
    return count >= cellsMin
  }

  /// What numbers of several bytes, or of eight bits, stand around the one at `place`; most groups of
  /// digits are none, and soon.
  static func words(_ bytes: Bytes, _ place: Int) -> CodedKind? {
    var end = place
    while end - place <= 10, isDigit(bytes[end]) { end += 1 }
    let (kind, form): (CodedKind, ByteForm)
    switch end - place {
    case 4: (kind, form) = (.hexWords, hexWords)
    case 5: (kind, form) = (.decimalWords, decimalWords)
    case 6: (kind, form) = (.octalWords, octalWords)
    case 8 where bytes[place] == 0x30: (kind, form) = (.binaryBytes, binaryBytes)
    case 8: (kind, form) = (.hexLongs, hexLongs)
    case 9, 10: (kind, form) = (.decimalLongs, decimalLongs)
    default: return nil
    }
    guard form.isRun(bytes, place, kind == .binaryBytes ? bitsMin : wordsMin) else { return nil }
    // Groups of four are those of numbers as well: only rows of `od -An` begin with a blank.
    return form.base != 16 || isBehindBlank(bytes, place) ? kind : nil
  }

  /// Whether nothing stands before the place in its line but numbers in hex, and first a blank.
  static func isBehindBlank(_ bytes: Bytes, _ place: Int) -> Bool {
    var line = place
    while place - line < rowBytesMax, isHex(bytes[line - 1]) || bytes[line - 1] == 0x20 {
      line -= 1
    }
    return bytes[line] == 0x20 && (line == 0 || bytes[line - 1] == 0x0A)
  }

  private static let rowBytesMax = 160
}
