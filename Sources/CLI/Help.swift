import Core
import Reporting

/// The help texts, made from the flag table.
enum Help {
  private static let width = 80
  static let exitCodes: [(ExitCode, String)] = [
    (.clean, "nothing found, everything read"),
    (.findings, "findings at or above --fail-on"),
    (.incomplete, "nothing found, but not everything was read"),
    (.failure, "failed: disk, database, or a bug"),
    (.usage, "the command line or a rule file is wrong"),
    (.interrupted, "stopped by Ctrl-C (143: by a signal to terminate)"),
  ]

  /// For somebody who typed nothing but the name.
  static func short() -> [String] {
    [
      "unpan finds card data in files and databases.", "",
      "  unpan scan TARGET...    for example `unpan scan /var/log shop.db`",
      "  unpan help              every command",
    ]
  }

  static func overview() -> String {
    var text = wrapped(
      "unpan finds raw card data (card numbers, tracks, verification codes) in files and databases, "
        + "and says what it read and what it did not.", indent: 0)
    text += "\nUsage: unpan COMMAND [FLAGS] ...\n\nCommands:\n"
    for command in Commands.all { text += columns("  \(command.name)", command.summary, at: 16) }
    text += "\nFlags:\n"
    text += columns(
      "  \(Flags.help.spelling)", "This help; after a command, the command's.", at: 16)
    text += columns("  \(Flags.version.spelling)", Flags.version.summary, at: 16)
    return text + "\nExit codes:\n" + exitCodeLines()
  }

  /// The commands of a group, for example those of `migrate`.
  static func group(_ name: String) -> String {
    var text = "Usage: unpan \(name) COMMAND [FLAGS] ...\n\nCommands:\n"
    for command in Commands.members(of: name) {
      text += columns("  \(command.lastWord)", command.summary, at: 16)
    }
    return text + "\n" + wrapped("`unpan help \(name) COMMAND` tells more.", indent: 0)
  }

  static func text(_ command: Command) -> String {
    var text = wrapped(command.summary, indent: 0)
    let operands = command.operands.isEmpty ? "" : " \(command.operands)"
    text += "\nUsage: unpan \(command.name) [FLAGS]\(operands)\n"
    for paragraph in command.about { text += "\n" + wrapped(paragraph, indent: 0) }
    if !command.examples.isEmpty { text += "\nExamples:\n" }
    for example in command.examples { text += "  # \(example.meaning)\n  \(example.line)\n" }
    text += "\nFlags:\n"
    for flag in command.flags { text += columns("  \(flag.spelling)", flag.summary, at: 30) }
    // Not for a command that has a short list of its own.
    if command.flags.contains(where: { $0.spelling == Flags.format.spelling }) {
      text += "\nFormats:\n"
      for format in Formats.all { text += columns("  \(format.id)", format.summary, at: 22) }
    }
    if command.name == ScanCommand.command.name { text += "\nExit codes:\n" + exitCodeLines() }
    return text
  }

  private static func exitCodeLines() -> String {
    exitCodes.map { columns("  \($0.0.rawValue)", $0.1, at: 7) }.joined()
  }

  /// A term and its meaning; a term that is too long has the meaning on the next line.
  static func columns(_ term: String, _ meaning: String, at column: Int) -> String {
    let body = wrapped(meaning, indent: column)
    guard term.count + 2 <= column else { return "\(term)\n\(body)" }
    return term + body.dropFirst(term.count)
  }

  static func wrapped(_ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var out = ""
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + 1 + word.count > width {
        out += margin + line + "\n"
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return out + margin + line + "\n"
  }
}
