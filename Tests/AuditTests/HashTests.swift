import Audit
import Core
import Foundation
import Native
import TestSupport
import Testing

/// Hashes of card numbers that other columns give away.
@Suite(.enabled(if: hasLibCrypto, "libcrypto is not installed (libssl3)"))
struct HashTests {
  static let numbers = [
    "4242424242424242", "5555555555554444", "378282246310005", "30569309025904",
  ]

  enum Form: String, CaseIterable, Sendable {
    case hex, upper, base64, bytes, prefixed
    case inLines = "base64 in lines"
    case scheme = "behind {SHA}"
  }

  private func literal(
    _ function: LibCrypto.HashFunction, _ text: String, _ form: Form
  ) throws -> String {
    switch form {
    case .hex: "'\(try hex(function, text))'"
    case .upper: "'\(try hex(function, text).uppercased())'"
    case .base64: "'\(Data(try hash(function, text)).base64EncodedString())'"
    case .prefixed: "'\\x\(try hex(function, text))'"
    case .inLines:
      "'\(Data(try hash(function, text)).base64EncodedString(options: .lineLength76Characters))'"
    case .scheme: "'{SHA}\(Data(try hash(function, text)).base64EncodedString())'"
    case .bytes: "x'\(try hex(function, text))'"
    }
  }

  @Test(arguments: LibCrypto.HashFunction.allCases, Form.allCases)
  func `each hash function is reversed in each form`(
    _ function: LibCrypto.HashFunction, _ form: Form
  ) throws {
    var statements = ["CREATE TABLE c(id INTEGER PRIMARY KEY, bin TEXT, last4 TEXT, token TEXT)"]
    for (index, number) in Self.numbers.enumerated() {
      statements.append(
        "INSERT INTO c VALUES(\(index + 1), '\(number.prefix(6))', '\(number.suffix(4))', "
          + "\(try literal(function, number, form)))")
    }
    let result = try scanDatabase(statements)
    let finding = try #require(result.findings.first { $0.kind == .panHash })
    #expect(result.findings.count == 1)
    #expect(finding.rule == "pan-hash" && finding.location.field == "token")
    #expect(finding.location.row == "id=1" && finding.brand == "visa" && finding.testNumber)
    #expect(
      finding.reasons == ["reversed:4/4", "hash:\(function.rawValue)", "beside:bin+last4"])
    #expect(finding.last4 == nil && finding.masked == nil && finding.bin == nil)
    #expect(result.profile("c", "token")?.counts == [.panHash: 4])
    #expect(result.profile("c", "token")?.notes == ["hash-reversed:\(function.rawValue)"])
    let text = everything(result)
    for number in Self.numbers { #expect(!text.contains(number.dropLast(4).suffix(6))) }
  }

  @Test(arguments: [
    "CREATE TABLE c(id INTEGER, masked TEXT, h TEXT)|'424242******4242'",
    "CREATE TABLE c(id INTEGER, masked TEXT, h TEXT)|'4242-42XX-XXXX-4242'",
    "CREATE TABLE c(id INTEGER, a INTEGER, b INTEGER, h TEXT)|424242, 4242",
    "CREATE TABLE c(id INTEGER, first8 TEXT, last4 TEXT, h TEXT)|'42424242', '4242'",
    "CREATE TABLE c(id INTEGER, bin TEXT, ending TEXT, h TEXT)|'424242', '**** 4242'",
    "CREATE TABLE c(id INTEGER, number TEXT, h TEXT)|'4242 4242 4242 4242'",
  ])
  func `whatever tells enough digits is used`(_ test: String) throws {
    let parts = test.split(separator: "|").map(String.init)
    let result = try scanDatabase([
      parts[0],
      "INSERT INTO c VALUES(1, \(parts[1]), '\(try hex(.sha256, "4242424242424242"))')",
    ])
    #expect(result.findings.contains { $0.kind == .panHash && $0.location.field == "h" })
  }

  @Test(arguments: ["4539 5787 6362 1486", "4539-5787-6362-1486", "3782 822463 10005"])
  func `hashes of a number in groups are reversed`(_ spelled: String) throws {
    let number = spelled.filter(\.isNumber)
    let result = try scanDatabase([
      "CREATE TABLE c(bin TEXT, last4 TEXT, h TEXT)",
      "INSERT INTO c VALUES('\(number.prefix(6))', '\(number.suffix(4))', "
        + "'\(try hex(.sha1, spelled))')",
    ])
    #expect(result.findings.map(\.kind) == [.panHash])
  }

