import Core
import Native

/// A table of a MariaDB or MySQL server.
struct MySQLTable: Sendable {
  var schema: String
  var table: String
  /// Rows that were changed or deleted are kept by the server (system versioning) and read as well.
  var isVersioned = false
  var columns: [ServerColumn] = []
  /// Columns whose type takes values too large to be held, by place, and whether they are text.
  var large: [Int: Bool] = [:]
  /// Places in `columns`.
  var key: [Int] = []
  /// Whether a row is found again by what the server wrote of its key.
  var isFoundByKey = false
  var bytes = 0

  /// For places, for example `shop.cards`.
  var name: String { schema + "." + table }
  /// For SQL.
  var from: String {
    MySQLConnection.quoted(schema) + "." + MySQLConnection.quoted(table)
      + (isVersioned ? " FOR SYSTEM_TIME ALL" : "")
  }
}

/// What a MariaDB or MySQL server shows the account, and what of it cannot be read.
struct MySQLCatalogue {
  var tables: [MySQLTable] = []
  var excluded: [Coverage.Entry] = []
  var notExamined: [Coverage.Entry] = []
  /// Whether definitions are asked for.
  var showsDefinitions = false

  private static let systemSchemas = ["information_schema", "performance_schema", "sys"]
  /// Engines whose rows lie on another server.
  private static let foreignEngines: Set<String> = ["FEDERATED", "CONNECT", "SPIDER", "S3"]
  /// Engines without rows. A merge table has its tables' rows, which may be in a database that is not read.
  private static let emptyEngines: Set<String> = ["BLACKHOLE", "SEQUENCE"]

  /// Types whose values do not equal what the server writes of them: rounded, or bytes.
  private static let unequalTypes: Set<String> = ["float", "double", "bit"]

  private struct Name: Hashable {
    var schema: String
    var table: String
  }

  /// - Parameter database: `nil` for all.
  init(
    of connection: MySQLConnection, target: String, database: String?, filter: TableFilter
  ) throws(ServerError) {
    var condition = "NOT IN ('information_schema', 'performance_schema', 'sys')"
    var parameters: [ServerValue] = []
    if let database {
      condition = "= ?"
      parameters = [.text(database)]
    } else {
      for schema in Self.systemSchemas {
        excluded.append(
          Coverage.Entry(
            place: target + ": " + schema, reason: .systemData,
            detail: "The server's views of itself."))
      }
    }
    var columns: [Name: [(name: String, type: String, declaration: String, isReadable: Bool)]] = [:]
    try connection.query(
      "SELECT table_schema, table_name, column_name, data_type, privileges, column_type "
        + "FROM information_schema.columns WHERE table_schema \(condition) "
        + "ORDER BY table_schema, table_name, ordinal_position", parameters
    ) { row in
      let privileges = row.text(4) ?? ""
      columns[Name(schema: row.text(0) ?? "", table: row.text(1) ?? ""), default: []].append(
        (
          row.text(2) ?? "", (row.text(3) ?? "").lowercased(), row.text(5) ?? "",
          privileges.contains("select")
        ))
      return true
    }
    var keys: [Name: [String]] = [:]
    try connection.query(
      "SELECT table_schema, table_name, column_name FROM information_schema.statistics "
        + "WHERE index_name = 'PRIMARY' AND table_schema \(condition) "
        + "ORDER BY table_schema, table_name, seq_in_index", parameters
    ) { row in
      let name = Name(schema: row.text(0) ?? "", table: row.text(1) ?? "")
      keys[name, default: []].append(row.text(2) ?? "")
      return true
    }
    let rows = try connection.rows(
      "SELECT table_schema, table_name, table_type, engine, data_length "
        + "FROM information_schema.tables WHERE table_schema \(condition) "
        + "AND table_type NOT IN ('VIEW', 'SYSTEM VIEW', 'SEQUENCE')", parameters)
    let partial = try tellHidden(connection, target: target, database: database, filter: filter)
    var names: [String] = []
    // By bytes, whatever the server's collation says.
    for row in rows.sorted(by: { ($0[0] ?? "", $0[1] ?? "") < ($1[0] ?? "", $1[1] ?? "") }) {
      let name = Name(schema: row[0] ?? "", table: row[1] ?? "")
      var table = MySQLTable(schema: name.schema, table: name.table)
      let place = target + ": " + table.name
      let engine = (row[3] ?? "").uppercased()
      if Self.emptyEngines.contains(engine) { continue }
      names.append(table.name)
      guard filter.admits(table.name) else {
        excluded.append(filter.entry(place))
        continue
      }
      if Self.foreignEngines.contains(engine) {
        notExamined.append(
          Coverage.Entry(
            place: place, reason: .foreignTable,
            detail: "Its rows lie elsewhere (engine \(engine)). Scan that place as a target."))
        continue
      }
      table.isVersioned = row[2] == "SYSTEM VERSIONED"
      table.bytes = row[4].flatMap { Int($0) } ?? 0
      let all = columns[name] ?? []
      let hidden = all.filter { !$0.isReadable }.map(\.name)
      guard hidden.count < all.count else {
        notExamined.append(
          ServerTrouble.reading(place, table: table.name, ServerError(number: 1142), rows: 0))
        continue
      }
      if !hidden.isEmpty {
        notExamined.append(
          Coverage.Entry(
            place: place, reason: .permissionDenied,
            detail: "The account may not read the columns " + hidden.joined(separator: ", ")
              + ". Grant it SELECT on the table."))
      } else if partial.contains(name.schema),
        try [1142, 1143].contains(
          Self.refusal(connection, "SELECT * FROM \(table.from) LIMIT 0"))
      {
        notExamined.append(
          Coverage.Entry(
            place: place, reason: .permissionDenied,
            detail: "It has columns that the account may not read and is not shown. Grant it "
              + "SELECT on the table."))
      }
      for column in all where column.isReadable {
        if let isText = Self.isLargeText(column.type) { table.large[table.columns.count] = isText }
        table.columns.append(
          ServerColumn(
            name: column.name, type: column.declaration,
            kind: Self.kind(column.type, column.declaration)))
      }
      let key = keys[name] ?? []
      table.key = key.compactMap { name in table.columns.firstIndex { $0.name == name } }
      if table.key.count < key.count { table.key = [] }
      table.isFoundByKey =
        !key.isEmpty && table.key.count == key.count
        && !all.contains { key.contains($0.name) && Self.unequalTypes.contains($0.type) }
      tables.append(table)
    }
    names.append(DefinitionsItem.name)
    showsDefinitions = filter.admits(DefinitionsItem.name)
    if !showsDefinitions {
      excluded.append(filter.entry(target + ": " + DefinitionsItem.name))
    }
    notExamined += filter.unmatched(names, target)
  }

