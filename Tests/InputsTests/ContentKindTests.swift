import Core
import Native
import TestSupport
import Testing

@testable import Inputs

/// Content is told by its first bytes.
@Suite struct ContentKindTests {
  @Test(arguments: [
    "", "P", "PK", "BZh9 is a way to begin a sentence", "Rar", "From here on all is text\n",
    "From: only one header\n\ntext", "0707070123 is an order number, 4111111111111111 a card\n",
    "070701,4111111111111111,11/29\n", "7z", "<note>", "{\"rtf\": 1}", "%PD", "MSCF is an acronym",
    "Subject: a line of a log\nlevel: info\n", "SQLite format 4\n", "ORCHARD,APPLES\n1,2\n",
    "FEA1 is a magic, 4111111111111111 a card\n", "REDIS0_URL=redis://localhost\n",
    "REDIS0011 is down\n", "hsqs,4111111111111111,11/29\n", "!BDN,4111111111111111\n",
    "0\n\u{0B}\u{0C}\n" + String(repeating: "A", count: 80),
    "xar! 4111111111111111\n", "24-lh5- is a part of the shelf, 4111111111111111\n",
    "Salted__caramel,4111111111111111\n", "U2FsdGVkX18 is how it begins, 4111111111111111\n",
    "U2FsdGVkX18=,4111111111111111 11/29\n", "U2FsdGVkX1example\n", "x^2 + y^2 = z^2\n",
    "x^2", "Physical,4111111111111111\n", "> From here on\n", "<pages>", "<p:x>",
    "Title: a\nDate: b\n",
    "<?xml version=\"1.0\"?><a>4111111111111111</a>\n", "https://example.org/From: x\nTo: y\n",
  ])
  func `text that begins like a container is none`(text: String) {
    let head = Array(text.utf8)
    #expect(ContentKind(head) == .plain)
    #expect(Documents.kind(head) == nil)
  }

  /// The heads of files as their writers make them.
  @Test(
    arguments: [
      ("ORC", [0x11, 0, 0, 0x0A]), ("FEA1", [0, 0, 0, 0, 0x41]), ("REDIS0011", [0xFA, 0x09, 0x72]),
      ("REDIS0006", [0xFE, 0x00]), ("REDIS0011", [0xFF, 0x41, 0x42, 0x43]),
      ("hsqs", [0x07, 0, 0, 0]),
      ("!BDN", [0x41, 0x42, 0x43, 0x44, 0x53, 0x4D, 0x17, 0]), ("xar!", [0, 0x1C, 0, 1]),
      ("$A-lh5-AAAAAAAAAAAA ", [1, 5, 0x61]), ("$A-lh5-AAAAAAAAAAAA ", [0, 5, 0x61]),
      ("Salted__AAAAAAAAAAAAAAAAAAAA", [0x9F, 0x41, 0x41, 0x41]),
      ("Salted__AAAAAAAAAAAAAAAAAAAA", [0x01, 0x41, 0x41, 0x41]),
      ("U2FsdGVkX1+vupppZksvRf5pq5g5XjFRlipRkwB0K1Y=", [0x0A]),
      ("U2FsdGVkX18AAAAAAAAAAEFBQUFBQUFBQUFB", [0x0D, 0x0A, 0x51, 0x55, 0x46, 0x42]),
    ] as [(String, [UInt8])])
  func `what cannot be read is told by what stands behind its letters`(
    letters: String, rest: [UInt8]
  ) {
    let head = Array(letters.utf8) + rest
    guard case .unreadable = ContentKind(head) else {
      Issue.record("\(ContentKind(head))")
      return
    }
  }

  @Test(arguments: [
    ("\u{FE}\u{01}\u{02}", "shop/cards.MYD", "MyISAM"),
    ("\u{03}\0\u{15}\u{01}", "cards.myd", "MyISAM"),
    ("\u{FF}A NAME  ", "CARDS.MYD", "MyISAM"), ("\0\0\0\0\0\0\0\u{01}", "shop/cards.MAD", "Aria"),
  ])
  func `rows of a table without their index are told by their name`(
    start: String, name: String, server: String
  ) {
    let head = start.unicodeScalars.map { UInt8($0.value) } + [0x41, 0x42, 0x43, 0x44]
    guard case .unreadable(let kind) = ContentKind(head, name: Array(name.utf8)) else {
      Issue.record("\(ContentKind(head, name: Array(name.utf8)))")
      return
    }
    #expect(kind.detail.contains(server) && kind.reason == .unsupported)
    // Neither a text of that name nor such bytes of another.
    #expect(ContentKind(Array("4111111111111111\n".utf8), name: Array(name.utf8)) == .plain)
    #expect(ContentKind(head, name: Array((name + ".x").utf8)) == .plain)
    #expect(ContentKind(head) == .plain)
  }

