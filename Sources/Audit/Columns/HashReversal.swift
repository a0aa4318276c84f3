import Core
import Detection
import Native

/// Shows that a hash is one of a card number without a key, by trying the numbers that the row's other
/// columns leave possible. Keeps no number: the one that fits is overwritten before the answer is given.
/// One for each column and hash function, as it learns how the column's numbers were written.
final class HashReversal {
  private let detector: Detector
  private let hasher: LibCrypto.Hasher
  private let digits: UnsafeMutablePointer<UInt8>
  /// The digits in groups.
  private let spelled: UnsafeMutablePointer<UInt8>
  private let result: UnsafeMutablePointer<UInt8>
  /// What may stand between groups of digits, that of the last answer first: nothing, or as numbers are
  /// printed and typed.
  private var separators: [UInt8?] = [nil, UInt8(ascii: " "), UInt8(ascii: "-")]
  /// Rows of which none fitted.
  private var misses = 0

  /// What a reversed hash tells.
  struct Answer {
    var brand: String
    var isTestNumber: Bool
    /// The columns whose digits were enough.
    var columns: [Int]
  }

  /// - Throws: when libcrypto does not have the function.
  init(
    _ function: LibCrypto.HashFunction, _ library: LibCrypto, _ detector: Detector
  ) throws(RunError) {
    self.detector = detector
    hasher = try LibCrypto.Hasher(function, library)
    digits = .allocate(capacity: 32)
    digits.initialize(repeating: 0, count: 32)
    spelled = .allocate(capacity: 32)
    spelled.initialize(repeating: 0, count: 32)
    result = .allocate(capacity: 64)
    result.initialize(repeating: 0, count: 64)
  }

  deinit {
    wipe()
    digits.deallocate()
    spelled.deallocate()
    result.deallocate()
  }

  private func wipe() {
    digits.update(repeating: 0, count: 32)
    spelled.update(repeating: 0, count: 32)
    result.update(repeating: 0, count: 64)
  }

  /// Tries every number that fits what is known, the fewest first: as digits alone, and in the column's
  /// first rows also in groups.
  /// - Returns: `nil` when none has this hash, or too many would have to be tried.
  func reverse(_ sample: HashSample) -> Answer? {
    guard sample.hash.count == hasher.function.byteCount else { return nil }
    defer { wipe() }
    for (index, separator) in separators.enumerated() {
      if let answer = reverse(sample, separator) {
        separators.swapAt(0, index)
        return answer
      }
    }
    misses += 1
    // A column's numbers are written in one way.
    if misses == Limits.hashGroupRowsMax { separators = [separators[0]] }
    return nil
  }

  private func reverse(_ sample: HashSample, _ separator: UInt8?) -> Answer? {
    for known in sample.known {
      let lengths =
        known.length > 0
        ? [known.length] : detector.lengths(ofPrefix: known.head, count: known.headCount)
      for length in lengths {
        let unknown = length - known.headCount - known.tailCount
        guard unknown >= 0, HashReversal.tries(unknown: unknown) <= Limits.hashTriesMax else {
          continue
        }
        if let brand = search(sample.hash, known, length, separator) {
          return Answer(brand: brand, isTestNumber: isTestNumber(length), columns: known.columns)
        }
      }
    }
    return nil
  }

  /// Whether anything of what is known leaves few enough numbers.
  func canTry(_ sample: HashSample) -> Bool {
    sample.known.contains { known in
      let lengths =
        known.length > 0
        ? [known.length] : detector.lengths(ofPrefix: known.head, count: known.headCount)
      return lengths.contains {
        let unknown = $0 - known.headCount - known.tailCount
        return unknown >= 0 && HashReversal.tries(unknown: unknown) <= Limits.hashTriesMax
      }
    }
  }

  /// The check digit leaves one in ten of the numbers.
  private static func tries(unknown: Int) -> Int {
    unknown > 9 ? .max : (0..<max(0, unknown - 1)).reduce(1) { product, _ in product * 10 }
  }

  private func isTestNumber(_ length: Int) -> Bool {
    var number: UInt64 = 0
    for i in 0..<length { number = number &* 10 &+ UInt64(digits[i] &- 0x30) }
    return detector.isTestNumber(number)
  }

  /// - Returns: the brand of the number with this hash, which is then in `digits`.
  private func search(
    _ hash: [UInt8], _ known: KnownDigits, _ length: Int, _ separator: UInt8?
  ) -> String? {
    write(known.head, count: known.headCount, at: 0)
    write(known.tail, count: known.tailCount, at: length - known.tailCount)
    let free = known.headCount..<(length - known.tailCount)
    for place in free { digits[place] = 0x30 }
    guard let last = free.last else { return fits(hash, length, separator) }
    // What the known digits and those tried add to the Luhn sum; the last free digit makes it right.
    while true {
      let open = (10 - sum(length, without: last) % 10) % 10
      digits[last] =
        0x30
        &+ UInt8(
          HashReversal.isDoubled(last, length) ? HashReversal.halves[open] : open)
      if let brand = fits(hash, length, separator) { return brand }
      var place = last - 1
      while place >= free.lowerBound, digits[place] == 0x39 {
        digits[place] = 0x30
        place -= 1
      }
      guard place >= free.lowerBound else { return nil }
      digits[place] += 1
    }
  }

  private func fits(_ hash: [UInt8], _ length: Int, _ separator: UInt8?) -> String? {
    let text =
      separator.map { spell(length, $0) }
      ?? UnsafeRawBufferPointer(start: digits, count: length)
    guard hasher.hash(text, into: result) else { return nil }
    for i in hash.indices where result[i] != hash[i] { return nil }
    return detector.brand(ofNumber: UnsafeBufferPointer(start: digits, count: length))
  }

  private func spell(_ length: Int, _ separator: UInt8) -> UnsafeRawBufferPointer {
    // Of 14 and 15 digits the second group is the long one: 4-6-4 and 4-6-5.
    let isLong = length == 14 || length == 15
    var count = 0
    for place in 0..<length {
      if isLong ? place == 4 || place == 10 : place > 0 && place % 4 == 0 {
        spelled[count] = separator
        count += 1
      }
      spelled[count] = digits[place]
      count += 1
    }
    return UnsafeRawBufferPointer(start: spelled, count: count)
  }

  private func write(_ value: UInt64, count: Int, at start: Int) {
    var rest = value
    for place in stride(from: start + count - 1, through: start, by: -1) {
      digits[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  private func sum(_ length: Int, without place: Int) -> Int {
    var sum = 0
    for i in 0..<length where i != place {
      let digit = Int(digits[i] &- 0x30)
      let twice = digit &* 2
      sum &+= !HashReversal.isDoubled(i, length) ? digit : twice > 9 ? twice &- 9 : twice
    }
    return sum
  }

  private static func isDoubled(_ place: Int, _ length: Int) -> Bool {
    (length &- place) & 1 == 0
  }

  /// The digit that gives n when it is doubled as Luhn does.
  private static let halves = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]
}
