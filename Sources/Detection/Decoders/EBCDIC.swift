/// Text in EBCDIC (code pages 037 and 1047), as files of mainframes hold it.
extension Scanner {
  private static let ebcdicReach = 40
  private static let ebcdicAhead = 96
  private static let ebcdicContext = 320

  /// Scans what lies around three digits in a row where the text is EBCDIC, and runs of digits that are
  /// as long as card numbers.
  func scanEBCDIC(_ frame: borrowing Frame, within window: Range<Int>) {
    let bytes = frame.bytes
    var region: Range<Int>?
    var at = max(0, window.lowerBound - Scanner.ebcdicReach)
    let stop = min(bytes.count, window.upperBound + Scanner.ebcdicAhead)
    while true {
      at = nextEBCDICDigits(bytes.base, from: at, to: stop, tables.support)
      guard at < stop else { break }
      var end = at
      while end < bytes.count, EBCDIC.isDigit(bytes[end]) { end += 1 }
      var start = at
      while at - start < 24, EBCDIC.isDigit(bytes[start - 1]) { start -= 1 }
      if EBCDIC.isText(bytes, around: start..<end) || EBCDIC.isAlone(bytes, start..<end) {
        let low = max(window.lowerBound, at - Scanner.ebcdicAhead)
        let high = min(window.upperBound, max(at + 1, end - 2) + Scanner.ebcdicReach)
        if let known = region, low > known.upperBound {
          scanEBCDIC(frame, region: known)
          region = nil
        }
        if low < high { region = min(region?.lowerBound ?? low, low)..<high }
      }
      at = max(at + 1, end)
    }
    if let region { scanEBCDIC(frame, region: region) }
  }

  private func scanEBCDIC(_ frame: borrowing Frame, region: Range<Int>) {
    let bytes = frame.bytes
    let start = max(0, region.lowerBound - Scanner.ebcdicContext)
    let end = min(bytes.count, region.upperBound + Scanner.ebcdicContext)
    var view = View(capacity: end - start, encoding: .ebcdic)
    for at in start..<end { view.append(EBCDIC.ascii[Int(bytes[at])], from: at) }
    scan(
      view, owned: view.index(of: region.lowerBound)..<view.index(of: region.upperBound),
      in: frame)
  }
}

/// The characters of EBCDIC.
enum EBCDIC {
  @inline(__always)
  static func isDigit(_ c: UInt8) -> Bool { c >= 0xF0 && c <= 0xF9 }

  /// ASCII for every byte, 0 for those without; where the code pages differ, both forms.
  static let ascii: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 256)
    func put(_ text: String, from first: Int) {
      for (i, c) in text.utf8.enumerated() where c != 0x7E { table[first + i] = c }
    }
    // A tilde stands for characters that do not matter here.
    put(" ", from: 0x40)
    put("~.<(+|&", from: 0x4A)
    put("!$*);^-/", from: 0x5A)
    put(",%_>?", from: 0x6B)
    put(":#@'=\"", from: 0x7A)
    put("abcdefghi", from: 0x81)
    put("jklmnopqr", from: 0x91)
    put("stuvwxyz", from: 0xA2)
    put("^", from: 0xB0)
    put("[]", from: 0xBA)
    put("[", from: 0xAD)
    put("]", from: 0xBD)
    put("{ABCDEFGHI", from: 0xC0)
    put("}JKLMNOPQR", from: 0xD0)
    put("\\", from: 0xE0)
    put("STUVWXYZ", from: 0xE2)
    put("0123456789", from: 0xF0)
    for newline in [0x0A, 0x0D, 0x15, 0x25] { table[newline] = 0x0A }
    table[0x05] = 0x09
    return table
  }()

  /// Whether digits as long as a card number stand between blanks, ends of lines or of the bytes.
  static func isAlone(_ bytes: Bytes, _ digits: Range<Int>) -> Bool {
    func isEdge(_ at: Int) -> Bool {
      guard at >= 0, at < bytes.count else { return true }
      return bytes[at] == 0x40 || bytes[at] == 0x15 || bytes[at] == 0x25
    }
    return (13...19).contains(digits.count) && isEdge(digits.lowerBound - 1)
      && isEdge(digits.upperBound)
  }

  /// Whether the bytes around are what EBCDIC text is made of, and not what other texts are.
  static func isText(_ bytes: Bytes, around digits: Range<Int>) -> Bool {
    var text = 0
    var count = 0
    for at in digits.lowerBound - 14..<min(digits.upperBound, digits.lowerBound + 24) + 6
    where at >= 0 && at < bytes.count {
      let c = bytes[at]
      if c == 0x20 || c >= 0x30 && c <= 0x39 || c == 0x0A && ascii[Int(c)] == 0 { return false }
      count += 1
      let meaning = ascii[Int(c)]
      if meaning > 0x20 && c >= 0x4B || c == 0x40 { text += 1 }
    }
    return count >= 8 && text * 8 >= count * 7
  }
}
