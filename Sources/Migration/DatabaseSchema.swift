import Core

/// What a migration needs to know about a database's tables.
package struct DatabaseSchema: Sendable, Equatable, Codable {
  package var tables: [Table] = []
  package var triggers: [Trigger] = []
  package var views: [View] = []

  package init() {}

  /// One table, or a virtual one that keeps its rows in others.
  package struct Table: Sendable, Equatable, Codable {
    package var name: String
    package var columns: [Column] = []
    package var indexes: [Index] = []
    package var foreignKeys: [ForeignKey] = []
    /// Texts of its CHECK constraints, or one text that holds them all.
    package var checks: [String] = []
    /// The module of a virtual table, for example `fts5`.
    package var module: String?
    /// Holds rows on behalf of a virtual table; never written to by hand.
    package var isShadow = false

    package init(name: String) { self.name = name }

    /// The column of that name; names are compared without case, as SQL does.
    package func column(_ name: String) -> Column? {
      columns.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Whether a CHECK names the column.
    func isChecked(_ column: String) -> Bool {
      checks.contains { $0.lowercased().contains(column.lowercased()) }
    }

    /// The columns of the primary key, in its order.
    package var primaryKey: [Column] {
      columns.filter { $0.keyPosition > 0 }.sorted { $0.keyPosition < $1.keyPosition }
    }
  }

  /// One column as declared.
  package struct Column: Sendable, Equatable, Codable {
    package var name: String
    /// As declared; empty when not.
    package var type: String
    package var isNotNull = false
    /// From 1 on for columns of the primary key.
    package var keyPosition = 0
    package var isGenerated = false
    /// Set for a column that comes from a parent table, and goes only with that one's.
    package var isInherited: Bool?
    package var defaultText: String?
    /// How many characters it takes, where the declaration bounds them.
    package var lengthMax: Int?

    package init(name: String, type: String) {
      self.name = name
      self.type = type
    }

    /// What stands for card data where the column holds numbers, which take no stars.
    var redacted: SQLValue? { isNumeric ? isNotNull ? .integer(0) : .null : nil }

    /// What kind of values it is declared for.
    package var isNumeric: Bool {
      let type = type.uppercased()
      return ["INT", "NUM", "DEC", "REAL", "DOUB", "FLOA", "BIT"].contains { type.contains($0) }
    }
  }

  package struct Index: Sendable, Equatable, Codable {
    package var name: String
    package var columns: [String]
    package var isUnique: Bool
    /// Made by a constraint of the table: it cannot be dropped on its own.
    package var isOfConstraint: Bool

    package init(name: String, columns: [String], isUnique: Bool, isOfConstraint: Bool) {
      self.name = name
      self.columns = columns
      self.isUnique = isUnique
      self.isOfConstraint = isOfConstraint
    }
  }

  package struct ForeignKey: Sendable, Equatable, Codable {
    package var column: String
    package var table: String
    /// The column it points to; empty for the primary key.
    package var target: String

    package init(column: String, table: String, target: String) {
      self.column = column
      self.table = table
      self.target = target
    }
  }

  package struct Trigger: Sendable, Equatable, Codable {
    package var name: String
    package var table: String
    package var sql: String

    package init(name: String, table: String, sql: String) {
      self.name = name
      self.table = table
      self.sql = sql
    }
  }

  package struct View: Sendable, Equatable, Codable {
    package var name: String
    package var sql: String

    package init(name: String, sql: String) {
      self.name = name
      self.sql = sql
    }
  }

  /// The table of that name; names are compared without case, as SQL does.
  package func table(_ name: String) -> Table? {
    tables.first { $0.name.lowercased() == name.lowercased() }
  }

  /// Itself, when none of its names holds a card number: names go into configurations, plans and ledgers,
  /// and no scrub takes a number out of one.
  /// - Throws: `.nameHoldsNumber`, with the name masked.
  package func withPlainNames() throws(MigrationError) -> DatabaseSchema {
    let names =
      tables.flatMap { table in
        [table.name] + table.columns.map { table.name + "." + $0.name } + table.indexes.map(\.name)
      } + triggers.map(\.name) + views.map(\.name)
    for name in names {
      let masked = NumberGuard.masked(name)
      if masked != name { throw MigrationError(.nameHoldsNumber, masked) }
    }
    return self
  }

  /// Tables that a migration itself keeps in the database begin with this.
  package static let ownPrefix = "unpan_migration_"

  /// What must be the same when a plan is carried out: everything but what linking itself adds.
  package func withoutOwn(added: [String: [String]]) -> DatabaseSchema {
    var copy = self
    copy.tables.removeAll { $0.name.hasPrefix(DatabaseSchema.ownPrefix) }
    for index in copy.tables.indices {
      let names = added[copy.tables[index].name.lowercased()] ?? []
      copy.tables[index].columns.removeAll { names.contains($0.name.lowercased()) }
    }
    return copy
  }
}
