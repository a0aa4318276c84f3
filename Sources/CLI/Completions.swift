/// Completion scripts, made from the flag table.
enum Completions {
  static func bash() -> String {
    var text = """
      # bash completion for unpan
      _unpan() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} flags= words= files=
        COMPREPLY=()
        if [[ $COMP_CWORD -eq 1 ]]; then
          COMPREPLY=($(compgen -W "\(Commands.firstWords.joined(separator: " ")) --help --version" -- "$cur"))
          return
        fi
        local name=${COMP_WORDS[1]}
        case $name in

      """
    for group in Commands.groups {
      let members = Commands.members(of: group).map(\.lastWord).joined(separator: " ")
      text += """
            \(group))
              if [[ $COMP_CWORD -eq 2 ]]; then
                COMPREPLY=($(compgen -W "\(members)" -- "$cur"))
                return
              fi
              name=$name-${COMP_WORDS[2]};;

        """
    }
    text += "  esac\n  case $name,$prev in\n"
    for command in Commands.all {
      for flag in command.flags {
        let names = ["--\(flag.name)"] + (flag.short.map { ["-\($0)"] } ?? [])
        let pattern = names.map { "\(id(command)),\($0)" }.joined(separator: "|")
        switch flag.value {
        case .none: break
        case .choice(let words):
          text +=
            "    \(pattern)) COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$cur\")); return;;\n"
        case .file:
          text +=
            "    \(pattern)) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); return;;\n"
        case .directory:
          text +=
            "    \(pattern)) compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\")); return;;\n"
        case .text, .number, .count, .size: text += "    \(pattern)) return;;\n"
        }
      }
    }
    text += "  esac\n  case $name in\n"
    for command in Commands.all {
      let flags = command.flags.map { "--\($0.name)" }.joined(separator: " ")
      text += "    \(id(command))) flags=\"\(flags)\""
      switch command.operandKind {
      case .none: break
      case .files: text += " files=1"
      case .words(let words): text += " words=\"\(words.joined(separator: " "))\""
      }
      text += ";;\n"
    }
    return text + """
        esac
        if [[ $cur == -* ]]; then
          COMPREPLY=($(compgen -W "$flags" -- "$cur"))
        elif [[ -n $files ]]; then
          compopt -o filenames
          COMPREPLY=($(compgen -f -- "$cur"))
        else
          COMPREPLY=($(compgen -W "$words" -- "$cur"))
        fi
      }
      complete -F _unpan unpan

      """
  }

  static func zsh() -> String {
    var text = "#compdef unpan\n\n_unpan() {\n  local -a commands\n  commands=(\n"
    for word in Commands.firstWords {
      text += "    \(quoted("\(word):\(summary(word))"))\n"
    }
    text += """
        )
        if (( CURRENT == 2 )); then
          _describe command commands
          return
        fi
        local name=$words[2]
        case $name in

      """
    for group in Commands.groups {
      let members = Commands.members(of: group).map { quoted("\($0.lastWord):\($0.summary)") }
      text += """
            \(group))
              if (( CURRENT == 3 )); then
                commands=(\(members.joined(separator: " ")))
                _describe command commands
                return
              fi
              name=$name-$words[3]
              shift words
              (( CURRENT-- ));;

        """
    }
    text += """
        esac
        shift words
        (( CURRENT-- ))
        case $name in

      """
    for command in Commands.all {
      text += "    \(id(command)))\n      _arguments -S"
      for flag in command.flags { text += " \\\n        \(zshSpecification(flag))" }
      switch command.operandKind {
      case .none: break
      case .files: text += " \\\n        '*:target:_files'"
      case .words(let words): text += " \\\n        '*:word:(\(words.joined(separator: " ")))'"
      }
      text += ";;\n"
    }
    return text + "  esac\n}\n\n_unpan \"$@\"\n"
  }

  private static func zshSpecification(_ flag: Flag) -> String {
    var meaning = ""
    // These end a description or begin an action.
    for character in flag.summary {
      meaning += "[]:\\".contains(character) ? "\\\(character)" : String(character)
    }
    let action =
      switch flag.value {
      case .none: ""
      case .choice(let words): ":value:(\(words.joined(separator: " ")))"
      case .file: ":file:_files"
      case .directory: ":directory:_files -/"
      case .text(let name), .number(let name), .count(let name), .size(let name): ":\(name): "
      }
    let repeats = flag.isRepeatable ? "*" : ""
    let long = quoted("\(repeats)--\(flag.name)\(action.isEmpty ? "" : "=")[\(meaning)]\(action)")
    return flag.short.map {
      "\(quoted("\(repeats)-\($0)[\(meaning)]\(action)")) \\\n        \(long)"
    } ?? long
  }

  static func fish() -> String {
    var text = "# fish completion for unpan\ncomplete -c unpan -f\n"
    for word in Commands.firstWords {
      text +=
        "complete -c unpan -n __fish_use_subcommand -a \(word) -d \(quoted(summary(word)))\n"
    }
    for group in Commands.groups {
      let members = Commands.members(of: group)
      let words = members.map(\.lastWord).joined(separator: " ")
      for member in members {
        text +=
          "complete -c unpan -n '__fish_seen_subcommand_from \(group); and not "
          + "__fish_seen_subcommand_from \(words)' -a \(member.lastWord) "
          + "-d \(quoted(member.summary))\n"
      }
    }
    for command in Commands.all {
      let seen = command.name.split(separator: " ").map { "__fish_seen_subcommand_from \($0)" }
      let line = "complete -c unpan -n '\(seen.joined(separator: "; and "))'"
      for flag in command.flags {
        text += "\(line) -l \(flag.name)" + (flag.short.map { " -s \($0)" } ?? "")
        switch flag.value {
        case .none: break
        case .choice(let words): text += " -x -a '\(words.joined(separator: " "))'"
        case .file, .directory: text += " -r -F"
        case .text, .number, .count, .size: text += " -x"
        }
        text += " -d \(quoted(flag.summary))\n"
      }
      switch command.operandKind {
      case .none: break
      case .files: text += "\(line) -F\n"
      case .words(let words): text += "\(line) -a '\(words.joined(separator: " "))'\n"
      }
    }
    return text
  }

  /// A command's name as one word.
  private static func id(_ command: Command) -> String {
    String(command.name.map { $0 == " " ? "-" : $0 })
  }

  private static func summary(_ word: String) -> String {
    if let command = Commands.named(word) { return command.summary }
    let members = Commands.members(of: word).map(\.lastWord)
    return "One of \(members.joined(separator: ", "))."
  }

  /// In single quotes, as zsh and fish both read it; the help has no quotes or backslashes of its own.
  private static func quoted(_ text: String) -> String { "'\(text.filter { $0 != "'" })'" }
}
