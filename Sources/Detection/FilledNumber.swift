/// A number that was filled up with zeros to the width of its column, as `zerofill` of MariaDB and texts
/// of fixed width do: `00004242424242424242`.
enum FilledNumber {
  /// Ids are filled up as well: fewer digits are no card's then.
  static let digitsMin = 13
  /// Of such columns.
  static let widths = 16...32

  /// How many zeros stand before the first other digit.
  static func zeros(_ digits: UnsafePointer<UInt8>, count: Int) -> Int {
    var zeros = 0
    while zeros < count, digits[zeros] == 0x30 { zeros += 1 }
    return zeros
  }
}
