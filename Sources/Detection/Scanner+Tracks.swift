import Core
import Rules

/// What stands around a number on a magnetic stripe (ISO/IEC 7813).
struct TrackLayout {
  var rule: RuleID
  /// Start sentinel to end sentinel, as far as present.
  var range: Range<Int>
  var hasSentinels: Bool
}

extension Scanner {
  /// Track 1: format code B before, `^name^` after. Track 2: `=` or `D` after, then an expiry YYMM and
  /// a service code; sentinels may be missing.
  func trackAround(_ bytes: Bytes, _ range: Range<Int>) -> TrackLayout? {
    let before = bytes[range.lowerBound - 1]
    let after = bytes[range.upperBound]
    if before | 0x20 == 0x62, caret(bytes, range.upperBound) > 0 { return track1(bytes, range) }
    if after == 0x3D || after | 0x20 == 0x64 { return track2(bytes, range) }
    return nil
  }

  /// How many bytes the field separator `^` takes, plain or in percent form; 0 if it is none.
  private func caret(_ bytes: Bytes, _ at: Int) -> Int {
    if bytes[at] == 0x5E { return 1 }
    return bytes.hasFolded("%5e", at: at) ? 3 : 0
  }

  private func track1(_ bytes: Bytes, _ range: Range<Int>) -> TrackLayout? {
    let name = range.upperBound + caret(bytes, range.upperBound)
    var at = name
    while at - name < 40, caret(bytes, at) == 0 {
      guard bytes[at] >= 0x20, bytes[at] != 0x7F else { return nil }
      at += 1
    }
    guard caret(bytes, at) > 0 else { return nil }
    let body = at + caret(bytes, at)
    var end = body
    while end - body < 48,
      isDigit(bytes[end]) || bytes[end] == 0x20 || bytes[end] == 0x5E || isUpper(bytes[end])
    {
      end += 1
    }
    guard end >= body + 3 else { return nil }
    let first = range.lowerBound - 1
    let hasStart = bytes[first - 1] == 0x25 || bytes.has("%25", at: first - 3)
    let hasEnd = bytes[end] == 0x3F || bytes.hasFolded("%3f", at: end)
    return TrackLayout(
      rule: .track1, range: first..<end + (bytes[end] == 0x3F ? 1 : 0),
      hasSentinels: hasStart && hasEnd)
  }

  private func track2(_ bytes: Bytes, _ range: Range<Int>) -> TrackLayout? {
    var at = range.upperBound + 1
    var end = at
    while end - at < 40, isDigit(bytes[end]) { end += 1 }
    let count = end - at
    let hasStart = bytes[range.lowerBound - 1] == 0x3B
    let isChip = bytes[range.upperBound] | 0x20 == 0x64
    guard count >= (hasStart && !isChip ? 4 : 7) else { return nil }
    at += 2
    let month = Int(bytes[at] & 0x0F) * 10 + Int(bytes[at + 1] & 0x0F)
    guard (1...12).contains(month) else { return nil }
    if isChip {
      // Padded with F to whole bytes; more tags may follow.
      guard bytes[end] | 0x20 == 0x66 || !isLetter(bytes[end]) else { return nil }
      if bytes[end] | 0x20 == 0x66 { end += 1 }
    } else {
      guard !isLetter(bytes[end]) else { return nil }
    }
    let hasEnd = bytes[end] == 0x3F
    return TrackLayout(
      rule: .track2, range: range.lowerBound - (hasStart ? 1 : 0)..<end + (hasEnd ? 1 : 0),
      hasSentinels: hasStart && hasEnd)
  }

  func emitTrack(
    _ frame: inout Frame, _ candidate: Candidate, _ match: BrandTable.Match, _ track: TrackLayout
  ) {
    var hit = makeHit(track.rule, candidate, match)
    hit.digest = keyed(digest(candidate.digits, count: candidate.count))
    hit.evidence.insert(.trackLayout)
    hit.score = 90
    if track.hasSentinels {
      hit.evidence.insert(.sentinels)
      hit.score = 99
    }
    emit(frame, track.range, hit)
    frame.resume = track.range.upperBound
  }

