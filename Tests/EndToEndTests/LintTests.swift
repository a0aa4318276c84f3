import Foundation
import Testing

private let names = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "rules/lint-names.json5")

/// `unpan lint` as a user runs it.
@Suite struct LintTests {
  private static let code = """
    const stripe = require('stripe')(process.env.STRIPE_KEY);
    app.post('/pay', async (req, res) => {
      const intent = await stripe.paymentIntents.create({ amount: req.body.amount });
      console.log(intent.client_secret);
      stripe.webhooks.constructEvent(req.body, signature, secret);
    });

    """

  @Test func `findings exit with 1, name their rules and are explained`() throws {
    let tool = try Tool()
    try tool.write(Self.code, to: "shop/pay.js")
    let outcome = try tool.run(["lint", "shop"])
    #expect(outcome.exit == 1, "\(outcome.err)")
    #expect(outcome.out.contains("INTEGRATION MISTAKES FOUND"))
    #expect(outcome.out.contains("no-idempotency-key"))
    #expect(try tool.run(["rules", "explain", "no-idempotency-key"]).out.contains("https://"))
    #expect(try tool.run(["lint", "shop", "--fail-on", "critical"]).exit == 0)
    #expect(try tool.run(["lint", "shop", "--exclude", "*.js"]).exit == 0)
    #expect(try tool.run(["lint", "nowhere"]).exit == 2)
    #expect(try tool.run(["lint"]).exit == 64)
  }

  @Test(arguments: [
    "json", "jsonl", "html", "sarif", "junit", "gitlab", "csv", "markdown", "github",
  ])
  func `every format tells the rule`(format: String) throws {
    let tool = try Tool()
    try tool.write(Self.code, to: "pay.js")
    let outcome = try tool.run(["lint", ".", "--format", format])
    #expect(outcome.exit == 1)
    #expect(outcome.out.contains("idempotency"), "\(outcome.out.prefix(2000))")
  }

  @Test func `a saved result is shown again, and compared`() throws {
    let tool = try Tool()
    try tool.write(Self.code, to: "pay.js")
    _ = try tool.run(["lint", ".", "--format", "jsonl", "-o", "old.jsonl"])
    #expect(try tool.run(["report", "old.jsonl"]).exit == 1)
    try tool.write("// unpan:allow shown to nobody\n", to: "empty.js")
    let again = try tool.run(["lint", ".", "--previous", "old.jsonl"])
    #expect(again.exit == 1 && again.out.contains("2"))
  }

  @Test func `a target that is no source code is told`() throws {
    let tool = try Tool()
    try tool.write(Self.code, to: "tests/shop/pay.js")
    try tool.write("KEY=1\n", to: "tests/shop/prod.env")
    for target in ["-", "tests/shop/prod.env", "sqlite:tests/shop/prod.env"] {
      let outcome = try tool.run(["lint", target], stdin: Data(Self.code.utf8))
      #expect(outcome.exit == 2 && outcome.out.contains("no source code"), "\(target)")
    }
    // In a tree it is only left out, and the folders above the target say nothing about it.
    let outcome = try tool.run(["lint", "tests/shop", "--format", "jsonl"])
    #expect(outcome.exit == 1 && outcome.out.contains("no-idempotency-key"))
    #expect(outcome.out.contains(#""complete":true"#))
  }

  @Test func `a reason does not show what it holds`() throws {
    let tool = try Tool()
    let key = "sk_live_" + "AbCdEfGhIjKlMnOpQrStUvWx"
    try tool.write(
      "console.log('stripe', card_number); // unpan:allow as \(key) and 4111111111111111\n",
      to: "pay.js")
    for format in ["json", "html", "sarif", "csv", "text"] {
      let outcome = try tool.run(["lint", ".", "--format", format])
      #expect(!outcome.out.contains(key) && !outcome.out.contains("4111111111111111"), "\(format)")
    }
    #expect(try tool.run(["lint", ".", "--format", "json"]).out.contains("and XXXXXXXXXXXX1111"))
  }

