import Core
import Foundation
import TestSupport
import Testing

@testable import Audit

/// What stands in corners of files that the usual reader of their format does not show.
@Suite(.enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)))
struct UnreadCornerTests {
  let scratch: Scratch
  let writer: ArchiveWriter
  let card = Array("info nothing\ncard=4111111111111111 exp 11/29\n".utf8)

  init() throws {
    scratch = try Scratch()
    writer = try #require(ArchiveWriter())
  }

  func scan(_ bytes: [UInt8]) throws -> Collector {
    try scratch.write("file", bytes)
    return try run([try scratch.source("file")])
  }

  // MARK: - Compressed

  /// What `zlib` makes of a line and a card; its first 32 bytes hold no control byte.
  static let zlib =
    "eJzLKC5KzSkpKC1OLklUKMgsykgvLyhSKCrILU3NKE0tzK1ILKtMTqss5kpOLEqxNTFEBQqpFQUKhob6RpZcAPzIGCM="

  @Test func `bare zlib is told by unpacking it`() throws {
    let bytes = Array(try #require(Data(base64Encoded: UnreadCornerTests.zlib)))
    let whole = try scan(bytes)
    #expect(whole.places == ["- 2 1111"])
    #expect(whole.findings.first?.encoding == ["zlib"])
    #expect(whole.reasons == [])
    #expect(try scan(Array(bytes.dropLast(6))).reasons == ["truncated-while-reading"])
  }

  @Test func `what an object of git holds is opened in an archive as well`() throws {
    let content = StoredDeflate.gzip(card)
    let object = StoredDeflate.zlib(Array("blob \(content.count)\0".utf8) + content)
    let text = StoredDeflate.zlib(Array("blob \(card.count)\0".utf8) + card)
    let members = [(".git/objects/ab/01", object), (".git/objects/ab/02", text)]
    let result = try scan(writer.pack(members.map { (name: $0.0, bytes: $0.1) }, "ustar"))
    #expect(result.places == [".git/objects/ab/01 2 1111", ".git/objects/ab/02 2 1111"])
    #expect(result.findings.map(\.encoding) == [["zlib", "gzip"], ["zlib"]])
  }

  /// - Parameter flag: of the field, as RFC 1952 numbers them.
  private func gzip(_ flag: UInt8, _ field: [UInt8]) -> [UInt8] {
    var bytes = StoredDeflate.gzip(Array("nothing\n".utf8))
    bytes[3] = flag
    return Array(bytes[..<10]) + field + bytes[10...]
  }

  @Test func `names, comments and fields in headers of gzip are read`() throws {
    let text = Array("card=4539578763621486".utf8)
    let field: [UInt8] = [0x41, 0x42, UInt8(text.count), 0] + text
    let files = [
      gzip(8, text + [0]), gzip(16, text + [0]), gzip(4, [UInt8(field.count), 0] + field),
      StoredDeflate.gzip(Array("nothing\n".utf8)) + gzip(16, text + [0]),
    ]
    for file in files {
      let result = try scan(file)
      #expect(result.places == ["in its headers 1 1486"])
      #expect(result.reasons == [])
    }
    #expect(try scan(gzip(8, Array("app-2026-11-29.log".utf8) + [0])).findings.isEmpty)
    let long = [UInt8](repeating: 0x61, count: 5000)
    #expect(try scan(gzip(16, long + [0])).reasons == ["over-limit"])
  }

  // MARK: - RTF

  @Test func `objects in a text of RTF are opened`() throws {
    func document(_ object: [UInt8]) -> [UInt8] {
      let digits = object.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      // As Word breaks them, anywhere.
      var lines = ""
      for (index, digit) in digits.enumerated() {
        lines.append(digit)
        if index % 21 == 20 { lines.append("\n") }
      }
      return Array("{\\rtf1 a {\\object\\objemb{\\*\\objdata 0105000002000000\n\(lines)}} b}".utf8)
    }
    let plain = try scan(document(Array("  card=4539578763621486 \0".utf8)))
    #expect(plain.findings.map(\.last4) == ["1486"])
    let packed = try scan(document(writer.compress(card, "gzip")))
    #expect(packed.places == ["object 1 2 1111"])
    #expect(packed.reasons == [])
    let archive = try scan(document(writer.pack([("a.log", card)], "zip")))
    #expect(archive.places.contains("object 1!a.log 2 1111"))
    let office: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
    #expect(
      try scan(document(office + [UInt8](repeating: 0, count: 600))).reasons == ["unsupported"])
  }

