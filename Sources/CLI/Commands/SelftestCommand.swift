import Audit
import Core
import Detection
import Native
import Reporting

/// `unpan selftest`
struct SelftestCommand {
  private static let format = Flag(
    name: "format", value: .choice(["text", "json"]), summary: "How the table is written (text).")

  private static let target = Flag(
    name: "target", value: .text("TARGET"), isRepeatable: true,
    summary:
      "Also make, scan and remove a table in this database: sqlite:, postgres://, mariadb://. Repeatable."
  )

  static let command = Command(
    name: "selftest",
    summary: "Prove that detection works: plant invented card data, scan it, count.",
    operands: "",
    operandKind: .none,
    about: [
      "Writes invented numbers, tracks, verification codes, PIN blocks and keys in every format and "
        + "encoding of text that unpan reads, in compressed files, archives, mails and documents, and "
        + "in a database; scans them as `unpan scan` does; and tells what was planted, found, missed "
        + "and reported falsely. Beside them lie look-alikes that must not be reported. What needs a "
        + "name lies in the directory for temporary files and is removed.",
      "A format whose library or program is missing is shown as not tested, with the package to "
        + "install. RAR, CAB, RPM, Parquet and the dumps of pg_dump are read and not tested here: "
        + "nothing at hand writes them.",
      "Exits with 0 when everything planted was found and nothing else, else with 1; what this "
        + "version is known not to find is shown as a known gap and not counted. The table has "
        + "its date and the day by which to repeat it, 12 months later.",
      "With --target also through a database of yours: it says what it will make, makes a table "
        + "unpan_selftest of a few invented rows there, scans it, and removes it, also when it fails "
        + "or is stopped. --dry-run only says it. With sqlite:PATH the free pages it takes are wiped, "
        + "with what deleted rows left in them: scan first, or take a copy. On a server the account "
        + "needs the right to make a table; the server's own logs keep the invented rows for a while. "
        + "A second signal ends it at once and leaves the table, to be dropped by hand.",
    ],
    examples: [
      .init(line: "unpan selftest --format json -o selftest.json", meaning: "keep as evidence"),
      .init(line: "unpan selftest --rules my-rules", meaning: "before using changed rules"),
      .init(line: "unpan selftest --target sqlite:copy.db", meaning: "in a database as you use it"),
      .init(
        line: "unpan selftest --target postgres://tester@db.example/scratch",
        meaning: "on a server, passwords as for `unpan scan`"),
    ],
    flags: [
      format, Flags.output, Flags.rules, target, Flags.dryRun, Flags.quiet, Flags.help,
    ]
  ) { try SelftestCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    if let extra = arguments.operands.first {
      throw UsageError.unexpectedOperand(extra, command: "selftest", closest: nil)
    }
    let clock = try Clock(variable: tool.console.variable("SOURCE_DATE_EPOCH"))
    let detector = Detector(try Wiring.rules(arguments.value(Flags.rules)))
    if arguments.has(Flags.dryRun), !arguments.has(SelftestCommand.target) {
      throw UsageError.pointless(flag: "--dry-run", without: "--target TARGET")
    }
    var targets: [SelftestTarget] = []
    for name in arguments.values(SelftestCommand.target) {
      let target = try SelftestTarget(target: name)
      tool.console.tell(Diagnostics.lines(target.plan, name))
      targets.append(target)
    }
    if arguments.has(Flags.dryRun) { return ExitCode.clean.rawValue }
    // The targets first: a password that is wrong is told at once.
    var cells: [SelftestReport.Cell] = []
    for target in targets where Interruption.requested == nil {
      cells += try target.run(detector)
    }
    var report = SelftestReport()
    if Interruption.requested == nil { report = try Selftest(detector).run() }
    if Interruption.requested != nil {
      tool.console.tell(Diagnostics.selftestStopped)
      return Interruption.exitCode.rawValue
    }
    report.cells += cells
    return try write(report, date: clock.now(), arguments)
  }

  /// Writes the table to where the arguments say.
  /// - Returns: the exit code.
  func write(_ report: SelftestReport, date: String, _ arguments: ParsedArguments) throws -> Int32 {
    let path = arguments.value(Flags.output).flatMap { $0 == "-" ? nil : $0 }
    let output =
      try path.map { path throws(RunError) in try Output(file: path) }
      ?? Output(stream: tool.console.output)
    do {
      let table = SelftestTable(report, date: date)
      if arguments.value(SelftestCommand.format) == "json" {
        try table.writeJSON(to: output)
      } else {
        try table.writeText(to: output)
      }
      try output.finish()
    } catch {
      if output.isClosedByReader { throw ClosedByReader() }
      throw error
    }
    if let path, !arguments.has(Flags.quiet) {
      tool.console.tell(Diagnostics.reportWritten(to: path))
    }
    return (report.isPassed ? ExitCode.clean : .findings).rawValue
  }
}
