/// The values of one page, or of a dictionary, as text: numbers in digits, bytes as they are. Overwritten
/// when let go.
final class ParquetValues {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private let column: ParquetFooter.Column

  /// A page of packed numbers says how many they are, whatever its size.
  private static let packedMax = 1 << 22

  init(_ column: ParquetFooter.Column) { self.column = column }

  deinit { bytes.wipe() }

  var count: Int { ends.count }

  /// Hands over the value at `index`, which must be there.
  func with<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let start = index == 0 ? 0 : ends[index - 1]
    return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<ends[index]])) }
  }

  /// Takes the values of a page.
  ///
  /// - Parameters:
  ///   - encoding: its number in the format (https://parquet.apache.org/docs/file-format/data-pages/encodings).
  ///   - limit: how many there are at the most.
  /// - Returns: whether they could be read: all, or up to the limit.
  func decode(_ data: UnsafeRawBufferPointer, encoding: Int, limit: Int) -> Bool {
    switch encoding {
    case 0: return plain(data, limit)
    case 5:
      var at = 0
      guard let numbers = ParquetValues.packed(data, &at, limit) else { return false }
      for number in numbers {
        append(number: column.type == .int32 ? Int64(Int32(truncatingIfNeeded: number)) : number)
      }
      return true
    case 6: return joined(data, limit)
    case 7: return shared(data, limit)
    case 9: return interleaved(data, limit)
    default: return false
    }
  }

  // MARK: - Encodings

  private func plain(_ data: UnsafeRawBufferPointer, _ limit: Int) -> Bool {
    var at = 0
    while count < limit, at < data.count {
      var size = width
      if column.type == .bytes {
        guard let head = data.part(at, 4) else { return false }
        size = Int(head.loadUnaligned(as: UInt32.self))
        at += 4
      }
      guard let value = data.part(at, size) else { return false }
      append(value)
      at += size
      // Values without bytes would not end.
      if size == 0, column.type != .bytes { return false }
    }
    return true
  }

  /// All lengths, then all values.
  private func joined(_ data: UnsafeRawBufferPointer, _ limit: Int) -> Bool {
    var at = 0
    guard let lengths = ParquetValues.packed(data, &at, limit) else { return false }
    for length in lengths {
      guard let value = data.part(at, Int(length)) else { return false }
      append(value)
      at += value.count
    }
    return true
  }

  /// How much each value shares with the one before, then the rests.
  private func shared(_ data: UnsafeRawBufferPointer, _ limit: Int) -> Bool {
    var at = 0
    guard let prefixes = ParquetValues.packed(data, &at, limit),
      let lengths = ParquetValues.packed(data, &at, limit), prefixes.count == lengths.count
    else { return false }
    var value: [UInt8] = []
    defer { value.wipe() }
    for (prefix, length) in zip(prefixes, lengths) {
      guard prefix >= 0, prefix <= value.count, let rest = data.part(at, Int(length)) else {
        return false
      }
      value.removeLast(value.count - Int(prefix))
      value += rest
      at += rest.count
      value.withUnsafeBytes { append($0) }
    }
    return true
  }

  /// First the first bytes of all values, then the second ones.
  private func interleaved(_ data: UnsafeRawBufferPointer, _ limit: Int) -> Bool {
    guard width > 0, data.count % width == 0 else { return false }
    let total = data.count / width
    var value = [UInt8](repeating: 0, count: width)
    defer { value.wipe() }
    for index in 0..<min(limit, total) {
      for i in 0..<width { value[i] = data[i * total + index] }
      value.withUnsafeBytes { append($0) }
    }
    return true
  }

  /// Numbers as differences in blocks (DELTA_BINARY_PACKED).
  private static func packed(
    _ data: UnsafeRawBufferPointer, _ at: inout Int, _ limit: Int
  ) -> [Int64]? {
    guard let blockCount = data.varint(&at), let miniCount = data.varint(&at),
      let total = data.varint(&at), var value = data.zigzag(&at),
      miniCount > 0, miniCount <= 512, blockCount <= 1 << 20, blockCount % miniCount == 0,
      total <= min(limit, packedMax)
    else { return nil }
    let perMini = Int(blockCount / miniCount)
    guard perMini > 0 else { return nil }
    var numbers: [Int64] = total > 0 ? [value] : []
    while numbers.count < total {
      guard let least = data.zigzag(&at), let widths = data.part(at, Int(miniCount)) else {
        return nil
      }
      at += widths.count
      for width in widths where numbers.count < total {
        for i in 0..<min(perMini, Int(total) - numbers.count) {
          guard let delta = data.bits(at * 8 + i * Int(width), Int(width)) else { return nil }
          value = value &+ least &+ Int64(bitPattern: delta)
          numbers.append(value)
        }
        at += perMini * Int(width) / 8
      }
    }
    return numbers
  }

  // MARK: - Text

  private var width: Int {
    switch column.type {
    case .int32, .float: 4
    case .int64, .double: 8
    case .int96: 12
    case .fixedBytes: column.width
    case .boolean, .bytes: 0
    }
  }

  private func append(_ value: UnsafeRawBufferPointer) {
    switch column.type {
    case .int32: append(number: Int64(value.loadUnaligned(as: Int32.self)))
    case .int64: append(number: value.loadUnaligned(as: Int64.self))
    case .float: append(number: Double(value.loadUnaligned(as: Float.self)))
    case .double: append(number: value.loadUnaligned(as: Double.self))
    case .bytes, .fixedBytes:
      if column.scale != nil, (1...16).contains(value.count) {
        let first: Int128 = value[0] >= 0x80 ? -1 : 0
        append(number: value.reduce(first) { $0 << 8 | Int128($1) })
      } else {
        end(value)
      }
    case .boolean, .int96: end(UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  private func append(number: some FixedWidthInteger) {
    guard let scale = column.scale, scale > 0 else { return end("\(number)".utf8) }
    var digits = "\(number.magnitude)"
    if digits.utf8.count <= scale {
      digits = String(repeating: "0", count: min(scale, 40) + 1 - digits.utf8.count) + digits
    }
    let whole = digits.dropLast(scale)
    let fraction = digits.dropFirst(whole.count)
    end((fraction.allSatisfy { $0 == "0" } ? "\(whole)" : "\(whole).\(fraction)").utf8)
  }

  private func append(number: Double) {
    let isWhole = number == number.rounded() && abs(number) < 1e19
    end((isWhole ? "\(UInt64(abs(number)))" : "\(number)").utf8)
  }

  private func end(_ value: some Collection<UInt8>) {
    bytes += value
    ends.append(bytes.count)
  }
}
