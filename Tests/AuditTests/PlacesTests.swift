import Audit
import Core
import Detection
import Inputs
import Native
import TestSupport
import Testing

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
}
