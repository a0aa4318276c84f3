import Audit
import Core
import Foundation
import Inputs
import Native
import Synchronization
import TestSupport
import Testing

@Suite struct EngineTests {
  /// Log lines with a card number in every tenth.
  private func log(seed: UInt64, lines: Int) -> [UInt8] {
    var random = SplitMix(seed: seed)
    var text = ""
    for line in 0..<lines {
      text += "2026-11-21T10:00:00Z info request \(random.next() % 100_000) "
      if line % 10 == 3 { text += "card=" + TestCards.number("4", 16, using: &random) }
      if line % 50 == 7 { text += "4242424242424242|11|2029|737" }
      text += "\n"
    }
    return Array(text.utf8)
  }

  private func memory() -> [any Source] {
    let items = (0..<12).map { index in
      ItemEvent.item(
        MemoryItem(
          "a", "a/\(index).log", log(seed: UInt64(index), lines: 1000 - 80 * index),
          partBytes: 9_973))
    }
    let notes: [ItemEvent] = [
      .excluded(Coverage.Entry(place: "a/link", reason: .symbolicLink)),
      .item(MemoryItem("a", "a/secret.log", [])),
      .notExamined(Coverage.Entry(place: "a/gone", reason: .vanished)),
    ]
    return [
      MemorySource("a", Array(items.prefix(5)) + notes + Array(items.dropFirst(5))),
      MemorySource("b", []),
      MemorySource("c", [.item(MemoryItem("c", "c", log(seed: 99, lines: 50)))]),
    ]
  }

  @Test(arguments: [2, 3, 8])
  func `results are the same whatever the thread count`(threads: Int) throws {
    let one = try run(memory())
    #expect(one.findings.count > 500)
    for _ in 0..<3 { #expect(try run(memory(), threads: threads).lines == one.lines) }
  }

  @Test func `findings come in the order of items and places`() throws {
    let findings = try run(memory(), threads: 4).findings
    let paths = findings.compactMap(\.location.path)
    var seen: [String] = []
    for path in paths where seen.last != path { seen.append(path) }
    #expect(seen == (0..<12).map { "a/\($0).log" } + ["c"])
    for (a, b) in zip(findings, findings.dropFirst()) where a.location.path == b.location.path {
      #expect(a.location.byteOffset! <= b.location.byteOffset!)
      #expect(a.location.line! <= b.location.line!)
    }
  }

  @Test func `places are lines and columns of the whole file`() throws {
    let bytes = log(seed: 3, lines: 700)
    let source = MemorySource("a", [.item(MemoryItem("a", "a", bytes, partBytes: 1777))])
    let findings = try run([source], threads: 3).findings
    #expect(findings.count > 70)
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    for finding in findings where finding.kind == .pan {
      let line = lines[finding.location.line! - 1]
      let start = line.startIndex + finding.location.column! - 1
      #expect(start == finding.location.byteOffset)
      let digits = String(decoding: bytes[start..<start + finding.length!], as: UTF8.self)
      #expect(digits.hasSuffix(finding.last4!))
    }
  }

  @Test func `what is open is read while a source is asked for more`() throws {
    /// Says when it was read to its end.
    final class Signal: Item {
      let location = Location(target: "a", path: "a/first")
      let head: [UInt8] = []
      let isClosed = DispatchSemaphore(value: 0)
      func open() throws(InputError) {}
      func nextPart() -> (any Part)? { nil }
      func close() -> PartOutcome {
        isClosed.signal()
        return PartOutcome()
      }
    }
    /// Ends once its item was read.
    final class Slow: Source {
      let target = "a"
      let item = Signal()
      let calls = Mutex((count: 0, wasRead: false))
      func next() -> ItemEvent? {
        let isFirst = calls.withLock { calls in
          calls.count += 1
          return calls.count == 1
        }
        if isFirst { return .item(item) }
        let wasRead = item.isClosed.wait(timeout: .now() + 20) == .success
        calls.withLock { $0.wasRead = wasRead }
        return nil
      }
    }
    let source = Slow()
    try run([source], threads: 2)
    #expect(source.calls.withLock { $0.wasRead })
  }

  @Test func `ids do not depend on how a path was typed`() throws {
    let scratch = try Scratch()
    try scratch.write("logs/a.log", "card=4111111111111111\n")
    func ids(_ target: String) throws -> [String] {
      try run([makeSource(target: target, options: InputOptions())]).findings.map(\.id)
    }
    let plain = try ids(scratch.path + "/logs")
    #expect(plain.count == 1)
    #expect(try ids(scratch.path + "/./logs//") == plain)
  }

  @Test func `what lies on the edge of two parts is told once`() throws {
    let text = "(7, '4242424242424242', '737') card 4111111111111111,11/29,cvv=123 end"
    let bytes = Array(("INSERT INTO c (id, pan, cvv) VALUES " + text).utf8)
    func told(_ partBytes: Int) throws -> [String] {
      let item = MemoryItem("a", "a", bytes, partBytes: partBytes)
      return try run([MemorySource("a", [.item(item)])]).findings.map {
        "\($0.rule) \($0.location.byteOffset!) \($0.score)"
      }
    }
    let whole = try told(1000)
    #expect(whole.count == 4)
    for edge in 30..<bytes.count {
      let parts = try told(edge)
      #expect(parts == whole, "edge \(edge)")
    }
  }

  @Test func `what was read, left out and missed is counted apart`() throws {
    let collected = try run(memory(), threads: 2)
    let coverage = try #require(collected.coverages.first)
    #expect(collected.coverages.map(\.target) == ["a", "b", "c"])
    #expect(coverage.examined.files == 12)
    #expect(
      coverage.examined.bytes
        == (0..<12).reduce(0) { $0 + log(seed: UInt64($1), lines: 1000 - 80 * $1).count })
    #expect(coverage.excluded.map(\.place) == ["a/link"])
    #expect(coverage.notExamined.map(\.place) == ["a/secret.log", "a/gone"])
    let summary = try #require(collected.summary)
    #expect(!summary.complete)
    #expect(summary.excludedCount == 1)
    #expect(summary.notExaminedCount == 2)
    #expect(summary.findingCount == collected.findings.count)
  }

