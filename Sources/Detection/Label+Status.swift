/// Values that are the answer of a server or a program: `http status security code=404`.
extension LabelReader {
  private static let leftBytes = 48
  /// `404 not found`, and no word of what follows `and`.
  private static let rightBytes = 10

  /// Whether a labelled value is rather a status than a code: one that HTTP or a shell knows, with a word
  /// for it in the label, or anywhere around where no sign joins label and value.
  func isStatus(_ bytes: Bytes, _ value: Range<Int>, _ label: Label) -> Bool {
    guard value.count == 3, LabelReader.isStatus(bytes, value.lowerBound) else { return false }
    if label.isExplicit { return hasStatusWord(bytes, label.range) }
    // The last part of an address: `/pay/cvc 200`.
    var path = label.range.upperBound
    while path > label.range.lowerBound, isName(bytes[path - 1]) || bytes[path - 1] == 0x2F {
      path -= 1
    }
    if bytes[path] == 0x2F || bytes[path - 1] == 0x2F { return true }
    var low = label.range.lowerBound
    let floor = max(0, value.lowerBound - LabelReader.leftBytes)
    while low > floor, !isEnd(bytes[low - 1]) { low -= 1 }
    // Not from the middle of a word.
    while low > 0, low < label.range.lowerBound, isWord(bytes[low - 1]) { low += 1 }
    var high = value.upperBound
    let ceiling = min(bytes.count, value.upperBound + LabelReader.rightBytes)
    while high < ceiling, !isEnd(bytes[high]) { high += 1 }
    return hasStatusWord(bytes, low..<high)
  }

  /// Of a line or of a part of a sentence: `the cvv is 204, the status is ok`.
  private func isEnd(_ c: UInt8) -> Bool { c == 0x0A || c == 0x2C || c == 0x3B }

  private func hasStatusWord(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    var at = range.lowerBound
    while at < range.upperBound {
      var end = at
      while end < range.upperBound, isWord(bytes[end]) { end += 1 }
      if LabelReader.statusWords.contains(squeeze(bytes, at..<end)) { return true }
      at = end + 1
    }
    return false
  }

  /// RFC 9110 and its registry; what a shell gives for signals and failures.
  private static func isStatus(_ bytes: Bytes, _ at: Int) -> Bool {
    switch (0..<3).reduce(0, { $0 * 10 + Int(bytes[at + $1] & 0x0F) }) {
    case 100...103, 126...143, 200...208, 226, 255, 300...308, 400...431, 451, 500...511: true
    default: false
    }
  }

  private static let statusWords = hashes([
    "http", "https", "status", "error", "err", "exit", "exited", "returned", "returns",
    "response", "responded", "failed", "ok", "forbidden", "unauthorized", "internal", "not",
    "get", "post", "put", "patch", "delete", "fehler", "erreur", "erro", "errore",
  ])
}
