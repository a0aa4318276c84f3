import Core

/// The index of a full-text table of SQLite: words, of which only what differs from the word before is
/// stored. A table without content keeps its text nowhere else, and words of deleted rows stay in it for a
/// while.
enum FullTextIndex: String, Sendable {
  case fts5, fts3

  /// The index that a table holds.
  /// - Parameters:
  ///   - name: of the table.
  ///   - owners: the full-text tables of the database by name, with their kind.
  init?(of name: [UInt8], owners: [[UInt8]: FullTextIndex]) {
    for (suffix, kind) in [("_data", FullTextIndex.fts5), ("_segments", .fts3), ("_segdir", .fts3)]
    {
      guard name.count > suffix.utf8.count,
        name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8),
        owners[Array(name.dropLast(suffix.utf8.count))] == kind
      else { continue }
      self = kind
      return
    }
    return nil
  }

  /// The kind of full-text table that a statement makes.
  init?(statement: [UInt8]) {
    let text = String(decoding: statement.prefix(4096), as: UTF8.self).lowercased()
    guard let using = text.firstRange(of: "using") else { return nil }
    let module = text[using.upperBound...].drop { $0.isWhitespace || $0 == "\"" || $0 == "'" }
    switch module.prefix(4) {
    case "fts5": self = .fts5
    case "fts3", "fts4": self = .fts3
    default: return nil
    }
  }

  /// The words of one block, each with a line of its own; empty for a block of another kind.
  func words(in block: UnsafeRawBufferPointer) -> [UInt8] {
    var reader = IndexBlock(block)
    return self == .fts5 ? reader.wordsOfVersion5() : reader.wordsOfVersion3()
  }
}

/// One block. Nothing in it is trusted; what makes no sense ends it.
private struct IndexBlock {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0
  private var word: [UInt8] = []
  private var text: [UInt8] = []
  private static let wordBytesMax = 4096

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// A leaf (fts5_index.c, "Segment leaf format"): where the rows begin and where the page's own index
  /// lies, which says where each word is.
  mutating func wordsOfVersion5() -> [UInt8] {
    guard bytes.count > 4 else { return [] }
    let end = Int(bytes[2]) << 8 | Int(bytes[3])
    guard end >= 4, end < bytes.count else { return [] }
    var footer = end
    var start = 0
    var isFirst = true
    while footer < bytes.count, let step = IndexBlock.big(bytes, &footer, to: bytes.count), step > 0
    {
      start += step
      guard start < end else { break }
      at = start
      var kept = 0
      if !isFirst {
        guard let shared = IndexBlock.big(bytes, &at, to: end), shared <= word.count else { break }
        kept = shared
      }
      guard let count = IndexBlock.big(bytes, &at, to: end), take(count, keeping: kept, end: end)
      else { break }
      isFirst = false
      // The first byte tells the index of whole words from those of their beginnings.
      if word.first == UInt8(ascii: "0") { text += word.dropFirst() + [0x0A] }
    }
    return text
  }

  /// A leaf of FTS3 and FTS4 (https://sqlite.org/fts3.html, 9.1): its height, which is 0, then each word
  /// with the list of its rows.
  mutating func wordsOfVersion3() -> [UInt8] {
    guard little() == 0 else { return [] }
    var isFirst = true
    while at < bytes.count {
      var kept = 0
      if !isFirst {
        guard let shared = little(), shared <= word.count else { break }
        kept = shared
      }
      guard let count = little(), take(count, keeping: kept, end: bytes.count),
        let rows = little(), rows <= bytes.count - at
      else { break }
      isFirst = false
      at += rows
      text += word + [0x0A]
    }
    return text
  }

  private mutating func take(_ count: Int, keeping kept: Int, end: Int) -> Bool {
    guard count > 0, count <= end - at, kept + count <= IndexBlock.wordBytesMax else {
      return false
    }
    word.removeLast(word.count - kept)
    word += bytes[at..<at + count]
    at += count
    return true
  }

  /// Seven bits a byte, the highest first.
  private static func big(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int, to end: Int
  ) -> Int? {
    var value = 0
    for _ in 0..<5 {
      guard index < end else { return nil }
      let byte = bytes[index]
      index += 1
      value = value << 7 | Int(byte & 0x7F)
      if byte < 0x80 { return value }
    }
    return nil
  }

  /// Seven bits a byte, the lowest first.
  private mutating func little() -> Int? {
    var value = 0
    for shift in stride(from: 0, to: 35, by: 7) {
      guard at < bytes.count else { return nil }
      let byte = bytes[at]
      at += 1
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
