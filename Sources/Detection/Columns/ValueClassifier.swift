import Core
import Rules

/// Tells what whole values are: one worker's own, with scratch memory for the digits of a number.
///
/// Card numbers, tracks, codes and secrets are the scanner's to tell; a value in which it found none
/// is looked at here. Text is what remains.
package final class ValueClassifier {
  let detector: Detector
  private let brands: BrandNames
  let ids: StripeIDs
  private let kinds = ByteKindTable.shared
  private let scratch: UnsafeMutablePointer<UInt8>
  /// Words of the current table in which the scanner found nothing, with what they are.
  private var memo = ValueMemo()
  /// What the names of the current table's columns say.
  private var hints: [ColumnHints] = []

  /// Of a longer value only the front is looked at.
  private static let bytesMax = 256
  private static let scratchBytes = 32

  package init(_ detector: Detector) {
    self.detector = detector
    brands = BrandNames(detector.rules)
    ids = StripeIDs(detector.rules.stripeIDs)
    scratch = .allocate(capacity: ValueClassifier.scratchBytes)
    scratch.initialize(repeating: 0, count: ValueClassifier.scratchBytes)
  }

  deinit {
    scratch.update(repeating: 0, count: ValueClassifier.scratchBytes)
    scratch.deallocate()
  }

  /// Starts a table.
  /// - Parameter hints: what the columns' names say.
  package func begin(_ hints: [ColumnHints]) {
    self.hints = hints
    memo.begin(columns: hints.count)
  }

  /// Equal for equal values. Only ever kept in memory.
  package func hash(of value: UnsafeRawBufferPointer) -> UInt64 {
    guard let memory = value.baseAddress else { return 0 }
    return valueHash(memory.assumingMemoryBound(to: UInt8.self), count: value.count)
  }

  /// What can be said of a value of the current table before it is scanned.
  ///
  /// - Parameter value: a whole value, not empty.
  package func glance(at value: UnsafeRawBufferPointer, column: Int) -> ValueGlance {
    guard let start = value.baseAddress else { return ValueGlance(hash: 0) }
    let p = start.assumingMemoryBound(to: UInt8.self)
    let n = value.count
    var glance = ValueGlance(hash: valueHash(p, count: n))
    if n <= PlainFigures.bytesMax, hints[column].isEmpty, let kind = PlainFigures.kind(p, n) {
      glance.kind = kind
    } else if n <= ValueMemo.valueBytesMax {
      glance.kind = ValueClass(number: memo.number(of: value, hash: glance.hash, column: column))
      glance.isKnown = glance.kind != nil
    }
    return glance
  }

  /// Keeps in mind what a value of the current table is, so that the next one like it is known at a
  /// glance.
  /// - Parameter value: a whole value in which the scanner found nothing.
  package func remember(
    _ kind: ValueClass, of value: UnsafeRawBufferPointer, hash: UInt64, column: Int
  ) {
    memo.remember(kind.rawValue + 1, of: value, hash: hash, column: column)
  }

  /// - Parameters:
  ///   - value: the whole value, or the front of a large one; not empty.
  ///   - hash: of the value, as `hash(of:)` gives it.
  ///   - hints: what its column's name says.
  package func classify(
    _ value: UnsafeRawBufferPointer, hash: UInt64, hints: ColumnHints
  ) -> ClassifiedValue {
    guard let memory = value.baseAddress, value.count > 0 else {
      return ClassifiedValue(.other, hash: 0)
    }
    var p = memory.assumingMemoryBound(to: UInt8.self)
    var n = value.count
    // Columns of a fixed width are filled up with spaces.
    while n > 1, p[n &- 1] == 0x20 { n &-= 1 }
    while n > 1, p[0] == 0x20 {
      p += 1
      n &-= 1
    }
    let found = kinds.kinds(p, count: min(n, ValueClassifier.bytesMax))
    var result = ClassifiedValue(.text, hash: hash)
    if found == .digit {
      classifyDigits(p, n, hints, &result)
    } else if n <= 24, found.isSubset(of: [.digit, .dash, .dot, .slash, .space, .code]) {
      classifyFigures(p, n, hints, &result)
    } else if found.contains(.control) || found.contains(.high) && !isText(p, n) {
      classifyBinary(value.count, &result)
    } else {
      classifyWords(p, n, found, hints, &result)
    }
    return result
  }

  // MARK: - Figures

  private func classifyDigits(
    _ p: UnsafePointer<UInt8>, _ n: Int, _ hints: ColumnHints, _ result: inout ClassifiedValue
  ) {
    result.kind = .number
    // Those that are left when a number was filled up with zeros.
    var p = p
    var n = n
    if p[0] == 0x30, (16...20).contains(n) {
      var zeros = 0
      while p[zeros] == 0x30, zeros < n { zeros += 1 }
      if n - zeros >= 13, detector.brands.match(p + zeros, count: n - zeros) != nil {
        p += zeros
        n -= zeros
      }
    }
    guard n <= 19 else {
      if n == 32 || n == 40 || n == 64 { result.hashBytes = n / 2 }
      return
    }
    var value: UInt64 = 0
    for i in 0..<n { value = value &* 10 &+ UInt64(p[i] &- 0x30) }
    result.head = value
    result.headCount = n
    result.isDigits = true
    if n >= 12 {
      judgeNumber(p, n, &result)
    } else if hints.contains(.last4), n <= 4 {
      result.kind = .last4
    } else if n > 4, !hints.isDisjoint(with: [.wideTail, .last4]) {
      result.kind = .truncatedTooWide
    } else if hints.contains(.bin), n == 6 || n == 8 || n == 4 {
      result.kind = .bin
    } else if hints.contains(.expiry), isExpiry(Int(value), n) {
      result.kind = .expiry
    }
  }

  /// Digits with separators: a grouped number, a date, an amount.
  private func classifyFigures(
    _ p: UnsafePointer<UInt8>, _ n: Int, _ hints: ColumnHints, _ result: inout ClassifiedValue
  ) {
    result.kind = .other
    if let date = dateOrExpiry(p, n, hints) {
      result.kind = date
      return
    }
    if classifyMasked(p, n, &result) { return }
    var count = 0
    var points = 0
    var isGrouped = true
    for i in 0..<n {
      let c = p[i]
      if isDigit(c) {
        if count < 19 { scratch[count] = c }
        count &+= 1
      } else if c == 0x2E {
        points &+= 1
      } else if c != 0x20 && c != 0x2D || i == 0 {
        isGrouped = false
      }
    }
    defer { for i in 0..<min(count, 19) { scratch[i] = 0 } }
    if count == 0 { return }
    if points == 1, isDigit(p[n &- 1]) || isDigit(p[0]), n &- count &- 1 <= 1,
      p[0] == 0x2D || n &- count == 1
    {
      result.kind = .number
    } else if p[0] == 0x2D || p[0] == 0x2B, n &- count == 1 {
      result.kind = .number
    } else if isGrouped, points == 0, (12...19).contains(count) {
      result.kind = .number
      result.isDigits = true
      for i in 0..<count { result.head = result.head &* 10 &+ UInt64(scratch[i] &- 0x30) }
      result.headCount = count
      judgeNumber(scratch, count, &result)
    }
  }

  private func judgeNumber(
    _ digits: UnsafePointer<UInt8>, _ n: Int, _ result: inout ClassifiedValue
  ) {
    guard detector.brands.match(digits, count: n) != nil else { return }
    result.isCardShaped = true
    result.passesLuhn = Luhn.isValid(digits, count: n)
  }

  /// A month, a year, or both, as cards have them.
  private func isExpiry(_ value: Int, _ n: Int) -> Bool {
    func isMonth(_ month: Int) -> Bool { (1...12).contains(month) }
    func isYear(_ year: Int) -> Bool { (1990...2079).contains(year) }
    switch n {
    case 1: return isMonth(value)
    case 2: return true
    case 3: return isMonth(value / 100)
    case 4: return isYear(value) || isMonth(value / 100) || isMonth(value % 100)
    case 5, 6:
      return isMonth(value / 10_000) && isYear(value % 10_000)
        || isYear(value / 100) && isMonth(value % 100)
    default: return false
    }
  }

  private func dateOrExpiry(
    _ p: UnsafePointer<UInt8>, _ n: Int, _ hints: ColumnHints
  ) -> ValueClass? {
    func two(_ at: Int) -> Int { Int(p[at] &- 0x30) * 10 + Int(p[at + 1] &- 0x30) }
    func areDigits(_ range: Range<Int>) -> Bool { range.allSatisfy { isDigit(p[$0]) } }
    func separates(_ c: UInt8) -> Bool { c == 0x2D || c == 0x2F || c == 0x2E || c == 0x20 }
    if n >= 10, areDigits(0..<4), areDigits(5..<7), areDigits(8..<10), p[4] == p[7],
      separates(p[4]), (1...12).contains(two(5)), (1...31).contains(two(8)),
      (1800...2199).contains(two(0) * 100 + two(2)), n == 10 || !isDigit(p[10])
    {
      return .date
    }
    if n == 10 || n == 8, areDigits(0..<2), areDigits(3..<5), areDigits(6..<n), p[2] == p[5],
      separates(p[2]), p[2] != 0x20, (1...31).contains(two(0)), (1...31).contains(two(3))
    {
      return .date
    }
    // 10:30 and 10:30:00.
    if n == 5 || n == 8, areDigits(0..<2), p[2] == 0x3A, areDigits(3..<5), n == 5 || p[5] == 0x3A {
      return .date
    }
    guard n >= 4, n <= 7, hints.contains(.expiry) else { return nil }
    var figures: [Int] = [0]
    for i in 0..<n {
      if isDigit(p[i]) {
        figures[figures.count - 1] = figures[figures.count - 1] * 10 + Int(p[i] &- 0x30)
      } else {
        figures.append(0)
      }
    }
    guard figures.count == 2 else { return nil }
    return figures.contains { (1...12).contains($0) } ? .expiry : nil
  }

  // MARK: - Bytes

  /// Raw bytes: nobody can tell what they hold, and some lengths are those of hashes.
  private func classifyBinary(_ n: Int, _ result: inout ClassifiedValue) {
    result.kind = .opaque
    if [16, 20, 28, 32, 48, 64].contains(n) { result.hashBytes = n }
  }

  /// Whether bytes of 0x80 and above stand in valid UTF-8.
  private func isText(_ p: UnsafePointer<UInt8>, _ n: Int) -> Bool {
    var at = 0
    let end = min(n, ValueClassifier.bytesMax)
    while at < end {
      let c = p[at]
      let width = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 0
      // The last character may be cut by the end of what is looked at.
      guard width > 0 else { return false }
      if at + width > n { return end < n }
      for i in 1..<max(1, width) where p[at + i] & 0xC0 != 0x80 { return false }
      at += width
    }
    return true
  }

  // MARK: - Words

  private func classifyWords(
    _ p: UnsafePointer<UInt8>, _ n: Int, _ found: ByteKinds, _ hints: ColumnHints,
    _ result: inout ClassifiedValue
  ) {
    let hasSpace = !found.isDisjoint(with: [.space, .blank])
    if n <= 40, MaskedShape.mayBegin(found), classifyMasked(p, n, &result) { return }
    if n <= BrandNames.bytesMax, brands.has(p, n, hinted: hints.contains(.brand)) {
      result.kind = .brand
      return
    }
    if let bytes = hashBytes(p, n) {
      result.kind = .opaque
      result.hashBytes = bytes
      return
    }
    guard !hasSpace else { return }
    if found.contains(.underscore), let id = ids.match(p, n) {
      result.kind = id.kind
      result.isLive = id.isLive
      result.isTest = id.isTest
      return
    }
    if n == 36, found.isSubset(of: ByteKinds.hex.union(.dash)), p[8] == 0x2D, p[13] == 0x2D,
      p[18] == 0x2D, p[23] == 0x2D
    {
      result.kind = .other
      return
    }
    let coded = ByteKinds.words.union([.dash, .underscore, .slash, .code, .dot])
    guard found.isSubset(of: coded) else {
      if found.contains(.other), (0..<min(n, 64)).contains(where: { p[$0] == 0x40 }) {
        result.kind = .other
      }
      return
    }
    if found.isSubset(of: .hex), [32, 40, 56, 64, 96, 128].contains(n) {
      result.kind = .opaque
      result.hashBytes = n / 2
    } else if n >= 20, looksEncoded(p, count: min(n, 64)) {
      result.kind = .opaque
      result.hashBytes = base64Bytes(p, n, found)
    }
  }

  private func classifyMasked(
    _ p: UnsafePointer<UInt8>, _ n: Int, _ result: inout ClassifiedValue
  ) -> Bool {
    guard let mask = MaskedShape(p, n) else { return false }
    result.head = mask.head
    result.headCount = mask.headCount
    result.tail = mask.tail
    result.tailCount = mask.tailCount
    result.length = mask.length
    result.kind =
      mask.headCount > 6 || mask.tailCount > 4
      ? .truncatedTooWide : mask.headCount == 0 ? .last4 : .truncated
    return true
  }

  /// How many bytes a hash has that stands behind a prefix, or whose base64 has a line break.
  private func hashBytes(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int? {
    let start = HashSpelling.prefixBytes(p, n)
    let isBroken = n > 77 && (p[76] == 0x0A || p[76] == 0x0D)
    guard n <= ValueClassifier.bytesMax, start > 0 || isBroken else { return nil }
    let breaks = (start..<n).count { p[$0] == 0x0A || p[$0] == 0x0D }
    let found = kinds.kinds(p + start, count: n - start)
    if found.isSubset(of: .hex), [32, 40, 56, 64, 96, 128].contains(n - start) {
      return (n - start) / 2
    }
    guard found.isSubset(of: ByteKinds.words.union([.underscore, .dash, .slash, .code, .blank]))
    else { return nil }
    let bytes = base64Bytes(p + start, n - start, found, breaks: breaks)
    return bytes > 0 ? bytes : nil
  }

  /// How many bytes the value is as base64, where a hash has as many.
  /// - Parameter breaks: characters in it that break lines.
  private func base64Bytes(
    _ p: UnsafePointer<UInt8>, _ n: Int, _ found: ByteKinds, breaks: Int = 0
  ) -> Int {
    guard found.isDisjoint(with: .dot) else { return 0 }
    var count = n
    while count > 0, p[count &- 1] == 0x3D { count &-= 1 }
    count -= breaks
    let bytes = count * 3 / 4
    return count % 4 != 1 && [16, 20, 28, 32, 48, 64].contains(bytes) ? bytes : 0
  }
}