  @Test func `a broken rule of one's own is an error with its place`() throws {
    let tool = try Tool()
    try tool.write("{ id: 'x', title: 'x', kind: 'pan' }", to: "rules/lint/x.json5")
    let outcome = try tool.run(["lint", ".", "--rules", "rules"])
    #expect(outcome.exit == 64 && outcome.err.contains("x.json5"))
  }

  @Test func `a rule of one's own may use its own names, and conditions for all its checks`()
    throws
  {
    let tool = try Tool()
    try tool.write(
      """
      { id: "own", title: "Own", kind: "integration", severity: "high", requirements: [],
        languages: ["javascript"], reference: "https://example.com", what: "A.", why: "B.", fix: "C.",
        where: [{ in: "file", none: ["safe"] }],
        checks: [{ find: ["#call ("] }, { find: ["other ("] }],
        bad: [{ language: "javascript", text: "a.b(1)\\nother(2)", count: 2 }],
        good: [{ language: "javascript", text: "a.b(1); other(2); safe" }] }
      """, to: "rules/lint/own.json5")
    try tool.write(
      try String(contentsOf: names, encoding: .utf8)
        .replacing("\n{\n", with: "\n{\n  call: [\"a . b\", \"c\"],\n", maxReplacements: 1),
      to: "rules/lint-names.json5")
    let tests = try tool.run(["rules", "test", "--rules", "rules"])
    #expect(tests.exit == 0, "\(tests.out) \(tests.err)")
    try tool.write("a.b(1)\nother(2)\n", to: "src/pay.js")
    let outcome = try tool.run(["lint", "src", "--rules", "rules"])
    #expect(outcome.exit == 1 && outcome.out.contains("2 findings"), "\(outcome.err)")
  }

  @Test func `a baseline holds what is put up with, and shrinks by itself`() throws {
    let tool = try Tool()
    try tool.write(Self.code, to: "pay.js")
    let written = try tool.run([
      "lint", ".", "--update-baseline", "--baseline", "b.json", "--accept", "old", "--owner",
      "ann", "--expires", "2099-01-01",
    ])
    #expect(written.exit == 0, "\(written.err)")
    let held = try tool.run(["lint", ".", "--baseline", "b.json", "--format", "sarif"])
    #expect(held.exit == 0 && held.out.contains("\"external\""))
    // Lines move, and a mistake comes.
    try tool.write(
      "// new\n" + Self.code + "console.log('now', paymentIntent);\n", to: "pay.js")
    let more = try tool.run(["lint", ".", "--baseline", "b.json", "--format", "jsonl"])
    #expect(more.exit == 1)
    let open = more.out.split(separator: "\n").filter {
      $0.contains("\"type\":\"finding\"") && !$0.contains("suppression")
    }
    #expect(open.count == 1 && open.allSatisfy { $0.contains("\"line\":8") }, "\(open)")
    let expired = try tool.run(
      ["lint", ".", "--baseline", "b.json"], environment: ["SOURCE_DATE_EPOCH": "4102444800"])
    #expect(expired.exit == 1 && expired.err.contains("expired"))
    try tool.write("export {};\n", to: "pay.js")
    let shrunk = try tool.run(["lint", ".", "--update-baseline", "--baseline", "b.json"])
    #expect(shrunk.exit == 0 && shrunk.err.contains("0 kept"))
    #expect(try tool.run(["lint", ".", "--accept", "x"]).exit == 64)
    #expect(try tool.run(["lint", ".", "--update-baseline"]).exit == 64)
  }

  @Test func `an evidence bundle of it can be checked`() throws {
    let tool = try Tool()
    try tool.write(Self.code, to: "shop/pay.js")
    let outcome = try tool.run(["lint", "shop", "--report", "evidence"])
    #expect(outcome.exit == 1, "\(outcome.err)")
    let check = try tool.run(["report", "--check", "evidence"])
    #expect(check.exit == 0, "\(check.out)\(check.err)")
    let text = try String(
      contentsOf: tool.directory.appendingPathComponent("evidence/rules.json"), encoding: .utf8)
    #expect(text.contains("lint/no-idempotency-key.json5") && !text.contains("words/"))
    try FileManager.default.removeItem(
      at: tool.directory.appendingPathComponent("evidence/findings.jsonl"))
    #expect(try tool.run(["report", "--check", "evidence"]).exit == 1)
  }
}