  /// With `$` for a hash.
  static let texts = [
    #"{"hash":"$","last4":"4242","bin":"424242"}"#,
    #"{"card": {"bin": 424242, "fp": "$"}, "last4": 4242}"#,
    "bin=424242&last4=4242&hash=$", "fingerprint sha256:$ of 424242******4242, paid",
    #"<card iin="424242"><last4>4242</last4><hash>$</hash></card>"#,
    #"[{"fp":"a$","bin":"555555","last4":"4444"},{"bin":"424242","last4":"4242","fp":"$"}]"#,
    "BIN 424242, ending in 4242, token $",
  ]

  @Test(arguments: ["sha256:", "SHA-256$", "{SHA256}", "0x"], [Form.hex, .base64])
  func `hashes behind the name of their function are reversed`(_ name: String, _ form: Form) throws
  {
    if name == "0x", form == .base64 { return }
    let hash = try literal(.sha256, "4242424242424242", form).dropFirst().dropLast()
    let result = try scanDatabase([
      "CREATE TABLE c(bin TEXT, last4 TEXT, h TEXT)",
      "INSERT INTO c VALUES('424242', '4242', '\(name)\(hash)')",
    ])
    #expect(result.findings.map(\.kind) == [.panHash], "\(name)")
  }

  @Test(arguments: texts, [Form.hex, .base64])
  func `a hash beside digits in one text is reversed`(_ text: String, _ form: Form) throws {
    let hash = try literal(.sha256, "4242424242424242", form).dropFirst().dropLast()
    let value = text.split(separator: "$", omittingEmptySubsequences: false)
      .joined(separator: String(hash))
    let result = try scanDatabase([
      "CREATE TABLE c(id INTEGER PRIMARY KEY, meta TEXT)", "INSERT INTO c VALUES(7, '\(value)')",
    ])
    #expect(result.findings.map(\.kind) == [.panHash], "\(value)")
    #expect(result.findings.first?.location.row == "id=7")
    #expect(result.findings.first?.reasons.contains("beside:meta") == true)
    #expect(result.profile("c", "meta")?.counts == [.panHash: 1])
  }

  @Test func `a hash in a text is tried with the digits of other columns`() throws {
    let hash = try hex(.md5, "4242424242424242")
    let other = try hex(.md5, "something else")
    let result = try scanDatabase([
      "CREATE TABLE c(bin TEXT, last4 TEXT, meta TEXT, log TEXT)",
      #"INSERT INTO c VALUES('424242', '4242', '{"fp":"\#(hash)"}', 'built from \#(other)')"#,
    ])
    #expect(result.findings.map(\.location.field) == ["meta"])
    #expect(result.profile("c", "meta")?.counts == [.panHash: 1])
    #expect(result.profile("c", "log")?.counts == [.opaque: 1])
  }

