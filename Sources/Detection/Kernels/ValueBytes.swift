/// What kinds of bytes a value has, one bit a kind.
struct ByteKinds: OptionSet, Sendable {
  var rawValue: UInt16

  static let digit = ByteKinds(rawValue: 1 << 0)
  /// a to f.
  static let lowerHex = ByteKinds(rawValue: 1 << 1)
  /// A to F.
  static let upperHex = ByteKinds(rawValue: 1 << 2)
  /// g to z.
  static let lower = ByteKinds(rawValue: 1 << 3)
  /// G to Z.
  static let upper = ByteKinds(rawValue: 1 << 4)
  static let underscore = ByteKinds(rawValue: 1 << 5)
  static let dash = ByteKinds(rawValue: 1 << 6)
  static let space = ByteKinds(rawValue: 1 << 7)
  /// Asterisks and hash marks.
  static let star = ByteKinds(rawValue: 1 << 8)
  static let dot = ByteKinds(rawValue: 1 << 9)
  static let slash = ByteKinds(rawValue: 1 << 10)
  /// What base64 and modular crypt formats add: `+ = $ :`.
  static let code = ByteKinds(rawValue: 1 << 11)
  /// Tabs and line ends.
  static let blank = ByteKinds(rawValue: 1 << 12)
  static let control = ByteKinds(rawValue: 1 << 13)
  static let high = ByteKinds(rawValue: 1 << 14)
  /// Every other printable byte.
  static let other = ByteKinds(rawValue: 1 << 15)

  static let hex: ByteKinds = [.digit, .lowerHex, .upperHex]
  static let letters: ByteKinds = [.lowerHex, .upperHex, .lower, .upper]
  static let words: ByteKinds = [.digit, .lowerHex, .upperHex, .lower, .upper]

  static func of(_ c: UInt8) -> ByteKinds {
    switch c {
    case 0x30...0x39: .digit
    case 0x61...0x66: .lowerHex
    case 0x41...0x46: .upperHex
    case 0x67...0x7A: .lower
    case 0x47...0x5A: .upper
    case 0x5F: .underscore
    case 0x2D: .dash
    case 0x20: .space
    case 0x2A, 0x23: .star
    case 0x2E: .dot
    case 0x2F: .slash
    case 0x2B, 0x3D, 0x24, 0x3A: .code
    case 0x09, 0x0A, 0x0D: .blank
    case 0x00..<0x20, 0x7F: .control
    case 0x80...: .high
    default: .other
    }
  }
}

/// The kinds of all bytes: a table of 256 entries that is filled once and never changed.
struct ByteKindTable: @unchecked Sendable {
  // Unchecked because nothing writes to the memory after `init`, and it is never released: the table
  // lives as long as the process.
  private let table: UnsafePointer<UInt16>

  static let shared = ByteKindTable()

  private init() {
    let table = UnsafeMutablePointer<UInt16>.allocate(capacity: 256)
    for c in 0..<256 { table[c] = ByteKinds.of(UInt8(c)).rawValue }
    self.table = UnsafePointer(table)
  }

  /// The kinds of bytes among the first `count`.
  @inline(__always)
  func kinds(_ bytes: UnsafePointer<UInt8>, count: Int) -> ByteKinds {
    var found: UInt16 = 0
    var more: UInt16 = 0
    var i = 0
    while i &+ 4 <= count {
      found |= table[Int(bytes[i])] | table[Int(bytes[i &+ 1])]
      more |= table[Int(bytes[i &+ 2])] | table[Int(bytes[i &+ 3])]
      i &+= 4
    }
    while i < count {
      found |= table[Int(bytes[i])]
      i &+= 1
    }
    return ByteKinds(rawValue: found | more)
  }
}

/// Mixes a value to 64 bits: equal values get equal hashes, and different ones spread evenly. Only
/// ever kept in memory; fixed, so that an estimate made from the smallest hashes is the same in every
/// run.
@inline(__always)
func valueHash(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt64 {
  let raw = UnsafeRawPointer(bytes)
  var hash: UInt64 = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
  var at = 0
  while at &+ 8 <= count {
    hash = (hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0xBF58_476D_1CE4_E5B9
    hash ^= hash &>> 29
    at &+= 8
  }
  var rest: UInt64 = 0
  if count >= 8 {
    rest = raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
  } else if count >= 4 {
    rest =
      UInt64(raw.loadUnaligned(fromByteOffset: 0, as: UInt32.self)) &<< 32
      | UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
  } else {
    for i in 0..<count { rest = rest &<< 8 | UInt64(bytes[i]) }
  }
  var z = hash ^ rest
  z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z &>> 31)
}

/// Whether all bytes are ASCII digits; eight at a time.
@inline(__always)
func areDigits(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
  let raw = UnsafeRawPointer(bytes)
  if count >= 8 {
    var at = 0
    while at &+ 8 <= count {
      guard areDigits(raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) else { return false }
      at &+= 8
    }
    return areDigits(raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
  }
  if count >= 4 {
    return areDigits(
      UInt64(raw.loadUnaligned(fromByteOffset: 0, as: UInt32.self)) &<< 32
        | UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)))
  }
  for i in 0..<count where !isDigit(bytes[i]) { return false }
  return count > 0
}

/// Digits are the bytes from 0x30 on that stay below 0x40 with six added.
@inline(__always)
private func areDigits(_ word: UInt64) -> Bool {
  let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
  return word & high == 0x3030_3030_3030_3030
    && (word &+ 0x0606_0606_0606_0606) & high == 0x3030_3030_3030_3030
}

/// Whether digits alternate with letters as they do in keys, tokens and encoded bytes, and not in
/// words: counts where one kind follows another.
func looksEncoded(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
  var changes = 0
  var digits = 0
  var last: UInt8 = 0
  for i in 0..<count {
    let c = bytes[i]
    let kind: UInt8 = isDigit(c) ? 1 : isUpper(c) ? 2 : isLower(c) ? 3 : 0
    if kind == 1 { digits += 1 }
    if kind != 0, last != 0, kind != last { changes += 1 }
    if kind != 0 { last = kind }
  }
  return digits > 0 && changes * 5 >= count
}
