/// Tells a file that is probably an encrypted database: scanned as bytes it would look clean.
enum EncryptedDatabase {
  private static let suffixes = [".db", ".db3", ".sqlite", ".sqlite3", ".sqlitedb"]
  /// Encrypted pages are even over all byte values. With 255 degrees of freedom the statistic is
  /// above 400 once in some hundred million random blocks; text and tables are in the thousands.
  private static let chiSquareMax = 400

  /// - Parameter head: the file's start.
  static func isLikely(name: [UInt8], head: [UInt8], size: Int) -> Bool {
    guard size >= 1024, size % 512 == 0, head.count >= 1024,
      suffixes.contains(where: { name.reversed().starts(with: $0.utf8.reversed()) })
    else { return false }
    var counts = [Int](repeating: 0, count: 256)
    for byte in head { counts[Int(byte)] += 1 }
    // Sum of (count - expected)^2 / expected with expected = n / 256, kept in integers.
    let squares = counts.reduce(0) { $0 + $1 * $1 }
    return squares * 256 / head.count - head.count < chiSquareMax
  }
}
