import Audit
import Core
import Reporting

/// One flag: parsing, help, man page and completions are all made from this.
struct Flag: Sendable {
  /// Without the two hyphens.
  var name: String
  var short: Character?
  var value: Value = .none
  var isRepeatable = false
  /// One line for the help; says the default.
  var summary: String
  /// Whether the command writes what the value names.
  var isWritten = false
  /// What it stands for when it is not given.
  var defaultPath: String?

  /// What follows the flag.
  enum Value: Sendable {
    case none
    /// One of a few words.
    case choice([String])
    /// Anything; the placeholder is for the help.
    case text(String)
    /// A pattern as `--exclude` takes it.
    case glob(String)
    /// Up to 1024.
    case number(String)
    /// Up to 10^12.
    case count(String)
    case size(String)
    case file(String)
    case directory(String)
  }

  /// For the help, for example `-o, --output FILE`.
  var spelling: String {
    let long = "--\(name)" + (placeholder.map { " \($0)" } ?? "")
    return short.map { "-\($0), \(long)" } ?? "    \(long)"
  }

  var placeholder: String? {
    switch value {
    case .none: nil
    case .choice(let words):
      // A long list stands below the flags instead.
      words.count <= 6 ? words.joined(separator: "|") : name.uppercased()
    case .text(let name), .glob(let name), .number(let name), .count(let name), .size(let name),
      .file(let name),
      .directory(let name):
      name
    }
  }
}

/// One command: its help and which flags it takes.
struct Command: Sendable {
  /// One word, or two for a command of a group, for example `migrate plan`.
  var name: String
  /// One line.
  var summary: String
  /// What follows the name in the usage line, for example `TARGET...`.
  var operands: String
  var operandKind: OperandKind
  /// Paragraphs of the help.
  var about: [String]
  var examples: [Example]
  var flags: [Flag]
  /// Does it.
  /// - Returns: the exit code.
  var run: @Sendable (CommandLineTool, ParsedArguments) throws -> Int32

  /// Without the name of its group.
  var lastWord: String { name.split(separator: " ").last.map(String.init) ?? name }

  /// What completions offer for the words that are no flags.
  enum OperandKind: Sendable {
    case none
    case files
    case words([String])
  }

  struct Example: Sendable {
    var line: String
    var meaning: String
  }
}