  // MARK: - Mails

  private func mail(_ first: String, _ type: String, _ coding: String, _ body: String) -> [UInt8] {
    Array(
      """
      \(first)
      From: a@example.org
      To: b@example.org
      Content-Type: multipart/mixed; boundary="edge"

      --edge
      Content-Type: \(type)
      Content-Transfer-Encoding: \(coding)

      \(body)
      --edge--

      """.utf8)
  }

  @Test(arguments: ["Lines: 5", "", "\u{FEFF}X-A: b", ">From a@b Mon"])
  func `attachments are opened whatever header comes first`(first: String) throws {
    let body = Data(writer.compress(card, "gzip")).base64EncodedString(
      options: [.lineLength76Characters, .endLineWithLineFeed])
    let result = try scan(mail(first, "application/gzip", "base64", body))
    #expect(result.places == ["part 1 2 1111"])
  }

  @Test(arguments: ["7bit", "base64"])
  func `a part that is said to be a page is read without its tags`(coding: String) throws {
    let page = "my card <b>5555</b> <i>5555</i> <b>5555</b> 4444"
    let body = coding == "base64" ? Data(page.utf8).base64EncodedString() : page
    #expect(
      try scan(mail("Lines: 1", "text/html; charset=utf-8", coding, body)).places
        == ["part 1 1 4444"])
    #expect(try scan(mail("Lines: 1", "text/plain", coding, body)).findings.isEmpty)
    #expect(try scan(Array("<div dir=\"ltr\">\(page)</div>".utf8)).places == ["- 1 4444"])
  }

  // MARK: - Tables

  /// Rows of a table as a page, a text document and one of OpenDocument.
  ///
  /// - Parameter marked: the first row is said to be one of names.
  private func tables(_ rows: [[String]], marked: Bool) throws -> [Collector] {
    func cells(_ row: [String], _ before: String, _ behind: String) -> String {
      row.map { before + $0 + behind }.joined(separator: "\n")
    }
    let words = String(repeating: "<p>Some words.</p>\n", count: 9)
    let html = rows.enumerated().map { index, row in
      let tag = marked && index == 0 ? "th" : "td"
      return "<tr>\n\(cells(row, "<\(tag)><span>", "</span></\(tag)>"))\n</tr>\n"
    }
    let word = rows.enumerated().map { index, row in
      "<w:tr>" + (marked && index == 0 ? "<w:trPr><w:tblHeader/></w:trPr>" : "")
        + cells(row, "<w:tc><w:p><w:r><w:t>", "</w:t></w:r></w:p></w:tc>") + "</w:tr>"
    }
    let open = rows.enumerated().map { index, row in
      let text =
        "<table:table-row>"
        + cells(row, "<table:table-cell><text:p>", "</text:p></table:table-cell>")
        + "</table:table-row>"
      return marked && index == 0
        ? "<table:table-header-rows>\(text)</table:table-header-rows>" : text
    }
    let paragraphs = String(repeating: "<w:p><w:r><w:t>Some words.</w:t></w:r></w:p>", count: 9)
    let lines = String(repeating: "<text:p>Some words.</text:p>", count: 9)
    let documents = [
      (
        "word/document.xml",
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>"
          + paragraphs + "<w:tbl>\(word.joined())</w:tbl></w:body></w:document>"
      ),
      (
        "content.xml",
        "<office:document-content><office:body><office:text>" + lines
          + "<table:table>\(open.joined())</table:table></office:text></office:body>"
          + "</office:document-content>"
      ),
    ]
    return try [scan(Array("<html>\(words)<table>\(html.joined())</table></html>".utf8))]
      + documents.map { try scan(writer.pack([($0.0, Array($0.1.utf8))], "zip")) }
  }

  @Test(arguments: [true, false])
  func `codes in cells of a table go by the names above them`(marked: Bool) throws {
    func expect(_ rules: [String], _ rows: [[String]]) throws {
      for result in try tables(rows, marked: marked) {
        #expect(result.findings.map(\.rule) == rules, "\(rows)")
      }
    }
    try expect(["cvv", "cvv"], [["Order", "CVV"], ["1", "737"], ["2", " 845 "]])
    try expect(["cvv"], [["Name", "Security code", "x"], ["Ann", "737", "200"]])
    // Once beside a number, too.
    try expect(
      ["pan", "cvv"],
      [["Order", "Card", "Exp", "CVV"], ["1", "4242424242424242", "12/27", "737"]])
    try expect([], [["Order", "Status"], ["1", "737"], ["2", "845"]])
    try expect([], [["Order", "CVV"], ["1", "yes"], ["737", "M"], ["2", "7"]])
  }

  @Test(arguments: ["colspan=2", "colspan=\"2\"", "class=x colspan='2'"])
  func `a cell over two columns counts as two`(span: String) throws {
    let page =
      "<html><table><tr><th>Name<th>City<th>CVV</tr>\n<tr><td \(span)>Jane</td><td>737</td></tr></table>"
    #expect(try scan(Array(page.utf8)).findings.map(\.rule) == ["cvv"])
  }

  @Test func `a name beside a cell counts for more than the words above it`() throws {
    for result in try tables([["Name", "Ann"], ["CVV:", "737"]], marked: false).dropFirst() {
      #expect(result.findings.map(\.rule) == ["cvv"])
    }
    let pairs = "<tr><td>Name</td><td>Ann</td></tr>\n<tr><td>CVV</td><td>737</td></tr>"
    // Once, though the page's bytes and its text hold it.
    for rows in [pairs, "<tr><td>CVV</td><td>737</td></tr>"] {
      #expect(
        try scan(Array("<html><table>\(rows)</table></html>".utf8)).findings.map(\.rule) == ["cvv"])
    }
    // Cells whose end is not written, and a table that is cut.
    let page = "<html><table><tr><th>Order<th>CVV<tr><td>1<td>737<tr><td>2<td>84"
    let result = try scan(Array(page.utf8))
    #expect(result.findings.map(\.rule) == ["cvv"])
    #expect(try scan(Array((page + "5").utf8)).findings.count == 2)
  }

  // MARK: - Markup

  @Test func `what a document holds beside its text is read`() throws {
    let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    func places(_ name: String, _ text: String) throws -> [String] {
      try scan(writer.pack([(name, Array(text.utf8))], "zip")).places
    }
    func document(_ inside: String) throws -> [String] {
      try places(
        "word/document.xml",
        "<w:document xmlns:w=\"\(word)\"><w:body><w:p w:rsidR=\"00A77B3E\"><w:r><w:t>a</w:t>\(inside)"
          + "</w:r></w:p></w:body></w:document>")
    }
    let found = ["word/document.xml!in its markup 2 1111"]
    #expect(try document("<wp:docPr id=\"1\" descr=\"card 4111111111111111\"/>") == found)
    #expect(try document("<!-- card 4111111111111111 -->") == found)
    #expect(try document("<wp:docPr id=\"1\" descr='cvv: 737'/>").count == 1)
    #expect(try document("<wp:docPr id=\"1\" descr=\"card 4111111111111112, cvv: x\"/>") == [])
    // What the text says is not said again.
    let sheet = """
      <worksheet xmlns="\(space)"><sheetData><row r="1"><c r="A1" t="str"><f>"card 4111111111111111"</f>
      <v>card 4111111111111111</v></c></row></sheetData>
      <headerFooter><oddHeader>card 5555555555554444</oddHeader></headerFooter></worksheet>
      """
    #expect(
      try places("xl/worksheets/sheet1.xml", sheet).map { $0.suffix(4) } == ["1111", "4444"])
    let open = """
      <office:document-content><office:body><office:spreadsheet><table:table table:name="t">
      <table:table-row><table:table-cell office:value="4111111111111111"/>
      <table:table-cell table:formula="of:=4111111111111111+0" office:value="4111111111111111"/>
      <table:table-cell xlink:href="https://x/?pan=5555555555554444"/></table:table-row>
      </table:table></office:spreadsheet></office:body></office:document-content>
      """
    #expect(
      try places("content.xml", open) == [
        "content.xml t/A 1111", "content.xml t/B 1111", "content.xml!in its markup 2 4444",
      ])
  }

  // MARK: - PDF

  /// - Parameter behind: what follows the end.
  private func pdf(_ extra: [[UInt8]], trailer: String = "", behind: [UInt8] = []) -> [UInt8] {
    let text = "BT /F1 9 Tf 40 780 Td (Invoice) Tj ET"
    let objects =
      [
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
          + "/Resources<</Font<</F1 5 0 R>>>>>>",
        "<</Length \(text.utf8.count)>>stream\n\(text)\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
      ].map { Array($0.utf8) } + extra
    var out = Array("%PDF-1.5\n".utf8)
    var table = "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
    for (index, object) in objects.enumerated() {
      let offset = String(out.count)
      table += String(repeating: "0", count: 10 - offset.count) + offset + " 00000 n \n"
      out += Array("\(index + 1) 0 obj\n".utf8) + object + Array("\nendobj\n".utf8)
    }
    let start = out.count
    let end =
      "trailer<</Size \(objects.count + 1)/Root 1 0 R\(trailer)>>\nstartxref\n\(start)\n%%EOF\n"
    return out + Array((table + end).utf8) + behind
  }

  private func stream(_ dictionary: String, _ bytes: [UInt8]) -> [UInt8] {
    Array("<<\(dictionary)>>stream\n".utf8) + bytes + Array("\nendstream".utf8)
  }

  @Test func `a page's text is told once, and nothing else is found in an empty file`() throws {
    let result = try scan(pdf([]))
    #expect(result.findings.isEmpty)
    #expect(result.reasons == [])
  }

  @Test func `notes and information that stand in a PDF as bytes are read, and what follows it`()
    throws
  {
    let title = Array("<</Title(card 4111 1111 1111 1111)>>".utf8)
    #expect(try scan(pdf([title])).findings.map(\.last4) == ["1111"])
    #expect(try scan(pdf([], behind: card)).findings.map(\.last4) == ["1111"])
    let packed = try scan(pdf([], behind: StoredDeflate.gzip(card)))
    #expect(packed.findings.contains { $0.encoding == ["gzip"] })
  }

  @Test(arguments: [true, false])
  func `objects and attachments that are packed in a PDF are opened`(saysLength: Bool) throws {
    let inner = StoredDeflate.zlib(StoredDeflate.gzip(card))
    let length = saysLength ? "/Length \(inner.count)" : "/Length 9 0 R"
    let file = stream("/Type/EmbeddedFile/Filter/FlateDecode\(length)", inner)
    let attached = try scan(pdf([file]))
    #expect(attached.places.contains("attachment 1 2 1111"))
    #expect(
      attached.findings.first { $0.location.member != nil }?.encoding == ["zlib", "gzip"])
    #expect(attached.reasons == [])
    let note = Array("5 0 <</Subtype/Text/Contents(4242 4242 4242 4242)>>".utf8)
    let objects = StoredDeflate.zlib(note)
    let packed = stream(
      "/Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length \(objects.count)", objects)
    #expect(try scan(pdf([packed])).places.contains("objects 1 1 4242"))
  }

  /// Packed, so that nothing of it is there as bytes.
  private func zlib(_ bytes: [UInt8]) -> [UInt8] {
    let sum = StoredDeflate.adler32(bytes)
    return [0x78, 0x9C] + writer.compress(bytes, "gzip").dropFirst(10).dropLast(8)
      + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
  }

  @Test func `text of a PDF that no page shows is read`() throws {
    func show(_ text: String) -> [UInt8] {
      let packed = zlib(Array("BT /F1 9 Tf 40 780 Td \(text) ET".utf8))
      return stream("/Filter/FlateDecode/Length \(packed.count)", packed)
    }
    for text in [
      "(card 4539578763621486) Tj", "[(card 4539)-20(57876362)10(14\\0706)] TJ",
      "<63617264 3435333935373837> Tj <36333632 31343836> Tj",
      "[(card)-300(4539)-250(5787)-250(6362)-250(1486)] TJ",
    ] {
      let result = try scan(pdf([show(text)]))
      #expect(result.findings.map(\.last4) == ["1486"], "\(text)")
      #expect(result.findings.first?.location.member == "text 2")
      #expect(result.reasons == [])
    }
    // Places on the page are no text, and an image is none.
    #expect(try scan(pdf([show("4539 5787 6362 1486 Td (card) Tj")])).findings.isEmpty)
    let image = zlib(Array("BT (card 4539578763621486) Tj ET".utf8))
    let drawn = stream(
      "/Subtype/Image/Filter/FlateDecode/Length \(image.count)", image)
    #expect(try scan(pdf([drawn])).findings.isEmpty)
  }

  @Test func `what a PDF holds beside its pages is told when it cannot be read`() throws {
    let other = stream("/Type/EmbeddedFile/Filter/LZWDecode/Length 4", [0x80, 0x0B, 0x60, 0x50])
    #expect(try scan(pdf([other])).reasons == ["unsupported"])
    #expect(try scan(pdf([], trailer: "/Encrypt 9 0 R")).reasons.contains("encrypted"))
  }

  @Test func `streams of a PDF beyond those that are read are told`() throws {
    func scan(streams count: Int) throws -> Collector {
      let empty = stream("/Type/Metadata/Length 1", [0x61])
      let card = Array("card=4111111111111111".utf8)
      let last = stream("/Type/EmbeddedFile/Length \(card.count)", card)
      return try self.scan(pdf([last] + Array(repeating: empty, count: count - 1)))
    }
    let most = try scan(streams: 10_000)
    #expect(most.reasons == [] && most.places.contains("attachment 1 1 1111"))
    #expect(try scan(streams: 10_001).reasons == ["over-limit"])
  }

  @Test func `what a cell or a mail holds beyond what is read of it is told`() throws {
    func sheet(_ count: Int) throws -> Collector {
      let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
      let text = "card 4111111111111111" + String(repeating: " word", count: count)
      let sheet =
        "<worksheet xmlns=\"\(space)\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>\(text)</v>"
        + "</c></row></sheetData></worksheet>"
      return try scan(writer.pack([("xl/worksheets/sheet1.xml", Array(sheet.utf8))], "zip"))
    }
    #expect(try sheet(10).reasons == [])
    let large = try sheet(400_000)
    #expect(large.reasons == ["over-limit"] && large.findings.map(\.last4) == ["1111"])

    func nested(_ depth: Int) throws -> Collector {
      var text = "From: a@example.org\nTo: b@example.org\n"
      for level in 0..<depth {
        text += "Content-Type: multipart/mixed; boundary=\"edge\(level)\"\n\n--edge\(level)\n"
      }
      text += "Content-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n"
      let body = Data(writer.compress(card, "gzip")).base64EncodedString()
      text += body + "\n" + (0..<depth).reversed().map { "--edge\($0)--\n" }.joined()
      return try scan(Array(text.utf8))
    }
    let known = try nested(60)
    #expect(known.reasons == [] && known.findings.count == 1)
    #expect(try nested(70).reasons == ["over-limit"])
  }

  // MARK: - Archives

  @Test func `files in the image of a disc are opened, and its bytes are read`() throws {
    try scratch.write("disc/a.gz", writer.compress(card, "gzip"))
    try scratch.write("disc/b.txt", "4242424242424242\n")
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "bsdtar", "-cf", scratch.path + "/d.iso", "--format", "iso9660", "-C", scratch.path + "/disc",
      ".",
    ]
    try process.run()
    process.waitUntilExit()
    let disc = Array(try Data(contentsOf: URL(filePath: scratch.path + "/d.iso")))
    let result = try scan(disc)
    #expect(result.places.contains { $0.hasSuffix("a.gz 2 1111") })
    #expect(result.places.contains { $0.hasSuffix("b.txt 1 4242") })
    #expect(result.findings.count { $0.last4 == "4242" } == 1)
    #expect(result.reasons == [])
    let packed = try scan(writer.pack([(name: "d.iso", bytes: disc)], "ustar"))
    #expect(packed.places.contains { $0.hasPrefix("d.iso!") && $0.hasSuffix("a.gz 2 1111") })
  }

  private func tarHeader(
    _ name: String, _ type: String, size: String = "00000000000", to link: String = ""
  ) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: Array(text.utf8))
    }
    put(name, at: 0)
    put("0000777", at: 100)
    put(size, at: 124)
    put(type, at: 156)
    put(link, at: 157)
    put("ustar", at: 257)
    put("4242424242424242", at: 297)
    put("        ", at: 148)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum, at: 148)
    header[154] = 0
    return header
  }

  @Test func `headers of a tar are read up to where it is cut, and told when they are lost`() throws
  {
    let owner = ["in its headers 1 4242"]
    let cut = try scan(tarHeader("a.log", "0", size: "00000001000") + card)
    #expect(cut.places == ["a.log 2 1111"] + owner)
    #expect(cut.reasons == ["truncated-while-reading"])
    let end = [UInt8](repeating: 0, count: 1024)
    #expect(try scan(tarHeader("b", "5") + end).reasons == [])
    // A hard link with bytes of its own, behind which the next header is not where it should be.
    let link = tarHeader("a", "1", size: "00000000055", to: "b") + card
    let filling = [UInt8](repeating: 0, count: 1024 - link.count)
    let lost = try scan(link + filling + tarHeader("b", "5") + end)
    #expect(lost.places == owner && lost.reasons == ["unsupported"])
  }

  @Test func `what fills the blocks and fields of a tar is read`() throws {
    let end = [UInt8](repeating: 0, count: 1024)
    func filled(_ text: String, _ count: Int) -> [UInt8] {
      Array(text.utf8) + [UInt8](repeating: 0, count: count - text.utf8.count)
    }
    let file = tarHeader("a.log", "0", size: "00000000005")
    let block = try scan(file + filled("hallo\0card=4539578763621486", 512) + end)
    #expect(block.places == ["in its headers 1 4242", "in its headers 2 1486"])
    #expect(block.reasons == [])
    let name = try scan(tarHeader("b\0card=4539578763621486", "5") + end)
    #expect(name.places == ["in its headers 1 4242", "in its headers 2 1486"])
  }

  /// RAR 4 and 5 with a comment and no members.
  private func rars(_ comment: [UInt8], isStored: Bool) -> [[UInt8]] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    func block(_ header: [UInt8]) -> [UInt8] {
      little(Int(StoredDeflate.crc32(header) & 0xFFFF), 2) + header
    }
    func newBlock(_ body: [UInt8]) -> [UInt8] {
      let header = [UInt8(body.count)] + body
      return little(Int(StoredDeflate.crc32(header)), 4) + header
    }
    let name = Array("CMT".utf8)
    let old = block(
      [0x7A, 0, 0x80] + little(35, 2) + little(comment.count, 4) + little(comment.count, 4) + [2]
        + little(Int(StoredDeflate.crc32(comment)), 4) + little(0, 4)
        + [29, isStored ? 0x30 : 0x33] + little(3, 2) + little(0, 4) + name)
    let first = block([0x73, 0, 0] + little(13, 2) + little(0, 6))
    let last = block([0x7B, 0, 0x40] + little(7, 2))
    let size = UInt8(comment.count)
    let new = newBlock(
      [3, 2, size, 4, size, 0] + little(Int(StoredDeflate.crc32(comment)), 4)
        + (isStored ? [0] : [0x80, 1]) + [0, 3] + name)
    return [
      Array("Rar!\u{1A}\u{7}\0".utf8) + first + old + comment + last,
      Array("Rar!\u{1A}\u{7}\u{1}\0".utf8) + newBlock([1, 0, 0]) + new + comment
        + newBlock([5, 0, 0]),
    ]
  }

  @Test func `the comment of a rar is read, or told when it is packed`() throws {
    let comment = Array("card=4539578763621486".utf8)
    for rar in rars(comment, isStored: true) {
      let result = try scan(rar)
      #expect(result.places == ["in its comment 1 1486"])
      #expect(result.reasons == [])
    }
    for rar in rars(comment, isStored: false) {
      #expect(try scan(rar).reasons == ["unsupported"])
    }
  }

  @Test func `where a link in an archive leads is read`() throws {
    let result = try scan(
      tarHeader("link", "2", to: "export-4111111111111111.csv") + [UInt8](repeating: 0, count: 1024)
    )
    #expect(result.places == ["link 1 1111", "in its headers 1 4242"])
  }

  @Test func `sheets of a workbook go by their names`() throws {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    let members = [
      (
        "xl/worksheets/sheet1.xml",
        "<worksheet xmlns=\"\(space)\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is>"
          + "<t>card 4111111111111111</t></is></c></row></sheetData></worksheet>"
      ),
      (
        "xl/workbook.xml",
        "<workbook><sheets><sheet name=\"Orders &amp; cards\" sheetId=\"1\" r:id=\"rId7\"/>"
          + "</sheets></workbook>"
      ),
      (
        "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"rId7\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
      ),
    ]
    let result = try scan(writer.pack(members.map { ($0.0, Array($0.1.utf8)) }, "zip"))
    #expect(result.findings.map(\.location.table) == ["Orders & cards"])
  }

  @Test func `parts of a document of Numbers are told`() throws {
    let members = [(name: "Index/Document.iwa", bytes: [0, 4, 0, 0, 3, 8, 0x61, 0x62] as [UInt8])]
    #expect(try scan(writer.pack(members, "zip")).reasons == ["unsupported"])
  }
}
