import Core
import Stripe

/// What can be wrong with a mapping file, in words.
extension Diagnostics {
  /// The first problems by line; nothing was applied.
  static func runError(_ error: MappingError) -> RunError {
    let shownMax = 10
    var lines = error.problems.prefix(shownMax).map { problem in
      let place =
        problem.line.map { "line \($0)" } ?? problem.byteOffset.map { "byte \($0)" } ?? ""
      let column = problem.column.map { "column \($0)" } ?? ""
      let where_ = [place, column].filter { !$0.isEmpty }.joined(separator: ", ")
      return (where_.isEmpty ? "" : where_ + ": ") + words(problem.what)
    }
    if error.problemCount > lines.count {
      lines.append("and \(error.problemCount - lines.count) more")
    }
    return RunError(
      error.isOfTheFile ? .usage : .failure, error.path,
      "the mapping file cannot be used: " + lines.joined(separator: "; "),
      hint: "nothing was applied; ask Stripe for a new file rather than correcting it by hand")
  }

  static func words(_ warning: MappingWarning.Kind) -> String {
    switch warning {
    case .strippedZeros: "leading zeros of last4 were missing and were put back"
    case .twoDigitYear: "a year of two digits was taken as 20.."
    case .mixedKinds: "an id of another kind than those before"
    case .expired: "the card has expired"
    case .customerWithoutCard: "a customer without a card"
    case .unknownColumn: "a column that is not used"
    }
  }

  private static func words(_ what: MappingError.Problem.What) -> String {
    switch what {
    case .unreadable(let cause): "it cannot be read: \(cause)"
    case .notAFile: "it is no regular file"
    case .scratch(let cause): "the scratch file failed: \(cause)"
    case .empty: "it has no rows"
    case .notUTF8: "it is not UTF-8"
    case .syntax(let expected): "expected \(words(expected))"
    case .tooLong: "a row is longer than any of a mapping"
    case .unknownHeader: "its columns are not those of a known mapping file"
    case .missingColumn(let format): "a column of the format \(format.rawValue) is missing"
    case .repeatedColumn: "the column stands twice"
    case .noSuchColumn: "the file has no such column, but the configuration names it"
    case .fieldCount(let expected, let actual): "\(actual) fields instead of \(expected)"
    case .missingValue: "the value is missing"
    case .notAnId(let wanted):
      wanted == .customer
        ? "no id of a customer (cus_)" : "no id of a payment method (pm_, card_, src_, ba_)"
    case .cardNumber: "holds a card number, which no mapping file may"
    case .notLast4: "no last four digits"
    case .notAMonth: "no month"
    case .notAYear: "no year"
    case .scientific: "an id that a spreadsheet turned into a power of ten"
    case .twoTargets(let line): "the same legacy id has another Stripe id in line \(line)"
    case .twoSources(let line): "the same Stripe id belongs to another legacy id in line \(line)"
    case .differs(let line): "the same ids with other card data in line \(line)"
    }
  }

  private static func words(_ expected: MappingError.Problem.Expected) -> String {
    switch expected {
    case .closingQuote: "a closing quotation mark"
    case .separatorAfterQuote: "a comma behind the closing quotation mark"
    case .quoteAtStart: "quotation marks around the whole field"
    case .object: "an object"
    case .key: "a key"
    case .value: "a value"
    case .colon: "a colon"
    case .commaOrEnd: "a comma or the end"
    case .scalar: "a text or a number"
    case .endOfFile: "the end of the file"
    }
  }
}
