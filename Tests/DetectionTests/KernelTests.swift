import CKernels
import Rules
import TestSupport
import Testing

@testable import Detection

/// Every kernel against the plain loop that says what it should do.
@Suite struct KernelTests {
  /// With the endings of two labels.
  private static let tables = KernelTables(
    codeEndings: [NameEnding("cvv".utf8), NameEnding("vc2".utf8)])
  static let support = KernelSupport(tables: tables)
  /// For every family of instructions that this processor has.
  private func support(_ seed: Int) -> KernelSupport {
    KernelSupport(
      tables: KernelTests.tables, KernelSupport.Vectors(rawValue: seed % 3) ?? .sse2)
  }

  @Test(arguments: 0..<60)
  func `number events are those of a plain loop`(seed: Int) {
    let support = support(seed)
    var random = SplitMix(seed: UInt64(seed))
    let text = randomText(count: Int.random(in: 0...700, using: &random), using: &random)
    text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let start = Int.random(in: 0...min(70, buffer.count), using: &random)
      let masks = SpanMasks()
      defer { masks.free() }
      _ = masks.fill(base, from: start, to: buffer.count, support)
      do {
        let events = UnsafeMutablePointer<UInt32>.allocate(capacity: buffer.count + 60)
        defer { events.deallocate() }
        for (closes, anywhere) in [(true, true), (false, true), (true, false), (false, false)] {
          let count = findNumberEvents(
            masks, count: buffer.count - start, offset: start, closes: closes, anywhere: anywhere,
            into: events, support)
          let found = (0..<count).map { "\(events[$0] >> 2):\(events[$0] & 3)" }
          let all = plainNumberEvents(Array(buffer), from: start, closes: closes) {
            anywhere || [0x20, 0x3A, 0x41, 0x0A].contains($0)
          }
          let labelled = all.filter { event in
            anywhere || !event.hasSuffix(":2")
              || mayFollowLabel(Array(buffer), from: start, event, support) != false
          }
          let sure = labelled.filter { event in
            anywhere || !event.hasSuffix(":2")
              || mayFollowLabel(Array(buffer), from: start, event, support) == true
          }
          #expect(Set(found).isSubset(of: support.isWide ? labelled : all), "seed \(seed)")
          #expect(
            Set(found).isSuperset(of: sure.filter { anywhere || !goesOn(Array(buffer), $0) }),
            "seed \(seed)")
          #expect(!anywhere || found == all, "seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: 0..<60)
  func `masks are those of a plain loop`(seed: Int) {
    let support = support(seed)
    var random = SplitMix(seed: UInt64(seed))
    let letters = Array("kK_hHsSeEcCrRpPiInNvV x0123456789:/%>&#=DMjQ\u{1B}[\n".utf8)
    let isOdd = seed % 5 == 0
    var text = (0..<Int.random(in: 0...500, using: &random)).map { _ in
      letters.randomElement(using: &random)!
    }
    if isOdd, !text.isEmpty {
      let odd: [UInt8] = [0, 0x80, 0xFF]
      text[Int.random(in: 0..<text.count, using: &random)] = odd.randomElement(using: &random)!
    }
    text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let start = Int.random(in: 0...min(70, buffer.count), using: &random)
      let masks = SpanMasks()
      defer { masks.free() }
      let plain = SpanMasks()
      defer { plain.free() }
      let traits = masks.fill(base, from: start, to: buffer.count, support)
      var expected: SpanTraits = []
      for (block, at) in stride(from: start, to: buffer.count, by: 64).enumerated() {
        let room = buffer.count - at
        let told: UInt64 = room < 64 ? 1 << UInt64(room) - 1 : ~0
        expected.formUnion(
          plain.fillPlainly(base, from: at, to: buffer.count, block, support.tables))
        #expect(masks.digits[block] == plain.digits[block], "seed \(seed)")
        let literals = (masks.literals[block] & told, plain.literals[block])
        #expect(support.isWide ? literals.1 & ~literals.0 == 0 : literals.0 == literals.1)
        #expect(masks.letters[block] == plain.letters[block], "seed \(seed)")
        #expect(masks.opens[block] == plain.opens[block], "seed \(seed)")
        #expect(masks.lines[block] == plain.lines[block], "seed \(seed)")
        if support.isWide {
          let here = masks.pointers(at: block)
          #expect(here.endings[0] & told == plain.endings[block] & told, "seed \(seed)")
          #expect(here.blanks[0] & told == plain.blanks[block] & told, "seed \(seed)")
          #expect(here.quads[0] == plain.quads[block], "seed \(seed)")
          #expect(here.spaced[0] == plain.spaced[block], "seed \(seed)")
          #expect(here.marks[0] == plain.marks[block], "seed \(seed)")
        } else {
          // Letters and digits in a row stand for groups; what shares a table's entry with them does not.
          let words = plain.digits[block] | plain.letters[block]
          let three = words & (words >> 1 | 1 << 63) & (words >> 2 | 3 << 62)
          #expect(plain.quads[block] & three & ~masks.quads[block] == 0, "seed \(seed)")
          #expect(plain.spaced[block] & ~masks.spaced[block] == 0, "seed \(seed)")
        }
      }
      #expect(traits.contains(.odd) == expected.contains(.odd), "seed \(seed)")
      #expect(traits.isSuperset(of: expected), "seed \(seed)")
    }
  }

  @Test(arguments: 0..<40)
  func `coded events are those of a plain loop`(seed: Int) {
    let support = support(seed)
    var random = SplitMix(seed: UInt64(seed))
    let pieces = [
      "NDI0MjQy", "34323432", "34 32 ", "52, 53, ", "%34", "&#5", "=3D", "xyz", " ", "7%2",
      "\u{1B}[1",
      "\\u00e9",
      "\\x22",
    ]
    var text: [UInt8] = []
    while text.count < 900 { text += Array(pieces.randomElement(using: &random)!.utf8) }
    let length = Int.random(in: 20...text.count, using: &random)
    text += [UInt8](repeating: 0x20, count: 64)
    text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let masks = SpanMasks()
      defer { masks.free() }
      let events = UnsafeMutablePointer<UInt32>.allocate(capacity: 1024)
      defer { events.deallocate() }
      let count = length
      _ = masks.fill(base, from: 0, to: count, support)
      let written = findCodedEvents(
        masks, of: base, count: count, offset: 7, into: events, support)
      func isForm(_ forms: UInt8, _ at: Int) -> Bool {
        at >= 0 && support.tables.forms(base, at, count: count) & forms != 0
      }
      typealias Form = KernelTables.Form
      func bit(_ mask: UnsafeMutablePointer<UInt64>, _ at: Int) -> Bool {
        at >= 0 && mask[at / 64] >> UInt64(at % 64) & 1 != 0
      }
      var expected: [UInt32] = []
      for at in 0..<count {
        let kind: UInt32? =
          (0..<4).allSatisfy { isForm(Form.quad | Form.pair, at - 4 * $0) }
          ? 0
          : (0..<5).allSatisfy { isForm(Form.spaced | Form.dashed, at - 3 * $0) }
            || (0..<4).allSatisfy {
              !bit(masks.digits, at - 4 * $0) && !bit(masks.letters, at - 4 * $0)
                && bit(masks.digits, at - 4 * $0 - 1)
            }
            ? 1 : isForm(Form.mark, at) ? 2 : nil
        if let kind { expected.append(UInt32(at + 7) << 2 | kind) }
      }
      // Some see marks only where a form can begin.
      let found = (0..<written).map { events[$0] }
      let bytes = Bytes(base: base, count: buffer.count)
      let lost = Set(expected).subtracting(found)
      #expect(found == expected.filter { !lost.contains($0) }, "seed \(seed)")
      #expect(lost.isEmpty || support.guessesForms, "seed \(seed)")
      let readable = lost.filter {
        let at = Int($0 >> 2) - 7
        return $0 & 3 != 2 || at > 0 && TextEscapes.read(bytes, at, detector.tables) != nil
      }
      #expect(readable.isEmpty, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<30)
  func `binary tags and digits of EBCDIC are those of a plain loop`(seed: Int) {
    let support = support(seed)
    let plain = KernelSupport(tables: support.tables, .sse2)
    var random = SplitMix(seed: UInt64(seed))
    let bytes = (0..<700).map { _ in
      [0x5A, 0x57, 0x08, 0x13, 0x02, 0x00, 0x72, 0xF2, 0x16, 0xF4, 0x41].randomElement(
        using: &random)!
        as UInt8
    }
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for start in stride(from: 0, to: 700, by: 13) {
        let end = Int.random(in: start...700, using: &random)
        let count = Int.random(in: end...700, using: &random)
        #expect(
          nextBinaryTag(base, from: start, to: end, count: count, support)
            == nextBinaryTag(base, from: start, to: end, count: count, plain))
        #expect(
          nextEBCDICDigits(base, from: start, to: end, support)
            == nextEBCDICDigits(base, from: start, to: end, plain))
      }
    }
  }

  @Test(arguments: 0..<20)
  func `newlines are counted like a plain loop counts them`(seed: Int) {
    let support = support(seed)
    var random = SplitMix(seed: UInt64(seed))
    let size = seed == 0 ? 40_000 : Int.random(in: 0...600, using: &random)
    let text = (0..<size).map { _ in UInt8.random(in: 8...12, using: &random) }
    text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      #expect(countNewlines(base, from: 0, to: size, support) == text.count { $0 == 0x0A })
    }
  }

  /// Digits in runs of telling lengths, with separators of telling widths.
  private func randomText(count: Int, using random: inout SplitMix) -> [UInt8] {
    var text: [UInt8] = []
    while text.count < count {
      let run = [1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 19, 30, 70].randomElement(using: &random)!
      for _ in 0..<run { text.append(UInt8.random(in: 0x30...0x39, using: &random)) }
      for _ in 0..<Int.random(in: 1...9, using: &random) {
        text.append([0x20, 0x2D, 0x41, 0x2F, 0x3A, 0x0A].randomElement(using: &random)!)
      }
      if Int.random(in: 0..<3, using: &random) == 0 {
        text += Array(["cvv ", "VC2: ", "id  "].randomElement(using: &random)!.utf8)
      }
    }
    return Array(text.prefix(count))
  }

  /// Whether what may end a label stands before a short run with only blanks between; `nil` where the
  /// kernel may not see that far.
  private func mayFollowLabel(
    _ text: [UInt8], from start: Int, _ event: String, _ support: KernelSupport
  ) -> Bool? {
    guard var at = Int(event.prefix { $0 != ":" }).map({ $0 - 1 }) else { return nil }
    while at > start, isDigit(text[at]) { at -= 1 }
    let value = at + 1
    while at > start, !isWord(text[at]), text[at] < 0x80, text[at] != 0x3E, text[at] != 0x3A {
      at -= 1
    }
    guard value - at < 6, at - 2 >= start, text[at] != 0x3E, text[at] != 0x3A else { return nil }
    return support.tables.mayEndLabel(text[at - 2], text[at - 1], text[at])
  }

  /// Whether a short run begins a line and a byte follows that may not stand before a value.
  private func goesOn(_ text: [UInt8], _ event: String) -> Bool {
    let end = Int(event.prefix { $0 != ":" }) ?? 0
    guard event.hasSuffix(":2"), end < text.count, !mayOpenValue(text[end]) else { return false }
    return text[..<end].last { !isDigit($0) } == 0x0A
  }

  func plainNumberEvents(
    _ text: [UInt8], from start: Int, closes: Bool, opens: (UInt8) -> Bool
  ) -> [String] {
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
          while gap < 9, gapEnd - gap >= start, !digit(gapEnd - gap) { gap += 1 }
          if Shapes.separatorWidths.contains(gap), run(endingAt: gapEnd - gap) >= 4,
            !isLetter(text[gapEnd - gap + 1])
          {
            events.append("\(at):1")
          }
        }
      } else if [3, 4].contains(run(endingAt: at - 1)) {
        let first = at - run(endingAt: at - 1)
        if first == start || opens(text[first - 1]) { events.append("\(at):2") }
      }
    }
    return events
  }
}
