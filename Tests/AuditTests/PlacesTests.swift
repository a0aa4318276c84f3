import Core
import Detection
import Foundation
import Inputs
import Native
import TestSupport
import Testing

@testable import Audit

/// Ids, residue and classes as the engine tells them.
@Suite struct PlacesTests {
  private func findings(_ text: String, path: String = "a") throws -> [Finding] {
    try run([MemorySource("a", [.item(MemoryItem("a", path, Array(text.utf8)))])]).findings
  }

  @Test func `an id is of the place, not of the number`() throws {
    let one = try findings("card=4242424242424242\ncard=4111111111111111\n")
    let other = try findings("card=5555555555554444\ncard=4012888888881881\n")
    #expect(one.count == 2)
    #expect(one.map(\.id) == other.map(\.id))
    #expect(one[0].id != one[1].id)
    #expect(try findings("card=4242424242424242\n", path: "b")[0].id != one[0].id)
    #expect(try findings(" card=4242424242424242\n")[0].id != one[0].id)
  }

  @Test func `a list of ids is lowered and told as a class`() throws {
    var random = SplitMix(seed: 1)
    let text = (0..<300).map { _ in "item \(TestCards.id("4", 16, using: &random))\n" }.joined()
    let item = MemoryItem("a", "a", Array(text.utf8), partBytes: 700)
    let collected = try run([MemorySource("a", [.item(item)])], threads: 2) {
      $0.minConfidence = .low
    }
    #expect(collected.findings.count > 15)
    #expect(
      collected.findings.allSatisfy { finding in
        finding.confidence == .low && finding.reasons.contains { $0.hasPrefix("luhn-rate:") }
      })
    let report = try #require(collected.coverages[0].classes.first)
    #expect(report.label == "item" && report.length == 16)
    #expect(report.distinct == ClassTable.numbersMax)
    #expect(report.lowered == collected.findings.count)
  }

  @Test func `a deleted row is residue, a live one is told once`() throws {
    let scratch = try Scratch()
    do {
      let database = try Database.create(scratch.path + "/shop.db")
      try database.execute(
        """
        PRAGMA secure_delete = 0;
        CREATE TABLE cards (id INTEGER PRIMARY KEY, note TEXT);
        INSERT INTO cards VALUES (1, 'card 4111111111111111'), (2, 'card 5555555555554444');
        DELETE FROM cards WHERE id = 1
        """)
    }
    let findings = try run([try scratch.source("shop.db")], threads: 2).findings
    #expect(findings.map(\.last4) == ["4444", "1111"])
    #expect(findings[0].location.table == "cards" && findings[0].location.row == "id=2")
    #expect(!findings[0].reasons.contains("residue"))
    #expect(findings[1].location.table == nil && findings[1].reasons.contains("residue"))
  }

  @Test func `a row's key names it unless it may be a card's number`() throws {
    let keys = [
      "100006789", "200006789", "20240501123456789", "1706745600000", "4242424242424242",
      "b9f8a1c2-1234-4567-8901-123456789012", "12345678901234567890123",
    ]
    let findings = try scanDatabase(
      ["CREATE TABLE t(k TEXT PRIMARY KEY, card TEXT) WITHOUT ROWID"]
        + keys.map { "INSERT INTO t VALUES('\($0)', '4111111111111111')" }
    ).findings.filter { $0.location.field == "card" }
    #expect(
      findings.compactMap(\.location.row).sorted()
        == keys.map {
          switch $0.count {
          case 16: "k=************4242"
          case 23: "k=*******************0123"
          default: "k=" + $0
          }
        }.sorted())
    #expect(Set(findings.map(\.id)).count == keys.count)
  }

  @Test func `what may be a code in a name is not shown`() throws {
    let found = try findings(#"{"cvv":{"737":"4242424242424242"}}"#)
    #expect(found.compactMap(\.location.field) == ["cvv.***"])
  }

  @Test(arguments: [
    "id INTEGER PRIMARY KEY, pan INTEGER", "pan INTEGER", "name TEXT, pan INTEGER, exp TEXT",
    "id INTEGER PRIMARY KEY, a REAL, b INTEGER, pan INTEGER, note TEXT",
  ])
  func `deleted rows that held the number as an integer are residue`(columns: String) throws {
    let scratch = try Scratch()
    var random = SplitMix(seed: 7)
    var deleted: [String] = []
    var live: [String] = []
    do {
      let database = try Database.create(scratch.path + "/shop.db")
      try database.execute(
        "PRAGMA secure_delete = 0; CREATE TABLE cards (\(columns)); BEGIN")
      for row in 1...400 {
        let number = TestCards.number("4", 16, using: &random)
        let values = columns.split(separator: ",").map { column in
          switch column.split(separator: " ")[0] {
          case "id": "\(row)"
          case "pan": number
          case "a", "b": "\(row * 1000)"
          default: "'text \(row)'"
          }
        }
        try database.execute("INSERT INTO cards VALUES (\(values.joined(separator: ", ")))")
        if row % 3 == 0 || row % 10 == 1 {
          deleted.append(number)
        } else {
          live.append(number)
        }
      }
      try database.execute("COMMIT; BEGIN")
      for number in deleted { try database.execute("DELETE FROM cards WHERE pan = \(number)") }
      try database.execute("COMMIT")
    }
    let findings = try run([try scratch.source("shop.db")], threads: 2).findings
    let residue = findings.filter { $0.reasons.contains("residue") }
    #expect(residue.allSatisfy { $0.encoding == ["sqlite-integer"] && $0.location.table == nil })
    #expect(findings.count - residue.count == live.count)
    let file = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/shop.db"))
    // Where pages were joined, some are gone from the file.
    let inFile = deleted.filter { number in
      withUnsafeBytes(of: Int64(number)!.bigEndian) { file.range(of: Data($0)) != nil }
    }
    #expect(inFile.count > 50)
    let ends = Set(residue.map(\.last4))
    let missing = inFile.filter { !ends.contains(String($0.suffix(4))) }
    #expect(missing.count <= inFile.count / 20, "\(missing.count) of \(inFile.count)")
  }

  @Test(arguments: [
    "4111111111111111", "4111 1111 1111 1111", "4111111111111111 ok", "4111-1111-1111-1111 x",
    "4111111111111111, and a text that is much longer than the number at its beginning, " + "so on",
  ])
  func `a deleted text is found whatever its length makes of the byte before it`(
    text: String
  ) throws {
    for columns in ["id INTEGER PRIMARY KEY, pan TEXT", "pan TEXT, note TEXT"] {
      let scratch = try Scratch()
      do {
        let database = try Database.create(scratch.path + "/shop.db")
        try database.execute("PRAGMA secure_delete = 0; CREATE TABLE cards (\(columns))")
        for row in 1...400 {
          let value = row % 4 == 1 ? text : "no number \(row)"
          let values = columns.hasPrefix("id") ? "\(row), '\(value)'" : "'\(value)', 'n \(row)'"
          try database.execute("INSERT INTO cards VALUES (\(values))")
        }
        try database.execute("DELETE FROM cards WHERE rowid % 4 = 1")
      }
      let file = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/shop.db"))
      let copies = file.count(of: text)
      #expect(copies > 10)
      let found = try run([try scratch.source("shop.db")]).findings
      #expect(found.count >= copies * 9 / 10, "\(found.count) of \(copies), \(columns)")
      #expect(found.allSatisfy { $0.reasons.contains("residue") })
    }
  }

  @Test func `deleted integers that are no card numbers are lowered as a class`() throws {
    let scratch = try Scratch()
    var random = SplitMix(seed: 8)
    do {
      let database = try Database.create(scratch.path + "/shop.db")
      try database.execute("PRAGMA secure_delete = 0; CREATE TABLE t (id INTEGER); BEGIN")
      for _ in 0..<2000 {
        let id = Int.random(in: 4_000_000_000_000_000..<5_500_000_000_000_000, using: &random)
        try database.execute("INSERT INTO t VALUES (\(id))")
      }
      try database.execute("COMMIT; DROP TABLE t")
    }
    #expect(try run([try scratch.source("shop.db")]).findings.isEmpty)
  }

  @Test func `digests beyond what memory holds are known`() throws {
    let live = LiveDigests(memoryMax: 100)
    try live.insert((0..<1050).map { UInt64($0) &* 3 })
    let known = try live.known(among: Set(0..<3150))
    #expect(known == Set((0..<1050).map { UInt64($0) * 3 }))
  }
}

extension Data {
  fileprivate func count(of text: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.range(of: Data(text.utf8)) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
