/// `unpan man`
enum ManCommand {
  static let command = Command(
    name: "man",
    summary: "Print the manual page.",
    operands: "",
    operandKind: .none,
    about: ["In the format of man(7), for a package or `man -l`."],
    examples: [.init(line: "unpan man | man -l -", meaning: "read it")],
    flags: [Flags.help]
  ) { tool, _ in try tool.show(ManPage.text()) }
}
