import Audit
import Core
import Detection
import Glibc
import Inputs
import Native
import Rules

/// Ties the command line to the parts that do the work; the only file that knows them all.
enum Wiring {
  /// Cheap: nothing is decoded before a command asks for it.
  static func makeTool() -> CommandLineTool {
    CommandLineTool(engine: Scans(), rules: Book())
  }

  /// Called once, before any thread is started.
  static func prepareProcess() {
    Hardening.apply()
    Interruption.install()
  }

  private struct Scans: ScanEngine {
    func run(
      _ request: ScanRequest, writer: any ReportWriter, progress: ProgressCounters
    ) throws(RunError) {
      let rules = try Wiring.rules(request.rulesDirectory)
      var input = InputOptions()
      input.label = request.label
      input.fileBytesMax = request.maxFileBytes
      input.excludes = request.excludes.map { Glob($0) }
      let sources = try Wiring.sources(request.targets, input)
      let census = request.forecasts ? try Wiring.sources(request.targets, input) : []
      var options = ScanOptions()
      options.threads = request.threads ?? processorCount
      options.minConfidence = request.minConfidence
      options.mask = request.mask
      options.testNumbers = request.testNumbers
      let run = RunInfo(
        version: Version.text, rules: RuleSet.version, started: Wiring.now(),
        threads: options.threads, targets: sources.map(\.target))
      let engine = Engine(
        detector: Detector(rules, findsWithoutLuhn: request.findsWithoutLuhn),
        catalogue: rules.rules, options: options, progress: progress)
      try engine.run(sources, census: census, run: run, writer: writer, now: Wiring.now)
    }
  }

  private struct Book: RuleBook {
    func catalogue(directory: String?) throws(RunError) -> [RuleEntry] {
      try Wiring.rules(directory).rules.map { RuleEntry($0) }
    }

    func test(directory: String?) throws(RunError) -> [RuleTestResult] {
      let rules = try Wiring.rules(directory)
      return RuleTest(Detector(rules)).results
    }
  }

  private static func sources(
    _ targets: [String], _ options: InputOptions
  ) throws(RunError) -> [any Source] {
    var sources: [any Source] = []
    for target in targets { sources.append(try makeSource(target: target, options: options)) }
    return sources
  }

  private static func rules(_ directory: String?) throws(RunError) -> RuleSet {
    do throws(RuleError) {
      return try RuleSet.load(directory: directory)
    } catch {
      throw Diagnostics.runError(error)
    }
  }

  /// The time, in UTC, to the second.
  private static func now() -> String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension RuleEntry {
  /// A rule of the catalogue without its texts.
  init(_ rule: Rule) {
    self.init(
      id: rule.id, title: rule.title, kind: rule.kind, severity: rule.severity,
      requirements: rule.requirements, what: rule.what, why: rule.why, fix: rule.fix,
      matchCount: rule.match.count, noMatchCount: rule.noMatch.count)
  }
}
