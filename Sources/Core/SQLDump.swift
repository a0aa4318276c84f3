import Glibc

/// Tells a dump in SQL from other text.
///
/// What names the columns of a dump's rows may stand megabytes before them, so such a file is read
/// from start to end by one worker.
package enum SQLDump {
  /// Whether a line begins like a statement that holds rows or tables, or like the note that the
  /// programs that write dumps put first.
  /// - Parameter head: the file's first bytes.
  package static func isLikely(head: [UInt8]) -> Bool {
    var start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    // Every file is asked: no copies, and next to no line gets past its first byte.
    while start < head.count {
      let end = head.withUnsafeBytes { bytes in
        memchr(bytes.baseAddress! + start, 0x0A, bytes.count - start).map {
          UnsafeRawPointer($0) - bytes.baseAddress!
        } ?? bytes.count
      }
      if isFirstByte(head[start]), isStatement(head[start..<end]) { return true }
      start = end + 1
    }
    return false
  }

  @inline(__always)
  private static func isFirstByte(_ byte: UInt8) -> Bool {
    switch byte | 0x20 {
    case UInt8(ascii: "i"), UInt8(ascii: "r"), UInt8(ascii: "c"), UInt8(ascii: "-"): true
    default: false
    }
  }

  private static func isStatement(_ line: ArraySlice<UInt8>) -> Bool {
    let start = line.prefix(80).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    if start.starts(with: "copy ".utf8) { return has(" from stdin", in: line) }
    // SQL Server's programs leave INTO out.
    if start.starts(with: "insert ".utf8), has(" values", in: line) { return true }
    return starts.contains { start.starts(with: $0) }
  }

  /// Whether the dump is in MySQL's dialect, where a backslash escapes in strings.
  package static func isMySQL(head: [UInt8]) -> Bool {
    head.contains(0x60)
      || ["MySQL", "MariaDB", "phpMyAdmin", "/*!40"].contains { has($0, in: head[...]) }
  }

  /// Whether a file has to be read from start to end by one worker: a dump in SQL, or in the XML of
  /// `mysqldump --xml`.
  package static func isOnePart(head: [UInt8]) -> Bool {
    let head = UTF16Order(head: head)?.decoded(head: head) ?? head
    return isLikely(head: head)
      || head.starts(with: "<?xml".utf8) && has("<mysqldump", in: head[...])
  }

  private static let starts = [
    "insert into ", "insert ignore into ", "replace into ", "create table ", "-- mysql dump",
    "-- mariadb dump", "-- postgresql database dump",
  ].map { Array($0.utf8) }

  private static func has(_ text: String, in line: ArraySlice<UInt8>) -> Bool {
    let folded = line.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let word = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return folded.indices.contains { folded[$0...].starts(with: word) }
  }
}
