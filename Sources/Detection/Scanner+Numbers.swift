import Core
import Rules

/// One way to read digits as a card number.
struct Candidate {
  /// Where it stands, groups and separators included.
  var range: Range<Int>
  /// Its digits alone: the scanned bytes or scratch memory.
  var digits: UnsafePointer<UInt8>
  var count: Int
  /// Points for grouping and separator; `nil` for a plain run.
  var groupPoints: Int?
  /// One more group of four stands before or after, by the same separator.
  var hasNeighbourGroup = false
  /// Filled up with zeros in a column that no name says anything of: its values decide.
  var isFilledAlone = false
}

extension Scanner {
  /// Numbers in raw pages that are in no record.
  private static let pagesClass: UInt64 = 0x5851_F42D_4C95_7F2D
  /// Numbers that were filled up with zeros, times their width.
  private static let filledClass: UInt64 = 0x2545_F491_4F6C_DD1D

  /// A run of twelve digits or more.
  func longRun(_ frame: inout Frame, at event: Int, within window: Range<Int>) {
    let bytes = frame.bytes
    var start = event - 11
    let floor = max(0, event - 80)
    while start > floor, isDigit(bytes[start - 1]) { start -= 1 }
    var end = event + 1
    let ceiling = min(bytes.count, start + 80)
    while end < ceiling, isDigit(bytes[end]) { end += 1 }
    if header != nil, exponentNumber(&frame, start..<end, within: window) { return }
    // Most runs are times in milliseconds.
    let digits = bytes.base + start
    if end - start <= 14, digits[0] != 0x30, !tables.mayBeNumber(digits, count: end - start),
      bytes[start - 1] < 0x80, bytes[start - 1] != 0x25, !isLetter(bytes[start - 1])
    {
      return
    }
    // The digits of a percent form (%22) are not the number's.
    if bytes[start - 1] == 0x25, bytes[start] == 0x32, end - start >= 14 { start += 2 }
    if considerRun(&frame, start..<end, within: window) { return }
    // Or the first digits are those of another form, as in %40 and \u0027.
    if let behind = TextEscapes.end(bytes, over: start), end - behind >= 12,
      considerRun(&frame, behind..<end, within: window)
    {
      return
    }
    if considerFilled(&frame, start..<end, within: window) { return }
    // `5A` or more digits than a number has.
    guard end - start > 14 || bytes[start - 1] | 0x20 == 0x61, start >= frame.resume,
      window.contains(start)
    else { return }
    embedded(&frame, start..<end)
  }

  private func considerRun(
    _ frame: inout Frame, _ run: Range<Int>, within window: Range<Int>
  ) -> Bool {
    let digits = frame.bytes.base + run.lowerBound
    guard run.count <= 19, run.lowerBound >= frame.resume, window.contains(run.lowerBound),
      tables.mayBeNumber(digits, count: run.count)
    else { return false }
    return consider(&frame, Candidate(range: run, digits: digits, count: run.count))
  }

  /// A number that was filled up with zeros to the width of its column, as `zerofill` of MariaDB does.
  /// So are ids, and one of ten passes Luhn without its zeros: a name has to say that it is a card's, or
  /// the other values of a database's column (`Evidence.needsClass`).
  private func considerFilled(
    _ frame: inout Frame, _ run: Range<Int>, within window: Range<Int>
  ) -> Bool {
    guard frame.bytes[run.lowerBound] == 0x30, FilledNumber.widths.contains(run.count),
      run.lowerBound >= frame.resume, window.contains(run.lowerBound)
    else { return false }
    let filled = frame.bytes.base + run.lowerBound
    let zeros = FilledNumber.zeros(filled, count: run.count)
    let digits = filled + zeros
    let count = run.count - zeros
    let isValue = column >= 0 && frame.depth == 0 && run == 0..<frame.bytes.count
    let mayBeNumber = count >= FilledNumber.digitsMin && tables.mayBeNumber(digits, count: count)
    guard mayBeNumber || isValue && count >= FilledNumber.digitsMin else { return false }
    var candidate = Candidate(range: run, digits: digits, count: count)
    let label = detector.reader.locate(frame.bytes, value: run.lowerBound)
    let place = placeClass(frame, label, candidate)
    if place.meanings.contains(where: { $0.category == .pan && $0.weight >= .medium }) {
      return mayBeNumber && consider(&frame, candidate)
    }
    guard isValue else { return false }
    candidate.isFilledAlone = true
    if mayBeNumber, detector.brands.match(digits, count: count) != nil {
      return consider(&frame, candidate)
    }
    // What is in no issuer's range speaks against the others.
    if !isDry {
      classes.count(
        key: filledKey(candidate), length: run.count, digest: digest(digits, count: count),
        [], isFilled: true, label: place.label)
    }
    return false
  }

