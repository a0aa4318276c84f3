import Core
import TestSupport
import Testing

@testable import Detection

/// What stands in the same record as a number, however the record is written.
@Suite struct RecordMembersTests {
  /// Ways to write a record.
  enum Form: CaseIterable {
    case tight, blanks, lines, typed, elements, attributes, pairs, indented
  }

  /// A file of records.
  private static func text(_ form: Form, _ records: [[(String, String)]]) -> String {
    func all(_ write: (String, String) -> String, by joiner: String) -> [String] {
      records.map { record in record.map { write($0.0, $0.1) }.joined(separator: joiner) }
    }
    switch form {
    case .tight:
      return all({ "\"\($0)\":\"\($1)\"" }, by: ",").map { "{\($0)}\n" }.joined()
    case .blanks:
      return all({ "\"\($0)\": \"\($1)\"" }, by: ", ").map { "{\($0)}\n" }.joined()
    case .lines:
      let objects = all({ "  \"\($0)\": \"\($1)\"" }, by: ",\n").map { "{\n\($0)\n}" }
      return "[\n\(objects.joined(separator: ",\n"))\n]\n"
    case .typed:
      let objects = all({ "\"\($0)\": {\"S\": \"\($1)\"}" }, by: ", ")
      return objects.map { "{\"Item\": {\($0)}}\n" }.joined()
    case .attributes:
      let elements = all({ " \($0)=\"\($1)\"" }, by: "").map { "  <o\($0)/>\n" }
      return "<?xml version=\"1.0\"?>\n<r>\n\(elements.joined())</r>\n"
    case .pairs:
      let elements = all({ "  <f name=\"\($0)\" value=\"\($1)\"/>\n" }, by: "")
      return "<r>\n\(elements.map { "<o>\n\($0)</o>\n" }.joined())</r>\n"
    case .elements:
      let elements = all({ "  <\($0)>\($1)</\($0)>\n" }, by: "").map { "<o>\n\($0)</o>\n" }
      return "<?xml version=\"1.0\"?>\n<r>\n\(elements.joined())</r>\n"
    case .indented:
      return all({ "\($0): \"\($1)\"\n" }, by: "  ").map { "- \($0)" }.joined()
    }
  }

  @Test(arguments: Form.allCases, [0, 2])
  func `an expiry and a code lift the number of their record alone`(form: Form, index: Int) {
    var random = SplitMix(seed: 4417)
    var records: [[(String, String)]] = []
    for place in 0..<126 {
      guard place % 21 == 20 else {
        records.append([("value", TestCards.id("4", 16, using: &random))])
        continue
      }
      records.append([("expiry", "12/27"), ("cvv", "737")])
      records[place].insert(("value", TestCards.number("4539", 16, using: &random)), at: index)
    }
    let found = scan(RecordMembersTests.text(form, records)).filter { $0.rule == .pan }
    #expect(found.count == 6)
    #expect(found.allSatisfy { $0.evidence.contains(.expiry) && $0.evidence.contains(.code) })
  }

