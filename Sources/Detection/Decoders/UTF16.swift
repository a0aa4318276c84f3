/// UTF-16 text, either byte order, with or without a mark, anywhere in the bytes.
extension Scanner {
  /// Three digits in a row, each beside a NUL, start a decoded view.
  ///
  /// - Parameters:
  ///   - masks: of a span that holds the window.
  ///   - spanStart: where that span begins.
  func scanUTF16(
    _ frame: borrowing Frame, within window: Range<Int>, _ masks: SpanMasks, spanStart: Int
  ) {
    let bytes = frame.bytes
    var at = window.lowerBound
    while true {
      at = masks.nextSpacedDigits(from: at - spanStart, to: window.upperBound - spanStart) + spanStart
      guard at < window.upperBound else { return }
      guard bytes[at + 1] == 0, isDigit(bytes[at]), bytes[at + 3] == 0, isDigit(bytes[at + 2]),
        bytes[at + 5] == 0 || at + 5 >= bytes.count, isDigit(bytes[at + 4])
      else {
        at += 1
        continue
      }
      // The high byte of a big-endian unit stands before its digit, so NULs at even offsets are big
      // endian. Seen from the digit both orders look alike; the file's start decides.
      let isBigEndian = (offsetInFile(at) & 1) == 1
      let first = isBigEndian ? at - 1 : at
      let low = max(first & 1, first - Scanner.viewContext)
      let start = low + ((first - low) & 1)
      let high = min(bytes.count, first + Scanner.viewBytes)
      var view = View(
        capacity: (high - start) / 2 * 3 + 3, encoding: isBigEndian ? .utf16be : .utf16le)
      var unit = start
      while unit + 1 < high {
        let a = UInt32(bytes[unit])
        let b = UInt32(bytes[unit + 1])
        view.append(codePoint: isBigEndian ? a << 8 | b : b << 8 | a, from: unit)
        unit += 2
      }
      let end = min(window.upperBound, high == bytes.count ? high : high - Scanner.viewContext)
      scan(view, owned: view.index(of: first)..<view.index(of: end), in: frame)
      at = max(end, at + 6)
    }
  }
}
