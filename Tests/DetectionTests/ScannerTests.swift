import Core
import Rules
import TestSupport
import Testing

@testable import Detection

/// What is found and what is left, by shape.
@Suite struct ScannerTests {
  @Test func `places have the file's lines and columns`() {
    let hits = scan("one\n\n  4242424242424242\nx 5555555555554444\r\n378282246310005")
    #expect(hits.map(\.line) == [2, 3, 4])
    #expect(hits.map { $0.offset - $0.lineOffset } == [2, 2, 0])
  }

  @Test(arguments: [
    "refund issued on 4111111111111111", "5555555555554444", "acct_no=4012888888881881;",
    "4000 0566 5566 5556", "5105-1051-0510-5100", "4111.1111.1111.1111",
    "4111\u{A0}1111\u{A0}1111\u{A0}1111", "4111\t1111\t1111\t1111", "3782 822463 10005",
    "3056 930902 5904", "card 6205500000000000004", "card 620550 0000000000004",
    "4242424242424242 exp 11/29", #"{"pay":{"no":4242424242424242}}"#,
    #"{"raw":"{\"no\":\"4242424242424242\"}"}"#,
    #"{"a":"{\"b\":\"{\\\"no\\\":\\\"4242424242424242\\\"}\"}"}"#,
    #""\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032""#,
    "<Pan>4242424242424242</Pan>", "<c pan=\"4242424242424242\"/>", "<![CDATA[4242424242424242]]>",
    "7;\"4242424242424242\";GBP", "a,b,c\n7,4242424242424242,x\n", "?c=4242%204242%204242%204242",
    "source%5Bnumber%5D=4242424242424242", "s:2:\"no\";s:16:\"4242424242424242\";",
    "Some(\"4242424242424242\")", "CARD=4242424242424242", "no: '4242424242424242' # x",
    "VALUES (1, N'4242424242424242')", "1\t4242424242424242\t\\N",
    "4242&nbsp;4242&nbsp;4242&nbsp;4242", "<td>4242424242424242</td>", "４２４２４２４２４２４２４２４２",
    "卡号4242424242424242", "\u{FEFF}4242424242424242", "<4242424242424242>", "x_4242424242424242_y",
    "****1111 now 4242424242424242", "card:\n4242424242424242",
    "\u{1B}[31m4242424242424242\u{1B}[0m", "long no = 4242424242424242L;",
    "2026-11-21T10:00:00.123456Z req=998877665544332211 4242424242424242 1760000000000",
  ])
  func `one card number is found`(text: String) {
    #expect(scan(text).map(\.rule) == [.pan], "\(text.debugDescription)")
  }

  @Test(arguments: [
    ("%B4242424242424242^DOE/JO^2911101?", RuleID.track1), (";4242424242424242=2911101?", .track2),
    ("{\"t\":\"%B378282246310005^A B^29112010000?\"}", .track1),
    ("4242424242424242D29112010000", .track2), ("4242424242424242=29112010000", .track2),
    ("5A084242424242424242", .pan), ("DE2=4242424242424242", .pan), ("\"cvc\":\"737\"", .cvv),
    ("CVV2=737", .cvv), ("Security code: 737", .cvv), ("<cvv>737</cvv>", .cvv),
    ("card[cvc]=737", .cvv), ("<input name=\"cvv\" value=\"737\">", .cvv), ("安全码：737", .cvv),
    ("\u{FEFF}cvv=737", .cvv), ("验证码CVV：737", .cvv), ("x\u{A0}cvv: 737", .cvv),
    ("Prüfziffer: 737", .cvv), ("{\\\"cvv\\\":\\\"737\\\"}", .cvv), ("id,cvv\n1,737\n", .cvv),
  ])
  func `a track, a tag or a code is found as what it is`(text: String, rule: RuleID) {
    #expect(scan(text).map(\.rule) == [rule], "\(text.debugDescription)")
  }

