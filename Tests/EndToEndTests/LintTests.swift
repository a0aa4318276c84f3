import Foundation
import Testing

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

  @Test func `a broken rule of one's own is an error with its place`() throws {
    let tool = try Tool()
    try tool.write("{ id: 'x', title: 'x', kind: 'pan' }", to: "rules/lint/x.json5")
    let outcome = try tool.run(["lint", ".", "--rules", "rules"])
    #expect(outcome.exit == 64 && outcome.err.contains("x.json5"))
  }
}
