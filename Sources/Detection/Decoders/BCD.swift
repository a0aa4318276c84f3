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
      at = nextBinaryTag(bytes.base, from: at, to: stop, count: bytes.count)
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
    guard ISO8583.isType(bytes[at], bytes[at + 1]), bytes[at + 2] & 0x40 != 0 else { return }
    // The first bit says that eight more bytes of bits follow.
    let head = at + (bytes[at + 2] & 0x80 != 0 ? 18 : 10)
    let length = bytes[head]
    guard length >= 0x12, length <= 0x19, length & 0x0F < 10 else { return }
    let count = Int(length >> 4) * 10 + Int(length & 0x0F)
    let number = head + 1
    let end = number + (count + 1) / 2
    // Processing code and amount, or another field of decimals, follow: 3, 4, 7 and 11.
    guard bytes[at + 2] & 0x20 != 0, isDecimal(bytes, end..<end + 3) else { return }
    let hasAmount = bytes[at + 2] & 0x10 != 0
    if hasAmount {
      guard isDecimal(bytes, end + 3..<end + 9) else { return }
    } else {
      guard bytes[at + 2] & 0x02 != 0 || bytes[at + 3] & 0x20 != 0,
        isDecimal(bytes, end + 3..<end + 6)
      else { return }
    }
    tell(&frame, number, bytesMax: end - number, isTrack: false, digits: count, within: window)
  }

  private func isDecimal(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    range.allSatisfy { bytes[$0] >> 4 < 10 && bytes[$0] & 0x0F < 10 }
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
      guard BCDTags.mayFollow(bytes[start + bytesMax]) else { return }
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
  /// Whether a card's data may go on with this byte behind the number: a tag, a status, or filling.
  static func mayFollow(_ c: UInt8) -> Bool {
    switch c {
    case 0x50, 0x57, 0x5F, 0x70, 0x77, 0x80, 0x82, 0x84, 0x87, 0x8C, 0x8D, 0x8E, 0x8F: true
    case 0x90, 0x92, 0x93, 0x94, 0x95, 0x9A, 0x9B, 0x9C, 0x9F, 0x00, 0x20, 0x0A, 0x0D, 0xFF: true
    default: false
    }
  }
}

/// What ISO 8583 messages begin with.
enum ISO8583 {
  /// A message type in two bytes: version, class, function and origin.
  static func isType(_ high: UInt8, _ low: UInt8) -> Bool {
    let kind = high & 0x0F
    return high >> 4 <= 2 && (1...8).contains(kind) && low >> 4 <= 5 && low & 0x0F <= 5
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
