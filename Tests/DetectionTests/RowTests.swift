import Core
import Rules
import TestSupport
import Testing

@testable import Detection

/// Codes and PIN blocks in rows without a card number, told by the names of their columns.
@Suite struct RowTests {
  static let copy = """
    -- PostgreSQL database dump
    COPY public.cards (id, cvv, "pin_block", note) FROM stdin;
    1\t737\tA1B2C3D4E5F60718\tfirst
    2\t\\N\t\\N\t123
    3\t1234\t\\N\tlast
    \\.
    COPY public.logs (id, line, status) FROM stdin;
    1\t737\t200
    \\.

    """
  static let insert = """
    CREATE TABLE `cards` (`id` int, `cvv` text);
    INSERT INTO `cards` (`id`, `note`, `cvv`) VALUES (1,'a (b), ''c''\\', x','737'),
    (737,'INSERT INTO x (cvv) VALUES (',N'123'),(3,'',NULL),(4,'x', 456 );
    INSERT INTO logs (id, status) VALUES (737, 200);

    """

  /// As SQL Server's programs write it: without INTO, semicolons, and with casts.
  static let sqlServer = """
    USE [Shop]
    GO
    INSERT [dbo].[Cards] ([Id], [CVV]) VALUES (1, N'737')
    GO
    INSERT [dbo].[Cards] ([Id], [CVV]) VALUES (2, CAST(N'738' AS NVarChar(3)))
    INSERT [dbo].[Logs] ([Id], [Status]) VALUES (737, 200)
    GO

    """

  @Test(arguments: [(copy, 3), (insert, 3), (sqlServer, 2)])
  func `cells of a dump are found wherever a chunk ends`(text: String, count: Int) {
    let bytes = Array(text.utf8)
    let whole = hits(bytes, edges: [])
    #expect(whole.count == count)
    for edge in 1..<bytes.count {
      #expect(hits(bytes, edges: [edge]) == whole, "edge \(edge)")
    }
  }

  @Test func `a mark before the first statement hides none of its rows`() {
    let text = "\u{FEFF}INSERT INTO c (id, cvv) VALUES (1, '737');\n"
    #expect(scan(Array(text.utf8)).map(\.rule) == [.cvv])
    #expect(scan(RowTests.wide(text, isBig: false)).map(\.rule) == [.cvv])
  }

  @Test(arguments: [(copy, 3), (insert, 3)], [true, false])
  func `cells of a dump in UTF-16 are found wherever a chunk ends`(
    dump: (text: String, count: Int), isBig: Bool
  ) {
    // A name of two bytes in UTF-8, so that places in the text are not half of those in the file.
    let bytes = RowTests.wide("\u{FEFF}-- Zo\u{EB}\n" + dump.text, isBig: isBig)
    let whole = hits(bytes, edges: [])
    #expect(whole.count == dump.count)
    for edge in 1..<bytes.count {
      #expect(hits(bytes, edges: [edge]) == whole, "edge \(edge)")
    }
  }

  @Test func `lines of bytes in a file of UTF-16 are read, and UTF-16 behind them`() {
    let number = "pay 4242424242424242\n"
    let bytes =
      RowTests.wide("\u{FEFF}first\n" + number, isBig: false) + Array("a \(number)".utf8)
      + RowTests.wide(number, isBig: false)
    #expect(hits(bytes, edges: []).count == 3)
  }

  @Test func `rows of a statement are found however far it goes on`() {
    var text = "COPY c (id, cvv) FROM stdin;\n"
    for row in 0..<20_000 { text += "\(row)\t\(100 + row % 900)\n" }
    let bytes = Array((text + "\\.\n737\t737\n").utf8)
    let edges = Array(stride(from: 5000, to: bytes.count, by: 5000))
    #expect(hits(bytes, edges: edges).count == 20_000)
  }

