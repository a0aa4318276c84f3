import Core
import Stripe

/// Words for mapping files.
extension Diagnostics {
  /// A mapping file that cannot be used as the error that stops the command: the first problem; see
  /// `lines` for all of them.
  /// - Parameter isMapping: otherwise the file has linked records.
  static func runError(_ error: MappingError, isMapping: Bool = true) -> RunError {
    guard let first = error.problems.first else {
      return RunError(.failure, error.path, "the mapping file cannot be used")
    }
    let rest = error.problemCount - 1
    let more = rest > 0 ? " (and \(rest) more \(rest == 1 ? "problem" : "problems"))" : ""
    return RunError(
      .failure, place(error.path, first), words(first.what) + more,
      hint: isMapping
        ? hint(first.what) ?? (error.isOfTheFile ? "nothing was changed" : nil)
        : "--records takes CSV with a header, or one JSON object a line; nothing was sent")
  }

  /// Every problem of a mapping file, for standard error.
  static func lines(_ error: MappingError) -> [String] {
    var lines = error.problems.map { problem in
      "unpan: \(shown(place(error.path, problem))): \(shown(words(problem.what)))"
    }
    let rest = error.problemCount - error.problems.count
    if rest > 0 { lines.append("unpan: \(shown(error.path)): problems not listed: \(rest)") }
    var hints: [String] = []
    for hint in error.problems.compactMap({ hint($0.what) }) where !hints.contains(hint) {
      hints.append(hint)
    }
    if error.isOfTheFile { hints.append("nothing was changed") }
    return lines + hints.map { "  \($0)" }
  }

  /// A warning of a mapping file, for standard error or a report.
  /// - Returns: for example `mapping.csv, line 3: the card has expired`.
  static func line(_ warning: MappingWarning, _ path: String) -> String {
    "\(shown(path)), line \(warning.line): \(words(warning.kind))"
  }

  static func words(_ kind: MappingWarning.Kind) -> String {
    switch kind {
    case .strippedZeros: "the last four digits lack leading zeros, which were put back"
    case .twoDigitYear: "the year of expiry has two digits and was taken for 20.."
    case .mixedKinds: "the payment method's id is of another kind than the file's first"
    case .expired: "the card has expired"
    case .customerWithoutCard: "the customer has no card"
    case .unknownColumn: "a column or key that no mapping of Stripe has was not used"
    }
  }

  private static func place(_ path: String, _ problem: MappingError.Problem) -> String {
    var text = path
    if let line = problem.line { text += ", line \(line)" }
    if let offset = problem.byteOffset { text += ", byte \(offset)" }
    if let column = problem.column { text += ", \(column)" }
    return text
  }

  private static func words(_ what: MappingError.Problem.What) -> String {
    switch what {
    case .unreadable(let text): "the file cannot be read: \(text)"
    case .notAFile: "is no regular file"
    case .scratch(let text): "the scratch database cannot hold the mapping: \(text)"
    case .empty: "has no rows"
    case .notUTF8: "is not UTF-8"
    case .controlByte: "has a control character, such as NUL"
    case .syntax(let expected): "is cut short or malformed: expected \(words(expected))"
    case .tooLong: "is longer than in any mapping file"
    case .unknownHeader: "has the columns of no mapping that Stripe delivers"
    case .missingColumn(let format):
      "the column is missing, which a mapping of the kind \(format.rawValue) has"
    case .repeatedColumn: "the column is there twice"
    case .noSuchColumn: "there is no such column"
    case .fieldCount(let expected, let actual):
      "the row has \(actual) values, the header \(expected)"
    case .missingValue: "the value is missing"
    case .notAnId(.customer): "is no id of a Stripe customer"
    case .notAnId(.paymentMethod): "is no id of a Stripe payment method"
    case .cardNumber: "holds a card number"
    case .notLast4: "is not four digits"
    case .notAMonth: "is not a month from 1 to 12"
    case .notAYear: "is not a year"
    case .notAFlag: "is neither yes nor no"
    case .scientific: "the id was turned into a number such as 1.23E+15, its digits are lost"
    case .twoTargets(let line): "line \(line) maps the same legacy id to another Stripe id"
    case .twoSources(let line): "line \(line) maps another legacy id to the same Stripe id"
    case .differs(let line): "line \(line) has the same ids but other details"
    }
  }

  private static func words(_ expected: MappingError.Problem.Expected) -> String {
    switch expected {
    case .closingQuote: "a closing quote"
    case .separatorAfterQuote: "a comma or the end of the row behind a closing quote"
    case .quoteAtStart: "quotes only around a whole value"
    case .object: "an object"
    case .key: "a key in quotes"
    case .scalar: "a text, a number or null"
    case .colon: "a colon"
    case .commaOrEnd: "a comma or a closing bracket"
    case .lineBreak: "one object a line"
    case .endOfFile: "nothing behind the last bracket"
    }
  }

  private static func hint(_ what: MappingError.Problem.What) -> String? {
    switch what {
    case .unreadable, .notAFile: "name the mapping file that Stripe sent"
    case .scratch: "TMPDIR names the directory for scratch files; it needs room for the mapping"
    case .notUTF8, .controlByte: "take the file as Stripe sent it, or save it as UTF-8"
    case .unknownHeader, .missingColumn, .fieldCount:
      "take the file as Stripe sent it: CSV with commas and its header, or JSON"
    case .cardNumber:
      "a mapping holds ids only; where legacy ids are long numbers: longNumericKeys: true"
    case .scientific: "take the file as Stripe sent it, not as a spreadsheet saved it"
    case .twoTargets, .twoSources, .differs:
      "ask Stripe for a mapping without contradictions; unpan does not choose"
    default: nil
    }
  }
}
