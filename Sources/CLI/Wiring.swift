import Audit
import Core
import Detection
import Inputs
import Native
import Reporting
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
      let clock = try Clock(variable: Console().variable("SOURCE_DATE_EPOCH"))
      let rules = try Wiring.rules(request.rulesDirectory)
      var input = InputOptions()
      input.label = request.label
      input.fileBytesMax = request.maxFileBytes
      input.containers = request.containers
      input.excludes = request.excludes.map { Glob($0) }
      for file in request.reportFiles { input.ownFiles[file] = .report }
      input.tables = request.tables.map { Glob($0) }
      input.rowsMax = request.rowsMax
      input.network.readsVersions = request.readsVersions
      input.network.endpoint = request.endpoint
      var options = ScanOptions()
      options.threads = request.threads ?? processorCount
      options.minConfidence = request.minConfidence
      options.mask = request.mask
      options.testNumbers = request.testNumbers
      let started = clock.now()
      let state = try Wiring.state(request, options, started: started, &input)
      var writer = writer
      let sources: [any Source]
      if let guarding = request.guarding {
        (sources, writer) = try Wiring.parts(of: guarding, input, writer)
      } else {
        sources = try Wiring.sources(request.targets, input)
      }
      input.isForecast = true
      let census =
        request.forecasts && request.guarding == nil
        ? try Wiring.sources(request.targets, input) : []
      var run = RunInfo(
        version: Version.text, rules: RuleSet.version, started: started,
        threads: options.threads, targets: sources.map(\.target))
      run.minConfidence = options.minConfidence
      let engine = Engine(
        detector: Detector(rules, findsWithoutLuhn: request.findsWithoutLuhn),
        catalogue: rules.rules, options: options, progress: progress,
        state: state)
      try engine.run(sources, census: census, run: run, writer: writer, now: clock.now)
    }
  }

  private struct Book: RuleBook {
    func catalogue(directory: String?) throws(RunError) -> [RuleEntry] {
      try Wiring.rules(directory).rules.map { RuleEntry($0) }
        + Wiring.lintRules(directory).rules.map { RuleEntry($0) }
    }

    func evidence(directory: String?) throws(RunError) -> RuleEvidence {
      let files: [RuleFile]
      do throws(RuleError) {
        files = try RuleSet.files(directory: directory)
      } catch {
        throw Diagnostics.runError(error)
      }
      let rules = try Wiring.rules(directory)
      return RuleEvidence(
        version: RuleSet.version, texts: rules.rules.map { RuleText($0) },
        requirements: rules.requirements,
        files: files.map { EvidenceBundle.RuleFile(name: $0.name, bytes: Array($0.bytes)) })
    }

    func selftest(directory: String?) throws(RunError) -> SelftestReport? {
      let clock = try Clock(variable: Console().variable("SOURCE_DATE_EPOCH"))
      var report = try Selftest(Detector(try Wiring.rules(directory))).run()
      report.date = clock.now()
      report.nextDue = SelftestTable.twelveMonths(after: report.date)
      return report
    }

    func test(directory: String?) throws(RunError) -> [RuleTestResult] {
      let rules = try Wiring.rules(directory)
      return RuleTest(Detector(rules)).results + LintTest.results(try Wiring.lintRules(directory))
    }
  }

  /// What a check of the repository here is made of.
  private static func parts(
    of guarding: GuardRun, _ input: InputOptions, _ writer: any ReportWriter
  ) throws(RunError) -> ([any Source], any ReportWriter) {
    do throws(GitError) {
      let repository = try GitRepository(at: [], .ofHook)
      let source = try guarding.makeSource(repository, options: input)
      return ([source], guarding.makeWriter(writer, repository))
    } catch {
      throw Diagnostics.runError(error)
    }
  }

  private static func sources(
    _ targets: [String], _ options: InputOptions
  ) throws(RunError) -> [any Source] {
    var sources: [any Source] = []
    for target in targets { sources.append(try makeSource(target: target, options: options)) }
    return sources
  }

  /// The built-in rules made ready, for commands that look at values themselves.
  static func detector() throws(RunError) -> Detector { Detector(try rules(nil)) }

  /// What keeps card data and keys out of reasons.
  static func reasons() -> Reasons { Reasons { () throws(RunError) in try detector() } }

  /// The built-in rules, or those of a directory.
  static func rules(_ directory: String?) throws(RunError) -> RuleSet {
    do throws(RuleError) {
      return try RuleSet.load(directory: directory)
    } catch {
      throw Diagnostics.runError(error)
    }
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

extension RuleText {
  /// What a rule of the catalogue says about itself.
  init(_ rule: Rule) {
    self.init(
      id: rule.id, title: rule.title, severity: rule.severity, requirements: rule.requirements,
      what: rule.what, why: rule.why, fix: rule.fix)
  }
}
