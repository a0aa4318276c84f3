import Foundation

let usage = """
  usage: Benchmarks log SIZE_MB PATH [--seed N]       make an application log
         Benchmarks sqlite ROWS PATH [--seed N]       make a database with five columns
         Benchmarks git COMMITS PATH [--seed N]       make a repository with a history
         Benchmarks formats COUNT                     write that many findings in every format
         Benchmarks servers [--unpan PATH] [--rounds N] [--rows N]
         Benchmarks mapping ROWS PATH [--seed N]      make a mapping file and load it
         Benchmarks shop ROWS DIR [--seed N]          make a shop with its mapping file
         Benchmarks link DIR [--unpan PATH] [--rounds N]   link such a shop on PostgreSQL
         Benchmarks stripe RECORDS [--rate N]         check records against a server of ours
         Benchmarks guard [--unpan PATH] [--work DIR] [--rounds N] [--log-mb N] [--commits N]
         Benchmarks run [--unpan PATH] [--work DIR] [--rounds N] [--log-mb N] [--rows N]
                        [--commits N] [--only log,tree,...]
  """

/// The value after a flag.
func option(_ name: String, _ arguments: [String]) -> String? {
  guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
  return arguments[index + 1]
}

func number(_ text: String) throws(BenchmarkError) -> Int {
  guard let value = Int(text), value > 0 else { throw BenchmarkError("not a number: \(text)") }
  return value
}

/// The parts of `run` that are asked for by name; all without a name.
func sections(_ names: String?) throws(BenchmarkError) -> [Suite.Section] {
  guard let names else { return Suite.Section.allCases }
  var sections: [Suite.Section] = []
  for name in names.split(separator: ",") {
    guard let section = Suite.Section(rawValue: String(name)) else {
      let all = Suite.Section.allCases.map(\.rawValue).joined(separator: ", ")
      throw BenchmarkError("--only takes \(all)")
    }
    sections.append(section)
  }
  return sections
}

/// Makes an input in a child, so that this process stays small (see `Command.Sample.peakBytes`).
func makeWhenMissing(_ path: String, _ arguments: [String]) throws(BenchmarkError) {
  guard !FileManager.default.fileExists(atPath: path) else { return }
  print("making \(path)")
  fflush(nil)
  let partial = path + ".partial"
  let sample = try Command(
    title: "make", program: "/proc/self/exe", arguments: arguments + [partial]
  ).run()
  guard sample.exitStatus == 0, rename(partial, path) == 0 else {
    throw BenchmarkError("cannot make \(path)")
  }
}

func run(_ arguments: [String]) throws(BenchmarkError) {
  let seed = UInt64(try number(option("--seed", arguments) ?? "2024"))
  switch arguments.first {
  case "log" where arguments.count >= 3:
    var log = ApplicationLog(seed: seed)
    let made = try log.write(to: arguments[2], bytes: number(arguments[1]) * 1_000_000)
    print("\(made.lines) lines, \(made.cards) card numbers, seed \(seed)")
  case "sqlite" where arguments.count >= 3:
    try TableMaker.write(to: arguments[2], rows: number(arguments[1]), seed: seed)
  case "git" where arguments.count >= 3:
    try RepositoryMaker.write(to: arguments[2], commits: number(arguments[1]), seed: seed)
  case "formats" where arguments.count >= 2:
    try FormatSpeed.run(count: number(arguments[1]))
  case "servers":
    var suite = Suite(
      unpan: option("--unpan", arguments) ?? ".build/release/unpan", folder: ".build/bench",
      rounds: try number(option("--rounds", arguments) ?? "7"))
    try suite.runServers(rows: number(option("--rows", arguments) ?? "1000000"))
  case "mapping" where arguments.count >= 3:
    let rows = try number(arguments[1])
    try MappingSpeed.write(to: arguments[2], rows: rows, seed: seed)
    try MappingSpeed.run(arguments[2], rounds: number(option("--rounds", arguments) ?? "3"))
  case "mapping-load" where arguments.count == 2:
    try MappingSpeed.load(arguments[1])
  case "shop" where arguments.count >= 3:
    try MigrationSpeed.write(to: arguments[2], rows: number(arguments[1]), seed: seed)
  case "link" where arguments.count >= 2:
    var suite = Suite(
      unpan: option("--unpan", arguments) ?? ".build/release/unpan", folder: ".build/bench",
      rounds: try number(option("--rounds", arguments) ?? "3"))
    try suite.runServerMigration(arguments[1])
  case "stripe" where arguments.count >= 2:
    let rate = try option("--rate", arguments).map { text throws(BenchmarkError) in
      try number(text)
    }
    try StripeSpeed.run(records: number(arguments[1]), perSecond: rate)
  case "guard", "run":
    let only = try sections(option("--only", arguments))
    let folder = option("--work", arguments) ?? ".build/bench"
    let megabytes = try number(option("--log-mb", arguments) ?? "400")
    let rows = try number(option("--rows", arguments) ?? "1000000")
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw BenchmarkError("\(folder): \(error.localizedDescription)")
    }
    let log = "\(folder)/application-\(megabytes).log"
    let database = "\(folder)/table-\(rows).db"
    try makeWhenMissing(log, ["log", "\(megabytes)"])
    let commits = try number(option("--commits", arguments) ?? "5000")
    let repository = "\(folder)/history-\(commits)"
    try makeWhenMissing(repository, ["git", "\(commits)"])
    let history = "\(folder)/history-\(2 * commits)"
    try makeWhenMissing(history, ["git", "\(2 * commits)"])
    var suite = Suite(
      unpan: option("--unpan", arguments) ?? ".build/release/unpan", folder: folder,
      rounds: try number(option("--rounds", arguments) ?? "7"))
    if arguments.first == "guard" {
      return try suite.runGuards(log: log, repository: repository, history: history)
    }
    try makeWhenMissing(database, ["sqlite", "\(rows)"])
    let shop = "\(folder)/shop-\(rows)"
    try makeWhenMissing(shop, ["shop", "\(rows)"])
    try suite.run(
      log: log, database: database, shop: shop, repository: repository, history: history,
      rows: rows, only: only)
  default:
    throw BenchmarkError(usage)
  }
}

do {
  try run(Array(CommandLine.arguments.dropFirst()))
} catch {
  FileHandle.standardError.write(Data((error.message + "\n").utf8))
  exit(64)
}
