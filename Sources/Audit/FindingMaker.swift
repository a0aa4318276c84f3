import Core
import Detection
import Rules

/// Turns hits into findings: judges them with their class, applies the thresholds, puts reasons and
/// places into words.
struct FindingMaker {
  let detector: Detector
  let options: ScanOptions
  private let catalogue: [String: Rule]
  private let pointsForLuhnRate: Int16
  private let pointsForIssuerRate: Int16
  private let pointsForNegativeLabel: Int16

  init(detector: Detector, catalogue: [Rule], options: ScanOptions) {
    self.detector = detector
    self.options = options
    self.catalogue = Dictionary(
      catalogue.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    pointsForLuhnRate = Int16(detector.rules.scoring.luhnRate)
    pointsForIssuerRate = Int16(detector.rules.scoring.issuerRate)
    pointsForNegativeLabel = Int16(detector.rules.scoring.negativeLabel)
  }

  /// Lowers a hit whose class says that its numbers are no cards, and a code that nothing but its place
  /// behind such a number speaks for; where it says that all are cards, the name of the place does not
  /// speak against them any more.
  ///
  /// - Parameter removed: how many different numbers of its class do not count.
  /// - Returns: whether it was lowered.
  func judge(_ hit: inout Hit, in classes: ClassTable, without removed: Int = 0) -> Bool {
    guard hit.rule == .pan || hit.rule == .cvv && hit.evidence.contains(.besideNumber) else {
      return false
    }
    if hit.evidence.contains(.maybeRounded), !classes.areCut(hit.classKey) {
      hit.score = min(hit.score, Scanner.doubtedMax)
      return false
    }
    if hit.evidence.needsClass {
      let verdict = classes.verdict(of: hit.classKey, without: removed)
      if verdict == .cards {
        hit.evidence.insert(.cardRate)
        if hit.evidence.contains(.negativeLabel) { hit.score -= pointsForNegativeLabel }
      } else {
        hit.score = min(hit.score, Scanner.doubtedMax)
      }
      return verdict.lowers
    }
    let isExempt = classes.isExempt(hit.evidence, of: hit.classKey, without: removed)
    if isExempt, !hit.evidence.contains(.negativeLabel) { return false }
    let verdict = classes.verdict(
      of: hit.classKey, without: removed, isResidue: hit.evidence.contains(.residue))
    if verdict.lowers, isExempt { return false }
    switch verdict {
    case .none: break
    case .cards where hit.evidence.contains(.negativeLabel):
      hit.evidence.insert(.cardRate)
      hit.score = min(100, hit.score - pointsForNegativeLabel)
    case .cards: break
    case .luhnRate:
      hit.evidence.insert(.luhnRate)
      hit.score = max(0, hit.score + pointsForLuhnRate)
    case .issuerRate:
      hit.evidence.insert(.issuerRate)
      hit.score = max(0, hit.score + pointsForIssuerRate)
    }
    return verdict.lowers
  }

  /// - Parameters:
  ///   - hit: judged already.
  ///   - location: the item's place.
  ///   - part: what the hit's part knows of places.
  ///   - record: where in a record of the file it is.
  ///   - firstLine: newlines before the part.
  ///   - lineOffset: where the line that crosses the part's start began.
  func finding(
    _ hit: Hit, at item: Location, part: PartResult, rowKey: String?, record: RecordPlace?,
    firstLine: Int, lineOffset: Int, classes: ClassTable
  ) -> Finding {
    var location = item
    location.member = part.member
    let start = hit.lineOffset >= 0 ? hit.lineOffset : lineOffset
    if let table = part.table {
      location.table = table
      location.row = rowKey
      let column = part.valueColumn ?? Int(hit.column)
      if part.columns.indices.contains(column) { location.field = part.columns[column] }
    }
    if part.table != nil, part.valueColumn == nil || part.isDerived {
      // The row is the place.
    } else if hit.evidence.contains(.residue) {
      location.byteOffset = hit.offset
    } else if part.isText {
      location.line = firstLine + hit.line + 1
    } else {
      location.byteOffset = hit.offset
      location.line = firstLine + hit.line + 1
      location.column = hit.offset - start + 1
    }
    let label = classes.entries[hit.classKey]?.label ?? part.labels[hit.classKey] ?? ""
    let own = location
    if let record, part.table == nil {
      location.table = record.table
      location.field = record.field
      location.row = record.row.map { String($0) }
    }
    if location.field == nil, !hit.evidence.isDisjoint(with: [.field, .label, .keyed]),
      !label.isEmpty
    {
      location.field = label
    }
    location.field = location.field.map(FindingMaker.withoutCodes)
    let rule = catalogue[hit.rule.name]
    var severity = Severity(rawValue: rule?.severity ?? "") ?? .high
    var brand: String?
    var masked: MaskedPAN?
    var text: String?
    switch hit.rule {
    case .pan, .track1, .track2, .splitPAN:
      masked = MaskedPAN(
        length: Int(hit.digits), first6: Int(hit.first6), last4: Int(hit.last4), mask: options.mask)
      brand = hit.brand >= 0 ? detector.rules.brands[Int(hit.brand)].id : nil
      text = masked?.text
    case .cvv, .pinBlock:
      text = String(repeating: "*", count: Int(hit.digits))
    case .secret:
      let secret = detector.rules.secrets[Int(hit.brand)]
      severity = Severity(rawValue: secret.severity) ?? severity
      text = (secret.prefix ?? secret.infix ?? "") + "********"
    }
    var finding = Finding(
      id: FindingMaker.id(hit, own, rowKey: rowKey), rule: hit.rule.name, kind: hit.rule.kind,
      brand: brand, last4: masked?.last4, bin: masked?.bin,
      length: hit.rule == .secret ? nil : Int(hit.digits), masked: text,
      confidence: Confidence(score: Int(hit.score)), score: Int(hit.score),
      testNumber: hit.evidence.contains(.testNumber),
      reasons: detector.reasons(for: hit, label: label, classEntry: classes.entries[hit.classKey]),
      encoding: part.encoding + hit.encodings.names, requirements: rule?.requirements ?? [],
      severity: severity,
      location: location)
    if hit.innerLines > 0 { finding.endLine = location.line.map { $0 + Int(hit.innerLines) } }
    return finding
  }

  /// A finding that is about columns of a table, not about a place in a value. Names no digit.
  func tableFinding(
    rule name: String, kind: Finding.Kind, at item: Location, table: String, field: String,
    row: String?, brand: String?, testNumber: Bool, reasons: [String]
  ) -> Finding {
    var location = item
    location.table = table
    location.field = field
    location.row = row
    let rule = catalogue[name]
    let score = 95
    return Finding(
      id: FindingMaker.id(name, location, rowKey: nil, offset: ""), rule: name, kind: kind,
      brand: brand, confidence: Confidence(score: score), score: score, testNumber: testNumber,
      reasons: reasons, requirements: rule?.requirements ?? [],
      severity: Severity(rawValue: rule?.severity ?? "") ?? .high, location: location)
  }

  /// Made from the rule and the place alone.
  private static func id(_ hit: Hit, _ location: Location, rowKey: String?) -> String {
    id(hit.rule.name, location, rowKey: rowKey, offset: String(hit.offset))
  }

  /// A name or path of names without those that may be verification codes or PINs: a table's first line
  /// need not be its header.
  private static func withoutCodes(_ name: String) -> String {
    guard name.utf8.contains(where: { (0x30...0x39).contains($0) }) else { return name }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { part in
      let isCode = (3...12).contains(part.utf8.count) && part.allSatisfy(\.isWholeNumber)
      return isCode ? String(repeating: "*", count: part.utf8.count) : String(part)
    }
    return parts.joined(separator: ".")
  }

  /// Of a finding that is at another place as well.
  static func id(ofCopy id: String, at location: Location) -> String {
    self.id(id, location, rowKey: nil, offset: "")
  }

  /// FNV-1a over the texts.
  private static func id(
    _ rule: String, _ location: Location, rowKey: String?, offset: String
  ) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ text: String?) {
      for byte in (text ?? "").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    add(rule)
    // However it was typed, so that two runs of the same can be compared.
    add(PathSpelling.plain(location.target))
    add(
      PathSpelling.isAddress(location.target)
        ? location.path : location.path.map(PathSpelling.plain))
    add(location.member)
    add(location.table)
    add(location.table == nil ? nil : location.field)
    add(rowKey)
    add(offset)
    // The first digit is made a letter, so that no id is a number that a scan of our own report finds.
    let hex = String(hash | 0xE000_0000_0000_0000, radix: 16)
    return String(repeating: "0", count: 16 - hex.count) + hex
  }
}