  /// The class of all numbers of a column that were filled up to one width.
  private func filledKey(_ candidate: Candidate) -> UInt64 {
    columns[column].hash ^ Scanner.filledClass &* UInt64(candidate.range.count)
  }

  /// A run after a run: groups with separators between them.
  func link(_ frame: inout Frame, at event: Int, within window: Range<Int>) {
    let bytes = frame.bytes
    var second = event - 2
    if bytes[second - 1] == 0x20 { noteWords(&frame, at: second, within: window) }
    guard second >= frame.chainEnd, mayJoin(bytes, second) else { return }
    // Digits of the separator itself: %20 and &#160;.
    if bytes.has("%20", at: second - 1) { second += 2 }
    if bytes.has("&#160;", at: second - 2) { second += 4 }
    var chain = GroupChain(bytes, groups(at: frame.depth))
    chain.collect(from: second, tables)
    // Joined to nothing before it, it may be a code beside a number.
    guard chain.count > 1, chain.start(0) < second else { return }
    if bytes[second - 1] == 0x20, HexText.looksLikeRow(chain), HexText.isInRow(bytes, second) {
      noteDump(&frame, .hexDump, at: second, within: window)
    }
    // Of a chain that goes on, the last groups are tried with what follows them; groups behind the
    // window are tried with the next window.
    let stop = chain.isCut ? chain.count - GroupChain.lookAhead : chain.count
    frame.chainEnd = min(window.upperBound, chain.isCut ? chain.start(stop) : chain.end(stop - 1))
    // Dates and parts of UUIDs mostly.
    guard chain.digits >= GroupChain.digitsMin else { return }
    var index = 0
    while index < stop {
      guard window.contains(chain.start(index)), chain.start(index) >= frame.resume else {
        index += 1
        continue
      }
      // A plain number among the groups comes first, or a later match would hide it.
      if chain.end(index) - chain.start(index) >= 12 {
        longRun(&frame, at: chain.start(index) + 11, within: window)
        if chain.start(index) < frame.resume { continue }
      }
      index += matchGroups(&frame, chain, at: index)
    }
  }

  /// Whether what stands before the group at `second` is a separator, or may be the end of one with digits
  /// of its own: %20 and &#160;.
  @inline(__always)
  private func mayJoin(_ bytes: Bytes, _ second: Int) -> Bool {
    let c = bytes[second - 1]
    if c == 0x25 || c == 0x23 { return true }
    var at = second - 1
    let floor = second - Shapes.separatorWidths.upperBound
    while at > floor, !isDigit(bytes[at - 1]) { at -= 1 }
    return tables.separator(bytes, at: at) >= 0
  }

  /// Tries every grouping at one group, most digits first.
  /// - Returns: how many groups to move on.
  private func matchGroups(_ frame: inout Frame, _ chain: GroupChain, at index: Int) -> Int {
    for grouping in tables.groupings where chain.matches(grouping, at: index) {
      let last = index + grouping.groups - 1
      let start = chain.start(index)
      let end = chain.end(last)
      var count = 0
      for group in index...last {
        for i in chain.start(group)..<chain.end(group) {
          scratch[count] = frame.bytes[i]
          count += 1
        }
      }
      guard tables.mayBeNumber(scratch, count: count) else { continue }
      let separator = chain.separator(index)
      var candidate = Candidate(
        range: start..<end, digits: UnsafePointer(scratch), count: count,
        groupPoints: grouping.points + tables.separators[separator].points)
      candidate.hasNeighbourGroup = chain.hasNeighbour(before: index, after: last)
      if candidate.hasNeighbourGroup, isRowOfNumbers(chain, index, last) {
        candidate.hasNeighbourGroup = false
      }
      if consider(&frame, candidate) { return grouping.groups }
    }
    return 1
  }

