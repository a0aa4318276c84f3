import Core
import Rules

extension Scanner {
  /// A run of exactly three or four digits that ends right before `event`: a verification code if a
  /// label says so. Codes have no check digit, so nothing else counts.
  func shortRun(_ frame: inout Frame, at event: Int, within window: Range<Int>) {
    let bytes = frame.bytes
    let start = isDigit(bytes[event - 4]) ? event - 4 : event - 3
    guard window.contains(start), start >= frame.resume else { return }
    guard start == 0 || tables.opens[Int(bytes[start - 1])] else { return }
    let after = bytes[event]
    guard !isWord(after) || after == 0x5C, !TextEscapes.goesOn(bytes, event) else { return }
    if header != nil || column >= 0 {
      if codeInColumn(&frame, start..<event) { return }
    }
    if let jsonRows, jsonRows.hasCodes, isText(frame),
      let named = jsonRows.column(of: start..<event, in: bytes),
      named.isCode
    {
      emitColumnCode(&frame, named, start..<event)
      return
    }
    guard start > 0 else { return }
    if bytes[start - 1] == 0x0A {
      codeInLine(&frame, start..<event)
      return
    }
    let isFollowed = isDigit(bytes[event + 1])
    if after == 0x2E, isFollowed { return }
    let isPart =
      isFollowed && (after == 0x3A || after == 0x2F || after == 0x2D || after == 0x2C)
    guard mayFollowCodeLabel(bytes, start), !isDate(bytes, start..<event) else { return }
    guard
      after != 0x25 || bytes[event + 1] == 0x32 || bytes[event + 1] == 0x35
        || bytes[event + 1] == 0x37
    else { return }
    let label = detector.reader.locate(bytes, value: labelled(bytes, start))
    guard !label.isEmpty else { return }
    judgeCode(
      &frame, start..<event, label, isPart: isPart,
      isRange: isPart && isRange(bytes, start..<event))
    if !isPart || after == 0x2C || after == 0x2D { pieces(&frame, start..<event, label) }
  }

  /// Where the label of a value is looked for: an array's first item may stand in a line of its own.
  private func labelled(_ bytes: Bytes, _ start: Int) -> Int {
    var at = start
    var hasLine = false
    while start - at < Scanner.gapBytesMax,
      RecordLayout.isSpace(bytes[at - 1]) || bytes[at - 1] == 0x22 || bytes[at - 1] == 0x27
    {
      at -= 1
      hasLine = hasLine || bytes[at] == 0x0A
    }
    return hasLine && bytes[at - 1] == 0x5B ? at : start
  }

  /// `2024-01-01`
  private func isDate(_ bytes: Bytes, _ year: Range<Int>) -> Bool {
    let (month, end) = digitRun(bytes, year.upperBound + 1)
    return year.count == 4 && bytes[year.upperBound] == 0x2D && bytes[end] == 0x2D
      && end - year.upperBound == 3 && (1...12).contains(month) && isDigit(bytes[end + 1])
  }

  /// Whether a second value of the same length follows behind a dash, a colon or a slash, and nothing
  /// more: a range or a ratio. Four digits may be an expiry as well.
  private func isRange(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    let sign = bytes[range.upperBound]
    guard sign == 0x2D || sign == 0x3A || sign == 0x2F else { return false }
    let (value, end) = digitRun(bytes, range.upperBound + 1)
    guard end - range.upperBound - 1 == range.count,
      !(bytes[end] == sign && isDigit(bytes[end + 1]))
    else { return false }
    let isExpiry =
      (1...12).contains(value / 100) && (10...49).contains(value % 100)
      || (10...49).contains(value / 100) && (1...12).contains(value % 100)
      || (2010...2049).contains(value)
    return range.count == 3 || !isExpiry
  }

