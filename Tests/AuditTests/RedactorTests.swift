import Audit
import Core
import Detection
import Foundation
import Native
import TestSupport
import Testing

/// What goes through a redactor comes out with its card data masked and everything else as it was.
@Suite struct RedactorTests {
  private func redacted(_ bytes: [UInt8], pieces: [Int] = []) -> [UInt8] {
    let redactor = Redactor(detector)
    var out: [UInt8] = []
    var at = 0
    for size in pieces + [bytes.count] {
      let end = min(bytes.count, at + size)
      bytes[at..<end].withUnsafeBytes { piece in
        do {
          try redactor.take(piece, isLast: false) { part throws(WriteFailure) in out += part }
        } catch {
          Issue.record("\(error)")
        }
      }
      at = end
    }
    do {
      try redactor.take(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) {
        part throws(WriteFailure) in out += part
      }
    } catch {
      Issue.record("\(error)")
    }
    return out
  }

  private func redacted(_ text: String) -> String {
    String(decoding: redacted(Array(text.utf8)), as: UTF8.self)
  }

  @Test(arguments: [
    ("pay 4242424242424242 now\n", "pay XXXXXXXXXXXX4242 now\n"),
    ("card 5555-5555-5555-4444, cvv: 123\n", "card XXXX-XXXX-XXXX-4444, cvv: XXX\n"),
    (
      #"{"card":4242424242424242,"cvv":737}"# + "\n",
      #"{"card":9000000000004242,"cvv":0  }"# + "\n"
    ),
    (#"{"card":"4242424242424242","cvv":"737"}"#, #"{"card":"XXXXXXXXXXXX4242","cvv":"XXX"}"#),
    (
      "INSERT INTO cards (number, cvv) VALUES (4242424242424242, 737);\n",
      "INSERT INTO cards (number, cvv) VALUES (9000000000004242, 0  );\n"
    ),
    ("number,cvv\n4242424242424242,737\n", "number,cvv\nXXXXXXXXXXXX4242,XXX\n"),
    (
      #"{"card_number":["4242","4242","4242","4242"]}"#,
      #"{"card_number":["XXXX","XXXX","XXXX","4242"]}"#
    ),
    (#"{"card_number":[4242,4242,4242,4242]}"#, #"{"card_number":[9999,9999,9999,4242]}"#),
    (
      "POST card1=4242&card2=4242&card3=4242&card4=4242\n",
      "POST card1=XXXX&card2=XXXX&card3=XXXX&card4=4242\n"
    ),
    ("order 1234567890123 shipped\n", "order 1234567890123 shipped\n"),
    ("log [4242424242424242, 5]\n", "log [9000000000004242, 5]\n"),
    (
      #"{"x":"\u003cPan\u003e4242424242424242\u003c/Pan\u003e\u003cCvv\u003e737\u003c"}"#,
      #"{"x":"\u003cPan\u003eXXXXXXXXXXXX4242\u003c/Pan\u003e\u003cCvv\u003eXXX\u003c"}"#
    ),
    (
      #"{"x":"card\u00a04242\u00a04242\u00a04242\u00a04242"}"#,
      #"{"x":"card\u00a0XXXX\u00a0XXXX\u00a0XXXX\u00a04242"}"#
    ),
    (
      #"pan=\x34\x32\x34\x32\x34\x32\x34\x32\x34\x32\x34\x32\x34\x32\x34\x32"#,
      #"pan=\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x58\x34\x32\x34\x32"#
    ),
    (
      #"pan=4\x324\x324\x324\x324\x324\x324\x32\u0034\u0032"#,
      #"pan=X\x58X\x58X\x58X\x58X\x58X\x584\x32\u0034\u0032"#
    ),
    (#"pan=4242\x204242\x204242\x204242"#, #"pan=XXXX\x20XXXX\x20XXXX\x204242"#),
    ("pan=4242424242424242-2026-12-31\n", "pan=XXXXXXXXXXXX4242-2026-12-31\n"),
    (
      "{\"card_number\":4242424242424242.0}\n", "{\"card_number\":9000000000004242.0}\n"
    ),
    (
      "# dump\n{\"cards\":[\n    5555555555554444,\n    4242424242424242,\n    4111111111111111\n  ]}\n",
      "# dump\n{\"cards\":[\n    9000000000004444,\n    9000000000004242,\n    9000000000001111\n  ]}\n"
    ),
    ("a,b,\n4242424242424242,x,\n", "a,b,\nXXXXXXXXXXXX4242,x,\n"),
    ("Dear Ann,\n4242424242424242\n", "Dear Ann,\nXXXXXXXXXXXX4242\n"),
    ("{\n  \"card\" : -4242424242424242\n}\n", "{\n  \"card\" : -9000000000004242\n}\n"),
    ("\u{FEFF}[1,\n  4242424242424242,\n 2]", "\u{FEFF}[1,\n  9000000000004242,\n 2]"),
  ])
  func `a line keeps its shape`(given: String, expected: String) {
    #expect(redacted(given) == expected)
  }

  @Test(arguments: Encoder.allCases)
  func `encoded card data cannot be decoded any more`(encoder: Encoder) {
    let text = #"{"card_number":"4242424242424242","cvc":"737"}"#
    let out = redacted(Array("body=".utf8) + encoder.encode(text) + Array(" end\n".utf8))
    #expect(out.starts(with: "body=".utf8) && out.suffix(5).elementsEqual(" end\n".utf8))
    // What went through once holds nothing more to mask.
    #expect(redacted(out) == out, "\(encoder)")
  }

  /// A number, a track and a code in every spelling that is found, one in another and in wide text too:
  /// what comes out is the same whatever the digits were, but for the last four of a number.
  @Test(arguments: Encoder.allCases)
  func `what is masked says nothing of the digits`(outer: Encoder) {
    let samples = [
      ("card_number=4539876543291111", "card_number=4539123456471111"),
      (
        "swipe ;4539876543291111=29111010000000000? end",
        "swipe ;4539123456471111=30121011234500000? end"
      ),
      ("cvv=737&id=x", "cvv=258&id=x"),
    ]
    let inner: [Encoder?] = [
      nil, .sourceEscapes, .jsonEscapes, .percent, .entitiesHex, .base64, .hex, .arabicIndic,
      .persian, .devanagari,
    ]
    for (first, second) in samples {
      for inner in inner {
        func spelled(_ text: String) -> [UInt8] {
          let text = inner.map { String(decoding: $0.encode(text), as: UTF8.self) } ?? text
          return outer.encode("RECORD 1 \(text) END OF RECORD")
        }
        // Forms of letters of base64 are longer than those, and may be cut.
        if outer == .base64InForm, inner != nil { continue }
        let orders: [String.Encoding?] =
          inner == nil && !outer.isDump ? [nil, .utf16LittleEndian, .utf16BigEndian] : [nil]
        for wide in orders {
          func masked(_ text: String) -> (changed: Bool, bytes: [UInt8]) {
            var bytes = Array("body\n".utf8) + spelled(text) + Array("\nend\n".utf8)
            if let wide {
              bytes = Array(String(decoding: bytes, as: UTF8.self).data(using: wide) ?? Data())
            }
            let out = redacted(bytes)
            return (out != bytes, out)
          }
          let (one, other) = (masked(first), masked(second))
          let what: Comment = "\(outer) of \(inner.map { "\($0)" } ?? "") \(wide as Any): \(first)"
          #expect(one.changed || inner != nil || wide != nil, what)
          // The length of some forms depends on the character.
          if one.changed, other.changed, one.bytes.count == other.bytes.count {
            #expect(one.bytes == other.bytes, what)
          }
          #expect(redacted(one.bytes) == one.bytes, what)
        }
      }
    }
  }

  @Test(arguments: [0xFF10, 0x06F0, 0x0660, 0x0966])
  func `other digits in wide text are masked`(zero: UInt32) {
    let number = "4242424242424242".unicodeScalars.compactMap {
      Unicode.Scalar(zero + $0.value - 0x30).map(String.init)
    }.joined()
    for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
      let bytes = Array("card \(number) paid\n".data(using: encoding) ?? Data())
      let out = String(data: Data(redacted(bytes)), encoding: encoding)
      #expect(out == "card XXXXXXXXXXXXXXXX paid\n")
    }
  }

  @Test func `nothing of a track or a key stays`() {
    let track = ";4242424242424242=29111010000000000?"
    let out = redacted("swipe \(track) end\n")
    #expect(out.hasPrefix("swipe ") && out.hasSuffix(" end\n"))
    #expect(!out.contains("2911101") && !out.contains("4242"))
    #expect(out.utf8.count == "swipe \(track) end\n".utf8.count)
  }

  @Test func `wide text is masked in its own encoding`() {
    let text = "card 4242424242424242 paid\n"
    for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
      let bytes = Array(text.data(using: encoding) ?? Data())
      let out = String(data: Data(redacted(bytes)), encoding: encoding)
      #expect(out == "card XXXXXXXXXXXX4242 paid\n")
    }
    let wide = "card 4242424242424242 paid\n".map { c in
      c.isNumber ? String(UnicodeScalar(0xFF10 + UInt32(String(c))!)!) : String(c)
    }.joined()
    let out = redacted(wide)
    #expect(out.contains("ＸＸＸＸＸＸＸＸＸＸＸＸ４２４２"))
  }

  @Test func `what is encoded as a whole goes as a whole`() {
    let text = Data("card_number=4242424242424242&cvv=737".utf8).base64EncodedString()
    let out = redacted("body: \(text) end\n")
    #expect(
      out.hasPrefix("body: ") && out.hasSuffix(" end\n") && out.contains("XXXXXXXXXXXXXXXXXX"))
    #expect(redacted(out) == out)
  }

