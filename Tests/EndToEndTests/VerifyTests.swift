import CLI
import Core
import Foundation
import Native
import Testing

/// `unpan verify` as users run it.
@Suite struct VerifyTests {
  private func makeDatabase(_ tool: Tool, _ statements: [String]) throws {
    let database = try Database.create(tool.directory.appendingPathComponent("shop.db").path)
    for statement in statements { try database.execute(statement) }
  }

  private static let clean = [
    "CREATE TABLE c(id INTEGER PRIMARY KEY, cus TEXT, pm TEXT, brand TEXT, last4 TEXT)",
    "INSERT INTO c VALUES(1, 'cus_NffrFeUfNV2Hib', 'pm_1MqLiJLkdIwHu7ixUEgbFdYF', 'visa', '4242')",
  ]

  @Test func `the target state is 0, an unreadable column 2, card data 1`() throws {
    let tool = try Tool()
    try makeDatabase(tool, Self.clean)
    let passed = try tool.run(["verify", "sqlite:shop.db"])
    #expect(passed.exit == 0, "\(passed.out)\(passed.err)")
    #expect(passed.out.contains("TARGET STATE REACHED"))

    try makeDatabase(tool, ["ALTER TABLE c ADD COLUMN blob", "UPDATE c SET blob = x'00ff01'"])
    let unproven = try tool.run(["verify", "sqlite:shop.db"])
    #expect(unproven.exit == 2)
    #expect(unproven.out.contains("not proven c.blob"))

    try tool.write(
      "{ allow: ['stripe-customer', 'stripe-payment-method', 'brand', 'last4'], failOn: [],\n"
        + "  accept: [{ table: 'c', column: 'blob', reason: 'pictures' }] }", to: "p.json5")
    let accepted = try tool.run(["verify", "sqlite:shop.db", "--policy", "p.json5"])
    #expect(accepted.exit == 0)

    try makeDatabase(
      tool, ["ALTER TABLE c ADD COLUMN pan TEXT", "UPDATE c SET pan = '4111111111111111'"])
    let failed = try tool.run(["verify", "sqlite:shop.db", "--policy", "p.json5"])
    #expect(failed.exit == 1)
    #expect(failed.out.contains("forbidden  c.pan"))
    #expect(!(failed.out + failed.err).contains("411111"))
  }

  @Test func `one of a kind is told in the singular`() throws {
    let tool = try Tool()
    try makeDatabase(
      tool,
      [
        "CREATE TABLE c(pm TEXT, old TEXT, blob)",
        "INSERT INTO c VALUES('pm_1MqLiJLkdIwHu7ixUEgbFdYF', 'cus_short1', x'00ff01')",
      ])
    let text = try tool.run(["verify", "sqlite:shop.db"]).out
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("1 payment method without a customer"), "\(text)")
    #expect(words.contains("1 begins like a Stripe id and goes on like none"), "\(text)")
    #expect(words.contains("1 of class opaque: nobody can tell what it holds"), "\(text)")
  }

  @Test func `the verdict is in the JSON of every target`() throws {
    let tool = try Tool()
    try makeDatabase(tool, Self.clean)
    try tool.write("card 4111111111111111\n", to: "app.log")
    let outcome = try tool.run(["verify", "shop.db", "app.log", "--format", "json"])
    #expect(outcome.exit == 1)
    let document =
      try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [String: Any]
    let summary = try #require(document?["summary"] as? [String: Any])
    let policy = try #require(summary["policy"] as? [String: Any])
    #expect(policy["verdict"] as? String == "failed")
    #expect(policy["policy"] as? String == "built-in")
    let stores = try #require(policy["stores"] as? [[String: Any]])
    #expect(stores.map { $0["verdict"] as? String } == ["passed", "failed"])
    #expect((stores[0]["columns"] as? [Any])?.count == 5)
    // A saved result shows the verdict again.
    try tool.write(outcome.out, to: "result.json")
    let again = try tool.run(["report", "result.json"])
    #expect(again.out.contains("TARGET STATE NOT REACHED in 1 of 2 stores"))
  }

  @Test func `a mistyped policy is told with the line and the closest key`() throws {
    let tool = try Tool()
    try makeDatabase(tool, Self.clean)
    try tool.write("{\n  alow: [],\n  failOn: [] }", to: "p.json5")
    let key = try tool.run(["verify", "shop.db", "--policy", "p.json5"])
    #expect(key.exit == 64)
    #expect(key.err.contains("p.json5:2") && key.err.contains("did you mean allow?"))
    try tool.write("{ allow: ['pan'], failOn: [] }", to: "p.json5")
    let value = try tool.run(["verify", "shop.db", "--policy", "p.json5"])
    #expect(value.exit == 64 && value.err.contains("allow[0]"))
    let missing = try tool.run(["verify", "shop.db", "--policy", "none.json5"])
    #expect(missing.exit == 64 && missing.err.contains("none.json5"))
    let none = try tool.run(["verify"])
    #expect(none.exit == 64 && none.err.contains("unpan verify"))
  }

  @Test func `what is excluded keeps the answer from being a proof`() throws {
    let tool = try Tool()
    try tool.write("quiet\n", to: "logs/a.log")
    try tool.write("quiet\n", to: "logs/b.log")
    #expect(try tool.run(["verify", "logs"]).exit == 0)
    #expect(try tool.run(["verify", "logs", "--exclude", "b.log"]).exit == 2)
  }

  @Test func `the directory of evidence can be checked`() throws {
    let tool = try Tool()
    try makeDatabase(tool, Self.clean)
    let outcome = try tool.run(["verify", "shop.db", "--report", "evidence"])
    #expect(outcome.exit == 0, "\(outcome.err)")
    let check = try tool.run(["report", "--check", "evidence"])
    #expect(check.exit == 0, "\(check.out)\(check.err)")
    let text = try String(
      contentsOf: tool.directory.appendingPathComponent("evidence/report.txt"), encoding: .utf8)
    #expect(text.contains("TARGET STATE REACHED"))
  }

  @Test func `a report of the demo shop holds no digits of its cards`() throws {
    let tool = try Tool()
    let manifest = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    let numbers = Set(
      manifest.plants.filter { $0.kind == .pan }.map(\.value))
    #expect(numbers.count > 100)
    for format in ["text", "json", "html"] {
      let outcome = try tool.run(["verify", "shop", "--format", format])
      #expect(outcome.exit == 1)
      for number in numbers {
        #expect(!outcome.out.contains(number) && !outcome.out.contains(number.dropLast(4)))
      }
    }
  }
}
