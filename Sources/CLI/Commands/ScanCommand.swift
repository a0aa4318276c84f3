import Audit
import Core
import Native
import Reporting
import Rules

/// `unpan scan TARGET...`
struct ScanCommand {
  static let command = Command(
    name: "scan",
    summary: "Find card data in files, directories, streams and databases.",
    operands: "TARGET...",
    operandKind: .files,
    about: [
      "A target is a file, a directory (with hidden and ignored files: this is an audit), `-` for "
        + "standard input, sqlite:PATH for a database, or git:PATH for a repository's history. "
        + "SQLite files and repositories found in a directory are read as such as well. Nothing is "
        + "ever changed.",
      "postgres://USER@HOST/DATABASE and mariadb://USER@HOST[/DATABASE] (or mysql://) are live "
        + "servers, read as of one moment with the account's own rights. Passwords come from "
        + "PGPASSWORD, ~/.pgpass, MYSQL_PWD or the client's option files, TLS settings from there "
        + "or the URL (sslmode, ssl-mode); neither is ever shown.",
      "s3://BUCKET[/PREFIX] is a bucket of S3 or of a server like it (--endpoint), with keys from "
        + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE. "
        + "elasticsearch+https://[USER@]HOST[:PORT][/INDEX], or opensearch+https, is a search "
        + "server, with ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USER and ELASTICSEARCH_PASSWORD.",
      "Compressed files, archives, documents and mails are opened, in each other as well, told by their "
        + "content; nothing is unpacked to a disk. It takes libarchive13 and, for PDF, poppler-utils.",
      "The report says what was found, masked, and what was read; what could not be read is listed "
        + "and keeps the exit code from being 0.",
    ],
    examples: [
      .init(line: "unpan scan /var/log/shop shop.db", meaning: "logs and a database"),
      .init(line: "zcat old.sql.gz | unpan scan - --label old.sql.gz", meaning: "a stream"),
      .init(
        line: "unpan scan . --format jsonl -o result.jsonl --exclude '*.png'",
        meaning: "for programs"),
      .init(
        line: "unpan scan 'postgres://auditor@db.example/shop?sslmode=verify-full'",
        meaning: "every table of a live server"),
      .init(
        line: "AWS_PROFILE=audit unpan scan s3://shop-backups/2019/ --versions",
        meaning: "every version of the objects of a bucket"),
      .init(
        line: "unpan scan /srv --state srv.state",
        meaning: "goes on after a kill; the next one reads only what changed"),
      .init(
        line: "unpan scan /srv --report evidence",
        meaning: "for an assessor; `unpan report --check evidence` checks it later"),
    ],
    flags: [
      Flags.format, Flags.output, Flags.report, Flags.reportHost, Flags.inventory, Flags.previous,
      Flags.state, Flags.minConfidence,
      Flags.failOn, Flags.testNumbers, Flags.withoutLuhn, Flags.mask, Flags.exclude,
      Flags.maxFileSize, Flags.tables, Flags.sample, Flags.versions, Flags.endpoint, Flags.maxDepth,
      Flags.maxMembers,
      Flags.maxExpanded, Flags.maxRatio, Flags.label, Flags.baseline, Flags.allowIncomplete,
      Flags.threads, Flags.rules,
      Flags.quiet,
      Flags.noProgress, Flags.color, Flags.help,
    ]
  ) { try ScanCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    try run(arguments, command: "scan", settings: []) {
      ExitCodeWriter($0, ScanCommand.policy(arguments))
    }
  }

  /// Scans for a command.
  ///
  /// - Parameters:
  ///   - settings: what the command was told beside what a scan is told.
  ///   - policy: the file of a target-state policy, for the evidence.
  ///   - judge: makes what decides on the exit code; passes everything on to the writer it is given.
  func run(
    _ arguments: ParsedArguments, command: String, settings more: [ReportSetting],
    policy: [UInt8]? = nil, judge: (any ReportWriter) -> any JudgingWriter
  ) throws -> Int32 {
    try run(
      arguments, ScanCommand.request(arguments, command: command), settings: more,
      policy: policy, judge: judge)
  }

