import Core
import Foundation
import TestSupport
import Testing

/// What is found in which container, and where it is said to lie.
@Suite(.enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)))
struct ContainerTests {
  /// File, places, and what `encoding` says of the first.
  static let expected: [(file: String, places: [String], encoding: [String])] = [
    ("a.gz", ["- 2 1111"], ["gzip"]),
    ("noname", ["- 2 1111"], ["gzip"]),
    ("twice.gz.gz", ["- 2 1111"], ["gzip", "gzip"]),
    ("joined.gz", ["- 3 1111"], ["gzip"]),
    ("a.bz2", ["- 2 1111"], ["bzip2"]),
    ("a.xz", ["- 2 1111"], ["xz"]),
    ("a.lzma", ["- 2 1111"], ["lzma"]),
    ("a.zst", ["- 2 1111"], ["zstd"]),
    ("a.lz4", ["- 2 1111"], ["lz4"]),
    ("t.tar", ["logs/app.log 2 1111"], []),
    ("t.tar.gz", ["logs/app.log 2 1111", "logs/b.log.gz 2 1111"], []),
    ("t.tar.bz2", ["app.log 2 1111"], []),
    ("t.tar.xz", ["app.log 2 1111"], []),
    ("t.tar.Z", ["app.log 2 1111"], []),
    ("b.7z", ["app.log 2 1111"], []),
    ("b.cpio", ["app.log 2 1111"], []),
    ("new.cpio", ["app.log 2 1111"], []),
    ("b.ar", ["app.log 2 1111"], []),
    ("r.rar", ["app.log 2 1111"], []),
    (
      "outer.zip",
      [
        "x/app.log 2 1111", "inner.tar.gz!logs/app.log 2 1111", "q.zip!deep.txt 2 1111",
        "b.7z!app.log 2 1111",
      ], []
    ),
    ("lib.jar", ["c.properties 2 1111"], []),
    ("stored.zip", ["a.txt 2 1111"], []),
    ("db.gz", ["- cards/number 1111"], ["gzip"]),
    ("db.tar.gz", ["v/x.db cards/number 1111", "after.log 2 1111"], []),
    ("d.docx", ["word/document.xml 2 1111"], []),
    ("p.pptx", ["ppt/slides/slide1.xml 1 1111"], []),
    ("t.odt", ["content.xml 1 1111"], []),
    ("s.ods", ["content.xml Cards/card number 1111"], []),
    (
      "x.xlsx",
      [
        "xl/worksheets/sheet1.xml sheet1/PAN 4444",
        "xl/worksheets/sheet1.xml sheet1/Card number 1111",
        "xl/worksheets/sheet1.xml sheet1/cvv cvv", "xl/worksheets/sheet1.xml sheet1/PAN 0005",
      ], []
    ),
    ("m.eml", ["- 12 1111", "f.zip!x.txt 2 1111"], ["quoted-printable"]),
    (
      "box.mbox",
      [
        "- 13 1111", "- 37 1111",
        "message 1!f.zip!x.txt 2 1111",
        "message 2!f.zip!x.txt 2 1111",
      ], ["quoted-printable"]
    ),
    ("page.html", ["- 5 4242", "- 4 1111"], []),
    ("r.rtf", ["- 1 1111"], []),
    ("h.har", ["- 1 1111"], []),
    ("i.pdf", ["page 1 2 1111"], []),
    ("p.zip", ["doc/i.pdf!page 1 2 1111"], []),
    ("tail.gz", ["behind its end 2 1111"], []),
    ("tail.bz2", ["behind its end 1 1111"], []),
    ("long.bz2", ["behind its end 300002 1111"], []),
    ("tail.lz4", ["- 2 1111", "behind its end 2 1111"], ["lz4"]),
    ("tail.lzma", ["behind its end 2 1111"], []),
    ("tail.tar", ["behind its end 2 1111"], []),
    ("two.tar", ["a.log 2 1111", "behind its end!b.log 2 1111"], []),
    ("two.tar.gz", ["a.log 2 1111", "behind its end!b.log 2 1111"], []),
    ("two.cpio", ["app.log 2 1111", "behind its end!app.log 2 1111"], []),
    ("tail.7z", ["app.log 2 1111", "behind its end 2 1111"], []),
    ("tail.zip", ["behind its end 2 1111"], []),
    ("comment.zip", ["behind its end 2 1111"], []),
    ("noted.zip", ["unlisted at 94 2 1111"], []),
    ("field.zip", ["unlisted at 35 2 1111", "unlisted at 183 2 1111"], []),
    ("small.zip", ["unlisted at 35 1 1111", "unlisted at 119 1 1111"], []),
    ("gap.zip", ["unlisted at 43 1 1111"], []),
    (
      "owned.tar",
      [
        "b.log 2 1111", "in its headers 1 1111", "in its headers 2 1881", "in its headers 4 4444",
      ], []
    ),
    ("large.zip", ["unlisted at 43 2 1111"], []),
    ("tail.ar", ["app.log 2 1111", "behind its end 2 1111"], []),
    ("tail.rar", ["behind its end 2 1111"], []),
    ("run.jar", ["c.properties 2 1111"], []),
    ("run.exe", ["a.txt 2 1111"], []),
    ("photo.jpg", ["a.txt 2 1111"], []),
    ("text.zip", ["a.txt 2 1111", "before its beginning 2 1111"], []),
    ("end.txt", ["- 2 1111"], []),
    ("runs.tar", ["run.pyz!a.py 2 1111"], []),
    ("a.zlib", ["- 2 1111"], ["zlib"]),
    ("text.zlib", ["- 1 1111"], []),
    ("late.pdf", ["page 1 1 1111"], []),
  ]

