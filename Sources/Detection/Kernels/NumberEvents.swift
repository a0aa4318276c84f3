import CKernels

/// What the number kernel saw at a byte.
enum NumberEvent: UInt32 {
  /// The twelfth digit of a run.
  case longRun = 0
  /// The third digit of a run that begins as many bytes after a run of four or more as a separator has
  /// (`Shapes.separatorWidths`); the first byte between them is no letter.
  case link = 1
  /// The byte after a run of exactly three or four digits that follows a byte that may open a value,
  /// where only bytes without meaning stand between it and what may end a label for a code; at a line's
  /// start only where the run does not go on, as in an address or a date.
  case shortRun = 2
}

/// How many bytes one call of the kernels may cover: whole groups of the widest of them, so that the plain
/// loop has nothing left to do in most. `UNPAN_GROUPS_MAX` of the kernel is the same 42.
let eventSpanMax = 42 * 384

/// Finds where a card number or a verification code may be.
///
/// Works on 64 bits at a time, of which the last 48 are new: 16 bytes of the past lie in the same word,
/// so that no shift crosses words (two-word shifts took two thirds of this function, measured).
///
/// - Parameters:
///   - masks: of the span; digits before the span are not seen, so callers start 64 bytes early.
///   - count: bytes in the span, at most `eventSpanMax`.
///   - offset: where the span begins; added to every event.
///   - closes: whether the end of the span counts as "not a digit", so that a run there is told.
///   - anywhere: tells every short run, also where nothing like a label stands before it.
///   - events: room for `count + 52` events; each is `offset << 2 | NumberEvent`.
/// - Returns: how many events were written, in order of their offsets.
func findNumberEvents(
  _ masks: SpanMasks, count: Int, offset: Int, closes: Bool, anywhere: Bool,
  into events: UnsafeMutablePointer<UInt32>, _ support: KernelSupport
) -> Int {
  // Behind the end nothing goes on.
  if closes { masks.opens[count / 64] |= 1 &<< UInt64(count % 64) }
  let digits = UnsafeRawPointer(masks.digits)
  let letters = UnsafeRawPointer(masks.letters)
  let opens = UnsafeRawPointer(masks.opens)
  let lines = UnsafeRawPointer(masks.lines)
  let endings = UnsafeRawPointer(masks.endings)
  let blanks = UnsafeRawPointer(masks.blanks)
  let always: UInt64 = anywhere ? ~0 : 0
  var written = 0
  var at = 0
  let told = count &+ (closes ? 1 : 0)
  #if arch(x86_64)
    if support.isWide {
      let groups = count / 384
      written = unpan_number_events_avx512(
        masks.pointers(at: 0), groups, UInt32(truncatingIfNeeded: offset), always, events)
      at = groups &* 384
    }
  #endif
  while at < told {
    // Bit 16 stands for byte `at`.
    let place = at / 8 &- 2
    var found = numberEvents(
      digits.loadUnaligned(fromByteOffset: place, as: UInt64.self),
      letters.loadUnaligned(fromByteOffset: place, as: UInt64.self),
      opens.loadUnaligned(fromByteOffset: place, as: UInt64.self),
      endings.loadUnaligned(fromByteOffset: place, as: UInt64.self),
      blanks.loadUnaligned(fromByteOffset: place, as: UInt64.self),
      lines.loadUnaligned(fromByteOffset: place, as: UInt64.self), always)
    if told &- at < 48 {
      let keep = (1 &<< UInt64(told &- at &+ 16)) &- 1 as UInt64
      found.long &= keep
      found.link &= keep
      found.short &= keep
    }
    write(found, at: offset &+ at, into: events, &written)
    at &+= 48
  }
  return written
}

/// Events of 48 bytes, bit 0 for the first.
private struct Found {
  var long: UInt64
  var link: UInt64
  var short: UInt64
}

/// - Parameters: masks of 64 bytes, the first 16 of which are past.
@inline(__always)
private func numberEvents(
  _ one: UInt64, _ letters: UInt64, _ opens: UInt64, _ endings: UInt64, _ blanks: UInt64,
  _ lines: UInt64, _ always: UInt64
) -> Found {
  let two = one & one &<< 1
  let three = two & one &<< 2
  let four = two & two &<< 2
  let eight = four & four &<< 4
  let twelve = eight & four &<< 8
  let long = twelve & ~(twelve &<< 1)

  // From each ending the sum carries a bit through the blanks behind it; an ending is told at the first
  // of its three bytes, and blanks that begin before this word may follow one.
  let ended = endings &<< 2
  let seeds = (ended &<< 1 | 7) & blanks
  let reached = (((seeds &+ blanks) ^ blanks) | seeds) & blanks
  let after = (opens & (reached | ended)) | always
  // The byte before a run of three lies four back from its end, before a run of four five.
  let isFour = one &<< 4
  let inner = after & ~lines
  let outer = after & lines
  let inLine = (inner &<< 4 & ~isFour) | (inner &<< 5 & isFour)
  let beginsLine = (outer &<< 4 & ~isFour) | (outer &<< 5 & isFour)
  let opened = inLine | beginsLine & (opens | always)
  let five = four & one &<< 4
  let short = three &<< 1 & ~one & ~(five &<< 1) & opened

  // A link is told at the third digit of the second run, so that only bytes behind it matter. From the
  // first byte behind four digits, if it is no letter, over up to seven more that are no digits: by one,
  // two and four places.
  let gap = ~one
  let gap2 = gap & gap &<< 1
  let gap4 = gap2 & gap2 &<< 2
  var reach = four &<< 1 & ~letters & gap
  reach |= reach &<< 1 & gap
  reach |= reach &<< 2 & gap2
  reach |= reach &<< 4 & gap4
  let link = three & reach &<< 3
  let new: UInt64 = ~0xFFFF
  return Found(long: long & new, link: link & new, short: short & new)
}

@inline(__always)
private func write(
  _ found: Found, at offset: Int, into events: UnsafeMutablePointer<UInt32>, _ count: inout Int
) {
  // Most words hold only short runs, and up to one: written without asking whether it is there, so that
  // nothing is there to mispredict. What is written beyond the count is overwritten by the next word.
  var rest = found.short
  if found.long | found.link == 0 {
    repeat {
      // The set bit spares the question whether there is one.
      let bit = (rest | 1 &<< 63).trailingZeroBitCount
      events[count] =
        UInt32(truncatingIfNeeded: offset &+ bit &- 16) &<< 2 | NumberEvent.shortRun.rawValue
      count &+= rest == 0 ? 0 : 1
      rest &= rest &- 1
    } while rest != 0
    return
  }
  rest |= found.long | found.link
  while rest != 0 {
    let bit = UInt64(rest.trailingZeroBitCount)
    // Long is 0, link 1, short 2, and a byte is only ever one of them.
    let kind = (found.link &>> bit) & 1 | ((found.short &>> bit) & 1) &<< 1
    events[count] =
      UInt32(truncatingIfNeeded: offset &+ Int(bit) &- 16) &<< 2
      | UInt32(truncatingIfNeeded: kind)
    count &+= 1
    rest &= rest &- 1
  }
}
