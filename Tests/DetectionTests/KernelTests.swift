import TestSupport
import Testing

@testable import Detection

/// Every kernel against the plain loop that says what it should do.
@Suite struct KernelTests {
  @Test(arguments: 0..<40)
  func `number events are those of a plain loop`(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    let text = randomText(count: Int.random(in: 0...700, using: &random), using: &random)
    text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let start = Int.random(in: 0...min(70, buffer.count), using: &random)
      let events = UnsafeMutablePointer<UInt32>.allocate(capacity: buffer.count + 2)
      defer { events.deallocate() }
      for closes in [true, false] {
        let count = findNumberEvents(
          base, from: start, to: buffer.count, closes: closes, into: events)
        let found = (0..<count).map { "\(events[$0] >> 2):\(events[$0] & 3)" }
        let expected = plainNumberEvents(Array(buffer), from: start, closes: closes)
        #expect(found == expected, "seed \(seed)")
      }
    }
  }

  @Test(arguments: 0..<20)
  func `newlines are counted like a plain loop counts them`(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    let size = seed == 0 ? 40_000 : Int.random(in: 0...600, using: &random)
    let text = (0..<size).map { _ in UInt8.random(in: 8...12, using: &random) }
    text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      #expect(countNewlines(base, from: 0, to: size) == text.count { $0 == 0x0A })
    }
  }

  @Test(arguments: 0..<20)
  func `literals are found in any case and at any place`(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    let letters = Array("kK_hHsSeEcCrRpPiInN x".utf8)
    let text = (0..<400).map { _ in letters.randomElement(using: &random)! }
    text.withUnsafeBufferPointer { buffer in
      let base = buffer.baseAddress!
      let events = UnsafeMutablePointer<UInt32>.allocate(capacity: 500)
      defer { events.deallocate() }
      let count = findLiteralEvents(base, from: 0, to: text.count - 2, into: events)
      let found = (0..<count).map { Int(events[$0]) }
      let lower = text.map { $0 | 0x20 }
      let expected = (0..<text.count - 2).filter { at in
        let rest = Array(lower[at...].prefix(3))
        return rest[0] == 0x6B && text[at + 1] | 0x20 == 0x7F
          || ["hse", "ecr", "pin"].contains { Array($0.utf8) == rest }
      }
      #expect(found == expected, "seed \(seed)")
    }
  }

  @Test func `odd bytes are NUL and everything above ASCII`() {
    for byte in UInt8.min...UInt8.max {
      var text = [UInt8](repeating: 0x41, count: 100)
      for place in [0, 63, 64, 99] {
        text[place] = byte
        let odd = text.withUnsafeBufferPointer { hasOddBytes($0.baseAddress!, from: 0, to: 100) }
        #expect(odd == (byte == 0 || byte >= 0x80))
        text[place] = 0x41
      }
    }
  }

  /// Digits in runs of telling lengths, with separators of telling widths.
  private func randomText(count: Int, using random: inout SplitMix) -> [UInt8] {
    var text: [UInt8] = []
    while text.count < count {
      let run = [1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 19, 30, 70].randomElement(using: &random)!
      for _ in 0..<run { text.append(UInt8.random(in: 0x30...0x39, using: &random)) }
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        text.append([0x20, 0x2D, 0x41, 0x2F, 0x3A, 0x0A].randomElement(using: &random)!)
      }
    }
    return Array(text.prefix(count))
  }

  private func plainNumberEvents(_ text: [UInt8], from start: Int, closes: Bool) -> [String] {
    var events: [String] = []
    func digit(_ at: Int) -> Bool { at >= start && at < text.count && isDigit(text[at]) }
    func run(endingAt at: Int) -> Int {
      var length = 0
      while digit(at - length) { length += 1 }
      return length
    }
    for at in start..<(text.count + (closes ? 1 : 0)) {
      if digit(at) {
        let length = run(endingAt: at)
        if length == 12 { events.append("\(at):0") }
        if length == 3 {
          let gapEnd = at - 3
          var gap = 0
          while gap < 8, gapEnd - gap >= start, !digit(gapEnd - gap) { gap += 1 }
          if [1, 2, 3, 6].contains(gap), run(endingAt: gapEnd - gap) >= 4 { events.append("\(at):1") }
        }
      } else if [3, 4].contains(run(endingAt: at - 1)) {
        events.append("\(at):2")
      }
    }
    return events
  }
}
