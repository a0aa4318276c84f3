/// Tells a dump in SQL from other text.
///
/// What names the columns of a dump's rows may stand megabytes before them, so such a file is read
/// from start to end by one worker.
package enum SQLDump {
  /// Whether a line begins like a statement that holds rows or tables, or like the note that the
  /// programs that write dumps put first.
  /// - Parameter head: the file's first bytes.
  package static func isLikely(head: [UInt8]) -> Bool {
    head.split(separator: 0x0A, omittingEmptySubsequences: true).contains { line in
      let bytes = line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
      guard let first = bytes.first, SQLDump.firstBytes.contains(first | 0x20) else { return false }
      let start = bytes.prefix(80).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      if start.starts(with: "copy ".utf8) { return has(" from stdin", in: bytes) }
      return SQLDump.starts.contains { start.starts(with: $0) }
    }
  }

  /// Whether the dump is in MySQL's dialect, where a backslash escapes in strings.
  package static func isMySQL(head: [UInt8]) -> Bool {
    head.contains(0x60)
      || ["MySQL", "MariaDB", "phpMyAdmin", "/*!40"].contains { has($0, in: head[...]) }
  }

  /// Whether a file has to be read from start to end by one worker: a dump in SQL, or in the XML of
  /// `mysqldump --xml`.
  package static func isOnePart(head: [UInt8]) -> Bool {
    isLikely(head: head) || head.starts(with: "<?xml".utf8) && has("<mysqldump", in: head[...])
  }

  private static let starts = [
    "insert into ", "insert ignore into ", "replace into ", "create table ", "-- mysql dump",
    "-- mariadb dump", "-- postgresql database dump",
  ].map { Array($0.utf8) }
  private static let firstBytes = Set("ircC-".utf8.map { $0 | 0x20 })

  private static func has(_ text: String, in line: ArraySlice<UInt8>) -> Bool {
    let folded = line.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let word = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return folded.indices.contains { folded[$0...].starts(with: word) }
  }
}
