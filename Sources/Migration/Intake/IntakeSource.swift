import Detection
import Native
import Stripe

/// The values of a row of Stripe's import: most from the card's row, some from its customer's, which
/// wait in a scratch file (no card data is among them).
final class IntakeSource {
  let columns: [ImportFile.Column]
  let query: RowQuery
  private let cards: MigrationConfig.Cards
  /// Where each column's value is: in the query, or among what the customer has.
  private let places: [Place]
  private let people: People?
  private let detector: Detector

  private enum Place {
    case cardKey
    case card(Int)
    case number(Int)
    /// Month and year in one column.
    case month(of: Int), year(of: Int)
    case customer(Int)
  }

  /// - Throws: `.columnMissing` for a column that the configuration names and the table does not have.
  init(
    _ config: MigrationConfig, _ schema: DatabaseSchema, _ database: any MigrationDatabase,
    _ detector: Detector
  ) throws(MigrationError) {
    self.detector = detector
    cards = config.cards
    var query = RowQuery(table: config.cards.table, key: config.cards.key, columns: [])
    var columns: [ImportFile.Column] = []
    var places: [Place] = []
    func add(_ column: ImportFile.Column, _ place: Place) {
      columns.append(column)
      places.append(place)
    }
    func index(_ name: String) throws(MigrationError) -> Int {
      try IntakeSource.check(name, of: config.cards.table, schema)
      query.columns.append(name)
      return query.columns.count - 1
    }
    add(.oldCustomer, .card(try index(cards.customer)))
    add(.oldCard, .cardKey)
    if let number = cards.number { add(.number, .number(try index(number))) }
    if let month = cards.expiryMonth, let year = cards.expiryYear {
      add(.expMonth, .card(try index(month)))
      add(.expYear, .card(try index(year)))
    } else if let expiry = cards.expiry {
      let index = try index(expiry)
      add(.expMonth, .month(of: index))
      add(.expYear, .year(of: index))
    }
    for (name, column) in (config.intake?.cards ?? [:]).sorted(by: { $0.key < $1.key }) {
      if let field = ImportFile.Column(rawValue: name) { add(field, .card(try index(column))) }
    }
    var wanted: [String] = []
    if let customers = config.customers {
      if schema.table(customers.table)?.column(customers.stripeCustomer) != nil {
        add(.customer, .customer(wanted.count))
        wanted.append(customers.stripeCustomer)
      }
      for (name, column) in (config.intake?.customers ?? [:]).sorted(by: { $0.key < $1.key }) {
        guard let field = ImportFile.Column(rawValue: name) else { continue }
        try IntakeSource.check(column, of: customers.table, schema)
        add(field, .customer(wanted.count))
        wanted.append(column)
      }
      people = wanted.isEmpty ? nil : try People(customers, wanted, database)
    } else {
      people = nil
    }
    self.query = query
    self.columns = columns
    self.places = places
  }

  private static func check(
    _ column: String, of table: String, _ schema: DatabaseSchema
  ) throws(MigrationError) {
    guard schema.table(table)?.column(column) != nil else {
      throw MigrationError(.columnMissing, "\(table).\(column)")
    }
  }

  /// What the file takes of a row. Holds the number: `wipe` its values.
  struct Record {
    /// One for each column.
    var values: [[UInt8]]
    /// What is told of the row before its values are looked at.
    var reject: ImportFile.Reject?
  }

  func record(_ row: any LegacyRow) throws(MigrationError) -> Record {
    var person: [[UInt8]] = []
    if let people, let customer = row.value(0).keyBytes { person = try people.values(customer) }
    var record = Record(values: [])
    record.values.reserveCapacity(columns.count)
    for (column, place) in zip(columns, places) {
      let bytes: [UInt8] =
        switch place {
        case .cardKey: row.key.keyBytes ?? []
        case .card(0): row.value(0).keyBytes ?? []
        case .card(let index): row.withText(index) { [UInt8]($0) } ?? []
        case .number(let index): number(row, index, &record)
        case .month(let index): IntakeSource.part(row, index, \.month)
        case .year(let index): IntakeSource.part(row, index, \.year)
        case .customer(let index): person.isEmpty ? [] : person[index]
        }
      record.values.append(IntakeSource.asStripeWants(bytes, column))
    }
    return record
  }

