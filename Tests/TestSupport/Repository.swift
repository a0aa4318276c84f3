import FoundationEssentials

/// Where the tests' files are.
package enum Repository {
  /// The root of the checkout.
  package static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The text of a file below the root.
  package static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }
}

/// Expected outputs in `Tests/Golden`.
package enum Golden {
  /// Compares with the golden file; with `UNPAN_UPDATE_GOLDEN=1` writes it instead.
  ///
  /// - Returns: `nil` when equal, otherwise the first line that differs, for the failure's text.
  package static func difference(_ actual: String, _ name: String) throws -> String? {
    let url = Repository.root.appending(path: "Tests/Golden/\(name)")
    if ProcessInfo.processInfo.environment["UNPAN_UPDATE_GOLDEN"] == "1" {
      try actual.write(to: url, atomically: true, encoding: .utf8)
      return nil
    }
    let expected = try String(contentsOf: url, encoding: .utf8)
    if expected == actual { return nil }
    let pairs = zip(
      expected.split(separator: "\n", omittingEmptySubsequences: false),
      actual.split(separator: "\n", omittingEmptySubsequences: false))
    for (number, (old, new)) in pairs.enumerated() where old != new {
      return "\(name), line \(number + 1)\nexpected: \(old)\nactual:   \(new)"
    }
    return "\(name): one is longer than the other"
  }
}