  /// A code alone in its line: the value of a form's part, or behind a line that ends with its name and
  /// a colon, as forms are printed and mailed.
  private func codeInLine(_ frame: inout Frame, _ range: Range<Int>) {
    let bytes = frame.bytes
    let after = bytes[range.upperBound]
    guard after == 0x0A || after == 0x0D || range.upperBound >= bytes.count,
      mayFollowCodeLabel(bytes, range.lowerBound, isAlone: true)
    else { return }
    if let name = FormPart.name(bytes, value: range.lowerBound, detector.reader) {
      judgeCode(&frame, range, Label(range: name, isExplicit: true))
      return
    }
    var end = range.lowerBound - 1
    while end > 0, isBlank(bytes[end - 1]) || bytes[end - 1] == 0x0D { end -= 1 }
    guard end > 0, bytes[end - 1] == 0x3A else { return }
    var label = detector.reader.locate(bytes, value: end)
    label.isExplicit = false
    if !label.isEmpty { judgeCode(&frame, range, label) }
  }

  /// The quick no: what stands before the value's quotes and separators ends no code label.
  ///
  /// - Parameter isAlone: in its line, so that the name may be at the end of another.
  private func mayFollowCodeLabel(_ bytes: Bytes, _ start: Int, isAlone: Bool = false) -> Bool {
    guard start >= 32 else { return true }
    let p = bytes.base
    var at = start &- 1
    let floor = start &- 24
    if p[at] == 0x3E { return true }
    while at > floor, !isWord(p[at]), p[at] < 0x80 { at &-= 1 }
    let z = p[at]
    if z == 0x29 { return true }
    let y = lower(p[at &- 1])
    let x = lower(p[at &- 2])
    if isDigit(z) || z == 0x44 || z == 0x41 {
      // Percent forms, and the lengths of serialised PHP: `%3D`, `;s:3:"`.
      if p[at &- 2] == 0x25 || p[at &+ 1] == 0x3A && y == 0x3A { return true }
    }
    if (z == 0x69 || z == 0x64) && y == 0x3B { return true }
    var end = at &+ 1
    let closing = p[end]
    if closing == 0x29 || closing == 0x5D, tables.mayEndCodeLabel(y, lower(z), closing) {
      // `string(3) "737"`
      if y == 0x28 { end = at &- 1 }
    } else {
      // Words between a name and its value: value, some; is, was, es; ist, est.
      let mayBeWord =
        switch lower(z) {
        case 0x65: y == 0x75 || y == 0x6D
        case 0x73: (y == 0x69 || y == 0x61 || y == 0x65) && p[start &- 1] == 0x20
        case 0x74: y == 0x6F && p[end] == 0x3B || y == 0x73 && p[start &- 1] == 0x20
        default: false
        }
      guard mayBeWord || tables.mayEndCodeLabel(x, y, lower(z)) else { return false }
    }
    return isAlone || tables.labelWords.mayEndName(bytes, end)
  }

  /// - Parameter isPart: whether more digits follow behind a sign: the next of some values, or the rest
  ///   of a time, a date or a range, unless the label leaves no doubt.
  private func judgeCode(
    _ frame: inout Frame, _ range: Range<Int>, _ label: Label, isPart: Bool = false,
    isRange: Bool = false
  ) {
    let meanings = detector.reader.meanings(frame.bytes, label.range)
    guard
      let meaning = meanings.first(where: { $0.category == .cvv || $0.category == .pin }),
      !meanings.contains(where: { $0.category == .notCode || $0.category == .safe })
    else { return }
    if isPart, meaning.category == .pin || meaning.weight < .strong || !label.isExplicit { return }
    if meaning.category == .pin {
      guard meaning.weight == .strong, label.isExplicit,
        meaning.companion == .none || hasCard(frame.bytes, around: range)
      else { return }
      emitCode(&frame, .pinBlock, range, score: 75, evidence: .label, label)
      return
    }
    var score: Int
    var evidence: Evidence = .label
    // `csc 101` names courses and compilers too.
    let isDoubtful = !label.isExplicit && ends(frame.bytes, label, in: "csc")
    let weight = isDoubtful ? min(meaning.weight, .medium) : meaning.weight
    switch weight {
    case .strong: score = label.isExplicit ? 90 : 65
    case .medium: score = label.isExplicit && range.count == 3 ? 55 : 40
    case .weak: return
    }
    if weight == .medium || meaning.companion > .none {
      let words = detector.reader.nearby(frame.bytes, number: range)
      if hasCard(frame.bytes, around: range) || meaning.companion < .number && words.hasExpiry {
        score = max(score, 70)
        evidence.insert(.besideNumber)
      } else if meaning.companion == .number || meaning.companion == .word && !words.tellOfCards {
        return
      }
    }
    if range.count == 4 {
      score -= 10
      evidence.insert(.fourDigits)
      let (value, _) = digitRun(frame.bytes, range.lowerBound)
      if (1950...2059).contains(value) { score -= 25 }
    }
    if isRange || detector.reader.isStatus(frame.bytes, range, label),
      !hasCard(frame.bytes, around: range)
    {
      score = min(score, Self.doubtfulScoreMax)
    }
    emitCode(&frame, .cvv, range, score: score, evidence: evidence, label)
  }

