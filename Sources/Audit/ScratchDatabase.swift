import Core
import Native

/// A database of the user's that the self-test may put one table into for a moment. A new system is one
/// file with a type like this and a line in `ScratchDatabases`.
protocol ScratchDatabase {
  /// What the table of results calls it, for example `sqlite`.
  var system: String { get }
  /// Makes the table and fills it, wholly or not at all.
  /// - Returns: what a scan calls the table.
  /// - Throws: `RunError` when it is there already or cannot be made; nothing is left behind then.
  func create(_ table: ScratchTable) throws(RunError) -> String
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
  private static let examples = [
    "sqlite:PATH", "postgres://USER@HOST/DATABASE", "mariadb://USER@HOST/DATABASE",
  ]

  /// - Throws: `RunError` with `.usage` for a target of a system that is not known.
  static func make(target: String) throws(RunError) -> any ScratchDatabase {
    let scheme = String(target.prefix { $0 != ":" })
    let isURL = target.dropFirst(scheme.count).hasPrefix("://")
    switch scheme {
    case "sqlite" where target.hasPrefix("sqlite:"):
      return try SQLiteScratch(path: String(target.dropFirst("sqlite:".count)))
    case "postgres" where isURL, "postgresql" where isURL: return PostgreSQLScratch(target: target)
    case "mysql" where isURL, "mariadb" where isURL: return MariaDBScratch(target: target)
    default:
      throw RunError(
        .usage, isURL ? "\(scheme)://" : target, "the self-test cannot make a table there",
        hint: "name a database: \(examples.joined(separator: ", "))")
    }
  }

  static func alreadyThere(_ target: String) -> RunError {
    RunError(
      .usage, target, "there is a table \(ScratchTable.name) already",
      hint: "a self-test that was killed left it; look at it and drop it")
  }

  /// The server's own message is left out: it may quote values.
  static func notMade(_ target: String, _ error: ServerError) -> RunError {
    RunError(
      .failure, target, "the table of the self-test cannot be made\(code(error))",
      hint: "nothing was changed; the account needs the right to create and drop a table")
  }

  static func notRemoved(_ target: String, _ error: ServerError) -> RunError {
    RunError(
      .failure, target, "the table \(ScratchTable.name) cannot be removed\(code(error))",
      hint: "it holds invented numbers only; drop it by hand: DROP TABLE \(ScratchTable.name)")
  }

  private static func code(_ error: ServerError) -> String {
    error.code.isEmpty ? "" : ": \(error.code)"
  }
}
