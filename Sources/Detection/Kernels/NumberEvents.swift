/// What the number kernel saw at a byte.
enum NumberEvent: UInt32 {
  /// The twelfth digit of a run.
  case longRun = 0
  /// A run of three digits or more begins 1, 2, 3 or 6 bytes after a run of four or more.
  case link = 1
  /// The byte after a run of exactly three or four digits.
  case shortRun = 2
}

/// Finds where a card number or a verification code may be, in one pass over the bytes.
///
/// - Parameters:
///   - base: at least `end` readable bytes.
///   - start: where to begin; runs that began up to 63 bytes before it are seen when the caller
///     starts that much earlier.
///   - end: one past the last byte; at most `start + eventSpanMax`.
///   - closes: whether the byte at `end` counts as "not a digit", so that a run ending there is told.
///   - events: room for `end - start + 1` events; each is `offset << 2 | NumberEvent`.
/// - Returns: how many events were written, in order of their offsets.
func findNumberEvents(
  _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, closes: Bool,
  into events: UnsafeMutablePointer<UInt32>
) -> Int {
  let raw = UnsafeRawPointer(base)
  var count = 0
  var offset = start
  var state = DigitRunState()
  while offset &+ 64 <= end {
    let v = raw.loadUnaligned(fromByteOffset: offset, as: SIMD64<UInt8>.self)
    let digits = bits(words((v &- splat(0x30)) .< splat(10)))
    state.take(digits, at: offset, into: events, &count)
    offset &+= 64
  }
  if offset < end || closes {
    var digits: UInt64 = 0
    for i in 0..<(end &- offset) where base[offset &+ i] &- 0x30 < 10 { digits |= 1 &<< UInt64(i) }
    let room = end &- offset
    var last = DigitRunState.Masks(state, digits)
    let keep: UInt64 = closes ? room &+ 1 >= 64 ? ~0 : (1 &<< UInt64(room &+ 1)) &- 1
      : (1 &<< UInt64(room)) &- 1
    last.long &= keep
    last.link &= keep
    last.short &= keep
    DigitRunState.write(last, at: offset, into: events, &count)
  }
  return count
}

/// How many bytes one call of `findNumberEvents` may cover.
let eventSpanMax = 16 << 10

/// Runs of digits carried from one 64-byte block to the next.
private struct DigitRunState {
  /// Bit i: byte i is a digit.
  var one: UInt64 = 0
  /// Bit i: the two, three, four, eight, twelve bytes up to and including i are digits.
  var two: UInt64 = 0
  var three: UInt64 = 0
  var four: UInt64 = 0
  var eight: UInt64 = 0
  var twelve: UInt64 = 0

  struct Masks {
    var long: UInt64
    var link: UInt64
    var short: UInt64
    var state: DigitRunState

    @inline(__always)
    init(_ before: DigitRunState, _ one: UInt64) {
      let two = one & (one &<< 1 | before.one &>> 63)
      let three = two & (one &<< 2 | before.one &>> 62)
      let four = two & (two &<< 2 | before.two &>> 62)
      let eight = four & (four &<< 4 | before.four &>> 60)
      let twelve = eight & (four &<< 8 | before.four &>> 56)
      state = DigitRunState(
        one: one, two: two, three: three, four: four, eight: eight, twelve: twelve)
      long = twelve & ~(twelve &<< 1 | before.twelve &>> 63)

      // Links are told at the third digit of the second run, so that only bytes behind matter: the
      // gap's bytes lie 3, 4, ... before it and the first run ends right before the gap.
      let gap1 = ~(one &<< 3 | before.one &>> 61)
      let starts = three & gap1
      let gap2 = gap1 & ~(one &<< 4 | before.one &>> 60)
      let gap3 = gap2 & ~(one &<< 5 | before.one &>> 59)
      let gap6 = gap3 & ~(one &<< 6 | before.one &>> 58) & ~(one &<< 7 | before.one &>> 57)
        & ~(one &<< 8 | before.one &>> 56)
      link = starts
        & ((four &<< 4 | before.four &>> 60)
          | gap2 & (four &<< 5 | before.four &>> 59)
          | gap3 & (four &<< 6 | before.four &>> 58)
          | gap6 & (four &<< 9 | before.four &>> 55))

      let three1 = three &<< 1 | before.three &>> 63
      let five1 = (four &<< 1 | before.four &>> 63) & (one &<< 5 | before.one &>> 59)
      short = ~one & three1 & ~five1
    }
  }

  @inline(__always)
  mutating func take(
    _ digits: UInt64, at offset: Int, into events: UnsafeMutablePointer<UInt32>, _ count: inout Int
  ) {
    let masks = Masks(self, digits)
    self = masks.state
    DigitRunState.write(masks, at: offset, into: events, &count)
  }

  @inline(__always)
  static func write(
    _ masks: Masks, at offset: Int, into events: UnsafeMutablePointer<UInt32>, _ count: inout Int
  ) {
    var all = masks.long | masks.link | masks.short
    while all != 0 {
      let bit = all.trailingZeroBitCount
      let one = all & (0 &- all)
      let kind: UInt32 = masks.long & one != 0 ? 0 : masks.link & one != 0 ? 1 : 2
      events[count] = UInt32(truncatingIfNeeded: offset &+ bit) &<< 2 | kind
      count &+= 1
      all &= all &- 1
    }
  }
}