  @Test(arguments: [
    // As Excel, LibreOffice and pandas write them; the last with a comma for a point.
    ("id,card number\n1,4.24242424242424E+15\n", 4242, true),
    ("id,card number,x\n1,\"4.24242424242424e+15\",y\n", 4242, true),
    ("card number;x\n4,24242424242424E+15;y\n", 4242, true),
    ("id,card number\n1,4.242424242424242e+15\n", 4242, false),
    ("id,card number\n1,3.78282246310005E+14\n", 5, false),
  ])
  func `a number with an exponent is one in a column of cards`(
    text: String, last4: UInt16, isRounded: Bool
  ) {
    let hits = scan(text)
    #expect(hits.map(\.last4) == [last4] && hits.map(\.rule) == [.pan])
    #expect(hits.map { $0.evidence.contains(.rounded) } == [isRounded])
    // Of another column, without one, with another last digit, and of another brand's range.
    #expect(scan(text.replacing("card number", with: "amount")).isEmpty)
    #expect(scan(text.replacing("\n", with: " ")).isEmpty)
    if !isRounded {
      #expect(scan(text.replacing("2e+", with: "3e+").replacing("5E+", with: "6E+")).isEmpty)
    }
    #expect(scan(text.replacing("E+", with: "E-").replacing("e+", with: "e-")).isEmpty)
  }

  @Test func `cut numbers are told wherever their place says what they are`() {
    var random = SplitMix(seed: 15)
    var numbers: [String] = []
    while numbers.count < 6 {
      let number = TestCards.number("4539", 16, using: &random)
      if number.last != "0" { numbers.append(number.dropLast() + "0") }
    }
    let dated = numbers.map { "7,x,\($0),11/29\n" }.joined()
    let rows = numbers.map { "[1,\($0)]" }.joined(separator: ",")
    let json = "{\"columns\":[\"id\",\"card_number\"],\"rows\":[\(rows)]}"
    let table =
      "| id | card number |\n|----|-------------|\n"
      + numbers.map { "| 1 | \($0) |\n" }.joined()
    for text in [dated, json, table] {
      let found = scan(text)
      #expect(found.count == 6 && found.allSatisfy { $0.evidence.contains(.rounded) }, "\(text)")
      // Beside no expiry, of another name, and where one ends in another digit.
      let other = text.replacing("11/29", with: "1129").replacing("card", with: "order")
      #expect(scan(other).isEmpty)
      let stem = numbers[0].dropLast()
      let wrong = ["1", "2"].map { stem + $0 }.first { !Self.isValid($0) }
      #expect(scan(text.replacing(numbers[0], with: wrong ?? "")).isEmpty)
    }
  }

  private static func isValid(_ number: some StringProtocol) -> Bool {
    let digits = Array(number.utf8)
    return digits.withUnsafeBufferPointer {
      $0.baseAddress.map { Luhn.isValid($0, count: digits.count) } ?? false
    }
  }

  /// Rows as pandas (`split`), Metabase and others write them, and as arrays alone.
  static let jsonRows = [
    #"{"columns":["id","cvv"],"data":[[1,"737"],[2,"845"]]}"#,
    #"[["id","cvv"],[1,"737"],[2,"845"]]"#,
    "{\n \"rows\": [\n  [1,\n   737],\n  [2, 845]\n ],\n \"names\": [ \"id\", \"cvv\" ]\n}",
    #"{"columns":[{"name":"id","type":"int"},{"name":"cvv"}],"rows":[[1,"737"],[2,"845"]]}"#,
    #"{"fields":[{"size":4,"field":"id"},{"field":"cvv","ok":null}],"data":[{"r":[1,737]},{"r":[2,845]}]}"#,
    #"{"fields":["note","cvv","x"],"rows":[["a, \"b\"",737,"x"],["c]",845,null]]}"#,
    #"{"schema":{"fields":[{"name":"id"},{"name":"cvv"}]},"rows":[{"f":[{"v":"1"},{"v":"737"}]},{"f":[{"v":null},{"v":"845"}]}]}"#,
    "{\"fields\": [{\"name\": \"cvv\"}, {\"name\": \"x\"}], \"rows\": [\n {\n  \"f\": [\n   {\n    \"v\": \"737\"\n   },\n   {\n    \"v\": [{\"v\": \"1\"}]\n   }\n  ]\n },\n {\"f\": [{\"v\": \"845\"}, {\"v\": \"x\"}]}\n]}\n",
  ]