  /// A number inside a longer run of digits, where the bytes before it say so: the track 2 equivalent
  /// data and PAN tags of EMV (57 and 5A with a length byte), and rows of a database page.
  func embedded(_ frame: inout Frame, _ run: Range<Int>) {
    let bytes = frame.bytes
    if bytes[run.upperBound] | 0x20 == 0x64, run.count > 16 {
      for count in [16, 15, 14, 19, 18, 17, 13] where run.count >= count + 4 {
        let start = run.upperBound - count
        guard bytes[start - 4] == 0x35, bytes[start - 3] == 0x37 else { continue }
        if considerPart(&frame, start..<run.upperBound) { return }
      }
    }
    if bytes[run.lowerBound - 2] == 0x35, bytes[run.lowerBound - 1] | 0x20 == 0x61,
      bytes[run.lowerBound] == 0x30
    {
      let length = 2 * Int(bytes[run.lowerBound + 1] & 0x0F)
      let start = run.lowerBound + 2
      let isPadded = bytes[start + length - 1] | 0x20 == 0x66
      let count = isPadded ? length - 1 : length
      if (12...19).contains(count), start + count <= run.upperBound {
        var candidate = Candidate(
          range: start..<start + count, digits: bytes.base + start, count: count)
        candidate.groupPoints = 20
        if considerTag(&frame, candidate) { return }
      }
    }
    if run.count > 14, let number = ISO8583.number(bytes, in: run) {
      var candidate = Candidate(
        range: number, digits: bytes.base + number.lowerBound, count: number.count)
      candidate.groupPoints = 20
      if considerTag(&frame, candidate) { return }
    }
    if isPages, run.count > 16, run.count <= 40 { scanPageRun(&frame, run) }
  }

  private func considerPart(_ frame: inout Frame, _ range: Range<Int>) -> Bool {
    let digits = frame.bytes.base + range.lowerBound
    guard let match = detector.brands.match(digits, count: range.count),
      Luhn.isValid(digits, count: range.count), let track = trackAround(frame.bytes, range)
    else { return false }
    emitTrack(
      &frame, Candidate(range: range, digits: digits, count: range.count), match, track)
    return true
  }

  private func considerTag(_ frame: inout Frame, _ candidate: Candidate) -> Bool {
    guard let match = detector.brands.match(candidate.digits, count: candidate.count),
      Luhn.isValid(candidate.digits, count: candidate.count)
    else { return false }
    var hit = makeHit(.pan, candidate, match)
    hit.digest = keyed(digest(candidate.digits, count: candidate.count))
    hit.evidence.insert(.trackLayout)
    hit.score = Int16(min(100, match.base + 25))
    emit(frame, candidate.range, hit)
    frame.resume = candidate.range.upperBound
    return true
  }

  /// Values lie back to back in a page, so a number may run into the digits of its neighbours. Weak by
  /// itself: counted, told only when asked for low scores.
  private func scanPageRun(_ frame: inout Frame, _ run: Range<Int>) {
    for start in run.lowerBound..<run.upperBound - 12 {
      for count in [16, 15] where start + count <= run.upperBound {
        let digits = frame.bytes.base + start
        guard let match = detector.brands.match(digits, count: count), match.base >= 50,
          !LookAlike.isPattern(digits, count: count), Luhn.isValid(digits, count: count)
        else { continue }
        let candidate = Candidate(range: start..<start + count, digits: digits, count: count)
        var hit = makeHit(.pan, candidate, match)
        hit.digest = keyed(digest(digits, count: count))
        hit.score = 30
        emit(frame, candidate.range, hit)
        if start == run.lowerBound {
          frame.resume = candidate.range.upperBound
          return
        }
      }
    }
  }
}
