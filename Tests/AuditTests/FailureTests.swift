import Audit
import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

/// Runs that do not come to their end.
@Suite struct FailureTests {
  private static func source(items: Int) -> MemorySource {
    let text = String(repeating: "card=4242424242424242\n", count: 3000)
    return MemorySource(
      "a",
      (0..<items).map { .item(MemoryItem("a", "a/\($0)", Array(text.utf8), partBytes: 5000)) })
  }

  @Test(arguments: [1, 2, 8], [0, 1, 2999, 3000, 7001])
  func `a full disk stops the run with its error`(threads: Int, after: Int) {
    let writer = Collector()
    writer.findingsMax = after
    let error = #expect(throws: RunError.self) {
      try run([Self.source(items: 20)], threads: threads, writer: writer)
    }
    #expect(error?.subject == "report")
    #expect(error?.code == .failure)
    #expect(writer.findings.count == after)
    #expect(writer.summary == nil)
  }

  @Test func `an interrupted run tells what was not read, each once`() async {
    await #expect(processExitsWith: .exitCode(130)) {
      Interruption.note(2)
      let tree = MemorySource("never begun", [.item(MemoryItem("x", "x", [1]))])
      let collected = try run([FailureTests.source(items: 3), tree], threads: 2)
      let missed = collected.coverages.flatMap(\.notExamined)
      precondition(collected.findings.isEmpty && collected.coverages.count == 2)
      precondition(missed.contains { $0.place == "never begun" && $0.reason == .interrupted })
      precondition(collected.summary?.complete == false)
      precondition(Set(missed.map(\.place)).count == missed.count)
      Interruption.reset()
      exit(Int32(collected.summary?.exitCode ?? 0))
    }
  }

  @Test func `what was found before an interruption is told`() async {
    await #expect(processExitsWith: .exitCode(143)) {
      // The signal comes when the second of three items is opened.
      final class Stopper: Item {
        let location = Location(target: "a", path: "a/stopper")
        let head: [UInt8] = []
        func open() throws(InputError) { Interruption.note(15) }
        func nextPart() -> (any Part)? { MemoryPart([0x20, 0x20], 0..<2) }
        func close() -> PartOutcome { PartOutcome() }
      }
      let first = MemoryItem("a", "a/first", Array("card=4242424242424242\n".utf8))
      let last = MemoryItem("a", "a/last", Array("card=4242424242424242\n".utf8))
      let source = MemorySource("a", [.item(first), .item(Stopper()), .item(last)])
      let collected = try run([source])
      precondition(collected.findings.map(\.location.path) == ["a/first"])
      let missed = collected.coverages[0].notExamined.map(\.place)
      precondition(missed.contains("a/stopper") && Set(missed).count == missed.count)
      exit(Int32(collected.summary?.exitCode ?? 0))
    }
  }

  @Test func `a file interrupted in the middle is told once`() async {
    await #expect(processExitsWith: .exitCode(130)) {
      /// Asks to stop in the middle of its third part.
      final class Item3: Item {
        let location = Location(target: "a", path: "a/big")
        let head: [UInt8] = []
        let inner = MemoryItem(
          "a", "a/big", Array(repeating: 0x41, count: 200_000), partBytes: 20_000)
        func open() throws(InputError) {}
        func nextPart() -> (any Part)? {
          if let part = inner.nextPart() { return Stopping(part) }
          return nil
        }
        func close() -> PartOutcome { inner.close() }
      }
      final class Stopping: Part {
        let part: any Part
        init(_ part: any Part) { self.part = part }
        let table: String? = nil
        let columns: [String] = []
        let rowKey: String? = nil
        let expectedBytes = 0
        func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
          if Interruption.requested == nil { Interruption.note(2) }
          return part.read(into: buffer, body)
        }
      }
      let collected = try run([MemorySource("a", [.item(Item3())])])
      precondition(collected.coverages[0].notExamined.map(\.place) == ["a/big"])
      exit(Int32(collected.summary?.exitCode ?? 0))
    }
  }
}
