import Audit
import Core
import Glibc
import Inputs
import Reporting

/// `unpan guard [--staged | --range A..B | --history]`
struct GuardCommand {
  static let staged = Flag(
    name: "staged", summary: "What the next commit would bring (the default).")
  static let range = Flag(
    name: "range", value: .text("A..B"),
    summary: "What the commits of B bring that A has not: a pull request.")
  static let history = Flag(
    name: "history", summary: "What every commit ever brought, each version of a file once.")
  static let explain = Flag(
    name: "explain",
    summary: "Tell which settings hold, and for each PATH which rules; check nothing.")
  static let installHook = Flag(
    name: "install-hook", summary: "Have git run this check before every commit.")
  static let command = Command(
    name: "guard",
    summary: "Stop commits and pull requests that add card data.",
    operands: "[PATH...]",
    operandKind: .files,
    about: [
      "Looks at what a change adds, in the git repository it runs in: lines that were there before do "
        + "not count, and neither do changes that are not staged. Files are read whole, so that a "
        + "header or a label above an added line counts as context.",
      "A published test number, or a finding that is none, can be spoken for: by a comment "
        + "`unpan:allow REASON` in its line or alone above it, by a rule for its path in .unpan.json5, "
        + "or by an entry of a baseline. It is still listed. Tracks, verification codes and PIN "
        + "blocks cannot be spoken for.",
    ],
    examples: [
      .init(line: "unpan guard --install-hook", meaning: "before every commit from now on"),
      .init(
        line: "unpan guard --range origin/main..HEAD --format github", meaning: "in a pull request"),
      .init(line: "unpan guard --history", meaning: "once, when a repository is taken over"),
      .init(
        line: "unpan guard --update-baseline --accept old --owner ann --expires 2026-12-31",
        meaning: "put up with what is there for now"),
    ],
    flags: [
      staged, range, history, explain, installHook, Flags.baseline,
    ]
      + BaselineUpdate.flags + [
        Flags.format, Flags.output, Flags.report, Flags.reportHost, Flags.minConfidence,
        Flags.failOn, Flags.testNumbers, Flags.withoutLuhn, Flags.mask, Flags.exclude,
        Flags.maxFileSize, Flags.allowIncomplete, Flags.threads, Flags.rules, Flags.quiet,
        Flags.noProgress, Flags.color, Flags.help,
      ]
  ) { try GuardCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    try GuardCommand.check(arguments)
    if arguments.has(GuardCommand.installHook) { return try installHook() }
    let settings = try loadSettings()
    if arguments.has(GuardCommand.explain) {
      return try tool.show(try explanation(settings).text(arguments.operands))
    }
    let baselinePath = arguments.value(Flags.baseline) ?? settings.baselinePath
    let updates = arguments.has(BaselineUpdate.updateBaseline)
    var baseline = Baseline()
    if let baselinePath, !updates || access(baselinePath, F_OK) == 0 {
      baseline = try GuardCommand.baseline(baselinePath)
    }
    let run = GuardRun(
      scope: scope(arguments), settings: settings, baseline: baseline, today: try today())
    run.keepsNew = updates
    var request = ScanRequest()
    ScanCommand.takeOptions(arguments, into: &request)
    request.targets = [guardTarget]
    request.guarding = run
    if let confidence = settings.minConfidence, !arguments.has(Flags.minConfidence) {
      request.minConfidence = confidence
    }
    if let testNumbers = settings.testNumbers, !arguments.has(Flags.testNumbers) {
      request.testNumbers = testNumbers
    }
    if updates {
      guard let baselinePath else {
        throw UsageError.pointless(flag: "--update-baseline", without: "--baseline FILE")
      }
      return try update(baselinePath, run, request, arguments)
    }
    let policy = policy(arguments, settings)
    let code = try ScanCommand(tool: tool).run(arguments, request) { ExitCodeWriter($0, policy) }
    if !arguments.has(Flags.quiet) {
      tool.console.tell(Diagnostics.afterGuard(run, failed: code == ExitCode.findings.rawValue))
    }
    return code
  }

  /// Flags that say nothing together.
  private static func check(_ arguments: ParsedArguments) throws(UsageError) {
    let scopes = [staged, range, history].filter(arguments.has)
    if scopes.count > 1 {
      throw .unexpectedOperand(
        "--\(scopes[1].name)", command: "guard --\(scopes[0].name)", closest: nil)
    }
    if let extra = arguments.operands.first, !arguments.has(explain) {
      throw .unexpectedOperand(extra, command: "guard", closest: nil)
    }
    if let text = arguments.value(range) {
      let ends = GuardCommand.ends(of: text)
      guard let ends, !ends.base.hasPrefix("-"), !ends.tip.hasPrefix("-") else {
        throw .badValue(
          flag: "--range", given: text, expected: "two commits such as origin/main..HEAD",
          closest: nil)
      }
    }
    if arguments.has(BaselineUpdate.updateBaseline), arguments.has(staged) || arguments.has(range) {
      throw .unexpectedOperand(
        "--update-baseline", command: "guard --staged or --range", closest: nil)
    }
    try BaselineUpdate.check(arguments)
  }

  /// `A...B` asks for the same: what B has and A has not.
  private static func ends(of range: String) -> (base: String, tip: String)? {
    guard let dot = range.indices.first(where: { range[$0...].hasPrefix("..") }) else { return nil }
    let base = String(range[..<dot])
    var rest = range[dot...]
    while rest.hasPrefix(".") { rest.removeFirst() }
    return base.isEmpty ? nil : (base, rest.isEmpty ? "HEAD" : String(rest))
  }

