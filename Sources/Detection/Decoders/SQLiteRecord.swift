import Core

/// A record of which only the bytes are left: where its header puts a field.
///
/// What it reads is described in https://sqlite.org/fileformat2.html, 2.1 and 1.6.
enum SQLiteRecord {
  /// Longer headers are of tables with more than a hundred columns.
  private static let headerBytesMax = 120
  /// From here on the length of a header reads as text, and each letter after it as a type: such a
  /// header has to agree with the length of the record before it.
  private static let headerBytesSmall = 32
  /// How far before a number its header may be: text and numbers of the same row may lie between.
  private static let reachBytes = 1024
  /// The same of a text: there are many more ways to read digits in texts.
  private static let textReachBytes = 256
  /// How long the first field may be whose type is gone.
  private static let goneBytesMax = 64

  /// What a field has to be.
  enum Wanted: Equatable {
    /// A number of eight bytes that begins at the place.
    case integer, real
    /// A text, or a blob, that the place and so many bytes from there on are in.
    case text(Int)
  }

  /// How well bytes read as the header of a record: by its types alone, with the length of the freed
  /// block, with the length of the record.
  enum Fit: Comparable { case loose, freed, exact }

  /// How well what is before the eight bytes at `place` reads as the header of a record that has such a
  /// number there.
  static func fit(_ wanted: Wanted, _ bytes: Bytes, at place: Int) -> Fit? {
    var best: Fit?
    for first in stride(from: place, through: max(1, place - reachBytes), by: -1) {
      let reading = Reading(bytes, first, place, wanted)
      let whole = first < place ? reading.whole()?.fit : nil
      if whole == .exact { return whole }
      if reading.isFreedNumber() { return .freed }
      best = best ?? whole
    }
    return best
  }

  /// The text, and no more, that so many bytes at `place` are a part of, as the header before it has it.
  static func text(_ bytes: Bytes, at place: Int, count: Int) -> Range<Int>? {
    for first in stride(from: place - 1, through: max(1, place - textReachBytes), by: -1) {
      let reading = Reading(bytes, first, place, .text(count))
      if let found = reading.whole(), found.fit == .exact { return found.range }
    }
    return nil
  }

  /// Whether a text of just so many bytes is at `place`, in a freed block whose first bytes, and maybe
  /// last ones, were overwritten.
  static func isFreedText(_ bytes: Bytes, at place: Int, count: Int) -> Bool {
    for first in stride(from: place, through: max(4, place - headerBytesSmall), by: -1)
    where Reading(bytes, first, place, .text(count)).isFirstFreedText() { return true }
    // A type of one byte.
    guard let type = UInt8(exactly: 2 * count + 13), type < 0x80 else { return false }
    for last in stride(from: place - 1, through: max(4, place - textReachBytes), by: -1)
    where bytes[last] == type {
      for first in stride(from: last, through: max(4, last - headerBytesSmall), by: -1) {
        if Reading(bytes, first, place, .text(count)).isFreedText() { return true }
      }
    }
    return false
  }

  /// One try: the types begin at `first`.
  private struct Reading {
    private let bytes: Bytes
    private let first: Int
    private let place: Int
    private let wanted: Wanted

    init(_ bytes: Bytes, _ first: Int, _ place: Int, _ wanted: Wanted) {
      self.bytes = bytes
      self.first = first
      self.place = place
      self.wanted = wanted
    }

    /// With the length of the header before the types.
    func whole() -> (fit: Fit, range: Range<Int>)? {
      let size = Int(bytes[first - 1])
      let headerEnd = first - 1 + size
      guard size >= 2, size <= headerBytesMax, headerEnd <= place else { return nil }
      var at = first
      var length = 0
      var found: Range<Int>?
      while at < headerEnd {
        guard let type = varint(bytes, &at), let size = fieldBytes(type) else { return nil }
        let start = headerEnd + length
        if isKind(type), place >= start, place < start + size { found = start..<start + size }
        length += size
        guard length <= 4096 else { return nil }
      }
      guard at == headerEnd, let found, fits(found) else { return nil }
      if hasLength(bytes, size + length, before: first - 1) { return (.exact, found) }
      return size < headerBytesSmall ? (.loose, found) : nil
    }

    /// With the four bytes before that a freed block begins with: where the next one is and how many
    /// bytes this one has. They took the place of the record's length, its row's number, the length of
    /// the header and, in a row with a small number, of the first type.
    func isFreedNumber() -> Bool {
      guard let blockEnd = blockEnd, blockEnd <= bytes.count else { return false }
      return eachHeaderEnd { headerEnd, length, candidates in
        func fits(_ gone: Int) -> Bool { ends(bytes, headerEnd + gone + length, blockEnd) }
        // The only type is gone as well.
        if place == headerEnd, fits(8) { return true }
        return candidates.contains { candidate in
          let gone = place - headerEnd - candidate.lowerBound
          return (0...8).contains(gone) && gone != 5 && gone != 7 && fits(gone)
        }
      }
    }

