import Detection
import Rules
import Testing

/// The texts that each rule carries.
@Suite struct CatalogueTests {
  @Test func `every rule finds its texts and leaves the others alone`() throws {
    let rules = try RuleSet.load().rules
    #expect(rules.count == 6)
    for rule in rules {
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