  @Test func `a hash in a text that is not reversed is opaque beside digits, a text without`()
    throws
  {
    let hash = try hex(.sha256, "pepper4242424242424242")
    let result = try scanDatabase([
      "CREATE TABLE c(meta TEXT, four TEXT, log TEXT)",
      #"""
      INSERT INTO c VALUES('{"fp":"\#(hash)","last4":"4242","bin":"424242"}',
        '{"fp":"\#(hash)","last4":"4242"}', '{"commit":"\#(hash)","year":2024, "port": 8080}')
      """#,
    ])
    #expect(result.findings.isEmpty)
    #expect(result.profile("c", "meta")?.counts == [.opaque: 1])
    #expect(result.profile("c", "meta")?.notes == ["hash-not-reversed:1"])
    #expect(result.profile("c", "four")?.counts == [.opaque: 1])
    #expect(result.profile("c", "log")?.counts == [.freeText: 1])
    let ids = try scanDatabase([
      "CREATE TABLE c(payload TEXT)",
      #"""
      INSERT INTO c VALUES('{"object":"charge","id":"ch_zBspTemXQ05fBdtRr7bcfnm2","last4":"3637"}')
      """#,
    ])
    #expect(ids.profile("c", "payload")?.counts == [.freeText: 1])
  }

  @Test func `hashes of something else are not taken for numbers`() throws {
    var statements = [
      """
      CREATE TABLE c(id INTEGER PRIMARY KEY, bin TEXT, last4 TEXT, masked TEXT, salted TEXT,
        etag TEXT, session TEXT, password TEXT, avatar BLOB)
      """
    ]
    for (index, number) in Self.numbers.enumerated() {
      statements.append(
        """
        INSERT INTO c VALUES(\(index), '\(number.prefix(6))', '\(number.suffix(4))', NULL,
          '\(try hex(.sha256, "pepper" + number))', '\(try hex(.md5, "page \(index)"))',
          '\(try hex(.sha1, "session \(index)"))', '\(try hex(.sha512, "secret"))',
          x'\(try hex(.md5, "image \(index)"))')
        """)
    }
    let result = try scanDatabase(statements)
    #expect(result.findings.isEmpty)
    #expect(result.profile("c", "salted")?.notes == ["hash-not-reversed:4"])
    #expect(result.profile("c", "salted")?.counts == [.opaque: 4])
  }

  @Test func `too few known digits are not tried`() throws {
    let hash = try hex(.sha256, "4242424242424242")
    let result = try scanDatabase([
      "CREATE TABLE c(brand TEXT, last4 TEXT, h TEXT)",
      "INSERT INTO c VALUES('visa', '4242', '\(hash)')",
    ])
    #expect(result.findings.isEmpty)
    #expect(result.profile("c", "h")?.notes == ["hash-shaped"])
  }

  @Test func `one reversed row among others is enough`() throws {
    var statements = ["CREATE TABLE c(id INTEGER PRIMARY KEY, bin TEXT, last4 TEXT, h TEXT)"]
    for id in 1...4 {
      statements.append(
        "INSERT INTO c VALUES(\(id), '424242', '4242', '\(try hex(.md5, "\(id)"))')")
    }
    statements.append(
      "INSERT INTO c VALUES(5, '411111', '1111', '\(try hex(.md5, "4111111111111111"))')")
    let result = try scanDatabase(statements)
    #expect(result.findings.first?.reasons.first == "reversed:1/5")
    #expect(result.findings.first?.location.row == "id=5")
  }

  @Test func `hashes of test numbers can be left out`() throws {
    let result = try scanDatabase([
      "CREATE TABLE c(bin TEXT, last4 TEXT, h TEXT)",
      "INSERT INTO c VALUES('424242', '4242', '\(try hex(.sha1, "4242424242424242"))')",
    ]) { $0.testNumbers = .ignore }
    #expect(result.findings.isEmpty && result.summary?.testNumbersIgnored == 1)
  }
}

/// Numbers in pieces.
@Suite struct PieceTests {
  private static let numbers: [String] = {
    var random = SplitMix(seed: 21)
    return (0..<40).map {
      TestCards.number(["4", "51", "6011"][$0 % 3], 16, using: &random)
    }
  }()

  private func table(_ columns: String, _ row: (String) -> String) throws -> Collector {
    var statements = ["BEGIN", "CREATE TABLE c(id INTEGER PRIMARY KEY, \(columns))"]
    for (index, number) in Self.numbers.enumerated() {
      statements.append("INSERT INTO c VALUES(\(index + 1), \(row(number)))")
    }
    return try scanDatabase(statements + ["COMMIT"])
  }

  private func slice(_ number: String, _ from: Int, _ to: Int) -> String {
    String(number.dropFirst(from).prefix(to - from))
  }

  @Test func `four columns of four digits are told as one number`() throws {
    let result = try table("c1 TEXT, c2 TEXT, c3 TEXT, c4 TEXT, note TEXT") { n in
      "'\(slice(n, 0, 4))', '\(slice(n, 4, 8))', '\(slice(n, 8, 12))', '\(slice(n, 12, 16))', 'x'"
    }
    let finding = try #require(result.findings.first)
    #expect(result.findings.count == 1 && finding.kind == .splitPAN)
    #expect(finding.location.field == "c1+c2+c3+c4")
    let count = Self.numbers.count
    #expect(finding.reasons.contains("rows:\(count)/\(count)"))
    #expect(result.profile("c", "c3")?.counts == [.panPiece: count])
    let text = everything(result)
    for number in Self.numbers {
      #expect(!text.contains(slice(number, 0, 8)) && !text.contains(slice(number, 4, 12)))
    }
  }

  @Test(arguments: [
    "a TEXT, b TEXT|0-8,8-16", "a TEXT, x TEXT, b TEXT|0-6,-,6-16", "b TEXT, a TEXT|8-16,0-8",
    "a INTEGER, b INTEGER|0-8,8-16", "a TEXT, b TEXT, c TEXT|0-6,12-16,6-12",
  ])
  func `pieces of any cut are told`(_ test: String) throws {
    let parts = test.split(separator: "|").map(String.init)
    let result = try table(parts[0]) { number in
      parts[1].split(separator: ",").map { cut in
        let ends = cut.split(separator: "-").compactMap { Int($0) }
        guard ends.count == 2 else { return "'text'" }
        let piece = slice(number, ends[0], ends[1])
        return parts[0].contains("INTEGER") ? String(Int(piece) ?? 0) : "'\(piece)'"
      }.joined(separator: ", ")
    }
    #expect(result.findings.contains { $0.kind == .splitPAN })
  }

  @Test func `two truncations that add up are told`() throws {
    let apart = try table("front TEXT, back TEXT") { n in
      "'\(slice(n, 0, 8))********', '********\(slice(n, 8, 16))'"
    }
    #expect(apart.findings.map(\.kind) == [.splitPAN])
    let overlapping = try table("front TEXT, back TEXT") { n in
      "'\(slice(n, 0, 10))******', '******\(slice(n, 6, 16))'"
    }
    #expect(overlapping.findings.map(\.kind) == [.splitPAN])
    let hidden = try table("masked TEXT, middle TEXT") { n in
      "'\(slice(n, 0, 6))******\(slice(n, 12, 16))', '\(slice(n, 6, 12))'"
    }
    #expect(hidden.findings.map(\.kind) == [.splitPAN])
  }

  /// Columns, the values of one row, and what `verify` is left with.
  @Test(arguments: [
    "pan1,pan2,pan3,pan4|4242,4242,4242,4242|found",
    "PanPart1,PanPart2,PanPart3|3782,822463,10005|found",
    "card_last4,note,card_first6,card_middle6|4444,x,555555,555555|found",
    "cardFirst6,cardMiddle6,cardLast4|424242,424242,4242|found",
    "bin,middle6,last4|424242,424242,4242|found",
    "card_first6,card_middle6,card_last4|378282,24631,0005|found",
    "first6,middle6,last4|400000,6,6|found",
    "first8,last8|42424242,42424242|found",
    "number_a,number_b|42424242,42424242|found",
    "front,back|42424242********,********42424242|found",
    "front,back|4242 4242 42** ****,**** **42 4242 4242|found",
    "pan1,pan2,pan3,pan4|4242,4242,4242,4243|open",
    "pan1,pan2,pan3,pan4|4242,4242,4242,|open",
    "pan1,pan2,pan3,pan4|4242,,,4242|clean",
    "card_first6,card_middle6,card_last4|424242,,4242|clean",
    "c1,c2,c3,c4|4242,4242,4242,4242|open",
    "bin,mid,last4|424242,424242,4242|open",
    "iin,rest,x,last4|424242,424242,x,4242|open",
    "bin,mid,last4|424242,424242,4243|clean",
    "bin,last4|424242,4242|clean",
    "card_prefix,card_suffix|424242,4242|clean",
    "number_a,number_b|42424242,42424243|clean",
    "a,b|42424242,42424242|clean",
    "first_name,last_name|42424242,42424242|clean",
  ])
  func `names of columns decide with one row`(_ test: String) throws {
    let parts = test.split(separator: "|").map(String.init)
    let columns = parts[0].split(separator: ",").map { "\"\($0)\" TEXT" }.joined(separator: ", ")
    let values = parts[1].split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "NULL" : "'\($0)'" }.joined(separator: ", ")
    let result = try scanDatabase([
      "CREATE TABLE c(id INTEGER PRIMARY KEY, \(columns))", "INSERT INTO c VALUES(7, \(values))",
    ])
    let isOpen = result.coverages.flatMap(\.columns).flatMap(\.notes).contains {
      $0.hasPrefix("maybe-piece-of-number:")
    }
    #expect(result.findings.map(\.kind) == (parts[2] == "found" ? [.splitPAN] : []))
    #expect(isOpen == (parts[2] == "open"))
    if let finding = result.findings.first { #expect(finding.location.row == "id=7") }
  }

  @Test func `a number in pieces is found far behind rows without one`() throws {
    var statements = [
      "CREATE TABLE c(id INTEGER PRIMARY KEY, pan1 INT, pan2 INT, pan3 INT, pan4 INT)"
    ]
    statements += (1...200).map { "INSERT INTO c(id) VALUES(\($0))" }
    statements.append("INSERT INTO c VALUES(900, 4242, 4242, 4242, 4242)")
    let result = try scanDatabase(statements)
    #expect(result.findings.map(\.location.row) == ["id=900"])
  }

  @Test func `columns of other digits are not taken for pieces`() throws {
    var random = SplitMix(seed: 5)
    let result = try table("bin TEXT, last4 TEXT, a TEXT, b TEXT, c INTEGER, zip TEXT") { n in
      let a = (0..<8).map { _ in String(random.next() % 10) }.joined()
      let b = (0..<8).map { _ in String(random.next() % 10) }.joined()
      return
        "'\(n.prefix(6))', '\(n.suffix(4))', '4\(a)', '\(b)', \(random.next() % 99_999), '10115'"
    }
    #expect(result.findings.isEmpty)
  }

  @Test func `one number in every row proves nothing`() throws {
    let result = try table("a TEXT, b TEXT") { _ in "'42424242', '42424242'" }
    #expect(result.findings.isEmpty)
  }
}
