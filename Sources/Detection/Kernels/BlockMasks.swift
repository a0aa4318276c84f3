import CKernels

/// Which processor-specific forms may be used, asked once, and the tables they use.
struct KernelSupport: Sendable {
  /// Families of vector instructions, the least first.
  enum Vectors: Int, CaseIterable, Comparable, Sendable {
    case sse2, avx2, avx512
    static func < (a: Vectors, b: Vectors) -> Bool { a.rawValue < b.rawValue }

    /// The best that this processor has; others than x86-64 use the plain forms whatever it says.
    static var best: Vectors {
      #if arch(x86_64)
        unpan_has_avx512() != 0 ? .avx512 : unpan_has_avx2() != 0 ? .avx2 : .sse2
      #else
        .sse2
      #endif
    }
  }

  let tables: KernelTables
  private let vectors: Vectors

  init(tables: KernelTables, _ vectors: Vectors = .best) {
    self.tables = tables
    self.vectors = min(vectors, .best)
  }

  /// Whether `SpanMasks.endings` and `.blanks` are told, and groups of words may be asked at once.
  var isWide: Bool { vectors == .avx512 }

  /// Whether `SpanMasks.quads`, `.spaced` and `.marks` hold more than the forms.
  var guessesForms: Bool {
    #if arch(x86_64)
      !isWide
    #else
      false
    #endif
  }

  #if arch(x86_64)
    fileprivate func fill(
      _ bytes: UnsafePointer<UInt8>, _ blocks: Int, _ masks: SpanMasks, at block: Int,
      percents: UInt64
    ) -> SpanTraits {
      let out = masks.pointers(at: block)
      if isWide {
        return SpanTraits(
          rawValue: unpan_fill_avx512(bytes, blocks, out, tables.pointers, percents))
      }
      let traits = unpan_fill(bytes, blocks, vectors >= .avx2 ? 1 : 0, out)
      masks.guessForms(from: block, count: blocks)
      return SpanTraits(rawValue: traits)
    }
  #endif
}

#if arch(x86_64)
  extension KernelTables {
    fileprivate var pointers: unpan_tables {
      unpan_tables(
        kinds: kinds, first: first, second: second, third: third, starts: starts, ends: ends,
        form_first: firstForm, form_second: secondForm, form_third: thirdForm)
    }
  }
#endif

/// What is anywhere in a span.
struct SpanTraits: OptionSet {
  let rawValue: Int32
  /// A byte is NUL or above 0x7F: text where decoders have work.
  static let odd = SpanTraits(rawValue: 1)
  /// `SpanMasks.literals` holds something.
  static let literals = SpanTraits(rawValue: 2)
}

/// One bit a byte for each question, for a span of at most `eventSpanMax` bytes: bit i of word i / 64
/// stands for byte i of the span.
///
/// A word lies before the first, so that bits can be loaded from up to 64 bytes before the span: no
/// digit, no letter, nothing in the way of a value. Bare memory, freed by whoever made it with `free`:
/// an object would cost a retain and a release for every database value.
struct SpanMasks {
  let digits: UnsafeMutablePointer<UInt64>
  /// Letters that keys, client secrets and PIN labels cannot do without: `k_` (`sk_live_`,
  /// `rk_test_`), `hse` (`whsec_`), `ecr` (`_secret_`) and, in any case, `pin`; what shares their lower
  /// six bits may be told as well.
  let literals: UnsafeMutablePointer<UInt64>
  let letters: UnsafeMutablePointer<UInt64>
  /// Bytes that may stand directly before a value: no letter but the A and D that end a percent form,
  /// no underscore, none of `,-./`.
  let opens: UnsafeMutablePointer<UInt64>
  /// The first of three bytes that may end a label for a code (`KernelTables.mayEndLabel`); every byte
  /// where the processor is not asked.
  let endings: UnsafeMutablePointer<UInt64>
  /// Bytes that may stand between a label and its value: neither letter nor digit, or part of a percent
  /// form.
  let blanks: UnsafeMutablePointer<UInt64>
  /// Newlines.
  let lines: UnsafeMutablePointer<UInt64>
  /// `KernelTables.Form`, at the first of the three bytes; where the processor is not asked, letters
  /// and digits that may be such.
  let quads: UnsafeMutablePointer<UInt64>
  let spaced: UnsafeMutablePointer<UInt64>
  let marks: UnsafeMutablePointer<UInt64>
  private let memory: UnsafeMutablePointer<UInt64>
  private let tail = UnsafeMutablePointer<UInt8>.allocate(capacity: 66)
  private static let words = eventSpanMax / 64 + 4

