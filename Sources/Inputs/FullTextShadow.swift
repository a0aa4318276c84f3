import Core

/// A table that SQLite keeps for a full-text table: its index of words, and what it counts for that.
struct FullTextShadow: Sendable {
  let kind: FullTextIndex
  let role: Role
  /// Of the full-text table; `nil` where its statement names none.
  let columnCount: Int?

  enum Role: Sendable {
    /// Blocks of the index.
    case blocks
    /// Where the words of each block begin.
    case starts
    /// How many words each row has in each column.
    case sizes
    /// The same of all rows.
    case totals
  }

  private static let roles: [(suffix: String, kind: FullTextIndex, role: Role)] = [
    ("_data", .fts5, .blocks), ("_idx", .fts5, .starts), ("_docsize", .fts5, .sizes),
    ("_segments", .fts3, .blocks), ("_segdir", .fts3, .blocks), ("_docsize", .fts3, .sizes),
    ("_stat", .fts3, .totals),
  ]

  /// A full-text table.
  struct Owner {
    let kind: FullTextIndex
    /// Empty where the statement names none.
    let columns: [String]

    init?(statement: [UInt8]) {
      guard let kind = FullTextIndex(statement: statement) else { return nil }
      self.kind = kind
      columns = FullTextIndex.columns(statement: statement)
    }
  }

  /// - Parameters:
  ///   - name: of the table.
  ///   - owners: the full-text tables of the database by name.
  init?(of name: [UInt8], owners: [[UInt8]: Owner]) {
    for (suffix, kind, role) in FullTextShadow.roles {
      guard name.count > suffix.utf8.count,
        name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8),
        let owner = owners[Array(name.dropLast(suffix.utf8.count))], owner.kind == kind
      else { continue }
      self.kind = kind
      self.role = role
      columnCount = owner.columns.isEmpty ? nil : owner.columns.count
      return
    }
    return nil
  }

  /// Whether a value is what SQLite writes there, and nothing of anybody else's.
  ///
  /// Of blocks that is more than a guess: words, their places and the block's own index have to fit
  /// together to its last byte (fts5_index.c, "Segment leaf format"; fts3_write.c).
  func holds(_ value: UnsafeRawBufferPointer, row: Int64?) -> Bool {
    switch (role, kind) {
    case (.starts, _): return value.isEmpty || (0x30...0x3F).contains(value[0])
    case (.sizes, _): return isList(value[...], extra: 0)
    // The number of rows, and the bytes of all.
    case (.totals, _): return row == 1 ? isList(value[...]) : isList(value[...], extra: 2)
    case (.blocks, .fts3): return kind.read(value).isWhole
    case (.blocks, .fts5): return row.map { holdsBlock(value, row: $0) } ?? false
    }
  }

  /// Blocks of FTS5 are told apart by their number.
  private func holdsBlock(_ value: UnsafeRawBufferPointer, row: Int64) -> Bool {
    switch row {
    case 1: return value.isEmpty || isList(value[...], extra: 1)
    case 10: return isStructure(value)
    default: break
    }
    // Rows that were deleted from a table without content: the bytes of each, two numbers of four, rows.
    if row >> 37 >= 1 << 16 {
      guard value.count >= 8, value[0] == 4 || value[0] == 8 else { return false }
      return (value.count - 8) % Int(value[0]) == 0
    }
    let isIndexOfRows = row >> 36 & 1 == 1
    guard !isIndexOfRows else {
      return value.count > 1 && value[0] <= 1 && isList(value[1...])
    }
    return kind.read(value).isWhole
  }

  /// Which blocks there are: a cookie, then how many levels, each with its segments.
  private func isStructure(_ value: UnsafeRawBufferPointer) -> Bool {
    var at = 4
    var isSecond = false
    if value.count >= 8, value[4] == 0xFF, value[5] == 0, value[6] == 0, value[7] == 1 {
      (at, isSecond) = (8, true)
    }
    func next() -> Int? { IndexBlock.big(value, &at, to: value.count) }
    guard let levels = next(), let segments = next(), next() != nil else { return false }
    var left = segments
    for _ in 0..<min(levels, value.count) {
      guard next() != nil, let count = next(), count <= left else { return false }
      left -= count
      for _ in 0..<count * (isSecond ? 8 : 3) where next() == nil { return false }
    }
    return left == 0 && at == value.count
  }

  /// Whether it is so many numbers as there are columns, and some more; any number of them without that.
  private func isList(_ value: Slice<UnsafeRawBufferPointer>, extra: Int? = nil) -> Bool {
    guard let count = IndexBlock.numbers(in: value) else { return false }
    guard let extra, let columnCount else { return true }
    return count == columnCount + extra
  }
}
