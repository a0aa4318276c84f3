import Foundation
import TestSupport
import Testing

@testable import Migration

/// A legacy shop whose tables lie on a real server; mapping, configuration and ledger beside it.
final class ServerShop {
  let shop: Shop
  let database: ServerDatabase
  var kind: ServerDatabase.Kind { database.kind }

  static var kinds: [ServerDatabase.Kind] { ServerDatabase.kinds }

  static let tables = [
    "CREATE TABLE customers(id int PRIMARY KEY, email varchar(80), name varchar(80))",
    """
    CREATE TABLE cards(id int PRIMARY KEY, customer_id int REFERENCES customers(id),
      number varchar(40), exp_month int, exp_year int, cvv varchar(4))
    """,
  ]
  static let rows = [
    """
    INSERT INTO customers VALUES (1, 'a@example.com', 'A'), (2, 'b@example.com', 'B'),
      (3, 'c@example.com', 'C')
    """,
    """
    INSERT INTO cards VALUES (10, 1, '4242424242424242', 9, 2030, '123'),
      (20, 2, '5555 5555 5555 4444', 12, 2031, '456')
    """,
  ]

  init(
    _ kind: ServerDatabase.Kind, _ statements: [String] = tables + rows,
    mapping: [String] = Shop.mapping
  ) throws {
    shop = try Shop(mapping: mapping)
    database = try ServerDatabase(kind)
    try database.execute(statements)
    shop.config.target = database.url
  }

  /// All rows and columns of the shop's own tables and the names of all tables.
  func dump() throws -> [String] {
    let schema = kind == .postgreSQL ? "current_schema()" : "database()"
    let tables = try database.rows(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = \(schema) ORDER BY 1")
    return try tables.flatMap { table in
      [table] + (try database.columns(of: table))
        + (try database.rows("SELECT * FROM \(table) ORDER BY 1"))
    }
  }
}
