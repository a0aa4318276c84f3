import Core

/// Numbers that a spreadsheet kept 15 digits of.
extension Scanner {
  /// Whether the whole cell is a number of 16 digits whose last is the zero that stands for what was lost.
  func isCut(_ candidate: Candidate, of bytes: Bytes) -> Bool {
    candidate.count == 16 && candidate.groupPoints == nil && candidate.range.lowerBound == 0
      && candidate.range.upperBound == bytes.count && candidate.digits[15] == 0x30
  }

  /// Judges such a number by all but its check digit, which is worked out from the rest. Without a
  /// card's column it scores low: one number in ten would pass the check, these were not asked.
  func considerRounded(
    _ frame: inout Frame, _ candidate: Candidate, _ match: BrandTable.Match
  ) -> Bool {
    let restored = scratch + 32
    restored.update(from: candidate.digits, count: 16)
    defer { restored.update(repeating: 0, count: 16) }
    // Exactly one of the ten fits.
    while !Luhn.isValid(restored, count: 16) { restored[15] += 1 }
    var whole = candidate
    whole.digits = UnsafePointer(restored)
    let label = detector.reader.locate(frame.bytes, value: candidate.range.lowerBound)
    let place = placeClass(frame, label, whole)
    var hit = makeHit(.pan, whole, match)
    hit.digest = keyed(digest(whole.digits, count: 16))
    hit.classKey = place.key
    score(&hit, frame, whole, match, .none, label, place)
    hit.evidence.remove(.luhn)
    hit.evidence.insert(.rounded)
    let isNamed = !hit.evidence.isDisjoint(with: [.field, .label, .nearbyWord])
    hit.score = isNamed ? max(0, hit.score - 15) : min(hit.score, 40)
    remember(place.key, place.label)
    emit(frame, candidate.range, hit)
    frame.resume = candidate.range.upperBound
    return true
  }
}
