import Core
import TestSupport
import Testing

@testable import Detection

/// Card data behind encodings: found with the chain named, and nothing else found.
@Suite struct EncodingTests {
  enum Kind: String, CaseIterable, Sendable {
    case plain, grouped, track, code

    var rule: RuleID {
      switch self {
      case .plain, .grouped: .pan
      case .track: .track2
      case .code: .cvv
      }
    }

    /// What holds the value, before it is encoded.
    func text(_ value: String, seed: Int) -> String {
      switch self {
      case .plain, .grouped:
        return [
          #"{"id":\#(seed),"card_number":"\#(value)","holder":"A NAME"}"#,
          "order \(seed) card=\(value)&amount=12", "card number: \(value)",
        ][seed % 3]
      case .track: return "swipe \(value) end"
      case .code:
        return [#"{"cvc":"\#(value)","ok":true}"#, "cvv=\(value)&id=x", "cvv: \(value) done"][
          seed % 3]
      }
    }

    func value(using random: inout SplitMix) -> String {
      let number = TestCards.number(
        ["4539", "5301", "6011"].randomElement(using: &random)!, 16, using: &random)
      switch self {
      case .plain: return number
      case .grouped:
        return TestCards.grouped(number, [4, 4, 4, 4], Bool.random(using: &random) ? " " : "-")
      case .track: return ";\(number)=2911101\(TestCards.id("", 9, using: &random))?"
      case .code: return TestCards.id("7", 3, using: &random)
      }
    }

    /// As long as a value and none.
    func lookAlike(using random: inout SplitMix) -> String {
      let number = TestCards.number("4539", 16, using: &random)
      let wrong = number.dropLast() + "\((Int(number.suffix(1))! + 3) % 10)"
      switch self {
      case .plain: return String(wrong)
      case .grouped: return TestCards.grouped(String(wrong), [4, 4, 4, 4], " ")
      case .track: return ";\(wrong)=2911101000000000?"
      case .code: return ["match", "12", "83921", "***"].randomElement(using: &random)!
      }
    }
  }

  /// Kinds that an encoding has: soft breaks leave codes that lie on one line as they are, and the
  /// punctuation of a plain number has no percent form.
  static let cells: [(Encoder, Kind)] = Encoder.allCases.flatMap { encoder in
    Kind.allCases.map { (encoder, $0) }
  }

  @Test(arguments: cells)
  func `card data behind an encoding is found`(encoder: Encoder, kind: Kind) {
    var random = SplitMix(seed: UInt64(encoder.rawValue.utf8.count) &* 31 &+ 7)
    var named = 0
    var wrong: [(seed: Int, found: Int)] = []
    for seed in 0..<24 {
      let text = kind.text(kind.value(using: &random), seed: seed)
      let hits = scan(Self.surrounded(encoder, text, seed))
      let found = hits.filter { $0.rule == kind.rule }
      // What a dump shows as text beside its rows is found there as well.
      let isRight = found.count == 1 || encoder.isDump && found.count == 2
      if !isRight { wrong.append((seed, found.count)) }
      // Where the encoding leaves the value as it is, nothing is decoded for it.
      if found.first?.encodings.names.last == encoder.name { named += 1 }
    }
    #expect(wrong.isEmpty, "\(encoder) \(kind)")
    if !Self.leavesAsIs(encoder, kind) {
      #expect(named == 24, "\(encoder) \(kind): the chain is named \(named) times")
    }
  }

  private static func leavesAsIs(_ encoder: Encoder, _ kind: Kind) -> Bool {
    switch encoder {
    case .percentPunctuation, .percentTwice, .jsonPunctuation, .quotedPrintable, .softBreaks,
      .quotedPunctuation, .xxd, .xxdFours, .hexdump, .reversedWords, .bits:
      true
    case .ansi: kind == .code
    default: false
    }
  }

  @Test(arguments: cells)
  func `look-alikes behind an encoding are left`(encoder: Encoder, kind: Kind) {
    var random = SplitMix(seed: 77)
    var wrong: [(seed: Int, found: [RuleID])] = []
    for seed in 0..<24 {
      let text = kind.text(kind.lookAlike(using: &random), seed: seed)
      let hits = scan(Self.surrounded(encoder, text, seed))
      if !hits.isEmpty { wrong.append((seed, hits.map(\.rule))) }
    }
    #expect(wrong.isEmpty, "\(encoder) \(kind)")
  }

