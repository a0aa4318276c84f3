import Core
import FoundationEssentials
import Native

/// Records that may stay without ids, by table and key.
///
/// A file of them is expected to be short; it is held in memory.
struct Exceptions: Sendable {
  private var keys: Set<String> = []
  /// SHA-256 of the file, where there is one.
  private(set) var fileSHA256: String?
  var count: Int { keys.count }

  /// None.
  init() {}

  /// - Throws: `.exceptionsUnreadable`, or `.exceptionsLine` with the line.
  init(_ config: MigrationConfig) throws(MigrationError) {
    for item in config.exceptions ?? [] { keys.insert(Exceptions.name(item.table, item.key)) }
    guard let path = config.exceptionsFile else { return }
    let bytes = try MigrationConfig.readBytes(path, .exceptionsUnreadable)
    fileSHA256 = try Digests.sha256(bytes)
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      do {
        let entry = try JSONDecoder().decode(Line.self, from: Data(line))
        // What is only in the mapping needs no exception; the file may be match's own.
        guard let table = entry.table, let key = entry.key else { continue }
        // Nor does who needs no id.
        if entry.status == MatchStatus.withoutCard.rawValue { continue }
        keys.insert(Exceptions.name(table, key))
      } catch {
        throw MigrationError(.exceptionsLine, path, line: number)
      }
    }
  }

  func contains(_ table: String, _ key: SQLValue) -> Bool {
    !keys.isEmpty && keys.contains(Exceptions.name(table, key.shown))
  }

  private static func name(_ table: String, _ key: String) -> String {
    table.lowercased() + "\u{0}" + key
  }

  /// What is used of a line of `migrate match --output`.
  private struct Line: Decodable {
    var status: String?
    var table: String?
    var key: String?
  }
}

/// SHA-256 with errors of this module.
enum Digests {
  static func sha256(_ bytes: [UInt8]) throws(MigrationError) -> String {
    do throws(RunError) {
      return try LibCrypto().sha256(bytes)
    } catch {
      throw MigrationError(.ledgerUnusable, error.subject, cause: error.message)
    }
  }

  static func sha256(_ text: String) throws(MigrationError) -> String {
    try sha256(Array(text.utf8))
  }
}
