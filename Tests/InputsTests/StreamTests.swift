import Core
import Foundation
import Glibc
import Inputs
import Native
import TestSupport
import Testing

@Suite struct StreamTests {
  @Test(arguments: 0..<12)
  func `a stream written in pieces of any size is handed out whole`(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let scratch = try Scratch()
    let path = scratch.path + "/pipe"
    mkfifo(path, 0o600)
    let context = Int.random(in: 1...64, using: &random)
    var options = InputOptions()
    options.sizes = ReadSizes(
      block: Int.random(in: 50...5000, using: &random), segment: 1000, context: context)
    options.label = "export"
    let bytes = (0..<Int.random(in: 0...200_000, using: &random)).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    var cuts: [Int] = []
    while cuts.reduce(0, +) < bytes.count { cuts.append(.random(in: 1...20_000, using: &random)) }
    let item = try firstItem(path, options)
    let writer = Thread { [cuts] in write(bytes, cuts, to: path) }
    writer.start()
    let reading = read(item)
    #expect(reading.ownedBytes == bytes, "seed \(seed)")
    #expect(reading.location.path == "export")
    #expect(reading.outcome.examined.bytes == bytes.count)
    #expect(reading.outcome.notExamined.isEmpty)
    var position = 0
    for piece in reading.pieces {
      let start = piece.byteOffset + piece.owned.lowerBound
      let end = piece.byteOffset + piece.owned.upperBound
      #expect(start == position, "seed \(seed)")
      #expect(piece.owned.lowerBound >= min(context, start), "seed \(seed)")
      #expect(
        piece.bytes.count - piece.owned.upperBound >= min(context, bytes.count - end),
        "seed \(seed)")
      position = end
    }
  }

  @Test func `a stream that is stopped hands out what was read`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/pipe"
    mkfifo(path, 0o600)
    var options = InputOptions()
    options.sizes = ReadSizes(block: 1000, segment: 1000, context: 5)
    let item = try firstItem(path, options)
    Thread { write(Array("some more".utf8), [9], to: path) }.start()
    try item.open()
    let part = try #require(item.nextPartInHand())
    var seen: [UInt8] = []
    _ = part.read(into: WorkBuffer()) { chunk in
      seen += Array(chunk.bytes)[chunk.owned]
      return true
    }
    #expect(seen == Array("some ".utf8))
    #expect(item.nextPartInHand() == nil && item.nextPart() == nil)
    #expect(item.close().notExamined.map(\.reason) == [.interrupted])
  }

  @Test func `several blocks can be held at once`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/pipe"
    mkfifo(path, 0o600)
    var options = InputOptions()
    options.sizes = ReadSizes(block: 100, segment: 1000, context: 10)
    let item = try firstItem(path, options)
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    Thread { write(bytes, [1000], to: path) }.start()
    try item.open()
    var parts: [any Part] = []
    while let part = item.nextPart() { parts.append(part) }
    var seen: [UInt8] = []
    for part in parts {
      _ = part.read(into: WorkBuffer()) {
        seen += Array($0.bytes)[$0.owned]
        return true
      }
    }
    #expect(parts.count > 5)
    #expect(seen == bytes)
  }
}

private func write(_ bytes: [UInt8], _ cuts: [Int], to path: String) {
  let file = open(path, O_WRONLY)
  defer { close(file) }
  var done = 0
  for cut in cuts where done < bytes.count {
    var left = min(cut, bytes.count - done)
    while left > 0 {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, left) }
      if count <= 0 { return }
      done += count
      left -= count
    }
    usleep(200)
  }
}
