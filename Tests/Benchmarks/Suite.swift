import Foundation
import Native
import TestSupport

/// The comparisons of `make bench`: each names what was asked and prints what was measured.
struct Suite {
  /// The release binary.
  var unpan: String
  /// Holds the inputs, made when missing.
  var folder: String
  var rounds: Int
  private var results: [Result] = []

  init(unpan: String, folder: String, rounds: Int) {
    self.unpan = unpan
    self.folder = folder
    self.rounds = rounds
  }

  /// A line of the last table.
  private struct Result {
    var title: String
    var asked: String
    var measured: String
    var isMet: Bool?
  }

  mutating func run(
    log: String, database: String, shop: String, repository: String, history: String, rows: Int,
    only: [Section] = Section.allCases
  ) throws(BenchmarkError) {
    print("machine: \(Machine.text)")
    for section in only {
      switch section {
      case .log: try measureLog(log)
      case .redact: try measureRedact(log)
      case .sqlite: try measureDatabase(database)
      case .migrate: try measureMigration(shop)
      case .servers: try measureServers(rows: rows)
      case .packed: try measurePacked(log)
      case .tree: try measureTree()
      case .hash: try measureHash()
      case .lint: try measureLint()
      case .start: try measureStart()
      case .git: try measureGit(repository)
      case .history: try measureHistory(history)
      }
    }
    printTable()
  }

  /// What `run --only` takes by name.
  enum Section: String, CaseIterable {
    case log, redact, sqlite, migrate, servers, packed, tree, hash, lint, start, git, history
  }

  /// The large brands' prefixes, as one would write them for grep.
  private static let brandPattern =
    "\\b(?:"
    + [
      "4[0-9]{12}(?:[0-9]{3})?", "5[1-5][0-9]{14}",
      "2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}", "3[47][0-9]{13}",
      "3(?:0[0-5]|[68][0-9])[0-9]{11}", "6(?:011|5[0-9]{2})[0-9]{12}", "35[0-9]{14}",
    ].joined(separator: "|") + ")\\b"

  private mutating func measureLog(_ log: String) throws(BenchmarkError) {
    let hasRipgrep = Machine.has("rg")
    var commands = [
      Command(title: "wc", program: "wc", arguments: ["-l", log]),
      Command(title: "one thread", program: unpan, arguments: ["scan", log, "--threads", "1"]),
      Command(title: "two threads", program: unpan, arguments: ["scan", log, "--threads", "2"]),
    ]
    if hasRipgrep {
      commands.append(
        Command(title: "rg", program: "rg", arguments: ["-c", Suite.brandPattern, log]))
    }
    let samples = try measured(commands, rounds)
    let (one, two) = (samples[1], samples[2])
    addRatio("log, 1 thread : wc -l", one.median / samples[0].median, 4)
    if hasRipgrep {
      addRatio("log, 1 thread : rg -c", one.median / samples[3].median, 0.25)
    } else {
      add("log, 1 thread : rg -c", "<= 0.25", "ripgrep is not installed", nil)
    }
    addRatio("log, 2 threads : 1 thread", two.median / one.median, 0.6)
    addMemory("log, 1 thread, peak memory", one.peakBytes, threads: 1)
    addMemory("log, 2 threads, peak memory", two.peakBytes, threads: 2)
  }

  private mutating func measureDatabase(_ database: String) throws(BenchmarkError) {
    guard Machine.has("sqlite3") else {
      add("database : sqlite3 select", "<= 1.50", "sqlite3 is not installed", nil)
      return
    }
    let samples = try measured(
      [
        Command(title: "select", program: "sqlite3", arguments: [database, "select * from t"]),
        Command(
          title: "scan", program: unpan,
          arguments: ["scan", "sqlite:" + database, "--threads", "1"]),
        Command(title: "as it is", program: unpan, arguments: ["scan", "sqlite:" + database]),
      ], rounds)
    addRatio("database, as it is : sqlite3 select", samples[2].median / samples[0].median, 1.5)
    addRatio("database, 1 thread : sqlite3 select", samples[1].median / samples[0].median, 1.5)
    addMemory("database, peak memory", samples[1].peakBytes, threads: 1)
  }

  private mutating func measureMigration(_ shop: String) throws(BenchmarkError) {
    guard Machine.has("sqlite3") else {
      add("migrate : sqlite3", "<= 3.00", "sqlite3 is not installed", nil)
      return
    }
    let binary = URL(filePath: unpan).absoluteURL.path
    let samples = try measured(
      MigrationSpeed.commands(shop, unpan: binary), min(rounds, 3))
    addRatio("match : sqlite3 import and join", samples[2].median / samples[1].median, 2)
    addRatio("link : sqlite3 import and update", samples[4].median / samples[3].median, 3)
    try measureServerMigration(shop)
  }

