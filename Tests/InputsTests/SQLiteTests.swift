import Core
import Foundation
import Glibc
import Inputs
import Native
import TestSupport
import Testing

@Suite struct SQLiteTests {
  /// What one table gave: row key, column and value of each chunk.
  private func values(_ reading: Reading, of table: String) -> [String] {
    reading.pieces.filter { $0.table == table }
      .map { "\($0.rowKey ?? "-") \($0.column ?? "-") \($0.text)" }
  }

  private func scan(_ scratch: Scratch, _ name: String = "shop.db") throws -> Reading {
    read(try firstItem("sqlite:" + scratch.path + "/" + name))
  }

  @Test func `values of every storage class are handed over`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        """
        CREATE TABLE cards (id INTEGER PRIMARY KEY, number);
        INSERT INTO cards VALUES
          (1, '4242424242424242'), (2, 4111111111111111), (3, 5555555555554444.0),
          (4, x'333738323832323436333130303035'), (5, NULL), (6, ''), (7, 'ab'), (8, 0.5),
          (9, -12345), (10, 'with' || char(0) || 'nul')
        """)
    }
    let reading = try scan(scratch)
    #expect(
      values(reading, of: "cards").filter { $0.contains("number") } == [
        "id=1 number 4242424242424242", "id=2 number 4111111111111111",
        "id=3 number 5555555555554444", "id=4 number 378282246310005", "id=6 number ",
        "id=7 number ab", "id=8 number 0.5", "id=9 number -12345", "id=10 number with\0nul",
      ])
    #expect(
      reading.outcome.tables == [
        Coverage.Table(
          place: scratch.path + "/shop.db", name: "cards", rowsRead: 10, rowsInTable: 10)
      ])
    #expect(reading.outcome.examined.rows == 10)
    #expect(reading.outcome.examined.tables == 1)
    #expect(reading.outcome.examined.files == 1)
    #expect(reading.outcome.notExamined.isEmpty)
    let size = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/shop.db")).count
    #expect(reading.outcome.examined.bytes == size)
  }

  @Test func `deleted rows are found in the raw pages`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        """
        PRAGMA secure_delete = 0;
        CREATE TABLE t (a); INSERT INTO t VALUES ('deleted 4242424242424242'), ('kept');
        DELETE FROM t WHERE a LIKE 'deleted%'
        """)
    }
    let reading = try scan(scratch)
    #expect(values(reading, of: "t") == ["rowid=2 a kept"])
    let pages = reading.pieces.filter { $0.field == .pages }
    #expect(pages.contains { $0.text.contains("deleted 4242424242424242") })
    #expect(pages.allSatisfy { $0.table == nil })
    #expect(!pages.contains { $0.text.contains("kept") })
  }

  @Test(arguments: ["UTF-16le", "UTF-16be"])
  func `text of a UTF-16 database arrives as UTF-8`(encoding: String) throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        "PRAGMA encoding = '\(encoding)'; CREATE TABLE t (ü); INSERT INTO t VALUES ('é42é42')")
    }
    #expect(values(try scan(scratch), of: "t") == ["rowid=1 ü é42é42"])
  }

  @Test func `tables without row ids name their rows by key and mask long numbers in it`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        """
        CREATE TABLE t (a, b, c, PRIMARY KEY (b, a)) WITHOUT ROWID;
        INSERT INTO t VALUES ('4242 4242-4242 4242', 7, 'value'), (5555555555554444, 8, 'other')
        """)
    }
    let rows = try scan(scratch).pieces.filter { $0.table == "t" }
    let keys = Set(rows.compactMap(\.rowKey))
    #expect(keys == ["b=7,a=**** ****-**** 4242", "b=8,a=************4444"])
  }

  @Test func `a key that holds a number in two columns keeps its last four digits`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        """
        CREATE TABLE t (a, b, c, PRIMARY KEY (a, b)) WITHOUT ROWID;
        INSERT INTO t VALUES (42424242, 42424242, 'v'), ('5555-5555x', 55554444, 'w');
        INSERT INTO t VALUES (42424242, 42424241, 'none'), (20, 26, 'short')
        """)
    }
    let rows = try scan(scratch).pieces.filter { $0.table == "t" }
    let keys = Set(rows.compactMap(\.rowKey))
    #expect(
      keys == [
        "a=********,b=****4242", "a=****-****x,b=****4444", "a=42424242,b=42424241", "a=20,b=26",
      ])
  }

  @Test func `a row id that may be a card number is masked`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        "CREATE TABLE t (pan INTEGER PRIMARY KEY); INSERT INTO t VALUES (4242424242424242)")
    }
    #expect(
      values(try scan(scratch), of: "t") == ["pan=************4242 pan 4242424242424242"])
  }

  @Test func `odd names are quoted right`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/odd name%?#&.db"))
      try writer.database.execute(
        """
        CREATE TABLE "a ""b"" ' ; --" ("x y" TEXT, "select" TEXT);
        INSERT INTO "a ""b"" ' ; --" VALUES ('one', 'two');
        CREATE TABLE "order" (rowid TEXT, _rowid_ TEXT);
        INSERT INTO "order" VALUES ('abc', 'def');
        CREATE TABLE alltaken (rowid TEXT, _rowid_ TEXT, oid TEXT);
        INSERT INTO alltaken VALUES ('abc', 'def', 'ghi');
        CREATE TABLE "" ("" TEXT); INSERT INTO "" VALUES ('empty');
        CREATE VIEW v AS SELECT * FROM "order"
        """)
    }
    let reading = try scan(scratch, "odd name%?#&.db")
    #expect(
      values(reading, of: "a \"b\" ' ; --") == ["rowid=1 x y one", "rowid=1 select two"])
    #expect(values(reading, of: "order") == ["oid=1 rowid abc", "oid=1 _rowid_ def"])
    #expect(values(reading, of: "alltaken") == ["- rowid abc", "- _rowid_ def", "- oid ghi"])
    #expect(values(reading, of: "") == ["rowid=1  empty"])
    #expect(reading.outcome.tables.count == 4)
    #expect(reading.outcome.notExamined.isEmpty)
  }

  @Test func `a virtual table is read through the tables it stores its data in`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        "CREATE VIRTUAL TABLE notes USING fts5(body); INSERT INTO notes VALUES ('4242 note')")
    }
    let reading = try scan(scratch)
    #expect(reading.outcome.excluded.map(\.reason.rawValue) == ["virtual-table"])
    #expect(values(reading, of: "notes_content") == ["id=1 id 1", "id=1 body 4242 note"])
  }

  @Test func `a value of many megabytes is read in pieces`() throws {
    let scratch = try Scratch()
    let count = 9 << 20
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        """
        CREATE TABLE t (id INTEGER PRIMARY KEY, a, "b ""x"" y", c);
        INSERT INTO t VALUES (1, 'before', 'x', 4111), (2, 'same row', zeroblob(\(count)), 4242),
          (3, 'after', 'x', 4444), (9, printf('%.*c', \(count), 'y'), NULL, 'last')
        """)
    }
    let reading = try scan(scratch)
    let large = reading.pieces.filter { $0.column == "b \"x\" y" && $0.rowKey == "id=2" }
    #expect(large.reduce(0) { $0 + $1.owned.count } == count)
    #expect(large.allSatisfy { $0.bytes.count < 1 << 20 })
    let last = reading.pieces.filter { $0.rowKey == "id=9" && $0.column == "a" }
    #expect(last.flatMap(\.ownedBytes) == [UInt8](repeating: 0x79, count: count))
    let rest = reading.pieces.filter { $0.table == "t" && $0.bytes.count < 100 }
    #expect(
      rest.map(\.text) == [
        "1", "before", "x", "4111", "2", "same row", "4242", "3", "after", "x", "4444", "9", "last",
      ])
    #expect(rest.map(\.rowNumber) == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3])
    #expect(reading.outcome.tables.map(\.rowsRead) == [4])
    #expect(reading.outcome.notExamined.isEmpty)
  }

  @Test func `large values in a table without row ids are read with the rows around them`() throws {
    let scratch = try Scratch()
    let count = 9 << 20
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      // The index on all columns is what SQLite walks, in an order of its own.
      try writer.database.execute(
        """
        CREATE TABLE t (k TEXT, n TEXT, v, PRIMARY KEY (k, n)) WITHOUT ROWID;
        CREATE INDEX i ON t (n, v, k);
        INSERT INTO t VALUES ('a', '4', 'before'), ('b', '3', zeroblob(\(count))),
          ('c', '2', 'after'), ('d', '1', printf('%.*c', \(count), 'y')), ('e', '0', 'first'),
          ('f', '9', 'last')
        """)
    }
    let reading = try scan(scratch)
    let rows = reading.pieces.filter { $0.table == "t" }
    #expect(
      rows.filter { $0.bytes.count < 100 }.map(\.text) == [
        "e", "0", "first", "d", "1", "c", "2", "after", "b", "3", "a", "4", "before", "f", "9",
        "last",
      ])
    let large = rows.filter { $0.bytes.count > 100 }
    #expect(large.map(\.owned.count) == [count, count])
    #expect(large.map(\.rowNumber) == [1, 3])
    #expect(large.map(\.rowKey) == ["k=d,n=1", "k=b,n=3"])
    #expect(reading.outcome.tables.map(\.rowsRead) == [6])
    #expect(reading.outcome.notExamined.isEmpty)
  }

  @Test func `large values are read where columns take all names of the row id`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        """
        CREATE TABLE t (rowid TEXT, _rowid_ TEXT, oid);
        INSERT INTO t VALUES ('a', 'b', 'c'), ('d', 'e', zeroblob(\(9 << 20))), ('f', 'g', 'h')
        """)
    }
    let reading = try scan(scratch)
    let rows = reading.pieces.filter { $0.table == "t" }
    #expect(
      rows.map { $0.bytes.count > 100 ? "large" : $0.text } == [
        "a", "b", "c", "d", "e", "large", "f", "g", "h",
      ])
    #expect(rows.allSatisfy { $0.rowKey == nil })
    #expect(reading.outcome.notExamined.isEmpty)
  }

  @Test func `a value too large to be held is told with its row, and the others are read`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        """
        CREATE TABLE t (k TEXT PRIMARY KEY, a, b) WITHOUT ROWID;
        INSERT INTO t VALUES ('one', zeroblob(\(20 << 20)), 'beside'), ('two', 'x', 'y')
        """)
    }
    let reading = try scan(scratch)
    #expect(
      values(reading, of: "t") == [
        "k=one k one", "k=one b beside", "k=two k two", "k=two a x", "k=two b y",
      ])
    #expect(reading.outcome.tables.map(\.rowsRead) == [2])
    #expect(reading.outcome.notExamined.map(\.reason) == [.overLimit])
    #expect(
      reading.outcome.notExamined.map(\.place) == [scratch.path + "/shop.db: t.a k=one"])
  }

  @Test func `the log of a database is found beside the file a link leads to`() throws {
    let scratch = try Scratch()
    let writer = Writer(try Database.create(scratch.path + "/shop.db"))
    try writer.database.execute(
      """
      PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;
      CREATE TABLE t (a); INSERT INTO t VALUES ('first')
      """)
    symlink("shop.db", scratch.path + "/link")
    let reading = read(try firstItem(scratch.path + "/link"))
    #expect(values(reading, of: "t") == ["rowid=1 a first"])
    #expect(reading.pieces.contains { $0.member == "shop.db-wal" })
    withExtendedLifetime(writer) {}
  }

  @Test func `a large table is shared out and every row is read once`() throws {
    let scratch = try Scratch()
    do {
      let writer = Writer(try Database.create(scratch.path + "/shop.db"))
      try writer.database.execute(
        """
        CREATE TABLE t (id INTEGER PRIMARY KEY, a);
        WITH n(i) AS (SELECT -300000 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
        INSERT INTO t SELECT i, 'x' || i FROM n
        """)
    }
    let item = try firstItem(scratch.path + "/shop.db")
    try item.open()
    var outcome = PartOutcome()
    var tableParts = 0
    var seen: Set<String> = []
    while let part = item.nextPart() {
      guard part.table == "t" else { continue }
      tableParts += 1
      outcome += part.read(into: WorkBuffer()) { chunk in
        if chunk.field == .column(1) { seen.insert(String(decoding: chunk.bytes, as: UTF8.self)) }
        return true
      }
    }
    outcome += item.close()
    #expect(tableParts == 3)
    #expect(seen.count == 600_001)
    #expect(outcome.tables.map(\.rowsRead) == [600_001])
    #expect(outcome.tables.map(\.rowsInTable) == [600_001])
    #expect(outcome.examined.rows == 600_001)
    #expect(outcome.examined.tables == 1)
  }

  @Test(arguments: ["abandoned", "crashed", "checkpointed", "rollback"])
  func `nothing on disk changes, and rows still in the log are read`(kind: String) throws {
    let scratch = try Scratch()
    try scratch.makeDirectory("kept")
    let path = scratch.path + "/kept/shop.db"
    var writer: Writer? = Writer(try Database.create(path))
    try writer?.database.execute(
      """
      PRAGMA journal_mode = \(kind == "rollback" ? "delete" : "wal");
      PRAGMA wal_autocheckpoint = 0;
      CREATE TABLE t (a); INSERT INTO t VALUES ('first')
      """)
    if kind == "checkpointed" || kind == "rollback" { writer = nil }
    var directory = "/kept"
    if kind == "abandoned" || kind == "crashed" {
      directory = "/copy"
      try scratch.makeDirectory("copy")
      for suffix in kind == "abandoned" ? ["", "-wal"] : ["", "-wal", "-shm"] {
        try FileManager.default.copyItem(
          atPath: path + suffix, toPath: scratch.path + "/copy/shop.db" + suffix)
      }
    }
    let before = try Snapshot(of: scratch.path + directory)
    let walked = try walk(scratch.path + directory)
    let after = try Snapshot(of: scratch.path + directory)
    #expect(after == before)
    let reading = try #require(
      walked.readings.first { $0.location.path?.hasSuffix("shop.db") == true })
    #expect(values(reading, of: "t") == ["rowid=1 a first"])
    #expect(reading.outcome.notExamined.isEmpty)
    if FileManager.default.fileExists(atPath: scratch.path + directory + "/shop.db-wal") {
      #expect(walked.reason("shop.db-wal") == "already-examined")
      #expect(!walked.readings.contains { $0.location.path?.hasSuffix("-wal") == true })
    }
    // It kept the log alive up to here.
    writer = nil
  }

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3"),
      "needs another process that has the database open: the sqlite3 program"))
  func `a database in use by another process is read without a change`() throws {
    let scratch = try Scratch()
    let program = Process()
    program.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
    program.arguments = [scratch.path + "/shop.db"]
    let input = Pipe()
    let output = Pipe()
    program.standardInput = input
    program.standardOutput = output
    try program.run()
    let sql = """
      PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;
      CREATE TABLE t (a); INSERT INTO t VALUES ('first');
      SELECT 'ready';

      """
    try input.fileHandleForWriting.write(contentsOf: Data(sql.utf8))
    var answer = ""
    while !answer.contains("ready") {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty)
      answer += String(decoding: data, as: UTF8.self)
    }
    let before = try Snapshot(of: scratch.path)
    let reading = try scan(scratch)
    let after = try Snapshot(of: scratch.path)
    #expect(after == before)
    #expect(before.files.count == 3)
    #expect(values(reading, of: "t") == ["rowid=1 a first"])
    #expect(reading.outcome.notExamined.isEmpty)
    try input.fileHandleForWriting.close()
    program.waitUntilExit()
  }

  @Test func `a database with a transaction under way is told and its bytes are read`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    let writer = Writer(try Database.create(path))
    try writer.database.execute("CREATE TABLE t (a); INSERT INTO t VALUES ('first')")
    try writer.database.execute("BEGIN EXCLUSIVE")
    let reading = try scan(scratch)
    #expect(reading.reasons == ["locked"])
    #expect(reading.pieces.contains { $0.field == .pages && $0.text.contains("first") })
    try writer.database.execute("COMMIT")
  }

  @Test func `a journal left behind by a crash is not rolled back`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    let writer = Writer(try Database.create(path))
    try writer.database.execute(
      """
      PRAGMA cache_size = 1; CREATE TABLE t (a); INSERT INTO t VALUES ('first'); BEGIN;
      WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      INSERT INTO t SELECT 'more' || i FROM n
      """)
    try scratch.makeDirectory("copy")
    for suffix in ["", "-journal"] {
      try FileManager.default.copyItem(
        atPath: path + suffix, toPath: scratch.path + "/copy/shop.db" + suffix)
    }
    let before = try Snapshot(of: scratch.path + "/copy")
    let reading = read(try firstItem(scratch.path + "/copy/shop.db"))
    let after = try Snapshot(of: scratch.path + "/copy")
    #expect(after == before)
    #expect(reading.reasons.contains { $0 == "locked" || $0 == "corrupt" })
    #expect(reading.outcome.examined.bytes > 0)
    try writer.database.execute("ROLLBACK")
  }

  @Test func `a damaged table counts what was read and tells the rest`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    do {
      let writer = Writer(try Database.create(path))
      try writer.database.execute(
        """
        CREATE TABLE good (a); INSERT INTO good VALUES ('fine');
        CREATE TABLE t (a);
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO t SELECT 'value ' || i FROM n
        """)
    }
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: 4096 * 12)
    try file.write(contentsOf: Data(repeating: 0xFF, count: 4096))
    let reading = try scan(scratch)
    #expect(reading.reasons == ["corrupt"])
    #expect(reading.outcome.notExamined.first?.place == path + ": t")
    #expect(values(reading, of: "good") == ["rowid=1 a fine"])
    let table = try #require(reading.outcome.tables.last)
    #expect(table.rowsRead > 0 && table.rowsRead < 5000)
    #expect(reading.outcome.examined.tables == 1)
    #expect(reading.pieces.contains { $0.field == .pages })
  }

  @Test func `whatever is damaged, all bytes are read and something is told or counted`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    do {
      let writer = Writer(try Database.create(path))
      try writer.database.execute(
        """
        CREATE TABLE t (a, b); CREATE TABLE w (a PRIMARY KEY, b) WITHOUT ROWID;
        CREATE INDEX i ON t (b);
        WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO t SELECT 'value ' || i, i FROM n;
        INSERT INTO w SELECT a, b FROM t; INSERT INTO t VALUES (zeroblob(20000), 1)
        """)
    }
    let sound = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    for seed in 0..<60 {
      var random = SplitMix(seed: UInt64(seed))
      var bytes = sound
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        // The magic stays, or it would be read as a plain file.
        bytes[Int.random(in: 16..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      if seed % 4 == 0 { bytes.removeLast(Int.random(in: 1...8192, using: &random)) }
      let name = "damaged\(seed).db"
      try scratch.write(name, bytes)
      let reading = try scan(scratch, name)
      #expect(reading.outcome.examined.bytes == bytes.count, "seed \(seed)")
      var end = 0
      for piece in reading.pieces where piece.field == .pages {
        let start = piece.byteOffset + piece.owned.lowerBound
        #expect(start >= end, "seed \(seed)")
        end = start + piece.owned.count
        #expect(bytes[start..<end] == piece.ownedBytes, "seed \(seed)")
      }
      if !reading.outcome.notExamined.isEmpty {
        let handedOver = reading.pieces.filter { $0.field == .pages }.flatMap(\.ownedBytes)
        #expect(handedOver == bytes, "seed \(seed)")
      }
      let rows = reading.outcome.tables.reduce(0) { $0 + $1.rowsRead }
      #expect(rows > 0 || !reading.outcome.notExamined.isEmpty, "seed \(seed)")
      let quiet = reading.outcome.notExamined.isEmpty
      let miscounted = reading.outcome.tables.contains { $0.rowsRead != $0.rowsInTable }
      #expect(!(quiet && miscounted), "seed \(seed)")
    }
  }

  @Test func `a file cut short or broken at its start is told and read as bytes`() throws {
    let scratch = try Scratch()
    try scratch.write("shop.db", "SQLite format 3\0" + String(repeating: "4242 ", count: 500))
    let reading = try scan(scratch)
    #expect(reading.reasons == ["corrupt"])
    #expect(
      reading.outcome.notExamined.first?.detail?.hasPrefix("It begins as a SQLite database does")
        == true)
    #expect(reading.pieces.filter { $0.field == .pages }.flatMap(\.ownedBytes).count == 2516)
  }

  @Test func `a file that is no database is told when the user says it is one`() throws {
    let scratch = try Scratch()
    try scratch.write("shop.db", "hello 4242")
    let reading = try scan(scratch)
    #expect(reading.reasons == ["encrypted"])
    #expect(reading.ownedBytes == Array("hello 4242".utf8))
  }

  @Test func `a file that looks like an encrypted database is told`() throws {
    let scratch = try Scratch()
    var random = SplitMix(seed: 1)
    let noise = (0..<8192).map { _ in UInt8.random(in: 0...255, using: &random) }
    try scratch.write("shop.sqlite", noise)
    try scratch.write("noise.bin", noise)
    try scratch.write("zeros.db", [UInt8](repeating: 0, count: 8192))
    try scratch.write("text.db", Array(String(repeating: "some text here ", count: 1024).utf8))
    let walked = try walk(scratch.path)
    #expect(walked.readings.map(\.reasons) == [[], ["encrypted"], [], []])
  }
}

/// Names, bytes and times of a directory's files.
private struct Snapshot: Equatable, CustomStringConvertible {
  var description: String {
    files.keys.sorted().map { "\($0): \(files[$0]!.map { String($0.suffix(20)) })" }
      .joined(separator: "; ")
  }
  var files: [String: [String]] = [:]

  init(of path: String) throws {
    let manager = FileManager.default
    for name in try manager.contentsOfDirectory(atPath: path) {
      let full = path + "/" + name
      var status = stat()
      stat(full, &status)
      let data = try Data(contentsOf: URL(fileURLWithPath: full))
      files[name] = [
        data.base64EncodedString(), "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)",
        "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)", "\(status.st_ino)",
      ]
    }
  }
}

/// A connection that can be let go at a moment of the test's choice.
private final class Writer {
  let database: Database

  init(_ database: consuming Database) { self.database = database }
}
