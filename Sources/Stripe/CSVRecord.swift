import Core

/// One record of a CSV file (RFC 4180), used again for the next one.
struct CSVRecord {
  /// The fields one after the other, without quotes.
  private(set) var bytes: [UInt8] = []
  /// Where each field is in `bytes`.
  private(set) var fields: [Range<Int>] = []
  /// Where the record begins.
  private(set) var line = 1
  private var start = 0

  private static let bytesMax = 1 << 20

  /// Reads the next record that is not an empty line. Ends of lines are `\n` or `\r\n`.
  /// - Returns: false at the end of the file.
  /// - Throws: `MappingError` when quotes are not as they must be, or a record is too long.
  mutating func read(_ source: inout ByteSource) throws(MappingError) -> Bool {
    repeat {
      guard try source.peek() != nil else { return false }
      try readOne(&source)
    } while fields.count == 1 && fields[0].isEmpty
    return true
  }

  /// Lends the bytes out, so that they need not be copied; to be taken back before the next record.
  mutating func give(_ other: inout [UInt8]) { swap(&bytes, &other) }

  /// The reverse of `give`.
  mutating func takeBack(_ other: inout [UInt8]) { swap(&bytes, &other) }

  private enum Quote { case none, open, closed }

  private mutating func readOne(_ source: inout ByteSource) throws(MappingError) {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    line = source.line
    start = 0
    var quote = Quote.none
    while let byte = try source.next() {
      if quote == .open {
        if byte != 0x22 {
          bytes.append(byte)
        } else if try source.peek() == 0x22 {
          _ = try source.next()
          bytes.append(byte)
        } else {
          quote = .closed
        }
        if bytes.count > CSVRecord.bytesMax { throw problem(source, .tooLong) }
        continue
      }
      switch byte {
      case 0x2C:
        endField()
        quote = .none
      case 0x0A:
        endField()
        return
      case 0x0D:
        // Only before a newline or at the end; elsewhere it is part of a value, which no id has.
        let following = try source.peek()
        if following != nil && following != 0x0A { bytes.append(byte) }
      case 0x22:
        guard quote == .none, bytes.count == start else {
          throw problem(source, .syntax(.quoteAtStart))
        }
        quote = .open
      default:
        guard quote == .none else { throw problem(source, .syntax(.separatorAfterQuote)) }
        bytes.append(byte)
        if bytes.count > CSVRecord.bytesMax { throw problem(source, .tooLong) }
      }
    }
    if quote == .open { throw problem(source, .syntax(.closingQuote)) }
    endField()
  }

  @inline(__always)
  private mutating func endField() {
    fields.append(start..<bytes.count)
    start = bytes.count
  }

  private func problem(
    _ source: borrowing ByteSource, _ what: MappingError.Problem.What
  ) -> MappingError {
    MappingError(source.path, what, line: line)
  }
}