  private func number(_ row: any LegacyRow, _ index: Int, _ record: inout Record) -> [UInt8] {
    switch LegacyNumber.read(row, index, detector, { [UInt8]($0.digits) }) {
    case .none: break
    case .card(let digits): return digits
    case .masked, .unreadable:
      record.reject = ImportFile.Reject(column: .number, reason: .notACardNumber)
    }
    return []
  }

  static func wipe(_ values: inout [[UInt8]]) {
    for index in values.indices {
      _ = values[index].withUnsafeMutableBytes { $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }
  }

  /// What cannot be read as a date goes as it is and is rejected.
  private static func part(
    _ row: any LegacyRow, _ index: Int, _ part: KeyPath<LegacyCardReader.Expiry, Int>
  ) -> [UInt8] {
    row.withText(index) { bytes in
      LegacyCardReader.expiry(bytes).map { Array(String($0[keyPath: part]).utf8) }
        ?? [UInt8](bytes)
    } ?? []
  }

  private static let yes: Set<String> = ["1", "t", "y", "yes", "true"]
  private static let no: Set<String> = ["0", "f", "n", "no", "false"]

  /// Other spellings of the same.
  private static func asStripeWants(_ bytes: [UInt8], _ column: ImportFile.Column) -> [UInt8] {
    switch column {
    case .isDefault:
      let word = String(decoding: bytes, as: UTF8.self).lowercased()
      return yes.contains(word)
        ? Array("TRUE".utf8) : no.contains(word) ? Array("FALSE".utf8) : bytes
    case .country:
      return Array(String(decoding: bytes, as: UTF8.self).uppercased().utf8)
    // Filled up with zeros or blanks as numbers are.
    case .expMonth, .expYear:
      let value = bytes.withUnsafeBytes { LegacyCardReader.integer($0) }
      guard let value else { return bytes }
      return Array("\(column == .expYear && value < 10 ? "0" : "")\(value)".utf8)
    default: return bytes
    }
  }
}

/// What the import gets of customers, by their key, in a scratch file.
private final class People {
  private let database: Database
  private let select: SQLiteMigration.PreparedStatement
  private let count: Int

  init(
    _ customers: MigrationConfig.Customers, _ columns: [String], _ source: any MigrationDatabase
  ) throws(MigrationError) {
    count = columns.count
    let names = (0..<columns.count).map { "v\($0)" }
    do throws(SQLiteCode) {
      database = try Database.makeScratch(cacheBytes: 8 << 20)
      try database.execute(
        "CREATE TABLE person(customer BLOB PRIMARY KEY, \(names.joined(separator: ", "))) "
          + "WITHOUT ROWID")
      try database.execute("BEGIN")
      select = SQLiteMigration.PreparedStatement(
        try database.prepare(
          "SELECT \(names.joined(separator: ", ")) FROM person WHERE customer = ?"))
    } catch {
      throw People.error(error)
    }
    try fill(RowQuery(table: customers.table, key: customers.key, columns: columns), source)
  }

  private func fill(_ query: RowQuery, _ source: any MigrationDatabase) throws(MigrationError) {
    let insert: SQLiteMigration.PreparedStatement
    do throws(SQLiteCode) {
      let places = Array(repeating: "?", count: count + 1).joined(separator: ", ")
      insert = SQLiteMigration.PreparedStatement(
        try database.prepare("INSERT OR REPLACE INTO person VALUES (\(places))"))
    } catch {
      throw People.error(error)
    }
    try source.read(query) { (row) throws(MigrationError) in
      try Match.stopIfAsked()
      guard let key = row.key.keyBytes else { return true }
      do throws(SQLiteCode) {
        try insert.statement.bind(1, blob: key)
        for index in 0..<count {
          try insert.statement.bind(
            index + 2, blob: row.withText(index) { [UInt8]($0) } ?? [])
        }
        _ = try insert.statement.advance()
        insert.statement.reset()
      } catch {
        throw People.error(error)
      }
      return true
    }
  }

  /// Nothing for a customer that is not there.
  func values(_ customer: [UInt8]) throws(MigrationError) -> [[UInt8]] {
    do throws(SQLiteCode) {
      defer { select.statement.reset() }
      try select.statement.bind(1, blob: customer)
      guard try select.statement.advance() else { return [] }
      let row = select.statement.currentRow
      return (0..<count).map { Array(row.blob($0)) }
    } catch {
      throw People.error(error)
    }
  }

  private static func error(_ code: SQLiteCode) -> MigrationError {
    MigrationError(.databaseFailed, "the scratch file", cause: code.text)
  }
}