  /// `Benchmarks link SHOP` measures this alone.
  mutating func runServerMigration(_ shop: String) throws(BenchmarkError) {
    print("machine: \(Machine.text)")
    try measureServerMigration(shop)
    printTable()
  }

  private mutating func measureServerMigration(_ shop: String) throws(BenchmarkError) {
    guard TestServer.hasPostgreSQL, Machine.has("psql") else {
      add("link, PostgreSQL : psql copy and update", "<= 3.00", "it is not installed", nil)
      return
    }
    try ServerMigrationSpeed.prepare(shop)
    let binary = URL(filePath: unpan).absoluteURL.path
    let samples = try measured(
      ServerMigrationSpeed.commands(shop, unpan: binary), min(rounds, 3))
    // Both begin with a copy of the shop.
    let copy = samples[1].median
    addRatio(
      "link, PostgreSQL : psql copy and update",
      (samples[3].median - copy) / (samples[2].median - copy), 3)
  }

  /// The servers alone, without the files: `Benchmarks servers`.
  mutating func runServers(rows: Int) throws(BenchmarkError) {
    print("machine: \(Machine.text)")
    try measureServers(rows: rows)
    printTable()
  }

  private mutating func measureServers(rows: Int) throws(BenchmarkError) {
    if TestServer.hasPostgreSQL, Machine.has("psql") {
      try measure(try ServerTable.postgreSQL(rows: rows, seed: 2024))
    } else {
      add("PostgreSQL : psql COPY", "<= 1.50", "it is not installed", nil)
    }
    if TestServer.hasMariaDB, Machine.has("mariadb") {
      try measure(try ServerTable.mariaDB(rows: rows, seed: 2024))
    } else {
      add("MariaDB : mariadb -q", "<= 1.50", "it is not installed", nil)
    }
  }

  private mutating func measure(_ server: ServerTable) throws(BenchmarkError) {
    let scan = ["scan", server.target, "--tables", "*.t"]
    let samples = try measured(
      [
        server.client, Command(title: "scan", program: unpan, arguments: scan),
        Command(title: "1 thread", program: unpan, arguments: scan + ["--threads", "1"]),
      ], rounds)
    let client = samples[0].median
    let name = "\(server.title) : \(server.client.title)"
    addRatio(name, samples[1].median / client, 1.5)
    addRatio(name + ", 1 thread", samples[2].median / client, 1.5)
    addMemory(server.title + ", peak memory", samples[1].peakBytes, threads: 2)
  }

  /// A log as rotation leaves it.
  private mutating func measurePacked(_ log: String) throws(BenchmarkError) {
    let packed = log + ".gz"
    if !FileManager.default.fileExists(atPath: packed) {
      print("making \(packed)")
      let made = try Command(
        title: "gzip", program: "/bin/sh", arguments: ["-c", "gzip -c '\(log)' > '\(packed)'"]
      ).run()
      guard made.exitStatus == 0 else { throw BenchmarkError("\(packed): cannot be made") }
    }
    let samples = try measured(
      [
        Command(
          title: "zcat", program: "/bin/sh", arguments: ["-c", "zcat '\(packed)' | wc -l"]),
        Command(title: "gz", program: unpan, arguments: ["scan", packed]),
      ], rounds)
    addRatio("gz log : zcat | wc -l", samples[1].median / samples[0].median, 1.15)
    addMemory("gz log, peak memory", samples[1].peakBytes, threads: 2)
  }

  /// Many small files, as in an unpacked source tree.
  private mutating func measureTree() throws(BenchmarkError) {
    let tree = folder + "/tree-20000"
    if !FileManager.default.fileExists(atPath: tree) {
      print("making \(tree)")
      do {
        for directory in 0..<200 {
          let path = "\(tree)/\(directory)"
          try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
          for file in 0..<100 {
            var text = ""
            for line in 0..<40 {
              text += "let value\(line) = compute(\(file * line), \(directory))\n"
            }
            if file == 50 { text += "// card 4111111111111111\n" }
            try Data(text.utf8).write(to: URL(filePath: "\(path)/\(file).txt"))
          }
        }
      } catch {
        throw BenchmarkError("\(tree): \(error.localizedDescription)")
      }
    }
    guard Machine.has("rg") else {
      add("20,000 small files : rg", "<= 3.00", "ripgrep is not installed", nil)
      return
    }
    let samples = try measured(
      [
        Command(
          title: "rg", program: "rg",
          arguments: [
            "--files-with-matches", "--hidden", "--no-ignore", "[0-9]{13}", tree,
          ]),
        Command(title: "tree", program: unpan, arguments: ["scan", tree]),
      ], rounds)
    addRatio("20,000 small files : rg", samples[1].median / samples[0].median, 3)
  }