  /// Of a code that is rather a range, a status or an id.
  private static let doubtfulScoreMax = 40

  /// Whether the label's last word is this one, whatever signs follow it.
  func ends(_ bytes: Bytes, _ label: Label, in word: StaticString) -> Bool {
    let range = label.range
    var end = range.upperBound
    while end > range.lowerBound, !isWord(bytes[end - 1]) { end -= 1 }
    let start = end - word.utf8CodeUnitCount
    return start >= range.lowerBound && bytes.hasFolded(word, at: start)
      && detector.reader.isWordStart(bytes, start, floor: range.lowerBound)
  }

  private func emitCode(
    _ frame: inout Frame, _ rule: RuleID, _ range: Range<Int>, score: Int, evidence: Evidence,
    _ label: Label
  ) {
    let bytes = frame.bytes
    let token = detector.reader.lastWordStart(bytes, label.range)..<label.range.upperBound
    let key = detector.reader.squeeze(bytes, token).value
    remember(key) { Scanner.safeLabel(bytes, token) }
    // Equal name and value, equal digest: tells a code in a raw page from the same one in a live row, and
    // one between tags from the same one in the page's text.
    let mark = key ^ Scanner.textDigest(bytes, range) &* 0x9E37_79B9_7F4A_7C15
    emitCode(&frame, rule, range, score: score, evidence: evidence, key: key, digest: keyed(mark))
  }

  private func emitCode(
    _ frame: inout Frame, _ rule: RuleID, _ range: Range<Int>, score: Int, evidence: Evidence,
    key: UInt64, digest: UInt64 = 0
  ) {
    let hit = Hit(
      offset: 0, endOffset: 0, line: 0, lineOffset: 0, rule: rule, score: Int16(score),
      digits: UInt8(clamping: range.count), brand: -1, first6: 0, last4: 0, evidence: evidence,
      encodings: [], classKey: key, digest: digest, column: -1)
    emit(frame, range, hit)
  }

  /// A running hash of the bytes, before it is keyed.
  static func textDigest(_ bytes: Bytes, _ range: Range<Int>) -> UInt64 {
    var hash = SqueezedHash()
    for at in range { hash.add(bytes[at]) }
    return hash.value
  }

