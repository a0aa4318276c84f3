/// A decoded copy of a part of the bytes, with the place each decoded byte came from.
///
/// Overwritten with zeros when released: it may hold a number.
struct View: ~Copyable {
  private(set) var memory: UnsafeMutablePointer<UInt8>
  private(set) var map: UnsafeMutablePointer<Int32>
  private(set) var count = 0
  let capacity: Int
  let encoding: Encodings

  init(capacity: Int, encoding: Encodings) {
    self.capacity = capacity
    self.encoding = encoding
    memory = .allocate(capacity: capacity)
    map = .allocate(capacity: capacity)
  }

  deinit {
    memory.update(repeating: 0, count: count)
    memory.deallocate()
    map.deallocate()
  }

  var bytes: Bytes { Bytes(base: UnsafePointer(memory), count: count) }

  mutating func append(_ byte: UInt8, from offset: Int) {
    guard count < capacity else { return }
    memory[count] = byte
    map[count] = Int32(truncatingIfNeeded: offset)
    count += 1
  }

  /// Appends a code point as UTF-8, all of it from one place.
  mutating func append(codePoint code: UInt32, from offset: Int) {
    switch code {
    case 0..<0x80: append(UInt8(code), from: offset)
    case 0x80..<0x800:
      append(UInt8(0xC0 | code >> 6), from: offset)
      append(UInt8(0x80 | code & 0x3F), from: offset)
    default:
      append(UInt8(0xE0 | code >> 12 & 0x0F), from: offset)
      append(UInt8(0x80 | code >> 6 & 0x3F), from: offset)
      append(UInt8(0x80 | code & 0x3F), from: offset)
    }
  }

  /// The first decoded byte that came from `offset` or later.
  func index(of offset: Int) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if Int(map[middle]) < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Scanner {
  /// Bytes decoded on each side of the ones that are scanned, for context: names and words lie within
  /// 256 bytes, columns of a row within two KiB.
  static let viewContext = 2048

  /// Looks for digits in other encodings and scans decoded copies of their surroundings.
  func scanViews(
    _ frame: inout Frame, within window: Range<Int>, _ masks: SpanMasks, spanStart: Int
  ) {
    scanUTF16(frame, within: window, masks, spanStart: spanStart)
    scanFullWidth(frame, within: window)
  }
}
