/// Keeps card numbers out of names: a path, a table's name or a row's key may itself hold one
/// (`scans/4111….pdf`, a table whose primary key is the number).
///
/// Every text of foreign origin that is shown passes here. It asks less than detection does: digits
/// of a plausible first digit and length that pass Luhn, plain or with single spaces or hyphens.
package enum NumberGuard {
  /// The text with every number that could be a card's masked to its last four.
  ///
  /// For example `id=************1111` for a row's key.
  /// - Complexity: O(*n*); nothing is allocated for a text without a long number.
  package static func masked(_ text: String) -> String {
    guard hasLongNumber(text.utf8) else { return text }
    var bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      guard isDigit(bytes[start]) else {
        start += 1
        continue
      }
      start = maskRun(from: start, in: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What a part of some bytes is when its digits are taken together.
  package enum Shape: Sendable {
    case none
    /// The length and first digit of a card number, but not its check digit.
    case fails
    case passes
  }

  /// Whether a part of some bytes holds a number that could be a card's, plain or with single
  /// spaces, hyphens or dots.
  ///
  /// Of random numbers of that shape one in ten passes; of card numbers all do.
  /// - Complexity: O(*n*); nothing is allocated for a part with fewer than 12 digits.
  package static func shape(of bytes: [UInt8], in range: Range<Int>) -> Shape {
    guard range.count >= 12, range.reduce(0, { $0 + (isDigit(bytes[$1]) ? 1 : 0) }) >= 12 else {
      return .none
    }
    var result = Shape.none
    // Groups of digits with one separator between two; any neighbours may make up the number.
    var digits: [UInt8] = []
    var starts = [0]
    func close() {
      for (index, start) in starts.enumerated() {
        for end in starts[(index + 1)...].prefix(19) + [digits.count] where end - start <= 19 {
          let number = Array(digits[start..<end])
          guard isCardShape(number) else { continue }
          if passesLuhn(number) { result = .passes } else if result == .none { result = .fails }
        }
      }
      digits.removeAll(keepingCapacity: true)
      starts = [0]
    }
    for at in range {
      let byte = bytes[at]
      if isDigit(byte) {
        digits.append(byte - 0x30)
      } else if byte == 0x20 || byte == 0x2D || byte == 0x2E, !digits.isEmpty,
        at + 1 < range.upperBound, isDigit(bytes[at + 1])
      {
        starts.append(digits.count)
      } else {
        close()
      }
    }
    close()
    return result
  }

  /// Masks what may be a number in the run of digits that begins at `start`; returns its end.
  private static func maskRun(from start: Int, in bytes: inout [UInt8]) -> Int {
    var digits: [Int] = []
    var plainCount = 0
    var end = start
    while end < bytes.count {
      if isDigit(bytes[end]) {
        digits.append(end)
      } else if bytes[end] == 0x20 || bytes[end] == 0x2D, end + 1 < bytes.count,
        isDigit(bytes[end + 1])
      {
        if plainCount == 0 { plainCount = digits.count }
      } else {
        break
      }
      end += 1
    }
    if plainCount == 0 { plainCount = digits.count }
    if couldBeCard(digits.map { bytes[$0] - 0x30 }) {
      for position in digits.dropLast(4) { bytes[position] = 0x2A }
      return end
    }
    let plain = digits.prefix(plainCount)
    if couldBeCard(plain.map { bytes[$0] - 0x30 }) {
      for position in plain.dropLast(4) { bytes[position] = 0x2A }
    }
    return plain.last! + 1
  }

  /// Lengths by first digit as issuers use them; narrow enough to leave dates and epochs alone.
  private static func couldBeCard(_ digits: [UInt8]) -> Bool {
    isCardShape(digits) && passesLuhn(digits)
  }

  private static func isCardShape(_ digits: [UInt8]) -> Bool {
    guard (12...19).contains(digits.count) else { return false }
    return switch digits.count {
    case 12: digits[0] == 5 || digits[0] == 6
    case 13: (4...6).contains(digits[0])
    case 14: digits[0] == 3
    case 15: digits[0] != 2 && digits[0] != 4 && digits[0] <= 6
    case 16: digits[0] >= 2
    default: (3...9).contains(digits[0])
    }
  }

  private static func passesLuhn(_ digits: [UInt8]) -> Bool {
    var sum = 0
    for (index, digit) in digits.reversed().enumerated() {
      let doubled = Int(digit) * 2
      sum += index % 2 == 0 ? Int(digit) : doubled > 9 ? doubled - 9 : doubled
    }
    return sum % 10 == 0
  }

  /// Whether twelve digits follow each other with at most one other byte between two.
  private static func hasLongNumber(_ bytes: String.UTF8View) -> Bool {
    var count = 0
    var isGap = false
    for byte in bytes {
      if isDigit(byte) {
        count += 1
        isGap = false
        if count >= 12 { return true }
      } else {
        if isGap { count = 0 }
        isGap = true
      }
    }
    return false
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
