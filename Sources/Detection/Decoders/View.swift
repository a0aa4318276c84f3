import Core

/// A decoded copy of a part of the bytes, with the place each decoded byte came from.
///
/// Overwritten with zeros when released: it may hold a number.
struct View: ~Copyable {
  private(set) var memory: UnsafeMutablePointer<UInt8>
  private(set) var map: UnsafeMutablePointer<Int32>
  private(set) var count = 0
  let capacity: Int
  let encoding: Encodings
  /// Where the last decoded byte's encoded form ends, when it is longer than a byte.
  var endOffset = 0

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

  /// Where bytes of a view are from.
  struct Map {
    fileprivate let map: UnsafePointer<Int32>
    fileprivate let count: Int
    fileprivate let endOffset: Int
    /// Bytes of the encoded form that hold a part of a decoded byte, beyond its first.
    fileprivate let overlap: Int

    /// Where the encoded form of the byte at `index` begins.
    func start(_ index: Int) -> Int { Int(map[index]) }

    /// Where the encoded form of the byte before `index` ends.
    func end(_ index: Int) -> Int {
      let last = Int(map[index - 1])
      // Bytes of a word that is read backwards are all from its beginning.
      var behind = index
      while behind < count, Int(map[behind]) == last { behind += 1 }
      let next = behind < count ? Int(map[behind]) : endOffset
      return max(last + 1, overlap > 0 ? min(last + 1 + overlap, max(next, endOffset)) : next)
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

  /// Valid as long as the view.
  var places: Map {
    Map(
      map: UnsafePointer(map), count: count, endOffset: endOffset,
      overlap: encoding == .base64 ? 1 : 0)
  }

  var bytes: Bytes { Bytes(base: UnsafePointer(memory), count: count) }

  mutating func append(_ byte: UInt8, from offset: Int) {
    guard count < capacity else { return }
    memory[count] = byte
    map[count] = Int32(truncatingIfNeeded: offset)
    count += 1
    endOffset = max(endOffset, offset + 1)
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

  /// See `Map.index`.
  func index(of offset: Int) -> Int { places.index(of: offset) }
}

extension Scanner {
  /// Names and words lie within 256 bytes, columns of a row within two KiB.
  static let viewContext = Limits.decodedContextBytes

  /// Looks for digits in other encodings and scans decoded copies of their surroundings.
  func scanViews(
    _ frame: inout Frame, within window: Range<Int>, _ masks: SpanMasks, spanStart: Int
  ) {
    scanUTF16(frame, within: window, masks, spanStart: spanStart)
    scanFullWidth(frame, within: window)
    scanEBCDIC(frame, within: window)
  }
}