  @Test(arguments: [
    "424242******4242", "XXXX-XXXX-XXXX-4242", "bin=424242 last4=4242", "card=4242424242424241",
    "4242 4242 4242 4241", "550e8400-e29b-41d4-a716-424242424242",
    "d41d8cd98f004242424242424242e9800998ecf8427e", "0x4242424242424242",
    "99424242424242424242424242", "0.4242424242424242", "12.4242424242424242",
    "4242424242424242.57", "tel:+4912345678901", "imei=490154203237518",
    "iccid: 8944500102198304826", "siret 73282932000074", "DE89370400440532013000",
    "iban=GB29NWBK60161331926819", "EAN 4006381333931", "gtin: 30012345678906",
    "ts=1760000000000", "ts=1760000000000000", "ts=1760000000000000000",
    "20261121101500123", "blk_4242424242424242424", "blk_-1608999687919862906",
    "trace_id=4242424242424242424", "cus_4QZ42424242", "0000 0000 0000 0000",
    "1111111111111111", "1234567890123456", "4242:4242:4242:4242::1",
    "1.3.6.1.4.1.4242.4242.4242.4242", "M4242.4242 4242.4242L4242.4242 4242.4242",
    "52.5200066,13.4049540", "^4[0-9]{12}(?:[0-9]{3})?$", "\\b5[1-5]\\d{14}\\b",
    "cvv is required", "cvv_result: M", "cvc_check: pass", "cvv: ***", "cvvLength = 3",
    "cvv.js:12:40", "cvv_attempts=3", "const CVV_MAX = 4;",
  ])
  func `what only looks like card data is left`(text: String) {
    #expect(scan(text).map(\.rule) == [], "\(text.debugDescription)")
  }

  /// `{n}` is a number, `{g}` the same in groups; made, so that nothing but its surroundings tells.
  private static func filled(_ text: String) -> String {
    var random = SplitMix(seed: 4539)
    let number = TestCards.number("4539", 16, using: &random)
    return text.replacing("{n}", with: number)
      .replacing("{g}", with: TestCards.grouped(number, [4, 4, 4, 4], " "))
      .replacing("{d}", with: TestCards.grouped(number, [4, 4, 4, 4], "-"))
      .replacing("{key}", with: "sk_" + "live_AbCdEfGhIjKlMnOpQrStUvWx")
      .replacing("{intent}", with: "pi_3AbCdEfGhIjKl_secret_AbCdEfGhIjKlMnOp")
  }