  /// Cut anywhere: no byte lost, none moved, the same text, and a scan of it finds nothing.
  @Test(arguments: 0..<12)
  func `pieces of a stream give what the whole gives`(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    var text = ""
    var planted: [String] = []
    for row in 0..<200 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0:
        let number = TestCards.number("4", 16, using: &random)
        planted.append(number)
        text += "row \(row) card=\(number) cvv=\(Int.random(in: 100...999, using: &random)) ok\n"
      case 1:
        let number = TestCards.number("51", 16, using: &random)
        planted.append(number)
        text += "{\"id\":\(row),\"card_number\":\(number),\"exp\":\"11/29\"}\n"
      case 2:
        text +=
          String(repeating: "lorem ipsum ", count: Int.random(in: 0...40, using: &random)) + "\n"
      default: text += "GET /items/\(row) 200 \(Int.random(in: 0...99_999, using: &random))\n"
      }
    }
    let bytes = Array(text.utf8)
    let whole = redacted(bytes)
    let pieces = (0..<400).map { _ in Int.random(in: 1...300, using: &random) }
    #expect(redacted(bytes, pieces: pieces) == whole)
    let out = String(decoding: whole, as: UTF8.self)
    #expect(out.split(separator: "\n").count == text.split(separator: "\n").count)
    for number in planted { #expect(!out.contains(number)) }
    for line in out.split(separator: "\n") where line.hasPrefix("{") {
      #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil)
    }
    #expect(redacted(whole) == whole, "what is redacted does not find itself again")
  }

  @Test func `a line without an end goes out in pieces`() {
    let number = "4242424242424242"
    let line = String(repeating: "abc def ", count: 40_000) + number
    let out = redacted(Array(line.utf8), pieces: Array(repeating: 5000, count: 64))
    #expect(out.count == line.utf8.count)
    #expect(!String(decoding: out, as: UTF8.self).contains(number))
  }
}
