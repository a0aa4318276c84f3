import Foundation
import TestSupport
import Testing

/// `unpan migrate verify`: what it takes to pass.
@Suite struct MigrateVerifyTests {
  private let shop: MigratedShop

  /// A shop that is linked and scrubbed.
  init() throws {
    shop = try MigratedShop(rows: 3)
    let digest = try shop.plan()
    for step in [
      ["link", "--plan", "plan.json", "--apply"],
      ["scrub", "--plan", "plan.json", "--confirm", digest, "--apply"],
    ] {
      let done = try shop.tool.run(["migrate"] + step)
      #expect(done.exit == 0, "\(done.err)")
    }
  }

  private func verify(_ more: [String] = [], key: String = "") throws -> Tool.Outcome {
    try shop.tool.run(
      ["migrate", "verify", "--config", "unpan-migration.json5"] + more,
      environment: ["STRIPE_API_KEY": key])
  }

  @Test func `the target state is judged as verify does`() throws {
    let clean = try verify()
    #expect(clean.exit == 0 && clean.out.contains("TARGET STATE REACHED"), "\(clean)")
    #expect(clean.out.contains("reconciled: 6 legacy records = 6 linked + 0 excepted"))
    // Nobody can tell what this holds: no card data is found, and nothing is proven.
    try shop.execute(
      "CREATE TABLE keep(id INTEGER PRIMARY KEY, x BLOB); "
        + "INSERT INTO keep(x) VALUES (randomblob(64)), (randomblob(64)), (randomblob(64))")
    let opaque = try verify(["--report", "reports"])
    #expect(opaque.exit == 2 && opaque.out.contains("not proven keep.x"), "\(opaque)")
    let page = try String(
      contentsOf: shop.tool.directory.appending(path: "reports/report.html"), encoding: .utf8)
    #expect(page.contains("Target state") && page.contains("not asked"))
    try shop.tool.write(
      """
      {
        allow: [
          "stripe-customer", "stripe-payment-method", "brand", "last4", "expiry", "opaque",
        ], failOn: [], accept: [],
      }
      """, to: "policy.json5")
    let accepted = try verify(["--policy", "policy.json5"])
    #expect(accepted.exit == 0, "\(accepted)")
  }

