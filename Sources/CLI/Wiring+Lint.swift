import Core
import Inputs
import Lint
import Native
import Reporting
import Rules

extension Wiring {
  static func makeLintEngine() -> any ScanEngine { Lints() }
  static func makeLintBook() -> any RuleBook { LintBook(all: makeTool().rules) }

  private struct Lints: ScanEngine {
    func run(
      _ request: ScanRequest, writer: any ReportWriter, progress: ProgressCounters
    ) throws(RunError) {
      let clock = try Clock(variable: Console().variable("SOURCE_DATE_EPOCH"))
      var input = InputOptions()
      input.fileBytesMax = request.maxFileBytes
      input.excludes = (LintRun.defaultExcludes + request.excludes).map { Glob($0) }
      for file in request.reportFiles { input.ownFiles[file] = .report }
      var sources: [any Source] = []
      for target in request.targets {
        sources.append(try makeSource(target: target, options: input))
      }
      var options = LintOptions()
      options.threads = request.threads ?? processorCount
      options.minConfidence = request.minConfidence
      let run = RunInfo(
        version: Version.text, rules: RuleSet.version, started: clock.now(),
        threads: options.threads, targets: sources.map(\.target))
      let linter = Linter(try Wiring.lintRules(request.rulesDirectory))
      try LintRun(linter, options, progress: progress).run(
        sources, run: run, writer: writer, now: clock.now)
    }
  }

  /// Reports of code explain the checks of code.
  private struct LintBook: RuleBook {
    let all: any RuleBook

    func catalogue(directory: String?) throws(RunError) -> [RuleEntry] {
      try Wiring.lintRules(directory).rules.map { RuleEntry($0) }
    }

    func evidence(directory: String?) throws(RunError) -> RuleEvidence {
      var evidence = try all.evidence(directory: directory)
      evidence.texts = try Wiring.lintRules(directory).rules.map { RuleText($0) }
      evidence.files.removeAll { !$0.name.hasPrefix("lint") && $0.name != "secrets.json5" }
      return evidence
    }

    func test(directory: String?) throws(RunError) -> [RuleTestResult] {
      LintTest.results(try Wiring.lintRules(directory))
    }
  }

  /// The built-in checks of code, or those of a directory.
  static func lintRules(_ directory: String?) throws(RunError) -> LintRules {
    do throws(RuleError) {
      return try LintRules.load(directory: directory)
    } catch {
      throw Diagnostics.runError(error)
    }
  }
}

/// Runs the texts that the checks of code carry.
enum LintTest {
  static func results(_ rules: LintRules) -> [RuleTestResult] {
    let linter = Linter(rules)
    return linter.rules.map { rule in
      let failures = linter.failures(of: rule)
      let count = rule.bad.count + rule.good.count
      return RuleTestResult(rule: rule.id, passed: count - failures.count, failures: failures)
    }
  }
}

extension RuleEntry {
  /// A check of code without its texts.
  init(_ rule: LintRule) {
    self.init(
      id: rule.id, title: rule.title, kind: rule.kind, severity: rule.severity,
      requirements: rule.requirements, what: rule.what, why: rule.why,
      fix: rule.fix + " See " + rule.reference, matchCount: rule.bad.count,
      noMatchCount: rule.good.count)
  }
}

extension RuleText {
  /// What a check of code says about itself.
  init(_ rule: LintRule) {
    self.init(
      id: rule.id, title: rule.title, severity: rule.severity, requirements: rule.requirements,
      what: rule.what, why: rule.why, fix: rule.fix + " See " + rule.reference)
  }
}