  /// The encoded text as a value in a line, or with lines around.
  private static func surrounded(_ encoder: Encoder, _ text: String, _ seed: Int) -> [UInt8] {
    let coded = encoder.encode(text)
    switch encoder {
    case _ where encoder.hasRows || encoder == .hexLines || encoder == .base64Wrapped:
      return Array("dump\n".utf8) + coded + Array("\nend\n".utf8)
    case .ebcdic:
      return encoder.encode("RECORD \(seed) ") + coded + encoder.encode(" END OF RECORD\n")
    default:
      return Array("2024-03-16 10:11:1\(seed % 10) body=".utf8) + coded + Array(" status=ok\n".utf8)
    }
  }

  @Test(arguments: Encoder.allCases)
  func `wherever an edge falls the same is found`(encoder: Encoder) {
    let scanner = Detection.Scanner(detector)
    for text in [
      #"{"card_number":"4242424242424242","x":1}"#, #"{"cvc":"737","order":"abc"}"#,
      "card 4242-4242-4242-4242 ok",
    ] {
      let bytes = Self.surrounded(encoder, text, 3)
      let whole = told(scanner, bytes, owned: [0..<bytes.count])
      #expect(!whole.isEmpty, "\(encoder) \(text)")
      for edge in 1..<bytes.count {
        expectSame(
          Told.once(whole),
          Told.once(told(scanner, bytes, owned: [0..<edge, edge..<bytes.count])),
          "\(encoder) \(text) at \(edge)")
      }
    }
  }

  @Test(arguments: Encoder.allCases)
  func `a long text is scanned as in one piece`(encoder: Encoder) {
    let scanner = Detection.Scanner(detector)
    var random = SplitMix(seed: 5)
    var text = ""
    var count = 0
    while text.utf8.count < 24_000 {
      text +=
        #"{"id":"k\#(count)","card_number":"\#(TestCards.number("4539", 16, using: &random))"},"#
      text += String(repeating: "lorem ipsum ", count: Int.random(in: 0...9, using: &random))
      count += 1
    }
    let bytes = Self.surrounded(encoder, text, 1)
    let whole = told(scanner, bytes, owned: [0..<bytes.count])
    #expect(whole.filter { $0.rule == "pan" }.count == count, "\(encoder)")
    for most in [333, 5000, 30_000] {
      var edges: [Range<Int>] = []
      var low = 0
      while low < bytes.count {
        let high = min(bytes.count, low + Int.random(in: 1...most, using: &random))
        edges.append(low..<high)
        low = high
      }
      let parts = told(scanner, bytes, owned: edges)
      #expect(Set(whole.map(\.offset)) == Set(parts.map(\.offset)), "\(encoder) \(most)")
    }
  }

  @Test(arguments: [
    ([Encoder.base64, .base64], ["base64", "base64"]),
    ([.percent, .base64], ["base64", "percent"]),
    ([.hex, .base64], ["base64", "hex"]),
    ([.base64, .hex], ["hex", "base64"]),
    ([.entities, .base64], ["base64", "html-entities"]),
    ([.base64, .base64, .base64], ["base64", "base64", "base64"]),
    ([.percent, .percentPunctuation], ["percent", "percent"]),
    ([.arabicIndic, .base64], ["base64", "unicode-digits"]),
  ])
  func `chains are named outermost first`(encoders: [Encoder], names: [String]) {
    var text = #"{"card_number":"4242424242424242"}"#
    for encoder in encoders { text = String(decoding: encoder.encode(text), as: UTF8.self) }
    let hits = scan("payload=\(text)\n")
    #expect(hits.map(\.encodings.names) == [names])
    #expect(hits.first?.rule == .pan)
  }

  @Test(arguments: [
    "4242424242424242", "5555555555554444", "378282246310005", "4222222222222",
  ])
  func `a bare number in base64 takes its name from outside`(number: String) {
    let coded = String(decoding: Encoder.base64.encode(number), as: UTF8.self)
    for text in ["card_number=\(coded)", #"{"pan":"\#(coded)"}"#] {
      let hits = scan(text)
      #expect(hits.map(\.rule) == [.pan], "\(text.prefix(10))")
      #expect(hits.first?.evidence.contains(.label) == true)
    }
  }