  @Test(arguments: expected)
  func `each number is found once and at its place`(
    file: String, places: [String], encoding: [String]
  ) throws {
    let result = try ContainerFixtures.scan("good/" + file)
    #expect(result.places == places)
    #expect(result.findings.first?.encoding == encoding)
    #expect(result.reasons == [])
  }

  @Test func `every file that is made is looked for`() throws {
    let made = try FileManager.default.contentsOfDirectory(
      atPath: ContainerFixtures.folder + "/good")
    #expect(Set(made) == Set(Self.expected.map(\.file)))
  }

  @Test func `a mail is opened behind its length and before what Apple's program adds`() throws {
    let scratch = try Scratch()
    let card = Array("info nothing\ncard=4111111111111111 exp 11/29\n".utf8)
    let packed = try #require(ArchiveWriter()).compress(card, "gzip")
    let mail = """
      From: a@example.org
      To: b@example.org
      Content-Type: multipart/mixed; boundary="edge"

      --edge
      Content-Type: application/gzip; name="a.gz"
      Content-Transfer-Encoding: base64

      \(Data(packed).base64EncodedString())
      --edge--

      """
    let file = "\(mail.utf8.count)       \n\(mail)<?xml version=\"1.0\"?><plist></plist>\n"
    try scratch.write("1.emlx", Array(file.utf8))
    let result = try ContainerFixtures.scan(path: scratch.path + "/1.emlx")
    #expect(result.places == ["a.gz 2 1111"])
    #expect(result.reasons == [])
  }

  @Test func `a stream is read as the file is`() throws {
    let file = ContainerFixtures.folder + "/good/outer.zip"
    let fifo = ContainerFixtures.folder + "/fifo-\(UUID().uuidString)"
    #expect(mkfifo(fifo, 0o600) == 0)
    let writer = Process()
    writer.executableURL = URL(filePath: "/bin/sh")
    writer.arguments = ["-c", "cat \"$0\" > \"$1\"", file, fifo]
    try writer.run()
    let result = try ContainerFixtures.scan(path: fifo, threads: 2)
    writer.waitUntilExit()
    #expect(result.places == Self.expected.first { $0.file == "outer.zip" }?.places)
  }

  @Test func `the result does not depend on the number of threads`() throws {
    let one = try ContainerFixtures.scan("good")
    let four = try ContainerFixtures.scan("good", threads: 4)
    #expect(one.lines == four.lines)
    #expect(one.findings.count == Self.expected.reduce(0) { $0 + $1.places.count })
  }

  @Test func `a rounded number is told as such, and scores low outside a card's column`() throws {
    let result = try ContainerFixtures.scan("good/x.xlsx")
    let rounded = result.findings.filter { $0.reasons.contains("rounded-by-spreadsheet") }
    #expect(rounded.map(\.location.field) == ["Card number"])
    #expect(rounded.allSatisfy { !$0.reasons.contains("luhn") })
    // The other lies in a column named id: counted, not listed.
    #expect(result.summary?.belowThreshold == 1)
  }

