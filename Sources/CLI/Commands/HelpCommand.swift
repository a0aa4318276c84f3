/// `unpan help [COMMAND]`
struct HelpCommand {
  static let command = Command(
    name: "help",
    summary: "Show the help of a command.",
    operands: "[COMMAND]",
    operandKind: .words([
      "scan", "verify", "guard", "report", "demo", "selftest", "migrate", "redact", "rules",
      "completions",
      "man",
    ]),
    about: ["The same as COMMAND --help; without a command, what there is."],
    examples: [],
    flags: [Flags.help]
  ) { try HelpCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    guard let name = arguments.operands.first else { return try tool.show(Help.overview()) }
    if arguments.operands.count == 1, !Commands.members(of: name).isEmpty {
      return try tool.show(Help.group(name))
    }
    guard let command = Commands.named(arguments.operands.joined(separator: " ")) else {
      throw UsageError.unknownCommand(
        name, closest: Suggestion.closest(to: name, in: Commands.all.map(\.name)))
    }
    return try tool.show(Help.text(command))
  }
}
