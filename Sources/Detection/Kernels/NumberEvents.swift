import CKernels

/// What the number kernel saw at a byte.
enum NumberEvent: UInt32 {
  /// The twelfth digit of a run.
  case longRun = 0
  /// The third digit of a run that begins 1, 2, 3 or 6 bytes after a run of four or more; a single
  /// byte between them is no letter.
  case link = 1
  /// The byte after a run of exactly three or four digits that follows a byte that may open a value.
  case shortRun = 2
}

/// How many bytes one call of the kernels may cover.
let eventSpanMax = 16 << 10

/// Finds where a card number or a verification code may be.
///
/// - Parameters:
///   - masks: one for each 64 bytes of the span, bits past its end 0.
///   - start: where the span begins; runs that began before it are not seen, so callers start 64
///     bytes early.
///   - end: one past the last byte; at most `start + eventSpanMax`.
///   - closes: whether the end of the span counts as "not a digit", so that a run there is told.
///   - anywhere: tells short runs after any byte, not only after those that may open a value.
///   - events: room for `end - start + 1` events; each is `offset << 2 | NumberEvent`.
/// - Returns: how many events were written, in order of their offsets.
func findNumberEvents(
  _ masks: UnsafePointer<BlockMasks>, from start: Int, to end: Int, closes: Bool, anywhere: Bool,
  into events: UnsafeMutablePointer<UInt32>
) -> Int {
  var count = 0
  var runs = DigitRuns()
  let always: UInt64 = anywhere ? ~0 : 0
  let blocks = (end &- start &+ 63) / 64
  var block = 0
  while block < blocks {
    let offset = start &+ block &* 64
    var found = runs.take(masks[block], always)
    let room = end &- offset
    if room < 64 {
      // A run that ends with the span is told only if the bytes end there too.
      let told = room &+ (closes ? 1 : 0)
      found.short &= told >= 64 ? ~0 : (1 &<< UInt64(told)) &- 1
    }
    write(found, at: offset, into: events, &count)
    block &+= 1
  }
  if closes, (end &- start) % 64 == 0 {
    var found = runs.take(BlockMasks(digits: 0, literals: 0, letters: 0, opens: 0), always)
    found.short &= 1
    write(found, at: end, into: events, &count)
  }
  return count
}

@inline(__always)
private func write(
  _ found: DigitRuns.Found, at offset: Int, into events: UnsafeMutablePointer<UInt32>,
  _ count: inout Int
) {
  var rest = found.long | found.link | found.short
  while rest != 0 {
    let place = rest.trailingZeroBitCount
    let bit = UInt64(place)
    // Without branches: long is 0, link 1, short 2, and a byte is only ever one of them.
    let kind = (found.link &>> bit) & 1 | ((found.short &>> bit) & 1) &<< 1
    events[count] = UInt32(truncatingIfNeeded: offset &+ place) &<< 2 | UInt32(truncatingIfNeeded: kind)
    count &+= 1
    rest &= rest &- 1
  }
}

/// Runs of digits, carried from one 64-byte mask to the next.
private struct DigitRuns {
  /// Bit i: byte i is a digit.
  var one: UInt64 = 0
  /// Bit i: the two, three, four, eight, twelve bytes up to and including i are digits.
  var two: UInt64 = 0
  var three: UInt64 = 0
  var four: UInt64 = 0
  var eight: UInt64 = 0
  var twelve: UInt64 = 0
  var letters: UInt64 = 0
  /// Before the first byte nothing is in the way.
  var opens: UInt64 = ~0

  struct Found {
    var long: UInt64
    var link: UInt64
    var short: UInt64
  }

  @inline(__always)
  mutating func take(_ masks: BlockMasks, _ always: UInt64) -> Found {
    let before = self
    one = masks.digits
    letters = masks.letters
    opens = masks.opens | always
    two = one & (one &<< 1 | before.one &>> 63)
    three = two & (one &<< 2 | before.one &>> 62)
    let three1 = three &<< 1 | before.three &>> 63
    if three | three1 == 0 {
      four = 0
      eight = 0
      twelve = 0
      return Found(long: 0, link: 0, short: 0)
    }
    four = two & (two &<< 2 | before.two &>> 62)
    let five1 = (four &<< 1 | before.four &>> 63) & (one &<< 5 | before.one &>> 59)
    // The byte before a run of three lies four back from its end, before a run of four five.
    let isFour = one &<< 4 | before.one &>> 60
    let opened =
      ~isFour & (opens &<< 4 | before.opens &>> 60) | isFour & (opens &<< 5 | before.opens &>> 59)
    let short = ~one & three1 & ~five1 & opened
    if four | before.four == 0 {
      eight = 0
      twelve = 0
      return Found(long: 0, link: 0, short: short)
    }
    eight = four & (four &<< 4 | before.four &>> 60)
    twelve = eight & (four &<< 8 | before.four &>> 56)
    let long = twelve & ~(twelve &<< 1 | before.twelve &>> 63)
    // A link is told at the third digit of the second run, so that only bytes behind it matter: the
    // gap's bytes lie 3, 4, ... before it and the first run ends right before the gap.
    let gap1 = ~(one &<< 3 | before.one &>> 61)
    let gap2 = gap1 & ~(one &<< 4 | before.one &>> 60)
    let gap3 = gap2 & ~(one &<< 5 | before.one &>> 59)
    let gap6 =
      gap3 & ~(one &<< 6 | before.one &>> 58) & ~(one &<< 7 | before.one &>> 57)
      & ~(one &<< 8 | before.one &>> 56)
    let link =
      three & gap1
      & (~(letters &<< 3 | before.letters &>> 61) & (four &<< 4 | before.four &>> 60)
        | gap2 & (four &<< 5 | before.four &>> 59)
        | gap3 & (four &<< 6 | before.four &>> 58)
        | gap6 & (four &<< 9 | before.four &>> 55))
    return Found(long: long, link: link, short: short)
  }
}