  /// Whether the groups beside a match are a card number themselves: two numbers on one line may share
  /// the blank between them.
  private func isRowOfNumbers(_ chain: GroupChain, _ first: Int, _ last: Int) -> Bool {
    let width = last - first + 1
    for start in [first - width, last + 1] where start >= 0 && start + width <= chain.count {
      var digits: [UInt8] = []
      for group in start..<(start + width) {
        for i in chain.start(group)..<chain.end(group) { digits.append(chain.bytes[i]) }
      }
      let isCard = digits.withUnsafeBufferPointer { buffer in
        buffer.count >= 12 && buffer.count <= 19
          && detector.brands.match(buffer.baseAddress!, count: buffer.count) != nil
          && Luhn.isValid(buffer.baseAddress!, count: buffer.count)
      }
      for i in digits.indices { digits[i] = 0 }
      if isCard { return true }
    }
    return false
  }

  /// Judges a candidate; emits it when it is one.
  /// - Returns: whether its place is taken.
  func consider(_ frame: inout Frame, _ candidate: Candidate) -> Bool {
    let bytes = frame.bytes
    guard
      let match = detector.brands.match(candidate.digits, count: candidate.count),
      !LookAlike.isPattern(candidate.digits, count: candidate.count)
    else { return false }
    if isRounded, frame.depth == 0, isCut(candidate, of: bytes) {
      return considerRounded(&frame, candidate, match)
    }
    let passes = Luhn.isValid(candidate.digits, count: candidate.count)
    if passes, let track = trackAround(bytes, candidate.range) {
      emitTrack(&frame, candidate, match, track)
      return true
    }
    let look = LookAlike.judge(bytes, candidate)
    if look == .inside { return false }
    if passes, HexText.isCut(bytes, candidate.range) || HexText.isPairs(bytes, candidate) {
      return false
    }

    let label = detector.reader.locate(bytes, value: candidate.range.lowerBound)
    var place = placeClass(frame, label, candidate)
    if candidate.isFilledAlone { place.key = filledKey(candidate) }
    if let field {
      place.key ^= field.key
    } else if isPages {
      if isInRow(frame, candidate.range) { return false }
      // What stands beside it is of other fields.
      if place.meanings.isEmpty {
        place.key = Scanner.pagesClass &* UInt64(candidate.count)
        place.label = { "" }
      }
    }
    let mark = digest(candidate.digits, count: candidate.count)
    if !isDry {
      var traits: ClassTable.Trait = passes ? .passesLuhn : []
      if match.isNamed { traits.insert(.isNamed) }
      if candidate.digits[candidate.count - 1] == 0x30 { traits.insert(.endsInZero) }
      classes.count(
        key: place.key,
        length: candidate.isFilledAlone ? candidate.range.count : candidate.count, digest: mark,
        traits, isFilled: candidate.isFilledAlone,
        isBare: {
          !hasExpiry(
            frame, candidate.range, place,
            RecordMembers(bytes, number: candidate.range, isNegative: false, self))
        },
        label: place.label)
    }
    if !passes, mayBeCut(frame, candidate, label, place) {
      return considerRounded(&frame, candidate, match, isSure: false)
    }
    let withoutLuhn = !passes && match.withoutLuhn && detector.findsWithoutLuhn
    guard passes || withoutLuhn else { return false }

    var hit = makeHit(.pan, candidate, match)
    hit.digest = keyed(mark)
    hit.classKey = place.key
    score(&hit, frame, candidate, match, look, label, place)
    if bytes[candidate.range.lowerBound] == 0x30 { hit.evidence.insert(.leadingZeros) }
    if withoutLuhn {
      guard !hit.evidence.isDisjoint(with: [.field, .label, .nearbyWord]) else { return false }
      hit.evidence.remove(.luhn)
      hit.evidence.insert(.withoutLuhn)
      hit.score = min(hit.score, Int16(detector.rules.scoring.unionPayWithoutLuhn + 20))
    }
    remember(place.key, place.label)
    emit(frame, candidate.range, hit)
    frame.resume = candidate.range.upperBound
    // What stands beside an id is an amount.
    if hit.score >= 50 { codesBeside(&frame, candidate, place.key) }
    return true
  }