  /// The first bytes of files that keep tables, logs and documents in forms of their own.
  @Test(
    arguments: [
      ("a journal", "LPKSHHRH", [:]), ("a binary log", "\u{FE}bin", [:]),
      ("a sheet", "\u{81}\u{01}\0", [:]), ("MyISAM", "\u{FE}\u{FE}\u{07}\u{01}", [:]),
      ("MyISAM", "\u{FE}\u{FE}\u{08}\u{02}", [:]), ("Aria", "\u{FE}\u{FE}\u{09}\u{03}", [:]),
      ("Aria", "\u{FE}\u{FE}\u{0A}\u{01}", [:]),
      ("InnoDB", "Phys\0", [:]),
      ("the contents of a directory dump", "PGDMP\u{01}\u{0E}\0\u{04}\u{08}\u{03}", [:]),
      (
        "a workbook of Excel 2003",
        "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
        [:]
      ),
      ("PostgreSQL", "", [12: 0x1C, 15: 0x20, 17: 0x20, 18: 4, 19: 0x20]),
      ("a log of a PostgreSQL", "\u{0D}\u{D1}\u{02}", [34: 0, 35: 1, 37: 0x20]),
      ("InnoDB", "", [25: 8, 37: 5, 41: 5, 49: 6]),
      ("dBase", "\u{03}\u{7C}\u{0B}\u{1F}", [8: 0x61, 10: 9, 32: 0x43]),
      ("dBase", "\u{30}\u{7C}\u{01}\u{01}", [8: 0x68, 9: 1, 10: 9, 32: 0x63]),
      ("property list", "bplist00\u{D1}\u{1}", [:]),
      ("TNEF", "\u{78}\u{9F}\u{3E}\u{22}", [:]),
    ] as [(String, String, [Int: UInt8])])
  func `what a server or another program keeps for itself is told`(
    name: String, start: String, bytes: [Int: UInt8]
  ) {
    var head = start.unicodeScalars.map { UInt8($0.value) }
    head += [UInt8](repeating: 0, count: 512 - head.count)
    for (at, byte) in bytes { head[at] = byte }
    guard case .unreadable(let kind) = ContentKind(head) else {
      Issue.record("\(ContentKind(head))")
      return
    }
    #expect(kind.name.contains(name))
    #expect(kind.reason == .unsupported)
  }

  @Test(arguments: [
    "ARC-Seal: i=1", "User-Agent: x", "Thread-Topic: x", "Sender: x", "Importance: high",
    "Status: RO",
    "List-Id: x", "Lines: 5", "Xref: x", "X-Spam-Flag: NO\n folded", "", "\r\n", "\u{FEFF}Lines: 2",
    ">From a@b Mon Jan  1 00:00:00 2024", "Microsoft Mail Internet Headers Version 2.0",
  ])
  func `a mail is told by some of its headers, whatever comes first`(first: String) {
    let kind = Documents.kind(Array("\(first)\nFrom: a@b\nX-A: b\nTo: c@d\n\nbody\n".utf8))
    #expect(kind is MailMessage)
  }

  @Test func `a mail is told behind its length, and a list of lengths is none`() {
    let mail = "From: a@b\nX-A: b\nTo: c@d\n\nbody\n"
    #expect(Documents.kind(Array("432       \n\(mail)".utf8)) is MailMessage)
    for start in ["432 4\n", "432:\n", "\n432\n433\n", "432", "432\nnothing\n"] {
      #expect(Documents.kind(Array((start + mail).utf8)) == nil)
    }
  }

  @Test(arguments: [
    "<div dir=\"ltr\">", "<p>", "<TABLE\nborder=0>", "\n<br/>", "<span class=x>", "<h1>",
  ])
  func `a piece of a page is a page`(start: String) {
    #expect(Documents.kind(Array("\(start)4111</div>".utf8)) is HTMLPage)
  }

  @Test func `a page of zeros or of digits is no tar archive`() {
    #expect(ContentKind([UInt8](repeating: 0, count: 4096)) == .plain)
    #expect(ContentKind([UInt8](repeating: 0x30, count: 4096)) == .plain)
    #expect(ContentKind([UInt8](repeating: 0x20, count: 4096)) == .plain)
  }

  @Test func `documents are told apart`() {
    func kind(_ text: String) -> String {
      Documents.kind(Array(text.utf8)).map { "\(type(of: $0))" } ?? "none"
    }
    #expect(kind("\u{FEFF}<!DOCTYPE HTML><p>") == "HTMLPage")
    #expect(kind("  <html lang='en'>") == "HTMLPage")
    #expect(kind("<svg>") == "none")
    #expect(kind("{\\rtf1\\ansi x}") == "RTFDocument")
    #expect(kind("%PDF-1.7\n") == "PDFDocument")
    #expect(kind("Received: by x\nFrom: a@b\nTo: c@d\nDate: now\n\n") == "MailMessage")
    #expect(kind("From a@b Mon\nFrom: a@b\nTo: c@d\nDate: now\n\n") == "Mailbox")
  }

