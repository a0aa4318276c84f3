import Core
import Foundation
import TestSupport
import Testing

/// Shapes that card data has in text, and shapes that only resemble it: one file each, scanned as a
/// tree.
@Suite(.enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)))
struct ShapeTests {
  @Test func `all shapes that should be found are, and four fifths of the rest`() throws {
    let rows = Shape.positives
    let found = try findings(rows.map(\.bytes))
    var missed: [(tier: Shape.Tier, name: String)] = []
    for (row, findings) in zip(rows, found) where !row.expected.isSubset(of: findings) {
      missed.append((row.tier, row.name))
    }
    var lines = ["shapes: tier, found of rows"]
    for tier in Shape.Tier.allCases {
      let count = rows.count { $0.tier == tier }
      let lost = missed.filter { $0.tier == tier }.map(\.name)
      lines.append(
        "\(tier.rawValue): \(count - lost.count)/\(count)"
          + (lost.isEmpty ? "" : ", missed: " + lost.joined(separator: "; ")))
      if tier == .stretch {
        #expect((count - lost.count) * 5 >= count * 4, "\(lost)")
      } else {
        #expect(lost == [])
      }
    }
    print(lines.joined(separator: "\n"))
  }

  @Test func `no look-alike is reported`() throws {
    let found = try findings(Shape.negatives.map { Array($0.text.utf8) })
    for (row, findings) in zip(Shape.negatives, found) {
      #expect(findings == [], "\(row.name)")
    }
  }

  /// Rule and last four digits of what is found in each file.
  private func findings(_ files: [[UInt8]]) throws -> [Set<String>] {
    let scratch = try Scratch()
    for (index, bytes) in files.enumerated() { try scratch.write("\(index)", bytes) }
    let result = try ContainerFixtures.scan(path: scratch.path, threads: 2)
    #expect(result.reasons == [])
    var all = [Set<String>](repeating: [], count: files.count)
    for finding in result.findings {
      let name = finding.location.path?.split(separator: "/").last ?? ""
      all[try #require(Int(name))].insert(
        [finding.rule, finding.last4].compactMap { $0 }
          .joined(separator: " "))
    }
    return all
  }
}

/// One shape.
struct Shape {
  enum Tier: String, CaseIterable { case should = "S", stretch = "X" }

  var tier: Tier
  var name: String
  var bytes: [UInt8]
  /// Rules, with the last four digits where a rule has some.
  var expected: Set<String>

  private static func row(
    _ tier: Tier, _ name: String, _ text: String, _ expected: String...
  ) -> Shape {
    Shape(
      tier: tier, name: name, bytes: Array(text.utf8),
      expected: expected.isEmpty ? ["pan 4242"] : Set(expected))
  }

  private static func row(
    _ tier: Tier, _ name: String, _ bytes: [UInt8], _ expected: String...
  ) -> Shape {
    Shape(
      tier: tier, name: name, bytes: bytes,
      expected: expected.isEmpty ? ["pan 4242"] : Set(expected))
  }

  /// A number of the issuer, made to pass the check digit.
  private static func number(_ prefix: String, _ length: Int) -> String {
    var random = SplitMix(seed: UInt64(prefix.utf8.reduce(7) { $0 * 31 + Int($1) }))
    var digits = prefix
    while digits.count < length - 1 { digits += "\(Int.random(in: 0...9, using: &random))" }
    for last in 0...9 {
      let sum = (digits + "\(last)").reversed().enumerated().reduce(0) { sum, item in
        let digit = item.element.wholeNumberValue ?? 0
        let twice = digit * 2
        return sum + (item.offset % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice)
      }
      if sum % 10 == 0 { return digits + "\(last)" }
    }
    return digits
  }

  private static func brand(_ tier: Tier, _ name: String, _ prefix: String, _ length: Int) -> Shape
  {
    let number = number(prefix, length)
    return row(tier, name, "card number: \(number)\n", "pan \(number.suffix(4))")
  }

