import Core
import Detection
import TestSupport
import Testing

/// Wherever the edges of chunks and parts fall, the same is found.
@Suite struct ChunkEdgeTests {
  @Test(arguments: 0..<16)
  func `chunks with any edges give what the whole gives`(seed: Int) {
    let text = RandomText.make(seed: UInt64(seed), count: 40_000)
    let scanner = Detection.Scanner(detector)
    let whole = told(scanner, text, owned: [0..<text.count])
    #expect(whole.count > 50, "seed \(seed)")
    var random = SplitMix(seed: UInt64(seed) ^ 0xED6E)
    for most in [60, 700, 20_000] {
      var edges: [Range<Int>] = []
      var low = 0
      while low < text.count {
        let high = min(text.count, low + Int.random(in: 1...most, using: &random))
        edges.append(low..<high)
        low = high
      }
      let inChunks = told(scanner, text, owned: edges)
      expectSame(whole, inChunks, "seed \(seed), chunks of up to \(most)")
    }
  }

  @Test(arguments: 0..<8)
  func `parts with any edges give what the whole gives`(seed: Int) {
    let text = RandomText.make(seed: UInt64(seed) + 100, count: 30_000)
    let scanner = Detection.Scanner(detector)
    let whole = told(scanner, text, owned: [0..<text.count])
    var random = SplitMix(seed: UInt64(seed) ^ 0xBEEF)
    for _ in 0..<40 {
      let edge = Int.random(in: 0...text.count, using: &random)
      var parts: [Told] = []
      for owned in [0..<edge, edge..<text.count] where !owned.isEmpty {
        parts += told(scanner, text, owned: [owned])
      }
      // Lines are counted from the part's own start; the engine adds them up. A code told by the number
      // beside it may be told by both parts; the engine keeps one.
      let some = whole.map(\.withoutLine)
      let other = parts.map(\.withoutLine)
      expectSame(some, Told.once(other), "seed \(seed), parts with the edge \(edge)")
    }
  }

  @Test func `a number is found wherever the edge falls in it`() {
    let shapes = [
      "4242424242424242", "4242 4242 4242 4242", "3782 822463 10005", "620550-0000000000004",
      ";4242424242424242=29111011234567?", "cvv=737", "４２４２４２４２４２４２４２４２",
      #"\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032\u0034\u0032"#,
      "4242&nbsp;4242&nbsp;4242&nbsp;4242", "%B4242424242424242^DOE/JO^2911101000?",
      "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "pin_block=04126CBDDEBFCB39",
      #"424242\u0034\u0032\u0034\u0032424242"#, #"4\u00324242424242\u00342\u00342"#,
      "\r\nContent-Disposition: form-data; name=\"cvv\"\r\n\r\n737\r\n", "\ncvv:\n737\n",
      #"{"name":"cvc","value":"737"}"#, #"{"value":"737","key":"cvc"}"#,
      // A row of groups that is longer than one look at it.
      "1 22 333 22 1 22 333 22 1 22 333 22 1 22 333 22 1 22 4242 4242 4242 4242 1 22 333 22 1 22",
    ]
    let scanner = Detection.Scanner(detector)
    for shape in shapes {
      let text = Array("charge \(shape) done".utf8)
      let whole = told(scanner, text, owned: [0..<text.count])
      #expect(whole.count == 1, "\(shape)")
      for edge in 1..<text.count {
        expectSame(
          whole, told(scanner, text, owned: [0..<edge, edge..<text.count]), "\(shape) at \(edge)")
      }
    }
  }

  @Test func `a plain number before a grouped one is found as well`() {
    let hits = scan("ts=4911 - 4111111111111111  424242 4242424242")
    #expect(hits.map(\.offset) == [10, 28])
  }

  @Test func `UTF-16 text at even and at odd places is found side by side`() {
    var little: [UInt8] = []
    for digit in "\n4242424242424242\n".utf8 { little += [digit, 0] }
    #expect(scan(little + little).count == 2)
    #expect(scan(little + [1] + little).count == 2)
    #expect(scan([1] + little + little + [1] + little).count == 3)
  }
}

/// What is compared of a hit.
struct Told: Hashable, CustomStringConvertible {
  var offset: Int
  var endOffset: Int
  var rule: String
  var score: Int16
  var evidence: Evidence
  var encodings: Encodings
  var line: Int
  var lineOffset: Int

  var withoutLine: Told {
    var copy = self
    copy.line = 0
    copy.lineOffset = 0
    return copy
  }

  /// Each place and rule once, the best score first, as a batch of hits is kept.
  static func once(_ all: [Told]) -> [Told] {
    var kept: [Told] = []
    for one in all.sorted(by: { ($0.offset, $0.rule, -$0.score) < ($1.offset, $1.rule, -$1.score) })
    {
      if let last = kept.last, last.offset == one.offset, last.rule == one.rule { continue }
      kept.append(one)
    }
    return kept
  }

  var description: String {
    "\(rule)@\(offset)..<\(endOffset) score \(score) reasons \(evidence.rawValue) line \(line)/\(lineOffset)"
      + " \(encodings.names)"
  }
}

/// Scans windows of `text` as inputs cut them: 4 KiB of context on both sides, in memory of their own.
func told(_ scanner: Detection.Scanner, _ text: [UInt8], owned: [Range<Int>]) -> [Told] {
  scanner.beginPart(
    head: Array(text.prefix(4096)), columns: [], startsFile: owned[0].lowerBound == 0)
  for range in owned {
    let low = max(0, range.lowerBound - Limits.contextBytes)
    let high = min(text.count, range.upperBound + Limits.contextBytes)
    // Of exactly that size, so that reading past an end is caught by the sanitizer.
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: high - low, alignment: 1)
    defer { window.deallocate() }
    window.copyBytes(from: text[low..<high])
    scanner.scan(
      Chunk(
        bytes: UnsafeRawBufferPointer(window),
        owned: range.lowerBound - low..<range.upperBound - low,
        byteOffset: low, startsFile: low == 0, endsFile: high == text.count))
  }
  scanner.finishBatch()
  return scanner.hits.map {
    Told(
      offset: $0.offset, endOffset: $0.endOffset, rule: $0.rule.name, score: $0.score,
      evidence: $0.evidence, encodings: $0.encodings, line: $0.line, lineOffset: $0.lineOffset)
  }
}

/// Compares without order, since places may be equal; prints only what differs.
func expectSame(
  _ a: [Told], _ b: [Told], _ note: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let missing = Told.once(Array(Set(a).subtracting(b)))
  let surplus = Told.once(Array(Set(b).subtracting(a)))
  let isSame = missing.isEmpty && surplus.isEmpty && a.count == b.count
  #expect(
    isSame,
    """
    \(note): \(a.count) and \(b.count) hits
      only in the first: \(missing.prefix(4))
      only in the second: \(surplus.prefix(4))
    """, sourceLocation: sourceLocation)
}