  private func text(_ filter: any TextFilter, _ source: String, step: Int) -> String {
    var out: [UInt8] = []
    var rest = Array(source.utf8)[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(step))
      piece.withUnsafeBytes { filter.feed($0, into: &out) }
      rest = rest.dropFirst(step)
    }
    filter.finish(into: &out)
    return String(decoding: out, as: UTF8.self)
  }

  @Test(arguments: [1, 2, 3, 7, 1000])
  func `text is the same wherever the bytes are cut`(step: Int) {
    let page = "<html><p class=\"a>b\">41&#49;1<b>1</b>&amp;<!-- 9 --><![CDATA[22<]]></p>\n<i>3</i>"
    #expect(text(XMLScanner(HTMLText()), page, step: step) == "\r\r41111&22<\r\n3")
    let rich =
      "{\\rtf1{\\fonttbl 99}{\\*\\x 98}\\'34\\u50?1\\par\\b 1\\b0 2\\~3\\bin-99999999999 4}"
    #expect(text(RTFText(), rich, step: step).hasPrefix("421\n12 3"))
  }

  @Test func `lines of a page stay where they are`() {
    let page = "<html>\n<p\nclass=x>\n4111<b>\n</b>1111\n</p>"
    // By bytes: a return and a line feed are one character.
    let lines = text(XMLScanner(HTMLText()), page, step: 5).utf8.split(
      separator: 0x0A, omittingEmptySubsequences: false)
    #expect(lines.firstIndex { Substring($0).contains("4111") } == 3)
  }

  @Test func `base64 and quoted-printable are decoded`() {
    func decoded(_ coding: MailCoding, _ lines: [String]) -> String {
      var decoder = MailDecoder(coding)
      var out: [UInt8] = []
      for line in lines { decoder.feed(Array(line.utf8)[...], into: &out) }
      decoder.finish(into: &out)
      return String(decoding: out, as: UTF8.self)
    }
    #expect(decoded(.base64, ["aGVs\r\n", "bG8=\r\n"]) == "hello")
    #expect(decoded(.base64, ["aGVsbG8"]) == "hello")
    #expect(decoded(.quotedPrintable, ["a=3Db =\r\n", "c=\n", "d=4\n"]) == "a=b cd=4\n")
  }

  @Test func `numbers of a sheet are spelled out`() {
    func spelled(_ text: String) -> String {
      String(decoding: SheetCell.number(Array(text.utf8)), as: UTF8.self)
    }
    #expect(spelled("4.11111111111111E+15") == "4111111111111110")
    #expect(spelled("4111111111111111") == "4111111111111111")
    #expect(spelled("37.5") == "37.5")
    #expect(spelled("1E400") == "1E400")
    #expect(spelled("-3.78282246310005E14") == "378282246310005")
  }

  @Test func `random bytes in what is read beside members do no harm`() {
    var random = SplitMix(seed: 6160)
    let words = [
      "BT ", "ET ", "(", ")", "<", ">", "[", "] TJ", "\\", "\\objdata ", "{", "}", "7", "\n",
    ]
    for _ in 0..<400 {
      let noise = (0..<Int.random(in: 0...200, using: &random)).map { _ in
        // Small numbers are sizes and flags that are believed.
        UInt8.random(in: 0...(Bool.random(using: &random) ? 9 : 255), using: &random)
      }
      for magic in ["Rar!\u{1A}\u{7}\0", "Rar!\u{1A}\u{7}\u{1}\0"] {
        _ = RARComment(Array(magic.utf8) + noise)
      }
      _ = PackedBody().recognises(Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + noise, name: "")
      _ = PackedBody.embedded(in: noise)
      let text =
        noise + (0..<60).flatMap { _ in Array((words.randomElement(using: &random) ?? "").utf8) }
      for filter in [PDFText(), RTFText()] as [any TextFilter] {
        var out: [UInt8] = []
        text.withUnsafeBytes { filter.feed($0, into: &out) }
        filter.finish(into: &out)
        #expect(out.count + filter.takeObjects().reduce(0) { $0 + $1.count } <= 2 * text.count)
      }
    }
  }

  /// A disc's descriptor, in a stream that promises more than it keeps.
  private final class Once: ByteStream {
    private let bytes = [UInt8](repeating: 0, count: 32769) + Array("CD001".utf8) + [0, 0, 0, 0]
    private var offset = 0
    override var seekableBytes: Int? { bytes.count }
    override func seek(to offset: Int) { self.offset = offset }
    override func nextBlock() -> UnsafeRawBufferPointer? {
      defer { offset = bytes.count }
      return bytes.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[offset...]) }
    }
  }

  @Test func `a disc that cannot be read twice is told`() {
    let walk = ContainerWalk(
      ContainerMember(chain: nil, stream: Once()), place: "d.iso",
      budget: ExpansionBudget(InputOptions().containers), sizes: ReadSizes())
    while walk.next() != nil { continue }
    #expect(walk.outcome.notExamined.map(\.reason) == [.readError])
  }
}
