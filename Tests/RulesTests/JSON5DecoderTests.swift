import Foundation
import TestSupport
import Testing

@testable import Rules

/// What `JSON5Decoder` reads is what Foundation's decoder reads, which is slower.
@Suite struct JSON5DecoderTests {
  private struct Value: Codable, Equatable {
    struct Inner: Codable, Equatable {
      var n: [Int]
      var deeper: [String: [Double]]?
    }
    var text: String?
    var count: Int?
    var small: UInt8?
    var share: Double?
    var flag: Bool?
    var list: [String]?
    var inner: [Inner]?
    var texts: [String?]?
  }

  private func ours<T: Decodable>(_ text: String, _ type: T.Type) throws -> T {
    try JSON5Decoder.decode(type, from: Array(text.utf8))
  }

  private func foundations<T: Decodable>(_ text: String, _ type: T.Type) throws -> T {
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    return try decoder.decode(type, from: Data(text.utf8))
  }

  @Test(arguments: [
    #"{}"#, #" /* a */ { // b"# + "\n" + #"text: 'it\'s', "count": 0x1F, }"#,
    #"{text: "\u00e9\uD83D\uDE00\x41\n\t\\\/\"'", flag: true}"#,
    "\u{FEFF}{count: -12, share: .5, list: ['a', \"b\",],}",
    #"{inner: [{n: [1, 2, +3]}, {n: [], deeper: {x: [1, 2.5e3], 'y z': []}}], flag: false}"#,
    #"{text: null, texts: ["a", null, 'c'], small: 255}"#, #"{$text: 1, größe: [{}], text: "ü"}"#,
    #"{text: "", count: 9223372036854775807, share: -0x10}"#, "{count: 50.0, small: 1e1, share: 5}",
    "{count: -9223372036854775808, share: 1.5e-3, inner: [{n: [0, -0, 0x0]}]}",
  ])
  func `every form of a value is read`(text: String) throws {
    #expect(try ours(text, Value.self) == foundations(text, Value.self))
  }

  @Test func `a text may go on in the next line`() throws {
    #expect(try ours("['a\\\nb\\\r\nc']", [String].self) == ["abc"])
  }

  @Test(arguments: [
    "", "{", "{text: 'a}", "{text 'a'}", "{text: 'a' flag: true}", "[1, 2", "{text: \"a\nb\"}",
    "{} {}", "{count: 1 /* }", "{, }", "[,]", #"{text: "\u12"}"#, #"{text: "\uD83D"}"#,
    "{text: @}", "/", "{text: 'a\\4'}", "{text: 'a\\u0000'}", "{text: 'a\\0'}", "{text: 'a\0'}",
    "{count: 05}", "{count: -05}", "{count: +-5}", "{count: --0x5}", "{count: 0x+5}", "{count: 0x}",
    "{share: nan}", "{share: 1_0}", String(repeating: "[", count: 100_000),
  ])
  func `what is no JSON5 is refused`(text: String) {
    #expect(throws: DecodingError.self) { try ours(text, Value.self) }
  }

  @Test func `any number of keys is read`() throws {
    let keys = (0..<20_000).map { "k\($0): ['\($0)']" }
    let read = try ours("{" + keys.joined(separator: ",") + "}", [String: [String]].self)
    #expect(read.count == keys.count && read["k19999"] == ["19999"])
  }

  @Test func `bytes that are no UTF-8 are refused`() {
    #expect(throws: DecodingError.self) {
      try JSON5Decoder.decode([String].self, from: [0x5B, 0x22, 0xFF, 0x22, 0x5D])
    }
  }

  @Test(arguments: [
    ("{text: 5}", "text"), ("{inner: [{n: [1]}, {n: [1, 'x']}]}", "inner.1.n.1"),
    ("{inner: [{}]}", "inner.0 n"), ("{count: 1.5}", "count"), ("{small: 256}", "small"),
    ("{inner: [{n: [], deeper: {x: [], y: [true]}}]}", "inner.0.deeper.y.0"), ("[]", ""),
    ("{list: ['a', null]}", "list.1"), ("{list: {}}", "list"),
    ("{count: 99999999999999999999}", "count"),
  ])
  func `a wrong value is told with the way to it`(text: String, path: String) throws {
    let error = #expect(throws: DecodingError.self) { try ours(text, Value.self) }
    switch try #require(error) {
    case .keyNotFound(let key, let context):
      #expect(JSON5DecoderTests.path(context) + " " + key.stringValue == path)
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      #expect(JSON5DecoderTests.path(context) == path)
    default: Issue.record("another error")
    }
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.map(\.stringValue).joined(separator: ".")
  }

  @Test func `the embedded files are read as Foundation reads them`() throws {
    func same<T: Codable>(_ type: T.Type, _ file: RuleFile) throws -> Bool {
      let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
      encoder.outputFormatting = .sortedKeys
      decoder.allowsJSON5 = true
      return try encoder.encode(JSON5Decoder.decode(type, from: file.bytes))
        == encoder.encode(decoder.decode(type, from: file.bytes))
    }
    for file in RuleFile.embedded {
      let isSame =
        switch file.kind {
        case .brands: try same([Brand].self, file)
        case .shapes: try same(Shapes.self, file)
        case .scoring: try same(Scoring.self, file)
        case .identifiers: try same(Identifiers.self, file)
        case .testNumbers: try same([TestNumbers].self, file)
        case .secrets: try same([Secret].self, file)
        case .stripeIDs: try same([IDShape].self, file)
        case .requirements: try same([Requirement].self, file)
        case .policy: try same(TargetPolicy.self, file)
        case .words: try same(WordList.self, file)
        case .catalogue: try same(Rule.self, file)
        case .lint: try same(LintRule.self, file)
        case .lintNames: try same([String: [String]].self, file)
        case nil: false
        }
      #expect(isSame, "\(file.name)")
    }
  }

  @Test func `files with changed bytes are read or refused`() throws {
    let files = RuleFile.embedded.filter { $0.bytes.count < 3000 }
    var random = SplitMix(seed: 5)
    var refused = 0
    for _ in 0..<2000 {
      var bytes = Array(try #require(files.randomElement(using: &random)).bytes)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] =
          [0x22, 0x27, 0x5B, 0x5D, 0x7B, 0x7D, 0x5C, 0x2F, 0x2A, 0x2C, 0x3A, 0, 0xFF, 0x0A]
          .randomElement(using: &random)!
      }
      if Bool.random(using: &random) { bytes.removeLast(bytes.count / 3) }
      if (try? JSON5Text(bytes)) == nil { refused += 1 }
      if let text = try? JSON5Text(bytes) {
        for index in text.values.indices { _ = text.path(to: index) }
      }
    }
    #expect(refused > 500 && refused < 2000)
  }
}
