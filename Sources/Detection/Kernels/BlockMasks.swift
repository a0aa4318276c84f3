import CKernels

#if arch(x86_64)
  typealias BlockMasks = unpan_masks
#else
  /// What is asked of every 64 bytes; see `masks.h`.
  struct BlockMasks {
    /// Bit i: byte i is an ASCII digit.
    var digits: UInt64
    /// Bit i: a literal begins at byte i.
    var literals: UInt64
    /// Bit i: byte i is an ASCII letter.
    var letters: UInt64
    /// Bit i: byte i may stand directly before a value.
    var opens: UInt64
  }
#endif

/// Which processor-specific forms may be used, asked once.
struct KernelSupport: Sendable {
  #if arch(x86_64)
    let avx2 = unpan_has_avx2()
  #endif
}

/// Says for every byte whether it is a digit, a letter, may stand before a value, or begins a literal,
/// 64 bytes a mask.
///
/// The literals are the letters that keys, client secrets and PIN labels cannot do without: `k_`
/// (`sk_live_`, `rk_test_`), `hse` (`whsec_`), `ecr` (`_secret_`) and, in any case, `pin`.
///
/// - Parameters:
///   - base: `end` readable bytes.
///   - masks: room for `(end - start + 63) / 64` masks; bits past `end` are 0.
/// - Returns: whether any byte is NUL or above 0x7F: text where decoders have work.
func fillMasks(
  _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, _ support: KernelSupport,
  into masks: UnsafeMutablePointer<BlockMasks>
) -> Bool {
  // Literals are up to three bytes long, so whole blocks need two bytes more.
  var blocks = max(0, end - start - 2) / 64
  var isOdd = false
  #if arch(x86_64)
    isOdd = unpan_fill(base + start, blocks, support.avx2, masks) != 0
  #else
    for block in 0..<blocks {
      isOdd = plainMasks(base, from: start + block * 64, to: start + block * 64 + 64, limit: end,
        into: masks + block) || isOdd
    }
  #endif
  var offset = start + blocks * 64
  while offset < end {
    let stop = min(end, offset + 64)
    isOdd = plainMasks(base, from: offset, to: stop, limit: end, into: masks + blocks) || isOdd
    blocks += 1
    offset = stop
  }
  return isOdd
}

/// The plain loop: the tail's, other processors', and the tests' oracle.
func plainMasks(
  _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, limit: Int,
  into mask: UnsafeMutablePointer<BlockMasks>
) -> Bool {
  var digits: UInt64 = 0
  var literals: UInt64 = 0
  var letters: UInt64 = 0
  var opens: UInt64 = 0
  var isOdd = false
  for at in start..<end {
    let a = base[at]
    let b = at + 1 < limit ? base[at + 1] : 0
    let c = at + 2 < limit ? base[at + 2] : 0
    let bit: UInt64 = 1 &<< UInt64(at - start)
    if a &- 0x30 < 10 { digits |= bit }
    if isLiteral(a, b, c) { literals |= bit }
    if isLetter(a) { letters |= bit }
    if mayOpen(a) { opens |= bit }
    isOdd = isOdd || a &- 1 >= 0x7F
  }
  mask.pointee = BlockMasks(digits: digits, literals: literals, letters: letters, opens: opens)
  return isOdd
}

/// No letter but the A and D that end a percent form, no underscore, no newline, none of `,-./`.
private func mayOpen(_ c: UInt8) -> Bool {
  c == 0x41 || c == 0x44 || !(isLetter(c) || c == 0x5F || c == 0x0A || (0x2C...0x2F).contains(c))
}

private func isLiteral(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
  switch a {
  case 0x6B: b == 0x5F
  case 0x68: b == 0x73 && c == 0x65
  case 0x65: b == 0x63 && c == 0x72
  case 0x50, 0x70: b | 0x20 == 0x69 && c | 0x20 == 0x6E
  default: false
  }
}