  @Test func `a column whose numbers all end in a zero was cut by a spreadsheet`() throws {
    let scratch = try Scratch()
    func last4(_ name: String, _ cells: [String]) throws -> [String?] {
      let text = "id,\(name)\n" + cells.enumerated().map { "\($0),\($1)\n" }.joined()
      try scratch.write("a.csv", Array(text.utf8))
      return try ContainerFixtures.scan(path: scratch.path + "/a.csv").findings.map(\.last4)
    }
    var random = SplitMix(seed: 4100)
    let numbers = (0..<6).map { _ in TestCards.number("4539", 16, using: &random) }
    let cut = numbers.map { String($0.dropLast()) + "0" }
    let expected = numbers.map { String($0.suffix(4)) }
    #expect(try last4("card number", cut) == expected)
    #expect(try last4("card number", cut.map { "\"\($0)\"" }) == expected)
    // Too few to tell, another column, or one that has another number.
    #expect(try last4("card number", Array(cut.prefix(3))) == [])
    #expect(try last4("amount", cut) == [])
    #expect(try last4("card number", cut + ["4242424242424241"]) == [])
  }

  @Test(arguments: [
    ("{\"rows\":[", "{\"id\":_,\"card_number\":#}", ",", "]}\n"),
    ("", "{\"name\":\"n_\",\"card_number\":\"#\"}", "\n", "\n"),
    ("INSERT INTO cards (id, card_number) VALUES ", "(_, '#')", ", ", ";\n"),
    ("INSERT INTO cards (id, card_number) VALUES ", "(_,#)", ",\n", ";\n"),
    (
      "<html><table><tr><th>id</th><th>card number</th></tr>\n", "<tr><td>_</td><td>#</td></tr>",
      "\n", "</table></html>\n"
    ),
    ("<cards>", "<card><card_number>#</card_number></card>", "\n", "</cards>\n"),
    ("name,card number\n", "\"Doe, J _\",#", "\n", "\n"),
    ("", "order _ card_number=# ok", "\n", "\n"),
  ])
  func `numbers that a spreadsheet cut are told in any record`(
    before: String, record: String, between: String, behind: String
  ) throws {
    let scratch = try Scratch()
    var random = SplitMix(seed: 4101)
    // One that ends in a zero was not cut.
    let numbers = (0..<20).map { _ in TestCards.number("4539", 16, using: &random) }
      .filter { !$0.hasSuffix("0") }.prefix(6)
    // The sign for a record's number is in no name.
    let start = before.replacing("card_number", with: "cardNumber")
    func last4(_ record: String) throws -> [String?] {
      let record = record.replacing("card_number", with: "cardNumber")
      let records = numbers.enumerated().map { index, number in
        record.replacing("_", with: String(index))
          .replacing("#", with: number.dropLast() + "0")
      }
      try scratch.write("a", Array((start + records.joined(separator: between) + behind).utf8))
      return try ContainerFixtures.scan(path: scratch.path + "/a").findings
        .filter { $0.reasons.contains("rounded-by-spreadsheet") }.map(\.last4)
    }
    #expect(try last4(record) == numbers.map { String($0.suffix(4)) })
    // A part of a longer value is none.
    #expect(try last4(record.replacing("#", with: "#-7")) == [])
  }

  @Test func `a large log is unpacked beside the scanning, to the same result`() throws {
    var text = ""
    for line in 0..<60_000 {
      text += "line \(line) nothing here but \(line &* 7919 % 1_000_003)\n"
      if line % 10_000 == 5 { text += "card=4111111111111111\n" }
    }
    let folder = try Scratch()
    try folder.write("plain.log", Array(text.utf8))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-k", "-1", folder.path + "/plain.log"]
    try process.run()
    process.waitUntilExit()
    let plain = try ContainerFixtures.scan(path: folder.path + "/plain.log")
    let packed = try ContainerFixtures.scan(path: folder.path + "/plain.log.gz", threads: 2)
    #expect(plain.places.count == 6)
    #expect(plain.places == packed.places)
    #expect(
      plain.findings.map(\.location.byteOffset) == packed.findings.map(\.location.byteOffset))
  }
}
