/// The texts and numbers in a short JSON document, or in an array as PostgreSQL writes it.
///
/// For example `{"number": "4242424242424242"}` and `{4242424242424242,NULL}`.
enum ValueLeaves {
  struct Leaf {
    /// Without quotes.
    var range: Range<Int>
    /// The name it stands under; an element of an array has its array's.
    var key: Range<Int>?
  }

  /// One record, not a collection of them.
  private static let bytesMax = 4 << 10

  /// Whether a value begins as such.
  static func mayRead(_ value: UnsafeRawBufferPointer) -> Bool {
    switch value.first {
    case 0x7B, 0x5B, 0x22: true
    case 0x6E: value.elementsEqual("null".utf8)
    default: false
    }
  }

  /// - Returns: `nil` for what is too long or ends amid a text. What is NULL is left out.
  static func all(of value: UnsafeRawBufferPointer) -> [Leaf]? {
    guard value.count <= bytesMax else { return nil }
    var leaves: [Leaf] = []
    var key: Range<Int>?
    var at = 0
    while at < value.count {
      let word: Range<Int>
      switch value[at] {
      case 0x22:
        guard let end = endOfText(value, from: at + 1) else { return nil }
        word = at + 1..<end
        at = end + 1
      case 0x7D, 0x5D:
        key = nil
        at += 1
        continue
      case let byte where isBetween(byte):
        at += 1
        continue
      default:
        let start = at
        while at < value.count, value[at] != 0x22, !isBetween(value[at]) { at += 1 }
        word = start..<at
        if isNull(value[word]) { continue }
      }
      while at < value.count, value[at] <= 0x20 { at += 1 }
      if at < value.count, value[at] == 0x3A {
        key = word
        at += 1
      } else {
        leaves.append(Leaf(range: word, key: key))
      }
    }
    return leaves
  }

  private static func endOfText(_ value: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var at = start
    while at < value.count {
      if value[at] == 0x22 { return at }
      at += value[at] == 0x5C ? 2 : 1
    }
    return nil
  }

  /// Brackets, commas, colons and blanks.
  private static func isBetween(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x7B, 0x7D, 0x5B, 0x5D, 0x2C, 0x3A: true
    default: byte <= 0x20
    }
  }

  private static func isNull(_ word: Slice<UnsafeRawBufferPointer>) -> Bool {
    word.elementsEqual("null".utf8) || word.elementsEqual("NULL".utf8)
  }
}
