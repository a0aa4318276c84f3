import Core
import Native

/// A relation that holds rows.
struct PostgreSQLTable: Sendable {
  var oid: String
  var schema: String
  var relation: String
  /// The columns the account may read.
  var columns: [ServerColumn] = []
  /// How each of them is written in SQL.
  var readings: [PostgreSQLReading] = []
  /// Columns the account may not read.
  var hiddenColumns: [String] = []
  /// Places in `columns`.
  var key: [Int] = []
  /// `ONLY` leaves out what inherits; a partitioned table read as one is read with all of it.
  var isRoot = false
  var mayHideRows = false
  /// A grant on single columns does not reach a row's place in the table.
  var showsPlaces = true
  var pages = 0

  /// For places, for example `public.cards`.
  var name: String { schema + "." + relation }
  /// For SQL.
  var from: String {
    (isRoot ? "" : "ONLY ") + PostgreSQLConnection.quoted(schema) + "."
      + PostgreSQLConnection.quoted(relation)
  }
}

/// How a column is written in SQL.
struct PostgreSQLReading: Sendable {
  var kind: ServerColumn.Kind
  var value: String
  /// Whether a value is too large to be held; `nil` for types whose values are small. Looks at the
  /// stored size where it is known without the value being unpacked.
  var isLarge: String?
  /// The value as bytes.
  var bytes: String

  /// Types of a few bytes, by the types' fixed numbers (`pg_type.dat`).
  private static let small: Set<String> = [
    "16", "18", "20", "21", "23", "26", "700", "701", "790", "1082", "1083", "1114", "1184", "1186",
    "1266", "1700", "2950",
  ]
  /// Types stored as their text: json, text, xml, character, character varying.
  private static let texts: Set<String> = ["114", "25", "142", "1042", "1043"]

  init(type: String, name: String) {
    let quoted = PostgreSQLConnection.quoted(name)
    let limit = Database.valueBytesMax
    kind = .text
    value = quoted
    bytes = "convert_to(\(quoted)::text, 'UTF8')"
    switch type {
    case "17":
      kind = .hex
      bytes = quoted
      isLarge = "octet_length(\(quoted)) > \(limit)"
    case "700", "701", "1700": kind = .number
    // As text it has a currency's sign and groups of three.
    case "790":
      kind = .number
      value = "\(quoted)::numeric"
    case "791": value = "\(quoted)::numeric[]"
    case "1022":
      // Floats of more than 15 digits are printed with an exponent, which detection reads in no list.
      value =
        "(SELECT '{' || string_agg(CASE WHEN abs(e) < 9e18 AND e = trunc(e) THEN e::int8::text "
        + "ELSE e::text END, ',') || '}' FROM unnest(\(quoted)) e)"
      bytes = "convert_to(\(value), 'UTF8')"
      isLarge = "pg_column_size(\(quoted)) > \(limit)"
    case "1001":
      // Elements of bytes would come as hexadecimal inside an array's text.
      value = "(SELECT string_agg(encode(e, 'escape'), E'\\n') FROM unnest(\(quoted)) e)"
      bytes = "convert_to(\(value), 'UTF8')"
      isLarge = "pg_column_size(\(quoted)) > \(limit)"
    case _ where Self.texts.contains(type): isLarge = "octet_length(\(quoted)::text) > \(limit)"
    case _ where Self.small.contains(type): isLarge = nil
    default: isLarge = "pg_column_size(\(quoted)) > \(limit)"
    }
  }
}

/// What a PostgreSQL database holds, and what of it cannot be read.
struct PostgreSQLCatalogue {
  var tables: [PostgreSQLTable] = []
  var excluded: [Coverage.Entry] = []
  var notExamined: [Coverage.Entry] = []
  var hasLargeObjects = false
  /// Whether definitions are asked for.
  var showsDefinitions = false

  private let target: String
  private let filter: TableFilter
  /// Of what holds rows.
  private var names: [String] = []
  private var columns: [String: [Column]] = [:]
  private var keys: [String: [String]] = [:]
  private var parents: [String: String] = [:]

  private struct Column {
    var number: String
    var name: String
    /// In a database without an encoding names may be bytes that no statement of ours can hold.
    var isNamed: Bool
    var type: String
    var declaration: String
    var isReadable: Bool
  }

  private struct Relation {
    var oid: String
    var schema: String
    var name: String
    /// As of a column.
    var isNamed: Bool
    var kind: String
    var isReadable: Bool
    var isPartlyReadable: Bool
    var hidesRows: Bool
    var isOfOtherSession: Bool
    var isPopulated: Bool
    var pages: Int
  }

