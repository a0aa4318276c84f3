/// Digits written as JSON escapes: `\u0034\u0032`.
extension Scanner {
  /// Escapes decoded at a time.
  private static let escapesBytes = 8192
  /// Bytes decoded on each side of them; short, since every run of escapes is decoded by itself.
  private static let escapesContext = 512

  /// How far before the first escape a number may begin whose first digits are plain.
  private static let plainBytesMax = 128

  /// - Parameter escape: where the backslash of an escape is.
  /// - Returns: where the view ends.
  func scanJSONEscapes(
    _ frame: borrowing Frame, at escape: Int, within window: Range<Int>
  ) -> Int {
    let bytes = frame.bytes
    // Back to where the number may begin: digits may be plain in part, and separators always are.
    var start = escape
    while start > 0, escape - start < Scanner.plainBytesMax {
      let c = bytes[start - 1]
      if bytes[start - 6] == 0x5C, bytes[start - 5] | 0x20 == 0x75, hex4(bytes, start - 4) != nil {
        start -= 6
      } else if isDigit(c) || c == 0x20 || c == 0x2D {
        start -= 1
      } else {
        break
      }
    }
    // Only what is behind escapes: the view ends where the run of escapes does, and the context.
    var end = escape
    while end - start < Scanner.escapesBytes, bytes[end] == 0x5C, bytes[end + 1] | 0x20 == 0x75 {
      end += 6
    }
    // The run may lie wholly before the window, when the window begins a chunk.
    let owned =
      max(start, window.lowerBound)..<max(start, window.lowerBound, min(window.upperBound, end))
    guard !owned.isEmpty else { return end }
    let high = min(bytes.count, end + Scanner.escapesContext)
    var from = max(0, start - Scanner.escapesContext)
    var view = View(capacity: max(0, high - from) * 3 + 3, encoding: .jsonEscapes)
    while from < high {
      if bytes[from] == 0x5C, bytes[from + 1] | 0x20 == 0x75, let code = hex4(bytes, from + 2) {
        view.append(codePoint: code, from: from)
        from += 6
      } else {
        view.append(bytes[from], from: from)
        from += 1
      }
    }
    scan(
      view, owned: view.index(of: owned.lowerBound)..<view.index(of: owned.upperBound), in: frame)
    return end
  }

  private func hex4(_ bytes: Bytes, _ at: Int) -> UInt32? {
    var code: UInt32 = 0
    for i in 0..<4 {
      guard isHex(bytes[at + i]) else { return nil }
      code = code << 4 | UInt32(hexValue(bytes[at + i]))
    }
    return code
  }
}
