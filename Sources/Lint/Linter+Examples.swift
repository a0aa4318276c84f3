import Rules

extension Linter {
  /// The texts of a rule that do not go as they should, for example `bad 3: found 0, expected 1`.
  /// Each text is a target of its own.
  package func failures(of rule: LintRule) -> [String] {
    guard let number = rules.firstIndex(where: { $0.id == rule.id }) else {
      return ["no such rule"]
    }
    var failures: [String] = []
    func run(_ name: String, _ example: LintRule.Example, expected: Int) {
      guard let language = Language(name: example.language) else {
        failures.append("\(name): no language")
        return
      }
      let result = check(Array(example.text.utf8), language)
      let found = result.hits.count { $0.rule == number && holds($0, seen: result.seen) }
      if found != expected { failures.append("\(name): found \(found), expected \(expected)") }
    }
    for (index, example) in rule.bad.enumerated() {
      run("bad \(index + 1)", example, expected: example.count ?? 1)
    }
    for (index, example) in rule.good.enumerated() {
      run("good \(index + 1)", example, expected: 0)
    }
    return failures
  }
}
