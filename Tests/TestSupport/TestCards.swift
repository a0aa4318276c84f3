/// Card numbers and texts made from a seed; nobody's, and the same on every machine.
package enum TestCards {
  /// A number of `length` digits that begins with `prefix` and passes Luhn.
  ///
  /// For example `number("4", 16, using: &random)`.
  package static func number(
    _ prefix: String, _ length: Int, using random: inout SplitMix
  ) -> String {
    var digits = prefix.utf8.map { Int($0 & 0x0F) }
    while digits.count < length - 1 { digits.append(Int.random(in: 0...9, using: &random)) }
    digits = Array(digits.prefix(length - 1))
    return (digits + [checkDigit(digits)]).map(String.init).joined()
  }

  /// A number of `length` random digits after `prefix`, whether it passes Luhn or not.
  package static func id(_ prefix: String, _ length: Int, using random: inout SplitMix) -> String {
    var text = prefix
    while text.utf8.count < length { text += String(Int.random(in: 0...9, using: &random)) }
    return text
  }

  /// What makes `digits` pass Luhn when appended (ISO/IEC 7812-1, annex B).
  package static func checkDigit(_ digits: [Int]) -> Int {
    var sum = 0
    for (index, digit) in digits.reversed().enumerated() {
      let doubled = digit * 2
      sum += index % 2 != 0 ? digit : doubled > 9 ? doubled - 9 : doubled
    }
    return (10 - sum % 10) % 10
  }

  /// The digits of `number` in groups of these lengths with `separator` between them.
  package static func grouped(_ number: String, _ groups: [Int], _ separator: String) -> String {
    var rest = number[...]
    var parts: [Substring] = []
    for count in groups {
      parts.append(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return parts.joined(separator: separator)
  }
}