  /// Runs what was asked for and writes the reports.
  func run(
    _ arguments: ParsedArguments, _ request: ScanRequest, settings more: [ReportSetting] = [],
    policy: [UInt8]? = nil, judge: (any ReportWriter) -> any JudgingWriter
  ) throws -> Int32 {
    var request = request
    let settings = ScanSettings(request, arguments).all + more
    let path = arguments.value(Flags.output).flatMap { $0 == "-" ? nil : $0 }
    let output =
      try path.map { path throws(RunError) in try Output(file: path) }
      ?? Output(stream: tool.console.output)
    let format = Formats.named(arguments.value(Flags.format) ?? "text")
    guard let format else { preconditionFailure("the flag table only admits known formats") }
    var options = try ReportSettings.options(arguments, format, toFile: path != nil, tool)
    options.settings = settings
    let bundlePath = arguments.value(Flags.report)
    var bundle: EvidenceBundle?
    if let bundlePath {
      bundle = try makeBundle(bundlePath, arguments, options, policy)
    }
    request.reportFiles = [output.ownIdentity, bundle?.identity].compactMap { $0 }
    // The bundle first: it is whole even when nobody reads the other report to its end.
    let main = format.makeWriter(output, options)
    let writer = judge(bundle.map { TeeWriter([$0, main]) } ?? main)
    let counters = ProgressCounters()
    let progress =
      showsProgress(arguments, toFile: path != nil) ? Progress(tool.console, counters) : nil
    request.forecasts = progress != nil
    // A text report is written all at once at the end; the line must be gone by then.
    let gate = ReasonFilter(
      try wrapped(ProgressGate(writer) { progress?.stop() }, arguments), Wiring.reasons())
    let known = try judged(arguments, request, gate)
    defer { progress?.stop() }
    do {
      try tool.engine.run(request, writer: known ?? gate, progress: counters)
    } catch {
      progress?.stop()
      if output.isClosedByReader { throw ClosedByReader() }
      throw error
    }
    guard let exitCode = writer.exitCode else { preconditionFailure("an engine ends its report") }
    if let known, known.expiredCount > 0 {
      tool.console.tell(Diagnostics.expiredEntries(known.expiredCount))
    }
    if let path, !arguments.has(Flags.quiet) {
      tool.console.tell(Diagnostics.reportWritten(to: path))
    }
    if let bundlePath, !arguments.has(Flags.quiet) {
      tool.console.tell(Diagnostics.reportWritten(to: bundlePath))
    }
    return exitCode
  }

  /// Marks what the baseline has; a check of a repository does that itself.
  private func judged(
    _ arguments: ParsedArguments, _ request: ScanRequest, _ next: any ReportWriter
  ) throws(RunError) -> BaselineFilter? {
    guard request.guarding == nil, let path = arguments.value(Flags.baseline) else { return nil }
    return BaselineFilter(
      next, try GuardCommand.baseline(path), today: try GuardCommand.today(tool))
  }

  /// What the arguments ask for.
  static func request(
    _ arguments: ParsedArguments, command: String = "scan"
  ) throws(UsageError) -> ScanRequest {
    guard !arguments.operands.isEmpty else {
      throw .missingOperand(
        command: command,
        what: "a target: a path, a server's URL, or - for standard input",
        example: "unpan \(command) /var/log shop.db")
    }
    var request = ScanRequest()
    request.targets = arguments.operands.map(ScanCommand.withoutLastSlash)
    if request.targets.count(where: { $0 == "-" }) > 1 {
      throw .standardInputTwice
    }
    if arguments.has(Flags.label), !request.targets.contains("-") {
      throw .pointless(flag: "--label", without: "the target -")
    }
    if arguments.has(Flags.reportHost), !arguments.has(Flags.report) {
      throw .pointless(flag: "--report-host", without: "--report DIR")
    }
    for flag in [Flags.tables, Flags.sample]
    where arguments.has(flag) && !request.targets.contains(where: ScanCommand.isServer) {
      throw .pointless(flag: "--\(flag.name)", without: "the target of a database or search server")
    }
    for flag in [Flags.versions, Flags.endpoint]
    where arguments.has(flag)
      && !request.targets.contains(where: { $0.lowercased().hasPrefix("s3://") })
    {
      throw .pointless(flag: "--\(flag.name)", without: "a target of S3")
    }
    request.label = arguments.value(Flags.label)
    request.readsVersions = arguments.has(Flags.versions)
    request.endpoint = arguments.value(Flags.endpoint)
    request.tables = arguments.values(Flags.tables)
    request.state = arguments.value(Flags.state)
    request.isQuiet = arguments.has(Flags.quiet)
    request.rowsMax = arguments.value(Flags.sample).flatMap { Int($0) }
    takeOptions(arguments, into: &request)
    return request
  }

