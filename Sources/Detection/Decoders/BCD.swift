/// Card numbers as binary-coded decimals, two digits a byte, in messages of cards and terminals.
///
/// Digits alone would be found in any binary file, so the bytes before must say what follows: the tags
/// 5A and 57 of EMV with a fitting length, or the head of an ISO 8583 message.
extension Scanner {
  /// The longest head of an ISO 8583 message: type, two bit maps, and the length of field 2.
  private static let messageHeadBytes = 19

  func scanBinary(_ frame: inout Frame, within window: Range<Int>) {
    let bytes = frame.bytes
    // The number stands behind what tells it.
    var at = max(0, window.lowerBound - Scanner.messageHeadBytes)
    let stop = min(window.upperBound, bytes.count - 7)
    while at < stop {
      at = nextBinaryTag(bytes.base, from: at, to: stop, count: bytes.count, tables.support)
      guard at < stop else { return }
      let length = Int(bytes[at + 1])
      switch bytes[at] {
      case 0x5A where (6...10).contains(length):
        tell(&frame, at + 2, bytesMax: length, isTrack: false, within: window)
      case 0x57 where (9...19).contains(length):
        tell(&frame, at + 2, bytesMax: length, isTrack: true, within: window)
      default: message(&frame, at, within: window)
      }
      at += 1
    }
  }

  /// ISO 8583 (1987 and 1993): request or answer, and a bit map that has field 2.
  private func message(_ frame: inout Frame, _ at: Int, within window: Range<Int>) {
    let bytes = frame.bytes
    guard ISO8583.isRequest(bytes[at], bytes[at + 1]), bytes[at + 2] & 0x40 != 0 else { return }
    // The first bit says that eight more bytes of bits follow.
    let head = at + (bytes[at + 2] & 0x80 != 0 ? 18 : 10)
    let length = bytes[head]
    guard length >= 0x12, length <= 0x19, length & 0x0F < 10 else { return }
    let count = Int(length >> 4) * 10 + Int(length & 0x0F)
    let number = head + 1
    let end = number + (count + 1) / 2
    guard ISO8583.goesOn(bytes, bits: at + 2, from: end) else { return }
    tell(&frame, number, bytesMax: end - number, isTrack: false, digits: count, within: window)
  }

  /// Whether a byte beside the number is none of text: letters are pairs of decimals too.
  private func isBinary(_ bytes: Bytes, around start: Int, to end: Int) -> Bool {
    func isBinary(_ c: UInt8) -> Bool {
      c >= 0x80 || c < 0x20 && c != 0x09 && c != 0x0A && c != 0x0D
    }
    for at in max(0, start - 6)...start where isBinary(bytes[at]) { return true }
    for at in end..<min(bytes.count, end + 6) where isBinary(bytes[at]) { return true }
    return false
  }

