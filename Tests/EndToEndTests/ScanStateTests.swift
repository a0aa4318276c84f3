import Core
import Foundation
import Glibc
import Native
import TestSupport
import Testing

/// `scan --state`: killed, gone on with, run again. `make soak` sets `UNPAN_KILLS` to many.
@Suite(.serialized) struct ScanStateTests {
  private static let kills =
    ProcessInfo.processInfo.environment["UNPAN_KILLS"].flatMap { Int($0) } ?? 6
  private static let arguments = ["scan", "tree", "--format", "jsonl", "--no-progress"]

  /// Texts and databases, with a number in each.
  private func makeTree(files: Int, bytes: Int, seed: UInt64) throws -> Tool {
    let tool = try Tool()
    var random = SplitMix(seed: seed)
    for index in 0..<files {
      let number = TestCards.number("4", 16, using: &random)
      if index % 10 == 9 {
        try tool.write("", to: "tree/\(index / 10)/\(index).db")
        let path = tool.directory.path + "/tree/\(index / 10)/\(index).db"
        let database = try Database.create(path)
        try database.execute(
          """
          CREATE TABLE t(id INTEGER PRIMARY KEY, number TEXT, note TEXT);
          INSERT INTO t VALUES (1, '\(number)', 'leave at the door');
          """)
      } else {
        let filler = String(repeating: "GET /shop/item/\(index) 200 OK\n", count: bytes / 28)
        try tool.write(filler + "card \(number) exp 11/27\n", to: "tree/\(index / 10)/\(index).log")
      }
    }
    return tool
  }

  private struct Result: Equatable {
    var findings: [Finding]
    var coverage: [Coverage]
    var carried: [Coverage.CarriedOver]

    init(_ text: String) throws {
      findings = try ResultLines(text).findings
      coverage = try text.split(separator: "\n").filter { $0.hasPrefix("{\"type\":\"coverage\"") }
        .map { try JSONDecoder().decode(Coverage.self, from: Data($0.utf8)) }
      carried = coverage.compactMap(\.carriedOver)
      for index in coverage.indices { coverage[index].carriedOver = nil }
    }
  }

  private func completeItems(_ tool: Tool) throws -> Int {
    let path = tool.directory.path + "/run.state"
    guard FileManager.default.fileExists(atPath: path) else { return 0 }
    let database = try Database.create(path)
    do throws(SQLiteCode) {
      let statement = try database.prepare("SELECT count(*) FROM item WHERE complete = 1")
      guard statement.step() == .row else { return 0 }
      return Int(statement.currentRow.integer(0))
    } catch {
      // Killed before the tables were made.
      return 0
    }
  }

