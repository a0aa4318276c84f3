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
      "A FILE is what `unpan scan` wrote with --format json or jsonl. Several are shown as one: the "
        + "shards of one run over many hosts. A file that was cut short, or whose findings are not as "
        + "many as it says, is refused.",
      "With --compare there are two, the older first: what is new, unchanged and gone, by the ids of "
        + "the findings; text or json.",
      "Exits as the run did, the worst of several; with --fail-on or --allow-incomplete, as the "
        + "findings say. --compare exits with 1 when something is new.",
      "With --check DIR there is no FILE: it checks from the directory alone that every file "
        + "`unpan scan --report DIR` wrote is as it was (SHA-256), that no line of the audit log was "
        + "changed or taken out, and that the counts agree with the findings. Exits with 1 if not.",
    ],
    examples: [
      .init(line: "unpan report result.jsonl --format sarif -o result.sarif", meaning: "convert"),
      .init(line: "unpan report host-*.jsonl --format csv -o all.csv", meaning: "merge"),
      .init(
        line: "unpan report --compare monday.jsonl friday.jsonl", meaning: "what is new since"),
      .init(line: "unpan report --check evidence", meaning: "is it as it was written?"),
    ],
    flags: [
      Flags.format, Flags.output, Flags.compare, Flags.check, Flags.failOn, Flags.allowIncomplete,
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
      if arguments.has(Flags.compare) { return try compare(arguments) }
      return try render(arguments)
    } catch let error as SavedReportError {
      throw Diagnostics.runError(error)
    }
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

  private func render(_ arguments: ParsedArguments) throws -> Int32 {
    let parts = try arguments.operands.map { try SavedReport(path: $0) }
    let report = MergedReport(parts)
    return try write(arguments) { output, format, options in
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

  private func compare(_ arguments: ParsedArguments) throws -> Int32 {
    let files = arguments.operands
    if files.count < 2 {
      throw UsageError.missingOperand(
        command: "report --compare", what: "two files, the older first",
        example: "unpan report --compare monday.jsonl friday.jsonl")
    }
    if files.count > 2 {
      throw UsageError.unexpectedOperand(files[2], command: "report --compare", closest: nil)
    }
    for flag in [Flags.failOn, Flags.allowIncomplete] where arguments.has(flag) {
      throw UsageError.pointless(flag: "--\(flag.name)", without: "a report of one run")
    }
    if let format = arguments.value(Flags.format), !["text", "json"].contains(format) {
      throw UsageError.badValue(
        flag: "--format", given: format, expected: "text or json with --compare", closest: nil)
    }
    let comparison = try Comparison(
      before: SavedReport(path: files[0]), after: SavedReport(path: files[1]))
    return try write(arguments) { output, format, options in
      if format.id == "json" {
        try comparison.writeJSON(to: output)
      } else {
        try comparison.writeText(to: output, options)
      }
      return comparison.exitCode.rawValue
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
