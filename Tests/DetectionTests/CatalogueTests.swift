import Detection
import Rules
import Testing

/// The texts that each rule carries.
@Suite struct CatalogueTests {
  @Test func `every rule finds its texts and leaves the others alone`() throws {
    let rules = try RuleSet.load().rules
    #expect(rules.count == 8)
    // Two are about columns of tables; `RuleTableTests` has them.
    for rule in rules where !["pan-hash", "split-pan"].contains(rule.id) {
      for example in rule.match {
        let count = scan(example.text).count { $0.rule.name == rule.id }
        #expect(count == example.count ?? 1, "\(rule.id) in: \(example.text.debugDescription)")
      }
      for example in rule.noMatch {
        let hits = scan(example.text).filter { $0.rule.name == rule.id }
        #expect(hits.isEmpty, "\(rule.id) in: \(example.text.debugDescription)")
      }
    }
  }
}