    /// The same of a text. Of a block of which a part was taken again, nothing tells where the record
    /// ends; but its type says how long the text is.
    func isFreedText() -> Bool {
      // A length that reads as text is none.
      guard let blockEnd, blockEnd <= bytes.count || bytes[first - 2] < 0x20 else { return false }
      return eachHeaderEnd { headerEnd, _, candidates in
        candidates.contains { candidate in
          let gone = place - headerEnd - candidate.lowerBound
          return (0...goneBytesMax).contains(gone) && wanted == .text(candidate.count)
            && fits(place..<place + candidate.count) && isPlain(headerEnd..<headerEnd + gone)
        }
      }
    }

    /// The same of one that comes first, whose type is gone.
    func isFirstFreedText() -> Bool {
      guard let blockEnd, blockEnd <= bytes.count, case .text(let count) = wanted else {
        return false
      }
      // Of rows without a number of their own two types are gone.
      if first == place {
        return (0...goneBytesMax).contains { ends(bytes, place + count + $0, blockEnd) }
      }
      return eachHeaderEnd { headerEnd, length, _ in
        headerEnd == place && ends(bytes, place + count + length, blockEnd)
      }
    }

    private var blockEnd: Int? {
      guard first >= 4 else { return nil }
      let size = Int(bytes[first - 2]) << 8 | Int(bytes[first - 1])
      return size >= 12 && first - 4 + size > place ? first - 4 + size : nil
    }

    /// Tries every end that the header may have, with the bytes of all fields it names and, counted from
    /// that end, those that may be the one wanted.
    private func eachHeaderEnd(_ body: (Int, Int, [Range<Int>]) -> Bool) -> Bool {
      var candidates: [Range<Int>] = []
      var at = first
      var length = 0
      while at - first < headerBytesMax {
        if body(at, length, candidates) { return true }
        guard at < place, let type = varint(bytes, &at), let size = fieldBytes(type) else { break }
        if isKind(type) { candidates.append(length..<length + size) }
        length += size
        guard length <= 4096 else { break }
      }
      return false
    }

    private func isKind(_ type: UInt64) -> Bool {
      switch wanted {
      case .integer: type == 6
      case .real: type == 7
      case .text(let count): type >= 12 && Int(type - 12) / 2 >= count
      }
    }

    private func fits(_ range: Range<Int>) -> Bool {
      guard case .text(let count) = wanted else { return range.lowerBound == place }
      return range.lowerBound <= place && place + count <= range.upperBound
        && range.upperBound <= bytes.count && isPlain(range)
    }

    private func isPlain(_ range: Range<Int>) -> Bool {
      let text = UnsafeBufferPointer(start: bytes.base + range.lowerBound, count: range.count)
      return text.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        && String(validating: text, as: UTF8.self) != nil
    }
  }

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

  /// Whether the row's number, if it has one, stands before the record that begins at `record`, and
  /// `length`, how long the record is, before that.
  private static func hasLength(_ bytes: Bytes, _ length: Int, before record: Int) -> Bool {
    let high = UInt8(truncatingIfNeeded: length >> 7)
    let low = UInt8(truncatingIfNeeded: length & 0x7F)
    return (0...9).contains { row in
      let last = record - row - 1
      guard last >= 1, bytes[last] == low else { return false }
      return high == 0 || bytes[last - 1] == high | 0x80
    }
  }

  /// Whether a record may end at `end`: there the freed block ends, or another begins that was joined to
  /// it, freed before it with the same end or after it and so whole.
  private static func ends(_ bytes: Bytes, _ end: Int, _ blockEnd: Int) -> Bool {
    if end == blockEnd { return true }
    guard end < blockEnd else { return false }
    if end + (Int(bytes[end + 2]) << 8 | Int(bytes[end + 3])) == blockEnd { return true }
    var at = end
    guard let payload = varint(bytes, &at), varint(bytes, &at) != nil else { return false }
    let start = at
    guard let size = varint(bytes, &at), size >= 2, size <= headerBytesMax else { return false }
    var length = 0
    while at < start + Int(size) {
      guard let type = varint(bytes, &at), let bytes = fieldBytes(type) else { return false }
      length += bytes
    }
    return at == start + Int(size) && Int(payload) == Int(size) + length && length > 0
  }

  /// How long a field of this type is.
  static func fieldBytes(_ type: UInt64) -> Int? {
    switch type {
    case 0, 8, 9: 0
    case 1...4: Int(type)
    case 5: 6
    case 6, 7: 8
    case 12...8204: Int(type - 12) / 2
    default: nil
    }
  }

  private static func varint(_ bytes: Bytes, _ at: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for _ in 0..<3 {
      let byte = bytes[at]
      at += 1
      value = value << 7 | UInt64(byte & 0x7F)
      if byte < 0x80 { return value }
    }
    return nil
  }
}