  static func textDigest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash = SqueezedHash()
    for byte in bytes { hash.add(byte) }
    return hash.value
  }

  // MARK: - Columns and records

  /// A value that fills a cell whose header or column is named for a code.
  private func codeInColumn(_ frame: inout Frame, _ range: Range<Int>) -> Bool {
    guard column < 0, let header = header(of: frame), header.hasCodes else { return false }
    let bytes = frame.bytes
    guard header.isCell(range, in: bytes),
      let column = header.column(
        of: range.lowerBound, in: bytes, startsLine: startsLine(frame)), column.isCode
    else { return false }
    emitColumnCode(&frame, column, range)
    return true
  }

  /// A column's whole value, when the column is named for a code.
  func scanWholeValue() {
    let named = columns[column]
    guard named.isCode else { return }
    var frame = wholeFrame()
    let bytes = frame.bytes
    var low = 0
    var high = bytes.count
    while low < high, isBlank(bytes[low]) || bytes[low] == 0x22 { low += 1 }
    while high > low, isBlank(bytes[high - 1]) || bytes[high - 1] == 0x22 { high -= 1 }
    let isPINBlock =
      [16, 32].contains(high - low) && (low..<high).allSatisfy { isHex(bytes[$0]) }
      && named.meanings.contains { $0.category == .pin }
    let isCode = (3...4).contains(high - low) && (low..<high).allSatisfy { isDigit(bytes[$0]) }
    guard isPINBlock || isCode else { return }
    emitColumnCode(&frame, named, low..<high)
  }

  func emitColumnCode(
    _ frame: inout Frame, _ column: TableHeader.Column, _ range: Range<Int>
  ) {
    let isPIN = !column.meanings.contains { $0.category == .cvv }
    let isStrong = column.meanings.contains { $0.category != .notCode && $0.weight == .strong }
    let isDoubtful = column.isDoubtful && !hasCard(frame.bytes, around: range)
    remember(column.hash) { column.name }
    emitCode(
      &frame, isPIN ? .pinBlock : .cvv, range,
      score: isDoubtful ? Self.doubtfulScoreMax : isStrong ? 90 : 60,
      evidence: .field, key: column.hash)
  }

  /// Codes that belong to the number just found: `number, expiry, three digits`, and the cell of an
  /// `INSERT` whose column is named for a code.
  ///
  /// - Parameter key: the number's class, which speaks for a code without a name as well.
  func codesBeside(_ frame: inout Frame, _ candidate: Candidate, _ key: UInt64) {
    let bytes = frame.bytes
    if let end = expiry(bytes, after: candidate.range.upperBound) {
      var at = end
      var skipped = 0
      while skipped < 4, isFieldSeparator(bytes[at]) {
        at += 1
        skipped += 1
      }
      let (_, stop) = digitRun(bytes, at)
      if skipped > 0, (3...4).contains(stop - at), !isWord(bytes[stop]), bytes[stop] != 0x2E,
        bytes[stop] != 0x3A, bytes[stop] != 0x2F, bytes[stop] != 0x2D,
        stop - at == 3 || candidate.count == 15
      {
        emitCode(
          &frame, .cvv, at..<stop, score: 60, evidence: [.besideNumber, .expiry], key: key)
      }
    }
    for cell in InsertTuple.codeCells(bytes, around: candidate.range, reader: detector.reader) {
      emitColumnCode(&frame, cell.column, cell.range)
    }
    if bytes[candidate.range.lowerBound - 3] == 0x25 { percentCodes(&frame, candidate) }
  }

  /// Codes of an escaped form body or JSON text around its card number: `%22cvc%22%3A%22737%22`. The
  /// digits of the escape join those of the code to a run that no label is looked up for.
  private func percentCodes(_ frame: inout Frame, _ candidate: Candidate) {
    let bytes = frame.bytes
    var at = max(0, candidate.range.lowerBound - 512)
    let stop = min(bytes.count, candidate.range.upperBound + 512)
    while at < stop {
      guard bytes[at] == 0x25, isHex(bytes[at + 1]), isHex(bytes[at + 2]) else {
        at += 1
        continue
      }
      let (_, end) = digitRun(bytes, at + 3)
      if (3...4).contains(end - at - 3), bytes[end] == 0x25 || !isWord(bytes[end]) {
        let label = detector.reader.locate(bytes, value: at + 3)
        if !label.isEmpty { judgeCode(&frame, at + 3..<end, label) }
      }
      at += 3
    }
  }

  /// Whether a card number stands within 200 bytes.
  func hasCard(_ bytes: Bytes, around range: Range<Int>) -> Bool {
    var at = max(0, range.lowerBound - 200)
    let stop = min(bytes.count, range.upperBound + 200)
    let digits = scratch
    while at < stop {
      guard isDigit(bytes[at]), !isDigit(bytes[at - 1]) else {
        at += 1
        continue
      }
      var count = 0
      var end = at
      while end < stop, count < 20 {
        let c = bytes[end]
        if isDigit(c) {
          digits[count] = c
          count += 1
        } else if !((c == 0x20 || c == 0x2D) && isDigit(bytes[end + 1])) {
          break
        }
        end += 1
      }
      if (13...19).contains(count), detector.brands.match(digits, count: count) != nil,
        Luhn.isValid(digits, count: count)
      {
        return true
      }
      at += 1
      while isDigit(bytes[at]) { at += 1 }
    }
    return false
  }
}