  /// Tells where there may be more than the server shows: it lists nothing that the account has no
  /// right to. Whether it has one, the server says when it is asked for a table that is not there:
  /// grants to roles and by pattern count with it, whoever keeps them.
  ///
  /// - Returns: the databases that are shown in part.
  private mutating func tellHidden(
    _ connection: MySQLConnection, target: String, database: String?, filter: TableFilter
  ) throws(ServerError) -> Set<String> {
    func isOpen(_ schema: String) throws(ServerError) -> Bool {
      let place = MySQLConnection.quoted(schema) + ".unpan_no_such_table"
      // No such table, no such database.
      return try [0, 1146, 1049].contains(Self.refusal(connection, "SELECT 1 FROM \(place)"))
    }
    var schemas = [database].compactMap { $0 }
    if database == nil {
      schemas = try connection.rows("SELECT schema_name FROM information_schema.schemata")
        .compactMap { $0.first ?? nil }.sorted()
      if filter.mayMean(tableIn: nil), try !isOpen("unpan_no_such_database") {
        notExamined.append(
          Coverage.Entry(
            place: target, reason: .permissionDenied,
            detail: "The account has no SELECT on the whole server, and databases it has no right "
              + "to are not shown to it. Name the databases, or GRANT SELECT ON *.*."))
      }
    }
    var partial: Set<String> = []
    for schema in schemas where !Self.systemSchemas.contains(schema.lowercased()) {
      if try isOpen(schema) { continue }
      partial.insert(schema)
      guard filter.mayMean(tableIn: schema) else { continue }
      notExamined.append(
        Coverage.Entry(
          place: target + ": " + schema, reason: .permissionDenied,
          detail: "The account has no SELECT on the whole database, and what it has no right to is "
            + "not shown to it. GRANT SELECT ON \(MySQLConnection.quoted(schema)).*."))
    }
    return partial
  }

  /// - Returns: the number of the error that the statement ends in, 0 when it succeeds.
  private static func refusal(
    _ connection: MySQLConnection, _ sql: String
  ) throws(ServerError) -> Int {
    do throws(ServerError) {
      _ = try connection.rows(sql)
      return 0
    } catch {
      if error.isConnectionLost { throw error }
      return error.number
    }
  }

  private static func kind(_ type: String, _ declaration: String) -> ServerColumn.Kind {
    switch type {
    case "bit": .bits
    // The server may write more of a whole number than its digits.
    case "decimal", "numeric", "float", "double": .number
    default: declaration.lowercased().hasSuffix("zerofill") ? .number : .text
    }
  }

  /// Whether a type whose values may be too large to be held is of characters; `nil` for the others.
  private static func isLargeText(_ type: String) -> Bool? {
    switch type {
    case "mediumtext", "longtext", "json": true
    case "mediumblob", "longblob": false
    default: nil
    }
  }
}
