import Core

/// What the head of a statement in a dump says: whose rows follow and what their columns are called.
struct SQLStatement {
  /// A table of the dump.
  struct Table {
    /// As the dump spells it, without quotes.
    var name: String
    var hash: UInt64
    var columns: [TableHeader.Column] = []
    /// Rows read so far.
    var rows = 0
  }

  /// The table's name, raw.
  var table: [UInt8]
  /// The names of the columns; empty when the statement does not give them.
  var columns: [[UInt8]]

  private static let columnsMax = 1024

  /// What stands before the rows: `INSERT INTO t (a, b) VALUES`, `COPY t (a, b) FROM stdin;`.
  init?(rows head: [UInt8]) {
    var at = SQLStatement.skip(["insert", "ignore", "replace", "into", "copy", "only"], in: head)
    guard let table = SQLStatement.name(head, &at) else { return nil }
    self.table = table
    columns = []
    SQLStatement.skipBlanks(head, &at)
    guard at < head.count, head[at] == 0x28, let close = head[at...].firstIndex(of: 0x29) else {
      return
    }
    columns = SQLStatement.parts(head, at + 1..<close, closing: false).map { part in
      var start = part.lowerBound
      return SQLStatement.name(head, &start) ?? []
    }
  }

  /// `CREATE TABLE t (a INT, b TEXT, PRIMARY KEY (a))`.
  init?(create head: [UInt8]) {
    var at = SQLStatement.skip(
      ["create", "table", "if", "not", "exists", "temporary", "unlogged"], in: head)
    guard let table = SQLStatement.name(head, &at) else { return nil }
    self.table = table
    SQLStatement.skipBlanks(head, &at)
    guard at < head.count, head[at] == 0x28 else { return nil }
    columns = []
    for part in SQLStatement.parts(head, at + 1..<head.count, closing: true) {
      var start = part.lowerBound
      SQLStatement.skipBlanks(head, &start)
      let isBare = start < head.count && (isLetter(head[start]) || head[start] == 0x5F)
      guard let name = SQLStatement.name(head, &start) else { continue }
      if isBare, SQLStatement.constraints.contains(name.map { lower($0) }) { continue }
      columns.append(name)
    }
  }

  private static let constraints: Set<[UInt8]> = Set(
    [
      "primary", "key", "unique", "constraint", "index", "fulltext", "spatial", "foreign", "check",
      "exclude", "like",
    ].map { Array($0.utf8) })

  /// Skips these words, in any order.
  private static func skip(_ words: [StaticString], in bytes: [UInt8]) -> Int {
    var at = 0
    while true {
      skipBlanks(bytes, &at)
      var end = at
      while end < bytes.count, isLetter(bytes[end]) { end += 1 }
      let word = bytes[at..<end].map { lower($0) }
      guard end < bytes.count, !isWord(bytes[end]), bytes[end] != 0x5F,
        words.contains(where: { text in
          text.utf8CodeUnitCount == word.count
            && text.withUTF8Buffer { $0.elementsEqual(word) }
        })
      else { return at }
      at = end
    }
  }

  private static func skipBlanks(_ bytes: [UInt8], _ at: inout Int) {
    while at < bytes.count, RecordLayout.isSpace(bytes[at]) { at += 1 }
  }

  /// A name, quoted or not, with its schema.
  private static func name(_ bytes: [UInt8], _ at: inout Int) -> [UInt8]? {
    var name: [UInt8] = []
    while true {
      skipBlanks(bytes, &at)
      guard at < bytes.count else { break }
      let open = bytes[at]
      if open == 0x22 || open == 0x60 || open == 0x27 || open == 0x5B {
        let close: UInt8 = open == 0x5B ? 0x5D : open
        at += 1
        while at < bytes.count, bytes[at] != close {
          name.append(bytes[at])
          at += 1
        }
        at += 1
      } else {
        while at < bytes.count, isName(bytes[at]) || bytes[at] == 0x24 {
          name.append(bytes[at])
          at += 1
        }
      }
      guard at < bytes.count, bytes[at] == 0x2E else { break }
      name.append(0x2E)
      at += 1
    }
    return name.isEmpty ? nil : name
  }

  /// What commas part, outside quotes and parentheses.
  /// - Parameter closing: whether the parenthesis that closes the list ends it.
  private static func parts(_ bytes: [UInt8], _ range: Range<Int>, closing: Bool) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    var depth = 0
    var quote: UInt8 = 0
    var end = range.upperBound
    for at in range where parts.count < columnsMax {
      let c = bytes[at]
      if quote != 0 {
        if c == quote { quote = 0 }
        continue
      }
      switch c {
      case 0x22, 0x27, 0x60: quote = c
      case 0x28: depth += 1
      case 0x29:
        if depth == 0, closing {
          end = at
          parts.append(start..<end)
          return parts
        }
        depth -= 1
      case 0x2C where depth == 0:
        parts.append(start..<at)
        start = at + 1
      default: break
      }
    }
    if start < end { parts.append(start..<end) }
    return parts
  }
}
