import Foundation
import TestSupport
import Testing

/// `unpan migrate` on real servers as a person types it.
@Suite(.enabled(if: !ServerMigratedShop.kinds.isEmpty, "no database server is installed"))
struct ServerMigrateTests {
  @Test(arguments: ServerMigratedShop.kinds)
  func `the plain schema goes from init to verify unedited`(kind: ServerDatabase.Kind) throws {
    let shop = try ServerMigratedShop(kind, rows: 60)
    let numbers = try shop.database.rows("SELECT number FROM cards")
    #expect(!(try shop.database.filesHolding(numbers)).isEmpty)
    let digest = try shop.plan()
    let link = ["migrate", "link", "--plan", "plan.json", "--apply"]
    #expect(try shop.run(["migrate", "link", "--plan", "plan.json"]).out.contains("would link 60"))
    #expect(try shop.run(link).exit == 0)
    let rollback = try shop.run(["migrate", "rollback", "--plan", "plan.json", "--apply"])
    #expect(rollback.exit == 0 && rollback.out.contains("restored 120 rows"), "\(rollback.err)")
    #expect(try shop.database.columns(of: "cards").count == 6)
    #expect(try shop.run(link).exit == 0)
    let scrub = try shop.run(
      ["migrate", "scrub", "--plan", "plan.json", "--confirm", digest, "--apply"])
    #expect(scrub.exit == 0 && scrub.out.contains("scan afterwards: 0 findings"), "\(scrub)")
    #expect(scrub.out.contains("backups"))
    let verify = try shop.run(
      ["migrate", "verify", "--config", "unpan-migration.json5", "--report", "reports/"])
    #expect(verify.exit == 0, "\(verify.err)")
    #expect(verify.err.contains("120 legacy records = 120 linked + 0 excepted"))
    #expect(
      try shop.database.rows(
        """
        SELECT count(number), count(cvv), count(stripe_payment_method_id), count(brand),
          count(last4) FROM cards
        """) == ["0|0|60|60|60"])
    #expect(try shop.database.filesHolding(numbers) == [])
    let status = try shop.run(["migrate", "status"])
    #expect(status.exit == 0 && status.out.contains("verified"))
    let late = try shop.run(["migrate", "rollback", "--plan", "plan.json", "--apply"])
    #expect(late.exit == 3 && late.err.contains("no way back"))
  }

  @Test(arguments: ServerMigratedShop.kinds)
  func `neither numbers nor the password are in any file or output`(
    kind: ServerDatabase.Kind
  ) throws {
    let shop = try ServerMigratedShop(kind, rows: 20)
    var texts = ""
    let initial = try shop.tool.run(
      [
        "migrate", "init", shop.database.url, "--mapping", "mapping.csv", "--output",
        "unpan-migration.json5",
      ])
    #expect(initial.exit == 0, "\(initial.err)")
    for arguments in [
      ["migrate", "match", "--config", "unpan-migration.json5", "--output", "matches.jsonl"],
      ["migrate", "plan", "--config", "unpan-migration.json5", "--output", "plan.json"],
      ["migrate", "link", "--plan", "plan.json", "--apply"], ["migrate", "status"],
    ] {
      let outcome = try shop.run(arguments)
      #expect(outcome.exit == 0, "\(outcome.err)")
      texts += outcome.out + outcome.err
    }
    for name in ["plan.json", "matches.jsonl", "unpan-ledger.db", "unpan-migration.json5"] {
      let url = shop.tool.directory.appendingPathComponent(name)
      texts += String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }
    for secret in try shop.database.rows("SELECT number FROM cards") + [
      shop.database.server.password
    ] { #expect(!texts.contains(secret)) }
  }

  @Test(arguments: ServerMigratedShop.kinds)
  func `a server that lets nobody in is told with the cure`(kind: ServerDatabase.Kind) throws {
    let database = try ServerDatabase(kind)
    let tool = try Tool()
    let wrong = try tool.run(
      ["migrate", "init", database.url(user: "boss:wr0ng"), "--mapping", "m.csv"])
    #expect(wrong.exit == 3 && wrong.err.contains("password"), "\(wrong.err)")
    #expect(!wrong.err.contains("wr0ng"))
    let nobody = try tool.run(
      [
        "migrate", "init", (kind == .postgreSQL ? "postgres" : "mariadb") + "://boss@127.0.0.1:1/x",
        "--mapping", "m.csv",
      ])
    #expect(nobody.exit == 3 && nobody.err.contains("Check host"), "\(nobody.err)")
  }
}

/// `kill -9` in the middle of link and scrub on real servers. `make soak` sets `UNPAN_KILLS` to 200.
@Suite(
  .serialized,
  .enabled(if: !ServerMigratedShop.kinds.isEmpty, "no database server is installed"))
struct ServerMigrateKillTests {
  private static let kills =
    ProcessInfo.processInfo.environment["UNPAN_KILLS"].flatMap { Int($0) } ?? 5

  private func finish(
    _ shop: ServerMigratedShop, _ arguments: [String], _ random: inout SplitMix, _ kills: inout Int,
    check: () throws -> Void
  ) throws {
    while kills > 0 {
      kills -= 1
      let moment = Double.random(in: 0...0.8, using: &random)
      if try shop.run(arguments, killedAfter: moment) { return }
      try check()
    }
    #expect(try shop.run(arguments, killedAfter: 120))
  }