  /// What is the same whatever is looked at.
  static func takeOptions(_ arguments: ParsedArguments, into request: inout ScanRequest) {
    request.excludes = arguments.values(Flags.exclude)
    request.maxFileBytes = arguments.value(Flags.maxFileSize).flatMap(ByteSize.parse)
    request.containers.depth =
      arguments.value(Flags.maxDepth).flatMap { Int($0) } ?? request.containers.depth
    request.containers.members =
      arguments.value(Flags.maxMembers).flatMap { Int($0) } ?? request.containers.members
    request.containers.expandedBytes =
      arguments.value(Flags.maxExpanded).flatMap(ByteSize.parse) ?? request.containers.expandedBytes
    request.containers.ratio =
      arguments.value(Flags.maxRatio).flatMap { Int($0) } ?? request.containers.ratio
    request.threads = arguments.value(Flags.threads).flatMap { Int($0) }
    request.findsWithoutLuhn = arguments.has(Flags.withoutLuhn)
    request.rulesDirectory = arguments.value(Flags.rules)
    request.minConfidence =
      arguments.value(Flags.minConfidence).flatMap(Confidence.init(rawValue:)) ?? .medium
    request.mask = arguments.value(Flags.mask).flatMap(Mask.init(rawValue:)) ?? .last4
    request.testNumbers =
      arguments.value(Flags.testNumbers).flatMap(ScanOptions.TestNumbers.init(rawValue:)) ?? .report
  }

  private static func isServer(_ target: String) -> Bool {
    [
      "postgres://", "postgresql://", "mysql://", "mariadb://", "elasticsearch+", "opensearch+",
    ].contains { target.lowercased().hasPrefix($0) }
  }

  /// `logs/` is `logs`: what is found there has one name in every run.
  private static func withoutLastSlash(_ target: String) -> String {
    guard !PathSpelling.isAddress(target) else { return target }
    var path = target[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return String(path)
  }

  /// What makes the run fail.
  static func policy(_ arguments: ParsedArguments) -> ExitPolicy {
    // `never` is no severity and so gives none.
    let failOn = arguments.value(Flags.failOn) ?? Severity.low.rawValue
    return ExitPolicy(
      failOn: Severity(rawValue: failOn),
      allowsIncomplete: arguments.has(Flags.allowIncomplete),
      testNumbersFail: arguments.value(Flags.testNumbers) == ScanOptions.TestNumbers.fail.rawValue)
  }

  private func makeBundle(
    _ path: String, _ arguments: ParsedArguments, _ options: ReportOptions, _ policy: [UInt8]?
  ) throws(RunError) -> EvidenceBundle {
    let evidence = try tool.rules.evidence(directory: arguments.value(Flags.rules))
    var contents = EvidenceBundle.Contents()
    contents.commandLine = ["unpan"] + arguments.typed.map(SecretRemoval.removed(from:))
    contents.host = arguments.has(Flags.reportHost) ? tool.console.hostName() : nil
    contents.settings = options.settings
    contents.policy = policy
    contents.rulesVersion = evidence.version
    contents.rules = evidence.texts
    contents.ruleFiles = evidence.files
    contents.selftest = try tool.rules.selftest(directory: arguments.value(Flags.rules))
    // Files are for later readers, whatever the terminal is.
    var options = options
    options.hasColor = false
    options.isBrief = false
    options.width = 100
    options.requirements = evidence.requirements
    return try EvidenceBundle(path, contents, options)
  }

  /// With what compares the run on its way to the report: an earlier run, then the inventory.
  private func wrapped(
    _ writer: any ReportWriter, _ arguments: ParsedArguments
  ) throws(RunError) -> any ReportWriter {
    var writer = writer
    if let path = arguments.value(Flags.previous) {
      do throws(SavedReportError) {
        writer = try ChangeWriter(since: SavedReport(path: path), writer)
      } catch {
        throw Diagnostics.runError(error)
      }
    }
    if let path = arguments.value(Flags.inventory) {
      do throws(RuleError) {
        writer = InventoryAudit(try InventoryFile.load(path), writer)
      } catch {
        throw Diagnostics.runError(error)
      }
    }
    return writer
  }

  private func showsProgress(_ arguments: ParsedArguments, toFile: Bool) -> Bool {
    // Formats that write as they find would run into the line on the same terminal.
    let isText = (arguments.value(Flags.format) ?? "text") == "text"
    if !isText, !toFile, tool.console.isTerminal(tool.console.output) { return false }
    return !arguments.has(Flags.noProgress) && !arguments.has(Flags.quiet)
      && tool.console.isTerminal(tool.console.error)
  }
}

/// Takes the progress line away before the report's last part is written.
private final class ProgressGate: ReportWriter {
  private let next: any ReportWriter
  private let stop: () -> Void

  init(_ next: any ReportWriter, stop: @escaping () -> Void) {
    self.next = next
    self.stop = stop
  }

  func begin(_ run: RunInfo) throws(RunError) { try next.begin(run) }
  func finding(_ finding: Finding) throws(RunError) { try next.finding(finding) }
  func coverage(_ coverage: Coverage) throws(RunError) { try next.coverage(coverage) }

  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    stop()
    try next.end(summary, run)
  }
}
