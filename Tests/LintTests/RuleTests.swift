import Core
import Rules
import Testing

@testable import Lint

@Suite struct RuleTests {
  private static let rules = try? LintRules.load()

  @Test(arguments: (rules?.rules ?? []).map(\.id))
  func `a rule finds its bad texts and leaves its good ones alone`(id: String) throws {
    let rules = try #require(Self.rules)
    let rule = try #require(rules.rules.first { $0.id == id })
    let failures = Linter(rules).failures(of: rule)
    #expect(failures.isEmpty, "\(failures)")
  }

  @Test(arguments: (rules?.rules ?? []).map(\.id))
  func `a rule has a bad text of every language that it claims, and no other`(id: String) throws {
    let rule = try #require(Self.rules?.rules.first { $0.id == id })
    #expect(Set(rule.bad.map(\.language)) == Set(rule.languages))
  }

  @Test func `all patterns can be read`() throws {
    let rules = try LintRules.load()
    #expect(rules.rules.count >= 30)
    for rule in rules.rules {
      let conditions = (rule.where ?? []) + rule.checks.flatMap { $0.where ?? [] }
      let texts = conditions.flatMap { ($0.any ?? []) + ($0.none ?? []) }
      for text in texts + rule.checks.flatMap(\.find) + (rule.needs ?? []) {
        #expect(!LintPattern.all(text, names: rules.names).isEmpty, "\(rule.id): \(text)")
      }
      #expect(!rule.bad.isEmpty && !rule.good.isEmpty)
    }
  }

  @Test func `ids are of one rule only, those of card data among them`() throws {
    let ids = try LintRules.load().rules.map(\.id) + RuleSet.load().rules.map(\.id)
    #expect(Set(ids).count == ids.count)
  }

  @Test func `requirements are listed, and explanations are whole sentences`() throws {
    let known = Set(try RuleSet.load().requirements.map(\.id))
    for rule in try LintRules.load().rules {
      #expect(known.isSuperset(of: rule.requirements), "\(rule.id)")
      for text in [rule.what, rule.why, rule.fix] {
        #expect(!text.contains("\n") && text.hasSuffix("."), "\(rule.id)")
      }
    }
  }
}
