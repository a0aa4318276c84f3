/// What the user typed, sorted out by the flag table.
struct ParsedArguments: Sendable, Equatable {
  private var values: [String: [String]] = [:]
  var operands: [String] = []
  /// The whole command line without the program's name, as it was typed.
  var typed: [String] = []

  /// The last value wins, so that an alias can be overridden.
  func value(_ flag: Flag) -> String? { values[flag.name]?.last }
  func values(_ flag: Flag) -> [String] { values[flag.name] ?? [] }
  func has(_ flag: Flag) -> Bool { values[flag.name] != nil }

  fileprivate mutating func add(_ value: String, for flag: Flag) {
    values[flag.name, default: []].append(value)
  }
}

/// What is wrong with a command line; `Diagnostics` has the words.
enum UsageError: Error, Equatable {
  case unknownCommand(String, closest: String?)
  case unknownFlag(String, command: String, closest: String?)
  case missingValue(flag: String, placeholder: String)
  case unexpectedValue(flag: String)
  /// `expected` says in words what would have been right.
  case badValue(flag: String, given: String, expected: String, closest: String?)
  case missingOperand(command: String, what: String, example: String)
  case unexpectedOperand(String, command: String, closest: String?)
  /// A flag that says nothing without something else.
  case pointless(flag: String, without: String)
  case standardInputTwice
  /// Several results of which nobody can tell whether they are shards or runs.
  case ambiguousRuns(Ambiguity)

  enum Ambiguity: Sendable {
    case mixedTargets, sameTime
  }
}

/// Splits a command line by a command's flags: `--flag value`, `--flag=value`, `-o value`, `-ovalue`,
/// `-q`; `--` ends the flags and `-` is an operand.
struct ArgumentParser {
  let command: Command

  func parse(_ arguments: some Sequence<String>) throws(UsageError) -> ParsedArguments {
    var parsed = ParsedArguments()
    var rest = Array(arguments)[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        parsed.operands += rest
        break
      } else if argument.hasPrefix("--") {
        try parseLong(argument, &rest, &parsed)
      } else if argument.hasPrefix("-"), argument != "-" {
        try parseShort(argument, &rest, &parsed)
      } else {
        parsed.operands.append(argument)
      }
    }
    return parsed
  }

  private func parseLong(
    _ argument: String, _ rest: inout ArraySlice<String>, _ parsed: inout ParsedArguments
  ) throws(UsageError) {
    let body = argument.dropFirst(2)
    let name = String(body.prefix { $0 != "=" })
    let attached = name.count < body.count ? String(body.dropFirst(name.count + 1)) : nil
    guard let flag = command.flags.first(where: { $0.name == name }) else {
      let names = command.flags.map(\.name)
      throw .unknownFlag(
        "--\(name)", command: command.name,
        closest: Suggestion.closest(to: name, in: names).map { "--\($0)" })
    }
    guard let placeholder = flag.placeholder else {
      if attached != nil { throw .unexpectedValue(flag: "--\(name)") }
      parsed.add("", for: flag)
      return
    }
    // A flag where the value should be is a forgotten value; write `--label=--x` to mean it.
    guard let value = attached ?? takeValue(&rest) else {
      throw .missingValue(flag: "--\(name)", placeholder: placeholder)
    }
    parsed.add(try checked(value, flag), for: flag)
  }

  private func parseShort(
    _ argument: String, _ rest: inout ArraySlice<String>, _ parsed: inout ParsedArguments
  ) throws(UsageError) {
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      guard let flag = command.flags.first(where: { $0.short == letter }) else {
        // `-format` is a forgotten hyphen rather than seven letters.
        let typed = String(argument.dropFirst().prefix { $0 != "=" })
        let closest =
          typed.count > 1 ? Suggestion.closest(to: typed, in: command.flags.map(\.name)) : nil
        throw .unknownFlag(
          closest == nil ? "-\(letter)" : "-\(typed)", command: command.name,
          closest: closest.map { "--\($0)" })
      }
      guard let placeholder = flag.placeholder else {
        parsed.add("", for: flag)
        continue
      }
      let attached = letters.isEmpty ? nil : String(letters)
      letters = ""
      guard let value = attached ?? takeValue(&rest) else {
        throw .missingValue(flag: "-\(letter)", placeholder: placeholder)
      }
      parsed.add(try checked(value, flag), for: flag)
    }
  }

  private func takeValue(_ rest: inout ArraySlice<String>) -> String? {
    guard let next = rest.first, !next.hasPrefix("-") || next == "-" else { return nil }
    return rest.popFirst()
  }

  /// The value if the flag can take it.
  private func checked(_ value: String, _ flag: Flag) throws(UsageError) -> String {
    func bad(_ expected: String, closest: String? = nil) -> UsageError {
      .badValue(flag: "--\(flag.name)", given: value, expected: expected, closest: closest)
    }
    switch flag.value {
    case .choice(let words):
      guard words.contains(value) else {
        throw bad(
          "one of " + words.joined(separator: ", "),
          closest: Suggestion.closest(to: value, in: words))
      }
    case .number:
      guard let number = Int(value), (1...1024).contains(number) else {
        throw bad("a number from 1 to 1024")
      }
    case .count:
      guard let number = Int(value), (1...1_000_000_000_000).contains(number) else {
        throw bad("a number from 1 to 10^12")
      }
    case .size:
      guard ByteSize.parse(value) != nil else { throw bad("a size such as 4096, 10MB or 1GiB") }
    case .text, .file, .directory:
      guard !value.isEmpty else { throw bad("something that is not empty") }
    case .none: break
    }
    return value
  }
}

/// Sizes as people write them.
enum ByteSize {
  /// - Returns: bytes for `4096`, `10kB`, `10MB` (a million each), `1GiB` (two to the thirtieth),
  ///   `512K`; `nil` for anything else and for more than fits.
  static func parse(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    let decimal = [
      "": 1, "b": 1, "k": 1000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000,
    ]
    let binary = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]
    var unit = text.dropFirst(digits.count).lowercased()
    let isBinary = unit.hasSuffix("ib")
    if isBinary {
      unit.removeLast(2)
    } else if unit.count == 2, unit.hasSuffix("b") {
      unit.removeLast()
    }
    guard let factor = (isBinary ? binary : decimal)[unit] else { return nil }
    let product = number.multipliedReportingOverflow(by: factor)
    return product.overflow ? nil : product.partialValue
  }
}

/// What somebody who mistyped a word probably meant.
enum Suggestion {
  /// The closest word, if it is close: at most a third of the letters differ, or it begins so.
  static func closest(to typed: String, in words: [String]) -> String? {
    guard !typed.isEmpty, typed.utf8.count <= 64 else { return nil }
    var best: (word: String, distance: Int)?
    for word in words {
      let distance = distance(Array(typed.lowercased()), Array(word))
      if distance < best?.distance ?? .max { best = (word, distance) }
    }
    if let best, best.distance <= max(1, min(typed.count, best.word.count) / 3) { return best.word }
    let starting = words.filter { $0.hasPrefix(typed.lowercased()) }
    return starting.count == 1 && typed.count >= 2 ? starting[0] : nil
  }

  /// Insertions, deletions, replacements and swapped neighbours (optimal string alignment).
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var before: [Int] = []
    var above = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(above[j] + (a[i] == b[j] ? 0 : 1), above[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      before = above
      above = row
    }
    return above[b.count]
  }
}
