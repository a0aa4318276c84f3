import Core
import Rules

/// The rules made ready to be run over many files.
package final class Linter: Sendable {
  package let rules: [LintRule]
  private let secrets: [Secret]
  private let compiled: [Compiled]
  /// What may begin at a token, by language.
  private let starts: [[String]: StartTable]

  private struct Compiled: Sendable {
    var names: Set<String>
    var needs: [LintPattern]
    var checks: [Check]
  }

  private struct Check: Sendable {
    var names: Set<String>
    var conditions: [Condition]
    /// What is asked of the whole target: numbers of patterns, and whether they are to be there.
    var target: [TargetCondition]
  }

  private struct Condition: Sendable {
    var region: LintRule.Region
    var patterns: [LintPattern]
    var isWanted: Bool
  }

  /// A condition that only the whole target decides.
  package struct TargetCondition: Sendable, Hashable {
    package var pattern: Int
    package var isWanted: Bool
  }

  /// One place that a rule is about.
  package struct Hit: Sendable {
    package var rule: Int
    package var offset: Int
    /// 1-based.
    package var line: Int
    package var column: Int
    package var targetConditions: [TargetCondition]
  }

  /// What one file gave.
  package struct Result: Sendable {
    package var hits: [Hit] = []
    /// Numbers of the target's patterns that are in the file.
    package var seen: Set<Int> = []
    package var lines = 0
  }

  /// - Precondition: the rules were checked as `LintRules.load` does.
  package init(_ rules: LintRules) {
    self.rules = rules.rules
    secrets = rules.secrets
    var targetPatterns: [[LintPattern]] = []
    var starts: [StartTable.Source] = []
    func patterns(_ texts: [String]?) -> [LintPattern] {
      (texts ?? []).flatMap { LintPattern.all($0, names: rules.names) }
    }
    compiled = rules.rules.enumerated().map { number, rule in
      let checks = rule.checks.enumerated().map { checkNumber, check in
        var made = Check(
          names: Set(check.languages ?? rule.languages),
          conditions: [], target: [])
        for condition in (rule.where ?? []) + (check.where ?? []) {
          let isWanted = condition.any?.isEmpty == false
          let wanted = patterns(isWanted ? condition.any : condition.none)
          let region = LintRule.Region(rawValue: condition.in) ?? .file
          if region == .target {
            made.target.append(TargetCondition(pattern: targetPatterns.count, isWanted: isWanted))
            targetPatterns.append(wanted)
          } else {
            made.conditions.append(
              Condition(region: region, patterns: wanted, isWanted: isWanted))
          }
        }
        for pattern in patterns(check.find) {
          starts.append(
            StartTable.Source(pattern, made.names, rule: number, check: checkNumber))
        }
        return made
      }
      return Compiled(names: Set(rule.languages), needs: patterns(rule.needs), checks: checks)
    }
    for (number, patterns) in targetPatterns.enumerated() {
      for pattern in patterns {
        starts.append(StartTable.Source(pattern, nil, rule: -1, check: number))
      }
    }
    self.starts = Dictionary(
      uniqueKeysWithValues: Language.allNames.map { ($0, StartTable(starts, for: $0)) })
  }

  /// Checks one file.
  /// - Parameter isTest: whether it belongs to tests, which some rules leave alone.
  package func check(_ bytes: [UInt8], _ language: Language, isTest: Bool = false) -> Result {
    var run = FileRun(
      linter: self, text: SourceText(bytes, language), secrets: secrets, isTest: isTest)
    return run.result()
  }

  /// Whether what a hit asks of its target is so.
  package func holds(_ hit: Hit, seen: Set<Int>) -> Bool {
    hit.targetConditions.allSatisfy { seen.contains($0.pattern) == $0.isWanted }
  }

  /// One file's share of the work.
  private struct FileRun {
    let linter: Linter
    let text: SourceText
    let matcher: Matcher
    let isTest: Bool
    private var scopes: Scopes?
    private var needs: [Int: Bool] = [:]
    private var fileConditions: [Place: Bool] = [:]

    struct Place: Hashable {
      var rule: Int
      var check: Int
      var condition: Int
    }

    init(linter: Linter, text: SourceText, secrets: [Secret], isTest: Bool) {
      self.linter = linter
      self.text = text
      self.isTest = isTest
      matcher = Matcher(text: text, secrets: secrets)
    }

    mutating func result() -> Result {
      var result = Result()
      result.lines = text.bytes.count { $0 == 0x0A }
      let whole = text.tokens.indices
      var told: Set<[Int]> = []
      guard let table = linter.starts[text.language.names] else { return result }
      for index in whole {
        let token = text.tokens[index]
        let start = Int(token.foldedStart)
        let first = token.foldedCount > 0 ? text.folded[start] : 0
        let second = token.foldedCount > 1 ? text.folded[start + 1] : 0
        let third = token.foldedCount > 2 ? text.folded[start + 2] : 0
        for number in table.range(first) {
          let entry = table.entries[number]
          guard entry.mayBegin(token.kind, second, third) else { continue }
          // Most fail here, before anything of their rule is looked at.
          let pattern = table.patterns[entry.pattern]
          guard let end = matcher.match(pattern, at: index, before: whole.upperBound) else {
            continue
          }
          if entry.rule >= 0 {
            judge(entry, match: index..<end, &told, &result)
          } else if !isTest {
            // Something that a target is asked for.
            result.seen.insert(entry.check)
          }
        }
      }
      return result
    }

    private mutating func judge(
      _ entry: StartTable.Entry, match: Range<Int>, _ told: inout Set<[Int]>,
      _ result: inout Result
    ) {
      let rule = linter.compiled[entry.rule]
      let check = rule.checks[entry.check]
      let token = text.tokens[match.lowerBound]
      guard !(isTest && linter.rules[entry.rule].skipsTests == true),
        hasNeeds(entry.rule, rule), holds(check.conditions, entry, match: match),
        // One place a rule, however many of its patterns fit.
        told.insert([entry.rule, Int(token.line)]).inserted
      else { return }
      let (column, line) = place(of: token)
      result.hits.append(
        Hit(
          rule: entry.rule, offset: Int(token.start), line: line, column: column,
          targetConditions: check.target))
    }

    private func place(of token: SourceText.Token) -> (column: Int, line: Int) {
      var start = Int(token.start)
      while start > 0, text.bytes[start - 1] != 0x0A { start -= 1 }
      return (Int(token.start) - start + 1, Int(token.line) + 1)
    }

    private mutating func hasNeeds(_ number: Int, _ rule: Compiled) -> Bool {
      if rule.needs.isEmpty { return true }
      if let known = needs[number] { return known }
      let answer = has(rule.needs, in: text.tokens.indices)
      needs[number] = answer
      return answer
    }

    private mutating func holds(
      _ conditions: [Condition], _ start: StartTable.Entry, match: Range<Int>
    ) -> Bool {
      for (number, condition) in conditions.enumerated() {
        if condition.region == .file {
          let place = Place(rule: start.rule, check: start.check, condition: number)
          let answer =
            fileConditions[place] ?? has(condition.patterns, in: text.tokens.indices)
          fileConditions[place] = answer
          if answer != condition.isWanted { return false }
          continue
        }
        guard let region = region(condition.region, of: match) else { return false }
        if has(condition.patterns, in: region) != condition.isWanted { return false }
      }
      return true
    }

    private mutating func region(_ region: LintRule.Region, of match: Range<Int>) -> Range<Int>? {
      switch region {
      case .file, .target: return text.tokens.indices
      case .call: return call(of: match)
      case .statement: return statement(from: match.lowerBound)
      case .loop: return ready.loop(around: match.lowerBound)
      case .function: return ready.function(around: match.lowerBound)
      case .before:
        let function = ready.function(around: match.lowerBound)
        return function.lowerBound..<match.lowerBound
      case .after:
        let function = ready.function(around: match.lowerBound)
        return min(match.upperBound, function.upperBound)..<function.upperBound
      }
    }

    private var ready: Scopes {
      mutating get {
        if let scopes { return scopes }
        let made = Scopes(text)
        scopes = made
        return made
      }
    }

    /// What is between the brackets of a call; the rest of the file where they are never closed.
    private func call(of match: Range<Int>) -> Range<Int>? {
      let last = match.upperBound - 1
      var open = last
      if !text.isMark(last, "(") {
        open = Int(text.tokens[match.lowerBound].parent)
        while open >= 0, !text.isMark(open, "(") { open = Int(text.tokens[open].parent) }
        if open < 0 { return nil }
      }
      let partner = Int(text.tokens[open].partner)
      return open + 1..<(partner > open ? partner : text.tokens.count)
    }

    private func statement(from start: Int) -> Range<Int> {
      var index = start
      while index < text.tokens.count {
        let token = text.tokens[index]
        if token.kind == .punctuation, token.count == 1 {
          if ";)}]".utf8.contains(text.mark(index)) { break }
          if token.partner > index { index = Int(token.partner) }
        }
        let next = index + 1
        if next < text.tokens.count, text.tokens[next].line > text.tokens[index].line,
          !continues(index, next)
        {
          return start..<next
        }
        index = next
      }
      return start..<min(index, text.tokens.count)
    }

    /// Whether a line goes on in the next one.
    private func continues(_ last: Int, _ next: Int) -> Bool {
      let marks: Set<String> = [".", "->", "?.", "?->", "&.", "::", "!.", "&&", "||", "{", ")"]
      let ends: Set<String> = [",", "=", "(", "+", "&&", "||", ":", "=>", ".", "{", "["]
      return text.tokens[next].kind == .punctuation && marks.contains(text.folded(next))
        || text.tokens[last].kind == .punctuation && ends.contains(text.folded(last))
    }

    private func has(_ patterns: [LintPattern], in region: Range<Int>) -> Bool {
      for index in region {
        for pattern in patterns
        where matcher.match(pattern, at: index, before: region.upperBound) != nil {
          return true
        }
      }
      return false
    }
  }
}
