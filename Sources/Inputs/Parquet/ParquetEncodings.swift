/// Numbers of a fixed count of bits, in runs of one value or packed: levels and places in a dictionary
/// (https://parquet.apache.org/docs/file-format/data-pages/encodings, RLE).
struct BitRuns {
  private let bytes: UnsafeRawBufferPointer
  private let width: Int
  private var at = 0
  private var runLeft = 0
  private var runValue = 0
  private var packedLeft = 0
  private var bit = 0

  init(_ bytes: UnsafeRawBufferPointer, width: Int) {
    self.bytes = bytes
    self.width = width
  }

  /// - Returns: `nil` past the end.
  mutating func next() -> Int? {
    if width == 0 { return 0 }
    while runLeft == 0, packedLeft == 0 {
      guard let header = bytes.varint(&at) else { return nil }
      if header & 1 == 0 {
        runLeft = Int(header >> 1)
        runValue = 0
        let count = (width + 7) / 8
        guard count <= bytes.count - at else { return nil }
        for i in 0..<count { runValue |= Int(bytes[at + i]) << (8 * i) }
        at += count
      } else {
        // The last group may be cut short: what is missing is never asked for.
        guard header >> 1 <= UInt64(bytes.count) else { return nil }
        packedLeft = Int(header >> 1) * 8
        bit = at * 8
        at = min(bytes.count, at + packedLeft / 8 * width)
      }
    }
    if runLeft > 0 {
      runLeft -= 1
      return runValue
    }
    packedLeft -= 1
    defer { bit += width }
    return bytes.bits(bit, width).map { Int(truncatingIfNeeded: $0) }
  }
}

extension UnsafeRawBufferPointer {
  func varint(_ at: inout Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while at < count, shift < 64 {
      let byte = self[at]
      at += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  func zigzag(_ at: inout Int) -> Int64? {
    varint(&at).map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
  }

  /// `width` bits from `start` on, the lowest first.
  func bits(_ start: Int, _ width: Int) -> UInt64? {
    guard width <= 64, start + width <= count * 8 else { return nil }
    var value: UInt64 = 0
    var done = 0
    while done < width {
      let place = start + done
      let take = Swift.min(8 - place % 8, width - done)
      let part = self[place / 8] >> UInt8(place % 8) & UInt8(truncatingIfNeeded: (1 << take) - 1)
      value |= UInt64(part) << UInt64(done)
      done += take
    }
    return value
  }

  /// A part of it; `nil` where it has no such part.
  func part(_ start: Int, _ length: Int) -> UnsafeRawBufferPointer? {
    guard start >= 0, length >= 0, start <= count, length <= count - start else { return nil }
    return UnsafeRawBufferPointer(rebasing: self[start..<start + length])
  }
}
