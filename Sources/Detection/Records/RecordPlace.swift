/// Where in a record a hit lies: what only those know who read the record as what it is.
package struct RecordPlace: Sendable, Equatable {
  /// The table, where records of several kinds lie in one file.
  package var table: String?
  /// The column, or the path of keys or elements.
  package var field: String?
  /// 1-based; counted from the part's start where `Scanner.records` counts records.
  package var row: Int?

  package init(table: String? = nil, field: String? = nil, row: Int? = nil) {
    self.table = table
    self.field = field
    self.row = row
  }

  /// Names longer than this are cut.
  static let nameBytesMax = 64
  /// Of a longer path the end is kept.
  static let pathBytesMax = 240

  /// A name from the file, ready to be part of a place: no control bytes, and a star for a name that
  /// has more digits than names have, for it may be a number itself.
  static func name(_ bytes: some Sequence<UInt8>) -> String {
    var out: [UInt8] = []
    var run = 0
    var digits = 0
    for c in bytes.prefix(nameBytesMax) {
      run = isDigit(c) ? run + 1 : 0
      digits += isDigit(c) ? 1 : 0
      if run > 4 || digits > 8 { return "*" }
      if c >= 0x20, c != 0x7F { out.append(c) }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The end of a path that is too long to be shown.
  static func cut(_ path: String) -> String {
    guard path.utf8.count > pathBytesMax else { return path }
    return "…"
      + String(decoding: path.utf8.suffix(pathBytesMax).drop { $0 & 0xC0 == 0x80 }, as: UTF8.self)
  }
}

/// How the records of a part are written, and what is known of the place where reading is.
enum RecordLayout {
  case none
  /// One value of JSON, or values that are too long for a line.
  case json(JSONPath)
  /// A value a line.
  case jsonLines
  case xml(XMLPath)
  case delimited(DelimitedRecords)

  /// - Parameters:
  ///   - head: the file's first bytes.
  ///   - startsFile: whether the part's first byte is the file's.
  ///   - isWide: places in the text are not those in the file; rows need both.
  init(head: [UInt8], header: TableHeader?, startsFile: Bool, isWide: Bool) {
    self = .none
    if let header {
      if !isWide { self = .delimited(DelimitedRecords(header, startsFile: startsFile)) }
      return
    }
    let start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let first = head[start...].firstIndex(where: { !RecordLayout.isSpace($0) }) else {
      return
    }
    switch head[first] {
    case 0x7B, 0x5B:
      guard JSONPath.isLikely(head[first...]) else { return }
      self =
        RecordLayout.isLines(head[first...]) ? .jsonLines : .json(JSONPath(isWhole: startsFile))
    case 0x3C:
      if XMLPath.isLikely(head[first...]) { self = .xml(XMLPath(isWhole: startsFile)) }
    default: break
    }
  }

  /// Whether the first line is a whole value.
  private static func isLines(_ head: ArraySlice<UInt8>) -> Bool {
    guard let end = head.firstIndex(of: 0x0A), end - head.startIndex >= 2 else { return false }
    var path = JSONPath(isWhole: true)
    let line = Array(head[..<end])
    line.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      path.read(Bytes(base: base, count: buffer.count), 0..<buffer.count)
    }
    return path.isAtTop
  }

  static func isSpace(_ c: UInt8) -> Bool { isBlank(c) || c == 0x0A || c == 0x0D }
}
