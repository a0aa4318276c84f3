import Core
import FoundationEssentials

/// What will be done, frozen: link and scrub carry out exactly this or refuse.
package struct MigrationPlan: Codable, Sendable, Equatable {
  package var format = "unpan-migration-plan"
  package var version = 1
  package var tool = Version.text
  /// SHA-256 of everything else in the plan; 64 hexadecimal digits.
  package var digest = ""
  package var configFile: File
  package var config: MigrationConfig
  package var mapping: File
  package var mappingRows = 0
  package var exceptionsSHA256: String?
  /// Of tables, columns, indexes, triggers and views, without what linking adds.
  package var schemaSHA256 = ""
  /// Cards that expired before this month count as expired, for example `2026-11`.
  package var asOf = ""
  package var counts = MatchCounts()
  /// What a scan found when the plan was made, store by store.
  package var findingsBefore: [StoreCount] = []
  /// Columns with findings that `scrub` does not name: what is in them stays.
  package var notScrubbed: [StoreCount] = []
  /// Values that are no card data, in columns that `scrub` takes as a whole: they go as well. `nil` in
  /// plans of versions that did not count them.
  package var ordinary: [StoreCount]?
  package var link: [Step] = []
  package var scrub: [Step] = []
  /// Triggers that do not fire while rows are changed.
  package var suspendedTriggers: [String] = []
  package var cannotClean: [CleaningNote] = []

  /// A file with what it held.
  package struct File: Codable, Sendable, Equatable {
    package var path: String
    package var sha256: String

    package init(path: String, sha256: String) {
      self.path = path
      self.sha256 = sha256
    }
  }

  /// Findings in one table, or in what deleted rows left.
  package struct StoreCount: Codable, Sendable, Equatable {
    package var store: String
    package var count: Int

    package init(store: String, count: Int) {
      self.store = store
      self.count = count
    }
  }

  /// One thing that is done, with the SQL that does it. Values stand as `?`.
  package struct Step: Codable, Sendable, Equatable {
    package var name: String
    package var table: String
    package var sql: [String]
    /// Rows looked at when the plan was made; `nil` where rows have no say.
    package var rows: Int?
  }

  /// The digest that the plan's content has.
  func contentDigest() throws(MigrationError) -> String {
    var copy = self
    copy.digest = ""
    return try Digests.sha256(MigrationPlan.encode(copy, pretty: false))
  }

  /// As text for a file: the same plan gives the same bytes.
  package func text() throws(MigrationError) -> String {
    try MigrationPlan.encode(self, pretty: true) + "\n"
  }

  static func encode(_ value: some Encodable, pretty: Bool) throws(MigrationError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      pretty
      ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      : [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw MigrationError(.planUnreadable, "", cause: "it cannot be written as JSON")
    }
  }

  /// Reads a plan that `migrate plan` wrote.
  /// - Throws: `.planUnreadable`; `.planChanged` when its digest is not that of its content.
  package static func load(_ path: String) throws(MigrationError) -> MigrationPlan {
    let bytes = try MigrationConfig.readBytes(path, .planUnreadable)
    let plan: MigrationPlan
    do {
      plan = try JSONDecoder().decode(MigrationPlan.self, from: Data(bytes))
    } catch {
      throw MigrationError(.planUnreadable, path, cause: "it is no plan of this version")
    }
    guard plan.version == 1, plan.format == "unpan-migration-plan" else {
      throw MigrationError(.planUnreadable, path, cause: "it is no plan of this version")
    }
    guard try plan.contentDigest() == plan.digest else { throw MigrationError(.planChanged, path) }
    return plan
  }

  /// Records of each table, without those that need no ids.
  package var records: [StoreCount] { counts.records(config) }

  /// Records that stay without ids and that no exception names.
  package var unlinked: Int { counts.unlinked }
}
