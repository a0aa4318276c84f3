import Rules
import TestSupport
import Testing

@testable import Lint

/// The words of a text after comments are gone and strings are set apart.
private func words(_ text: String, _ name: String, _ kind: SourceText.Kind = .word) -> [String] {
  let source = SourceText(Array(text.utf8), Language(path: name) ?? Language(path: "a.js")!)
  return source.tokens.indices.filter { source.tokens[$0].kind == kind }.map { source.folded($0) }
}

@Suite struct SourceTextTests {
  @Test(arguments: [
    ("a.js", "a // b 'c\nd /* e\n f */ g", ["a", "d", "g"]),
    ("a.py", "a # b 'c\nd", ["a", "d"]),
    ("a.rb", "a # b\n=begin\nc\n=end\nd", ["a", "d"]),
    (
      "a.php", "<p>x</p><?php $a; # b\n// c ?> <p>d</p><?php e; ?>", ["p", "p", "a", "p", "p", "e"]
    ),
    ("a.sql", "a -- b\nc /* d */ e", ["a", "c", "e"]),
    (
      "a.html", "<!-- a --><b c=d>e</b><script>f // g</script>",
      ["b", "c", "d", "b", "script", "f", "script"]
    ),
    ("a.go", "a := `b \\` // c", ["a"]),
    ("a.js", "x = /['\"]/.test(y)", ["x", "test", "y"]),
    ("a.js", "x = a / b / c", ["x", "a", "b", "c"]),
    ("a.js", "`${a.b} c ${d}`", ["a", "b", "d"]),
    ("a.py", "f'{a} b' + 'c{d}'", ["a"]),
    ("a.rb", "\"a #{b} c\"", ["b"]),
    ("a.swift", "\"a \\(b) c\"", ["b"]),
    ("a.kt", "\"a $b c ${d} \\$e 1$\"", ["b", "d"]),
    ("a.php", "<?php \"a $b->c_d-e {$f}\"; 'x $g'", ["b", "cd", "f"]),
  ])
  func `comments and strings are told from code`(name: String, text: String, expected: [String]) {
    #expect(words(text, name) == expected)
  }

  @Test(arguments: [
    ("a.js", "'a\\'b' \"c\" `d\ne`", ["a\\'b", "c", "d\ne"]),
    ("a.py", "'''a\n'b' ''' \"c\"", ["a\n'b' ", "c"]),
    ("a.cs", "@\"a\\\" \"b\"", ["a\\", "b"]),
    ("a.java", "'x' \"\"\"a \"b\" c\"\"\"", ["x", "a \"b\" c"]),
    // A quote that is never closed costs one line.
    ("a.js", "don't\n'a'", ["t", "a"]),
  ])
  func `strings end where their language says`(name: String, text: String, expected: [String]) {
    #expect(words(text, name, .string) == expected)
  }

  @Test func `names are folded to one spelling`() {
    let text = "paymentIntents payment_intents PaymentIntents $payment_intents @paymentIntents"
    #expect(Set(words(text, "a.js")) == ["paymentintents"])
  }

  @Test func `lines are those of the file`() {
    let source = SourceText(
      Array("a\n/* b\n */ c `d\n${e}`\nf".utf8), Language(path: "a.ts")!)
    let lines = source.tokens.indices.filter { source.tokens[$0].kind == .word }
      .map { "\(source.folded($0))\(source.tokens[$0].line)" }
    #expect(lines == ["a0", "c2", "e3", "f4"])
  }

  @Test func `brackets are paired, those without a partner are not`() {
    let source = SourceText(Array("f(a, [b], {c)) }".utf8), Language(path: "a.js")!)
    let open = source.tokens.indices.first { source.isMark($0, "(") }
    let partner = open.map { Int(source.tokens[$0].partner) }
    #expect(partner == source.tokens.indices.first { source.isMark($0, ")") })
    let curly = source.tokens.indices.first { source.isMark($0, "{") }
    #expect(curly.map { source.tokens[$0].partner } == -1)
  }

  @Test func `functions and loops are found in braces and by indentation`() {
    let script = SourceText(
      Array("function a() { if (x) { b(); } for (;;) { c(); } } d({ e: 1 });".utf8),
      Language(path: "a.js")!)
    let scopes = Scopes(script)
    func at(_ word: String, _ text: SourceText) -> Int {
      text.tokens.indices.first { text.folded($0) == word } ?? -1
    }
    #expect(scopes.function(around: at("b", script)).upperBound < at("d", script) + 1)
    #expect(scopes.loop(around: at("c", script)) != nil)
    #expect(scopes.loop(around: at("b", script)) == nil)
    #expect(scopes.function(around: at("e", script)) == script.tokens.indices)

    let python = SourceText(
      Array("def a():\n    for x in y:\n        b()\n    c()\nd()\n".utf8),
      Language(path: "a.py")!)
    let blocks = Scopes(python)
    #expect(blocks.loop(around: at("b", python)) != nil)
    #expect(blocks.loop(around: at("c", python)) == nil)
    #expect(blocks.function(around: at("c", python)).contains(at("b", python)))
    #expect(!blocks.function(around: at("c", python)).contains(at("d", python)))

    let classes = SourceText(
      Array("class A:\n    b = 1\nclass C:\n    d = 1\n    def e():\n        f()\n".utf8),
      Language(path: "a.py")!)
    let definitions = Scopes(classes)
    #expect(definitions.function(around: at("d", classes)).contains(at("c", classes)))
    #expect(!definitions.function(around: at("d", classes)).contains(at("b", classes)))
    #expect(!definitions.function(around: at("f", classes)).contains(at("d", classes)))

    let loops = """
      func a() { for i := 0; i < 3; i++ { b() }
      if c := d(); e(c) { f() }
      for ;; { g() }
      for _, h := range i { j() } }
      func k() {
        l()
        for { m() }
      }
      """
    let go = SourceText(Array(loops.utf8), Language(path: "a.go")!)
    let heads = Scopes(go)
    #expect(heads.loop(around: at("b", go))?.contains(at("i", go)) == true)
    #expect(heads.loop(around: at("f", go)) == nil)
    #expect(heads.loop(around: at("g", go)) != nil && heads.loop(around: at("j", go)) != nil)
    #expect(heads.loop(around: at("l", go)) == nil && heads.loop(around: at("m", go)) != nil)
    #expect(heads.function(around: at("f", go)).contains(at("b", go)))
  }

  @Test func `random bytes are taken apart without harm in every language`() throws {
    let linter = Linter(try LintRules.load())
    var generator = SplitMix(seed: 7)
    let pieces = [
      "'", "\"", "`", "/*", "*/", "//", "#", "<?php", "?>", "<script>", "</script>", "<%", "%>",
      "${", "{", "}", "(", ")", "[", "]", "\n", "\\", "f'", "@\"", "\"\"\"", "paymentIntents",
      ".create(", "<input name=", "\u{FF}", "console.log(", "...", " ", "=begin\n",
    ]
    for _ in 0..<400 {
      let text = (0..<60).map { _ in pieces.randomElement(using: &generator)! }.joined()
      for name in LintRule.languageNames + ["erb"] {
        let language = try #require(Language(name: name) ?? Language(path: "a.erb"))
        _ = linter.check(Array(text.utf8), language)
      }
    }
  }
}