  @Test func `a tree is read whole`() throws {
    let scratch = try Scratch()
    var bytes = 0
    for index in 0..<40 {
      let content = log(seed: UInt64(index), lines: index * 7)
      bytes += content.count
      try scratch.write("\(index % 4)/.hidden\(index).log", content)
    }
    let one = try run([try scratch.source()])
    #expect(one.coverages[0].examined.bytes == bytes)
    #expect(one.coverages[0].examined.files == 40)
    #expect(one.summary?.complete == true)
    #expect(one.findings.count > 100)
    let paths = one.findings.compactMap(\.location.path)
    #expect(paths == paths.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
    for threads in [2, 8] {
      #expect(try run([try scratch.source()], threads: threads).lines == one.lines)
    }
  }

  @Test func `one big file is read by many threads and told in order`() throws {
    let scratch = try Scratch()
    try scratch.write("big.log", log(seed: 5, lines: 400_000))
    let one = try run([try scratch.source("big.log")])
    let many = try run([try scratch.source("big.log")], threads: 4)
    #expect(one.findings.count > 40_000)
    #expect(many.findings == one.findings)
    #expect(many.coverages == one.coverages)
  }

  @Test func `more hits than memory takes keep their order and count`() throws {
    let count = 150_000
    var random = SplitMix(seed: 8)
    var text: [UInt8] = []
    for _ in 0..<count {
      text += Array(("card=" + TestCards.number("4", 16, using: &random) + "\n").utf8)
    }
    for threads in [1, 4] {
      let source = MemorySource("a", [.item(MemoryItem("a", "a", text, partBytes: 300_000))])
      let collected = try run([source], threads: threads)
      #expect(collected.findings.count == count)
      #expect(
        collected.findings.indices.allSatisfy { collected.findings[$0].location.line == $0 + 1 })
      #expect(collected.findings.allSatisfy { $0.location.column == 6 })
      #expect(collected.summary?.findings["pan"] == count)
    }
  }

  @Test func `a row that nothing names has no name`() throws {
    let scratch = try Scratch()
    do {
      let database = try Database.create(scratch.path + "/shop.db")
      try database.execute(
        """
        CREATE TABLE t (rowid TEXT, _rowid_ TEXT, oid TEXT);
        INSERT INTO t VALUES ('card 4242424242424242', '', '')
        """)
    }
    let collected = try run([try scratch.source("shop.db")])
    #expect(collected.findings.map(\.location.table) == ["t"])
    #expect(collected.findings.map(\.location.row) == [nil])
  }

  @Test func `no source at all is a whole run`() throws {
    let collected = try run([], threads: 2)
    #expect(collected.summary?.complete == true)
    #expect(collected.findings.isEmpty)
  }

  @Test(.timeLimit(.minutes(1))) func `many notes without a file between them are all told`() throws
  {
    let events = (0..<9000).map {
      ItemEvent.excluded(Coverage.Entry(place: "\($0)", reason: .symbolicLink))
    }
    let source = MemorySource("a", events + [.item(MemoryItem("a", "a", Array("x".utf8)))] + events)
    let collected = try run([source], threads: 2)
    #expect(collected.coverages[0].excludedCount == 18_000)
    #expect(collected.coverages[0].excluded.count == Limits.coverageEntriesMax)
  }

  @Test func `test numbers can be left out and are counted then`() throws {
    let bytes = Array("card=4242424242424242\ncard=4000001234567899\n".utf8)
    let source = MemorySource("a", [.item(MemoryItem("a", "a", bytes))])
    let collected = try run([source]) { $0.testNumbers = .ignore }
    #expect(collected.findings.allSatisfy { !$0.testNumber })
    #expect(collected.summary?.testNumbersIgnored == 1)
  }

  @Test func `what lies below the threshold is counted`() throws {
    let bytes = Array("imei=4000001234567899 order_id=4000001234567899\n".utf8)
    func source() -> MemorySource { MemorySource("a", [.item(MemoryItem("a", "a", bytes))]) }
    let high = try run([source()]) { $0.minConfidence = .high }
    let low = try run([source()]) { $0.minConfidence = .low }
    #expect(high.summary!.belowThreshold + high.findings.count == low.findings.count)
    #expect(low.findings.count == 2)
    #expect(low.summary?.belowThreshold == 0)
  }
}
