import Rules
import Testing

@testable import Lint

@Suite struct PatternTests {
  private func found(_ pattern: String, in text: String, _ name: String = "a.js") throws -> Bool {
    let source = SourceText(Array(text.utf8), try #require(Language(path: name)))
    let compiled = try #require(LintPattern(pattern, names: ["x": ["one", "two"]]))
    let matcher = Matcher(text: source, secrets: [])
    return source.tokens.indices.contains {
      matcher.match(compiled, at: $0, before: source.tokens.count) != nil
    }
  }

  @Test(arguments: [
    ("a . create (", "A.create(1)", true), ("a . create (", "a::create(1)", true),
    ("a . create (", "a?.create(1)", true), ("a . create (", "acreate(1)", false),
    ("<k> : 1?", "{'k': 1}", true), ("<k> :", "k => 1", true), ("<k> :", "{kk: 1}", false),
    ("#x (", "two(", true), ("pre#x (", "pre_one(", true), ("#x (", "three(", false),
    ("a ... b", "a (x; y) b", true), ("a ... b", "a; b", false), ("a ... b", "(a) b", false),
    ("\"ab*\"", "'a_bc'", true), ("\"ab*\"", "ab", false), ("a b? c", "a c", true),
    ("@spread a", "f(...a)", true), ("a ;|,", "a,", true), ("a ;|,", "a)", false),
    ("u : @http", "u: 'http://shop.example.com/x'", true),
    ("u : @http", "u: 'http://localhost:3000/x'", false),
    ("u : @http", "u: 'https://shop.example.com/x'", false), ("a @: b", "a = b", false),
  ])
  func `patterns match code of their shape`(pattern: String, text: String, expected: Bool) throws {
    #expect(try found(pattern, in: text) == expected)
  }

  @Test func `a name may stand for phrases, each a pattern of its own`() {
    let names = ["x": ["one . #y", "two"], "y": ["a", "b"]]
    let patterns = LintPattern.all("#x ( #y #x", names: names)
    #expect(patterns.count == 4 && patterns.first?.elements.count == 8)
    #expect(LintPattern.all("#x|c (", names: names).isEmpty)
    #expect(LintPattern.all("#x", names: ["x": ["one two", "\""]]).isEmpty)
  }

  @Test(arguments: ["", "... a", "a ...", "a? b", "\"", "@nothing", "#unknown", "a||b"])
  func `what is no pattern is refused`(text: String) {
    #expect(LintPattern(text, names: [:]) == nil)
  }

  @Test(arguments: [
    ("a*", "abc", true), ("*a", "bca", true), ("a*c*e", "abcde", true), ("a*c", "ab", false),
    ("*", "", true), ("abc", "abc", true), ("abc", "abcd", false),
  ])
  func `stars stand for anything`(glob: String, text: String, expected: Bool) {
    let matches = Array(text.utf8).withUnsafeBufferPointer { LintPattern.Glob(glob).matches($0) }
    #expect(matches == expected)
  }
}