  /// One row with a hash and six and four digits known; the number is the last one tried.
  private mutating func measureHash() throws(BenchmarkError) {
    let path = folder + "/hash.db"
    do {
      let number = "4242429999954242"
      let hash = try LibCrypto().sha256(Array(number.utf8))
      let database = try Database.create(path)
      try database.execute("DROP TABLE IF EXISTS c")
      try database.execute("CREATE TABLE c(bin TEXT, last4 TEXT, h TEXT)")
      try database.execute("INSERT INTO c VALUES('424242', '4242', '\(hash)')")
    } catch {
      throw BenchmarkError("\(path): the database with a hash cannot be made")
    }
    let samples = try measured(
      [Command(title: "hash", program: unpan, arguments: ["scan", "sqlite:" + path])], rounds)
    let milliseconds = samples[0].median * 1000
    add(
      "one row's hash reversed, whole run", "<= 200 ms", "\(fixed(milliseconds, 0)) ms",
      milliseconds <= 200)
  }

  private mutating func measureStart() throws(BenchmarkError) {
    let small = folder + "/small.log"
    var text = "2024-03-01 10:00:00 INFO refund issued on 4111111111111111\n"
    while text.utf8.count < 1000 { text += "2024-03-01 10:00:01 INFO nothing to see here\n" }
    guard FileManager.default.createFile(atPath: small, contents: Data(text.utf8)) else {
      throw BenchmarkError("\(small): cannot be written")
    }
    let samples = try measured(
      [
        Command(title: "empty", program: "true", arguments: []),
        Command(title: "version", program: unpan, arguments: ["--version"]),
        Command(title: "1 KB", program: unpan, arguments: ["scan", small]),
      ], max(21, rounds))
    let over = (samples[1].median - samples[0].median) * 1000
    add("--version over an empty process", "<= 5.0 ms", "\(fixed(over, 1)) ms", over <= 5)
    let scan = samples[2].median * 1000
    add("scan of a 1 KB file", "<= 20.0 ms", "\(fixed(scan, 1)) ms", scan <= 20)
  }

  /// Runs the commands in turn and prints a line for each.
  func measured(_ commands: [Command], _ rounds: Int) throws(BenchmarkError) -> [Samples] {
    print("\n\(rounds) rounds after one warm-up")
    fflush(nil)
    let all = try Samples.alternating(commands, rounds: rounds)
    for samples in all {
      let peak = fixed(mebibytes(samples.peakBytes), 1)
      print("  $ \(samples.command.line)")
      print(
        "    median \(fixed(samples.median * 1000, 1)) ms, \(fixed(samples.fastest * 1000, 1)) to"
          + " \(fixed(samples.slowest * 1000, 1)) ms, peak \(peak) MiB"
      )
    }
    return all
  }

  mutating func addRatio(_ title: String, _ ratio: Double, _ limit: Double) {
    add(title, "<= \(fixed(limit, 2))", fixed(ratio, 2), ratio <= limit)
  }

  mutating func addMemory(_ title: String, _ bytes: Int, threads: Int) {
    let limit = Double(64 + 16 * threads)
    add(
      title, "<= \(fixed(limit, 0)) MiB", "\(fixed(mebibytes(bytes), 1)) MiB",
      mebibytes(bytes) <= limit)
  }

  mutating func add(_ title: String, _ asked: String, _ measured: String, _ isMet: Bool?) {
    results.append(Result(title: title, asked: asked, measured: measured, isMet: isMet))
  }

  func printTable() {
    print("\n\(padded("what", 38))\(padded("asked", 14))\(padded("measured", 14))")
    for result in results {
      let verdict = result.isMet.map { $0 ? "ok" : "OVER" } ?? "-"
      print(
        padded(result.title, 38) + padded(result.asked, 14) + padded(result.measured, 14) + verdict)
    }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private func mebibytes(_ bytes: Int) -> Double { Double(bytes) / Double(1 << 20) }

  func fixed(_ value: Double, _ places: Int) -> String {
    String(format: "%.\(places)f", value)
  }
}