  @Test(arguments: Form.allCases)
  func `an expiry in the record is told whatever stands between`(form: Form) {
    let members = [
      ("value", "4539578763621486"), ("note", String(repeating: "so it is ", count: 9)),
    ]
    func isTold(_ others: [(String, String)]) -> [Bool] {
      scan(RecordMembersTests.text(form, [members + others])).map {
        $0.evidence.contains(.expiry)
      }
    }
    for expiry in ["12/27", "2027-12", "1227"] { #expect(isTold([("expiry", expiry)]) == [true]) }
    #expect(isTold([("exp_month", "12"), ("exp_year", "2027")]) == [true])
    #expect(isTold([("expires", "2027-12-31"), ("exp", "3600")]) == [false])
  }

  @Test(arguments: [
    #"{"card":{"value":"4539578763621486","expiry":{"month":11,"year":2029}}}"#,
    #"{"exp":{"m":"11","y":"29"},"value":"4539578763621486"}"#,
    "{\n  \"value\": \"4539578763621486\",\n  \"expiry\": {\n    \"year\": 2029\n  }\n}\n",
    #"{"value":{"S":"4539578763621486"},"expiry":{"S":"1129"}}"#,
    "<o><value>4539578763621486</value><expiry><month>11</month><year>2029</year></expiry></o>",
    "<o><exp m='11' y='29'/><value>4539578763621486</value></o>",
    "<o expiry=\"11/29\"><value>4539578763621486</value></o>",
    "<card expiry=\"11/29\">4539578763621486</card>",
    "<o value=\"4539578763621486\"><expiry>11/29</expiry></o>",
    "value: 4539578763621486\nnote: x\nexpiry:\n  month: 11\n  year: 2029\n",
    "- exp:\n    m: 11\n  value: '4539578763621486'\n",
    "value: 4539578763621486\nnote: x\nexp: {m: 11, y: 29}\n",
  ])
  func `an expiry of the record is told however it is nested`(text: String) {
    let found = scan(text, minScore: 0).filter { $0.last4 == 1486 }
    #expect(found.map { $0.evidence.contains(.expiry) } == [true])
  }

  @Test(arguments: [
    #"{"value":"4539578763621486","pass":{"expiry":{"month":11,"year":2029},"key":"x"}}"#,
    #"{"value":"4539578763621486","expiry":{"days":11,"hours":12}}"#,
    #"{"value":"4539578763621486","period":{"month":11,"year":2029}}"#,
    #"{"value":"4539578763621486","expiry":{"month":13,"year":1999}}"#,
    #"{"a":{"value":"4539578763621486"},"b":{"expiry":"12/27"}}"#,
    "<r><o value=\"4539578763621486\"/><o expiry=\"12/27\"/></r>",
    "<o><value>4539578763621486</value><pass expiry=\"12/27\" key=\"x\"/></o>",
    "<o><value>4539578763621486</value><period month=\"11\" year=\"2029\"/></o>",
    "<o><f name=\"value\" value=\"4539578763621486\"/></o><o><f name=\"exp\" value=\"12/27\"/></o>",
    "<o value=\"4539578763621486\" card_number=\"4242424242424242\" expiry=\"12/27\"/>",
    "value: 4539578763621486\nperiod:\n  month: 11\n  year: 2029\n",
    "{\"value\": \"4539578763621486\",\n\"pass\": {\"expiry\": \"12/27\", \"key\": \"x\"}}\n",
    "{\"value\": \"4539578763621486\"},\n{\"expiry\": \"12/27\"}\n",
    "<o>\n<value>4539578763621486</value>\n</o>\n<o>\n<expiry>12/27</expiry>\n</o>\n",
    "<o>\n<value>4539578763621486</value>\n<x>\n<expiry>12/27</expiry>\n</x>\n</o>\n",
    "- value: 4539578763621486\n- expiry: 12/27\n",
    "a:\n  value: 4539578763621486\nb:\n  expiry: 12/27\n",
    "value: 4539578763621486\n\nexpiry: 12/27\n",
    // A member that is named for the number has the expiry.
    """
    {"value": "4539578763621486",
     "card_number": "4242424242424242",
     "expiry": "12/27"}
    """,
  ])
  func `an expiry of another record says nothing`(text: String) {
    let found = scan(text, minScore: 0).filter { $0.last4 == 1486 }
    #expect(found.count == 1)
    #expect(found.allSatisfy { !$0.evidence.contains(.expiry) })
  }

  @Test(
    arguments: [
      "payment_method", "id", "order_number", "transaction_ref", "reference_number", "external_id",
      "billing_id",
    ])
  func `a number named like an id is told beside an expiry and a code`(name: String) {
    let members = [(name, "4539578763621486"), ("expiry", "12/27"), ("cvv", "737")]
    var texts = Form.allCases.map { RecordMembersTests.text($0, [members]) }
    // The columns in any order.
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      let columns = order.map { members[$0] }
      texts.append(
        "row,\(columns.map(\.0).joined(separator: ","))\n1,\(columns.map(\.1).joined(separator: ","))\n"
      )
    }
    texts.append(
      """
      -- MySQL dump 10.13
      INSERT INTO `t` (`row`, `\(name)`, `expiry`, `cvv`) VALUES (1,'4539578763621486','12/27','737');

      """)
    for text in texts {
      #expect(scan(text).count { $0.rule == .pan } == 1, "\(text)")
      // Neither alone.
      for other in [text.replacing("12/27", with: "new"), text.replacing("cvv", with: "qty")] {
        #expect(scan(other).count { $0.rule == .pan } == 0, "\(other)")
      }
    }
  }

