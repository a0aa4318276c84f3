import Core

/// Card numbers that deleted rows of a SQLite database hold as INTEGER or REAL: eight bytes, highest first.
///
/// Eight bytes alone say nothing, so what stands before them must read as the list of the record's
/// types that puts such a number there (`SQLiteRecord`). SQLite stores smaller integers in six bytes, so
/// those of up to 14 digits are not looked for.
extension Scanner {
  private static let integerClass: UInt64 = 0x5851_F42D_4C95_7F2D

  func scanIntegers(_ frame: borrowing Frame) {
    let bytes = frame.bytes
    let inner = Frame(
      bytes: bytes, owned: frame.owned, resume: 0, chainEnd: 0, depth: 0,
      encodings: .sqliteInteger)
    var at = frame.owned.lowerBound
    let stop = min(frame.owned.upperBound, bytes.count - 7)
    while at < stop {
      defer { at += 1 }
      guard let (wanted, value) = number(bytes, at) else { continue }
      let count = value >= 1_000_000_000_000_000 ? 16 : 15
      var rest = value
      for i in (0..<count).reversed() {
        scratch[i] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
        rest /= 10
      }
      let digits = UnsafePointer(scratch)
      guard tables.mayBeNumber(digits, count: count),
        let match = detector.brands.match(digits, count: count),
        !LookAlike.isPattern(digits, count: count)
      else { continue }
      guard let fit = SQLiteRecord.fit(wanted, bytes, at: at) else { continue }
      // Columns of other large integers pass the check one time in ten, and are told by that.
      let mark = digest(digits, count: count)
      let key = Scanner.integerClass &* UInt64(count)
      let passes = Luhn.isValid(digits, count: count)
      classes.count(
        key: key, length: count, digest: mark, passesLuhn: passes, isNamed: match.isNamed,
        label: { "deleted integers" })
      guard passes else { continue }
      let candidate = Candidate(range: at..<at + 8, digits: digits, count: count)
      var hit = makeHit(.pan, candidate, match)
      hit.digest = keyed(mark)
      hit.classKey = key
      // Weak by itself where the bytes before may be something else.
      hit.score = Int16(fit >= .freed ? match.base : min(match.base, 45))
      emit(inner, candidate.range, hit)
    }
  }

  /// The number of 15 or 16 digits that eight bytes may be, and the kind of field it would be.
  @inline(__always)
  private func number(_ bytes: Bytes, _ at: Int) -> (SQLiteRecord.Wanted, UInt64)? {
    let (first, second) = (bytes.base[at], bytes.base[at + 1])
    // Integers of that length, and few of 17 digits, begin with a zero byte and a small one; the
    // exponents of doubles that are 2 to the 46th to 53rd with these.
    let isInteger = first == 0 && second &- 1 < 0x40
    guard isInteger || first == 0x42 && second >= 0xD6 || first == 0x43 && second <= 0x41 else {
      return nil
    }
    var value: UInt64 = 0
    for i in 0..<8 { value = value << 8 | UInt64(bytes.base[at + i]) }
    if !isInteger {
      let real = Double(bitPattern: value)
      guard real == real.rounded(), (1e14..<1e16).contains(real) else { return nil }
      value = UInt64(real)
    }
    guard value >= 100_000_000_000_000, value < 10_000_000_000_000_000 else { return nil }
    return (isInteger ? .integer : .real, value)
  }
}
