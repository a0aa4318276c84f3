/// The files in which database servers keep their tables: text in them is there as bytes, numbers and
/// what is compressed is not.
enum ServerFiles {
  /// What a file is that begins so.
  /// - Parameters:
  ///   - head: up to 4 KiB.
  ///   - file: its name, or the path to it.
  static func name(_ head: [UInt8], file: [UInt8]) -> String? {
    if let rows = rows(head, file) { return rows }
    guard head.count >= 64 else { return nil }
    if isPage(head) { return "a table or index of a PostgreSQL server" }
    if isLog(head) { return "a log of a PostgreSQL server" }
    if isTablespace(head) { return "a file of tables of a MariaDB or MySQL server (InnoDB)" }
    return nil
  }

  /// The rows of a table lie beside its index, which has the mark (MyISAM's `.MYI`, Aria's `.MAI`); they
  /// begin with a byte of flags or a length.
  private static func rows(_ head: [UInt8], _ file: [UInt8]) -> String? {
    guard file.count > 4, file[file.count - 4] == UInt8(ascii: ".") else { return nil }
    let name: String
    switch String(decoding: file.suffix(3), as: UTF8.self).lowercased() {
    case "myd": name = "the rows of a table of a MariaDB or MySQL server (MyISAM)"
    case "mad": name = "the rows of a table of a MariaDB server (Aria)"
    default: return nil
    }
    return head[0] >= 0xF0 || ContentKind.holdsControl(head[...]) ? name : nil
  }

  /// `PageHeaderData` of PostgreSQL's bufpage.h: 8 KiB of the fourth layout, the room left between the
  /// list of rows and the rows.
  private static func isPage(_ head: [UInt8]) -> Bool {
    guard head[18] == 4, head[19] == 0x20 else { return false }
    let flags = little(head, 10)
    let lower = little(head, 12)
    let upper = little(head, 14)
    let special = little(head, 16)
    return flags < 8 && lower >= 24 && lower <= upper && upper <= special && special <= 8192
  }

  /// `XLogLongPageHeaderData` of PostgreSQL's xlog_internal.h, which a segment begins with.
  private static func isLog(_ head: [UInt8]) -> Bool {
    guard head[1] == 0xD1, head[2] & 2 != 0, head[3] == 0 else { return false }
    let segment = little(head, 32) | little(head, 34) << 16
    return segment >= 1 << 20 && segment & (segment - 1) == 0
      && little(head, 36) | little(head, 38) << 16 == 8192
  }

  /// The first page of a tablespace: its number is 0, its type 8, and its tablespace's id stands in two
  /// places, with its size behind them (fil0fil.h and fsp0fsp.h of MariaDB).
  private static func isTablespace(_ head: [UInt8]) -> Bool {
    head[24] == 0 && head[25] == 8 && head[4..<8].allSatisfy { $0 == 0 }
      && head[34..<38].elementsEqual(head[38..<42]) && head[42..<46].allSatisfy { $0 == 0 }
      && head[46..<50].contains { $0 != 0 }
  }

  private static func little(_ head: [UInt8], _ at: Int) -> Int {
    Int(head[at]) | Int(head[at + 1]) << 8
  }
}
