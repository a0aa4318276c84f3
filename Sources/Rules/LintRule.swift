import Core

/// A check of application code (`rules/lint/<id>.json5`).
package struct LintRule: Codable, Sendable {
  package var id: String
  package var title: String
  /// `secret` for keys, else `integration`.
  package var kind: String
  package var severity: String
  /// `high` unless the code around can make it right where the check does not look.
  package var confidence: String?
  package var requirements: [String]
  /// See `LintRule.languageNames`.
  package var languages: [String]
  /// Stripe's documentation, or who asks for it.
  package var reference: String
  package var what: String
  package var why: String
  package var fix: String
  /// Only files that have one of these patterns somewhere.
  package var needs: [String]?
  /// Whether code of tests is left alone.
  package var skipsTests: Bool?
  /// At most one finding a target.
  package var once: Bool?
  /// What holds for all checks, beside their own.
  package var `where`: [Condition]?
  package var checks: [Check]
  package var bad: [Example]
  package var good: [Example]

  /// Code that is a finding where its conditions hold.
  package struct Check: Codable, Sendable {
    /// Patterns, any of which.
    package var find: [String]
    package var languages: [String]?
    package var `where`: [Condition]?
  }

  /// What must be, or must not be, around a match.
  package struct Condition: Codable, Sendable {
    package var `in`: String
    /// One of these is there.
    package var any: [String]?
    /// None of these is there.
    package var none: [String]?
  }

  package struct Example: Codable, Sendable {
    package var language: String
    package var text: String
    /// Findings in a bad text, 1 unless said.
    package var count: Int?
    package var note: String?
  }

  /// What a rule may be about.
  package static let languageNames = [
    "javascript", "html", "php", "java", "kotlin", "python", "ruby", "go", "csharp", "swift", "sql",
  ]

  /// Where a condition looks.
  package enum Region: String, Sendable, CaseIterable {
    /// Between the brackets of the call that was matched, or that the match is in.
    case call
    /// From the start of the match to the end of its statement.
    case statement
    /// The outermost function around the match; the file where there is none.
    case function
    /// The function, up to the match.
    case before
    /// The function, from the match on.
    case after
    /// The innermost loop around the match; without one the condition does not hold.
    case loop
    case file
    /// All files of the target; judged at its end.
    case target
  }
}

/// Names that patterns share (`rules/lint-names.json5`): `#name` stands for any of them.
package typealias LintNames = [String: [String]]

/// The checks of application code, with the names they share.
package struct LintRules: Sendable {
  package var rules: [LintRule]
  package var names: LintNames
  /// Keys by their shape, for `@key`.
  package var secrets: [Secret]

  /// The embedded checks, with those of a folder in their place; like `RuleSet.load`, which leaves
  /// them alone because most commands do without.
  /// - Throws: `RuleError` for the first file that cannot be read, decoded or believed.
  package static func load(directory: String? = nil) throws(RuleError) -> LintRules {
    var all = LintRules(rules: [], names: [:], secrets: [])
    let own = Set(try RuleSet.ownFiles(directory).map(\.name))
    var sources: [(RuleSource, Bool)] = []
    for file in try RuleSet.files(directory: directory) {
      let isOwn = own.contains(file.name)
      let shown = isOwn ? (directory ?? "") + "/" + file.name : file.name
      guard let kind = file.kind else { continue }
      let source = RuleSource(file: file, shown: shown, keys: kind.keys)
      switch kind {
      case .lintNames: all.names = try source.decode { _ in nil }
      case .secrets:
        all.secrets = try source.decode { isOwn ? RuleCheck().secrets($0) : nil }
      case .lint: sources.append((source, isOwn))
      default: continue
      }
    }
    for (source, isOwn) in sources {
      if isOwn { try source.checkOutline() }
      let names = all.names
      all.rules.append(
        try source.decode {
          isOwn ? RuleCheck().lint($0, fileName: source.file.name, names: names) : nil
        })
    }
    return all
  }
}

