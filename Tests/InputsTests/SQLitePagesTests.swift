import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

/// What of a database's raw pages is handed over: all that no live row takes, and nothing else.
@Suite struct SQLitePagesTests {
  /// A kind of database.
  struct Shape: Sendable, CustomTestStringConvertible {
    var pageBytes: Int
    var autoVacuum = "none"
    var reserved = 0
    var encoding = "UTF-8"

    var testDescription: String {
      "\(pageBytes) bytes a page, \(reserved) reserved, auto_vacuum \(autoVacuum), \(encoding)"
    }
  }

  static let shapes = [
    Shape(pageBytes: 512), Shape(pageBytes: 512, autoVacuum: "full", reserved: 32),
    Shape(pageBytes: 1024, autoVacuum: "incremental"), Shape(pageBytes: 4096),
    Shape(pageBytes: 4096, autoVacuum: "full"), Shape(pageBytes: 4096, reserved: 255),
    Shape(pageBytes: 65536), Shape(pageBytes: 65536, autoVacuum: "incremental", reserved: 8),
  ]

  @Test(arguments: shapes, 0..<4)
  func `every deleted value in the file is handed over and no live one`(
    shape: Shape, seed: UInt64
  ) throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    try makeEmpty(path, shape)
    var filler = Filler(seed: seed)
    do {
      let database = try Database.create(path)
      try filler.fill(database)
    }
    let reading = read(try firstItem(path))
    #expect(reading.outcome.notExamined.isEmpty)
    let bytes = try contents(path)
    #expect(reading.outcome.examined.bytes == bytes.count)
    let inFile = filler.count(in: bytes)
    var inPages: [String: Int] = [:]
    for piece in pages(reading) {
      #expect(piece.owned == 0..<piece.bytes.count && piece.startsFile && piece.endsFile)
      #expect(piece.bytes[...] == bytes[piece.byteOffset..<(piece.byteOffset + piece.bytes.count)])
      inPages.merge(filler.count(in: piece.bytes), uniquingKeysWith: +)
    }
    // A row that moved within the file leaves old copies behind, so copies are counted.
    var deletedCopies = 0
    for (token, copies) in filler.copies {
      let expected = inFile[token, default: 0] - copies
      #expect(
        inPages[token, default: 0] == expected,
        "seed \(seed), \(token), \(copies) live copies, \(inFile[token, default: 0]) in the file")
      if copies == 0 { deletedCopies += expected }
    }
    for token in filler.deletedEnds {
      #expect(inPages[token, default: 0] == inFile[token, default: 0], "seed \(seed), \(token)")
    }
    for (token, copies) in filler.liveEnds {
      // Live copies may be cut by the end of a page, and then do not count in the file.
      #expect(inPages[token, default: 0] >= inFile[token, default: 0] - copies)
    }
    #expect(deletedCopies > 0 || shape.autoVacuum == "full", "seed \(seed) tests nothing")
    let live = filler.copies.filter { $0.value > 0 }.keys
    #expect(live.contains { inPages[$0] == nil }, "seed \(seed) tests nothing")
  }

  @Test func `pages of a dropped table are handed over whole`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    do {
      let database = try Database.create(path)
      try database.execute(
        """
        PRAGMA secure_delete = 0; CREATE TABLE kept (a); CREATE TABLE gone (a);
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO gone SELECT printf('gone %05d', i) FROM n;
        INSERT INTO kept VALUES ('kept 00001'); DROP TABLE gone
        """)
    }
    let text = pages(read(try firstItem(path))).map(\.text).joined(separator: "\n")
    let missing = (1...3000).filter { !text.contains("gone \("00000\($0)".suffix(5))") }
    // Lists of freed pages take the place of a few rows.
    #expect(missing.count < 100)
    #expect(!text.contains("kept 00001"))
  }

  @Test func `a live value in a page of its own is not handed over and what follows its end is`()
    throws
  {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    do {
      let database = try Database.create(path)
      // The second value takes over the first one's page, and 3600 bytes of it.
      try database.execute(
        """
        PRAGMA page_size = 4096; PRAGMA secure_delete = 0; CREATE TABLE t (a);
        INSERT INTO t VALUES (printf('%.*c', 5000, 'x') || ' 4242424242424242');
        DELETE FROM t; INSERT INTO t VALUES (printf('%.*c', 4085, 'y'))
        """)
    }
    let text = pages(read(try firstItem(path))).map(\.text).joined(separator: "\n")
    #expect(!text.contains("yyyyyyyy"))
    #expect(text.contains("xxxx 4242424242424242"))
  }

  @Test func `what the schema itself says is handed over`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    do {
      let database = try Database.create(path)
      try database.execute("CREATE TABLE t (a DEFAULT '4242424242424242')")
    }
    let reading = read(try firstItem(path))
    #expect(pages(reading).contains { $0.text.contains("'4242424242424242'") })
    let schema = reading.pieces.filter { $0.table == "sqlite_schema" }
    #expect(schema.map(\.rowKey) == ["table t"] && schema.map(\.column) == ["sql"])
    #expect(schema.first?.text.contains("'4242424242424242'") == true)
  }

  @Test(arguments: ["DELETE FROM t", "DROP TABLE t", "UPDATE t SET a = 'new'"])
  func `rows deleted in the log only are found in the main file`(change: String) throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    let writer = try Database.create(path)
    try writer.execute(
      """
      PRAGMA secure_delete = 0; PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;
      CREATE TABLE u (a); CREATE TABLE t (a);
      WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      INSERT INTO u SELECT printf('stays %05d', i) FROM n;
      WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      INSERT INTO t SELECT printf('value %05d', i) FROM n;
      PRAGMA wal_checkpoint(truncate)
      """)
    try writer.execute(change)
    let reading = read(try firstItem(path))
    #expect(reading.outcome.notExamined.isEmpty)
    #expect(reading.pieces.contains { $0.member == "shop.db-wal" })
    let text = pages(reading).map(\.text).joined(separator: "\n")
    for row in 1...2000 { #expect(text.contains("value \("00000\(row)".suffix(5))")) }
    let stays = (1...2000).filter { text.contains("stays \("00000\($0)".suffix(5))") }
    // Copies that a split left behind, in the root.
    #expect(stays.count < 400)
    try writer.execute("SELECT 1")
  }

  private static let many = """
    CREATE TABLE t (a);
    WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO t SELECT 'value ' || i FROM n
    """

  /// SQLite takes such a page as if NULs stood at its end.
  @Test(arguments: [1, 2000, 4095])
  func `a database cut inside its last page is told`(bytes: Int) throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    do {
      let database = try Database.create(path)
      try database.execute(SQLitePagesTests.many)
    }
    #expect(read(try firstItem(path)).reasons == [])
    let cut = Array(try Data(contentsOf: URL(fileURLWithPath: path)).dropLast(bytes))
    try scratch.write("shop.db", cut)
    let reading = read(try firstItem(path))
    #expect(reading.reasons.contains("truncated-while-reading"))
    #expect(pages(reading).flatMap(\.ownedBytes) == cut)
  }

  /// What a log holds need not be in the file yet: a crash may have come while it was moved there.
  @Test(arguments: [true, false])
  func `a database is whole with what its log holds`(isWhole: Bool) throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    let writer = try Database.create(path)
    try writer.execute(
      """
      PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE u (a);
      \(SQLitePagesTests.many)
      """)
    let checkpoint = "PRAGMA wal_checkpoint(\(isWhole ? "passive" : "truncate"))"
    let insert = "INSERT INTO u VALUES ('second')"
    try writer.execute(isWhole ? "\(insert); \(checkpoint)" : "\(checkpoint); \(insert)")
    try scratch.makeDirectory("copy")
    for (suffix, cut) in [("", isWhole ? 8292 : 100), ("-wal", 0)] {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path + suffix)))
      try scratch.write("copy/shop.db" + suffix, Array(bytes.dropLast(cut)))
    }
    let reading = read(try firstItem(scratch.path + "/copy/shop.db"))
    #expect(reading.reasons.contains("truncated-while-reading") == !isWhole)
    #expect(reading.outcome.notExamined.isEmpty == isWhole)
    #expect(reading.pieces.contains { $0.table == "u" && $0.text == "second" })
    try writer.execute("SELECT 1")
  }

  @Test func `every byte of a database with a damaged tree is handed over`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    do {
      let database = try Database.create(path)
      try database.execute(
        """
        CREATE TABLE t (a); CREATE INDEX i ON t (a);
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO t SELECT 'value ' || i FROM n
        """)
    }
    var bytes = try contents(path)
    // The index, which no row is read from: a child that does not exist.
    let index = stride(from: 4096, to: bytes.count, by: 4096).first { bytes[$0] == 2 }
    bytes.replaceSubrange((try #require(index) + 8)..<(index! + 12), with: [0x7F, 0, 0, 0])
    try scratch.write("damaged.db", bytes)
    let reading = read(try firstItem(scratch.path + "/damaged.db"))
    #expect(pages(reading).flatMap(\.ownedBytes) == bytes)
  }

  @Test func `a page with cells on each other is handed over whole`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    do {
      let database = try Database.create(path)
      try database.execute("CREATE TABLE t (a); INSERT INTO t VALUES ('first'), ('second')")
    }
    var bytes = try contents(path)
    // Both pointers of the second page lead to the same cell.
    bytes.replaceSubrange((4096 + 10)..<(4096 + 12), with: bytes[(4096 + 8)..<(4096 + 10)])
    try scratch.write("damaged.db", bytes)
    let reading = read(try firstItem(scratch.path + "/damaged.db"))
    let second = pages(reading).filter { $0.byteOffset >= 4096 }
    #expect(second.map(\.bytes) == [Array(bytes[4096...])])
  }

  /// Chunks from the main file.
  private func pages(_ reading: Reading) -> [Piece] {
    reading.pieces.filter { $0.field == .pages && $0.member == nil }
  }

  private func contents(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// A database without tables. Reserved bytes are put in by hand: there is no statement for it.
  private func makeEmpty(_ path: String, _ shape: Shape) throws {
    do {
      let database = try Database.create(path)
      try database.execute(
        """
        PRAGMA page_size = \(shape.pageBytes); PRAGMA auto_vacuum = \(shape.autoVacuum);
        PRAGMA encoding = '\(shape.encoding)'; PRAGMA user_version = 1
        """)
    }
    guard shape.reserved > 0 else { return }
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    let end = shape.pageBytes - shape.reserved
    try file.seek(toOffset: 20)
    try file.write(contentsOf: [UInt8(shape.reserved)])
    try file.seek(toOffset: 105)
    try file.write(contentsOf: [UInt8(end >> 8), UInt8(end & 0xFF)])
    try file.close()
  }
}

