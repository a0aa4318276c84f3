import CKernels

/// What may be encoded at a byte; only a closer look tells.
enum CodedEvent: UInt32 {
  /// The last of four groups of four base64 letters, or of four pairs of pairs of hex digits, that
  /// stand for ASCII.
  case group = 0
  /// The last of five pairs of hex digits with a sign behind each (`Form.spaced`), or what follows the
  /// last of four digits that stand four bytes apart, no digit or letter behind them.
  case cells = 1
  /// What one of `KernelTables.Form.mark` begins with.
  case mark = 2
}

/// Finds where something may be encoded that `SpanMasks.fill` saw the parts of.
///
/// - Parameters:
///   - masks: of the span, as for `findNumberEvents`.
///   - span: the bytes that the masks are of: where those only guess, these are asked.
///   - events: room for `count + 52` events; each is `offset << 2 | CodedEvent`.
/// - Returns: how many events were written, in order of their offsets.
func findCodedEvents(
  _ masks: SpanMasks, of span: UnsafePointer<UInt8>, count: Int, offset: Int,
  into events: UnsafeMutablePointer<UInt32>, _ support: KernelSupport
) -> Int {
  typealias Form = KernelTables.Form
  let tables = support.tables
  let isGuess = support.guessesForms
  let digits = UnsafeRawPointer(masks.digits)
  let letters = UnsafeRawPointer(masks.letters)
  let quads = UnsafeRawPointer(masks.quads)
  let spaced = UnsafeRawPointer(masks.spaced)
  let marks = UnsafeRawPointer(masks.marks)
  var written = 0
  var at = 0
  #if arch(x86_64)
    if support.isWide {
      let groups = count / 384
      written = unpan_coded_events_avx512(
        masks.pointers(at: 0), groups, UInt32(truncatingIfNeeded: offset), events)
      at = groups &* 384
    }
  #endif
  while at < count {
    // Bit 16 stands for byte `at`.
    let place = at / 8 &- 2
    let quad = quads.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let space = spaced.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let mark = marks.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let digit = digits.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let letter = letters.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let close = ~(digit | letter) & digit &<< 1
    let close2 = close & close &<< 4
    let isField = close2 & close2 &<< 8
    if quad | space | mark | isField != 0 {
      let two = quad & quad &<< 4
      let isQuad = two & two &<< 8
      let spaced2 = space & space &<< 3
      let isSpaced = spaced2 & spaced2 &<< 6 & space &<< 12
      var rest = (isQuad | isSpaced | isField | mark) & ~0xFFFF
      if count &- at < 48 { rest &= (1 &<< UInt64(count &- at &+ 16)) &- 1 }
      while rest != 0 {
        let bit = UInt64(rest.trailingZeroBitCount)
        rest &= rest &- 1
        let byte = at &+ Int(bit) &- 16
        // A bit before the span is never set, so all of these lie in it.
        func holds(_ forms: UInt8, every step: Int, _ times: Int) -> Bool {
          !isGuess
            || (0..<times).allSatisfy {
              tables.forms(span, byte &- $0 &* step, count: count) & forms != 0
            }
        }
        let kind: CodedEvent
        if (isQuad &>> bit) & 1 != 0, holds(Form.quad | Form.pair, every: 4, 4) {
          kind = .group
        } else if (isField &>> bit) & 1 != 0
          || (isSpaced &>> bit) & 1 != 0 && holds(Form.spaced | Form.dashed, every: 3, 5)
        {
          kind = .cells
        } else if (mark &>> bit) & 1 != 0, holds(Form.mark, every: 0, 1) {
          kind = .mark
        } else {
          continue
        }
        events[written] = UInt32(truncatingIfNeeded: offset &+ byte) &<< 2 | kind.rawValue
        written &+= 1
      }
    }
    at &+= 48
  }
  return written
}
