import Core
import Detection
import Inputs
import TestSupport
import Testing

@testable import Audit

/// Table, key path, element path, column and row of what is found in records.
@Suite struct RecordPlaceTests {
  private func places(
    _ text: String, partBytes: Int = 1 << 20, threads: Int = 1
  ) throws -> [String] {
    try places(bytes: Array(text.utf8), partBytes: partBytes, threads: threads)
  }

  private func places(
    bytes: [UInt8], partBytes: Int = 1 << 20, threads: Int = 1
  ) throws -> [String] {
    let item = MemoryItem("a", "a", bytes, partBytes: partBytes)
    return try run([MemorySource("a", [.item(item)])], threads: threads).findings.map { finding in
      let place = finding.location
      #expect(place.line != nil && place.column != nil)
      return "\(finding.last4 ?? finding.rule) \(place.table ?? "-") \(place.field ?? "-")"
        + " \(place.row ?? "-")"
    }
  }

  @Test func `JSON gives the path of keys`() throws {
    let text = #"""
      {
        "shop": "a } b",
        "customers": [
          {"name": "A", "card": {"number": "4242424242424242", "cvc": "737"}},
          {"name": "B \" x", "n": [1, [2], {}], "card": {"number": 4111111111111111}},
          {"odd key": ["x", {"4242424242424242": "5555555555554444"}]}
        ]
      }
      """#
    #expect(
      try places(text) == [
        "4242 - customers[0].card.number -", "cvv - customers[0].card.cvc -",
        "1111 - customers[1].card.number -", #"4242 - customers[2]["odd key"][1] -"#,
        #"4444 - customers[2]["odd key"][1].* -"#,
      ])
  }

  @Test(arguments: [
    #"{"shop": "Zoë", "a": [{"pan": "4242424242424242"}, {"pan": "5555555555554444"}]}"#,
    "{\"n\": \"Zoë\"}\n{\"pan\": \"4242424242424242\"}\n",
    "<?xml version=\"1.0\"?>\n<r><n>Zoë</n><pan>4242424242424242</pan></r>",
    "-- Zoë\nCREATE TABLE t (id int, pan text);\nINSERT INTO t VALUES (1, '4242424242424242');\n",
  ])
  func `records in UTF-16 give the same places`(text: String) throws {
    let expected = try places(text)
    #expect(expected.first.map { !$0.hasSuffix("- - -") } == true)
    for text in [text, "\u{FEFF}" + text] {
      let units = Array(text.utf16)
      #expect(try places(bytes: units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) == expected)
      #expect(try places(bytes: units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) == expected)
    }
  }

  @Test func `a path is counted over chunks, and begins with the part`() throws {
    var text = "[\n"
    for index in 0..<5000 {
      let pan = index % 500 == 0 ? "4242424242424242" : "none"
      text += "  {\"name\": \"customer \(index)\", \"card\": {\"pan\": \"\(pan)\"}},\n"
    }
    text += "  {}\n]\n"
    let whole = try places(text)
    #expect(whole == (0..<10).map { "4242 - [\($0 * 500)].card.pan -" })
    let parts = try places(text, partBytes: 70_000, threads: 2)
    #expect(parts.first == whole.first && parts.last == "4242 - card.pan -")
    #expect(parts.count == whole.count)
  }

  @Test func `each line of JSON lines has a path of its own`() throws {
    var text = ""
    for index in 0..<300 {
      text += #"{"id":\#(index),"log":{"cards":[{},{"pan":"4242424242424242"}]}}"# + "\n"
    }
    let whole = try places(text)
    #expect(whole == Array(repeating: "4242 - log.cards[1].pan -", count: 300))
    #expect(try places(text, partBytes: 3001, threads: 2) == whole)
  }

  @Test(arguments: [
    "[2024-01-02 10:00:00] card=4242424242424242\n", "[12] card=4242424242424242\n",
    "{x card=4242424242424242\n",
  ])
  func `a log that begins with a bracket is none of JSON`(text: String) throws {
    #expect(try places(text) == ["4242 - card -"])
  }

  @Test func `XML gives the path of elements`() throws {
    let text = """
      <?xml version="1.0"?>
      <!DOCTYPE orders [<!ELEMENT x ANY>]>
      <!-- <a> -->
      <orders xmlns="x">
        <order id="1"><s:card><number>4242424242424242</number></s:card></order>
        <order id="2"><br/><card><number>4111111111111111</number><cvv>737</cvv></card></order>
        <order id="3" x="a>b"><![CDATA[</orders> card]]> <card number="5555555555554444"/></order>
        </wrong><order><card>378282246310005</card></order>
      </orders>
      """
    #expect(
      try places(text) == [
        "4242 - orders/order/s:card/number -", "1111 - orders/order[2]/card/number -",
        "cvv - orders/order[2]/card/cvv -", "4444 - orders/order[3]/card/@number -",
        "0005 - orders/order[4]/card -",
      ])
  }

  @Test func `dumps in XML give table, column and row`() throws {
    let dump = """
      <?xml version="1.0"?>
      <mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <database name="shop">
      <table_structure name="cards"><field Field="id" Type="int(11)" /></table_structure>
      <table_data name="cards">
      <row><field name="id">1</field><field name="pan">4242424242424242</field></row>
      <row><field name="id">2</field>
        <field name="pan">4111111111111111</field><field name="cvv">737</field></row>
      </table_data>
      <table_data name="t"><row><field name="note">5555555555554444</field></row></table_data>
      </database>
      </mysqldump>
      """
    #expect(
      try places(dump) == [
        "4242 cards pan 1", "1111 cards pan 2", "cvv cards cvv 2", "4444 t note 1",
      ])
    let admin = """
      <?xml version="1.0"?><pma_xml_export><database name="shop">
      <table name="cards"><column name="pan">4242424242424242</column></table>
      <table name="t"><column name="note">4111111111111111</column></table>
      <table name="cards"><column name="pan">5555555555554444</column></table>
      </database></pma_xml_export>
      """
    #expect(try places(admin) == ["4242 cards pan 1", "1111 t note 1", "4444 cards pan 2"])
  }

  static let table = """
    id,name,card number,cvv
    1,"A, x
    more lines",4242424242424242,737
    2,"B ""x"", y",4111111111111111,123
    3,5" pipe,"5555555555554444",999

    """

  @Test func `a delimited file gives the column and the record`() throws {
    let expected = [
      "4242 - card number 1", "cvv - cvv 1", "1111 - card number 2", "cvv - cvv 2",
      "4444 - card number 3", "cvv - cvv 3",
    ]
    #expect(try places(Self.table) == expected)
    #expect(
      try places(Self.table.replacing(",", with: "\t"))
        == expected)
    // Records go on counting from part to part.
    let long = Self.table + (4..<3000).map { "\($0),x,4242424242424242,\n" }.joined()
    let whole = try places(long)
    #expect(whole.last == "4242 - card number 2999")
    #expect(try places(long, partBytes: 4097, threads: 2) == whole)
  }

  @Test func `a cell of several lines does not shift the columns`() throws {
    let text = "id,name,card number\n1,\"A\nB\nC\",4000056655665556\n"
    let item = MemoryItem("a", "a", Array(text.utf8))
    let findings = try run([MemorySource("a", [.item(item)])]).findings
    #expect(findings.map(\.score).allSatisfy { $0 >= 80 } && findings.count == 1)
    #expect(findings.first?.reasons.contains("field:card number") == true)
  }

  /// Cells as spreadsheets hold them, written as RFC 4180 has it.
  @Test(arguments: 0..<40)
  func `cells keep their columns whatever stands in those before them`(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed) + 6100)
    let texts = [
      "x", "", "two\nlines", "a, b\nc, d", "say \"hi\nyou\" x", "one, two", "\nx", "x\n",
      "a \"q\", b",
      "\"q\"\n\"r\"", "three\n\nlines", "\"", ",\n,", "1,2,3\n4,5,6",
    ]
    let names = ["id", "note", "text", "number", "cvv"].shuffled(using: &random)
    let isQuoted = Bool.random(using: &random)
    var text = names.joined(separator: ",") + "\n"
    var expected: [String] = []
    for row in 1...8 {
      let cells = names.map { name in
        let cell =
          switch name {
          case "id": "\(row)"
          case "number": "4242424242424242"
          case "cvv": "737"
          default: texts.randomElement(using: &random)!
          }
        let isBare = !isQuoted && !cell.contains { ",\"\n".contains($0) }
        return isBare ? cell : "\"" + cell.replacing("\"", with: "\"\"") + "\""
      }
      text += cells.joined(separator: ",") + "\n"
      for name in names where name == "number" || name == "cvv" {
        expected.append("\(name == "cvv" ? name : "4242") - \(name) \(row)")
      }
    }
    #expect(try places(text) == expected)
    #expect(try places(text.replacing("\n", with: "\r\n")) == expected)
    // Nobody counts lines that end in a return alone.
    #expect(
      try places(text.replacing("\n", with: "\r"))
        == expected.map { $0.split(separator: " ").dropLast().joined(separator: " ") + " -" })
  }

  @Test func `lines that end in a return alone are records`() throws {
    let text = "id;cvv;pin_block\r1;737;A1B2C3D4E5F60718\r2;;\r3;1234;\r"
    #expect(try places(text) == ["cvv - cvv -", "pin-block - pin_block -", "cvv - cvv -"])
    let wide = Array(("\u{FEFF}" + text).utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(try places(bytes: wide).count == 3)
    // The same without names.
    #expect(
      try places(text.replacing("cvv", with: "qty").replacing("pin_block", with: "sum")) == [])
  }

  @Test func `codes and expiries of a record speak for a number without a name`() throws {
    func score(_ header: String) throws -> Int {
      let text = "\(header)\n1,4000056655665556,737,12/2030\n"
      let item = MemoryItem("a", "a", Array(text.utf8))
      let findings = try run([MemorySource("a", [.item(item)])]) { $0.minConfidence = .low }
        .findings
      return findings.first { $0.kind == .pan }?.score ?? 0
    }
    let plain = try score("id,value,x,y")
    #expect(try score("id,value,cvv,y") > plain)
    #expect(try score("id,value,cvv,expiry") >= 80)
    // The number is another column's.
    #expect(try score("id,value,cvv,card number") == plain)
  }

  static let mysql = #"""
    -- MySQL dump 10.13
    CREATE TABLE IF NOT EXISTS `cards` (
      `id` int(11) NOT NULL COMMENT 'a, b; (c',
      `pan` varchar(20) DEFAULT NULL,
      `cvv` char(4),
      PRIMARY KEY (`id`), KEY `x` (`pan`)
    ) ENGINE=InnoDB;
    INSERT INTO `cards` VALUES (1,'4242424242424242','737'),(2,'O\'x 4111111111111111','123'),
    (3,'5555555555554444',NULL);
    INSERT INTO `other` (`a`,`b`) VALUES (1,4111111111111111);
    INSERT INTO `cards` VALUES (4,'6011111111111117',NULL);
    """#

  static let postgres = """
    --
    -- PostgreSQL database dump
    --
    COPY public.cards (id, number, cvc) FROM stdin;
    1\t4242424242424242\t737
    2\t4111111111111111\t\\N
    \\.

    COPY public."T" (id, "Old nr") FROM stdin;
    1\t5555555555554444
    \\.
    INSERT INTO public.cards (id, number) VALUES (3, '6011111111111117');
    """

  static let sqlite = """
    PRAGMA foreign_keys=OFF;
    BEGIN TRANSACTION;
    CREATE TABLE cards(id INTEGER PRIMARY KEY, pan TEXT, "a,b" TEXT);
    INSERT INTO cards VALUES(1,'4242424242424242','x');
    INSERT INTO "cards" VALUES(2,'C:\\','it''s 4111111111111111');
    COMMIT;
    """

  @Test func `dumps in SQL give table, column and row`() throws {
    #expect(
      try places(Self.mysql) == [
        "4242 cards pan 1", "cvv cards cvv 1", "1111 cards pan 2", "cvv cards cvv 2",
        "4444 cards pan 3", "1111 other b 1", "1117 cards pan 4",
      ])
    #expect(
      try places(Self.postgres) == [
        "4242 public.cards number 1", "cvv public.cards cvc 1", "1111 public.cards number 2",
        "4444 public.T Old nr 1", "1117 public.cards number 3",
      ])
    #expect(try places(Self.sqlite) == ["4242 cards pan 1", "1111 cards a,b 2"])
  }

  @Test func `rows of a long statement are counted over chunks`() throws {
    var text = "CREATE TABLE c (id int, note text, pan text);\nINSERT INTO c VALUES "
    for index in 1...4000 {
      let pan = index % 800 == 0 ? "4242424242424242" : "none"
      text += "(\(index), 'a text; with (all) of ''it''', '\(pan)')\(index == 4000 ? ";" : ",")"
    }
    #expect(try places(text) == (1...5).map { "4242 c pan \($0 * 800)" })
  }

  @Test func `a column named for something else lowers, one named for cards raises`() throws {
    let dump = """
      CREATE TABLE t (tracking_number text, card_number text);
      INSERT INTO t VALUES ('4000056655665556','4000056655665556');
      """
    let item = MemoryItem("a", "a", Array(dump.utf8))
    let findings = try run([MemorySource("a", [.item(item)])]) { $0.minConfidence = .low }.findings
    #expect(findings.count == 2)
    #expect(findings[0].score + 20 < findings[1].score)
    #expect(findings[1].reasons.contains("field:card_number"))
  }

  @Test(arguments: [
    ("export SHOP_DATA=4242424242424242\n", "SHOP_DATA"),
    ("a:\n  - foo: 4242424242424242\n", "foo"),
    ("ts=1 lvl=info item=\"4242424242424242\"\n", "item"),
    ("ts=1 body={\"item\": 4242424242424242}\n", "item"),
    ("x, we see: 4242424242424242\n", "-"),
  ])
  func `a key names the place`(text: String, key: String) throws {
    #expect(try places(text) == ["4242 - \(key) -"])
  }

  @Test func `places survive the way over the disk`() throws {
    let spool = HitSpool()
    let places = [
      RecordPlace(table: "t", field: "ä", row: 7), RecordPlace(), RecordPlace(field: ""),
    ]
    let range = try spool.append(HitBatch(rowKeys: ["id=1", ""], places: places))
    let back = try spool.read(range)
    #expect(back.places == places && back.rowKeys == ["id=1", ""] && back.hits.isEmpty)
  }
}
