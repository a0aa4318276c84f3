import Core
import Foundation
import Native
import TestSupport
import Testing

@testable import Inputs

/// Values of tables that are containers.
@Suite(.enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)))
struct OpenedValueTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Makes a database with one table of an id, a text and a value.
  private func makeDatabase(
    _ values: [[UInt8]], name: String = "shop.db", suffix: String = ""
  ) throws {
    let database = try Database.create(scratch.path + "/" + name)
    try database.execute(
      "CREATE TABLE logs(id INTEGER PRIMARY KEY, note TEXT, body BLOB)\(suffix)")
    let statement = try database.prepare("INSERT INTO logs(note, body) VALUES('none', ?1)")
    for value in values {
      try statement.bind(1, blob: value)
      #expect(statement.step() == .done)
      statement.reset()
    }
  }

  private func fixture(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: ContainerFixtures.folder + "/" + name)))
  }

  private func scan(_ name: String = "shop.db", threads: Int = 1) throws -> Collector {
    try ContainerFixtures.scan(path: scratch.path + "/" + name, threads: threads)
  }

  /// Table, column, row, member, line and encoding of each finding.
  private func places(_ result: Collector) -> [String] {
    result.findings.map { finding in
      let place = finding.location
      let parts: [String?] = [
        "\(place.table ?? "-").\(place.field ?? "-")", place.row, place.member,
        place.line.map { "line \($0)" }, finding.encoding.joined(separator: "+"), finding.last4,
      ]
      return parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
    }
  }

  @Test func `containers in values are opened, and the row is told`() throws {
    let files = ["a.gz", "twice.gz.gz", "a.xz", "t.tar", "outer.zip", "i.pdf", "d.docx", "m.eml"]
    try makeDatabase(try files.map { try fixture("good/" + $0) })
    let result = try scan()
    #expect(
      places(result) == [
        "logs.body id=1 line 2 gzip 1111", "logs.body id=2 line 2 gzip+gzip 1111",
        "logs.body id=3 line 2 xz 1111", "logs.body id=4 logs/app.log line 2 1111",
        "logs.body id=5 x/app.log line 2 1111",
        "logs.body id=5 inner.tar.gz!logs/app.log line 2 1111",
        "logs.body id=5 q.zip!deep.txt line 2 1111", "logs.body id=5 b.7z!app.log line 2 1111",
        "logs.body id=6 page 1 line 2 1111",
        "logs.body id=7 word/document.xml line 2 1111",
        "logs.body id=8 line 12 quoted-printable 1111",
        "logs.body id=8 f.zip!x.txt line 2 1111",
      ])
    #expect(result.reasons.isEmpty)
    #expect(result.findings.allSatisfy { !$0.reasons.contains("residue") })
    #expect(Set(result.findings.map(\.id)).count == result.findings.count)
    #expect(try scan(threads: 3).lines == result.lines)
  }

  @Test func `a table without row ids is read alike`() throws {
    let database = try Database.create(scratch.path + "/shop.db")
    try database.execute("CREATE TABLE w(name TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID")
    let statement = try database.prepare("INSERT INTO w VALUES('a-1', ?1)")
    try statement.bind(1, blob: try fixture("good/a.gz"))
    #expect(statement.step() == .done)
    #expect(places(try scan()) == ["w.body name=a-1 line 2 gzip 1111"])
  }

  @Test func `bare zlib is opened, also behind the length that MySQL writes`() throws {
    let text = Array("card=4111111111111111 exp 11/29\n".utf8)
    let packed = StoredDeflate.zlib(text)
    let length = withUnsafeBytes(of: UInt32(text.count).littleEndian) { Array($0) }
    // What only begins like zlib is scanned as it is.
    let fake = [0x78, 0x9C] + Array(" card_number=5555555555554444".utf8)
    try makeDatabase([packed, length + packed, fake])
    #expect(
      places(try scan()) == [
        "logs.body id=1 line 1 zlib 1111", "logs.body id=2 line 1 zlib 1111",
        "logs.body id=3 4444",
      ])
  }

  @Test func `JSON in a value is a value of the column`() throws {
    try makeDatabase([Array(#"{"card_number":"4111111111111111","cvc":"737"}"#.utf8)])
    let result = try scan()
    #expect(places(result) == ["logs.body id=1 1111", "logs.body id=1"])
    #expect(result.findings.map(\.rule) == ["pan", "cvv"])
  }

  @Test func `what cannot be unpacked is told with its row, and the rest is read`() throws {
    try makeDatabase([
      try fixture("bad/cut.gz"), try fixture("bad/secret.zip"), try fixture("good/a.gz"),
    ])
    let result = try scan()
    #expect(result.findings.map(\.location.row) == ["id=1", "id=3"])
    #expect(
      result.coverages.flatMap(\.notExamined).map { "\($0.place.suffix(20)) \($0.reason.rawValue)" }
        == [
          "\(scratch.path)/shop.db: logs.body id=1".suffix(20) + " truncated-while-reading",
          "\(scratch.path)/shop.db: logs.body id=2!secret.txt".suffix(20) + " encrypted",
        ])
    #expect(result.summary?.examined.rows == 3)
  }

  @Test func `a value too large to be held is opened where it lies`() throws {
    var random = SplitMix(seed: 11)
    var text: [UInt8] = []
    while text.count < 5 << 20 { text += Array("entry \(random.next() >> 40)\n".utf8) }
    text += Array("card=4111111111111111 exp 11/29\n".utf8)
    try makeDatabase([StoredDeflate.gzip(text)])
    let result = try scan()
    #expect(result.findings.map(\.location.row) == ["id=1"])
    #expect(result.findings.map(\.encoding) == [["gzip"]])
    #expect(result.reasons.isEmpty)
  }

  @Test(arguments: [1, 3])
  func `a database within an archive opens its values too`(threads: Int) throws {
    var random = SplitMix(seed: 12)
    // Large enough to be unpacked beside the scanning.
    let filler = (0..<700_000).map { _ in UInt8.random(in: 0x80...0xFF, using: &random) }
    try makeDatabase([try fixture("good/a.gz"), filler, try fixture("good/outer.zip")])
    let bytes = Array(try Data(contentsOf: URL(filePath: scratch.path + "/shop.db")))
    try scratch.write("shop.db.gz", StoredDeflate.gzip(bytes))
    let result = try scan("shop.db.gz", threads: threads)
    #expect(
      places(result) == [
        "logs.body id=1 line 2 gzip+gzip 1111", "logs.body id=3 x/app.log line 2 gzip 1111",
        "logs.body id=3 inner.tar.gz!logs/app.log line 2 gzip 1111",
        "logs.body id=3 q.zip!deep.txt line 2 gzip 1111",
        "logs.body id=3 b.7z!app.log line 2 gzip 1111",
      ])
  }

  @Test func `a database within a value has places of its own`() throws {
    try makeDatabase([try fixture("good/db.gz")])
    #expect(places(try scan()) == ["cards.number id=1 logs.body id=1 gzip 1111"])
  }

  @Test func `a database that holds itself is opened to the limit of depth`() throws {
    var bytes = try fixture("good/db.gz")
    for level in 0..<20 {
      try makeDatabase([bytes], name: "level\(level).db")
      bytes = StoredDeflate.gzip(
        Array(try Data(contentsOf: URL(filePath: scratch.path + "/level\(level).db"))))
    }
    let result = try scan("level19.db")
    #expect(result.findings.isEmpty)
    #expect(result.reasons == ["over-limit"])
  }

  @Test func `many values of one column are one result with many rows`() throws {
    let value = try fixture("good/a.gz")
    try makeDatabase([[UInt8]](repeating: value, count: 2000))
    let result = try scan(threads: 2)
    #expect(result.findings.map(\.location.row) == (1...2000).map { "id=\($0)" })
    #expect(result.findings.allSatisfy { $0.location.line == 2 && $0.location.field == "body" })
  }

  // MARK: - Indexes of words

  /// Full-text tables: how they are made, and what deletes the rows.
  private static let indexes = [
    "fts5(body, content='')", "fts4(content=\"\", body)", "fts5(body, content='', prefix='2 3')",
  ]

  @Test(arguments: indexes)
  func `words are found in an index without content`(made: String) throws {
    let database = try Database.create(scratch.path + "/shop.db")
    try database.execute("CREATE VIRTUAL TABLE n USING \(made)")
    for (row, card) in ["4000056655665556", "4000002500003155", "4242424242424242"].enumerated() {
      try database.execute(
        "INSERT INTO n(rowid, body) VALUES(\(row + 1), 'paid 12 by \(card) at desk \(row)')")
    }
    let result = try scan()
    #expect(Set(result.findings.map(\.last4)) == ["5556", "3155", "4242"])
    #expect(result.findings.count == 3)
    let kind = String(made.prefix(4)) == "fts5" ? "fts5" : "fts3"
    #expect(result.findings.allSatisfy { $0.encoding == [kind] && $0.location.line == nil })
    #expect(result.findings.allSatisfy { $0.location.table?.hasPrefix("n_") == true })
  }

  @Test(arguments: [false, true])
  func `words that a row has as well are told once`(isPacked: Bool) throws {
    do {
      let database = try Database.create(scratch.path + "/shop.db")
      try database.execute(
        "CREATE VIRTUAL TABLE n USING fts5(id UNINDEXED, \"a b\", tokenize = 'porter')")
      try database.execute("INSERT INTO n VALUES(1, 'paid by 4242424242424242 at the desk')")
    }
    var name = "shop.db"
    if isPacked {
      let bytes = Array(try Data(contentsOf: URL(filePath: scratch.path + "/shop.db")))
      try scratch.write("shop.gz", StoredDeflate.gzip(bytes))
      name = "shop.gz"
    }
    let result = try scan(name)
    #expect(result.findings.map(\.location.table) == ["n_content"])
    #expect(result.findings.map(\.location.field) == ["a b"])
  }

  @Test(arguments: [
    "fts5(body, other)", "fts5(body, other UNINDEXED, prefix='2 3')", "fts5(body, detail=none)",
    "fts5(body, content='')", "fts4(body, other)", "fts4(body, prefix=\"2,4\")", "fts3(body TEXT)",
    "fts4(body, matchinfo=fts3, order=DESC)",
  ])
  func `an index of words is read to its last byte, what is put there is not proven`(
    made: String
  ) throws {
    let database = try Database.create(scratch.path + "/shop.db")
    try database.execute("CREATE VIRTUAL TABLE n USING \(made)")
    // Some rows are deleted and written anew, in several segments; one has a list of several pages.
    let words = "(SELECT group_concat('w' || (value * 7919 + r) % 977, ' ') FROM k)"
    for round in 0..<4 {
      try database.execute(
        """
        WITH RECURSIVE r(r) AS (SELECT 1 UNION ALL SELECT r + 1 FROM r WHERE r < 300),
          k(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM k WHERE value < 40)
        INSERT INTO n(rowid, body) SELECT r + \(round * 300), 'every ' || \(words) FROM r;
        """)
      if !made.contains("content") {
        try database.execute("DELETE FROM n WHERE rowid % 3 = \(round % 3)")
      }
    }
    try database.execute(
      "INSERT INTO n(rowid, body) VALUES(99999, '\(String(repeating: "long ", count: 9000))')")
    func opaque() throws -> [String] {
      try scan().coverages.flatMap(\.columns).filter {
        $0.classes.contains { $0.kind == .opaque }
      }.map { "\($0.table).\($0.column)" }
    }
    #expect(try opaque() == [])
    let strange = "x'c81f0b9d5ee3a7f4912c6b'"
    let places =
      made.hasPrefix("fts5")
      ? [
        "n_data(id, block) VALUES(999999999, \(strange))",
        "n_docsize(id, sz) VALUES(-1, \(strange))",
      ] : ["n_segments(blockid, block) VALUES(99999, \(strange))"]
    for place in places { try database.execute("INSERT INTO \(place)") }
    #expect(try opaque().count == places.count)
  }

  @Test func `an index may hold anything`() throws {
    let blocks: [[UInt8]] = [
      [0, 0, 0, 20, 17, 0x30] + Array("4242424242424242".utf8),
      [0, 4] + Array("card".utf8) + [1, 0],
      [0, 0, 0, 12, 3, 0x30, 0x34, 0x32, 1, 6, 0, 0, 4, 6, 2, 1],
    ]
    let opener = ValueOpener(ContainerLimits(), ReadSizes())
    let wrong = Fuzz("index", corpus: blocks).run(2000) { bytes, _ in
      bytes.withUnsafeBytes { block in
        for kind in [FullTextIndex.fts5, .fts3] {
          let words = kind.words(in: block)
          // Each word takes two bytes at least and repeats 4 KiB at most.
          if words.count > (bytes.count / 2 + 1) * 4097 { return "\(words.count) bytes" }
          _ = opener.open(kind, block) { "" }
          for name in ["n_data", "n_docsize", "n_segments", "n_stat"] {
            let shadow = FullTextShadow(
              of: Array(name.utf8),
              owners: [[0x6E]: .init(statement: Array("using \(kind.rawValue)(a)".utf8))!])
            for row: Int64 in [0, 1, 10, 1 << 36, 1 << 37, 1 << 60] {
              _ = shadow?.holds(block, row: row)
            }
          }
        }
        _ = opener.open(block) { "" }
        return nil
      }
    }
    #expect(wrong == nil)
  }
}
