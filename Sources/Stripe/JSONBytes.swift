import Core

/// Takes JSON (RFC 8259) apart token by token, for files too large to be held.
struct JSONBytes {
  /// Whether an object or array was just opened, so that no comma comes before its next member.
  private var isFirst = true

  private static let scalarBytesMax = 1 << 20

  /// What stands next, blanks passed over.
  mutating func peek(_ source: inout ByteSource) throws(MappingError) -> UInt8? {
    while let byte = try source.peek() {
      guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else { return byte }
      _ = try source.next()
    }
    return nil
  }

  /// Passes over the `{` or `[` that must come next.
  mutating func open(_ source: inout ByteSource, array: Bool = false) throws(MappingError) {
    guard try peek(&source) == (array ? 0x5B : 0x7B) else {
      throw problem(source, .syntax(.object))
    }
    _ = try source.next()
    isFirst = true
  }

  /// Goes to the next member of what was opened last.
  /// - Returns: false at its end, which is passed over.
  mutating func nextMember(
    _ source: inout ByteSource, array: Bool = false
  ) throws(MappingError) -> Bool {
    let byte = try peek(&source)
    defer { isFirst = false }
    if byte == (array ? 0x5D : 0x7D) {
      _ = try source.next()
      return false
    }
    if isFirst { return true }
    guard byte == 0x2C else { throw problem(source, .syntax(.commaOrEnd)) }
    _ = try source.next()
    _ = try peek(&source)
    return true
  }

  /// A member's key, the colon behind it passed over.
  /// - Returns: where it is in `bytes`.
  mutating func key(
    _ source: inout ByteSource, into bytes: inout [UInt8]
  ) throws(MappingError) -> Range<Int> {
    guard try peek(&source) == 0x22 else { throw problem(source, .syntax(.key)) }
    let range = try string(&source, into: &bytes)
    guard try peek(&source) == 0x3A else { throw problem(source, .syntax(.colon)) }
    _ = try source.next()
    return range
  }

  /// A text without its quotes, a number or a word as it is written, nothing for `null`.
  /// - Returns: where it is in `bytes`.
  mutating func scalar(
    _ source: inout ByteSource, into bytes: inout [UInt8]
  ) throws(MappingError) -> Range<Int> {
    if try peek(&source) == 0x22 { return try string(&source, into: &bytes) }
    let start = bytes.count
    while let byte = try source.peek(), JSONBytes.isOfWord(byte) {
      bytes.append(byte)
      _ = try source.next()
      guard bytes.count - start <= 64 else { throw problem(source, .syntax(.scalar)) }
    }
    let word = bytes[start...]
    if word.elementsEqual("null".utf8) {
      bytes.removeSubrange(start...)
      return start..<start
    }
    let isNumber = word.first.map { $0 &- 0x30 < 10 || $0 == 0x2D } == true
    guard isNumber || word.elementsEqual("true".utf8) || word.elementsEqual("false".utf8) else {
      throw problem(source, .syntax(.scalar))
    }
    return start..<bytes.count
  }

  /// Whether nothing but blanks follows.
  mutating func isAtEnd(_ source: inout ByteSource) throws(MappingError) -> Bool {
    try peek(&source) == nil
  }

  func problem(
    _ source: borrowing ByteSource, _ what: MappingError.Problem.What
  ) -> MappingError {
    MappingError(
      source.path,
      [MappingError.Problem(line: source.line, byteOffset: source.offset, what: what)], count: 1)
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x2D || byte == 0x2B || byte == 0x2E
  }

  private mutating func string(
    _ source: inout ByteSource, into bytes: inout [UInt8]
  ) throws(MappingError) -> Range<Int> {
    _ = try source.next()
    let start = bytes.count
    while let byte = try source.next() {
      switch byte {
      case 0x22: return start..<bytes.count
      case 0x5C: try escape(&source, into: &bytes)
      case 0..<0x20: throw problem(source, .syntax(.closingQuote))
      default: bytes.append(byte)
      }
      guard bytes.count - start <= JSONBytes.scalarBytesMax else {
        throw problem(source, .tooLong)
      }
    }
    throw problem(source, .syntax(.closingQuote))
  }

  private func escape(
    _ source: inout ByteSource, into bytes: inout [UInt8]
  ) throws(MappingError) {
    switch try source.next() {
    case 0x22: bytes.append(0x22)
    case 0x5C: bytes.append(0x5C)
    case 0x2F: bytes.append(0x2F)
    case 0x62: bytes.append(0x08)
    case 0x66: bytes.append(0x0C)
    case 0x6E: bytes.append(0x0A)
    case 0x72: bytes.append(0x0D)
    case 0x74: bytes.append(0x09)
    case 0x75:
      var value = try unit(&source)
      if value >> 10 == 0x36 {
        guard try source.next() == 0x5C, try source.next() == 0x75 else {
          throw problem(source, .syntax(.scalar))
        }
        let low = try unit(&source)
        guard low >> 10 == 0x37 else { throw problem(source, .syntax(.scalar)) }
        value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(value) else { throw problem(source, .syntax(.scalar)) }
      bytes += UTF8.encode(scalar)!
    default: throw problem(source, .syntax(.scalar))
    }
  }

  /// Four hexadecimal digits.
  private func unit(_ source: inout ByteSource) throws(MappingError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = try source.next(),
        let digit = Character(Unicode.Scalar(byte)).hexDigitValue
      else { throw problem(source, .syntax(.scalar)) }
      value = value << 4 + UInt32(digit)
    }
    return value
  }
}
