import Audit
import Core
import Foundation
import TestSupport
import Testing

/// What a scan says of each column of a database.
@Suite struct ColumnInventoryTests {
  private static let cards = [
    "4242424242424242", "5555555555554444", "378282246310005", "6011111111111117",
    "4000056655665556", "5105105105105100",
  ]

  private func shop(rows: Int = 60) throws -> Scratch {
    var statements = [
      "BEGIN",
      """
      CREATE TABLE cards(id INTEGER PRIMARY KEY, customer TEXT, method TEXT, old_card TEXT,
        old_source TEXT, intent TEXT, charge TEXT, brand VARCHAR(20), last4 TEXT, bin INTEGER,
        exp_month INTEGER, exp_year INTEGER, masked TEXT, wide TEXT, number TEXT, amount INTEGER,
        cvv TEXT, swipe TEXT, blob BLOB, note TEXT, made DATE, email TEXT, gone TEXT)
      """,
    ]
    for id in 1...rows {
      let pan = Self.cards[id % Self.cards.count]
      let first = pan.prefix(6)
      let last = pan.suffix(4)
      let stars = String(repeating: "*", count: pan.count - 10)
      let hidden = String(repeating: "*", count: pan.count - 12)
      let tag = String(id + 100_000)
      statements.append(
        """
        INSERT INTO cards VALUES(\(id), 'cus_Nffr\(tag)V2', 'pm_1MqLiJLkdI\(tag)ixUEgb',
          'card_1MvoiELkd\(tag)OeFGbN', 'src_1AbCdEfGh\(tag)nOpQr', 'pi_3MtwBwLkdI\(tag)28a3tq',
          'ch_3MmlLrLkd\(tag)x0snN0', 'visa', '\(last)', \(first), \(id % 12 + 1), 2027,
          '\(first)\(stars)\(last)', '\(pan.prefix(8))\(hidden)\(last)', '\(pan)', \(id * 100),
          \(id % 3 == 0 ? "'737'" : "NULL"), '%B\(pan)^DOE/JOHN^27112011000000000000?',
          x'00ff10\(tag)9f', '\(id % 2 == 0 ? "" : "leave at the door")', '2024-05-01',
          'a\(id)@example.com', NULL)
        """)
    }
    statements.append("COMMIT")
    return try makeDatabase(statements)
  }

  @Test func `each column is classified from all its values`() throws {
    let scratch = try shop()
    let result = try run([scratch.source("shop.db")])
    let expected: [(String, ColumnProfile.Class)] = [
      ("id", .number), ("customer", .customerId), ("method", .paymentMethodId),
      ("old_card", .cardId), ("old_source", .sourceId), ("intent", .intentId),
      ("charge", .otherStripeId), ("brand", .brand), ("last4", .last4), ("bin", .bin),
      ("exp_month", .expiry), ("exp_year", .expiry), ("masked", .truncated),
      ("wide", .truncatedTooWide), ("number", .pan), ("amount", .number), ("cvv", .code),
      ("swipe", .track), ("blob", .opaque), ("note", .freeText), ("made", .date), ("email", .other),
    ]
    for (name, kind) in expected {
      let profile = try #require(result.profile("cards", name), "\(name)")
      #expect(profile.classes.map(\.kind) == [kind], "\(name): \(profile.counts)")
      #expect(profile.rows == 60)
      #expect(profile.classes.first?.examples.isEmpty == false)
    }
    #expect(try #require(result.coverages.first).columns.count == 23)
  }

  @Test func `NULLs, empty texts, types and different values are counted`() throws {
    let scratch = try shop()
    let result = try run([scratch.source("shop.db")])
    let code = try #require(result.profile("cards", "cvv"))
    #expect(code.nulls == 40 && code.counts[.code] == 20 && code.distinct == 1)
    #expect(code.classes.first?.examples == ["id=3", "id=6", "id=9"])
    let note = try #require(result.profile("cards", "note"))
    #expect(note.nulls == 0 && note.empty == 30 && note.counts[.freeText] == 30)
    let gone = try #require(result.profile("cards", "gone"))
    #expect(gone.nulls == 60 && gone.classes.isEmpty && gone.distinct == 0)
    let number = try #require(result.profile("cards", "number"))
    #expect(number.distinct == 6 && !number.isDistinctEstimated)
    #expect(number.cardShaped == 60 && number.passLuhn == 60)
    #expect(result.profile("cards", "brand")?.type == "VARCHAR(20)")
  }

