import Core
import Foundation
import Native
import Testing

@testable import Audit

@Suite struct SelftestTargetTests {
  private let path = FileManager.default.temporaryDirectory.appending(
    path: "unpan-\(UUID().uuidString).db"
  ).path

  private func make(_ statements: String...) throws {
    let database = try Database.create(path)
    for statement in statements { try database.execute(statement) }
  }

  private func remove() {
    for suffix in ["", "-wal", "-shm", "-journal"] {
      try? FileManager.default.removeItem(atPath: path + suffix)
    }
  }

  private func tables() throws -> [String] {
    let database = try Database.openForWriting(Array(path.utf8))
    let statement = try database.prepare("SELECT name FROM sqlite_master ORDER BY name")
    var names: [String] = []
    while statement.step() == .row {
      names.append(String(decoding: Array(statement.currentRow.text(0)), as: UTF8.self))
    }
    return names
  }

  @Test(arguments: ["DELETE", "WAL"])
  func `a table is made, everything in it found, and nothing left`(journal: String) throws {
    defer { remove() }
    try make(
      "PRAGMA journal_mode = \(journal)", "CREATE TABLE orders(id INTEGER PRIMARY KEY, note TEXT)",
      "INSERT INTO orders VALUES(1, 'card 4242424242424242')")
    let target = try SelftestTarget(target: "sqlite:" + path)
    let cells = try target.run(detector)
    #expect(cells.count == SelftestReport.kinds.count + 1)
    for cell in cells {
      #expect(cell.missed == 0 && cell.falseFindings == 0, "\(cell)")
      #expect(cell.planted + cell.lookAlikes > 0)
    }
    #expect(try tables() == ["orders"])
    for suffix in ["", "-wal"] {
      guard let data = FileManager.default.contents(atPath: path + suffix) else { continue }
      let text = String(decoding: data, as: UTF8.self)
      for number in target.numbers { #expect(!text.contains(number), "left in \(suffix)") }
    }
  }

  @Test func `a table of that name is never touched`() throws {
    defer { remove() }
    try make("CREATE TABLE unpan_selftest(mine TEXT)", "INSERT INTO unpan_selftest VALUES('x')")
    let error = #expect(throws: RunError.self) {
      _ = try SelftestTarget(target: "sqlite:" + path).run(detector)
    }
    #expect(error?.message.contains("already") == true)
    #expect(try tables() == ["unpan_selftest"])
  }

  @Test func `a database that cannot be changed stays as it is`() throws {
    defer { remove() }
    try make("CREATE TABLE orders(id INTEGER)")
    let target = try SelftestTarget(target: "sqlite:" + path)
    let other = try Database.openForWriting(Array(path.utf8))
    try other.execute("BEGIN EXCLUSIVE")
    #expect(throws: RunError.self) { _ = try target.run(detector) }
    try other.execute("ROLLBACK")
    #expect(try tables() == ["orders"])
  }

  @Test(arguments: [
    "shop.db", "s3://u:p@h/d", "postgres:", "sqlite:", "sqlite:no/such.db", "sqlite:.",
  ])
  func `what is no database that exists is refused`(target: String) {
    let error = #expect(throws: RunError.self) { _ = try SelftestTarget(target: target) }
    #expect(error?.code == .usage)
  }
}
