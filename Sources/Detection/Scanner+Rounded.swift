import Core

/// Numbers that a spreadsheet kept 15 digits of.
extension Scanner {
  /// The most that a number scores that counts only by its class, where that does not speak for it.
  package static let doubtedMax: Int16 = 40

  /// Whether the whole cell is a number of 16 digits whose last is the zero that stands for what was lost.
  func isCut(_ candidate: Candidate, of bytes: Bytes) -> Bool {
    candidate.count == 16 && candidate.groupPoints == nil && candidate.range.lowerBound == 0
      && candidate.range.upperBound == bytes.count && candidate.digits[15] == 0x30
  }

  /// Whether the whole value of a column or field of card numbers may be such a number, or in records without
  /// names one with an expiry behind it; what else stands in such places tells.
  func mayBeCut(
    _ frame: borrowing Frame, _ candidate: Candidate, _ label: Label, _ place: PlaceClass
  ) -> Bool {
    guard candidate.count == 16, candidate.digits[15] == 0x30, candidate.groupPoints == nil else {
      return false
    }
    let bytes = frame.bytes
    let before = bytes[candidate.range.lowerBound - 1]
    let after = bytes[candidate.range.upperBound]
    guard place.isField || label.isExplicit else {
      return header == nil && ",;\t|".utf8.contains(after)
        && (before == after || before == 0x0A || before == 0)
        && expiry(bytes, after: candidate.range.upperBound).map {
          bytes[$0 - 3] == 0x2F || bytes[$0 - 5] == 0x2F || bytes[$0 - 3] == 0x2D
        } == true
    }
    guard place.meanings.contains(where: { $0.category == .pan && $0.weight >= .medium }) else {
      return false
    }
    if let header = header(of: frame) {
      // A page's cell has its name before it (`TableCells`).
      return header.isCell(candidate.range, in: bytes)
        || before == 0x3D && isCellEdge(after, header)
    }
    return "\"'=:>([, \t\n\0".utf8.contains(before) && "\"',;<)}] \t\r\n\0".utf8.contains(after)
  }

  /// A cell of a column of card numbers as spreadsheets and data frames write long numbers:
  /// `4.24242424242424E+15`.
  ///
  /// - Parameter fraction: a run of digits.
  /// - Returns: whether its place is taken.
  func exponentNumber(
    _ frame: inout Frame, _ fraction: Range<Int>, within window: Range<Int>
  ) -> Bool {
    let bytes = frame.bytes
    let start = fraction.lowerBound - 2
    let point = bytes[start + 1]
    guard bytes[fraction.upperBound] | 0x20 == 0x65, let header = header(of: frame),
      point == 0x2E || point == 0x2C && header.delimiter != 0x2C, isDigit(bytes[start]),
      isCellEdge(bytes[start - 1], header), start >= frame.resume, window.contains(start)
    else { return false }
    let sign = fraction.upperBound + 1
    let (exponent, end) = digitRun(bytes, bytes[sign] == 0x2B ? sign + 1 : sign)
    guard isCellEdge(bytes[end], header), (12...15).contains(exponent),
      fraction.count <= exponent,
      header.column(of: start, in: bytes, startsLine: startsLine(frame))?.isNumber == true
    else { return false }
    scratch[0] = bytes[start]
    for at in 1...exponent {
      scratch[at] = at <= fraction.count ? bytes[fraction.lowerBound + at - 1] : 0x30
    }
    let candidate = Candidate(
      range: start..<end, digits: UnsafePointer(scratch), count: exponent + 1)
    // Fifteen digits are all that was kept; of a number that is longer the last is lost.
    guard candidate.count == 16, fraction.count < 15 else { return consider(&frame, candidate) }
    guard let match = detector.brands.match(candidate.digits, count: 16),
      !LookAlike.isPattern(candidate.digits, count: 16)
    else { return false }
    return considerRounded(&frame, candidate, match)
  }

  private func isCellEdge(_ c: UInt8, _ header: TableHeader) -> Bool {
    header.isEdge(c) || c == 0x22
  }

  /// Judges such a number by all but its check digit, which is worked out from the rest. Without a
  /// card's column it scores low: one number in ten would pass the check, these were not asked.
  func considerRounded(
    _ frame: inout Frame, _ candidate: Candidate, _ match: BrandTable.Match, isSure: Bool = true
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
    if !isSure { hit.evidence.insert(.maybeRounded) }
    let isNamed = !hit.evidence.isDisjoint(with: [.field, .label, .nearbyWord, .expiry])
    hit.score = isNamed ? max(0, hit.score - 15) : min(hit.score, Scanner.doubtedMax)
    remember(place.key, place.label)
    emit(frame, candidate.range, hit)
    frame.resume = candidate.range.upperBound
    return true
  }
}
