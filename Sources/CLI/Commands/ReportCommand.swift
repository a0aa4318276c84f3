import Core
import Reporting

/// `unpan report FILE...`
struct ReportCommand {
  static let command = Command(
    name: "report",
    summary: "Show saved results in any format, merge them, or compare two runs.",
    operands: "FILE...",
    operandKind: .files,
    about: [
      "A FILE is what `unpan scan` wrote with --format json or jsonl, or a directory of --report. One "
        + "is shown in any format. A file that was cut short, or whose findings are not as many as "
        + "it says, is refused.",
      "Several with different targets are the shards of one run and are shown as one. Several with "
        + "the same targets at different times are runs and are compared, the oldest first: what is "
        + "new, unchanged and gone, by the ids of the findings, and with more than two the trend; as "
        + "text, json, html or markdown. --merge and --compare say which is meant, for example "
        + "--merge for hosts that were scanned with the same paths.",
      "Exits as the run did, the worst of several; with --fail-on or --allow-incomplete, as the "
        + "findings say. A comparison exits with 1 when the last run has something new.",
      "With --check DIR there is no FILE: it checks from the directory alone that every file "
        + "`unpan scan --report DIR` wrote is as it was (SHA-256), that no line of the audit log was "
        + "changed or taken out, and that the counts agree with the findings. Exits with 1 if not.",
    ],
    examples: [
      .init(line: "unpan report result.jsonl --format sarif -o result.sarif", meaning: "convert"),
      .init(
        line: "unpan report --merge host-*.jsonl --format csv -o all.csv", meaning: "merge shards"),
      .init(line: "unpan report monday.jsonl friday.jsonl", meaning: "what is new since"),
      .init(
        line: "unpan report --compare q1 q2 q3 --format html -o trend.html", meaning: "a trend"),
      .init(line: "unpan report --check evidence", meaning: "is it as it was written?"),
    ],
    flags: [
      Flags.format, Flags.output, Flags.compare, Flags.merge, Flags.check, Flags.failOn,
      Flags.allowIncomplete,
      Flags.rules,
      Flags.quiet, Flags.color, Flags.help,
    ]
  ) { try ReportCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    if let directory = arguments.value(Flags.check) { return try check(directory, arguments) }
    guard !arguments.operands.isEmpty else {
      throw UsageError.missingOperand(
        command: "report", what: "a file that --format json or jsonl wrote",
        example: "unpan report result.jsonl --format sarif")
    }
    do {
      if arguments.has(Flags.compare), arguments.operands.count < 2 {
        throw UsageError.missingOperand(
          command: "report --compare", what: "two files or more, the oldest first",
          example: "unpan report --compare monday.jsonl friday.jsonl")
      }
      let parts = try arguments.operands.map { try SavedReport(path: $0) }
      guard try compares(parts, arguments) else { return try render(parts, arguments) }
      let isGuess = !arguments.has(Flags.compare)
      // By time; who says --compare says the order as well.
      let runs = isGuess ? parts.sorted { $0.run.started < $1.run.started } : parts
      return try compare(runs, arguments, isGuess: isGuess)
    } catch let error as SavedReportError {
      throw Diagnostics.runError(error)
    }
  }

  /// Whether several results are runs to compare rather than shards of one.
  private func compares(_ parts: [SavedReport], _ arguments: ParsedArguments) throws -> Bool {
    if arguments.has(Flags.compare) || arguments.has(Flags.merge) || parts.count < 2 {
      return arguments.has(Flags.compare)
    }
    let targets = parts.map(\.targetNames)
    let all = targets.reduce(into: Set()) { $0.formUnion($1) }
    if all.count == targets.reduce(0, { $0 + $1.count }) { return false }
    guard targets.allSatisfy({ $0 == all }) else { throw UsageError.ambiguousRuns(.mixedTargets) }
    guard Set(parts.map(\.run.started)).count == parts.count else {
      throw UsageError.ambiguousRuns(.sameTime)
    }
    return true
  }

  // MARK: Checking

  private func check(_ directory: String, _ arguments: ParsedArguments) throws -> Int32 {
    if let operand = arguments.operands.first {
      throw UsageError.unexpectedOperand(operand, command: "report --check", closest: nil)
    }
    let check = try BundleCheck.run(directory: directory)
    let text = Diagnostics.lines(check, directory).map { $0 + "\n" }.joined()
    return try tool.show(text, exitCode: check.problems.isEmpty ? .clean : .findings)
  }

  // MARK: Rendering

  private func render(_ parts: [SavedReport], _ arguments: ParsedArguments) throws -> Int32 {
    let report = try MergedReport(parts)
    // A bundle has more to show than its result; of shards, each has its own.
    let bundle = parts.count == 1 ? try SavedBundle(path: parts[0].path) : nil
    return try write(arguments) { output, format, options in
      var options = options
      options.selftest = bundle?.selftest
      options.settings = bundle?.settings ?? []
      let writer = format.makeWriter(output, options)
      guard arguments.has(Flags.failOn) || arguments.has(Flags.allowIncomplete) else {
        try report.replay(to: writer)
        return Int32(report.summary.exitCode)
      }
      let judge = ExitCodeWriter(writer, ScanCommand.policy(arguments))
      try report.replay(to: judge)
      guard let exitCode = judge.exitCode else { preconditionFailure("a replay ends its report") }
      return exitCode
    }
  }

  // MARK: Comparing

  private func compare(
    _ runs: [SavedReport], _ arguments: ParsedArguments, isGuess: Bool
  ) throws -> Int32 {
    for flag in [Flags.failOn, Flags.allowIncomplete] where arguments.has(flag) {
      throw UsageError.pointless(flag: "--\(flag.name)", without: "a report of one run (--merge)")
    }
    if let format = arguments.value(Flags.format), !Trend.formats.contains(format) {
      throw UsageError.badValue(
        flag: "--format", given: format,
        expected: "\(Trend.formats.joined(separator: ", ")) for a comparison; --merge shows the "
          + "results as one", closest: nil)
    }
    if isGuess, !arguments.has(Flags.quiet) { tool.console.tell(Diagnostics.compares(runs.count)) }
    let trend = try Trend(runs)
    return try write(arguments) { output, format, options in
      try trend.write(format.id, to: output, options)
      return trend.exitCode.rawValue
    }
  }

  // MARK: Output

  private func write(
    _ arguments: ParsedArguments, _ body: (Output, Format, ReportOptions) throws -> Int32
  ) throws -> Int32 {
    let path = arguments.value(Flags.output).flatMap { $0 == "-" ? nil : $0 }
    let output =
      try path.map { path throws(RunError) in try Output(file: path) }
      ?? Output(stream: tool.console.output)
    guard let format = Formats.named(arguments.value(Flags.format) ?? "text") else {
      preconditionFailure("the flag table only admits known formats")
    }
    let options = try ReportSettings.options(arguments, format, toFile: path != nil, tool)
    do {
      let exitCode = try body(output, format, options)
      if let path, !arguments.has(Flags.quiet) {
        tool.console.tell(Diagnostics.reportWritten(to: path))
      }
      return exitCode
    } catch {
      if output.isClosedByReader { throw ClosedByReader() }
      throw error
    }
  }
}
