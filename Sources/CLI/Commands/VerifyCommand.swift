import Audit
import Core
import Reporting
import Rules

/// `unpan verify TARGET...`
struct VerifyCommand {
  static let policy = Flag(
    name: "policy", value: .file("FILE"),
    summary: "What may stay, a file like rules/policy.json5 (built-in, the policy of unpan).")

  static let command = Command(
    name: "verify",
    summary: "Prove that only allowed identifiers are stored.",
    operands: "TARGET...",
    operandKind: .files,
    about: [
      "Reads its targets as `unpan scan` does, every row of every table, and says of each column of "
        + "each store what it holds. A column passes when all its values are Stripe ids that are no "
        + "secrets, card brands, last four digits or expiry dates, or when all of it was read and "
        + "none of it is card data. Files pass when they were read and nothing was found.",
      "Bytes of which nobody can tell what they hold (encrypted, hashed, binary) prove nothing: the "
        + "column is named, and a policy can accept it by name. What is left out or cannot be read "
        + "proves nothing either.",
      "Exits with 0 when everything passes, 1 when something is stored that the policy forbids, 2 "
        + "when nothing of that was seen but not everything could be proven.",
    ],
    examples: [
      .init(line: "unpan verify sqlite:shop.db", meaning: "a database after its migration"),
      .init(
        line: "unpan verify shop.db /var/log/shop --policy policy.json5",
        meaning: "with columns accepted by name"),
      .init(
        line: "unpan verify /srv --report evidence", meaning: "for an assessor"),
    ],
    flags: [
      policy, Flags.format, Flags.output, Flags.report, Flags.reportHost, Flags.inventory,
      Flags.previous, Flags.minConfidence,
      Flags.testNumbers, Flags.withoutLuhn, Flags.mask, Flags.exclude, Flags.maxFileSize,
      Flags.label, Flags.state, Flags.versions, Flags.endpoint, Flags.threads, Flags.rules,
      Flags.quiet, Flags.noProgress, Flags.color,
      Flags.help,
    ]
  ) { try VerifyCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let policy = try ChosenPolicy(arguments, tool)
    return try ScanCommand(tool: tool).run(
      arguments, command: "verify", settings: [policy.setting], policy: policy.bytes
    ) { PolicyWriter($0, policy.judge) }
  }
}

/// The target-state policy that `--policy` names.
struct ChosenPolicy {
  /// What the flag takes for the policy of the rules in use, and what it is without the flag.
  static let builtIn = "built-in"

  let judge: PolicyJudge
  /// Its file, for the evidence.
  let bytes: [UInt8]?
  let setting: ReportSetting

  init(_ arguments: ParsedArguments, _ tool: CommandLineTool) throws(RunError) {
    let name = arguments.value(VerifyCommand.policy) ?? ChosenPolicy.builtIn
    setting = ReportSetting("policy", .text(name))
    let rules = arguments.value(Flags.rules)
    guard name == ChosenPolicy.builtIn else {
      do throws(RuleError) {
        let (policy, bytes) = try TargetPolicy.read(file: name)
        judge = PolicyJudge(policy, name: name)
        self.bytes = bytes
      } catch {
        throw Diagnostics.runError(error)
      }
      return
    }
    judge = PolicyJudge(try Wiring.rules(rules).policy, name: name)
    let files = try tool.rules.evidence(directory: rules).files
    bytes = files.first { $0.name == "policy.json5" }?.bytes
  }
}

/// Passes a report on and puts the policy's verdict and its exit code into the summary.
final class PolicyWriter: JudgingWriter {
  private let next: any ReportWriter
  private var judge: PolicyJudge
  private(set) var exitCode: Int32?

  init(_ next: any ReportWriter, _ judge: PolicyJudge) {
    self.next = next
    self.judge = judge
  }

  func begin(_ run: RunInfo) throws(RunError) { try next.begin(run) }

  func finding(_ finding: Finding) throws(RunError) {
    judge.add(finding)
    try next.finding(finding)
  }

  func coverage(_ coverage: Coverage) throws(RunError) {
    judge.add(coverage)
    try next.coverage(coverage)
  }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    var summary = summary
    let interrupted = [ExitCode.interrupted, .terminated].map { Int($0.rawValue) }
    let isInterrupted = interrupted.contains(summary.exitCode)
    let result = judge.verdict(isComplete: summary.complete && !isInterrupted)
    summary.policy = result
    if !isInterrupted {
      // What else the run was held against fails it as well.
      let isOtherwiseFine =
        summary.inventory?.breachCount ?? 0 == 0 && summary.migration?.isReconciled ?? true
      let stripe = summary.migration?.stripe
      let isDenied = !isOtherwiseFine || stripe?.withProblems ?? 0 > 0
      let isUnproven =
        result.verdict == .passed
        && (stripe?.notExamined ?? 0 > 0 || !(summary.change?.isWhole ?? true))
      summary.exitCode =
        isDenied
        ? Int(ExitCode.findings.rawValue)
        : isUnproven ? Int(ExitCode.incomplete.rawValue) : result.exitCode
    }
    try next.end(summary, run)
    exitCode = Int32(summary.exitCode)
  }
}
