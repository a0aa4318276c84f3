import Foundation
import Native
import Rules
import Stripe
import TestSupport

/// How long a mapping file takes to load and check, beside what `sqlite3` takes to import it.
enum MappingSpeed {
  /// Writes a mapping of the format with `pm_` ids, in the order Stripe gives ids out: none.
  static func write(to path: String, rows: Int, seed: UInt64) throws(BenchmarkError) {
    var random = SplitMix(seed: seed)
    var out = try ByteWriter(path: path)
    out.put(
      """
      old_id,source_old_id,created_customer,source_new_id,card_fingerprint,card_last4,\
      card_exp_month,card_exp_year,card_brand

      """)
    for row in 0..<rows {
      if out.isNearlyFull { try out.flush() }
      out.put(decimal: row + 1)
      out.put(",")
      out.put(decimal: 5_000_000 + row)
      out.put(",cus_")
      out.put(letters(14, &random))
      out.put(",pm_")
      out.put(letters(24, &random))
      out.put(",")
      out.put(letters(16, &random))
      out.put(",")
      out.put(decimal: Int(random.next() % 10_000), width: 4)
      out.put(",")
      out.put(decimal: Int(random.next() % 12) + 1, width: 2)
      out.put(",20")
      out.put(decimal: Int(random.next() % 6) + 30, width: 2)
      out.put(random.next() % 3 == 0 ? ",Mastercard\n" : ",Visa\n")
    }
    try out.flush()
  }

  /// Loads it once and prints how long that took.
  static func load(_ path: String) throws(BenchmarkError) {
    let start = ContinuousClock.now
    do {
      let options = MappingOptions(
        ids: StripeIds(try RuleSet.load().stripeIDs), month: .init(year: 2026, month: 1))
      let database = try Database.makeScratch()
      let table = try MappingFile.load(path, options, into: database)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      print("\(table.rowCount) rows, \(String(format: "%.2f", seconds)) s, \(table.sha256)")
    } catch {
      throw BenchmarkError("\(path): \(error)")
    }
  }

  /// Compares with `sqlite3 x.db ".import --csv mapping.csv m"`.
  static func run(_ path: String, rounds: Int) throws(BenchmarkError) {
    print("machine: \(Machine.text)")
    let commands = [
      Command(title: "load", program: "/proc/self/exe", arguments: ["mapping-load", path]),
      Command(
        title: "sqlite3", program: "sqlite3",
        arguments: [
          ":memory:", "ATTACH '' AS t", ".import --csv --schema t \(path) m",
          "SELECT count(*) FROM m",
        ]),
    ]
    for command in commands {
      var samples: [Command.Sample] = []
      for _ in 0..<rounds { samples.append(try command.run()) }
      let best = samples.map(\.seconds).min() ?? 0
      let peak = (samples.map(\.peakBytes).max() ?? 0) >> 20
      let isGood = samples.allSatisfy { $0.exitStatus == 0 }
      print(
        "\(command.title): \(String(format: "%.2f", best)) s best of \(rounds), \(peak) MiB"
          + (isGood ? "" : ", FAILED"))
    }
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab".utf8)

  private static func letters(_ count: Int, _ random: inout SplitMix) -> [UInt8] {
    (0..<count).map { _ in alphabet[Int(random.next() & 63)] }
  }
}
