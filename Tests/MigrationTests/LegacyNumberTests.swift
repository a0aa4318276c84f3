import Detection
import Foundation
import TestSupport
import Testing

@testable import Migration

/// Card numbers as columns of all kinds hold them.
@Suite struct LegacyNumberTests {
  /// A table of cards whose number has a type of its own; literals are of the cards 10 and 20.
  private func statements(_ type: String, _ first: String, _ second: String) -> [String] {
    [
      "CREATE TABLE customers(id int PRIMARY KEY, email varchar(80), name varchar(80))",
      """
      CREATE TABLE cards(id int PRIMARY KEY, customer_id int, number \(type), exp_month int,
        exp_year int, cvv varchar(4))
      """,
      "INSERT INTO customers VALUES (1, 'a@example.com', 'A'), (2, 'b@example.com', 'B')",
      """
      INSERT INTO cards VALUES (10, 1, \(first), 9, 2030, '123'),
        (20, 2, \(second), 12, 2031, '456')
      """,
    ]
  }

  private func sqlite(_ type: String, _ first: String, _ second: String) throws -> Shop {
    try Shop(statements(type, first, second).joined(separator: ";"))
  }

  /// Wrong last four in the mapping, to see that they are compared.
  private static let wrongMapping = Shop.mapping.map {
    $0.replacing(",4242,", with: ",4243,").replacing(",4444,", with: ",4445,")
  }