  private static func utf16(_ text: String, isBig: Bool) -> [UInt8] {
    text.utf16.flatMap { unit -> [UInt8] in
      let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
      return isBig ? [high, low] : [low, high]
    }
  }

  private static func wide(_ text: String, _ lead: [UInt8], _ zero: UInt8) -> [UInt8] {
    text.utf8.flatMap { $0 &- 0x30 < 10 ? lead + [zero + ($0 - 0x30)] : [$0] }
  }

  private static let card = "4242424242424242"
  private static let json = #"{"card_number":"4242424242424242","status":"paid"}"#

  static let positives: [Shape] =
    [
      row(.should, "dots", "paid with 4242.4242.4242.4242 today"),
      row(.should, "no-break spaces", "paid with 4242\u{A0}4242\u{A0}4242\u{A0}4242 today"),
      row(.should, "tabs", "card\t4242\t4242\t4242\t4242\n"),
      row(.stretch, "slashes", "card 4242/4242/4242/4242"),
      row(.stretch, "underscores", "card 4242_4242_4242_4242"),
      row(.stretch, "two spaces", "card 4242  4242  4242  4242"),
      row(.stretch, "thin spaces", "card 4242\u{2009}4242\u{2009}4242\u{2009}4242"),
      row(.stretch, "non-breaking hyphens", "card 4242\u{2011}4242\u{2011}4242\u{2011}4242"),
      row(.should, "19 digits, 4-4-4-4-3", "card 6205 5000 0000 0000 004", "pan 0004"),
      row(.should, "19 digits, 6-13", "card 620550 0000000000004", "pan 0004"),
      brand(.should, "maestro", "6759", 16), brand(.should, "mir", "220012", 16),
      brand(.should, "rupay", "652150", 16), brand(.should, "elo", "636368", 16),
      brand(.should, "hipercard", "606282", 16), brand(.should, "troy", "979201", 16),
      brand(.should, "dankort", "501934", 16), brand(.stretch, "verve", "506112", 16),
      brand(.stretch, "interpayment", "636012", 16), brand(.stretch, "uatp", "135412", 15),
      brand(.stretch, "uzcard", "860033", 16), brand(.stretch, "humo", "986012", 16),
      row(
        .should, "JSON in JSON twice",
        #"{"log":"{\"raw\":\"{\\\"card_number\\\":\\\"4242424242424242\\\"}\"}"}"#),
      row(
        .should, "JSON escapes",
        "{\"card_number\":\"" + card.utf8.map { "\\u00\(String($0, radix: 16))" }.joined()
          + "\"}"),
      row(
        .stretch, "some JSON escapes",
        "{\"card_number\":\""
          + card.utf8.enumerated().map {
            $0.offset % 3 == 0 ? "\\u00\(String($0.element, radix: 16))" : "\($0.element - 0x30)"
          }.joined() + "\"}"),
      row(.should, "XML attribute", "<pay card-number=\"4242424242424242\" ok=\"1\"/>"),
      row(.should, "CDATA", "<pay><card><![CDATA[4242424242424242]]></card></pay>"),
      row(
        .stretch, "percent digits",
        "GET /pay?card=" + card.utf8.map { "%\(String($0, radix: 16))" }.joined()),
      row(
        .stretch, "SQL hex literal",
        "INSERT INTO c (id, pan) VALUES (1, 0x"
          + card.utf8.map { String($0, radix: 16) }.joined() + ");\n"
      ),
      row(
        .should, "HTML attribute",
        "<html><body><input name=card value=\"4242424242424242\"></body></html>"),
      row(.should, "HTML spaces", "<html><body>4242&nbsp;4242&nbsp;4242&nbsp;4242</body></html>"),
      row(.stretch, "digit entities", "<p>card: " + card.utf8.map { "&#\($0);" }.joined() + "</p>"),
      row(
        .stretch, "a span a group",
        "<html><body>card "
          + (0..<4).map { _ in "<span>4242</span>" }.joined(separator: " ") + "</body></html>"
      ),
      row(.should, "base64 of JSON", Array("payload=".utf8) + Encoder.base64.encode(json)),
      row(
        .should, "JWT",
        Array("Authorization: Bearer ".utf8) + Encoder.base64url.encode(#"{"alg":"HS256"}"#) + [
          0x2E
        ] + Encoder.base64url.encode(json) + Array(".c2lnbmF0dXJl".utf8)),
      row(.should, "hex of ASCII", Array("body=".utf8) + Encoder.hex.encode(json)),
      row(.stretch, "bare base64", Encoder.base64.encode("card 4242424242424242")),
      row(.stretch, "hex dump", Encoder.xxd.encode(json)),
      row(.should, "full width, UTF-8", Array("卡号".utf8) + wide(card, [0xEF, 0xBC], 0x90)),
      row(.should, "full width, GBK", [0xBF, 0xA8, 0xBA, 0xC5] + wide(card, [0xA3], 0xB0)),
      row(.should, "full width, Shift-JIS", wide("card: " + card, [0x82], 0x4F)),
      row(.stretch, "Arabic-Indic digits", Encoder.arabicIndic.encode("card: " + card)),
      row(.should, "UTF-16 without mark", utf16("card number 4242424242424242 ok\n", isBig: false)),
      row(
        .should, "UTF-16 big without mark",
        utf16("card number 4242 4242 4242 4242 ok\n", isBig: true)),
      row(.stretch, "EBCDIC", Encoder.ebcdic.encode("DOE JANE CARD 4242424242424242 EXP 1129")),
      row(.should, "colours", "\u{1B}[32mcard\u{1B}[0m=\u{1B}[1m4242424242424242\u{1B}[0m ok"),
      row(
        .should, "punctuation beside it", "(4242424242424242)[4242424242424242]<4242424242424242>"),
      row(.should, "letters beside it", "PAN4242424242424242EXP"),
      row(.stretch, "underscores beside it", "x_4242424242424242_y"),
      row(
        .should, "split at a group", "card: 4242 4242\n4242 4242\nthank you", "split-pan 4242"),
      row(
        .should, "quoted-printable break",
        "Content-Transfer-Encoding: quoted-printable\n\ncard: 42424242=\r\n42424242 thanks"),
      row(.should, "quoted-printable blanks", "card: 4242=204242=204242=204242 thanks"),
      row(.stretch, "hard wrap", "card number: 42424242\n42424242\nexp 11/29 cvv 737\n"),
      row(
        .should, "binary record",
        [1, 0, 0, 7] + Array(card.utf8) + [UInt8](repeating: 0, count: 16) + [2, 9]),
      row(
        .stretch, "UTF-16 in binary",
        [1, 0x80, 0xFF, 0] + utf16(card, isBig: false) + [0, 0, 0xFE, 0x90]),
      row(.should, "track 2 bare", "data 4242424242424242=29112010000012300000 end", "track2 4242"),
      row(
        .should, "track 2 with D", "track2: 4242424242424242D29112010000012300000F", "track2 4242"),
      row(.should, "EMV 5A", "9F26085A0842424242424242425F24032911015F34"),
      row(
        .should, "EMV 57, spaced", "57 11 42 42 42 42 42 42 42 42 D2 91 12 01 00 00 00 00 0F",
        "track2 4242"),
      row(
        .stretch, "ISO 8583 ASCII",
        "0200723005800CC080001642424242424242420000000000000010001129120000123456120000"
          + "11291229129912345678"
      ),
      row(
        .stretch, "ISO 8583 BCD",
        [
          0x02, 0x00, 0x72, 0x30, 0x05, 0x80, 0x0C, 0xC0, 0x80, 0x00, 0x16, 0x42, 0x42, 0x42, 0x42,
          0x42, 0x42, 0x42, 0x42, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00,
        ]),
      row(.should, "code alone", #"{"cvc":"737","amount":12}"#, "cvv"),
      row(
        .should, "code in a sentence", "the customer said the security code is 737 and left", "cvv"),
      row(.should, "code in JSON in JSON", #"{"raw":"{\"cvv\":\"737\"}"}"#, "cvv"),
      row(
        .should, "code in SQL", "INSERT INTO c (pan, cvv) VALUES ('4242424242424242','737');\n",
        "cvv", "pan 4242"),
      row(.should, "code in CSV", "id,cvv,city\n1,737,Bonn\n2,123,Ulm\n", "cvv"),
      row(.should, "Chinese code", "安全码：737", "cvv"),
      row(.should, "Japanese code", "セキュリティコード：737", "cvv"),
      row(.should, "German code", "Prüfziffer: 737 Kartenprüfnummer: 737", "cvv"),
      row(.should, "French code", "cryptogramme visuel : 737", "cvv"),
      row(.should, "Spanish code", "código de seguridad: 737", "cvv"),
      row(.should, "number, expiry, code", "4242424242424242 11/29 737", "pan 4242", "cvv"),
    ]

  static let negatives: [(name: String, text: String)] = [
    (
      "parameters that begin with 20",
      "?order2=202223003122003222&a1=204242424242424242&t1=20378282246310005&cvv2=20737&cvv2=202612"
    ),
    ("masked", "424242******4242 XXXX-XXXX-XXXX-4242 ****4242 bin=424242 last4=4242"),
    ("fails Luhn", "card=4242424242424241 card_number: 4111 1111 1111 1112"),
    ("in a UUID", "id 42424242-4242-4242-8242-424242424242"),
    ("in a hash", "sha256 9f4242424242424242aa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5"),
    ("hex literal", "at 0x4242424242424242 in main"),
    ("longer number", "ref 94242424242424242424242421"),
    ("decimal fraction", "ratio 0.4242424242424242 and -3.4111111111111111"),
    ("phone", "tel:+4912345678901 call +44 7700 900123"),
    ("IMEI", "imei: 356938035643809 IMEISV 3569380356438091"),
    ("ICCID and SIRET", "iccid 8949020000123456784, SIRET 73282932000074"),
    ("IBAN", "DE89 3704 0044 0532 0130 00 GB82WEST12345698765432"),
    ("EAN, GTIN, ISBN", "EAN 4006381333931 GTIN 04006381333931 ISBN 9783161484100"),
    ("epoch", "ts=1760000000000 us=1760000000000000 ns=1760000000000000000"),
    ("date-times", "20240131235959 2024013123595912"),
    ("blocks", "Received block blk_4242424242424242424 of size 67108864"),
    ("snowflakes", "user 1146087424242424242 trace 4611686018427387904"),
    ("processor ids", "cus_4QZ42424242 pi_3Nf42424242424242 ch_1A2b3C4d5E6f"),
    ("repeats", "0000 0000 0000 0000 1111111111111111 1234567890123456"),
    ("IPv6 and OIDs", "4242:4242:4242:4242::1 1.3.6.1.4.1.4242.4242.4242.4242"),
    ("SVG path", "<svg><path d=\"M4242 4242 L4242.5 4242.25 42.42 42.42Z\"/></svg>"),
    ("prices", "4242.00 4242.00 4242.00\n4111.50 4111.50 4111.50\n"),
    ("rules about cards", "^4[0-9]{12}(?:[0-9]{3})?$ 424242-424299 #### #### #### ####"),
    ("words", "cvv_result: M cvvLength = 3 cvv.js:12:40 enter your CVV cvc_check: pass"),
    ("random base64", "c2hhMjU2OmFiY2RlZjAxMjM0NTY3ODk= Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="),
    ("lock file", "\"integrity\": \"sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ==\""),
  ]
}