  @Test func `a hit covers its encoded form`() {
    let text = "card=%34242424242424242;"
    #expect(scan(text).map { $0.offset..<$0.endOffset } == [5..<23])
    let coded = String(decoding: Encoder.base64.encode("card 4242424242424242"), as: UTF8.self)
    let hits = scan("x: \(coded)")
    #expect(hits.map(\.endOffset) == [3 + coded.utf8.count])
    #expect(hits.map(\.offset) == [3 + 6])
  }

  @Test(arguments: 0..<6)
  func `random bytes in base64 and hex hold nothing`(seed: Int) {
    var random = SplitMix(seed: UInt64(seed) + 900)
    let bytes = (0..<60_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let latin = String(decoding: bytes.map { $0 & 0x7F }, as: UTF8.self)
    for text in [
      "key: \(Self.base64(bytes))", "key: \(Self.hex(bytes))", "\(Self.base64(Array(latin.utf8)))",
    ] {
      let hits = scan(text)
      #expect(hits.isEmpty, "seed \(seed): \(hits.map { ($0.rule, $0.encodings.names) })")
    }
    #expect(scan(bytes).isEmpty)
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var out = ""
    for at in stride(from: 0, to: bytes.count - 2, by: 3) {
      let bits = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
      for shift in [18, 12, 6, 0] { out.append(letters[bits >> shift & 63]) }
    }
    return out
  }

  @Test(arguments: [
    // Lists of numbers, versions, addresses and dates; columns of numbers.
    "[52, 53, 49, 300, 52, 53, 49, 53, 52, 53, 49, 53, 52, 53, 49]", "34-32-34-32-9f-00-34-32-34",
    "192.168.100.200, 192.168.101.201", "[12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28]",
    "  3234 3234 3234 3234 3234 3234 3234 2e30",
    // MAC addresses, finger prints, times; addresses and other numbers in hex; words of a fraction.
    "aa:bb:cc:dd:ee:ff 42:42:42:42:42:42:42:42:42:42", "10:11:12:13:14:15:16:17:18:19:20",
    "SHA256 34:32:34:32:34:32:9f:00:34:32:34:32:34:32:34:32:34:32:34:32",
    "{0x34, 0x32, 0x34, 0x1234, 0x34, 0x32, 0x34, 0x32, 0x34, 0x32, 0x34, 0x32, 0x34}",
    "0000000 3234 3234 3234 3234 3234 3234 3234 2e30\n",
  ])
  func `what only looks like a dump of a number is left`(text: String) {
    #expect(scan("\(text)\n").isEmpty)
  }

  @Test(arguments: [
    ("5A:08:42:42:42:42:42:42:42:42:5F:24:03:29:11:30", ["hex-dump", "bcd"]),
    (
      "0x34,0x32,0x34,0x32,0x34,0x32,0x34,0x32,0x34,0x32,0x34,0x32,0x34,0x32,0x34,0x32",
      ["hex-dump"]
    ),
    ("0000000 32343234 32343234 32343234 32343234\n0000020\n", ["hex-dump"]),
  ])
  func `bytes are read however they are listed`(text: String, chain: [String]) {
    #expect(scan("x \n\(text)\n").map(\.encodings.names) == [chain])
  }

  @Test(arguments: [
    // Of a digit each in fields of four, as `od -c` and `hexdump -c` write them.
    "0000000   p   a   n   :       4   5   3   9   5   7   8   7   6   3   6\n"
      + "0000020   2   1   4   8   6  \\n\n0000026\n",
    #"{"type":"Buffer","data":[112,97,110,58,32,52,53,51,57,53,55,56,55,54,51,54,50,49,52,56,54]}"#,
    "byte[] = 112, 97, 110, 58, 32, 52, 53, 51, 57, 53, 55, 56, 55, 54, 51, 54, 50, 49, 52, 56, 54",
    " 160 141 156 072 040 064 065 063 071 065 067 070 067 066 063 066\n 062 061 064 070 066 012\n",
    "00110100 00110101 00110011 00111001 00110101 00110111 00111000 00110111 00110110 00110011"
      + " 00110110 00110010 00110001 00110100 00111000 00110110",
  ])
  func `bytes are read however their values are written`(text: String) {
    let hits = scan("dump\n\(text)\n")
    #expect(hits.map(\.rule) == [.pan])
    #expect(hits.first?.encodings.names == ["byte-values"])
  }

  // MARK: - Chips and messages

  @Test(arguments: [
    ("tag 5A 08 42 42 42 42 42 42 42 42 5F 24 03 29 11 30", RuleID.pan, ["hex-dump", "bcd"]),
    (
      "57 13 42 42 42 42 42 42 42 42 D2 91 12 01 00 00 00 00 00 00 0F", .track2,
      ["hex-dump", "bcd"]
    ),
    ("5a 08 37 82 82 24 63 10 00 5f 5f 24 03 29 11 30", .pan, ["hex-dump", "bcd"]),
    ("5A084242424242424242", .pan, []),
    ("0200723800010808800016424242424242424200000000000010000316101112", .pan, []),
    ("0100F23C648108E08000000000000000000016424242424242424200000000000010000316", .pan, []),
  ])
  func `chip data and messages are read`(text: String, rule: RuleID, chain: [String]) {
    let hits = scan(text)
    #expect(hits.map(\.rule) == [rule])
    #expect(hits.map(\.encodings.names) == [chain])
    // One digit off.
    #expect(
      scan(text.replacing("4242 42", with: "4242 43").replacing("42424242", with: "42424243"))
        .filter { rule == .pan || $0.rule == rule }.count <= (text.contains(" ") ? 1 : 0))
  }