  func makeHit(_ rule: RuleID, _ candidate: Candidate, _ match: BrandTable.Match) -> Hit {
    var first6: UInt32 = 0
    for i in 0..<6 { first6 = first6 * 10 + UInt32(candidate.digits[i] & 0x0F) }
    var last4: UInt16 = 0
    for i in (candidate.count - 4)..<candidate.count {
      last4 = last4 * 10 + UInt16(candidate.digits[i] & 0x0F)
    }
    var hit = Hit(
      offset: 0, endOffset: 0, line: 0, lineOffset: 0, rule: rule, score: 0,
      digits: UInt8(candidate.count), brand: Int16(match.brand), first6: first6, last4: last4,
      evidence: [.luhn], encodings: [], classKey: 0, digest: 0, column: -1)
    if match.alsoOthers { hit.evidence.insert(.alsoOtherBrands) }
    if match.isWithdrawn { hit.evidence.insert(.withdrawnBrand) }
    return hit
  }

  /// A digest that means nothing outside this process.
  func keyed(_ digest: UInt64) -> UInt64 { (digest ^ detector.key) &* 0x9E37_79B9_7F4A_7C15 | 1 }

  // MARK: - Place classes

  struct PlaceClass {
    var key: UInt64
    var label: () -> String
    var meanings: [Meaning]
    /// Named by a column or a header, not by the text beside.
    var isField: Bool
    /// What other columns of the record say.
    var beside: Evidence = []
  }

  /// The class a number lies in: the column, else the header's column, else the token to its left.
  func placeClass(_ frame: borrowing Frame, _ label: Label, _ candidate: Candidate)
    -> PlaceClass
  {
    let bytes = frame.bytes
    let length = UInt64(candidate.count) &* 0x9E37_79B9_7F4A_7C15
    if column >= 0, label.isEmpty {
      let named = columns[column]
      return PlaceClass(
        key: named.hash ^ length, label: { named.name }, meanings: named.meanings, isField: true)
    }
    // Of a dump's row, what stands in the cell before says nothing of this one.
    if isText(frame), let rows, let cell = rows.cell(at: candidate.range.lowerBound),
      let named = cell.column, !named.name.isEmpty,
      label.range.lowerBound < cell.range.lowerBound
        || detector.reader.meanings(bytes, label.range).isEmpty
    {
      return PlaceClass(
        key: named.hash ^ rows.tables[cell.table].hash ^ length, label: { named.name },
        meanings: named.meanings, isField: true, beside: cell.beside)
    }
    if let header = header(of: frame),
      let named = header.column(
        of: candidate.range.lowerBound, in: bytes, startsLine: startsLine(frame))
    {
      return PlaceClass(
        key: named.hash ^ length, label: { named.name }, meanings: named.meanings, isField: true,
        beside: header.beside)
    }
    if let jsonRows, isText(frame), let named = jsonRows.column(of: candidate.range, in: bytes) {
      return PlaceClass(
        key: named.hash ^ length, label: { named.name }, meanings: named.meanings, isField: true,
        beside: jsonRows.beside)
    }
    guard !label.isEmpty else {
      return PlaceClass(key: length, label: { "" }, meanings: [], isField: false)
    }
    let reader = detector.reader
    let token = reader.lastWordStart(bytes, label.range)..<label.range.upperBound
    return PlaceClass(
      key: Scanner.tokenKey(bytes, token) ^ length, label: { Scanner.safeLabel(bytes, token) },
      meanings: reader.meanings(bytes, label.range), isField: false)
  }

  /// The hash of a token with its digits left out, so that `row 1`, `row 2` are one class.
  private static func tokenKey(_ bytes: Bytes, _ token: Range<Int>) -> UInt64 {
    var hash = SqueezedHash()
    var at = token.lowerBound
    while at < token.upperBound {
      let c = bytes[at]
      if c < 0x80, !isLetter(c) { at += 1 } else { at += Folding.fold(bytes, at: at, into: &hash) }
    }
    return hash.value
  }

  /// A name that can be shown: at most 40 bytes, no run of more than two digits, no control bytes.
  static func safeLabel(_ bytes: Bytes, _ token: Range<Int>) -> String {
    var out: [UInt8] = []
    var run = 0
    for at in token.prefix(40) {
      let c = bytes[at]
      run = isDigit(c) ? run + 1 : 0
      if run > 2 { return "" }
      if c >= 0x20, c != 0x7F { out.append(c) }
    }
    return String(validating: out, as: UTF8.self) ?? ""
  }
}

