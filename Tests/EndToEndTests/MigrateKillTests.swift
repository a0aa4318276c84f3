import Foundation
import Glibc
import TestSupport
import Testing

/// `kill -9` in the middle of link and scrub. `make soak` sets `UNPAN_KILLS` to 200.
@Suite(.serialized) struct MigrateKillTests {
  private static let kills =
    ProcessInfo.processInfo.environment["UNPAN_KILLS"].flatMap { Int($0) } ?? 6

  /// Runs the binary and kills it after a while.
  /// - Returns: whether it came to its end before.
  private func run(_ shop: MigratedShop, _ arguments: [String], seconds: Double) throws -> Bool {
    let process = Process()
    process.executableURL = Tool.binary
    process.arguments = arguments
    process.currentDirectoryURL = shop.tool.directory
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = Date().addingTimeInterval(seconds)
    while process.isRunning, Date() < end { usleep(500) }
    let wasRunning = process.isRunning
    if wasRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    if !wasRunning {
      #expect(process.terminationStatus == 0)
    }
    return !wasRunning && process.terminationReason == .exit
  }

  private func finish(
    _ shop: MigratedShop, _ arguments: [String], within seconds: Double, _ random: inout SplitMix,
    _ kills: inout Int, check: () throws -> Void
  ) throws {
    while kills > 0 {
      kills -= 1
      let moment = Double.random(in: 0...seconds, using: &random)
      if try run(shop, arguments, seconds: moment) { return }
      try check()
    }
    #expect(try run(shop, arguments, seconds: 120))
  }

  /// Things that a transaction takes away and gives back, and that VACUUM puts into another order.
  private static let also = """
    CREATE VIRTUAL TABLE mail USING fts5(body);
    CREATE TABLE log(line TEXT);
    CREATE TRIGGER audit AFTER UPDATE ON cards BEGIN INSERT INTO log VALUES (OLD.number); END;
    CREATE TRIGGER greet AFTER INSERT ON log BEGIN UPDATE log SET line = 'x'; END;
    CREATE VIEW billing AS SELECT id, number FROM cards;
    """

  @Test func `every record is linked and scrubbed once, whenever it is killed`() throws {
    let seed: UInt64 = 2024
    var random = SplitMix(seed: seed)
    var kills = Self.kills
    let rows = 400
    var round: UInt64 = 0
    while kills > 0 {
      round += 1
      let shop = try MigratedShop(rows: rows, seed: seed + round, also: Self.also) {
        "INSERT INTO mail VALUES ('please charge \($0), thanks');"
      }
      let numbers = try shop.rows("SELECT number FROM cards")
      let digest = try shop.plan(batchRows: 20)
      let link = ["migrate", "link", "--plan", "plan.json", "--apply"]
      let scrub = ["migrate", "scrub", "--plan", "plan.json", "--confirm", digest, "--apply"]
      func check() throws {
        // Opened for writing, so a journal that was left behind is rolled back first.
        #expect(
          try shop.rows("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
            == ["audit", "greet"], "seed \(seed), round \(round)")
        #expect(try shop.rows("SELECT count(*) FROM log") == ["0"])
        let columns = try shop.rows("SELECT name FROM pragma_table_info('cards')")
        guard columns.contains("stripe_payment_method_id") else { return }
        #expect(
          try shop.rows(
            "SELECT count(*) FROM cards WHERE number IS NULL AND stripe_payment_method_id IS NULL")
            == ["0"], "seed \(seed), round \(round)")
        #expect(
          try shop.rows(
            "SELECT count(*) FROM cards WHERE stripe_payment_method_id <> 'pm_abc' || (1000000000 + id)"
          ) == ["0"])
      }
      try finish(shop, link, within: 0.4, &random, &kills, check: check)
      let linked = try shop.rows("SELECT count(*), count(stripe_payment_method_id) FROM cards")
      #expect(linked == ["\(rows)|\(rows)"])
      try finish(shop, scrub, within: 0.4, &random, &kills, check: check)
      #expect(try shop.rows("SELECT count(number), count(last4) FROM cards") == ["0|\(rows)"])
      #expect(
        try shop.rows("SELECT count(*) FROM mail WHERE mail MATCH 'thanks'") == ["\(rows)"])
      let status = try shop.tool.run(["migrate", "status"])
      #expect(status.exit == 0, "\(status.err)")
      for suffix in ["", "-journal"] {
        let url = shop.tool.directory.appendingPathComponent("shop.db" + suffix)
        guard FileManager.default.fileExists(atPath: url.path) else { continue }
        let data = try Data(contentsOf: url)
        let left = numbers.filter { data.firstRange(of: Data($0.utf8)) != nil }
        #expect(left.isEmpty, "\(left.count) numbers in shop.db\(suffix), round \(round)")
      }
    }
  }
}
