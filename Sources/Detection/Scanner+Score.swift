import Core
import Rules

extension Scanner {
  /// Adds up the evidence. Context lowers or raises the score; nothing here erases a hit.
  func score(
    _ hit: inout Hit, _ frame: borrowing Frame, _ candidate: Candidate, _ match: BrandTable.Match,
    _ look: LookAlike.Verdict, _ label: Label, _ place: PlaceClass
  ) {
    let points = detector.rules.scoring
    var score = match.base
    if let group = candidate.groupPoints {
      score += group
      hit.evidence.insert(.grouped)
    }

    var labelPoints = 0
    var isNegative = false
    for meaning in place.meanings {
      switch meaning.category {
      case .pan, .track:
        let weight = meaning.category == .track ? Meaning.Weight.medium : meaning.weight
        labelPoints = max(labelPoints, points.label.points(weight))
        if weight >= .medium { hit.evidence.insert(place.isField ? .field : .label) }
      case .brand:
        if meaning.weight >= .medium { hit.evidence.insert(.brandWord) }
      case .negative, .safe:
        isNegative = true
      case .cvv, .expiry, .holder, .pin, .serviceCode, .notCode: break
      }
    }
    if labelPoints > 0 { isNegative = false }
    if detector.reader.isKey(frame.bytes, label, of: candidate.range.lowerBound) {
      hit.evidence.insert(.keyed)
    }

    let words = detector.reader.nearby(frame.bytes, number: candidate.range)
    var nearPoints = words.pan.map { points.nearby.points($0) } ?? 0
    if isNegative { nearPoints = min(nearPoints, points.nearbyBesideNegativeMax) }
    if nearPoints > labelPoints, nearPoints >= points.nearby.medium {
      hit.evidence.insert(.nearbyWord)
    }
    score += max(labelPoints, nearPoints)
    let members = RecordMembers(
      frame.bytes, number: candidate.range, isNegative: isNegative, self)
    let hasExpiry = self.hasExpiry(frame, candidate.range, place, members)
    let hasCode = members.hasCode || words.hasCode
    if !isNegative, place.beside.contains(.nearbyWord), !hasExpiry, !words.hasExpiry {
      score += points.expiryBeside
      hit.evidence.insert(.nearbyWord)
    }
    if !isNegative, place.beside.contains(.code), !hasCode {
      score += points.codeBeside
      hit.evidence.insert(.code)
    }
    if words.hasBrand { hit.evidence.insert(.brandWord) }
    if hit.evidence.contains(.brandWord) { score += points.brandBeside }
    if hasExpiry || words.hasExpiry && !isNegative {
      score += points.expiryBeside
      hit.evidence.insert(hasExpiry && !isNegative ? .expiry : .nearbyWord)
    }
    if hasCode {
      score += points.codeBeside
      hit.evidence.insert(.code)
    }
    if isTestNumber(candidate) {
      score = max(score, 50) + points.testNumber
      hit.evidence.insert(.testNumber)
    }
    if isNegative {
      // An expiry and a code of the same record make a card of a number named like an id, but the
      // numbers of its class may tell otherwise.
      let isCard = hasExpiry && (members.hasCode || place.beside.contains(.code))
      score = max(score + points.negativeLabel, isCard ? 50 : 0)
      hit.evidence.insert(.negativeLabel)
    } else if words.hasNegative, labelPoints == 0, nearPoints == 0 {
      hit.evidence.insert(.negativeNearby)
    }
    switch look {
    case .none, .inside: break
    case .signed where max(labelPoints, nearPoints) >= points.nearby.medium: break
    case .glued:
      if isPages { score += points.glued }
      hit.evidence.insert(.glued)
    case .signed, .likely:
      score += points.lookAlike
      hit.evidence.insert(.lookAlike)
    }
    if candidate.hasNeighbourGroup, labelPoints < points.label.strong {
      score += points.oneMoreGroup
      hit.evidence.insert(.oneMoreGroup)
    }
    if trailingZeros(candidate) >= 8, max(labelPoints, nearPoints) == 0,
      !hit.evidence.contains(.testNumber), !isAlone(frame.bytes, candidate.range)
    {
      score += points.trailingZeros
      hit.evidence.insert(.trailingZeros)
    }
    hit.score = Int16(max(0, min(100, score)))
  }

  func isTestNumber(_ candidate: Candidate) -> Bool {
    var value: UInt64 = 0
    for i in 0..<candidate.count { value = value &* 10 &+ UInt64(candidate.digits[i] & 0x0F) }
    return detector.testNumbers.contains(value)
  }

  private func trailingZeros(_ candidate: Candidate) -> Int {
    var count = 0
    while count < candidate.count, candidate.digits[candidate.count - 1 - count] == 0x30 {
      count += 1
    }
    return count
  }

  /// Nothing else stands on the line.
  private func isAlone(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    func isEdge(_ c: UInt8) -> Bool { c == 0 || c == 0x0A || c == 0x0D }
    return isEdge(bytes[range.lowerBound - 1]) && isEdge(bytes[range.upperBound])
  }

  // MARK: - Expiry

