import Core
import Detection
import Rules
import TestSupport
import Testing

@testable import Audit

/// Columns of numbers that were filled up with zeros, under names that say nothing: their values decide.
@Suite struct FilledColumnTests {
  private func filled(_ number: String, to width: Int) -> String {
    String(repeating: "0", count: width - number.utf8.count) + number
  }

  private func cards(_ count: Int, seed: UInt64) -> [String] {
    var random = SplitMix(seed: seed)
    return (0..<count).map { TestCards.number(["4", "51", "6011"][$0 % 3], 16, using: &random) }
  }

  private func scan(_ column: String, _ values: [String]) throws -> Collector {
    try scanDatabase(
      ["BEGIN", "CREATE TABLE t(id INTEGER PRIMARY KEY, \(column) TEXT)"]
        + values.map { "INSERT INTO t(\(column)) VALUES('\($0)')" } + ["COMMIT"])
  }

  @Test(arguments: ["number", "ref", "order_ref", "c7", "customer_id"], [17, 19, 20])
  func `cards of one width are found whatever their column is called`(
    _ column: String, _ width: Int
  ) throws {
    let values = cards(24, seed: 51).map { filled($0, to: width) }
    let result = try scan(column, values)
    #expect(result.findings.count == 24)
    let finding = try #require(result.findings.first)
    #expect(finding.kind == .pan && finding.length == 16 && finding.location.field == column)
    #expect(finding.reasons.contains("leading-zeros"))
    #expect(finding.reasons.contains("luhn-rate:24/24"))
    let profile = try #require(result.profile("t", column))
    #expect(profile.counts == [.pan: 24])
    #expect(profile.cardShaped == 24 && profile.passLuhn == 24)
    #expect(!everything(result).contains(values[0].suffix(10)))
  }

  @Test func `ids that pass at the rate of chance are none`() throws {
    for seed in 60..<70 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let ids = (0..<300).map { _ in filled(TestCards.id("4", 16, using: &random), to: 19) }
      let result = try scan("number", ids)
      #expect(result.findings.isEmpty, "seed \(seed)")
      #expect(result.profile("t", "number")?.counts == [.number: 300], "seed \(seed)")
    }
  }

  @Test func `ids with a check digit outside the issuers' ranges are none`() throws {
    for seed in 70..<80 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let ids = (0..<60).map { _ in filled(TestCards.number("", 16, using: &random), to: 20) }
      let result = try scan("number", ids)
      #expect(result.findings.isEmpty, "seed \(seed)")
    }
  }

  @Test func `a few are not enough to be told as cards, and too many to pass`() throws {
    let values = cards(8, seed: 52).map { filled($0, to: 19) }
    let result = try scan("number", values)
    #expect(result.findings.isEmpty)
    #expect(result.profile("t", "number")?.passLuhn == 8)
    var judge = PolicyJudge(rules.policy, name: "test")
    for coverage in result.coverages { judge.add(coverage) }
    let verdict = judge.verdict(isComplete: true)
    #expect(verdict.verdict == .unproven)
    let column = try #require(verdict.stores.first?.columns.first { $0.column == "number" })
    #expect(column.problems.map(\.kind) == [.doubtfulNumbers])
  }

  @Test func `numbers beside text in a value are none`() throws {
    let values = cards(24, seed: 53).map { "ref " + filled($0, to: 19) }
    #expect(try scan("note", values).findings.isEmpty)
  }
}
