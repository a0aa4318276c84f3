/// What is wrong with a rule file, and where. Stops the run.
///
/// Holds no value from the file, only places and what was expected there: a user's rules may hold
/// numbers of his own.
package struct RuleError: Error, Sendable, Equatable {
  package var code: Code
  /// The file as the user would open it, or its name among the embedded ones.
  package var file: String
  /// 1-based; `nil` when the file could not be read at all.
  package var line: Int?
  /// Where in the file, for example `[3].ranges[0].base`; empty for the whole file.
  package var keyPath: String
  /// What should stand there, for example `a whole number`; words to follow "expected".
  package var expected: String
  /// What the operating system said, where it did.
  package var cause: String?
  /// What to do about it.
  package var hint: String?
  /// What could stand there, where the trouble is a word that is none of a few.
  package var known: [String] = []

  package init(
    _ code: Code, file: String, line: Int? = nil, keyPath: String = "", expected: String,
    cause: String? = nil, hint: String? = nil
  ) {
    self.code = code
    self.file = file
    self.line = line
    self.keyPath = keyPath
    self.expected = expected
    self.cause = cause
    self.hint = hint
  }

  /// The kinds of trouble.
  package struct Code: Sendable, Hashable {
    private enum Value: Sendable { case unreadable, unknownFile, syntax, type, key, value }
    private var value: Value

    /// The file or folder cannot be read.
    package static let unreadable = Code(value: .unreadable)
    /// No rule file has that name.
    package static let unknownFile = Code(value: .unknownFile)
    /// Not JSON5.
    package static let syntax = Code(value: .syntax)
    /// A text where a number should be, and the like.
    package static let type = Code(value: .type)
    /// A key that is missing, unknown or there twice.
    package static let key = Code(value: .key)
    /// A value that makes no sense.
    package static let value = Code(value: .value)
  }
}
