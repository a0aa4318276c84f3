import Native

/// A column of a PostgreSQL table as values are read from it and written to it.
struct PostgreSQLColumn {
  var kind: ServerLegacyRow.Kind
  /// As a statement selects it.
  var reading: String
  /// Its type with the schema and without a length: a cast to `varchar(4)` would cut values silently.
  var type: String
  /// Whether an array of the type is made straight away; others are made from texts one by one.
  var hasPlainArray: Bool
  /// An index begins with it.
  var isIndexed: Bool

  static func read(
    _ connection: PostgreSQLConnection, table: String
  ) throws(ServerError) -> [String: PostgreSQLColumn] {
    let sql = """
      SELECT a.attname, coalesce(nullif(t.typbasetype, 0), t.oid),
        quote_ident(n.nspname) || '.' || quote_ident(t.typname),
        EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid
          AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND i.indisvalid)
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      JOIN pg_namespace n ON n.oid = t.typnamespace
      WHERE a.attrelid = $1::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped
      """
    var columns: [String: PostgreSQLColumn] = [:]
    try connection.query(sql, [.text(table)]) { row in
      let name = row.text(0) ?? ""
      let quoted = PostgreSQLConnection.quoted(name)
      let (base, type) = (row.text(1) ?? "", row.text(2) ?? "")
      // The types' fixed numbers (`pg_type.dat`).
      let kind: ServerLegacyRow.Kind =
        switch base {
        case "20", "21", "23", "26": .integer
        case "17": .hexBytes
        case "700": .fraction(bits: Float.significandBitCount + 1)
        case "701": .fraction(bits: Double.significandBitCount + 1)
        case "1700", "790": .number
        default: .text
        }
      columns[name] = PostgreSQLColumn(
        kind: kind,
        reading: reading(quoted, base), type: type,
        hasPlainArray: [
          "pg_catalog.int8", "pg_catalog.int4", "pg_catalog.int2", "pg_catalog.text",
          "pg_catalog.varchar", "pg_catalog.uuid",
        ].contains(type),
        isIndexed: row.text(3) == "t")
      return true
    }
    return columns
  }

  private static func reading(_ quoted: String, _ base: String) -> String {
    switch base {
    // `character` is filled up with blanks, `money` has a sign and commas.
    case "1042": "rtrim(\(quoted))"
    case "790": "\(quoted)::numeric"
    default: quoted
    }
  }

  /// A value as PostgreSQL's text; `nil` for NULL.
  static func text(_ value: SQLValue, _ kind: ServerLegacyRow.Kind) -> [UInt8]? {
    guard !value.isNull else { return nil }
    if kind == .hexBytes, let bytes = value.keyBytes {
      let digits = Array("0123456789abcdef".utf8)
      var text = Array("\\x".utf8)
      for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
      return text
    }
    if case .real(let number) = value { return Array(String(number).utf8) }
    return value.keyBytes
  }
}

/// Rows as a statement's parameters, a column each: one trip to the server for any number of rows.
struct PostgreSQLRows {
  private(set) var parameters: [ServerValue] = []
  private var arrays: [String] = []
  private var values: [String] = []

  mutating func add(_ column: PostgreSQLColumn?, _ items: [SQLValue]) {
    let number = parameters.count + 1
    let type = column?.type ?? "pg_catalog.text"
    let isPlain = column?.hasPlainArray ?? true
    arrays.append("$\(number)::" + (isPlain ? type : "pg_catalog.text") + "[]")
    values.append(isPlain ? "v.c\(number)" : "v.c\(number)::\(type)")
    parameters.append(.rawText(PostgreSQLRows.array(items, column?.kind ?? .text)))
  }

  /// The expression of a column's value, counted from 0.
  func value(_ index: Int) -> String { values[index] }

  /// The table `v`, with the row's number from 1 on as `v.n`.
  func from(numbered: Bool) -> String {
    let names = arrays.indices.map { "c\($0 + 1)" } + (numbered ? ["n"] : [])
    return "unnest(\(arrays.joined(separator: ", ")))"
      + (numbered ? " WITH ORDINALITY" : "") + " AS v(\(names.joined(separator: ", ")))"
  }

  private static func array(_ items: [SQLValue], _ kind: ServerLegacyRow.Kind) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "{")]
    text.reserveCapacity(items.count * 24)
    for item in items {
      if text.count > 1 { text.append(UInt8(ascii: ",")) }
      guard let bytes = PostgreSQLColumn.text(item, kind) else {
        text += Array("NULL".utf8)
        continue
      }
      text.append(UInt8(ascii: "\""))
      for byte in bytes {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          text.append(UInt8(ascii: "\\"))
        }
        text.append(byte)
      }
      text.append(UInt8(ascii: "\""))
    }
    text.append(UInt8(ascii: "}"))
    return text
  }
}
