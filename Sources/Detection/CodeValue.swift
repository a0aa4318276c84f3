/// A value that a column named for a code or a PIN may hold.
enum CodeValue {
  /// Three or four digits.
  case digits
  /// Sixteen hex digits, or 32.
  case pinBlock

  /// - Parameter range: as `range` gives it.
  init(_ bytes: Bytes, _ range: Range<Int>) { self = range.count <= 4 ? .digits : .pinBlock }

  /// The value inside a cell, without quotes, blanks and what marks a text's kind (`N'737'`).
  ///
  /// - Returns: `nil` if the cell holds anything else.
  static func range(_ bytes: Bytes, _ cell: Range<Int>) -> Range<Int>? {
    var low = cell.lowerBound
    var high = cell.upperBound
    func isTrim(_ c: UInt8) -> Bool { isBlank(c) || c == 0x0A || c == 0x0D }
    while low < high, isTrim(bytes[low]) { low += 1 }
    while high > low, isTrim(bytes[high - 1]) { high -= 1 }
    if high - low > 3, bytes[low + 1] == 0x27, isLetter(bytes[low]) { low += 1 }
    if high - low > 2, bytes[low] == 0x27 || bytes[low] == 0x22, bytes[high - 1] == bytes[low] {
      low += 1
      high -= 1
    }
    let value = low..<high
    switch value.count {
    case 3, 4: return value.allSatisfy { isDigit(bytes[$0]) } ? value : nil
    case 16, 32: return value.allSatisfy { isHex(bytes[$0]) } ? value : nil
    default: return nil
    }
  }
}