/// The table everything is made from. A flag that several commands take is one entry of `Flags`.
enum Flags {
  static let help = Flag(name: "help", short: "h", summary: "Show this help.")
  static let version = Flag(name: "version", summary: "Show the version.")
  static let quiet = Flag(
    name: "quiet", short: "q", summary: "Only the verdict; no progress, no notes.")
  static let color = Flag(
    name: "color", value: .choice(["auto", "always", "never"]),
    summary: "Colours; auto is for terminals and honours NO_COLOR (auto).")
  static let rules = Flag(
    name: "rules", value: .directory("DIR"),
    summary: "Rule files to use instead of the built-in ones.")
  static let format = Flag(
    name: "format", value: .choice(Formats.all.map(\.id)),
    summary: "How the report is written, one of the formats below (text).")
  static let output = Flag(
    name: "output", short: "o", value: .file("FILE"),
    summary: "Write the report to FILE, which appears when it is whole.", isWritten: true)
  static let report = Flag(
    name: "report", value: .directory("DIR"),
    summary: "Also write everything an assessor needs to a new directory DIR, with hashes.")
  static let inventory = Flag(
    name: "inventory", value: .file("FILE"),
    summary: "Compare with a list of stores (JSON5): what is missing, new or not as it says.")
  static let previous = Flag(
    name: "previous", value: .file("FILE|DIR"),
    summary: "Also tell what changed since an earlier result or its --report directory.")
  static let reportHost = Flag(
    name: "report-host", summary: "Tell this machine's name in the directory of --report.")
  static let check = Flag(
    name: "check", value: .directory("DIR"),
    summary: "Check a directory that `scan --report DIR` wrote.")
  static let threads = Flag(
    name: "threads", value: .number("N"), summary: "Workers (one a processor).")
  static let noProgress = Flag(name: "no-progress", summary: "No progress line on the terminal.")
  static let label = Flag(
    name: "label", value: .text("NAME"), summary: "What the report calls standard input (-).")
  static let exclude = Flag(
    name: "exclude", value: .glob("GLOB"), isRepeatable: true,
    summary:
      "Leave out paths below a target, or tables of a server by schema.table; listed. Repeatable.")
  static let maxFileSize = Flag(
    name: "max-file-size", value: .size("SIZE"),
    summary: "Leave out larger files of a directory, for example 10MB or 1GiB; listed (no limit).")
  static let tables = Flag(
    name: "tables", value: .glob("GLOB"), isRepeatable: true,
    summary: "Tables of a server to read, by schema.table, for example 'shop.*' (all). Repeatable.")
  static let state = Flag(
    name: "state", value: .file("FILE"),
    summary: "Keep what was read in FILE: a killed scan goes on, the next one reads what changed.",
    isWritten: true)
  static let sample = Flag(
    name: "sample", value: .count("N"),
    summary: "Read at most N rows of each table of a server; the result is never complete.")
  static let versions = Flag(
    name: "versions", summary: "Every version of the objects of S3, not only the current one.")
  static let endpoint = Flag(
    name: "endpoint", value: .text("URL"),
    summary: "Where S3 is, if not at Amazon, for example https://minio.example:9000.")
  static let maxDepth = Flag(
    name: "max-depth", value: .number("N"),
    summary: "Open containers within containers this deep (\(Limits.containerDepth)).")
  static let maxMembers = Flag(
    name: "max-members", value: .count("N"),
    summary: "Members read of one file, over all its containers (a million).")
  static let maxExpanded = Flag(
    name: "max-expanded", value: .size("SIZE"),
    summary: "Bytes one file may expand to (1TiB).")
  static let maxRatio = Flag(
    name: "max-ratio", value: .count("N"),
    summary: "Times its size a file may expand to (\(Limits.expansionRatio)).")
  static let failOn = Flag(
    name: "fail-on", value: .choice(Severity.allCases.map(\.rawValue) + ["never"]),
    summary: "Exit with 1 from this severity on (low: any finding).")
  static let minConfidence = Flag(
    name: "min-confidence", value: .choice(Confidence.allCases.map(\.rawValue)),
    summary: "List findings from this confidence on; others are counted (medium).")
  static let mask = Flag(
    name: "mask", value: .choice(Mask.allCases.map(\.rawValue)),
    summary: "How much of a number is shown (last4).")
  static let testNumbers = Flag(
    name: "test-numbers", value: .choice(ScanOptions.TestNumbers.allCases.map(\.rawValue)),
    summary: "Published test numbers: list them, leave them out, or always exit with 1 (report).")
  static let withoutLuhn = Flag(
    name: "without-luhn",
    summary: "Also numbers of issuers without a check digit (UnionPay), beside a card word.")
  static let dryRun = Flag(name: "dry-run", summary: "Say what would be done, and do nothing.")
  static let compare = Flag(
    name: "compare", summary: "Compare results, the oldest first: what is new, and what is gone.")
  static let merge = Flag(
    name: "merge", summary: "Show several results as one: the shards of a run.")
  static let config = Flag(
    name: "config", value: .file("FILE"),
    summary: "What the migration is to do (unpan-migration.json5).")
  static let mapping = Flag(
    name: "mapping", value: .file("FILE"), summary: "The mapping file from Stripe, CSV or JSON.")
  static let plan = Flag(
    name: "plan", value: .file("FILE"), summary: "The plan that `migrate plan` wrote (plan.json).")
  static let apply = Flag(
    name: "apply", summary: "Do it; without this, only tell what would be done.")
  static let confirm = Flag(
    name: "confirm", value: .text("DIGEST"),
    summary: "The plan's digest, as `migrate plan` showed it.")
  static let ledger = Flag(
    name: "ledger", value: .file("FILE"),
    summary: "Where every step is written down (unpan-ledger.db).", isWritten: true,
    defaultPath: MigrateTool.ledgerDefault)
  static let baseline = Flag(
    name: "baseline", value: .file("FILE"),
    summary: "Findings that were judged before: listed, and no reason to fail.")
  static let allowIncomplete = Flag(
    name: "allow-incomplete",
    summary: "Exit with 0 although something was not read; it is still listed.")
}

/// Every command there is; a new one is one file and one line here.
enum Commands {
  static let all: [Command] = [
    ScanCommand.command, VerifyCommand.command, GuardCommand.command, ReportCommand.command,
    LintCommand.command, DemoCommand.command, SelftestCommand.command,
    MigrateInitCommand.command, MigrateMatchCommand.command, MigratePlanCommand.command,
    MigrateLinkCommand.command, MigrateScrubCommand.command, MigrateVerifyCommand.command,
    MigrateRollbackCommand.command, MigrateStatusCommand.command, MigrateIntakeCommand.command,
    RedactCommand.command,
    StripeCheckCommand.command, StripeCardsCommand.command, StripeDefaultCommand.command,
    StripeAttachCommand.command, StripeDetachCommand.command, StripeProbeCommand.command,
    StripeLinksCommand.command, StripeSyncCommand.command,
    RulesCommand.command, CompletionsCommand.command,
    ManCommand.command, HelpCommand.command,
  ]

  static func named(_ name: String) -> Command? { all.first { $0.name == name } }

  /// The command that a command line starts with, and how many words its name takes.
  static func find(_ arguments: [String]) -> (Command, Int)? {
    for words in [2, 1] where arguments.count >= words {
      if let command = named(arguments.prefix(words).joined(separator: " ")) {
        return (command, words)
      }
    }
    return nil
  }

  /// What a command line can start with: commands, and groups once.
  static var firstWords: [String] {
    all.map { String($0.name.prefix { $0 != " " }) }.reduce(into: []) { words, word in
      if !words.contains(word) { words.append(word) }
    }
  }

  /// Those of the first words that are groups.
  static var groups: [String] { firstWords.filter { !members(of: $0).isEmpty } }

  /// The commands of a group, for example those of `migrate`.
  static func members(of group: String) -> [Command] {
    all.filter { $0.name.hasPrefix(group + " ") }
  }
}