  private func expectRead(_ shop: Shop, _ what: String) throws {
    let (counts, records) = try shop.match()
    #expect(counts.cards.linkable == 2 && records.isEmpty, "\(what): \(records)")
    try shop.write(
      ([Shop.header] + Self.wrongMapping).joined(separator: "\n") + "\n", to: "mapping.csv")
    #expect(
      try shop.match().records.map(\.reason) == [.last4Differs, .last4Differs], "\(what)")
  }

  @Test(arguments: [
    ("REAL", "4242424242424242", "5555555555554444.0"),
    ("DOUBLE", "4242424242424242.0", "'5555555555554444'"),
    ("NUMERIC", "4242424242424242.0", "5555555555554444"),
    ("TEXT", "'00004242424242424242'", "'0005555555555554444'"),
    ("CHAR(24)", "'000000004242424242424242'", "'00005555-5555-5555-4444'"),
    ("BLOB", "x'34323432343234323432343234323432'", "x'3535353535353535353535353434343400000000'"),
    ("JSON", #"'{"number":"4242424242424242","cvv":"123"}'"#, "'[5555555555554444]'"),
  ])
  func `SQLite's numbers are read`(type: String, first: String, second: String) throws {
    try expectRead(try sqlite(type, first, second), type)
  }

  @Test(arguments: [
    ("char(24)", "'000000004242424242424242'", "'5555555555554444'"),
    ("numeric(24,2)", "4242424242424242", "5555555555554444"),
    ("double precision", "4242424242424242", "5555555555554444"),
    ("money", "4242424242424242", "5555555555554444"),
    ("bytea", "'00004242424242424242'", "'5555555555554444'"),
    ("json", #"'{"number": 4242424242424242, "cvv": "123"}'"#, #"'"5555 5555 5555 4444"'"#),
    ("jsonb", "'4242424242424242'", #"'["5555555555554444"]'"#),
    ("text[]", "array['4242 4242 4242 4242']", "array['00005555555555554444']"),
    ("bigint[]", "array[4242424242424242]", "array[5555555555554444, NULL]"),
    ("numeric(24,2)[]", "array[4242424242424242]", "array[5555555555554444]"),
  ])
  func `PostgreSQL's numbers are read`(type: String, first: String, second: String) throws {
    guard ServerShop.kinds.contains(.postgreSQL) else { return }
    let server = try ServerShop(.postgreSQL, statements(type, first, second))
    try expectRead(server.shop, type)
  }

  @Test(arguments: [
    ("bigint(20) unsigned zerofill", "4242424242424242", "5555555555554444"),
    ("decimal(24) zerofill", "4242424242424242", "5555555555554444"),
    ("decimal(24,2)", "4242424242424242", "5555555555554444"),
    ("char(24)", "'000000004242424242424242'", "'5555555555554444'"),
    ("binary(20)", "'4242424242424242'", "'00005555555555554444'"),
    ("double", "4242424242424242", "5555555555554444"),
    ("double(24,2) zerofill", "4242424242424242", "5555555555554444"),
    ("bit(64)", "4242424242424242", "5555555555554444"),
    ("json", #"'{"number":"4242424242424242","cvv":"123"}'"#, "'[5555555555554444]'"),
  ])
  func `MariaDB's numbers are read`(type: String, first: String, second: String) throws {
    guard ServerShop.kinds.contains(.mariaDB) else { return }
    let server = try ServerShop(.mariaDB, statements(type, first, second))
    try expectRead(server.shop, type)
  }

  /// A number of 19 digits that a binary fraction of 64 bits holds as another one, which is a card's too.
  private static let rounded: Int64 = {
    var number: Int64 = 6_205_500_000_000_000_000
    func isCard(_ number: Int64) -> Bool {
      Array(String(number).utf8).withUnsafeBytes { Shop.detector.summary(of: $0) != nil }
    }
    while !isCard(Int64(Double(number))) { number += 4_096 }
    repeat { number += 1 } while !isCard(number)
    return number
  }()

  @Test func `digits that were lost are told and never guessed`() throws {
    let number = Self.rounded
    #expect(Int64(Double(number)) != number)
    var shops = [try sqlite("REAL", "\(number).0", "'on file'")]
    var servers: [ServerShop] = []
    for kind in ServerShop.kinds {
      for type in kind == .postgreSQL ? ["double precision", "real"] : ["double", "float"] {
        servers.append(try ServerShop(kind, statements(type, "\(number)", "12345")))
      }
    }
    shops += servers.map(\.shop)
    for shop in shops {
      #expect(
        try shop.match().records.map(\.reason) == [.numberUnreadable, .numberUnreadable],
        "\(shop.config.target)")
    }
    withExtendedLifetime(servers) {}
  }

  @Test(arguments: [
    ("REAL NOT NULL", MigrationConfig.Action.zero), ("TEXT", .mask), ("REAL", .null),
  ])
  func `what scrub leaves is no number to read`(
    type: String, action: MigrationConfig.Action
  ) throws {
    let shop = try sqlite(type, "'00004242424242424242'", "5555555555554444")
    shop.config.scrub[0].action = action
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    let counts = try shop.match().counts
    #expect(counts.cards.linked == 2 && counts.cards.open == 0)
  }

  @Test(arguments: [
    #"{"number": "4242424242424242", "cvv": "123"}"#, #"{"number": 4242424242424242}"#,
    "[4242424242424242]", #""4242 4242 4242 4242""#,
  ])
  func `JSON that is redacted in place is still linked`(value: String) throws {
    let shop = try sqlite("TEXT", "'\(value)'", "'\(value.replacing("4242", with: "5555"))'")
    try shop.execute("DELETE FROM cards WHERE id = 20; DELETE FROM customers WHERE id = 2")
    shop.config.scrub[0].action = .redact
    let plan = try shop.plan()
    try shop.link(plan)
    try shop.scrub(plan)
    let rows = try shop.rows("SELECT number FROM cards")
    #expect(!rows[0].contains("42424242424"))
    let counts = try shop.match().counts
    #expect(counts.cards.linked == 1 && counts.cards.open == 0, "\(rows)")
  }

  @Test func `a mask keeps the last four of the number and of nothing else`() throws {
    for (value, mask) in [
      ("00004242424242424242", "************4242"), ("4242-4242-4242-4242", "************4242"),
      (#"{"number":"4242424242424242","cvv":"1234"}"#, "************4242"),
      (#"{"number":"************4242","cvv":"1234"}"#, "***"),
      ("4242424242424242 cvv 1234", "***"), ("1234", "***"), ("4242424242424242 *", "***"),
      ("************4242", nil), ("424242******4242", nil), ("***", nil), ("", nil),
    ] {
      let made = Array(value.utf8).withUnsafeBytes { Redactor.mask($0, Shop.detector) }
      #expect(made.map { String(decoding: $0, as: UTF8.self) } == mask, "\(value)")
    }
  }
}