  @Test(arguments: jsonRows) func `rows of JSON go by the names above them`(text: String) {
    let bytes = Array(text.utf8)
    let whole = hits(bytes, edges: [])
    #expect(whole.map(\.rule) == [.cvv, .cvv])
    for edge in 1..<bytes.count { #expect(hits(bytes, edges: [edge]) == whole, "edge \(edge)") }
    // Not of another name, nor in rows of another length, nor as a part of a value.
    #expect(scan(text.replacing("cvv", with: "qty")).isEmpty)
    #expect(scan(text.replacing("737", with: "737,1").replacing("845", with: "845,[1]")).isEmpty)
    #expect(scan(text.replacing("737", with: "737.5").replacing("845", with: "845-1")).isEmpty)
  }

  @Test(arguments: [
    "name,\"Card\nCVV\",city\nJane,737,Oslo\nBob,845,Rome\n",
    "\"first,\r\nlast\";\"x\";\"cvv\"\r\n\"J;D\";1;737\r\nB;2;845\r\n",
  ])
  func `a name of a column may go on in the next line`(text: String) {
    let bytes = Array(text.utf8)
    let whole = hits(bytes, edges: [])
    #expect(whole.map(\.rule) == [.cvv, .cvv])
    for edge in 1..<bytes.count { #expect(hits(bytes, edges: [edge]) == whole, "edge \(edge)") }
    #expect(scan(text.replacing("CVV", with: "qty").replacing("cvv", with: "qty")).isEmpty)
  }

  @Test(arguments: [true, false])
  func `a header in UTF-16 names its columns`(isBig: Bool) {
    for text in ["\u{FEFF}id,cvv,a\r\n1,737,x\r\n2,123,y\r\n", "id;cvv\n1;737\n2;123\n"] {
      let found = scan(RowTests.wide(text, isBig: isBig))
      #expect(found.map(\.rule) == [.cvv, .cvv])
      #expect(found.allSatisfy { $0.evidence.contains(.field) })
    }
  }

  @Test func `a number in UTF-16 whose last byte was cut off is found`() {
    let bytes = "pay 4242424242424242".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(scan(Array(bytes.dropLast())).map(\.rule) == [.pan])
  }

  @Test(arguments: [
    // The character before ends with the byte of an ASCII letter: Shift-JIS, GBK.
    [0x83, 0x68] + wide, [0x83, 0x62] + wide, [0x94, 0x61] + wideGBK,
    [0x83, 0x62] + Array("4242424242424242".utf8), [0x81, 0x65] + Array("4242424242424242".utf8),
  ])
  func `digits behind a character whose second byte is a letter are found`(bytes: [UInt8]) {
    #expect(scan(bytes).map(\.rule) == [.pan])
  }

  private static let wide: [UInt8] = "4242424242424242".utf8.flatMap { [0x82, $0 + 0x1F] }
  private static let wideGBK: [UInt8] = "4242424242424242".utf8.flatMap { [0xA3, $0 + 0x80] }

  @Test func `every prefix of a Stripe id is known to stand before no card number`() {
    let shapes = detector.rules.stripeIDs.filter { $0.prefix.count { $0 == "_" } == 1 }
    for shape in shapes where shape.prefix != "card_" {
      #expect(scan("id: \(shape.prefix)4242424242424242").isEmpty, "\(shape.prefix)")
    }
  }

  private static func wide(_ text: String, isBig: Bool) -> [UInt8] {
    text.utf16.flatMap { unit in
      isBig ? [UInt8(unit >> 8), UInt8(unit & 0xFF)] : [UInt8(unit & 0xFF), UInt8(unit >> 8)]
    }
  }

  private struct Place: Equatable {
    var rule: RuleID
    var offset: Int
  }

  private func hits(_ bytes: [UInt8], edges: [Int]) -> [Place] {
    let scanner = Detection.Scanner(detector)
    scanner.beginPart(head: Array(bytes.prefix(4096)), columns: [], startsFile: true)
    bytes.withUnsafeBytes { all in
      var low = 0
      for high in edges + [bytes.count] {
        let start = max(0, low - 4096)
        let part = UnsafeRawBufferPointer(rebasing: all[start..<min(all.count, high + 4096)])
        scanner.scan(
          Chunk(
            bytes: part, owned: low - start..<high - start, byteOffset: start,
            startsFile: start == 0, endsFile: high == all.count))
        low = high
      }
    }
    scanner.finishBatch()
    return scanner.hits.filter { $0.score >= 50 }.map { Place(rule: $0.rule, offset: $0.offset) }
  }
}