/// Groups of digits with known separators between them, at most a line of a few numbers.
struct GroupChain {
  struct Group {
    var start: Int
    var end: Int
    /// After the group, an index of `HotTables.separators`, or -1.
    var separator: Int

    var count: Int { end - start }
  }

  static let countMax = 20
  /// Groups after a number's first that tell what it is: its own and those of a number beside it.
  static let lookAhead = 10
  /// No card number has fewer.
  static let digitsMin = 12
  let bytes: Bytes
  private let groups: UnsafeMutablePointer<Group>
  private(set) var count = 0
  /// In all groups.
  private(set) var digits = 0
  private(set) var isCut = false

  /// - Parameter memory: room for `countMax` groups: an array would be made anew for every chain.
  init(_ bytes: Bytes, _ memory: UnsafeMutablePointer<Group>) {
    self.bytes = bytes
    groups = memory
  }

  func start(_ index: Int) -> Int { groups[index].start }
  func end(_ index: Int) -> Int { groups[index].end }
  /// The separator after group `index`, or -1.
  func separator(_ index: Int) -> Int { groups[index].separator }

  /// Collects the chain around the group that begins at `second`.
  mutating func collect(from second: Int, _ tables: HotTables) {
    // Left: back over up to eight groups.
    var first = second
    var steps = 0
    while steps < 8, let before = previous(first, tables) {
      first = before
      steps += 1
    }
    var at = first
    // Digits of an escape before the number: %80, \u0027.
    if let behind = TextEscapes.end(bytes, over: first), isFourDigits(behind) { at = behind }
    while count < GroupChain.countMax {
      var end = at
      while isDigit(bytes[end]), end - at < 24 { end += 1 }
      guard end > at else { break }
      let separator = tables.separator(bytes, at: end)
      groups[count] = Group(start: at, end: end, separator: separator)
      count += 1
      digits += end - at
      if separator < 0 { return }
      at = end + tables.separators[separator].length
    }
    isCut = true
  }

  private func isFourDigits(_ at: Int) -> Bool {
    (0..<4).allSatisfy { isDigit(bytes[at + $0]) } && !isDigit(bytes[at + 4])
  }

  /// Whether groups of these lengths, joined by one kind of separator, begin at `index`.
  @inline(__always)
  func matches(_ grouping: CompiledShapes.Grouping, at index: Int) -> Bool {
    guard index + grouping.groups <= count else { return false }
    let separator = groups[index].separator
    guard separator >= 0 else { return false }
    var lengths = grouping.lengths
    for i in index..<(index + grouping.groups) {
      guard groups[i].count == Int(lengths & 31) else { return false }
      if i < index + grouping.groups - 1, groups[i].separator != separator { return false }
      lengths &>>= 5
    }
    return true
  }

  /// Whether one more group of four digits stands before or after, by the same separator, that is no
  /// year or expiry.
  func hasNeighbour(before first: Int, after last: Int) -> Bool {
    let separator = groups[first].separator
    if first > 0, groups[first - 1].separator == separator, isFour(first - 1) { return true }
    if groups[last].separator == separator, last + 1 < count, isFour(last + 1) {
      return !isExpiry(last + 1)
    }
    return false
  }

  private func isFour(_ index: Int) -> Bool { groups[index].count == 4 }

  /// MMYY, or a year.
  private func isExpiry(_ index: Int) -> Bool {
    let at = groups[index].start
    let month = Int(bytes[at] & 0x0F) * 10 + Int(bytes[at + 1] & 0x0F)
    return (1...12).contains(month) || month == 20
  }

  /// Where the group before the one at `start` begins, if a separator joins them.
  private func previous(_ start: Int, _ tables: HotTables) -> Int? {
    for gap in Shapes.separatorWidths {
      guard isDigit(bytes[start - gap - 1]) else { continue }
      let separator = tables.separator(bytes, at: start - gap)
      guard separator >= 0, tables.separators[separator].length == gap else { continue }
      var at = start - gap - 1
      while isDigit(bytes[at - 1]), start - at < 32 { at -= 1 }
      return at
    }
    return nil
  }
}
