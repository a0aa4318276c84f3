import Foundation
import Native
import Testing

@testable import Stripe

/// The file that runs are gone on with from.
@Suite struct StripeStateTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "unpan-state-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func words(_ path: String) -> String? {
    do {
      _ = try StripeState(path, isDurable: true)
      return nil
    } catch {
      guard case .local(let text) = error.kind else { return "\(error)" }
      return text
    }
  }

  @Test func `another program's database is left as it is`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/shop.db"
    do {
      let shop = try Database.create(path)
      try shop.execute(
        """
        CREATE TABLE customer(id TEXT PRIMARY KEY, name TEXT);
        INSERT INTO customer VALUES ('1', 'Somebody')
        """)
    }
    let before = try Data(contentsOf: URL(filePath: path))
    #expect(words(path)?.contains("is no state file of unpan stripe") == true)
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["shop.db"])
  }

  @Test func `a text and a state file of a later version are told as what they are`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = folder.path + "/notes.txt"
    try Data(repeating: 0x61, count: 5000).write(to: URL(filePath: text))
    #expect(words(text)?.contains("is no state file of unpan stripe") == true)
    let path = folder.path + "/state.db"
    #expect(words(path) == nil && words(path) == nil, "an own one is taken again")
    do {
      let state = try Database.create(path)
      try state.execute("PRAGMA user_version = 99")
    }
    #expect(words(path)?.contains("a later version made this state file") == true)
  }

  @Test func `a state file of the first version is gone on with`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/state.db"
    do {
      let state = try StripeState(path, isDurable: false)
      _ = try state.begin("probe", "pm_1", key: "k", generation: 0, now: 1_800_000_000)
      try state.run("ALTER TABLE customer DROP COLUMN read")
      try state.run("PRAGMA user_version = 1")
    }
    let state = try StripeState(path, isDurable: false)
    #expect(try state.oldestRead() == nil)
    #expect(try state.lastAct("probe", "pm_1")?.key == "k")
  }

  @Test func `a state file is for its owner only`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let state = try StripeState(folder.path + "/state.db", isDurable: true)
    try state.set("name", "value")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
  }

  @Test func `the first thing that goes wrong is the one that is told`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let state = try StripeState(folder.path + "/state.db", isDurable: false)
    #expect(throws: StripeError(.local("the disk is full"))) {
      try state.load(startsAnew: false) { _ in
        // As SQLite does by itself on a full disk.
        try state.database.execute("ROLLBACK")
        throw StripeError(.local("the disk is full"))
      }
    }
  }
}