  /// Tells the number at `start`, if it is one; its digits end with the field, an F or a track's D.
  private func tell(
    _ frame: inout Frame, _ start: Int, bytesMax: Int, isTrack: Bool, digits: Int? = nil,
    within window: Range<Int>
  ) {
    let bytes = frame.bytes
    guard window.contains(start), start + bytesMax <= bytes.count,
      isBinary(bytes, around: start - 1, to: start + bytesMax)
    else { return }
    let nibbles = bytesMax * 2
    func nibble(_ index: Int) -> UInt8 {
      let byte = bytes[start + index / 2]
      return index & 1 == 0 ? byte >> 4 : byte & 0x0F
    }
    // A field of an odd number of digits begins with a zero, in most messages.
    let skipped = digits.map { $0 & 1 == 1 && nibble(0) == 0 ? 1 : 0 } ?? 0
    var count = 0
    while count < 19, skipped + count < nibbles, nibble(skipped + count) < 10 {
      scratch[count] = 0x30 + nibble(skipped + count)
      count += 1
    }
    defer { scratch.update(repeating: 0, count: 20) }
    if let digits, count >= digits { count = digits }
    guard (12...19).contains(count), tables.mayBeNumber(UnsafePointer(scratch), count: count),
      let match = detector.brands.match(UnsafePointer(scratch), count: count),
      !LookAlike.isPattern(UnsafePointer(scratch), count: count),
      Luhn.isValid(UnsafePointer(scratch), count: count)
    else { return }
    if isTrack {
      // D, the expiry as YYMM and a service code.
      guard count + 8 <= nibbles, nibble(count) == 0x0D else { return }
      for i in 1...7 where nibble(count + i) > 9 { return }
      let month = nibble(count + 3) * 10 + nibble(count + 4)
      guard (1...12).contains(month) else { return }
    } else if digits == nil {
      guard
        BCDTags.follows(bytes, start + bytesMax)
          || frame.encodings.last == .hexDump && BCDTags.ends(bytes, start + bytesMax)
      else { return }
      // Nothing behind but what fills up the field.
      for i in count..<max(count, nibbles) where nibble(i) != 0x0F { return }
    }
    let end = start + (isTrack ? bytesMax : (skipped + count + 1) / 2)
    let candidate = Candidate(range: start..<end, digits: UnsafePointer(scratch), count: count)
    var hit = makeHit(isTrack ? .track2 : .pan, candidate, match)
    hit.digest = keyed(digest(candidate.digits, count: count))
    hit.evidence.insert(.trackLayout)
    hit.score = isTrack ? 90 : Int16(min(100, match.base + 25))
    let inner = Frame(
      bytes: bytes, owned: frame.owned, resume: 0, chainEnd: 0, depth: frame.depth,
      encodings: frame.encodings.appending(.bcd))
    emit(inner, candidate.range, hit)
  }
}

/// Tags of EMV data (EMV 4.3 book 3, annex A).
enum BCDTags {
  /// Whether a known tag with its length stands at `at`. Letters are pairs of decimals, so that a 5A
  /// with a length is in many programs.
  static func follows(_ bytes: Bytes, _ at: Int) -> Bool {
    let length = bytes[at + 1]
    switch bytes[at] {
    case 0x57: return (9...19).contains(length) && bytes[at + 2] >> 4 < 10
    case 0x82: return length == 2
    case 0x95: return length == 5
    case 0x9A: return length == 3
    case 0x9C: return length == 1
    case 0x8E: return (10...32).contains(length)
    case 0x5F: return longLengths[0x5F00 | Int(length)] == bytes[at + 2]
    case 0x9F: return longLengths[0x9F00 | Int(length)] == bytes[at + 2]
    default: return false
    }
  }

  /// Whether what was written as hex digits ends at `at`.
  static func ends(_ bytes: Bytes, _ at: Int) -> Bool {
    guard at < bytes.count else { return true }
    switch bytes[at] {
    case 0x00, 0x0A, 0x0D, 0x20, 0x22, 0x27, 0x29, 0x2C, 0x3B, 0x5D, 0x7D: return true
    default: return false
    }
  }

  /// The lengths of tags of two bytes: expiry, start, country, currency, service code, sequence number,
  /// amounts, versions, counters, cryptogram.
  private static let longLengths: [Int: UInt8] = [
    0x5F24: 3, 0x5F25: 3, 0x5F28: 2, 0x5F2A: 2, 0x5F30: 2, 0x5F34: 1, 0x5F36: 1, 0x9F02: 6,
    0x9F03: 6, 0x9F06: 7, 0x9F07: 2, 0x9F08: 2, 0x9F09: 2, 0x9F0D: 5, 0x9F0E: 5, 0x9F0F: 5,
    0x9F1A: 2, 0x9F21: 3, 0x9F26: 8, 0x9F27: 1, 0x9F33: 3, 0x9F34: 3, 0x9F35: 1, 0x9F36: 2,
    0x9F37: 4, 0x9F41: 4, 0x9F42: 2, 0x9F44: 1, 0x9F4A: 1,
  ]
}