  @Test(
    arguments: [
      (
        #"{"r":"\u003cPan\u003e{n}\u003c/Pan\u003e\u003cCvv\u003e737\u003c/Cvv\u003e"}"#,
        [.pan, .cvv]
      ),
      (#"{"r":"\u003ccvv\u003e737"}"#, [.cvv]), (#"{"r":"cvv\u003d737\u0026x"}"#, [.cvv]),
      (#"pan\u003d{n}\u0026exp"#, [.pan]), (#"\u0027{n}\u0027"#, [.pan]),
      (#"\u0022{n}\u0022"#, [.pan]),
      (#"card\u0020{n}"#, [.pan]), (#"card\u00a0{n}"#, [.pan]), (#"\u5361\u53f7{n}"#, [.pan]),
      (#"\u5361\u53f7\uff1a{n}"#, [.pan]), (#"\u003cPan\u003e{g}\u003c"#, [.pan]),
      (#"\u0027{g}\u0027"#, [.pan]), (#"card\u0020{d}"#, [.pan]), (#"\u5361\u53f7{g}"#, [.pan]),
      (#"{\u0022cvv\u0022:\u0022737\u0022}"#, [.cvv]), (#"{\u0022cvv\u0022: 737}"#, [.cvv]),
      (#"{"a":"{\\u003cp\\u003e{n}"}"#, [.pan]),
      (#"track2\u003d;{n}\u003d2911101123400000?"#, [.track2]),
      (#"\u003cPinBlock\u003eA1B2C3D4E5F60718\u003c/PinBlock\u003e"#, [.pinBlock]),
      // As a server's log writes what a client sent.
      (#""{\x22number\x22:\x22{n}\x22,\x22cvc\x22:\x22737\x22}""#, [.pan, .cvv]),
      (#"b'\xe5\x8d\xa1\xe5\x8f\xb7{n}'"#, [.pan]),
      (#"{"b":"a,\n{n}"}"#, [.pan]), (#""ref\t{n}\tok""#, [.pan]),
      // Percent forms that end in digits.
      ("%E3%80%80{n}", [.pan]), ("name=%E4%B8%80{n}", [.pan]), ("a%40{n}", [.pan]),
      ("x=%C2%A0{n}", [.pan]), ("%E3%80%80{g}", [.pan]), ("LIKE '%{n}%'", [.pan]),
      ("LIKE '%{g}%'", [.pan]),
      // Keys.
      ("key%3D{key}", [.secret]), ("key=%22{key}%22", [.secret]), (#""A\n{key}""#, [.secret]),
      (#"key\u003d{key}"#, [.secret]), ("x_{key}", [.secret]), (#"\u0022{intent}"#, [.secret]),
      ("secret%3D{intent}", [.secret]), (#"\x22{key}\x22"#, [.secret]),
    ] as [(String, [RuleID])])
  func `what stands beside an escape is found`(text: String, rules: [RuleID]) {
    #expect(scan(Self.filled(text)).map(\.rule) == rules, "\(text)")
  }

  @Test(arguments: [
    "pan={n}-2026-12-31", "card={n}-20261231", "token={n}-20240501-retry", "ORD-20240501-{n}",
    "{n}-1229-737", "pan={d}-2029-12-31", "card={d}-20291231", "Card No:-{n}", "card={n}F",
    "host WS01 {n} declined", "paid at cafe {g}",
    "let card: u64 = {n}u64;", "n = {n}i64", "n = {n}u128", "n = {n}i128;", "n = {n}ULL;",
    "card number ......{n}", "card: ...{n}", "for n in 0..{n} {", "x{n}", "{n}USD", "shop{n}",
    "für{n}", "x{n}y",
  ])
  func `a date, a dash or a word beside a number hides nothing`(text: String) {
    #expect(scan(Self.filled(text)).map(\.rule) == [.pan], "\(text)")
  }

  @Test(arguments: [[0x81, 0x30, 0x86, 0x31], [0xBF, 0xA8, 0x81, 0x39, 0xEE, 0x39]] as [[UInt8]])
  func `digits of a character in GB 18030 are none of a number's`(character: [UInt8]) {
    for number in ["{n}", "{g}", "{d}"].map({ Array(Self.filled($0).utf8) }) {
      for text in [character + number, number + character, character + number + character] {
        let found = scan([0x20] + text + [0x0A])
        #expect(found.map(\.rule) == [.pan])
        #expect(found.first?.digits == 16)
      }
    }
  }

  @Test func `every separator of the rules joins groups, and what is decoded does`() throws {
    let separators = try RuleSet.load().shapes.separators.map(\.text)
    let escapes = [
      "&#32;", "&#xA0;", "&#xa0;", " &#8211; ", "%2D", "%2B", "%2F", "\\u00a0", "\\u2009",
      "\\u00ad", "\\u200b", "\\u2212", "\\ufeff",
    ]
    for separator in separators + escapes {
      let text = Self.filled("x {g} y").split(separator: " ")
      let groups = text[1...4].joined(separator: separator)
      #expect(scan("x \(groups) y").map(\.rule) == [.pan], "\(separator.debugDescription)")
    }
  }

  @Test func `separators of other encodings join groups too`() throws {
    let separators = try RuleSet.load().shapes.separators.flatMap(\.otherBytes)
    #expect(separators.contains([0xA0]))
    for separator in separators {
      let groups = Self.filled("x {g} y").split(separator: " ").map { Array($0.utf8) }
      let text = Array(groups[1...4].joined(separator: separator))
      #expect(scan([0x20] + text + [0x0A]).map(\.rule) == [.pan], "\(separator)")
    }
  }

  @Test(arguments: [
    [0x83], [0x8A], [0x95], [0xE3], [0xA4], [0xC5], [0x66, 0xFC], [0x83, 0x4A, 0x81],
  ])
  func `the second byte of a character is no letter beside a number`(lead: [UInt8]) {
    let number = Array(Self.filled("{n}").utf8)
    // Of Shift-JIS, Big5 and GBK; or behind an umlaut of Latin-1.
    for trail in (0x40...0xFE as ClosedRange<UInt8>) where trail != 0x7F {
      let text = lead + [trail] + number + [0x0A]
      #expect(scan(text).map(\.rule) == [.pan], "\(lead), \(trail)")
    }
  }

  @Test(arguments: [
    "req-7f3a-{n}", "x-{d}-7777", "a=-{n}", "DE89 {g}", "4a4f {g}", "be4d {g} cafe", "{n}ee",
    "order{n}x9", "zx{n}b2",
  ])
  func `what resembles an id costs points and hides nothing`(text: String) {
    let hits = scan(Self.filled(text), minScore: 0)
    #expect(hits.map(\.rule) == [.pan], "\(text)")
    #expect(
      hits.allSatisfy {
        $0.score < 50 && !$0.evidence.isDisjoint(with: [.lookAlike, .oneMoreGroup])
      })
  }

  @Test func `a number of nineteen digits that ends in a row of code points is a doubtful one`() {
    var random = SplitMix(seed: 4539)
    let number = TestCards.number("6220", 19, using: &random)
    let groups = TestCards.grouped(number, [4, 4, 4, 4, 3], " ")
    for text in ["\(groups)F", "504E \(groups)C 507A"] {
      let hits = scan(text, minScore: 0)
      #expect(hits.map(\.rule) == [.pan])
      #expect(hits.allSatisfy { $0.score < 50 && $0.evidence.contains(.lookAlike) })
    }
    #expect(scan("card \(groups)").map(\.rule) == [.pan])
  }

  @Test(arguments: [
    "cvv=737,2029-01-01", "cvv:737,10/29", "cvv=737-2029", "cvv=737/2029", "[cvv:737,4111]",
    "let cvv: u32 = 737;", "var cvv: Int = 737", #"("cvv", "737")"#, "[('cvv', '737')]",
    "cvv=737:ok", "cvv: <737>", #"{"key":"cvv","val":737}"#, "cvv&#61;737", "name,cvv\nAnn, 737\n",
    "id, cvv, x\n1,737,y\n", "cvv\n737\n", "\"cvv\"\n\"737\"\n", "id,cvv\n1.0,737.0\n",
    "sep=;\nid;cvv\n1;737\n", "Cards of May\nid,cvv\n1,737\n",
    "cvv%3d737", "x=1%26cvv%3a737", "cvv: number = 737",
    #"let cvv: string = "737";"#, "cvv?: string = '737'", "cvv: any = 737",
    #"cvv: String = "737""#, "cvv = Number(737)", #"cvv = String("737")"#,
    #"{"cvv":{"N":"737"}}"#, #"{"cvv" : { "S" : "737" }}"#, "cvv \u{2013} 737", "cvv \u{2014} 737",
    "cvv:\u{200B}737", "cvv:\u{2009}737", "cvv:\u{FEFF}737", "security code: 404",
    "card security code 404", "error: security code: 404", "status=200 cvv=404", "csc: 101",
    "the cvv is 204, the status is ok",
  ])
  func `a code is found whatever stands beside it`(text: String) {
    #expect(scan(text).map(\.rule) == [.cvv], "\(text.debugDescription)")
  }

  @Test func `a dash between a code and its name is no part of it`() {
    let scanner = Detection.Scanner(detector)
    let hits = scan(Array("cvv - 737".utf8), using: scanner)
    #expect(hits.map { scanner.labels[$0.classKey] } == ["cvv"])
  }

  @Test(arguments: [
    "cvv=737.5", "cvv 737/800", "cvv 737-800", "cvv 737:40",
    "id\n737\n123\n", "cvv\n12\n", "cvv\nis asked\n", "id,cvv\n1,737.5\n",
    "A title\nid,x\n1,737\n",
  ])
  func `digits that are no code are left`(text: String) {
    #expect(scan(text).map(\.rule) == [], "\(text.debugDescription)")
  }

  @Test(arguments: [
    "http status security code=404", "response security code: 200", "error cvc 400",
    "http error: cvv 422", "exit code cvc 255", "POST /cvc 200", "x /check/cvv 200 12ms",
    "PUT /api/cvv2: 403", "cvv 404 not found", "cvc 500 internal server error", "cvc 200 OK",
    "csc 101 intro", "CSC 737",
  ])
  func `a status or a course is a doubtful code, but not beside a card number`(text: String) {
    #expect(scan(text).map(\.rule) == [], "\(text)")
    #expect(scan(text, minScore: 0).map(\.rule) == [.cvv], "\(text)")
    let hits = scan(Self.filled("\(text) {n}"))
    #expect(Set(hits.map(\.rule)) == [.cvv, .pan], "\(text)")
  }

  @Test func `a code and a number joined by a sign are both found`() {
    for text in ["cvv=737,{n}", "cvv=737:{n}"] {
      #expect(Set(scan(Self.filled(text)).map(\.rule)) == [.cvv, .pan])
    }
  }

  @Test func `names of columns lose the blanks around them`() throws {
    let header = try #require(
      TableHeader(head: Array("id, pan , cvv\n1, 2, 3\n".utf8), reader: detector.reader))
    #expect(header.columns.map(\.name) == ["id", "pan", "cvv"])
  }

  @Test(arguments: [12, 13, 15, 16, 19])
  func `a cell of a dump has its column's name, not its neighbour's`(length: Int) {
    var random = SplitMix(seed: UInt64(length))
    let prefix = [12: "5018", 13: "4539", 15: "1354", 16: "6759", 19: "6759"][length]!
    for neighbour in ["7", "Ann", "order"] {
      let number = TestCards.number(prefix, length, using: &random)
      let text = "COPY public.cards (id, pan, cvv) FROM stdin;\n\(neighbour)\t\(number)\t737\n\\.\n"
      let hits = scan(text)
      #expect(hits.map(\.rule) == [.pan, .cvv], "\(length) digits behind \(neighbour)")
      #expect(hits.first?.evidence.contains(.field) == true)
    }
  }

  @Test func `a cell that says what its number is keeps that`() {
    let text = "INSERT INTO c (id, pan) VALUES (1, 'order id 4242424242424242 of today');\n"
    #expect(scan(text).isEmpty)
  }

  @Test func `track 1 may hold a name in any script`() {
    let text = "%B4242424242424242^MÜLLER/JÖRG^2911101000000000?"
    #expect(scan(text).map(\.rule) == [.track1])
    let latin: [UInt8] = Array(text.utf8).filter { $0 != 0xC3 }
    #expect(scan(latin).map(\.rule) == [.track1])
  }

  @Test(arguments: [true, false])
  func `columns of UTF-16 count from the line's first character`(isBig: Bool) {
    let text = "\u{FEFF}a 4242424242424242\na 4242424242424242\r\n4242424242424242"
    let bytes = text.utf16.flatMap {
      isBig ? [UInt8($0 >> 8), UInt8($0 & 0xFF)] : [UInt8($0 & 0xFF), UInt8($0 >> 8)]
    }
    #expect(scan(bytes).map { $0.offset - $0.lineOffset } == [6, 4, 0])
  }

  @Test(arguments: [
    "the pin block is A1B2C3D4E5F60718", "pinblock%3D0123456789ABCDEF",
    "pin_block%22%3A%22A1B2C3D4E5F60718%22",
  ])
  func `a PIN block behind a word or a percent form is found`(text: String) {
    #expect(scan(text).map(\.rule) == [.pinBlock])
  }

  // MARK: - Brands and test numbers

  @Test func `every brand's ranges are found with that brand or one around it`() {
    var random = SplitMix(seed: 42)
    let brands = detector.rules.brands
    for (index, brand) in brands.enumerated() {
      for range in brand.ranges {
        for prefix in range.prefixes {
          for length in range.lengths where length >= 12 {
            let low = String(prefix.split(separator: "-")[0])
            let number = TestCards.number(low, length, using: &random)
            let note = "\(brand.id), \(prefix), \(length) digits"
            let hits = scan("card_number=\(number)", minScore: 0)
            #expect(hits.count == 1, "\(note)")
            guard let hit = hits.first else { continue }
            #expect(hit.brand == index || hit.evidence.contains(.alsoOtherBrands), "\(note)")
            #expect(Int(hit.digits) == length, "\(note)")
          }
        }
      }
    }
  }

  @Test(arguments: [
    ("id,@\n1,00004111111111111111\n", "card_number", 16),
    ("@=0378282246310005\n", "card_number", 15),
    (#"{"@":"0004111111111111111"}"#, "cardNumber", 16),
    ("@: 000000004111111111111111\n", "card_number", 16),
    ("@: 00000000000000004111111111111111\n", "card_number", 16),
  ])
  func `a number filled up with zeros is found where a name says that it is a card's`(
    text: String, name: String, digits: UInt8
  ) throws {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    let hit = try #require(scan(parts.joined(separator: name)).first)
    #expect(hit.rule == .pan && hit.digits == digits && hit.evidence.contains(.leadingZeros))
    #expect(scan(parts.joined(separator: "order_ref"), minScore: 0).isEmpty)
  }

  @Test func `published test numbers are marked`() {
    for test in detector.rules.testNumbers where test.luhn ?? true {
      for number in test.numbers where (12...19).contains(number.count) {
        let hits = scan("card_number=\(number)")
        #expect(hits.count == 1, "\(test.source) \(test.brand) of \(number.count) digits")
        #expect(
          hits.first?.evidence.contains(.testNumber) ?? true, "\(test.source) \(test.brand)")
      }
    }
  }

  @Test func `a hit holds six digits and four, and the mask shows no more`() {
    let hit = scan("4000056655665556")[0]
    #expect(hit.first6 == 400_005 && hit.last4 == 5556)
    let masked = MaskedPAN(length: 16, first6: 400_005, last4: 5556, mask: .last4)
    #expect(masked.text == "************5556" && masked.bin == nil)
  }

  // MARK: - Class rates

  private func list(_ label: String, _ numbers: [String]) -> String {
    numbers.map { "\(label)\($0)\n" }.joined()
  }

  @Test func `a list of random ids is lowered by its Luhn rate`() {
    var random = SplitMix(seed: 1)
    let ids = (0..<300).map { _ in TestCards.id("4", 16, using: &random) }
    let hits = scan(list("item ", ids), minScore: -100)
    #expect(hits.count > 15)
    #expect(hits.allSatisfy { $0.score < 50 })
  }

  @Test func `a list of cards without a label is not lowered`() {
    var random = SplitMix(seed: 2)
    let cards = (0..<20).map { _ in TestCards.number("4", 16, using: &random) }
    #expect(scan(list("", cards)).count == 20)
  }

  @Test(arguments: 0..<5)
  func `verdicts do not depend on order or on parts`(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    var whole = ClassTable()
    var numbers: [(key: UInt64, digest: UInt64, passes: Bool)] = []
    for _ in 0..<6000 {
      let digest = random.next()
      numbers.append((random.next() % 12, digest, digest % 10 == 3))
    }
    func fill(
      _ table: inout ClassTable, _ some: some Sequence<(key: UInt64, digest: UInt64, passes: Bool)>
    ) {
      for one in some {
        table.count(
          key: one.key, length: 16, digest: one.digest,
          one.passes ? [.passesLuhn, .isNamed] : .isNamed, isBare: { one.digest % 3 == 0 }
        ) { "n" }
      }
    }
    fill(&whole, numbers)
    numbers.shuffle(using: &random)
    var parts = [ClassTable](repeating: ClassTable(), count: 5)
    for index in parts.indices {
      fill(&parts[index], numbers[(index * 1200)..<(index * 1200 + 1200)])
    }
    var merged = ClassTable()
    for part in parts { merged.merge(part) }
    for key in 0..<12 as Range<UInt64> {
      // More than 256 numbers a class: the sample is the same one.
      #expect(merged.entries[key]?.distinct == ClassTable.numbersMax)
      #expect(merged.entries[key]?.passLuhn == whole.entries[key]?.passLuhn)
      #expect(merged.verdict(of: key) == .luhnRate)
    }
    #expect(!merged.isFull)
  }

  @Test func `a full table keeps the same classes in any order and says so`() {
    let keys = (0..<3000).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    func table(_ keys: [UInt64]) -> ClassTable {
      var table = ClassTable()
      for key in keys {
        table.count(key: key, length: 16, digest: key, [.passesLuhn, .isNamed]) { "n" }
      }
      return table
    }
    let forward = table(keys)
    let backward = table(keys.reversed())
    #expect(forward.isFull && backward.isFull)
    #expect(forward.entries.count == ClassTable.classesMax)
    #expect(Set(forward.entries.keys) == Set(backward.entries.keys))
    #expect(Set(forward.entries.keys) == Set(keys.sorted().prefix(ClassTable.classesMax)))
  }
}