  init() {
    memory = .allocate(capacity: 10 * SpanMasks.words)
    memory.initialize(repeating: 0, count: 10 * SpanMasks.words)
    digits = memory + 1
    literals = memory + SpanMasks.words + 1
    letters = memory + 2 * SpanMasks.words + 1
    opens = memory + 3 * SpanMasks.words + 1
    endings = memory + 4 * SpanMasks.words + 1
    blanks = memory + 5 * SpanMasks.words + 1
    quads = memory + 6 * SpanMasks.words + 1
    spaced = memory + 7 * SpanMasks.words + 1
    marks = memory + 8 * SpanMasks.words + 1
    lines = memory + 9 * SpanMasks.words + 1
    opens[-1] = ~0
    // For processors that do not tell: whatever opens a value is preceded by an ending.
    endings.initialize(repeating: ~0, count: SpanMasks.words - 1)
  }

  /// Ends the use of the memory, which held bytes of the input.
  func free() {
    memory.deallocate()
    tail.update(repeating: 0, count: 66)
    tail.deallocate()
  }

  /// Asks all questions of the bytes from `start` to `end`; bits past the end are 0.
  ///
  /// - Parameter base: `end` readable bytes.
  func fill(
    _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, _ support: KernelSupport
  ) -> SpanTraits {
    // Literals are up to three bytes long, so whole blocks need two bytes more.
    var block = max(0, end - start - 2) / 64
    var traits: SpanTraits = []
    #if arch(x86_64)
      traits = support.fill(base + start, block, self, at: 0, percents: 0)
    #else
      block = 0
    #endif
    while start + block * 64 < end {
      #if arch(x86_64)
        traits.formUnion(
          fillTail(base + start + block * 64, end - start - block * 64, block, support))
      #else
        traits.formUnion(
          fillPlainly(base, from: start + block * 64, to: end, block, support.tables))
      #endif
      block += 1
    }
    // What is loaded past the last block must be quiet.
    digits[block] = 0
    letters[block] = 0
    opens[block] = 0
    lines[block] = 0
    quads[block] = 0
    spaced[block] = 0
    marks[block] = 0
    return traits
  }

  /// Letters and digits in a row stand for the forms where the processor cannot look them up; of
  /// `quads` the kernel tells what one begins with.
  fileprivate func guessForms(from block: Int, count: Int) {
    for block in block..<block + count {
      let word = digits[block] | letters[block]
      // What follows the block is not known yet.
      let next = word &>> 1 | 1 &<< 63
      let last = word &>> 2 | 3 &<< 62
      quads[block] &= next & last
      spaced[block] = word & next & (~(word &>> 2) | 3 &<< 62)
    }
  }

  #if arch(x86_64)
    func pointers(at block: Int) -> unpan_masks {
      unpan_masks(
        digits: digits + block, literals: literals + block, letters: letters + block,
        opens: opens + block, endings: endings + block, blanks: blanks + block,
        lines: lines + block, quads: quads + block, spaced: spaced + block, marks: marks + block)
    }

