/// The byte order of a file that is UTF-16 from its first byte on.
package struct UTF16Order: Equatable, Sendable {
  package let isBigEndian: Bool

  package static let little = UTF16Order(isBigEndian: false)
  package static let big = UTF16Order(isBigEndian: true)

  /// Units of the head that are looked at.
  private static let unitsMax = 256

  private init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

  /// - Returns: `nil` unless the head has a mark, or nearly all of it is ASCII beside NULs.
  package init?(head: [UInt8]) {
    guard head.count >= 8, head[0] == 0 || head[1] == 0 || head[0] >= 0xFE else { return nil }
    let units = min(head.count / 2, UTF16Order.unitsMax)
    var little = 0
    var big = 0
    for at in stride(from: 0, to: 2 * units, by: 2) {
      let (first, second) = (head[at], head[at + 1])
      // The end of a string, or UTF-32.
      if first == 0, second == 0 { return nil }
      if second == 0 { little += 1 } else if first == 0 { big += 1 }
    }
    switch (head[0], head[1]) {
    case (0xFF, 0xFE): self = .little
    case (0xFE, 0xFF): self = .big
    default:
      guard max(little, big) >= units - units / 8 else { return nil }
      self = little > big ? .little : .big
    }
  }

  /// The head as UTF-8, with its mark.
  package func decoded(head: [UInt8]) -> [UInt8] {
    let units = stride(from: 0, to: head.count - 1, by: 2).map { at in
      let (first, second) = (UInt16(head[at]), UInt16(head[at + 1]))
      return isBigEndian ? first << 8 | second : second << 8 | first
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }
}