  @Test func `tags and messages in binary are read`() {
    let pan: [UInt8] = [0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42]
    let wrong: [UInt8] = [0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x43]
    // Processing code, amount, time and trace number.
    let amount: [UInt8] = [
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x00, 0x03, 0x16, 0x10, 0x11, 0x12, 0x00,
      0x00, 0x01,
    ]
    let head: [UInt8] = [0x02, 0x00, 0x72, 0x20, 0x00, 0x01, 0x08, 0x08, 0x80, 0x00, 0x16]
    let track: [UInt8] =
      [0x57, 0x13] + pan
      + [0xD2, 0x91, 0x12, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0F]
    let cases: [(right: [UInt8], wrong: [UInt8], RuleID)] = [
      ([0x5A, 0x08] + pan, [0x5A, 0x08] + wrong, .pan),
      (head + pan + amount, head + wrong + amount, .pan),
      (track, track.map { $0 == 0xD2 ? 0x02 : $0 }, .track2),
    ]
    for (right, other, rule) in cases {
      for lead in [1, 63, 64, 200] {
        let before = [UInt8](repeating: 0xFE, count: lead)
        let hits = scan(before + right + [0x9F, 0x36, 0x02, 0x01, 0x02] + before)
        #expect(hits.map(\.rule) == [rule], "\(rule) after \(lead)")
        #expect(hits.map(\.encodings.names) == [["bcd"]])
        #expect(scan(before + other + [0x9F, 0x36, 0x02] + before).isEmpty)
      }
    }
  }

  @Test(arguments: [
    #"{"raw":"{\"cvv\":\"737\"}"}"#, #"{"raw":"{\"a\":\"{\\\"cvv\\\":\\\"737\\\"}\"}"}"#,
    #"a:1:{s:3:"cvv";s:3:"737";}"#, #"a:1:{s:3:"cvv";i:737;}"#,
    #"{"raw":"card 1\ncvv: 737\nend"}"#, "card%5Bcvc%5D=737",
  ])
  func `a code in quotes in quotes is found`(text: String) {
    #expect(scan(text).map(\.rule) == [.cvv])
  }

  @Test(arguments: [
    #"{"raw":"{\"no\":\"4242424242424242\"}"}"#,
    #"{"raw":"{\"a\":\"{\\\"no\\\":\\\"4242424242424242\\\"}\"}"}"#,
    #"a:1:{s:2:"no";s:16:"4242424242424242";}"#, #"{"raw":"pan:\n4242424242424242\nend"}"#,
    "DE2=4242424242424242", "card%5Bnumber%5D=4242+4242+4242+4242",
  ])
  func `a number in quotes in quotes is found`(text: String) {
    #expect(scan(text).map(\.rule) == [.pan])
  }
}
