import Core

/// `unpan report --check DIR`
struct ReportCommand {
  static let command = Command(
    name: "report",
    summary: "Check a directory that `scan --report` wrote.",
    operands: "",
    operandKind: .none,
    about: [
      "Checks from the directory alone that every file is as it was written (SHA-256), that no line "
        + "of the audit log was changed or taken out, and that the counts agree with the findings. "
        + "Exits with 1 if something is not."
    ],
    examples: [.init(line: "unpan report --check evidence", meaning: "months later")],
    flags: [Flags.check, Flags.help])

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    if let operand = arguments.operands.first {
      throw UsageError.unexpectedOperand(operand, command: "report", closest: nil)
    }
    guard let directory = arguments.value(Flags.check) else {
      throw UsageError.missingOperand(
        command: "report", what: "--check DIR", example: "unpan report --check evidence")
    }
    return try ReportCommand.check(directory, tool)
  }

  /// Checks a bundle and says how it went.
  static func check(_ directory: String, _ tool: CommandLineTool) throws -> Int32 {
    let check = try BundleCheck.run(directory: directory)
    let text = Diagnostics.lines(check, directory).map { $0 + "\n" }.joined()
    return try tool.show(text, exitCode: check.problems.isEmpty ? .clean : .findings)
  }
}