  @Test(arguments: ServerMigratedShop.kinds)
  func `every record is linked and scrubbed once, whenever it is killed`(
    kind: ServerDatabase.Kind
  ) throws {
    let seed: UInt64 = 2025
    var random = SplitMix(seed: seed)
    var kills = Self.kills
    let rows = 300
    var round: UInt64 = 0
    while kills > 0 {
      round += 1
      let shop = try ServerMigratedShop(kind, rows: rows, seed: seed + round)
      let numbers = try shop.database.rows("SELECT number FROM cards")
      let digest = try shop.plan(batchRows: 10)
      func check() throws {
        guard try shop.database.columns(of: "cards").contains("stripe_payment_method_id") else {
          return
        }
        #expect(
          try shop.database.rows(
            """
            SELECT count(*) FROM cards WHERE number IS NULL AND stripe_payment_method_id IS NULL
              OR stripe_payment_method_id <> concat('pm_abc', 1000000000 + id)
            """) == ["0"], "seed \(seed), round \(round)")
      }
      try finish(
        shop, ["migrate", "link", "--plan", "plan.json", "--apply"], &random, &kills, check: check)
      #expect(
        try shop.database.rows("SELECT count(*), count(stripe_payment_method_id) FROM cards")
          == ["\(rows)|\(rows)"])
      #expect(
        try shop.database.rows("SELECT count(stripe_customer_id) FROM customers") == ["\(rows)"])
      try finish(
        shop, ["migrate", "scrub", "--plan", "plan.json", "--confirm", digest, "--apply"],
        &random, &kills, check: check)
      #expect(
        try shop.database.rows("SELECT count(number), count(last4) FROM cards") == ["0|\(rows)"])
      #expect(try shop.database.filesHolding(numbers) == [])
      let status = try shop.run(["migrate", "status"])
      #expect(status.exit == 0, "\(status.err)")
    }
  }
}

/// A shop with the plain schema on a real server, whose ids are the mapping's old ids.
final class ServerMigratedShop {
  let tool: Tool
  let database: ServerDatabase

  static var kinds: [ServerDatabase.Kind] { ServerDatabase.kinds }

  init(_ kind: ServerDatabase.Kind, rows: Int, seed: UInt64 = 4) throws {
    tool = try Tool()
    database = try ServerDatabase(kind)
    var random = SplitMix(seed: seed)
    var mapping =
      "old_id,source_old_id,created_customer,source_new_id,card_fingerprint,card_last4,"
      + "card_exp_month,card_exp_year,card_brand\n"
    var (customers, cards): ([String], [String]) = ([], [])
    for id in 1...rows {
      let number = TestCards.number("4539", 16, using: &random)
      let month = Int.random(in: 1...12, using: &random)
      customers.append("(\(id), 'c\(id)@example.com', 'C')")
      cards.append("(\(id), \(id), '\(number)', \(month), 2035, '\(100 + id % 900)')")
      let suffix = String(1_000_000_000 + id)
      mapping +=
        "\(id),\(id),cus_abc\(suffix),pm_abc\(suffix),print\(suffix),\(number.suffix(4)),"
        + "\(month),2035,Visa\n"
    }
    try database.execute(
      "CREATE TABLE customers(id int PRIMARY KEY, email varchar(99), name varchar(99))",
      """
      CREATE TABLE cards(id int PRIMARY KEY, customer_id int, number varchar(24), exp_month int,
        exp_year int, cvv varchar(4))
      """, "INSERT INTO customers VALUES \(customers.joined(separator: ", "))",
      "INSERT INTO cards VALUES \(cards.joined(separator: ", "))")
    try tool.write(mapping, to: "mapping.csv")
  }

  func run(_ arguments: [String]) throws -> Tool.Outcome {
    try tool.run(arguments, environment: database.environment)
  }

  /// Runs the binary and kills it after a while.
  /// - Returns: whether it came to its end before.
  func run(_ arguments: [String], killedAfter seconds: Double) throws -> Bool {
    let process = Process()
    process.executableURL = Tool.binary
    process.arguments = arguments
    process.currentDirectoryURL = tool.directory
    process.environment = ProcessInfo.processInfo.environment.merging(database.environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = Date().addingTimeInterval(seconds)
    while process.isRunning, Date() < end { usleep(500) }
    let wasRunning = process.isRunning
    if wasRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    if !wasRunning { #expect(process.terminationStatus == 0) }
    return !wasRunning && process.terminationReason == .exit
  }

  /// Runs init, match and plan.
  /// - Returns: the digest.
  func plan(batchRows: Int = 20_000) throws -> String {
    let config = "unpan-migration.json5"
    let steps = [
      ["migrate", "init", database.address, "--mapping", "mapping.csv", "--output", config],
      ["migrate", "match", "--config", config, "--output", "matches.jsonl"],
      ["migrate", "plan", "--config", config, "--output", "plan.json", "--quiet"],
    ]
    var last = ""
    for arguments in steps {
      let outcome = try run(arguments)
      #expect(outcome.exit == 0, "\(outcome.out)\(outcome.err)")
      last = outcome.out
      guard arguments[1] == "init" else { continue }
      let url = tool.directory.appendingPathComponent(config)
      let text = try String(contentsOf: url, encoding: .utf8)
      try tool.write(
        text.replacingOccurrences(of: "batchRows: 20000", with: "batchRows: \(batchRows)"),
        to: config)
    }
    return last.filter { $0 != "\n" }
  }
}
