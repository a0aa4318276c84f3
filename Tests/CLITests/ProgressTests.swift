import Core
import Foundation
import Synchronization
import Testing

@testable import CLI

@Suite struct ProgressTests {
  private let state = ProgressState(
    bytes: 1_240_000_000, expectedBytes: 2_400_000_000, files: 10, findings: 12,
    elapsedMilliseconds: 4000)

  @Test func `a wide terminal gets everything`() {
    #expect(
      ProgressLine.text(state, columns: 100)
        == "[#####-----]  51%  1.2 GB of 2.4 GB  310 MB/s  3s left  12 findings")
  }

  @Test(arguments: 1...100)
  func `the line always leaves the last column free`(columns: Int) {
    #expect(ProgressLine.text(state, columns: columns).count < max(columns, 1) || columns == 1)
  }

  @Test func `a narrow terminal keeps what tells most`() {
    #expect(ProgressLine.text(state, columns: 20) == "51%  12 findings")
  }

  @Test func `nothing is guessed`() {
    var state = ProgressState(bytes: 5_000_000, findings: 1, elapsedMilliseconds: 500)
    #expect(ProgressLine.text(state, columns: 80) == "5.0 MB  0 files  10 MB/s  1 finding")
    state.expectedBytes = 10_000_000
    #expect(state.secondsLeft == nil)
    #expect(ProgressState().rate == 0)
  }

  @Test func `more than was expected has no percentage`() {
    let state = ProgressState(
      bytes: 510_000_000, expectedBytes: 2_400_000, files: 2, elapsedMilliseconds: 2000)
    #expect(ProgressLine.text(state, columns: 80) == "510 MB  2 files  255 MB/s  0 findings")
  }

  @Test func `it never says it is done before it is`() {
    #expect(ProgressState(bytes: 10, expectedBytes: 10).percent == 99)
    #expect(ProgressState(bytes: 20, expectedBytes: 10).percent == 99)
  }

  @Test func `the line is drawn, kept up to date and cleared`() throws {
    let pipe = Pipe()
    var console = Console()
    console.error = pipe.fileHandleForWriting.fileDescriptor
    let counters = ProgressCounters()
    let progress = Progress(console, counters)
    counters.bytes.store(1_000_000, ordering: .relaxed)
    // It is drawn by a thread of its own.
    var drawn = Data()
    while !String(decoding: drawn, as: UTF8.self).contains("MB") {
      drawn += try #require(try pipe.fileHandleForReading.read(upToCount: 1))
    }
    progress.stop()
    progress.stop()
    try pipe.fileHandleForWriting.close()
    drawn += try pipe.fileHandleForReading.readToEnd() ?? Data()
    let text = String(decoding: drawn, as: UTF8.self)
    #expect(text.contains("\r1.0 MB"))
    #expect(text.hasSuffix("\r\u{1B}[K"))
    #expect(!text.contains("\n"))
  }

  @Test(arguments: [(999, "999 B"), (1500, "1.5 kB"), (15_400, "15 kB"), (310_000_000, "310 MB")])
  func `sizes are short`(bytes: Int, text: String) {
    #expect(ProgressLine.size(bytes) == text)
  }

  @Test(arguments: [(0, "0s"), (59, "59s"), (61, "1m 1s"), (3720, "1h 2m")])
  func `durations are short`(seconds: Int, text: String) {
    #expect(ProgressLine.duration(seconds) == text)
  }
}
