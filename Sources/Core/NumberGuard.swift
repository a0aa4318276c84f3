/// Keeps card numbers out of names: a path, a table's name or a row's key may itself hold one
/// (`scans/4111….pdf`, a table whose primary key is the number).
///
/// Every text of foreign origin that is shown passes here. It asks less than detection does: digits
/// of a plausible first digit and length that pass Luhn, plain or in the groups that numbers are printed
/// in, whatever stands between these.
package enum NumberGuard {
  /// The text with every number that could be a card's masked to its last four, and what follows it on
  /// a magnetic track and in a Stripe key masked as a whole.
  ///
  /// For example `id=************1111` for a row's key.
  /// - Complexity: O(*n*); nothing is allocated for a text with fewer than 12 digits.
  package static func masked(_ text: String) -> String {
    let text = SecretRemoval.withoutKeys(text)
    guard mayHoldNumber(text.utf8) else { return text }
    let bytes = Array(text.utf8)
    var stars: [Range<Int>] = []
    var start = 0
    while start < bytes.count {
      guard digit(bytes, start) != nil else {
        start += 1
        continue
      }
      let run = DigitRun(bytes, from: start)
      let endsInNumber = run.mask(into: &stars)
      start = endsInNumber ? maskTrack(bytes, from: run.end, into: &stars) : run.end
    }
    guard !stars.isEmpty else { return text }
    var masked: [UInt8] = []
    var at = 0
    for range in stars {
      masked += bytes[at..<range.lowerBound]
      masked.append(0x2A)
      at = range.upperBound
    }
    return String(decoding: masked + bytes[at...], as: UTF8.self)
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

  /// Whether there are twelve bytes of which each may be or begin a digit.
  private static func mayHoldNumber(_ bytes: String.UTF8View) -> Bool {
    var count = 0
    for byte in bytes where isDigit(byte) || byte == 0xEF || byte == 0xD9 || byte == 0xDB {
      count += 1
      if count >= 12 { return true }
    }
    return false
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// A digit of ASCII, of full width, or of one of Arabic's two sets.
  private static func digit(_ bytes: [UInt8], _ at: Int) -> Digit? {
    guard at < bytes.count else { return nil }
    if isDigit(bytes[at]) { return Digit(range: at..<at + 1, value: bytes[at] - 0x30) }
    if at + 2 < bytes.count, bytes[at] == 0xEF, bytes[at + 1] == 0xBC,
      (0x90...0x99).contains(bytes[at + 2])
    {
      return Digit(range: at..<at + 3, value: bytes[at + 2] - 0x90)
    }
    guard at + 1 < bytes.count else { return nil }
    switch (bytes[at], bytes[at + 1]) {
    case (0xD9, 0xA0...0xA9): return Digit(range: at..<at + 2, value: bytes[at + 1] - 0xA0)
    case (0xDB, 0xB0...0xB9): return Digit(range: at..<at + 2, value: bytes[at + 1] - 0xB0)
    default: return nil
    }
  }

  /// Where what stands between two groups of digits ends; `nil` when nothing of that kind begins there.
  private static func separatorEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
    var end = start
    if bytes[start] == 0x25, start + 2 < bytes.count {
      // An encoded byte.
      end = start + 3
    } else if bytes[start] < 0x80 {
      let isOne = separators.contains(bytes[start]) || bytes[start] < 0x20 || bytes[start] == 0x7F
      guard isOne else { return nil }
      end = start + 1
      if end < bytes.count, bytes[end] == bytes[start] { end += 1 }
    } else {
      while end < bytes.count, end - start < 4, bytes[end] >= 0x80, digit(bytes, end) == nil {
        end += 1
      }
    }
    return digit(bytes, end) == nil ? nil : end
  }

  private static let separators = Array(" -._/,+".utf8)

  /// Masks the rest of a track: the expiry and what comes with it, or the holder's name.
  /// - Returns: where it ends.
  private static func maskTrack(
    _ bytes: [UInt8], from start: Int, into stars: inout [Range<Int>]
  ) -> Int {
    guard start < bytes.count else { return start }
    let isFirst = bytes[start] == 0x5E
    let isSecond = [0x3D, 0x44, 0x64].contains(bytes[start])
    let expiry = bytes[(start + 1)...].prefix(4)
    guard isFirst || isSecond && expiry.count == 4 && expiry.allSatisfy(isDigit) else {
      return start
    }
    var at = start + 1
    while at < bytes.count, at - start < trackBytesMax, bytes[at] != 0x3F {
      let isLetter = (0x41...0x5A).contains(bytes[at] & 0xDF)
      if isDigit(bytes[at]) || isFirst && isLetter {
        stars.append(at..<at + 1)
      } else if isSecond, bytes[at] != 0x3D {
        break
      }
      at += 1
    }
    return at
  }

  private static let trackBytesMax = 80

  private struct Digit {
    var range: Range<Int>
    var value: UInt8
  }

  /// Groups of digits with one separator between two.
  private struct DigitRun {
    private var digits: [Digit] = []
    /// The digit that each group begins with.
    private var starts = [0]
    /// Whether the group is joined to the one before by a blank or a hyphen.
    private var isPlainlyJoined = [false]
    private(set) var end: Int

    init(_ bytes: [UInt8], from start: Int) {
      end = start
      while end < bytes.count {
        if let digit = NumberGuard.digit(bytes, end) {
          digits.append(digit)
          end = digit.range.upperBound
        } else if let next = NumberGuard.separatorEnd(bytes, end) {
          starts.append(digits.count)
          isPlainlyJoined.append(next == end + 1 && [0x20, 0x2D].contains(bytes[end]))
          end = next
        } else {
          break
        }
      }
    }

    /// Takes the longest number at each group.
    /// - Returns: whether the last group is part of one.
    func mask(into stars: inout [Range<Int>]) -> Bool {
      var first = 0
      var endsInNumber = false
      while first < starts.count {
        let last = (first..<min(starts.count, first + 19)).reversed().first {
          isNumber(first...$0)
        }
        endsInNumber = last != nil
        if let last { stars += digits[starts[first]..<endOf(last)].dropLast(4).map(\.range) }
        first = (last ?? first) + 1
      }
      return endsInNumber
    }

    private func endOf(_ group: Int) -> Int {
      group + 1 < starts.count ? starts[group + 1] : digits.count
    }

    private func isNumber(_ groups: ClosedRange<Int>) -> Bool {
      let range = starts[groups.lowerBound]..<endOf(groups.upperBound)
      let values = digits[range].map(\.value)
      // One group may be filled up with zeros to the width of a column.
      if groups.count == 1 { return NumberGuard.couldBeCard(Array(values.drop { $0 == 0 })) }
      guard range.count <= 19, isPrinted(groups) || isJoined(groups) else { return false }
      return NumberGuard.couldBeCard(values)
    }

    /// Blanks and hyphens join groups of any length; dates and counters of names are joined by others.
    private func isJoined(_ groups: ClosedRange<Int>) -> Bool {
      groups.count == 1
        || isPlainlyJoined[(groups.lowerBound + 1)...groups.upperBound].allSatisfy { $0 }
          && !isPlainlyJoined[groups.lowerBound]
          && (groups.upperBound + 1 == starts.count || !isPlainlyJoined[groups.upperBound + 1])
    }

    private func isPrinted(_ groups: ClosedRange<Int>) -> Bool {
      let counts = groups.map { endOf($0) - starts[$0] }
      return NumberGuard.printed.contains(counts)
    }
  }

  /// Groups that numbers are printed in.
  private static let printed: Set<[Int]> = [
    [4, 4, 4, 4], [4, 4, 4, 4, 3], [4, 4, 4, 4, 2], [4, 4, 4, 3], [4, 4, 4, 1], [4, 6, 5],
    [4, 6, 4],
    [6, 13], [6, 10], [6, 6, 4], [8, 8], [4, 4, 4, 4, 1],
  ]
}