  /// Whether an expiry stands beside a number or in its record.
  func hasExpiry(
    _ frame: borrowing Frame, _ range: Range<Int>, _ place: PlaceClass, _ members: RecordMembers
  ) -> Bool {
    if members.hasExpiry { return true }
    if isExpiryBeside(frame.bytes, range) { return true }
    return hasExpiryInRecord(frame, range, place)
  }

  /// Whether an expiry date follows within a few separators: MM/YY, MM/YYYY, MM-YY, YYYY-MM, MMYY.
  func isExpiryBeside(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    expiry(bytes, after: range.upperBound) != nil
  }

  /// Whether the number's record in a delimited file has an expiry in a column named for it, wherever
  /// that stands; none that belongs to a number in a column named for numbers.
  private func hasExpiryInRecord(
    _ frame: borrowing Frame, _ range: Range<Int>, _ place: PlaceClass
  ) -> Bool {
    guard let header = header(of: frame), header.hasExpiries, place.isField,
      place.meanings.contains(where: { $0.category == .pan && $0.weight >= .medium })
        || !header.columns.contains(where: { $0.isNumber })
    else { return false }
    let bytes = frame.bytes
    let cells = header.cells(around: range.lowerBound, in: bytes, startsLine: startsLine(frame))
    return cells.contains { column, cell in
      guard column.isExpiry, !cell.contains(range.lowerBound) else { return false }
      let name = column.name.lowercased()
      let value = InsertTuple.trimmed(bytes, cell)
      return isExpiry(bytes, at: value.lowerBound) { name.hasSuffix("\($0)") }
    }
  }

  /// Whether an expiry stands here, or its month or year alone below a name that ends so.
  func isExpiry(_ bytes: Bytes, at: Int, nameEnds: (StaticString) -> Bool) -> Bool {
    expiry(bytes, at: at) != nil || isExpiryPart(bytes, at: at, nameEnds: nameEnds)
  }

  /// Whether an expiry's month or year stands here, below a name that ends so.
  func isExpiryPart(_ bytes: Bytes, at: Int, nameEnds: (StaticString) -> Bool) -> Bool {
    let (value, end) = digitRun(bytes, at)
    guard end > at, !isWord(bytes[end]) else { return false }
    return (nameEnds("month") || nameEnds("mm")) && (1...12).contains(value)
      || (nameEnds("year") || nameEnds("yy"))
        && ((20...59).contains(value) || (2020...2059).contains(value))
  }

  /// - Returns: where the expiry ends.
  func expiry(_ bytes: Bytes, after end: Int) -> Int? {
    var at = end
    var skipped = 0
    while skipped < 6, isFieldSeparator(bytes[at]) {
      at += 1
      skipped += 1
    }
    for word in ["expires", "expiry", "exp.", "exp:", "exp"] as [StaticString]
    where bytes.hasFolded(word, at: at) {
      at += word.utf8CodeUnitCount
      skipped += 1
      while skipped < 8, isFieldSeparator(bytes[at]) || bytes[at] == 0x3A {
        at += 1
        skipped += 1
      }
      break
    }
    return skipped > 0 ? expiry(bytes, at: at) : nil
  }

  /// - Returns: where the expiry ends that begins here.
  func expiry(_ bytes: Bytes, at: Int) -> Int? {
    let (first, firstEnd) = digitRun(bytes, at)
    let joiner = bytes[firstEnd]
    if firstEnd - at == 4, (1...12).contains(first / 100), (20...49).contains(first % 100),
      !isWord(joiner), joiner != 0x2E
    {
      return firstEnd
    }
    let isCell = joiner == 0x7C || joiner == 0x2C || joiner == 0x3B || joiner == 0x09
    guard isCell || joiner == 0x2F || joiner == 0x2D || joiner == 0x20 else { return nil }
    let (second, secondEnd) = digitRun(bytes, firstEnd + 1)
    guard !isWord(bytes[secondEnd]), isCell || bytes[secondEnd] != joiner else { return nil }
    if (1...2).contains(firstEnd - at), (1...12).contains(first) {
      if secondEnd - firstEnd - 1 == 2, (10...59).contains(second) { return secondEnd }
      if secondEnd - firstEnd - 1 == 4, (2000...2059).contains(second) { return secondEnd }
    }
    if firstEnd - at == 4, (2000...2059).contains(first), secondEnd - firstEnd - 1 == 2,
      (1...12).contains(second)
    {
      return secondEnd
    }
    return nil
  }

  func isFieldSeparator(_ c: UInt8) -> Bool {
    isBlank(c) || c == 0x2C || c == 0x3B || c == 0x7C || c == 0x22 || c == 0x27 || c == 0x3A
      || c == 0x2F
      || c == 0x5C
  }

  func digitRun(_ bytes: Bytes, _ at: Int) -> (value: Int, end: Int) {
    var value = 0
    var end = at
    while isDigit(bytes[end]), end - at < 9 {
      value = value * 10 + Int(bytes[end] & 0x0F)
      end += 1
    }
    return (value, end)
  }
}

extension Scoring.ByWeight {
  func points(_ weight: Meaning.Weight) -> Int {
    switch weight {
    case .strong: strong
    case .medium: medium
    case .weak: weak
    }
  }
}
