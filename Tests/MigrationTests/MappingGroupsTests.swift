import Foundation
import Testing
import TestSupport

@testable import Migration

/// Reading ahead must find what looking up finds, whatever the order.
@Suite struct MappingGroupsTests {
  private static let customers = (1...60).map { number in
    "INSERT INTO customers VALUES (\(number), 'c', 'C'); "
      + "INSERT INTO cards VALUES (\(number * 2), \(number), '4242424242424242', 9, 2030, NULL), "
      + "(\(number * 2 + 1), \(number), '5555555555554444', 9, 2030, NULL);"
  }.joined()

  private static func rows() -> [[String]] {
    (1...60).map { number in
      [("4242", "Visa"), ("4444", "MasterCard")].enumerated().map { index, card in
        Shop.row(
          "\(number)", "\(number * 2 + index)", "cus_abc123def\(100 + number)",
          "pm_22222222\(100 + number * 2 + index)", card.0, "09", "2030", card.1)
      }
    }
  }

  enum Order: CaseIterable { case same, backwards, shuffled, apart, half }

  @Test(arguments: Order.allCases)
  func `records are linked whatever the order of the file`(order: Order) throws {
    var groups = Self.rows()
    var generator = SplitMix(seed: 11)
    switch order {
    case .same: break
    case .backwards: groups.reverse()
    case .shuffled: groups.shuffle(using: &generator)
    // Rows of a customer do not stand beside each other.
    case .apart: groups = groups.map { [$0[0]] } + groups.map { [$0[1]] }
    // Every second customer is not in the file.
    case .half: groups = groups.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    }
    let shop = try Shop(
      """
      CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, name TEXT);
      CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT,
        exp_month INTEGER, exp_year INTEGER, cvv TEXT);
      """ + Self.customers, mapping: groups.flatMap { $0 })
    try shop.link(try shop.plan())
    let linked = try shop.rows(
      "SELECT id, stripe_payment_method_id FROM cards WHERE stripe_payment_method_id IS NOT NULL")
    let expected = (order == .half ? Array(stride(from: 1, through: 60, by: 2)) : Array(1...60))
    #expect(
      linked
        == expected.flatMap { number in
          (0...1).map { "\(number * 2 + $0)|pm_22222222\(100 + number * 2 + $0)" }
        })
    let customers = try shop.rows(
      "SELECT id, stripe_customer_id FROM customers WHERE stripe_customer_id IS NOT NULL")
    #expect(customers == expected.map { "\($0)|cus_abc123def\(100 + $0)" })
  }
}
