import Core

/// Texts of records in raw pages whose type, the byte before them, reads as text: 45 stands for sixteen
/// characters and is a minus sign, 51 for nineteen, the length of a card number with blanks, and is the
/// digit 3.
extension Scanner {
  func scanRecordTexts(_ frame: borrowing Frame) {
    let bytes = frame.bytes
    var at = frame.owned.lowerBound
    while at < frame.owned.upperBound {
      defer { at += 1 }
      guard isDigit(bytes[at + 1]), bytes.base[at] &- 0x2B < 0x50,
        let length = SQLiteRecord.firstFieldBytes(bytes, headerEnd: at + 1)
      else { continue }
      let start = at + 1
      let end = min(bytes.count, start + length)
      let text = UnsafeBufferPointer(start: bytes.base + start, count: end - start)
      guard text.count >= 12, String(validating: text, as: UTF8.self) != nil else { continue }
      var view = View(capacity: text.count, encoding: [])
      for place in start..<end { view.append(bytes.base[place], from: place) }
      scan(view, owned: 0..<view.count, in: frame)
    }
  }
}

extension SQLiteRecord {
  /// How long the first field is that takes room, when the record's header ends at `end` and the type
  /// of that field, a text, is its last byte.
  static func firstFieldBytes(_ bytes: Bytes, headerEnd end: Int) -> Int? {
    let last = end - 1
    // Longer texts have types of two bytes, the first with its high bit set.
    let isLong = bytes[last - 1] >= 0x80
    let type = UInt64(bytes[last]) | (isLong ? UInt64(bytes[last - 1] & 0x7F) << 7 : 0)
    guard type >= 13, type % 2 == 1, let length = fieldBytes(type) else { return nil }
    var first = isLong ? last - 1 : last
    // Fields before it that take no room: the key that is the row's number, NULL, 0, 1.
    for _ in 0..<16 {
      if Int(bytes[first - 1]) == end - first + 1 { return length }
      // The first four bytes of a freed block: where the next is and how long this one is.
      let size = Int(bytes[first - 2]) << 8 | Int(bytes[first - 1])
      if first >= 4, size >= end - first + 4 + length, size <= end - first + 4 + length + 4096 {
        return length
      }
      guard [0, 8, 9].contains(bytes[first - 1]) else { return nil }
      first -= 1
    }
    return nil
  }
}