    /// The last bytes of a span, copied to where 66 can be read; most database values are no longer.
    private func fillTail(
      _ bytes: UnsafePointer<UInt8>, _ room: Int, _ block: Int, _ support: KernelSupport
    ) -> SpanTraits {
      let count = min(66, room)
      tail.update(from: bytes, count: count)
      (tail + count).update(repeating: 0x20, count: 66 - count)
      var percents: UInt64 = 0
      if block > 0 {
        percents = (bytes[-1] == 0x25 ? 1 << 63 : 0) | (bytes[-2] == 0x25 ? 1 << 62 : 0)
      }
      let traits = support.fill(tail, 1, self, at: block, percents: percents)
      if room < 64 {
        let told: UInt64 = (1 &<< UInt64(room)) &- 1
        opens[block] &= told
        quads[block] &= told
        spaced[block] &= told
        marks[block] &= told
      }
      return traits
    }
  #endif

  /// The next place where three letters or digits stand with one other byte between: UTF-16, maybe.
  ///
  /// - Returns: an offset at or after `start`, or `end` when there is none.
  func nextSpacedText(from start: Int, to end: Int) -> Int {
    let digits = UnsafeRawPointer(digits)
    let letters = UnsafeRawPointer(letters)
    var at = start
    while at < end {
      // 48 new places from the byte that holds `at`; the sixteen bits after them are context.
      let byte = at / 8
      let one =
        digits.loadUnaligned(fromByteOffset: byte, as: UInt64.self)
        | letters.loadUnaligned(fromByteOffset: byte, as: UInt64.self)
      var spaced = one & one &>> 2 & one &>> 4 & ~(one &>> 1) & ~(one &>> 3) & 0xFFFF_FFFF_FFFF
      spaced &= ~0 &<< UInt64(at - byte * 8)
      if spaced != 0 { return min(end, byte * 8 + spaced.trailingZeroBitCount) }
      at = byte * 8 + 48
    }
    return end
  }

  /// The plain loop: the tail's, other processors', and the tests' oracle.
  func fillPlainly(
    _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, _ block: Int,
    _ tables: KernelTables
  ) -> SpanTraits {
    var traits: SpanTraits = []
    digits[block] = 0
    literals[block] = 0
    letters[block] = 0
    opens[block] = 0
    endings[block] = 0
    // A percent form may reach over from the last block.
    let isFirst = block == 0
    blanks[block] = 0
    lines[block] = 0
    quads[block] = 0
    spaced[block] = 0
    marks[block] = 0
    for at in start..<min(end, start + 64) {
      let a = base[at]
      let b = at + 1 < end ? base[at + 1] : 0
      let c = at + 2 < end ? base[at + 2] : 0
      let bit: UInt64 = 1 &<< UInt64(at - start)
      if isDigit(a) { digits[block] |= bit }
      if isLiteral(a, b, c) { literals[block] |= bit }
      if isLetter(a) { letters[block] |= bit }
      if a == 0x0A { lines[block] |= bit }
      if mayOpenValue(a) { opens[block] |= bit }
      if tables.mayEndLabel(a, b, c) { endings[block] |= bit }
      let forms = tables.forms(base, at, count: end)
      if forms & (KernelTables.Form.quad | KernelTables.Form.pair) != 0 { quads[block] |= bit }
      if forms & (KernelTables.Form.spaced | KernelTables.Form.dashed) != 0 { spaced[block] |= bit }
      if forms & KernelTables.Form.mark != 0 { marks[block] |= bit }
      let formed = (1...2).contains { back in
        (!isFirst || at - back >= start) && at >= back && base[at - back] == 0x25
      }
      if formed || a < 0x80 && !isWord(a) { blanks[block] |= bit }
      if a &- 1 >= 0x7F { traits.insert(.odd) }
    }
    if literals[block] != 0 { traits.insert(.literals) }
    return traits
  }
}

/// The start of `k_`, `hse`, `ecr` or, in any case, `pin`.
func isLiteral(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
  switch a {
  case 0x6B: b == 0x5F
  case 0x68: b == 0x73 && c == 0x65
  case 0x65: b == 0x63 && c == 0x72
  case 0x50, 0x70: b | 0x20 == 0x69 && c | 0x20 == 0x6E
  default: false
  }
}