  @Test func `no digit of a number that was planted is told`() throws {
    let scratch = try shop()
    let text = everything(try run([scratch.source("shop.db")]))
    for card in Self.cards {
      #expect(!text.contains(card))
      #expect(!text.contains(card.prefix(6)) && !text.contains(card.dropLast(4).suffix(6)))
    }
    #expect(!text.contains("\"737\"") && !text.contains(" 737"))
  }

  @Test func `expiry beside a number is noted`() throws {
    let scratch = try shop()
    let result = try run([scratch.source("shop.db")])
    #expect(result.profile("cards", "exp_year")?.notes == ["expiry-beside-number:number"])
    #expect(result.profile("cards", "brand")?.notes == [])
  }

  /// A column's name, its values, and whether they are noted as cardholders' names.
  @Test(arguments: [
    ("owner", ["Ann Lee", "J. O'Neill", "Lee, Ann", "María-José Núñez"], true),
    ("customer_name", ["ANN LEE", "Ludwig van der Berg", "李 小龙", "Bo Ek"], true),
    ("first_name", ["Ann", "Bo", "Jean-Luc", "Zoë"], true), ("holder", ["a", "b", "c", "d"], true),
    ("owner", ["team-a", "team-b", "ops 7", "none"], false),
    ("name", ["Visa", "Blue", "Standard", "Express"], false),
    ("owner", ["12", "13", "14", "15"], false),
    ("city", ["New York", "San Jose", "Las Vegas", "El Paso"], false),
  ])
  func `names of people beside card numbers are noted`(
    _ column: String, _ values: [String], _ isNoted: Bool
  ) throws {
    for numbers in [Self.cards, ["a", "b"]] {
      let rows = values.enumerated().map { index, value in
        "('\(numbers[index % 2])', '\(value.replacingOccurrences(of: "'", with: "''"))')"
      }
      let result = try scanDatabase([
        "CREATE TABLE c(number TEXT, \(column) TEXT)",
        "INSERT INTO c VALUES " + rows.joined(separator: ","),
      ])
      let expected = isNoted && numbers == Self.cards ? ["cardholder-beside-number:number"] : []
      #expect(result.profile("c", column)?.notes == expected)
    }
  }

  @Test func `the number of threads changes nothing`() throws {
    var statements = ["BEGIN", "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INTEGER)"]
    var random = SplitMix(seed: 11)
    for start in stride(from: 1, through: 500_000, by: 1000) {
      let values = (start..<start + 1000).map {
        "(\($0), 'v\(random.next() % 50_000)', \($0 % 7 == 0 ? "NULL" : String($0 % 30)))"
      }
      statements.append("INSERT INTO t VALUES " + values.joined(separator: ","))
    }
    statements.append("COMMIT")
    let scratch = try makeDatabase(statements)
    let one = try run([scratch.source("shop.db")], threads: 1)
    let four = try run([scratch.source("shop.db")], threads: 4)
    #expect(one.lines == four.lines)
    let a = try #require(one.profile("t", "a"))
    #expect(a.isDistinctEstimated && abs(a.distinct - 50_000) < 6_000, "\(a.distinct)")
    let b = try #require(one.profile("t", "b"))
    #expect(!b.isDistinctEstimated && b.distinct == 30 && b.nulls == 71_428)
  }

  @Test func `numbers that their class shows to be none are counted as numbers`() throws {
    var statements = ["BEGIN", "CREATE TABLE t(id INTEGER PRIMARY KEY, ref TEXT)"]
    var random = SplitMix(seed: 3)
    for id in 1...400 {
      let digits = (0..<15).map { _ in String(random.next() % 10) }.joined()
      statements.append("INSERT INTO t VALUES(\(id), '4\(digits)')")
    }
    statements.append("COMMIT")
    let result = try scanDatabase(statements)
    let profile = try #require(result.profile("t", "ref"))
    #expect(result.findings.isEmpty)
    #expect(profile.counts == [.number: 400])
    #expect(profile.cardShaped == 400 && (20...60).contains(profile.passLuhn))
  }

  @Test func `a number deep in a large value makes the value one`() throws {
    let filler = String(repeating: "lorem ipsum ", count: 60_000)
    let scratch = try makeDatabase([
      "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)",
      "INSERT INTO t VALUES(1, '\(filler) card 4242424242424242 ok \(filler)')",
      "INSERT INTO t VALUES(2, '\(filler)')",
    ])
    let result = try run([scratch.source("shop.db")])
    #expect(result.profile("t", "body")?.counts == [.pan: 1, .freeText: 1])
  }

  @Test func `ids are checked for shape, mode, duplicates and orphans`() throws {
    let scratch = try makeDatabase([
      "CREATE TABLE m(id INTEGER PRIMARY KEY, customer TEXT, method TEXT, session TEXT)",
      """
      INSERT INTO m VALUES
        (1, 'cus_NffrFeUfNV2Hib', 'pm_1MqLiJLkdIwHu7ixUEgbFdYF', 'cs_live_a1b2c3d4e5f6g7h8i9j0k1'),
        (2, NULL, 'pm_1MqLiJLkdIwHu7ixUEgbFdYF', 'cs_test_a1b2c3d4e5f6g7h8i9j0k1'),
        (3, '', 'pm_1MqLiJLkdIwHu7ixUEgbFdYG', NULL), (4, 'cus_NffrFeUfNV2Hic', NULL, NULL),
        (5, 'cus_bad', 'pm_card_visa', NULL)
      """,
    ])
    let result = try run([scratch.source("shop.db")])
    let method = try #require(result.profile("m", "method")?.ids)
    #expect(method.duplicates == 1 && method.test == 1 && method.orphans == 3)
    let session = try #require(result.profile("m", "session")?.ids)
    #expect(session.live == 1 && session.test == 1)
    #expect(result.profile("m", "customer")?.ids?.malformed == 1)
  }

  @Test func `of more ids than are compared it is told about how many repeat, by any threads`()
    throws
  {
    var statements = ["BEGIN", "CREATE TABLE m(id INTEGER PRIMARY KEY, pm TEXT, once TEXT)"]
    for start in stride(from: 0, to: 300_000, by: 1000) {
      let values = (start..<start + 1000).map { row in
        func id(_ number: Int) -> String {
          "'pm_1MqLiJLkdIwHu7ix\(String(10_000_000 + number))'"
        }
        return "(NULL, \(id(row % 200_000)), \(id(row)))"
      }
      statements.append("INSERT INTO m VALUES " + values.joined(separator: ","))
    }
    statements.append("COMMIT")
    let scratch = try makeDatabase(statements)
    let one = try run([scratch.source("shop.db")], threads: 1)
    let four = try run([scratch.source("shop.db")], threads: 4)
    #expect(one.lines == four.lines)
    let repeated = try #require(one.profile("m", "pm")?.ids)
    #expect(repeated.comparedOneIn == 4)
    #expect(abs(repeated.duplicates - 100_000) < 3_000, "\(repeated.duplicates)")
    #expect(one.profile("m", "once")?.ids?.duplicates == 0)
  }

  @Test func `what is no id does not count as one that repeats`() throws {
    let result = try scanDatabase([
      "CREATE TABLE m(pm TEXT)",
      """
      INSERT INTO m VALUES ('pm_1MqLiJLkdIwHu7ixUEgbFdYF'), ('none'), ('none'), ('none'), ('')
      """,
    ])
    #expect(result.profile("m", "pm")?.ids?.duplicates == 0)
  }

  @Test func `a table without rows and one without names of rows have profiles`() throws {
    let scratch = try makeDatabase([
      "CREATE TABLE empty(a TEXT, b INTEGER)",
      "CREATE TABLE keyed(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID",
      "INSERT INTO keyed VALUES('a', 'cus_NffrFeUfNV2Hib')",
    ])
    let result = try run([scratch.source("shop.db")])
    #expect(result.profile("empty", "b")?.rows == 0)
    #expect(result.profile("keyed", "v")?.classes.first?.examples == ["k=a"])
  }

  @Test func `every table of many has its profiles`() throws {
    let tables = (0..<300).map { "CREATE TABLE t\($0)(a TEXT)" }
    let rows = (0..<300).map { "INSERT INTO t\($0) VALUES('visa')" }
    let scratch = try makeDatabase(["BEGIN"] + tables + rows + ["COMMIT"])
    let result = try run([scratch.source("shop.db")], threads: 3)
    #expect(result.coverages.first?.columns.map(\.table) == (0..<300).map { "t\($0)" })
  }
}
