import Native

/// A column of a MariaDB or MySQL table as values are read from it, and values as statements have them.
struct MySQLColumn {
  var kind: ServerLegacyRow.Kind

  static func read(
    _ connection: MySQLConnection, table: String
  ) throws(ServerError) -> [String: MySQLColumn] {
    let sql = """
      SELECT column_name, data_type FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = \(literal(SQLValue(table)))
      """
    var columns: [String: MySQLColumn] = [:]
    try connection.query(sql) { row in
      let kind: ServerLegacyRow.Kind =
        switch (row.text(1) ?? "").lowercased() {
        case "tinyint", "smallint", "mediumint", "int", "bigint", "year": .integer
        case "decimal": .number
        case "float": .fraction(bits: Float.significandBitCount + 1)
        case "double": .fraction(bits: Double.significandBitCount + 1)
        case "bit": .bits
        case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob": .bytes
        default: .text
        }
      columns[row.text(0) ?? ""] = MySQLColumn(kind: kind)
      return true
    }
    return columns
  }

  static func literal(_ value: SQLValue) -> String {
    var text = ""
    append(value, to: &text)
    return text
  }

  /// Anything but plain letters goes in hexadecimal digits, so nothing depends on quotes.
  static func append(_ value: SQLValue, to sql: inout String) {
    switch value {
    case .null: sql += "NULL"
    case .integer(let number): sql += String(number)
    case .real(let number): sql += String(number)
    case .text(let bytes):
      let isPlain = bytes.allSatisfy {
        $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\\")
      }
      if isPlain {
        sql += "'"
        sql += String(decoding: bytes, as: UTF8.self)
        sql += "'"
      } else {
        sql += "_utf8mb4 "
        appendHex(bytes, to: &sql)
      }
    case .blob(let bytes): appendHex(bytes, to: &sql)
    }
  }

  private static func appendHex(_ bytes: [UInt8], to sql: inout String) {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    sql += "X'" + String(decoding: out, as: UTF8.self) + "'"
  }
}
