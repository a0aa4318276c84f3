import Core

/// The manual page in man(7), made from the flag table.
enum ManPage {
  static func text() -> String {
    var text = """
      .TH UNPAN 1 "" "unpan \(Version.text)"
      .SH NAME
      unpan \\- find raw card data in files and databases
      .SH SYNOPSIS
      .B unpan
      .I COMMAND
      [FLAGS] ...

      """
    text += ".SH COMMANDS\n"
    for command in Commands.all {
      text +=
        ".SS unpan \(command.name)\(command.operands.isEmpty ? "" : " " + escaped(command.operands))\n"
      text += escaped(command.summary) + "\n"
      for paragraph in command.about { text += ".PP\n" + escaped(paragraph) + "\n" }
      for flag in command.flags where flag.name != Flags.help.name {
        let spelling = flag.spelling.drop { $0 == " " }
        text += ".TP\n.B \(escaped(String(spelling)))\n\(escaped(flag.summary))\n"
      }
      for example in command.examples {
        text += ".PP\n\(escaped(example.meaning)):\n.PP\n.nf\n    \(escaped(example.line))\n.fi\n"
      }
    }
    text += ".SH EXIT STATUS\n"
    for (code, meaning) in Help.exitCodes {
      text += ".TP\n.B \(code.rawValue)\n\(escaped(meaning))\n"
    }
    return text
  }

  /// Backslashes and hyphens mean themselves, and no line begins with a request.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      case "'", ".": out += out.isEmpty ? "\\&\(character)" : String(character)
      default: out.append(character)
      }
    }
    return out
  }
}