extension RuleCheck {
  /// - Parameter names: `nil` when they are not at hand; patterns with names are then not parsed.
  func lint(_ rule: LintRule, fileName: String, names: LintNames?) -> Problem? {
    if fileName != "lint/\(rule.id).json5" {
      return Problem("id", "the id the file is named after")
    }
    let kinds = [Finding.Kind.integration.rawValue, Finding.Kind.secret.rawValue]
    if !kinds.contains(rule.kind) {
      return Problem("kind", "one of " + kinds.joined(separator: ", "))
    }
    if Severity(rawValue: rule.severity) == nil {
      return Problem(
        "severity", "one of " + Severity.allCases.map(\.rawValue).joined(separator: ", "))
    }
    if let confidence = rule.confidence, Confidence(rawValue: confidence) == nil {
      return Problem(
        "confidence", "one of " + Confidence.allCases.map(\.rawValue).joined(separator: ", "))
    }
    if !rule.reference.hasPrefix("https://") { return Problem("reference", "a link") }
    if let problem = languages(rule.languages, "languages") { return problem }
    if let problem = patterns(rule.needs ?? [], "needs", names) { return problem }
    if let problem = conditions(rule.where ?? [], "where", names) { return problem }
    if rule.checks.isEmpty { return Problem("checks", "at least one check") }
    for (index, check) in rule.checks.enumerated() {
      if let problem = self.check(check, "checks[\(index)]", names) { return problem }
    }
    return examples(rule)
  }

  private func check(_ check: LintRule.Check, _ path: String, _ names: LintNames?) -> Problem? {
    if let problem = languages(check.languages ?? [], path + ".languages") { return problem }
    if check.find.isEmpty { return Problem(path + ".find", "at least one pattern") }
    if let problem = patterns(check.find, path + ".find", names) { return problem }
    return conditions(check.where ?? [], path + ".where", names)
  }

  private func conditions(
    _ conditions: [LintRule.Condition], _ path: String, _ names: LintNames?
  ) -> Problem? {
    for (index, condition) in conditions.enumerated() {
      let path = path + "[\(index)]"
      if LintRule.Region(rawValue: condition.in) == nil {
        let regions = LintRule.Region.allCases.map(\.rawValue).joined(separator: ", ")
        return Problem(path + ".in", "one of \(regions)")
      }
      if (condition.any ?? []).isEmpty == (condition.none ?? []).isEmpty {
        return Problem(path, "patterns in one of any and none")
      }
      if let problem = patterns(condition.any ?? [], path + ".any", names)
        ?? patterns(condition.none ?? [], path + ".none", names)
      {
        return problem
      }
    }
    return nil
  }

  private func examples(_ rule: LintRule) -> Problem? {
    for (name, examples) in [("bad", rule.bad), ("good", rule.good)] {
      if examples.isEmpty { return Problem(name, "at least one text") }
      for (index, example) in examples.enumerated() {
        if let problem = languages([example.language], "\(name)[\(index)].language") {
          return problem
        }
        if let count = example.count, count < 1 || name == "good" {
          return Problem("\(name)[\(index)].count", "a count of 1 or more, in bad only")
        }
      }
    }
    return nil
  }

  private func languages(_ languages: [String], _ path: String) -> Problem? {
    for (index, language) in languages.enumerated()
    where !LintRule.languageNames.contains(language) {
      return Problem(
        "\(path)[\(index)]", "one of " + LintRule.languageNames.joined(separator: ", "))
    }
    return nil
  }

  private func patterns(_ texts: [String], _ path: String, _ names: LintNames?) -> Problem? {
    for (index, text) in texts.enumerated() {
      if names == nil, text.contains("#") { continue }
      if LintPattern.all(text, names: names ?? [:]).isEmpty {
        return Problem("\(path)[\(index)]", "a pattern, as rules/lint-names.json5 explains them")
      }
    }
    return nil
  }
}
