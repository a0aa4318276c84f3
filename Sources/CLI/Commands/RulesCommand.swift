import Core

/// `unpan rules list|explain|test`
struct RulesCommand {
  static let actions = ["list", "explain", "test"]

  static let command = Command(
    name: "rules",
    summary: "List, explain and test the detection rules.",
    operands: "list | explain ID | test",
    operandKind: .words(actions),
    about: [
      "Every rule carries texts that it must find and texts that it must leave alone; `test` runs "
        + "them all and exits with 1 if one fails. With --rules DIR it does so for your own rules."
    ],
    examples: [
      .init(line: "unpan rules explain pan", meaning: "what a rule looks for, why, and what to do"),
      .init(line: "unpan rules test --rules my-rules", meaning: "before using changed rules"),
    ],
    flags: [Flags.rules, Flags.help]
  ) { try RulesCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let directory = arguments.value(Flags.rules)
    let rest = arguments.operands.dropFirst()
    switch arguments.operands.first {
    case nil:
      throw UsageError.missingOperand(
        command: "rules", what: "list, explain or test", example: "unpan rules list")
    case "list":
      try takeNothing(rest)
      return try tool.show(list(tool.rules.catalogue(directory: directory)))
    case "explain":
      guard let id = rest.first else {
        throw UsageError.missingOperand(
          command: "rules", what: "the id of a rule", example: "unpan rules explain pan")
      }
      try takeNothing(rest.dropFirst())
      let entries = try tool.rules.catalogue(directory: directory)
      guard let entry = entries.first(where: { $0.id == id }) else {
        throw UsageError.badValue(
          flag: "the id of a rule", given: id, expected: "an id that `unpan rules list` shows",
          closest: Suggestion.closest(to: id, in: entries.map(\.id)))
      }
      return try tool.show(explain(entry))
    case "test":
      try takeNothing(rest)
      return try test(tool.rules.test(directory: directory))
    case let other?:
      throw UsageError.unexpectedOperand(
        other, command: "rules",
        closest: Suggestion.closest(to: other, in: RulesCommand.actions))
    }
  }

  private func takeNothing(_ rest: ArraySlice<String>) throws(UsageError) {
    guard let extra = rest.first else { return }
    throw .unexpectedOperand(extra, command: "rules", closest: nil)
  }

  private func list(_ entries: [RuleEntry]) -> String {
    let width = entries.map(\.id.count).max() ?? 0
    return entries.map { entry in
      Help.columns(Escaping.visible(entry.id), Escaping.visible(entry.title), at: width + 2)
    }.joined()
  }

  private func explain(_ entry: RuleEntry) -> String {
    let requirements = entry.requirements.joined(separator: ", ")
    let facts = [
      "kind \(entry.kind)", "severity \(entry.severity)",
      requirements.isEmpty ? nil : "PCI DSS \(requirements)",
      "\(Plural.text(entry.matchCount, "text")) to find, \(entry.noMatchCount) to leave alone",
    ].compactMap { $0 }
    var text = Escaping.visible("\(entry.id): \(entry.title)") + "\n"
    text += Help.wrapped(facts.joined(separator: "; "), indent: 2)
    for (heading, body) in [("What", entry.what), ("Why", entry.why), ("Fix", entry.fix)] {
      text += "\n\(heading)\n" + Help.wrapped(Escaping.visible(body), indent: 2)
    }
    return text
  }

  private func test(_ results: [RuleTestResult]) throws -> Int32 {
    var text = ""
    for result in results where !result.failures.isEmpty {
      text += "\(Escaping.visible(result.rule))\n"
      for failure in result.failures { text += "  \(Escaping.visible(failure))\n" }
    }
    let failed = results.reduce(0) { $0 + $1.failures.count }
    let passed = results.reduce(0) { $0 + $1.passed }
    text +=
      "\(Plural.text(results.count, "rule")): \(Plural.text(passed, "text")) as expected, \(failed) not\n"
    return try tool.show(text, exitCode: failed == 0 ? .clean : .findings)
  }
}
