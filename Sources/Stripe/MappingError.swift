/// Why a mapping file cannot be used. Nothing was applied; the scratch table is of no use.
///
/// Holds names of columns and places, never a value: an id in the wrong column may be a card number.
package struct MappingError: Error, Sendable, Equatable {
  package var path: String
  /// The first problems, in the order of the file.
  package var problems: [Problem]
  /// All of them, which may be more.
  package var problemCount: Int

  /// Problems that are listed.
  package static let problemsMax = 100

  init(_ path: String, _ what: Problem.What, line: Int? = nil, column: String? = nil) {
    self.init(path, [Problem(line: line, column: column, what: what)], count: 1)
  }

  init(_ path: String, _ problems: [Problem], count: Int) {
    self.path = path
    self.problems = problems
    problemCount = count
  }

  /// Whether the file itself is wrong, and not the system it is read on.
  package var isOfTheFile: Bool {
    problems.allSatisfy {
      switch $0.what {
      case .unreadable, .scratch: false
      default: true
      }
    }
  }

  /// One thing that is wrong, and where.
  package struct Problem: Sendable, Equatable {
    /// Where the row begins, from 1; `nil` for the file as a whole.
    package var line: Int?
    /// Where in a file whose lines do not tell it, such as JSON without line breaks.
    package var byteOffset: Int?
    /// A column's or key's name.
    package var column: String?
    package var what: What

    init(line: Int?, byteOffset: Int? = nil, column: String? = nil, what: What) {
      self.line = line
      self.byteOffset = byteOffset
      self.column = column
      self.what = what
    }

    /// The kinds of trouble.
    package enum What: Sendable, Equatable {
      /// The system's words.
      case unreadable(String)
      case notAFile
      /// The scratch database failed, in SQLite's or the system's words.
      case scratch(String)
      /// No rows, or nothing at all.
      case empty
      /// UTF-16, or bytes that are not UTF-8.
      case notUTF8
      /// A byte below 0x20 that is neither a tab nor the end of a line.
      case controlByte
      /// JSON or CSV that is cut short or malformed; what was expected.
      case syntax(Expected)
      /// A row or value longer than any mapping file has.
      case tooLong
      /// No known format has these columns.
      case unknownHeader
      /// A column of the format that is most like it.
      case missingColumn(MappingFormat)
      case repeatedColumn
      /// A column named in the options that the file does not have.
      case noSuchColumn
      case fieldCount(expected: Int, actual: Int)
      case missingValue
      /// Not an id of these kinds.
      case notAnId(IdWanted)
      case cardNumber
      /// Not one to four digits.
      case notLast4
      case notAMonth
      case notAYear
      /// Neither yes nor no.
      case notAFlag
      /// An id that a spreadsheet turned into `1.23E+15`.
      case scientific
      /// The legacy id in this column has another Stripe id in an earlier line.
      case twoTargets(otherLine: Int)
      /// The Stripe id in this column belongs to another legacy id in an earlier line.
      case twoSources(otherLine: Int)
      /// The same ids as in an earlier line with another brand, expiry or the like.
      case differs(otherLine: Int)
    }

    /// What a place of a file should hold.
    package enum Expected: String, Sendable {
      case closingQuote, separatorAfterQuote, quoteAtStart
      case object, key, colon, commaOrEnd, scalar, lineBreak, endOfFile
    }

    /// The kind of id that belongs in a column.
    package enum IdWanted: Sendable { case customer, paymentMethod }
  }
}
