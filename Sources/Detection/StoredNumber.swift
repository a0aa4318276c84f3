import Rules

/// The card number that a value of a column stands for, while it is being looked at.
package struct StoredNumber {
  package let summary: CardSummary
  /// Its digits and nothing else; overwritten when the look is over.
  package let digits: UnsafeRawBufferPointer
}

extension Detector {
  /// Hands over the card number that a value stands for, however its column writes numbers.
  ///
  /// Separators between the digits, zeros in front, a fraction of zeros, blanks and zero bytes behind do
  /// not matter: `4242-4242-4242-4242`, `00004242424242424242`, `4242424242424242.00`. In JSON and arrays it
  /// is the only number there, or the only one with a card's name.
  /// - Returns: `nil` when the value is no card number: several numbers, other characters, no issuer's range
  ///   or length, or a wrong check digit.
  package func number<R>(
    in value: UnsafeRawBufferPointer, _ body: (StoredNumber) -> R
  ) -> R? {
    guard let value = content(of: value), value.count <= StoredNumber.bytesMax else { return nil }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: StoredNumber.bytesMax) {
      digits in
      digits.initialize(repeating: 0)
      defer { digits.update(repeating: 0) }
      guard let count = StoredNumber.collect(value, digits), count >= StoredNumber.digitsMin,
        let start = UnsafePointer(digits.baseAddress)
      else { return nil }
      if let summary = card(start, count: count) {
        return body(StoredNumber(summary, start, count))
      }
      let zeros = FilledNumber.zeros(start, count: count)
      let rest = count - zeros
      guard zeros > 0, rest >= FilledNumber.digitsMin,
        Luhn.isValid(start + zeros, count: rest), let summary = card(start + zeros, count: rest)
      else { return nil }
      return body(StoredNumber(summary, start + zeros, rest))
    }
  }

  /// What may be kept of a value that is one card number and nothing else, as `number` reads it.
  package func summary(of value: UnsafeRawBufferPointer) -> CardSummary? {
    number(in: value) { $0.summary }
  }

  /// The part of a value that may be its number: all of it, or what stands for it in JSON or an array.
  /// - Returns: nothing for JSON and arrays without a value; `nil` where several could be meant.
  package func content(of value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard ValueLeaves.mayRead(value) else { return value }
    guard let leaves = ValueLeaves.all(of: value) else { return nil }
    if leaves.count <= 1 {
      return UnsafeRawBufferPointer(rebasing: value[leaves.first?.range ?? 0..<0])
    }
    let numbers = leaves.filter { leaf in
      guard StoredNumber.mayBe(value[leaf.range]) else { return false }
      return leaf.key.map { isOfNumbers(value[$0]) } ?? true
    }
    guard numbers.count == 1 else { return nil }
    return UnsafeRawBufferPointer(rebasing: value[numbers[0].range])
  }

  private func isOfNumbers(_ key: Slice<UnsafeRawBufferPointer>) -> Bool {
    TableHeader.column(key, reader)?.meanings.contains { $0.category == .pan } ?? false
  }

  private func card(_ digits: UnsafePointer<UInt8>, count: Int) -> CardSummary? {
    guard count <= StoredNumber.digitsMax, let match = brands.match(digits, count: count),
      match.withoutLuhn || Luhn.isValid(digits, count: count)
    else { return nil }
    let last4 = UnsafeBufferPointer(start: digits + (count - 4), count: 4)
    return CardSummary(
      brand: rules.brands[match.brand].id, last4: String(decoding: last4, as: UTF8.self),
      mayBeOtherBrand: match.alsoOthers || !match.isNamed)
  }
}

extension StoredNumber {
  fileprivate static let bytesMax = 64
  fileprivate static let digitsMin = 12
  fileprivate static let digitsMax = 19

  fileprivate init(_ summary: CardSummary, _ digits: UnsafePointer<UInt8>, _ count: Int) {
    self.summary = summary
    self.digits = UnsafeRawBufferPointer(start: digits, count: count)
  }

  /// The digits of a value without what may stand between and behind them.
  /// - Returns: how many; `nil` for other characters, and for a fraction that is more than zeros.
  fileprivate static func collect(
    _ value: UnsafeRawBufferPointer, _ digits: UnsafeMutableBufferPointer<UInt8>
  ) -> Int? {
    var end = value.count
    // Bytes of fixed width are filled up with zero bytes.
    while end > 0, value[end - 1] == 0 { end -= 1 }
    var count = 0
    var points = 0
    var whole = 0
    for at in 0..<end {
      switch value[at] {
      case 0x30...0x39:
        digits[count] = value[at]
        count += 1
      case 0x2E:
        points += 1
        whole = count
      // A sign.
      case 0x2D where count == 0: return nil
      case 0x20, 0x2D, 0x2F, 0x5F, 0x09, 0x0A, 0x0D: continue
      default: return nil
      }
    }
    // Groups have several points between them.
    guard points == 1 else { return count }
    return digits[whole..<count].allSatisfy { $0 == 0x30 } ? whole : nil
  }

  /// Whether a value is as long as a number and has nothing that no number has, masked or not.
  fileprivate static func mayBe(_ value: Slice<UnsafeRawBufferPointer>) -> Bool {
    value.count >= digitsMin
      && value.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x20, 0x2D, 0x2E, 0x2F, 0x5F, 0x2A, 0x23, 0x58, 0x78: true
        default: false
        }
      }
  }
}
