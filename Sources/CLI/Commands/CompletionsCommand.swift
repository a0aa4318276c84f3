/// `unpan completions bash|zsh|fish`
struct CompletionsCommand {
  static let command = Command(
    name: "completions",
    summary: "Print completions for a shell.",
    operands: "bash | zsh | fish",
    operandKind: .words(["bash", "zsh", "fish"]),
    about: ["Put the output where your shell looks for completions."],
    examples: [
      .init(
        line: "unpan completions bash > ~/.local/share/bash-completion/completions/unpan",
        meaning: "bash"),
      .init(
        line: "unpan completions zsh > ~/.zfunc/_unpan", meaning: "zsh, with ~/.zfunc in fpath"),
      .init(
        line: "unpan completions fish > ~/.config/fish/completions/unpan.fish", meaning: "fish"),
    ],
    flags: [Flags.help]
  ) { try CompletionsCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    if let extra = arguments.operands.dropFirst().first {
      throw UsageError.unexpectedOperand(extra, command: "completions", closest: nil)
    }
    switch arguments.operands.first {
    case "bash": return try tool.show(Completions.bash())
    case "zsh": return try tool.show(Completions.zsh())
    case "fish": return try tool.show(Completions.fish())
    case nil:
      throw UsageError.missingOperand(
        command: "completions", what: "a shell: bash, zsh or fish",
        example: "unpan completions bash")
    case let other?:
      throw UsageError.unexpectedOperand(
        other, command: "completions",
        closest: Suggestion.closest(to: other, in: ["bash", "zsh", "fish"]))
    }
  }
}
