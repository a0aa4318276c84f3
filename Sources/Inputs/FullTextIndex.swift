import Core

/// The index of a full-text table of SQLite: words, of which only what differs from the word before is
/// stored. A table without content keeps its text nowhere else, and words of deleted rows stay in it for a
/// while.
enum FullTextIndex: String, Sendable {
  case fts5, fts3

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

  /// The columns that a statement names, for FTS5, which numbers them where it keeps their text.
  static func columns(statement: [UInt8]) -> [String] {
    guard let open = statement.firstIndex(of: UInt8(ascii: "(")),
      let close = statement.lastIndex(of: UInt8(ascii: ")")), open < close
    else { return [] }
    var columns: [String] = []
    var name: [UInt8] = []
    var quote: UInt8?
    var isNamed = false
    var isOption = false
    func finish() {
      if isNamed, !isOption { columns.append(Escaping.text(fromFileName: name)) }
      (name, isNamed, isOption) = ([], false, false)
    }
    var hasEnded = false
    for byte in statement[(open + 1)..<close] {
      if let end = quote {
        if byte == end { (quote, hasEnded) = (nil, true) } else if !hasEnded { name.append(byte) }
        continue
      }
      switch byte {
      case UInt8(ascii: ","):
        finish()
        hasEnded = false
      case UInt8(ascii: "="): isOption = true
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
        quote = byte
        isNamed = true
      case UInt8(ascii: "["):
        quote = UInt8(ascii: "]")
        isNamed = true
      case 0x20, 0x09, 0x0A, 0x0D: if !name.isEmpty { hasEnded = true }
      default:
        if !hasEnded { name.append(byte) }
        isNamed = true
      }
    }
    finish()
    return columns
  }

  /// The words of one block, each with a line of its own; empty for a block of another kind.
  func words(in block: UnsafeRawBufferPointer) -> [UInt8] { read(block).words }

  /// - Returns: the same, and whether nothing else is in the block.
  func read(_ block: UnsafeRawBufferPointer) -> (words: [UInt8], isWhole: Bool) {
    var reader = IndexBlock(block)
    let words = self == .fts5 ? reader.wordsOfVersion5() : reader.wordsOfVersion3()
    return (words, reader.isWhole)
  }
}

/// One block. Nothing in it is trusted; what makes no sense ends it.
struct IndexBlock {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0
  /// Whether all of it made sense.
  private(set) var isWhole = false
  private var word: [UInt8] = []
  private var text: [UInt8] = []
  private static let wordBytesMax = 4096

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// A leaf (fts5_index.c, "Segment leaf format"): where the rows begin and where the page's own index
  /// lies, which says where each word is.
  mutating func wordsOfVersion5() -> [UInt8] {
    guard bytes.count >= 4 else { return [] }
    let end = Int(bytes[2]) << 8 | Int(bytes[3])
    if end == bytes.count, end > 4 {
      // Nothing but rows of a word on the page before.
      isWhole = IndexBlock.numbers(in: bytes[4...]) != nil
    }
    guard end >= 4, end < bytes.count else { return [] }
    var footer = end
    var start = 0
    var isFirst = true
    var areNumbers = true
    at = 4
    while footer < bytes.count, let step = IndexBlock.big(bytes, &footer, to: bytes.count), step > 0
    {
      start += step
      guard start < end else { break }
      // What stands before it are rows of the word before, or of one on an earlier page.
      areNumbers = areNumbers && at <= start && IndexBlock.numbers(in: bytes[at..<start]) != nil
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
      isWhole =
        footer == bytes.count && areNumbers && IndexBlock.numbers(in: bytes[at..<end]) != nil
    }
    return text
  }

  /// A leaf of FTS3 and FTS4 (https://sqlite.org/fts3.html, 9.1): its height, which is 0, then each word
  /// with the list of its rows. Blocks above the leaves have only beginnings of their words.
  mutating func wordsOfVersion3() -> [UInt8] {
    guard let height = little(), height == 0 || little() != nil else { return [] }
    var isFirst = true
    while at < bytes.count {
      var kept = 0
      if !isFirst {
        guard let shared = little(), shared <= word.count else { break }
        kept = shared
      }
      guard let count = little(), take(count, keeping: kept, end: bytes.count) else { break }
      if height == 0 {
        guard let rows = little(), rows <= bytes.count - at,
          IndexBlock.numbers(in: bytes[at..<at + rows]) != nil
        else { break }
        at += rows
        text += word + [0x0A]
      }
      isFirst = false
      isWhole = at == bytes.count
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

  /// How many numbers of seven bits a byte some bytes are; `nil` when they end in one.
  static func numbers(in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard bytes.last.map({ $0 < 0x80 }) ?? true else { return nil }
    return bytes.count { $0 < 0x80 }
  }

  /// Seven bits a byte, the highest first.
  static func big(
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
