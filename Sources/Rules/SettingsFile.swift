import FoundationEssentials

/// A JSON5 file of the user's that is no rule file, read with the same care: unknown keys and values
/// that make no sense are errors with a line.
package struct SettingsFile: Sendable {
  /// As the user named it.
  private let path: String
  private let source: RuleSource
  /// The file as it was read.
  package let bytes: [UInt8]

  /// Such files are written by hand; a larger one is somebody's mistake.
  private static let bytesMax = 16 << 20

  /// What is wrong with a value, and where in the file.
  package struct Problem: Sendable {
    /// For example `stores[3].id`.
    package var keyPath: String
    /// Words to follow "expected".
    package var expected: String

    package init(_ keyPath: String, _ expected: String) {
      self.keyPath = keyPath
      self.expected = expected
    }
  }

  /// - Parameter keys: every key that may stand in it, at any depth; `nil` for any.
  /// - Throws: `RuleError` when it cannot be read.
  package init(path: String, keys: Set<String>?) throws(RuleError) {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw RuleError(
        .unreadable, file: path, expected: "a file that can be read", hint: "check its name")
    }
    guard bytes.count <= SettingsFile.bytesMax else {
      throw RuleError(
        .unreadable, file: path, expected: "at most \(SettingsFile.bytesMax) bytes")
    }
    self.path = path
    self.bytes = Array(bytes)
    source = RuleSource(file: RuleFile(name: path, bytes: bytes), shown: path, keys: keys)
  }

  /// - Parameter check: finds the first value that decodes and makes no sense.
  /// - Throws: `RuleError` for bad syntax, unknown keys, wrong types and what `check` finds.
  package func decode<T: Decodable>(
    _ type: T.Type, check: (T) -> Problem?
  ) throws(RuleError) -> T {
    try source.checkOutline()
    do {
      return try source.decode { (value: T) in
        check(value).map { RuleCheck.Problem($0.keyPath, $0.expected) }
      }
    } catch {
      var error = error
      if error.hint == nil { error.hint = "mend the line and run again" }
      throw error
    }
  }
}