  private func scope(_ arguments: ParsedArguments) -> GitScope {
    if arguments.has(GuardCommand.history) { return .history }
    if let ends = arguments.value(GuardCommand.range).flatMap(GuardCommand.ends) {
      return .range(base: ends.base, tip: ends.tip)
    }
    return arguments.has(BaselineUpdate.updateBaseline) ? .tracked : .staged
  }

  private func policy(_ arguments: ParsedArguments, _ settings: GuardSettings) -> ExitPolicy {
    var policy = ScanCommand.policy(arguments)
    if let failOn = settings.failOn, !arguments.has(Flags.failOn) { policy.failOn = failOn }
    if settings.testNumbers == .fail, !arguments.has(Flags.testNumbers) {
      policy.testNumbersFail = true
    }
    return policy
  }

  private func explanation(_ settings: GuardSettings) throws(RunError) -> GuardExplanation {
    var settings = settings
    let reasons = Wiring.reasons()
    for index in settings.paths.indices {
      settings.paths[index].reason = try reasons.redacted(settings.paths[index].reason)
      settings.paths[index].owner = try settings.paths[index].owner.map(reasons.redacted)
    }
    var prefix = ""
    do throws(GitError) {
      prefix = try GitRepository(at: [], .ofHook).directoryBelowTop()
    } catch {
      // Without a repository paths are taken as they are.
    }
    return GuardExplanation(settings: settings, today: try today(), prefix: prefix)
  }

  private func loadSettings() throws(RunError) -> GuardSettings {
    guard let here = getcwd(nil, 0) else { return GuardSettings() }
    defer { free(here) }
    let directory = ForeignBytes.text(
      of: Array(UnsafeRawBufferPointer(start: here, count: strlen(here))))
    guard let file = GuardSettings.find(from: directory) else { return GuardSettings() }
    do throws(SettingsError) {
      return try GuardSettings(decoding: try GuardSettings.bytes(of: file), file: file)
    } catch {
      throw Diagnostics.runError(error)
    }
  }

  /// A baseline as a file holds it.
  static func baseline(_ path: String) throws(RunError) -> Baseline {
    do throws(SettingsError) {
      return try Baseline(decoding: try GuardSettings.bytes(of: path), file: path)
    } catch {
      throw Diagnostics.runError(error)
    }
  }

  private func today() throws(RunError) -> String { try GuardCommand.today(tool) }

  /// The day that entries of a baseline are held against, in UTC.
  static func today(_ tool: CommandLineTool) throws(RunError) -> String {
    String(try Clock(variable: tool.console.variable("SOURCE_DATE_EPOCH")).now().prefix(10))
  }
}

extension GuardSettings {
  /// Where the baseline is that the settings name.
  var baselinePath: String? {
    guard let baseline, let file, let slash = file.lastIndex(of: "/") else { return nil }
    return baseline.hasPrefix("/") ? baseline : file[...slash] + baseline
  }
}

// MARK: - Baseline

extension GuardCommand {
  private func update(
    _ path: String, _ run: GuardRun, _ request: ScanRequest, _ arguments: ParsedArguments
  ) throws -> Int32 {
    let silent = SilentReport()
    try tool.engine.run(request, writer: silent, progress: ProgressCounters())
    guard silent.isComplete else {
      throw Diagnostics.incompleteBaseline(path, silent.notExamined)
    }
    return try BaselineUpdate(tool: tool, path: path, old: run.baseline).write(
      run.shrunk, new: run.new, arguments)
  }
}

/// Takes a report and shows nothing of it.
private final class SilentReport: ReportWriter {
  private(set) var isComplete = false
  private(set) var notExamined: [Coverage.Entry] = []

  func begin(_ run: RunInfo) {}
  func finding(_ finding: Finding) {}
  func coverage(_ coverage: Coverage) { notExamined += coverage.notExamined.prefix(3) }
  func end(_ summary: Summary, _ run: RunInfo) { isComplete = summary.complete }
}

// MARK: - Hook

extension GuardCommand {
  private static let hookMark = "unpan guard --install-hook"

  private static let hook = """
    #!/bin/sh
    # Stops a commit that adds card data. Made by `unpan guard --install-hook`.
    if ! command -v unpan >/dev/null 2>&1; then
      echo "unpan is not in PATH, so this commit cannot be checked for card data." >&2
      exit 1
    fi
    exec unpan guard --staged

    """

  private func installHook() throws -> Int32 {
    let directory: String
    do throws(GitError) {
      let bytes = try GitRepository(at: [], .ofHook).hooksDirectory()
      directory = ForeignBytes.text(of: bytes)
    } catch {
      throw Diagnostics.runError(error)
    }
    let path = directory + "/pre-commit"
    if access(path, F_OK) == 0 {
      guard try GuardCommand.isOurs(path) else { throw Diagnostics.otherHook(path) }
    }
    // With all above it: `core.hooksPath` may name what is not there yet.
    for index in path.indices.dropFirst() where path[index] == "/" {
      mkdir(String(path[..<index]), 0o755)
    }
    let output = try Output(file: path, hint: "make room, and install the hook again")
    try output.write(GuardCommand.hook)
    try output.finish()
    guard chmod(path, 0o755) == 0 else { throw Diagnostics.hookNotRunnable(path) }
    tool.console.tell(Diagnostics.hookInstalled(path))
    return ExitCode.clean.rawValue
  }

  /// Whether a hook was made by us, and so may be made anew.
  private static func isOurs(_ path: String) throws(RunError) -> Bool {
    do throws(SettingsError) {
      return String(decoding: try GuardSettings.bytes(of: path), as: UTF8.self).contains(hookMark)
    } catch {
      throw Diagnostics.runError(error)
    }
  }
}