  @Test(arguments: Form.allCases, [(1, 0), (9, 0), (9, 6)])
  func `an expiry in every record speaks for none of its numbers`(
    form: Form, mix: (ids: Int, cards: Int)
  ) {
    var random = SplitMix(seed: 2911)
    let ids = (0..<200 * mix.ids).map { _ in
      [("member", TestCards.id("4", 16, using: &random)), ("expires", "11/29")]
    }
    let text = RecordMembersTests.text
    #expect(scan(text(form, ids)).isEmpty)
    #expect(scan("member,expires\n" + ids.map { "\($0[0].1),11/29\n" }.joined()).isEmpty)
    // Where only cards have one it tells them from the ids.
    let cards = (0..<mix.cards).map { _ in
      [("member", TestCards.number("4539", 16, using: &random)), ("expires", "11/29")]
    }
    #expect(scan(text(form, ids.map { [$0[0]] } + cards)).count == mix.cards)
  }

  @Test(arguments: [",", ";", "\t", "|"])
  func `rows without names are cards by their numbers as a whole`(delimiter: String) {
    var random = SplitMix(seed: 3111)
    func rows(_ number: (inout SplitMix) -> String) -> String {
      (0..<200).map { _ in
        [number(&random), "11", "2029", "\(100 + random.next() % 900)"].joined(separator: delimiter)
          + "\n"
      }.joined()
    }
    #expect(scan(rows { TestCards.id("4", 16, using: &$0) }).isEmpty)
    let found = scan(rows { TestCards.number("4539", 16, using: &$0) })
    #expect(found.count { $0.rule == .pan } == 200)
    #expect(found.count { $0.rule == .cvv } == 200)
  }

  @Test func `an expiry of a row counts in any column, for its own number and as a date`() {
    func isTold(_ text: String) -> [Bool] {
      scan(text, minScore: 0).filter { $0.rule == .pan }.map { $0.evidence.contains(.expiry) }
    }
    #expect(isTold("exp_month,exp_year,a,value\n12,2027,x,4539578763621486\n") == [true])
    #expect(isTold("expiry;value;name\n\"12/27\";4539578763621486;\"A;B\"\n") == [true])
    #expect(isTold("value,a,expiry\n4539578763621486,x,12/27") == [true])
    #expect(isTold("value,a,expiry\n4539578763621486,x,3600\n") == [false])
    #expect(isTold("value,a,expiry\n4539578763621486,x,\n1,x,12/27\n") == [false])
    #expect(
      isTold("value,card,a,expiry\n4539578763621486,4242424242424242,x,12/27\n") == [false, true])
  }

  @Test(arguments: ["S", "N", "$numberLong", "stringValue"])
  func `members that tell their type are of the same record`(type: String) {
    func text(_ members: [(String, String)]) -> String {
      let all = members.map { "\"\($0.0)\":{\"\(type)\":\"\($0.1)\"}" }
      return "{\(all.joined(separator: ","))}\n"
    }
    let number = ("value", "4539578763621486")
    let note = ("note", String(repeating: "so it is ", count: 9))
    let found = scan(text([("expiry", "12/27"), note, number, note, ("cvv", "737")]))
    #expect(found.map(\.rule) == [.pan, .cvv])
    #expect(found.first?.evidence.isSuperset(of: [.expiry, .code]) == true)
    let other = scan(text([number]) + text([("expiry", "12/27"), ("cvv", "737")]), minScore: 0)
    #expect(other.first?.evidence.isDisjoint(with: [.expiry, .code]) == true)
  }

  @Test func `ids beside expiries and codes stay ids where they are random or a card is there`() {
    var random = SplitMix(seed: 7)
    let rows = (0..<200).map { _ in "\(TestCards.id("4", 16, using: &random)),12/27,737\n" }
    let found = scan("order_number,expiry,cvv\n" + rows.joined())
    #expect(found.filter { $0.rule == .pan }.isEmpty)
    let record =
      #"{"order_number": "4539578763621486", "value": "4242424242424242", "expiry": "12/27", "cvv": "737"}"#
    #expect(scan(record).filter { $0.rule == .pan }.map(\.last4) == [4242])
  }

  @Test(
    arguments: [
      "gift_card", "giftCardNumber", "loyalty_card_no", "membership_card", "sim_card_number",
      "customer_loyalty_card_num", "Kundenkartennummer", "numero_carte_cadeau", "tarjeta_regalo",
    ])
  func `cards of shops and clubs are like other ids`(name: String) {
    var random = SplitMix(seed: 9)
    let ids = (0..<60).map { _ in TestCards.id("4", 16, using: &random) }
    let rows = ids.enumerated().map { "\($0),\($1)\n" }.joined()
    #expect(scan("row,\(name)\n" + rows).isEmpty)
    #expect(scan(ids.map { "{\"\(name)\": \"\($0)\"}\n" }.joined()).isEmpty)
    #expect(!scan("row,card\n" + rows).isEmpty)
  }
}