/// What ISO 8583 messages begin with.
enum ISO8583 {
  /// A message type in two bytes: version, class, function and origin.
  static func isType(_ high: UInt8, _ low: UInt8) -> Bool {
    let kind = high & 0x0F
    return high >> 4 <= 2 && (1...8).contains(kind) && low >> 4 <= 5 && low & 0x0F <= 5
  }

  /// Types of messages with a number in them: authorization, presentment and reversal, asked, answered,
  /// advised and told, in their first two editions.
  static func isRequest(_ high: UInt8, _ low: UInt8) -> Bool {
    switch high {
    case 0x01, 0x02, 0x04, 0x11, 0x12, 0x14: break
    default: return false
    }
    switch low {
    case 0x00, 0x01, 0x10, 0x20, 0x21, 0x30: return true
    default: return false
    }
  }

  /// Whether the fields behind the number of a binary message are what they must be: the processing code
  /// (3), amounts (4 to 6), the time (7), fees and rates (8 to 10) and the trace number (11), which no
  /// message is without. Small numbers in tables of programs look like the rest.
  static func goesOn(_ bytes: Bytes, bits: Int, from start: Int) -> Bool {
    let first = bytes[bits]
    let second = bytes[bits + 1]
    guard first & 0x20 != 0, second & 0x20 != 0 else { return false }
    // The kinds of account, whose second digits are zero.
    guard bytes[start + 1] & 0x0F == 0, bytes[start + 2] & 0x0F == 0 else { return false }
    var end = start + 3
    for bit: UInt8 in [0x10, 0x08, 0x04] where first & bit != 0 { end += 6 }
    if first & 0x02 != 0 {
      let most: [UInt8] = [0x12, 0x31, 0x23, 0x59, 0x59]
      for (i, value) in most.enumerated() where bytes[end + i] > value { return false }
      guard bytes[end] > 0, bytes[end + 1] > 0 else { return false }
      end += 5
    }
    if first & 0x01 != 0 { end += 4 }
    for bit: UInt8 in [0x80, 0x40] where second & bit != 0 { end += 4 }
    end += 3
    return end <= bytes.count
      && (start..<end).allSatisfy { bytes[$0] >> 4 < 10 && bytes[$0] & 0x0F < 10 }
  }

  /// The number in a message of ASCII digits, whose head ends in the run of digits or before it: type,
  /// bit map of 16 or 32 hex digits with field 2 in it, two digits that say how long, the number.
  ///
  /// - Returns: where the number is, or `nil`.
  static func number(_ bytes: Bytes, in run: Range<Int>) -> Range<Int>? {
    for type in max(0, run.lowerBound - 36)...run.lowerBound + 12 {
      guard isDigit(bytes[type]), isDigit(bytes[type + 1]), isDigit(bytes[type + 2]),
        isDigit(bytes[type + 3]),
        isType(pair(bytes, type), pair(bytes, type + 2)), isHex(bytes[type + 4])
      else { continue }
      let bits = hexValue(bytes[type + 4])
      guard bits & 4 != 0 else { continue }
      let head = type + (bits & 8 != 0 ? 36 : 20)
      let number = head + 2
      guard head >= run.lowerBound, number < run.upperBound,
        (type + 4..<head).allSatisfy({ isHex(bytes[$0]) }), isDigit(bytes[head])
      else { continue }
      let count = Int(bytes[head] & 0x0F) * 10 + Int(bytes[head + 1] & 0x0F)
      if (12...19).contains(count), number + count <= run.upperBound {
        return number..<number + count
      }
    }
    return nil
  }

  private static func pair(_ bytes: Bytes, _ at: Int) -> UInt8 {
    hexValue(bytes[at]) << 4 | hexValue(bytes[at + 1])
  }
}
