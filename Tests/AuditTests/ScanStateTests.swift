import Core
import Foundation
import Inputs
import Native
import Rules
import TestSupport
import Testing

@testable import Audit

/// What is kept from run to run, and what becomes of a state file that is not as it should be.
@Suite struct ScanStateTests {
  private static let numbers = ["4242424242424242", "5555555555554444", "378282246310005"]

  /// A tree with texts and a database.
  private func makeTree() throws -> Scratch {
    let scratch = try Scratch()
    for (index, number) in Self.numbers.enumerated() {
      try scratch.write("tree/\(index).log", "paid with card \(number) exp 11/27\n")
    }
    try scratch.write("tree/none.txt", "nothing to see here\n")
    let database = try Database.create(scratch.path + "/tree/shop.db")
    try database.execute(
      """
      CREATE TABLE cards(id INTEGER PRIMARY KEY, number TEXT, state TEXT);
      INSERT INTO cards VALUES (1, '4111111111111111', 'new'), (2, '5105105105105100', 'old');
      """)
    return scratch
  }

  /// Longer than the clocks of file systems are coarse.
  private func settle() { usleep(4_200_000) }

  private func scan(
    _ scratch: Scratch, _ state: ScanState?, threads: Int = 2
  ) throws(RunError) -> Collector {
    var options = InputOptions()
    options.keepsStamps = state != nil
    let source = try makeSource(target: scratch.path + "/tree", options: options)
    let writer = Collector()
    var scan = ScanOptions()
    scan.threads = threads
    let engine = Engine(
      detector: detector, catalogue: rules.rules, options: scan, state: state)
    let info = RunInfo(
      version: "0", rules: "0", started: "", threads: threads, targets: [source.target])
    try engine.run([source], run: info, writer: writer) { "" }
    return writer
  }

  private func open(
    _ scratch: Scratch, settings: String = "a", started: String = "2026-01-01T00:00:00Z"
  ) throws(RunError) -> ScanState {
    try ScanState(path: scratch.path + "/state", settings: settings, started: started)
  }

  private func lines(_ collector: Collector) -> [String] {
    for index in collector.coverages.indices { collector.coverages[index].carriedOver = nil }
    return collector.lines
  }

  @Test func `what is carried over is told as if it had been read`() throws {
    let scratch = try makeTree()
    let clean = lines(try scan(scratch, nil))
    settle()
    let first = try scan(scratch, try open(scratch))
    #expect(first.coverages[0].carriedOver?.items == 0)
    #expect(lines(first) == clean)
    let second = try scan(scratch, try open(scratch, started: "2026-02-02T00:00:00Z"))
    let carried = try #require(second.coverages[0].carriedOver)
    #expect(carried.items == 5 && carried.unmarked == 0)
    #expect(carried.since == "2026-01-01T00:00:00Z")
    #expect(carried.bytes == second.coverages[0].examined.bytes)
    #expect(lines(second) == clean)
  }