  init(
    of connection: PostgreSQLConnection, target: String, filter: TableFilter
  ) throws(ServerError) {
    self.target = target
    self.filter = filter
    try readColumns(connection)
    try readKeys(connection)
    let relations = try readRelations(connection)
    let roots = rootsToRead(relations)
    for relation in relations { add(relation, roots) }
    excluded.append(
      Coverage.Entry(
        place: target + ": pg_catalog", reason: .systemData,
        detail: "The server's own catalogue, except for what definitions say and pg_statistic, "
          + "which keeps copies of values."
      ))
    names += [LargeObjectsItem.name, DefinitionsItem.name]
    showsDefinitions = filter.admits(DefinitionsItem.name)
    if !showsDefinitions {
      excluded.append(filter.entry(target + ": " + DefinitionsItem.name))
    }
    if filter.admits(LargeObjectsItem.name) {
      try lookForLargeObjects(connection)
    } else {
      excluded.append(filter.entry(target + ": " + LargeObjectsItem.name))
    }
    notExamined += filter.unmatched(names, target)
  }

  /// What is refused here is no reason to leave the tables out.
  private mutating func lookForLargeObjects(
    _ connection: PostgreSQLConnection
  ) throws(ServerError) {
    // An error would end the transaction, and the snapshot with it; and what is looked at here need
    // not stay locked for as long as the scan takes.
    try connection.execute("SAVEPOINT unpan")
    do throws(ServerError) {
      hasLargeObjects =
        try connection.rows("SELECT 1 FROM pg_largeobject_metadata LIMIT 1").isEmpty == false
    } catch {
      if error.isConnectionLost { throw error }
      notExamined.append(
        ServerTrouble.reading(
          target + ": " + LargeObjectsItem.name, table: LargeObjectsItem.name, error, rows: 0))
    }
    try connection.execute("ROLLBACK TO SAVEPOINT unpan")
  }

  /// A name as it is shown, and whether it is UTF-8.
  private static func name(_ bytes: UnsafeRawBufferPointer?) -> (text: String, isUTF8: Bool) {
    guard let bytes else { return ("", true) }
    return (
      Escaping.text(fromFileName: bytes), String(validating: bytes, as: UTF8.self) != nil
    )
  }

  private mutating func readColumns(_ connection: PostgreSQLConnection) throws(ServerError) {
    // A domain is read as what it is made from, three domains deep.
    let sql = """
      SELECT a.attrelid, a.attnum, a.attname,
        coalesce(t3.oid, t2.oid, t1.oid, t0.oid, 0),
        has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
        format_type(a.atttypid, a.atttypmod)
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm', 'p', 'f')
      JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname <> 'information_schema'
        AND (n.nspname <> 'pg_catalog' OR c.relname = 'pg_statistic')
      LEFT JOIN pg_type t0 ON t0.oid = a.atttypid
      LEFT JOIN pg_type t1 ON t0.typtype = 'd' AND t1.oid = t0.typbasetype
      LEFT JOIN pg_type t2 ON t1.typtype = 'd' AND t2.oid = t1.typbasetype
      LEFT JOIN pg_type t3 ON t2.typtype = 'd' AND t3.oid = t2.typbasetype
      WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
      """
    try connection.query(sql) { row in
      let name = Self.name(row[2])
      let column = Column(
        number: row.text(1) ?? "", name: name.text, isNamed: name.isUTF8,
        type: row.text(3) ?? "", declaration: row.text(5) ?? "", isReadable: row.text(4) == "t")
      columns[row.text(0) ?? "", default: []].append(column)
      return true
    }
  }

  private mutating func readKeys(_ connection: PostgreSQLConnection) throws(ServerError) {
    try connection.query("SELECT indrelid, indkey FROM pg_index WHERE indisprimary") { row in
      let numbers = (row.text(1) ?? "").split(separator: " ").map(String.init)
      keys[row.text(0) ?? ""] = numbers
      return true
    }
    let sql = """
      SELECT i.inhrelid, i.inhparent FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
      """
    try connection.query(sql) { row in
      parents[row.text(0) ?? ""] = row.text(1)
      return true
    }
  }

