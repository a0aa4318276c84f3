import FoundationEssentials
import Native
import Rules
import Stripe
import Testing

@Suite struct MappingTests {
  @Test(arguments: Sample.all) func `every documented shape is read`(_ sample: Sample) throws {
    let result = try Mapping(sample.text).load()
    #expect(result.table.format == sample.format)
    #expect(result.rows == sample.rows)
    #expect(result.table.rowCount == sample.rows.count)
    #expect(result.warnings.isEmpty)
  }

  @Test(arguments: Sample.all.filter { $0.format != .json })
  func `a mark, other ends of lines, quotes and another order change nothing`(
    _ sample: Sample
  ) throws {
    let lines = sample.text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).reversed().map { "\"\($0)\"" }
        .joined(separator: ",")
    }
    let text = "\u{FEFF}" + lines.joined(separator: "\r\n") + "\r\n\r\n"
    #expect(try Mapping(text).load().rows == sample.rows)
  }

  @Test func `quoted values hold commas, quotes and newlines`() throws {
    let text = Mapping.header + "\n\"a,\"\"b\"\"\nc\",\"s\",cus_abc123def456,pm_2222222222"
    let whole = try Mapping(text + ",f,4242,09,2030,Visa\n").load()
    #expect(whole.rows == ["a,\"b\"\nc|s|cus_abc123def456|pm_2222222222|visa|4242|9|2030|f"])
  }

  @Test func `a problem is told with the line its row begins on`() throws {
    let first = "\"a\nb\",s,cus_abc123def456,pm_2222222222,f,4242,09,2030,Visa\r\n"
    let problems = try Mapping(Mapping.header + "\r\n" + first + Mapping.row(method: "nope"))
      .problems()
    #expect(problems.map(\.line) == [4])
    #expect(problems.map(\.column) == ["source_new_id"])
  }

  @Test(
    arguments: [
      (Mapping.row(oldCustomer: ""), "old_id", .missingValue),
      (Mapping.row(customer: ""), "created_customer", .missingValue),
      (Mapping.row(customer: "gcus_abc123def456"), "created_customer", .notAnId(.customer)),
      (Mapping.row(customer: "pm_2222222222"), "created_customer", .notAnId(.customer)),
      (Mapping.row(method: "cus_2222222222"), "source_new_id", .notAnId(.paymentMethod)),
      (Mapping.row(method: "pm_card_visa"), "source_new_id", .notAnId(.paymentMethod)),
      (Mapping.row(method: " pm_2222222222"), "source_new_id", .notAnId(.paymentMethod)),
      (Mapping.row(method: ""), "source_new_id", .missingValue),
      (Mapping.row(last4: ""), "card_last4", .missingValue),
      (Mapping.row(last4: "42424"), "card_last4", .notLast4),
      (Mapping.row(last4: "42x2"), "card_last4", .notLast4),
      (Mapping.row(month: "13"), "card_exp_month", .notAMonth),
      (Mapping.row(month: "0"), "card_exp_month", .notAMonth),
      (Mapping.row(year: "202"), "card_exp_year", .notAYear),
      (Mapping.row(oldCustomer: "1.23E+15"), "old_id", .scientific),
      (Mapping.row(oldCustomer: "1,5e+12".quoted), "old_id", .scientific),
      (Mapping.row(fingerprint: "4242 4242 4242 4242"), "card_fingerprint", .cardNumber),
      (Mapping.row(oldCard: "4242424242424242"), "source_old_id", .cardNumber),
      (Mapping.row(oldCustomer: "3782-822463-10005"), "old_id", .cardNumber),
      (Mapping.row(method: "5555555555554444"), "source_new_id", .cardNumber),
      (Mapping.row() + ",x", nil, .fieldCount(expected: 9, actual: 10)),
      ("a,b,cus_abc123def456", nil, .fieldCount(expected: 9, actual: 3)),
    ] as [(String, String?, MappingError.Problem.What)])
  func `a wrong row is an error with its line`(
    _ row: String, _ column: String?, _ what: MappingError.Problem.What
  ) throws {
    let good = Mapping.row(oldCustomer: "g", customer: "cus_ggggggggg", method: "pm_gggggggggg")
    let problems = try Mapping([Mapping.header, good, row].joined(separator: "\n")).problems()
    #expect(problems.map(\.what) == [what])
    #expect(problems.map(\.column) == [column])
    #expect(problems.map(\.line) == [3])
  }

  @Test(arguments: ["4111111111111111", "4111 1111 1111 1111", "id 4111111111111111"])
  func `a card number as the name of a column is an error`(name: String) throws {
    let error = #expect(throws: MappingError.self) {
      try Mapping(Mapping.header + ",\(name)\n" + Mapping.row() + ",x").load()
    }
    #expect(error?.problems.first?.what == .cardNumber && error?.problems.first?.line == 1)
    #expect(error?.problems.first?.column?.contains("4111111111111111") == false)
  }

  @Test func `an unknown column is warned about and searched for card numbers`() throws {
    let header = Mapping.header + ",note"
    #expect(
      try Mapping(header + "\n" + Mapping.row() + ",hello").load().warnings == ["1 unknown-column"])
    let problems = try Mapping(header + "\n" + Mapping.row() + ",card 4242424242424242").problems()
    #expect(problems.map(\.what) == [.cardNumber])
    #expect(problems.map(\.column) == ["note"])
  }

  @Test func `all problems are told at once, up to a bound`() throws {
    let rows = (0..<250).map { Mapping.row(oldCustomer: "c\($0)", method: "x") }
    let error = try Mapping(([Mapping.header] + rows).joined(separator: "\n")).failure()
    #expect(error.problemCount == 250)
    #expect(error.problems.map(\.line) == (2..<102).map { $0 })
  }

  @Test(
    arguments: [
      ("", .empty), (Mapping.header + "\n", .empty), ("{}", .empty),
      ("name,mail\na,b\n", .unknownHeader),
      (Mapping.header + ",old_id\n", .repeatedColumn),
      (Mapping.header.replacing(",card_last4", with: "") + "\n", .missingColumn(.paymentMethods)),
      ("customer_id_old,source_id_old,customer_id_new\n", .missingColumn(.copy)),
      (Mapping.header + "\n\"a", .syntax(.closingQuote)),
      (Mapping.header + "\n\"a\"b,", .syntax(.separatorAfterQuote)),
      (Mapping.header + "\na\"b,", .syntax(.quoteAtStart)),
      ("o\0l\0d\0", .notUTF8),
      ("{", .syntax(.key)), ("{\"a\":{}} x", .syntax(.endOfFile)), ("{\"a\":[]}", .syntax(.object)),
      ("{\"a\":{\"id\":}}", .syntax(.scalar)), ("{\"a\" {}}", .syntax(.colon)),
      ("{\"a\":{\"id\":\"cus_abc123def456\" \"b\":1}}", .syntax(.commaOrEnd)),
      ("{\"a\":{\"id\":\"cus_abc", .syntax(.closingQuote)),
      (
        "{\"a\":{\"cards\":{\"1\":{\"last4\":\"4242\"}},\"id\":\"cus_abc123def456\"}}",
        .missingValue
      ),
      ("{\"a\":{\"cards\":{}}}", .missingValue),
      ("{\"4242424242424242\":{\"id\":\"cus_abc123def456\"}}", .cardNumber),
      ("{\"a\":{\"n\":[{\"b\":5555555555554444}],\"id\":\"cus_abc123def456\"}}", .cardNumber),
    ] as [(String, MappingError.Problem.What)])
  func `a file that is none is refused`(
    _ text: String, _ what: MappingError.Problem.What
  ) throws {
    #expect(try Mapping(text).problems().first?.what == what)
  }

  @Test(arguments: [
    Mapping.header + "\n" + Mapping.row(oldCustomer: "a\0b"),
    Mapping.header + "\n" + Mapping.row(oldCard: "a\u{1B}b"),
    "{\"a\\u0000b\":{\"id\":\"cus_abc123def456\"}}",
  ])
  func `a control character in a value is refused`(text: String) throws {
    #expect(try Mapping(text).problems().map(\.what) == [.controlByte])
  }

  @Test func `a directory and a file that is not there are errors`() throws {
    #expect(try Mapping.failure(path: "/").problems.first?.what == .notAFile)
    let missing = try Mapping.failure(path: "/nowhere/mapping.csv")
    #expect(missing.problems.first?.what == .unreadable("No such file or directory"))
    #expect(!missing.isOfTheFile)
  }

  @Test(
    arguments: [
      (
        [
          Mapping.row(),
          Mapping.row(oldCard: "t", customer: "cus_otherother", method: "pm_3333333333"),
        ],
        "old_id", .twoTargets(otherLine: 2)
      ),
      (
        [Mapping.row(), Mapping.row(oldCustomer: "d", method: "pm_3333333333")], "created_customer",
        .twoSources(otherLine: 2)
      ),
      (
        [Mapping.row(), Mapping.row(method: "pm_3333333333")], "source_old_id",
        .twoTargets(otherLine: 2)
      ),
      ([Mapping.row(), Mapping.row(oldCard: "t")], "source_new_id", .twoSources(otherLine: 2)),
      ([Mapping.row(), Mapping.row(last4: "1111")], "source_old_id", .differs(otherLine: 2)),
      (
        [Mapping.row(oldCard: ""), Mapping.row(oldCard: "", last4: "1111")], "source_new_id",
        .differs(otherLine: 2)
      ),
    ] as [([String], String, MappingError.Problem.What)])
  func `two rows that contradict each other are an error`(
    _ rows: [String], _ column: String, _ what: MappingError.Problem.What
  ) throws {
    let problems = try Mapping(([Mapping.header] + rows).joined(separator: "\n")).problems()
    #expect(problems.map(\.what) == [what])
    #expect(problems.map(\.column) == [column])
    #expect(problems.map(\.line) == [3])
  }

  @Test func `rows that say the same are merged and counted`() throws {
    let same = Mapping.row(month: "9")
    let none = "n,,cus_nnnnnnnnn,,,,,,"
    let text = [Mapping.header, Mapping.row(), none, same, none, same].joined(separator: "\n")
    let result = try Mapping(text).load()
    #expect(result.table.repeatedRowCount == 3)
    #expect(result.table.rowCount == 2)
    #expect(result.rows.count == 2)
  }

  @Test(arguments: [
    (Mapping.row(last4: "341"), ["3 stripped-zeros"], "|0341|"),
    (Mapping.row(year: "31"), ["3 two-digit-year"], "|2031|"),
    (Mapping.row(month: "03", year: "2026"), ["3 expired"], "|3|2026|"),
    (Mapping.row(month: "04", year: "2026"), [], "|4|2026|"),
    (Mapping.row(method: "card_2222222222"), ["3 mixed-kinds"], "|card_2222222222|"),
    ("a,,cus_abc123def456,,,,,,", ["3 customer-without-card"], "a||cus_abc123def456||||||"),
    (
      Mapping.row(last4: "7", month: "1", year: "24"),
      ["3 stripped-zeros", "3 two-digit-year", "3 expired"], "|0007|1|2024|"
    ),
  ])
  func `what a person should look at is a warning`(
    _ row: String, _ warnings: [String], _ part: String
  ) throws {
    let good = Mapping.row(oldCustomer: "g", customer: "cus_ggggggggg", method: "pm_gggggggggg")
    let result = try Mapping([Mapping.header, good, row].joined(separator: "\n")).load()
    #expect(result.warnings == warnings)
    #expect(result.rows[1].contains(part))
    #expect(result.table.warningCounts.values.reduce(0, +) == warnings.count)
  }

  @Test func `the legacy ids may be in another column`() throws {
    let text = Mapping.header + "\n" + Mapping.row(oldCustomer: "x", oldCard: "user7")
    let swapped = try Mapping(text, customer: "source_old_id").load()
    #expect(swapped.rows[0].hasPrefix("user7||cus_"))
    let both = try Mapping(text, customer: "source_old_id", card: "old_id").load()
    #expect(both.rows[0].hasPrefix("user7|x|cus_"))
    let problems = try Mapping(text, customer: "user_id").problems()
    #expect(problems.map(\.what) == [.noSuchColumn])
  }

  @Test func `many long numeric ids are told from card numbers`() throws {
    func text(_ count: Int, _ number: (Int) -> String) -> String {
      let rows = (0..<count).map {
        Mapping.row(
          oldCustomer: number($0), customer: "cus_abc12300\($0)", method: "pm_22222222\($0)")
      }
      return ([Mapping.header] + rows).joined(separator: "\n")
    }
    let ids = text(200) { "59101234\(10000 + $0 * 37)" }
    #expect(try Mapping(ids).load().rows.count == 200)
    let cards = text(200) { _ in "4242424242424242" }
    #expect(try Mapping(cards).failure().problemCount == 200)
    #expect(
      try Mapping(cards, allowsLongNumericIds: true).failure().problems[0].what != .cardNumber)
  }

  @Test func `the hash is that of the file`() throws {
    let mapping = try Mapping(Sample.all[1].text)
    let table = try mapping.load().table
    let hash = try LibCrypto().sha256(Array(Sample.all[1].text.utf8))
    #expect(table.sha256 == hash)
    #expect(table.byteCount == Sample.all[1].text.utf8.count)
  }

  @Test func `json may hold escapes and keys in any order`() throws {
    let text = """
      \u{FEFF}{"a\\u00e9\\ud83d\\ude00\\n":{"id":"cus_abc123def456","other":{"x":[1,true,null,{}]},
      "cards":{"1":{"brand":"MasterCard","id":"pm_2222222222","exp_year":2030,"exp_month":1,
      "last4":"0341","fingerprint":null,"country":"US"}}}}
      """
    let result = try Mapping(text).load()
    #expect(result.rows == ["aé😀\n|1|cus_abc123def456|pm_2222222222|mastercard|0341|1|2030|"])
    #expect(result.warnings == ["1 unknown-column", "2 unknown-column"])
  }
}

extension String {
  fileprivate var quoted: String { "\"\(self)\"" }
}