/// Fills a database by a seed with values that each hold a word of their own, and knows which of them
/// are live and how often.
private struct Filler {
  /// Every word at the start of a value ever written, with how many live copies there are.
  private(set) var copies: [String: Int] = [:]
  /// Words at the end of long values.
  private(set) var liveEnds: [String: Int] = [:]
  private(set) var deletedEnds: Set<String> = []
  private var random: SplitMix
  private var rows: [(id: Int, table: Int, token: String, end: String?)] = []
  private var nextID = 1

  /// The tables, with how many copies of a value each keeps: in the table, in its index.
  private static let tables = [("plain", 1), ("indexed", 2), ("keyed", 1)]
  private static let tokenBytes = 14

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  mutating func fill(_ database: borrowing Database) throws {
    try database.execute(
      """
      PRAGMA secure_delete = 0; PRAGMA synchronous = off;
      CREATE TABLE plain (a TEXT, id INTEGER, b); CREATE TABLE indexed (a TEXT, id INTEGER, b);
      CREATE INDEX by_a ON indexed (a); CREATE TABLE keyed (a TEXT PRIMARY KEY, id, b) WITHOUT ROWID;
      CREATE TABLE other (a);
      """)
    for step in 0..<40 {
      try database.execute("BEGIN")
      for _ in 0..<20 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6: try insert(database)
        case 6..<9: try delete(database)
        default: try update(database)
        }
      }
      try database.execute("COMMIT")
      if step == 20 { try database.execute("DROP TABLE other; PRAGMA incremental_vacuum(2)") }
    }
  }

  /// How often each known word is there.
  func count(in bytes: [UInt8]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for start in bytes.indices.dropLast(Filler.tokenBytes - 1) where bytes[start] == 0x7E {
      let text = String(decoding: bytes[start..<(start + Filler.tokenBytes)], as: UTF8.self)
      if copies[text] != nil || liveEnds[text] != nil || deletedEnds.contains(text) {
        counts[text, default: 0] += 1
      }
    }
    return counts
  }

  private mutating func token() -> String {
    "~"
      + String(
        (1..<Filler.tokenBytes).map { _ in "abcdefghijklmnop".randomElement(using: &random)! })
  }

  /// A value and the word at its end, if it is a long one.
  private mutating func value(_ token: String) -> (text: String, end: String?) {
    guard Int.random(in: 0..<6, using: &random) == 0 else {
      return (token + String(repeating: "s", count: Int.random(in: 0...40, using: &random)), nil)
    }
    let end = self.token()
    let count = Int.random(in: 100...10_000, using: &random)
    return (token + String(repeating: "l", count: count) + end, end)
  }

  private mutating func insert(_ database: borrowing Database) throws {
    let table = Int.random(in: 0..<Filler.tables.count, using: &random)
    let token = token()
    let (text, end) = value(token)
    let number = Int64.random(in: 0...Int64.max, using: &random)
    try database.execute(
      "INSERT INTO \(Filler.tables[table].0) VALUES ('\(text)', \(nextID), \(number))")
    rows.append((nextID, table, token, end))
    nextID += 1
    copies[token] = Filler.tables[table].1
    if let end { liveEnds[end] = copies[token] }
  }

  private mutating func delete(_ database: borrowing Database) throws {
    guard !rows.isEmpty else { return }
    let row = rows.remove(at: Int.random(in: 0..<rows.count, using: &random))
    try database.execute("DELETE FROM \(Filler.tables[row.table].0) WHERE id = \(row.id)")
    forget(row.token, row.end)
  }

  private mutating func update(_ database: borrowing Database) throws {
    guard !rows.isEmpty else { return }
    let index = Int.random(in: 0..<rows.count, using: &random)
    let row = rows[index]
    let token = token()
    let (text, end) = value(token)
    try database.execute(
      "UPDATE \(Filler.tables[row.table].0) SET a = '\(text)' WHERE id = \(row.id)")
    forget(row.token, row.end)
    rows[index] = (row.id, row.table, token, end)
    copies[token] = Filler.tables[row.table].1
    if let end { liveEnds[end] = copies[token] }
  }

  private mutating func forget(_ token: String, _ end: String?) {
    copies[token] = 0
    if let end {
      liveEnds[end] = nil
      deletedEnds.insert(end)
    }
  }
}