  private func readRelations(
    _ connection: PostgreSQLConnection
  ) throws(ServerError) -> [Relation] {
    let sql = """
      SELECT c.oid, n.nspname, c.relname, c.relkind,
        has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'),
        has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT'),
        row_security_active(c.oid), pg_is_other_temp_schema(n.oid), c.relispopulated, c.relpages
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'm', 'p', 'f')
        AND n.nspname NOT IN ('information_schema', 'pg_toast')
        AND (n.nspname <> 'pg_catalog' OR c.relname = 'pg_statistic')
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
      """
    var relations: [Relation] = []
    try connection.query(sql) { row in
      let (schema, name) = (Self.name(row[1]), Self.name(row[2]))
      relations.append(
        Relation(
          oid: row.text(0) ?? "", schema: schema.text, name: name.text,
          isNamed: schema.isUTF8 && name.isUTF8,
          kind: row.text(3) ?? "", isReadable: row.text(4) == "t",
          isPartlyReadable: row.text(5) == "t", hidesRows: row.text(6) == "t",
          isOfOtherSession: row.text(7) == "t", isPopulated: row.text(8) == "t",
          pages: Int(row.integer(9) ?? 0)))
      return true
    }
    return relations
  }

  /// A grant on a partitioned table does not reach its partitions when they are named themselves:
  /// where one of them is closed, the whole is read through the topmost table that is open.
  private func rootsToRead(_ relations: [Relation]) -> Set<String> {
    let byOID = Dictionary(relations.map { ($0.oid, $0) }) { first, _ in first }
    var roots: Set<String> = []
    for relation in relations where relation.kind == "r" && !relation.isReadable {
      var topmost: String?
      var at = parents[relation.oid]
      while let oid = at {
        if byOID[oid]?.isReadable == true { topmost = oid }
        at = parents[oid]
      }
      if let topmost { roots.insert(topmost) }
    }
    return roots
  }

  private func isInside(_ oid: String, _ roots: Set<String>) -> Bool {
    var at = parents[oid]
    while let parent = at {
      if roots.contains(parent) { return true }
      at = parents[parent]
    }
    return false
  }

  private mutating func add(_ relation: Relation, _ roots: Set<String>) {
    let isRoot = roots.contains(relation.oid)
    if isInside(relation.oid, roots) || (relation.kind == "p" && !isRoot) { return }
    let name = relation.schema + "." + relation.name
    let place = target + ": " + name
    let isStatistics = relation.schema == "pg_catalog"
    // They tell what the tables hold; who may not see them reads the tables.
    if isStatistics && !relation.isReadable { return }
    names.append(name)
    guard filter.admits(name) else {
      excluded.append(filter.entry(place))
      return
    }
    func refuse(_ reason: Coverage.Reason, _ detail: String) {
      notExamined.append(Coverage.Entry(place: place, reason: reason, detail: detail))
    }
    if relation.kind == "f" {
      return refuse(
        .foreignTable, "Its rows lie on another server. Scan that server as a target of its own.")
    }
    if relation.isOfOtherSession {
      return refuse(.unsupported, "A temporary table of another session, which alone can read it.")
    }
    guard relation.isReadable || relation.isPartlyReadable else {
      notExamined.append(
        ServerTrouble.reading(place, table: name, ServerError(sqlState: "42501"), rows: 0))
      return
    }
    guard relation.isNamed else {
      return refuse(.unsupported, "Its name, or its schema's, is not UTF-8. Rename it, then scan.")
    }
    // A materialised view that was never filled holds nothing.
    if relation.kind == "m" && !relation.isPopulated { return }
    var table = PostgreSQLTable(
      oid: relation.oid, schema: relation.schema, relation: relation.name)
    table.isRoot = isRoot
    table.mayHideRows = relation.hidesRows
    table.showsPlaces = relation.isReadable
    table.pages = relation.pages
    for column in columns[relation.oid] ?? [] {
      guard relation.isReadable || column.isReadable else {
        table.hiddenColumns.append(column.name)
        continue
      }
      guard column.isNamed else {
        refuse(
          .unsupported,
          "The name of the column \(column.name) is not UTF-8. Rename it, then scan.")
        continue
      }
      let reading = PostgreSQLReading(type: column.type, name: column.name)
      table.columns.append(
        ServerColumn(name: column.name, type: column.declaration, kind: reading.kind))
      table.readings.append(reading)
    }
    for number in keys[relation.oid] ?? [] {
      let name = columns[relation.oid]?.first { $0.number == number }?.name
      if let index = table.columns.firstIndex(where: { $0.name == name }) {
        table.key.append(index)
      }
    }
    if table.key.count < keys[relation.oid]?.count ?? 0 { table.key = [] }
    tables.append(table)
  }
}
