/// Tells short figures that can be nothing else: counters, amounts, dates, points of time.
///
/// Most values of most tables are such. The scanner finds nothing in them, for no number of a card has
/// fewer than twelve digits, and the classifier calls them what is said here, as long as their column's
/// name says nothing: a test holds all three together.
enum PlainFigures {
  static let bytesMax = 32

  /// - Parameter p: `n` bytes.
  /// - Returns: `.number`, `.date`, or `nil` when it takes a closer look.
  static func kind(_ p: UnsafePointer<UInt8>, _ n: Int) -> ValueClass? {
    if n <= 11, areDigits(p, count: n) { return .number }
    guard n >= 2, isDigit(p[n &- 1]) else { return nil }
    if n >= 10, p[4] == 0x2D, p[7] == 0x2D { return isDate(p, n) ? .date : nil }
    return n <= 13 && isAmount(p, n) ? .number : nil
  }

  /// Up to eleven digits with a sign, a point between them, or both.
  private static func isAmount(_ p: UnsafePointer<UInt8>, _ n: Int) -> Bool {
    let start = p[0] == 0x2D ? 1 : 0
    guard n &- start <= 12, isDigit(p[start]) else { return false }
    var points = 0
    for i in start..<n where !isDigit(p[i]) {
      guard p[i] == 0x2E else { return false }
      points &+= 1
    }
    return points <= 1 && n &- start &- points <= 11
  }

  /// `2024-05-01`, `2024-05-01 10:00:00`, `2024-05-01 10:00:00.123456+00`.
  private static func isDate(_ p: UnsafePointer<UInt8>, _ n: Int) -> Bool {
    guard areDigits(p, count: 4), areDigits(p + 5, count: 2), areDigits(p + 8, count: 2) else {
      return false
    }
    let year = two(p, 0) &* 100 &+ two(p, 2)
    guard year >= 1800, year <= 2199, (1...12).contains(two(p, 5)), (1...31).contains(two(p, 8))
    else { return false }
    if n == 10 { return true }
    guard n >= 19, n <= 24, p[10] == 0x20, areDigits(p + 11, count: 2), p[13] == 0x3A,
      areDigits(p + 14, count: 2), p[16] == 0x3A, areDigits(p + 17, count: 2)
    else { return false }
    if n == 19 { return true }
    // What is left are parts of a second.
    return p[19] == 0x2E && areDigits(p + 20, count: n &- 20)
  }

  @inline(__always)
  private static func two(_ p: UnsafePointer<UInt8>, _ at: Int) -> Int {
    Int(p[at] &- 0x30) &* 10 &+ Int(p[at &+ 1] &- 0x30)
  }
}
