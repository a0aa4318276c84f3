import Core

extension UTF16Order {
  var encoding: Encodings { isBigEndian ? .utf16be : .utf16le }
}

extension View {
  /// - Parameter range: begins at a unit.
  init(utf16 bytes: Bytes, _ range: Range<Int>, _ order: UTF16Order) {
    self.init(capacity: range.count / 2 * 3 + 3, encoding: order.encoding)
    let isBigEndian = order.isBigEndian
    var unit = range.lowerBound
    while unit + 1 < range.upperBound {
      let a = UInt32(bytes.base[unit])
      let b = UInt32(bytes.base[unit + 1])
      append(codePoint: isBigEndian ? a << 8 | b : b << 8 | a, from: unit)
      unit += 2
    }
    // A file that was cut in the middle of a character: its low byte is there, its high one is 0.
    if unit < range.upperBound, range.upperBound == bytes.count, !isBigEndian {
      append(codePoint: UInt32(bytes.base[unit]), from: unit)
    }
  }
}

/// UTF-16 text, either byte order, with or without a mark, anywhere in the bytes.
extension Scanner {
  /// Whatever is found in UTF-16 begins within this many bytes of three letters or digits in a row.
  private static let reachBytes = 16

  /// Decodes the parts of the window that hold three ASCII letters or digits, each beside a NUL.
  ///
  /// Text whose letters lie at even places and text whose letters lie at odd ones are decoded apart,
  /// so that neither hides the other where both lie close together, as in a database's pages. What
  /// is found does not depend on where the window begins.
  ///
  /// - Parameters:
  ///   - masks: of a span that holds the window and 64 bytes around it.
  ///   - spanStart: where that span begins.
  func scanUTF16(
    _ frame: borrowing Frame, within window: Range<Int>, _ masks: SpanMasks, spanStart: Int
  ) {
    guard frame.depth == 0 else { return }
    let bytes = frame.bytes
    var even: Range<Int>?
    var odd: Range<Int>?
    var at = max(spanStart, window.lowerBound - Scanner.reachBytes)
    let stop = min(bytes.count - 4, window.upperBound + Scanner.reachBytes)
    while at < stop {
      at = masks.nextSpacedText(from: at - spanStart, to: stop - spanStart) + spanStart
      guard at < stop else { break }
      if bytes[at + 1] == 0, bytes[at + 3] == 0 {
        if offsetInFile(at) & 1 == 0 {
          even = (even?.lowerBound ?? at)..<at + 1
        } else {
          odd = (odd?.lowerBound ?? at)..<at + 1
        }
      }
      at += 1
    }
    // The high byte of a big-endian unit stands before its letter, so letters at odd offsets are big
    // endian. Seen from the letter both orders look alike; the file's start decides.
    // A file that is UTF-16 as a whole has its own order told already.
    if let even, order != .little {
      scanUTF16(frame, around: even, .little, within: window)
    }
    if let odd, order != .big {
      scanUTF16(frame, around: odd, .big, within: window)
    }
  }

  private func scanUTF16(
    _ frame: borrowing Frame, around places: Range<Int>, _ order: UTF16Order,
    within window: Range<Int>
  ) {
    let bytes = frame.bytes
    let low = max(window.lowerBound, places.lowerBound - Scanner.reachBytes)
    let end = min(window.upperBound, places.upperBound + Scanner.reachBytes)
    guard low < end else { return }
    let first = order.isBigEndian ? places.lowerBound - 1 : places.lowerBound
    var start = max(0, low - Scanner.viewContext)
    if (first - start) & 1 != 0 { start += 1 }
    let high = min(bytes.count, end + Scanner.viewContext)
    guard start < high else { return }
    let view = View(utf16: bytes, start..<high, order)
    scan(view, owned: view.index(of: low)..<view.index(of: end), in: frame)
  }

  /// Scans a chunk of a file that is UTF-16 as a whole, with what its records tell.
  func scanText(_ frame: borrowing Frame, _ order: UTF16Order, known: Int) {
    let start = chunkOffset & 1
    guard start < frame.bytes.count else { return }
    let view = View(utf16: frame.bytes, start..<frame.bytes.count, order)
    let owned =
      view.index(of: frame.owned.lowerBound)..<view.index(of: frame.owned.upperBound)
    scan(view, owned: owned, in: frame) { inner in
      scanRecords(&inner)
    } after: { inner in
      tellPlaces(from: known, inner)
    }
  }
}