  @Test func `customers without a card are a group of their own`() throws {
    try shop.execute("INSERT INTO customers(id) VALUES (701), (702)")
    let text = try verify()
    let sum = "8 legacy records = 6 linked + 0 excepted + 2 customers without a card"
    #expect(text.exit == 0 && text.err.contains(sum), "\(text)")
    let words = text.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("reconciled: " + sum), "\(words)")
    let json = try verify(["--format", "json"])
    #expect(json.exit == 0 && json.out.contains(#""excepted":0,"withoutCard":2,"#), "\(json)")
  }

  @Test func `a shop with indexes for full text reaches the target state`() throws {
    let shop = try MigratedShop(
      rows: 40,
      also: """
        CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);
        CREATE VIRTUAL TABLE search USING fts5(body, content='notes', content_rowid='id');
        CREATE VIRTUAL TABLE mail USING fts5(subject, body, prefix='3');
        CREATE VIRTUAL TABLE old USING fts4(body);
        """
    ) { number in
      """
      INSERT INTO notes(body) VALUES ('please charge \(number) again');
      INSERT INTO search(rowid, body) SELECT id, body FROM notes ORDER BY id DESC LIMIT 1;
      INSERT INTO mail VALUES ('a card', 'it is \(number)');
      INSERT INTO old VALUES ('it is \(number)');
      """
    }
    let digest = try shop.plan()
    for step in [
      ["link", "--plan", "plan.json", "--apply"],
      ["scrub", "--plan", "plan.json", "--confirm", digest, "--apply"],
    ] {
      let done = try shop.tool.run(["migrate"] + step)
      #expect(done.exit == 0, "\(done.err)")
    }
    let verified = try shop.tool.run(
      ["migrate", "verify", "--config", "unpan-migration.json5"],
      environment: ["STRIPE_API_KEY": ""])
    #expect(verified.exit == 0 && verified.out.contains("TARGET STATE REACHED"), "\(verified)")
    for query in ["search('please')", "mail('card')"] {
      #expect(try shop.rows("SELECT count(*) FROM \(query)") == ["40"])
    }
  }

  @Test func `a record that came later is open, though nothing forbidden is stored`() throws {
    try shop.execute("INSERT INTO cards(id, customer_id) VALUES (9, 3)")
    let open = try verify()
    #expect(open.exit == 1, "\(open)")
    #expect(open.out.contains("NOT reconciled: 7 legacy records = 6 linked"), "\(open)")
    #expect(open.out.contains("open: cards 9"))
    #expect(try shop.tool.run(["verify", "sqlite:shop.db"]).exit == 0)
  }

  @Test(arguments: [
    ("UPDATE cards SET last4 = '9999' WHERE id = 2", "cards 2 conflict last4-differs"),
    ("UPDATE cards SET brand = 'amex' WHERE id = 2", "cards 2 conflict brand-differs"),
    (
      "UPDATE cards SET stripe_payment_method_id = NULL WHERE id = 2", "cards 2 matched not-linked"
    ),
    (
      "UPDATE customers SET stripe_customer_id = NULL WHERE id = 2",
      "customers 2 matched not-linked"
    ),
    ("DELETE FROM cards WHERE id = 2", "cards (a record of the plan) gone not-in-database"),
  ])
  func `a record that is not as linked is open and named`(sql: String, told: String) throws {
    try shop.execute(sql)
    let text = try verify()
    #expect(text.exit == 1, "\(text)")
    let words = text.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("NOT reconciled: 6 legacy records = 5 linked + 0 excepted + 1 neither"))
    #expect(words.contains("open: " + told), "\(text.out)")
    #expect(text.err.contains("+ 1 OPEN; NOT reconciled"), "\(text.err)")
    let json = try verify(["--format", "json"])
    #expect(json.exit == 1)
    #expect(json.out.contains("\"reconciled\":false") && json.out.contains("\"openCount\":1"))
  }

  @Test func `a ledger that knows nothing of the plan proves nothing`() throws {
    let path = shop.path("unpan-ledger.db")
    try FileManager.default.removeItem(atPath: path)
    let missing = try verify()
    #expect(missing.exit == 3 && missing.out.isEmpty, "\(missing)")
    #expect(missing.err.contains("knows nothing of the plan") && missing.err.contains("--ledger"))
    #expect(!FileManager.default.fileExists(atPath: path))
    // One of another migration is no better.
    let match = ["migrate", "match", "--config", "unpan-migration.json5"]
    #expect(try shop.tool.run(match).exit == 0)
    #expect(try verify().exit == 3)
    let digest = try #require(
      shop.rows("SELECT plan FROM unpan_migration_progress WHERE step = 'run'").first)
    let scrub = try shop.tool.run(
      ["migrate", "scrub", "--plan", "plan.json", "--confirm", digest, "--apply"])
    #expect(scrub.exit == 3 && scrub.err.contains("knows nothing of the plan"), "\(scrub)")
  }

  @Test func `with a key Stripe is asked about every record`() throws {
    let server = try StripeServer()
    defer { server.stop() }
    let rows = try shop.rows("SELECT stripe_payment_method_id, last4, exp_month FROM cards")
    for (index, row) in rows.enumerated() {
      let fields = row.split(separator: "|").map(String.init)
      let customer = "cus_abc" + String(1_000_000_001 + index)
      server.add(customer: customer, default: fields[0])
      var method = StripeServer.Method(fields[0], of: customer)
      method.last4 = fields[1]
      method.month = Int(fields[2]) ?? 0
      server.add(method)
    }
    let ways = ["--api-base", server.url, "--rate", "1000"]
    let clean = try verify(ways, key: StripeServer.key)
    #expect(clean.exit == 0, "\(clean)")
    #expect(clean.out.contains("3 records: 3 as Stripe"))
    var other = StripeServer.Method("pm_abc1000000002", of: "cus_abc1000000002")
    other.last4 = rows[1].contains("|1111|") ? "2222" : "1111"
    server.replace(other)
    let wrong = try verify(
      ways + ["--format", "json", "--output", "result.json"], key: StripeServer.key)
    #expect(wrong.exit == 1, "\(wrong)")
    let result = try String(
      contentsOf: shop.tool.directory.appending(path: "result.json"), encoding: .utf8)
    #expect(result.contains("pm_abc1000000002") && result.contains("last4-differs"))
    let text = try verify(ways, key: StripeServer.key)
    #expect(text.out.contains("1 last4-differs"), "\(text.out)")
    // A key that Stripe does not take stops the run before anything else.
    let refused = try verify(ways, key: "rk_test_revoked12345678")
    #expect(refused.exit == 3 && refused.out.isEmpty, "\(refused)")
  }
}
