/// The check digit of ISO/IEC 7812-1, annex B (the Luhn formula).
package enum Luhn {
  /// - Parameter digits: ASCII digits.
  @inline(__always)
  package static func isValid(_ digits: UnsafePointer<UInt8>, count: Int) -> Bool {
    var sum = 0
    var i = count &- 1
    while i >= 0 {
      sum &+= Int(digits[i] &- 0x30)
      i &-= 2
    }
    i = count &- 2
    while i >= 0 {
      let twice = Int(digits[i] &- 0x30) &* 2
      sum &+= twice > 9 ? twice &- 9 : twice
      i &-= 2
    }
    return sum % 10 == 0
  }
}
