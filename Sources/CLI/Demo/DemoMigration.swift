import Core
import Detection
import Glibc
import Migration
import Native

/// The second half of the demo: a copy of the shop's database is migrated, from the failing scan to
/// the passing one, with the commands a person would type.
struct DemoMigration {
  private let tool: CommandLineTool
  private let folder: String
  private let database: String

  /// - Parameters:
  ///   - directory: of the shop.
  ///   - tool: where the steps tell what they do.
  init(_ directory: String, _ tool: CommandLineTool) {
    self.tool = tool
    folder = (directory.hasSuffix("/") ? String(directory.dropLast()) : directory) + "/migration"
    database = (directory.hasSuffix("/") ? directory : directory + "/") + DemoDatabase.path
  }

  /// Files that an earlier demo may have left, besides the reports.
  private static let files = [
    "shop.db", "mapping.csv", "unpan-migration.json5", "matches.jsonl", "plan.json",
    "unpan-ledger.db",
  ]
  private static let reports = ["before", "after"]

  /// Does all steps.
  /// - Returns: the exit code of the last one.
  func run() throws -> Int32 {
    try prepare()
    try DemoMapping.write(from: folder + "/shop.db", to: folder + "/mapping.csv")
    let (config, plan) = (folder + "/unpan-migration.json5", folder + "/plan.json")
    let target = "sqlite:\(folder)/shop.db"
    let ledger = ["--ledger", folder + "/unpan-ledger.db"]
    _ = try step(
      ScanCommand.command, [target, "--report", folder + "/before", "-q", "-o", "/dev/null"],
      expects: .findings)
    _ = try step(
      MigrateInitCommand.command,
      [target, "--mapping", folder + "/mapping.csv", "-o", config, "-q"])
    _ = try step(
      MigrateMatchCommand.command,
      ["--config", config, "--output", folder + "/matches.jsonl"] + ledger)
    _ = try step(
      MigratePlanCommand.command, ["--config", config, "--output", plan, "-q"] + ledger)
    let digest = try MigrateTool.worded { try MigrationPlan.load(plan).digest }
    _ = try step(MigrateLinkCommand.command, ["--plan", plan, "--apply"] + ledger)
    _ = try step(
      MigrateScrubCommand.command, ["--plan", plan, "--confirm", digest, "--apply", "-q"] + ledger)
    return try step(
      MigrateVerifyCommand.command,
      [
        "--config", config, "--policy", ChosenPolicy.builtIn, "--previous", folder + "/before",
        "--report", folder + "/after", "--no-progress",
      ] + ledger)
  }

  private func step(
    _ command: Command, _ arguments: [String], expects: ExitCode = .clean
  ) throws -> Int32 {
    let typed = command.name.split(separator: " ").map(String.init) + arguments
    tool.console.tell(["", "$ unpan " + typed.map(Escaping.visible).joined(separator: " ")])
    var parsed = try ArgumentParser(command: command).parse(arguments)
    parsed.typed = typed
    let code = try command.run(tool, parsed)
    guard code == expects.rawValue else {
      throw RunError(.failure, command.name, "the demo expected another outcome (\(code))")
    }
    return code
  }

  /// Makes the folder with a copy of the database; an earlier demo's files go.
  private func prepare() throws(RunError) {
    for name in DemoMigration.files {
      for suffix in ["", "-journal", "-wal", "-shm"] { try remove(folder + "/" + name + suffix) }
    }
    for report in DemoMigration.reports {
      let path = folder + "/" + report
      do throws(WriteFailure) {
        for name in try StagedDirectory.names(in: path) ?? [] { unlink(path + "/" + name) }
      } catch {
        throw RunError(.failure, path, "cannot be removed: \(error.text)")
      }
      rmdir(path)
    }
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw RunError(.failure, folder, "cannot be made: \(String(cString: strerror(errno)))")
    }
    try DemoFolder(path: folder).write(try bytes(of: database), to: DemoDatabase.path)
  }

  /// As they are, with what deleted rows left.
  private func bytes(of path: String) throws(RunError) -> [UInt8] {
    do throws(SystemError) {
      let file = try Descriptor.open(ForeignBytes.bytes(of: path), followsLinks: false)
      let size = try file.status().size
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
      defer { buffer.deallocate() }
      return Array(buffer[..<(try file.read(into: buffer, at: 0))])
    } catch {
      throw RunError(.failure, path, "cannot be read: \(error.text)")
    }
  }

  private func remove(_ path: String) throws(RunError) {
    if unlink(path) != 0, errno != ENOENT, errno != ENOTDIR {
      throw RunError(.failure, path, "cannot be removed: \(String(cString: strerror(errno)))")
    }
  }
}

/// What Stripe would send back for the demo shop: made from its own tables.
enum DemoMapping {
  static func write(from database: String, to path: String) throws {
    var text =
      "old_id,source_old_id,created_customer,source_new_id,card_fingerprint,card_last4,"
      + "card_exp_month,card_exp_year,card_brand\n"
    var random = DemoRandom(seed: DemoShop.defaultSeed, stream: 90)
    let detector = try Wiring.detector()
    do throws(SQLiteCode) {
      let source = try Database.create(database)
      let statement = try source.prepare(
        """
        SELECT c.id, c.customer_id, c.number, c.exp_month, c.exp_year, u.stripe_customer
        FROM cards AS c JOIN customers AS u ON u.id = c.customer_id ORDER BY c.customer_id, c.id
        """)
      var customer = (key: Int64(-1), id: "")
      while statement.step() == .row {
        let row = statement.currentRow
        guard let card = detector.summary(of: row.text(2)) else { continue }
        if row.integer(1) != customer.key {
          let known = String(decoding: row.text(5), as: UTF8.self)
          customer = (row.integer(1), known.isEmpty ? "cus_\(random.token(14))" : known)
        }
        text +=
          "\(customer.key),\(row.integer(0)),\(customer.id),pm_\(random.token(24)),"
          + "\(random.token(16)),\(card.last4),\(DemoCard.twoDigits(Int(row.integer(3)))),"
          + "\(row.integer(4)),\(card.brand == "maestro" ? "mastercard" : card.brand)\n"
      }
    } catch {
      throw RunError(.failure, database, "cannot be read: \(error.text)")
    }
    try MigrateTool.write(text, to: path)
  }
}
