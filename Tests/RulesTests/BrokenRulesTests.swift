import Core
import Foundation
import Rules
import Testing

@Suite struct BrokenRulesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var code: RuleError.Code
    var line: Int
    var path: String
    var expected: String

    init(
      _ name: String, _ text: String, _ code: RuleError.Code, _ line: Int, _ path: String,
      _ expected: String
    ) {
      (self.name, self.text, self.code, self.line) = (name, text, code, line)
      (self.path, self.expected) = (path, expected)
    }

    var testDescription: String { "\(name): \(expected)" }
  }

  static let brand = "[\n{ id: 'a', name: 'A', ranges: [\n"

  static let cases = [
    Case("brands.json5", "", .syntax, 1, "", "a value, not the end of the file"),
    Case("brands.json5", "[\n  { id: 'a' name: 'b' },\n]", .syntax, 2, "[0].id", "a comma or }"),
    Case("brands.json5", "[\n\n  { id: 'a,\n", .syntax, 3, "[0].id", "a closing quote"),
    Case("brands.json5", "[\n  { id: a }]", .syntax, 2, "[0].id", "quotes around a text"),
    Case("brands.json5", "[\n{\n", .syntax, 3, "[0]", "} for the bracket opened in line 2"),
    Case("brands.json5", "[]\n]", .syntax, 2, "", "the end of the file"),
    Case("brands.json5", "// x\n/* y\n\n", .syntax, 2, "", "*/"),
    Case("brands.json5", "[\n{id:'a',\nid:'b'}]", .key, 3, "[0].id", "every key once"),
    Case("brands.json5", "{\n}", .type, 1, "", "a list"),
    Case(
      "brands.json5", brand + "{ prefixes: ['4'], lengths: [16],\nbase: 99999999999999999999 }]}]",
      .syntax, 4, "[0].ranges[0].base", "a whole number of at most 18 digits"),
    Case(
      "brands.json5", brand + "{ prefixes: ['4'], lengths: [16],\nbase: 05 }]}]", .syntax, 4,
      "[0].ranges[0].base", "a number as JSON5 writes it"),
    Case("brands.json5", "[\n{ id: 'a\\u0000b' }]", .syntax, 2, "[0].id", "neither NUL"),
    Case("brands.json5", "[\n{ id: 'a\\u12' }]", .syntax, 2, "[0].id", "broken escapes"),
    Case("lint-names.json5", "{\n'a\\0': ['b'] }", .syntax, 2, "", "as a key a text"),
    Case("brands.json5", "[\n{ id: 7 }]", .type, 2, "[0].id", "a text"),
    Case("brands.json5", "[\n{ id: 'a', name: 'A' }]", .key, 2, "[0]", "the key ranges"),
    Case("brands.json5", "[\n{ id: 'a', nam: 'A' }]", .key, 2, "[0].nam", "one of the keys"),
    Case(
      "brands.json5", brand + "{ prefixes: ['4'],\n lengths: [16],\n base: 'x' }] }]", .type, 5,
      "[0].ranges[0].base", "a whole number"),
    Case(
      "brands.json5", brand + "{ prefixes: ['4'],\n lengths: [16],\n base: 101 }] }]", .value, 5,
      "[0].ranges[0].base", "0 to 100"),
    Case(
      "brands.json5", brand + "{ prefixes: ['4'],\n lengths: [16, 20], base: 5 }] }]", .value, 4,
      "[0].ranges[0].lengths[1]", "8 to 19"),
    Case(
      "brands.json5", brand + "{ prefixes: ['51-5'], lengths: [16], base: 5 }] }]", .value, 3,
      "[0].ranges[0].prefixes[0]", "equal width"),
    Case(
      "brands.json5", brand + "{ prefixes: ['55-51'], lengths: [16], base: 5 }] }]", .value, 3,
      "[0].ranges[0].prefixes[0]", "smaller one first"),
    Case(
      "brands.json5", brand + "{ prefixes: ['5x'], lengths: [16], base: 5 }] }]", .value, 3,
      "[0].ranges[0].prefixes[0]", "digits"),
    Case(
      "shapes.json5",
      "{ groupings: [\n{groups: [4, 4], points: 0},\n{groups:[4],points:0}],\n"
        + "separators: [] }", .value, 3, "groupings[1].groups", "two to twelve groups"),
    Case(
      "shapes.json5",
      "{ groupings: [\n{groups: [4, 4, 4, 4], points: 0}],\n"
        + "separators: [{ id: 'letter', text: 'x ', points: 1 }] }", .value, 3,
      "separators[0].text", "begins with no letter"),
    Case(
      "shapes.json5",
      "{ groupings: [\n{groups: [4, 4, 4, 4], points: 0}],\n"
        + "separators: [{ id: 'dots', text: '.........', points: 1 }] }", .value, 3,
      "separators[0].text", "1 to 8 bytes"),
    Case(
      "shapes.json5",
      "{ groupings: [\n{groups: [4, 4, 4, 4], points: 0}],\n"
        + "separators: [{ id: 'gap', text: ' ', other: ['A'], points: 1 }] }", .value, 3,
      "separators[0].other", "in hex"),
    Case(
      "shapes.json5",
      "{ groupings: [\n{groups: [4, 4, 4, 4], points: 0}],\n"
        + "separators: [{ id: 'dash', text: '%2D', points: 1 }] }", .value, 3,
      "separators[0].text", "no digit"),
    Case(
      "test-numbers.json5", "[\n{ source: 's', brand: 'visa', numbers: ['4242 4242'] }]", .value,
      2, "[0].numbers[0]", "digits"),
    Case(
      "test-numbers.json5", "[\n{ source: 's', brand: 'visa', numbers: ['4242424242424241'] }]",
      .value, 2, "[0].numbers[0]", "check digit"),
    Case(
      "words/xx.json5", "{ language: 'xx', bounded: true,\n pan: {\n strong: ['Card'] } }", .value,
      3, "pan.strong[0]", "lower case"),
    Case(
      "words/xx.json5",
      "{ language: 'xx', bounded: true,\n pan: { strong: ['a'],\n weak: ['a'] } }",
      .value, 3, "pan.weak[0]", "once"),
    Case("words/xx.json5", "{\n language: 'yy', bounded: true }", .value, 2, "language", "named"),
    Case(
      "secrets.json5",
      "[\n{ id: 'a', name: 'A', lengthMin: 1, lengthMax: 2, severity: 'low',"
        + " live: true }]", .value, 2, "[0]", "prefix"),
    Case(
      "catalogue/a.json5",
      "{ id: 'a', title: 't', kind: 'x', severity: 'low',\nrequirements: [],"
        + "what: '.', why: '.', fix: '.', match: [], noMatch: [] }", .value, 1, "kind", "pan"),
    Case("scoring.json5", "{ label: { strong: 1 } }", .key, 1, "label", "the key medium"),
  ]

  @Test(arguments: cases)
  func `a broken file gives the line, the place and what was expected`(broken: Case) throws {
    let file = RuleFile(name: broken.name, bytes: Data(broken.text.utf8))
    let error = try #require(throws: RuleError.self) { try RuleSet.check(file) }
    #expect(error.code == broken.code)
    #expect(error.file == broken.name)
    #expect(error.line == broken.line)
    #expect(error.keyPath == broken.path)
    #expect(error.expected.contains(broken.expected), "\(error.expected)")
  }

  @Test func `deep nesting is an error, not a crash`() {
    let text = String(repeating: "[", count: 100_000)
    let file = RuleFile(name: "brands.json5", bytes: Data(text.utf8))
    #expect(throws: RuleError.self) { try RuleSet.check(file) }
  }

  @Test func `any cut of a rule file is an error, never a crash`() throws {
    let file = try #require(RuleFile.embedded.first { $0.name == "scoring.json5" })
    let end = try #require(file.bytes.lastIndex(of: UInt8(ascii: "}")))
    for count in stride(from: 0, to: end, by: 7) {
      let cut = RuleFile(name: file.name, bytes: file.bytes.prefix(count))
      #expect(throws: RuleError.self) { try RuleSet.check(cut) }
    }
  }

  /// Rule decoding meets whatever a user writes: changed bytes give an error with a line or decode.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `changed bytes never crash, and every error has a line`(seed: UInt64) {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let alphabet = Array("{}[],:'\"\\/*-0123456789eE.xab\n \u{E9}".utf8) + [0, 0xFF, 0xC2]
    let files = RuleFile.embedded.filter { $0.bytes.count < 5_000 }
    for _ in 0..<300 {
      var file = files[next(files.count)]
      for _ in 0...next(4) {
        file.bytes[file.bytes.startIndex + next(file.bytes.count)] = alphabet[next(alphabet.count)]
      }
      do throws(RuleError) {
        try RuleSet.check(file)
      } catch {
        #expect(error.line != nil, "seed \(seed), \(file.name): \(error)")
      }
    }
  }
}
