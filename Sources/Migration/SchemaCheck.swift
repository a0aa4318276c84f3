import Stripe

/// Whether a configuration fits a database.
struct SchemaCheck {
  private let config: MigrationConfig
  private let schema: DatabaseSchema
  private let database: any MigrationDatabase

  init(
    _ config: MigrationConfig, _ schema: DatabaseSchema, _ database: any MigrationDatabase
  ) {
    self.config = config
    self.schema = schema
    self.database = database
  }

  /// The table of the cards, with every column that must be there.
  func cardTable() throws(MigrationError) -> DatabaseSchema.Table {
    let cards = config.cards
    let table = try table(cards.table)
    for name in [cards.key, cards.customer] { try need(name, in: table) }
    for name in [cards.expiryMonth, cards.expiryYear, cards.expiry, cards.number] {
      // A column that the plan drops is gone afterwards.
      if let name, !isDropped(name, of: cards.table) { try need(name, in: table) }
    }
    if let customers = config.customers {
      try need(customers.key, in: try self.table(customers.table))
    }
    return table
  }

  /// Keys must name one row each: what is written goes by them.
  func keys() throws(MigrationError) {
    try key(config.cards.key, of: config.cards.table)
    if let customers = config.customers { try key(customers.key, of: customers.table) }
  }

  private func key(_ name: String, of tableName: String) throws(MigrationError) {
    let table = try table(tableName)
    let subject = "\(tableName).\(name)"
    let (key, from) = (database.quoted(name), database.quoted(table.name))
    let isPrimary =
      table.primaryKey.count == 1 && table.primaryKey[0].name.lowercased() == name.lowercased()
    let isUnique =
      isPrimary
      || table.indexes.contains {
        $0.isUnique && $0.columns.map { $0.lowercased() } == [name.lowercased()]
      }
    let nulls = try database.number("SELECT count(*) FROM \(from) WHERE \(key) IS NULL")
    if nulls > 0 { throw MigrationError(.keyNull, subject, count: nulls) }
    if isUnique { return }
    let repeated = try database.number(
      "SELECT count(*) FROM (SELECT 1 FROM \(from) GROUP BY \(key) HAVING count(*) > 1) AS r")
    if repeated > 0 { throw MigrationError(.keyNotUnique, subject, count: repeated) }
  }

  /// Whether ids fit where they are to go.
  func lengths(customer: Int, paymentMethod: Int) throws(MigrationError) {
    var wanted = [
      (config.cards.table, config.cards.paymentMethod, paymentMethod),
      (config.cards.table, config.cards.last4 ?? "", 4),
    ]
    if let customers = config.customers {
      wanted.append((customers.table, customers.stripeCustomer, customer))
    }
    for (tableName, name, length) in wanted {
      guard let column = schema.table(tableName)?.column(name) else { continue }
      let subject = "\(tableName).\(name)"
      if column.isGenerated { throw MigrationError(.columnNotWritable, subject) }
      if let most = column.lengthMax, most < length {
        throw MigrationError(.columnTooShort, subject, count: length)
      }
      if column.isNumeric { throw MigrationError(.columnNotWritable, subject, cause: column.type) }
      if name == config.cards.last4, try keepsNoZeros(column, of: tableName) {
        throw MigrationError(
          .columnNotWritable, subject, cause: "\(column.type) keeps no leading zeros")
      }
    }
  }

  /// Whether SQLite makes a number of what looks like one: what `STRING` and other names that it does
  /// not know mean to it (https://www.sqlite.org/datatype3.html, section 3.1).
  private func keepsNoZeros(
    _ column: DatabaseSchema.Column, of table: String
  ) throws(MigrationError) -> Bool {
    let type = column.type.uppercased()
    guard database.kind == "sqlite", !type.isEmpty,
      !["CHAR", "CLOB", "TEXT", "BLOB"].contains(where: type.contains)
    else { return false }
    guard type == "ANY" else { return true }
    let name = table.replacing("'", with: "''")
    return try database.number(
      "SELECT count(*) FROM pragma_table_list WHERE strict AND lower(name) = lower('\(name)')") == 0
  }

  /// Whether each column can be treated as planned.
  func scrubs() throws(MigrationError) {
    for item in config.scrub {
      let table = try table(item.table)
      let subject = "\(item.table).\(item.column)"
      guard let column = table.column(item.column) else {
        throw MigrationError(.columnMissing, subject)
      }
      if column.isGenerated { throw MigrationError(.columnNotWritable, subject) }
      let isKey = column.keyPosition > 0
      switch item.action {
      case .null where column.isNotNull || isKey: throw MigrationError(.cannotBeNull, subject)
      case .mask where column.isNumeric:
        throw MigrationError(.actionOfType, subject, cause: column.type)
      case .drop where column.isInherited == true:
        throw MigrationError(
          .columnNotWritable, subject, cause: "it is inherited, and goes with its parent's")
      case .redact where !column.isNumeric || !column.isNotNull && !isKey: break
      case .mask, .empty, .zero, .redact:
        let isUnique = table.indexes.contains { $0.isUnique && $0.columns.contains(column.name) }
        if isUnique || isKey { throw MigrationError(.maskedTwice, subject) }
      default: break
      }
    }
  }

  private func isDropped(_ column: String, of table: String) -> Bool {
    config.scrub.contains {
      $0.action == .drop && $0.table.lowercased() == table.lowercased()
        && $0.column.lowercased() == column.lowercased()
    }
  }

  private func table(_ name: String) throws(MigrationError) -> DatabaseSchema.Table {
    guard let table = schema.table(name) else { throw MigrationError(.tableMissing, name) }
    return table
  }

  private func need(
    _ name: String, in table: DatabaseSchema.Table
  ) throws(MigrationError) {
    guard table.column(name) != nil else {
      throw MigrationError(.columnMissing, "\(table.name).\(name)")
    }
  }
}