  @Test func `what changed is read again, what is gone is forgotten`() throws {
    let scratch = try makeTree()
    settle()
    _ = try scan(scratch, try open(scratch))
    // The same size and, as programs can set it, the same time.
    let url = URL(fileURLWithPath: scratch.path + "/tree/0.log")
    let times = try FileManager.default.attributesOfItem(atPath: url.path)
    let date = try #require(times[.modificationDate] as? Date)
    let handle = try FileHandle(forWritingTo: url)
    try handle.seek(toOffset: 15)
    try handle.write(contentsOf: Data("4111111111111111".utf8))
    try handle.close()
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: url.path)
    try FileManager.default.removeItem(atPath: scratch.path + "/tree/1.log")
    do {
      let database = try Database.create(scratch.path + "/tree/shop.db")
      try database.execute("UPDATE cards SET number = '' WHERE id = 2")
    }
    try scratch.write("tree/new.log", "card 4000056655665556\n")
    let clean = lines(try scan(scratch, nil))
    let again = try scan(scratch, try open(scratch))
    #expect(again.coverages[0].carriedOver?.items == 2)
    #expect(lines(again) == clean)
    let state = try Database.create(scratch.path + "/state")
    let count = try state.prepare("SELECT count(*), sum(place LIKE '%1.log') FROM item")
    _ = count.step()
    // What was written a moment ago is not kept: a second change might not show.
    #expect(count.currentRow.integer(0) == 2 && count.currentRow.integer(1) == 0)
  }

  @Test func `other settings and earlier versions start anew`() throws {
    let scratch = try makeTree()
    settle()
    #expect(try open(scratch).origin == .new)
    _ = try scan(scratch, try open(scratch))
    #expect(try open(scratch).origin == .usable)
    #expect(try open(scratch, settings: "b").origin == .otherSettings)
    #expect(
      try scan(scratch, try open(scratch, settings: "b")).coverages[0].carriedOver?.items == 0)
    do {
      let database = try Database.create(scratch.path + "/state")
      try database.execute("PRAGMA user_version = 0")
    }
    let older = try open(scratch, settings: "b")
    #expect(older.origin == .olderVersion)
    #expect(try scan(scratch, older).coverages[0].carriedOver?.items == 0)
  }

  @Test func `a state holds no number`() throws {
    let scratch = try makeTree()
    settle()
    _ = try scan(scratch, try open(scratch))
    for suffix in ["", "-wal"] {
      let path = scratch.path + "/state" + suffix
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      for number in Self.numbers + ["4111111111111111", "5105105105105100"] {
        #expect(data.firstRange(of: Data(number.utf8)) == nil)
      }
    }
    let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path + "/state")
    #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o077 } == 0)
  }

  private func failure(_ scratch: Scratch) -> RunError? {
    do throws(RunError) {
      _ = try open(scratch)
      return nil
    } catch {
      return error
    }
  }

  @Test func `one run at a time`() throws {
    let scratch = try makeTree()
    let first = try open(scratch)
    #expect(failure(scratch)?.message == "another run is using this state file")
    try first.end(targets: [], isWhole: false)
  }

  @Test func `what is no state file is left as it is`() throws {
    let scratch = try makeTree()
    let text = Array("paid with card, thanks. A text of some length, but no database".utf8)
    try scratch.write("state", text)
    #expect(failure(scratch)?.message == "it is no state file of a scan")
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/state")) == Data(text))
    try FileManager.default.removeItem(atPath: scratch.path + "/state")
    try FileManager.default.copyItem(
      atPath: scratch.path + "/tree/shop.db", toPath: scratch.path + "/state")
    let before = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/state"))
    #expect(failure(scratch)?.message == "it is no state file of a scan")
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/state")) == before)
  }

  @Test func `a state of a later version is left as it is`() throws {
    let scratch = try makeTree()
    _ = try open(scratch)
    do {
      let database = try Database.create(scratch.path + "/state")
      try database.execute("PRAGMA user_version = 99")
    }
    #expect(failure(scratch)?.message == "a later version made this state file")
  }

  @Test func `a damaged state ends in an error or in the right result`() throws {
    let scratch = try makeTree()
    settle()
    let clean = lines(try scan(scratch, try open(scratch)))
    let url = URL(fileURLWithPath: scratch.path + "/state")
    let whole = try Data(contentsOf: url)
    var errors = 0
    for seed in 0..<60 {
      var random = SplitMix(seed: UInt64(seed))
      var bytes = whole
      if seed % 4 == 0 {
        bytes = bytes.prefix(Int.random(in: 1..<bytes.count, using: &random))
      } else {
        let start = Int.random(in: 0..<bytes.count, using: &random)
        for at in start..<min(bytes.count, start + 1 + seed * 4) {
          bytes[at] = UInt8.random(in: 0...255, using: &random)
        }
      }
      try bytes.write(to: url)
      do throws(RunError) {
        let again = try scan(scratch, try open(scratch))
        #expect(lines(again) == clean, "seed \(seed)")
      } catch {
        errors += 1
        #expect(error.subject == scratch.path + "/state", "seed \(seed): \(error)")
      }
      for suffix in ["-wal", "-journal"]
      where FileManager.default.fileExists(
        atPath: url.path + suffix)
      {
        try FileManager.default.removeItem(atPath: url.path + suffix)
      }
    }
    #expect(errors > 5)
  }
}