  /// Runs the binary and kills it after a while, if it still runs.
  private func run(
    _ tool: Tool, killAfter seconds: Double, arguments: [String] = Self.arguments,
    environment: [String: String] = [:]
  ) throws {
    let process = Process()
    process.executableURL = Tool.binary
    process.arguments = arguments + ["--state", "run.state"]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = tool.directory
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = Date().addingTimeInterval(seconds)
    while process.isRunning, Date() < end { usleep(500) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  @Test func `a scan killed at any moment goes on, and reads nothing twice that was complete`()
    throws
  {
    let seed: UInt64 = 77
    var random = SplitMix(seed: seed)
    let tool = try makeTree(files: 200, bytes: 10_000, seed: seed)
    usleep(4_200_000)
    let start = Date()
    let clean = try Result(try tool.run(Self.arguments + ["--state", "other.state"]).out)
    let seconds = Date().timeIntervalSince(start)
    #expect(clean.findings.count >= 200)
    #expect(clean.carried.map(\.items) == [0])
    var kills = Self.kills
    var wentOn = 0
    while kills > 0 {
      try removeState(tool)
      var complete = 0
      repeat {
        kills -= 1
        try run(tool, killAfter: Double.random(in: 0...seconds, using: &random))
        let now = try completeItems(tool)
        #expect(now >= complete, "seed \(seed), \(kills) left")
        complete = now
        if complete > 0, complete < 200 { wentOn += 1 }
      } while kills > 0 && Bool.random(using: &random)
      let outcome = try tool.run(Self.arguments + ["--state", "run.state"])
      #expect(outcome.exit == 1, "\(outcome.err)")
      let result = try Result(outcome.out)
      #expect(result.findings == clean.findings, "seed \(seed), \(kills) left")
      #expect(result.coverage == clean.coverage, "seed \(seed), \(kills) left")
      #expect(result.carried.map(\.items) == [complete], "seed \(seed), \(kills) left")
    }
    // Few kills may all come too early or too late.
    #expect(wentOn > 0 || Self.kills < 20)
  }

  private func removeState(_ tool: Tool) throws {
    for suffix in ["", "-wal", "-shm", "-journal"] {
      let url = tool.directory.appendingPathComponent("run.state" + suffix)
      if FileManager.default.fileExists(atPath: url.path) {
        try FileManager.default.removeItem(at: url)
      }
    }
  }

  @Test(.enabled(if: MotoServer.isUsable, "Python has no moto[server]; make test installs it"))
  func `a scan of a bucket killed at any moment goes on, and asks for nothing that was complete`()
    throws
  {
    let count = 150
    let moto = try MotoServer(
      seed: """
        s3.create_bucket(Bucket='shop')
        for n in range(\(count)):
          s3.put_object(Bucket='shop', Key='log%d' % n, Body=b'card_number=4242424242424242\\n')
        """)
    defer { moto.stop() }
    let environment = [
      "AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": "s3cret-aws",
      "AWS_ENDPOINT_URL": moto.url,
    ]
    let arguments = ["scan", "s3://shop", "--format", "jsonl", "--no-progress"]
    let tool = try Tool()
    func scan(_ state: String) throws -> Result {
      try Result(tool.run(arguments + ["--state", state], environment: environment).out)
    }
    let start = Date()
    let clean = try scan("other.state")
    let seconds = Date().timeIntervalSince(start)
    #expect(clean.findings.count == count)
    #expect(try scan("other.state").carried.map(\.items) == [count])
    let seed: UInt64 = 5
    var random = SplitMix(seed: seed)
    for kill in 0..<Self.kills {
      try removeState(tool)
      try run(
        tool, killAfter: Double.random(in: 0...seconds, using: &random), arguments: arguments,
        environment: environment)
      let complete = try completeItems(tool)
      let result = try scan("run.state")
      #expect(result.findings == clean.findings, "seed \(seed), kill \(kill)")
      #expect(result.coverage == clean.coverage, "seed \(seed), kill \(kill)")
      #expect(result.carried.map(\.items) == [complete], "seed \(seed), kill \(kill)")
    }
  }

  /// The tables of one schema alone.
  private func arguments(_ database: ServerDatabase) -> [String] {
    let schema = database.kind == .postgreSQL ? "public" : database.name
    return ["scan", database.url, "--tables", schema + ".*", "--format", "jsonl", "--no-progress"]
  }

  /// Keeps a state of a whole read, once all tables have a marker: that of MariaDB is not there while
  /// another test has a transaction open.
  private func fill(_ tool: Tool, _ database: ServerDatabase, tables: Int) throws -> Result {
    for _ in 0..<20 {
      try removeState(tool)
      if database.kind == .mariaDB { usleep(2_200_000) }
      let outcome = try tool.run(arguments(database) + ["--state", "run.state"])
      if try completeItems(tool) == tables { return try Result(outcome.out) }
    }
    Issue.record("no state with \(tables) tables")
    return try Result("")
  }

  @Test(arguments: ServerDatabase.kinds)
  func `tables of a server are carried over until they change`(kind: ServerDatabase.Kind) throws {
    let database = try ServerDatabase(kind)
    let names = ["same", "written", "emptied", "altered", "made_anew", "east", "west"]
    let make = { (name: String) in
      [
        "CREATE TABLE \(name) (id int PRIMARY KEY, card_number varchar(30))",
        "INSERT INTO \(name) VALUES (1, '4242424242424242'), (2, '\(name)')",
      ]
    }
    for name in names { try database.execute(make(name)) }
    let tool = try Tool()
    func scan(_ more: [String]) throws -> Result {
      try Result(try tool.run(arguments(database) + more).out)
    }
    let first = try fill(tool, database, tables: names.count)
    let clean = try scan([])
    #expect(first.carried.map(\.items) == [0])
    #expect(first.findings == clean.findings && first.coverage == clean.coverage)
    #expect(clean.findings.count == names.count)
    try database.execute(
      [
        "UPDATE written SET card_number = '5555555555554444' WHERE id = 2",
        kind == .postgreSQL ? "TRUNCATE emptied" : "TRUNCATE TABLE emptied",
        "ALTER TABLE altered ADD COLUMN pan varchar(30) DEFAULT '4111111111111111'",
        "DROP TABLE made_anew",
      ] + make("made_anew"))
    try database.execute(
      kind == .postgreSQL
        ? [
          "ALTER TABLE east RENAME TO x", "ALTER TABLE west RENAME TO east",
          "ALTER TABLE x RENAME TO west",
        ] : ["RENAME TABLE east TO x, west TO east, x TO west"])
    let second = try scan(["--state", "run.state"])
    let now = try scan([])
    #expect(second.carried.map(\.items) == [1])
    #expect(second.findings == now.findings && second.coverage == now.coverage)
    #expect(second.findings != first.findings)
  }

  @Test(arguments: ServerDatabase.kinds)
  func `what an account is newly granted is read`(kind: ServerDatabase.Kind) throws {
    let database = try ServerDatabase(kind)
    try database.execute(
      "CREATE TABLE shown (id int PRIMARY KEY, note varchar(30))",
      "CREATE TABLE part (id int PRIMARY KEY, card_number varchar(30))",
      "INSERT INTO shown VALUES (1, 'nothing')", "INSERT INTO part VALUES (1, '4242424242424242')")
    let user = "u" + database.name.dropFirst(6)
    let account = kind == .postgreSQL ? user : "\(user)@'127.0.0.1'"
    try database.execute(
      kind == .postgreSQL
        ? "CREATE ROLE \(user) LOGIN PASSWORD 'pw'" : "CREATE USER \(account) IDENTIFIED BY 'pw'")
    if kind == .mariaDB { try database.execute("GRANT PROCESS ON *.* TO \(account)") }
    let prefix = kind == .postgreSQL ? "" : database.name + "."
    try database.execute(
      "GRANT SELECT ON \(prefix)shown TO \(account)",
      "GRANT SELECT (id) ON \(prefix)part TO \(account)")
    usleep(4_200_000)
    let tool = try Tool()
    func scan() throws -> Tool.Outcome {
      try tool.run(
        ["scan", database.url(user: user + ":pw"), "--format", "jsonl", "--state", "run.state"])
    }
    #expect(try scan().exit == 2)
    try database.execute("GRANT SELECT ON \(prefix)part TO \(account)")
    let granted = try Result(try scan().out)
    #expect(granted.findings.map(\.location.field) == ["card_number"])
    try database.execute(
      kind == .postgreSQL
        ? "REVOKE ALL ON part FROM \(user)" : "REVOKE SELECT ON \(prefix)part FROM \(account)")
    #expect(try Result(try scan().out).findings.isEmpty)
    try database.execute(
      kind == .postgreSQL ? "DROP OWNED BY \(user)" : "DROP USER \(account)")
    if kind == .postgreSQL { try database.execute("DROP ROLE \(user)") }
  }

  @Test(arguments: ServerDatabase.kinds)
  func `a scan of a server killed at any moment goes on`(kind: ServerDatabase.Kind) throws {
    let database = try ServerDatabase(kind)
    let count = 20
    let rows = (0..<100).map { "(\($0), 'card 4242424242424242')" }.joined(separator: ", ")
    for index in 0..<count {
      try database.execute(
        "CREATE TABLE t\(index) (id int PRIMARY KEY, note varchar(30))",
        "INSERT INTO t\(index) VALUES \(rows)")
    }
    let tool = try Tool()
    let clean = try fill(tool, database, tables: count)
    #expect(clean.findings.count == count * 100)
    let start = Date()
    _ = try tool.run(arguments(database) + ["--state", "other.state"])
    let seconds = Date().timeIntervalSince(start)
    let seed: UInt64 = 11
    var random = SplitMix(seed: seed)
    for kill in 0..<Self.kills {
      try removeState(tool)
      try run(
        tool, killAfter: Double.random(in: 0...seconds, using: &random),
        arguments: arguments(database))
      let complete = try completeItems(tool)
      let result = try Result(try tool.run(arguments(database) + ["--state", "run.state"]).out)
      #expect(result.findings == clean.findings, "seed \(seed), kill \(kill)")
      #expect(result.coverage == clean.coverage, "seed \(seed), kill \(kill)")
      let carried = try #require(result.carried.first)
      // Without a marker it is read again: other tests have transactions open at MariaDB.
      #expect(
        carried.items <= complete && carried.items + carried.unmarked >= complete,
        "seed \(seed), kill \(kill)")
      if kind == .postgreSQL { #expect(carried.items == complete, "seed \(seed), kill \(kill)") }
    }
  }

  @Test func `reports tell what was carried over, and a state in the tree is not scanned`() throws {
    let tool = try makeTree(files: 10, bytes: 1_000, seed: 3)
    usleep(4_200_000)
    let state = ["--state", "tree/own.state"]
    let environment = ["SOURCE_DATE_EPOCH": "1700000000"]
    let first = try tool.run(["scan", "tree"] + state, environment: environment)
    #expect(first.out.contains("nothing carried over, everything was read"))
    #expect(first.out.contains("own state file"))
    let second = try tool.run(["scan", "tree"] + state)
    #expect(second.out.contains("10 items"))
    #expect(second.out.contains("not read again"))
    #expect(second.out.contains("2023-11-14T22:13:20Z"))
    #expect(second.err.isEmpty)
    let page = try tool.run(["scan", "tree", "--format", "html"] + state)
    #expect(page.out.contains("From state") && page.out.contains("not read again"))
    // Where the report goes, and what else is left out, says nothing of what is read.
    for flags in [["--report", "a"], ["--report", "tree/b"], ["--exclude", "*.none"]] {
      let again = try tool.run(["scan", "tree"] + flags + state)
      #expect(again.out.contains("10 items") && again.out.contains("not read again"), "\(flags)")
    }
    let other = try tool.run(["scan", "tree", "--min-confidence", "high"] + state)
    #expect(other.err.contains("made with other settings, rules or another version"))
    #expect(other.out.contains("nothing carried over"))
    let stream = try tool.run(
      ["scan", "-"] + state, stdin: Data("card 4242424242424242\n".utf8))
    // Lines are broken where they are full.
    let words = stream.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("1 item to be read every time"))
    #expect(stream.exit == 1)
  }

  @Test func `a state that is none ends the run before it begins`() throws {
    let tool = try makeTree(files: 2, bytes: 100, seed: 4)
    try tool.write("my notes\n", to: "notes.txt")
    let outcome = try tool.run(["scan", "tree", "--state", "notes.txt"])
    #expect(outcome.exit == 3)
    #expect(outcome.err.contains("notes.txt: it is no state file of a scan"))
    let missing = try tool.run(["scan", "tree", "--state", "no/such/dir/state"])
    #expect(missing.exit == 3)
    #expect(missing.err.contains("the state file cannot be used"))
  }
}
