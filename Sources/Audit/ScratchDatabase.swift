import Core

/// A database of the user's that the self-test may put one table into for a moment. A new system is one
/// file with a type like this and a line in `ScratchDatabases`.
protocol ScratchDatabase {
  /// What the table of results calls it, for example `sqlite`.
  var system: String { get }
  /// Makes the table and fills it, wholly or not at all.
  /// - Throws: `RunError` when it is there already or cannot be made; nothing is left behind then.
  func create(_ table: ScratchTable) throws(RunError)
  /// Removes the table with whatever its rows leave behind.
  /// - Throws: `RunError` that names what is left.
  func drop(_ table: ScratchTable) throws(RunError)
}

/// A table of invented rows; all its columns are texts but the first, which is the key.
struct ScratchTable: Sendable {
  static let name = "unpan_selftest"
  /// The key's column.
  static let key = "item"

  var columns: [String]
  /// Values of the columns; ASCII without quotes, as `SelftestSamples` makes them.
  var rows: [[String]]
}

/// The systems there are, by the target's scheme.
enum ScratchDatabases {
  static let schemes = ["sqlite"]

  /// - Throws: `RunError` with `.usage` for a target of a system that is not known.
  static func make(target: String) throws(RunError) -> any ScratchDatabase {
    let scheme = String(target.prefix { $0 != ":" })
    switch scheme {
    case "sqlite" where target.hasPrefix("sqlite:"):
      return try SQLiteScratch(path: String(target.dropFirst("sqlite:".count)))
    default:
      throw RunError(
        .usage, target.contains("://") ? "\(scheme)://" : target,
        "the self-test cannot make a table there",
        hint: "name a database: \(schemes.map { "\($0):PATH" }.joined(separator: ", "))")
    }
  }
}
