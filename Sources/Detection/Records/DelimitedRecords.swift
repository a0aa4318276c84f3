import Glibc

/// Counts the records of a delimited file: lines, save those inside quotes.
///
/// A part is read as if it began outside quotes.
struct DelimitedRecords {
  private let header: TableHeader
  /// Lines of the part so far that end inside quotes.
  private(set) var quotedLines = 0
  private var inQuotes = false
  /// Reading goes on so many bytes behind the next range's begin.
  private var skip = 0
  /// In the file: where the quote was opened, the last line end inside quotes, and where the record
  /// begins that goes on behind it.
  private var quote = 0
  private var lineEnd = -1
  private var record = 0
  private let startsFile: Bool

  private static let reachBytes = 4000
  /// No cell has more lines: a quote that nothing closes is none.
  private static let cellLinesMax = 1000
  private var cellLines = 0

  /// Lines that end in a carriage return alone are not counted anywhere.
  private var hasRows: Bool { header.newline == 0x0A }

  init(_ header: TableHeader, startsFile: Bool) {
    self.header = header
    self.startsFile = startsFile
  }

  /// - Parameter offset: of the first of `bytes` in the file.
  mutating func read(_ bytes: Bytes, _ range: Range<Int>, offset: Int) {
    var at = range.lowerBound + skip
    let end = range.upperBound
    while at < end {
      if inQuotes {
        let stop = next(0x22, bytes, at, end)
        countLines(bytes, at..<stop, offset: offset)
        at = min(end, stop + 1)
        guard stop < end else { break }
        if bytes[stop + 1] == 0x22 {
          at = stop + 2
        } else if header.isEdge(bytes[stop + 1]) {
          inQuotes = false
        }
      } else {
        let start = next(0x22, bytes, at, end)
        guard start < end else {
          at = end
          break
        }
        if header.isEdge(bytes[start - 1]) {
          inQuotes = true
          quote = offset + start
          cellLines = 0
        }
        at = start + 1
      }
    }
    skip = max(0, at - end)
  }

  private func next(_ byte: UInt8, _ bytes: Bytes, _ at: Int, _ end: Int) -> Int {
    guard at < end, let found = memchr(bytes.base + at, Int32(byte), end - at) else { return end }
    return UnsafeRawPointer(found) - UnsafeRawPointer(bytes.base)
  }

  /// Of the cell that is read: unless its line goes on from another, the record begins with the line.
  private mutating func noteRecord(_ bytes: Bytes, offset: Int) {
    var start = max(0, quote - offset)
    let floor = max(0, start - DelimitedRecords.reachBytes)
    while start > floor, bytes[start - 1] != header.newline { start -= 1 }
    if offset + start - 1 != lineEnd { record = offset + start }
  }

  private mutating func countLines(_ bytes: Bytes, _ range: Range<Int>, offset: Int) {
    var at = range.lowerBound
    while inQuotes {
      at = next(header.newline, bytes, at, range.upperBound)
      guard at < range.upperBound else { return }
      if cellLines == 0 { noteRecord(bytes, offset: offset) }
      if hasRows { quotedLines += 1 }
      cellLines += 1
      lineEnd = offset + at
      at += 1
      if cellLines > DelimitedRecords.cellLinesMax {
        if hasRows { quotedLines -= cellLines }
        inQuotes = false
      }
    }
  }

  /// The place of a hit that reading has come to.
  ///
  /// - Parameters:
  ///   - at: where the hit is in `bytes`.
  ///   - line: lines of the part that ended before it.
  func place(_ bytes: Bytes, at: Int, line: Int, offset: Int) -> RecordPlace {
    var start = at
    let floor = max(0, at - DelimitedRecords.reachBytes)
    while start > floor, bytes[start - 1] != header.newline { start -= 1 }
    if start > 0, offset + start - 1 == lineEnd { start = max(0, record - offset) }
    let row = hasRows ? line - quotedLines : nil
    guard start > 0 ? bytes[start - 1] == header.newline : offset == 0,
      let column = header.column(from: start, to: at, in: bytes), !column.name.isEmpty
    else { return RecordPlace(row: row) }
    return RecordPlace(field: RecordPlace.name(column.name.utf8), row: row)
  }
}
